//! Names that cannot be mixed up: each kind of id is a type of its own, so a release
//! never stands where an exception is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A text that is not a valid id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {kind}: expected {expected}")]
pub struct BadId {
    /// What was meant.
    pub kind: &'static str,
    /// What was given (cut to 80 characters).
    pub value: String,
    /// The shape it should have.
    pub expected: &'static str,
}

fn bad(kind: &'static str, value: &str, expected: &'static str) -> BadId {
    BadId { kind, value: value.chars().take(80).collect(), expected }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and wraps it.
            ///
            /// # Errors
            /// [`BadId`] when the text has another shape.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let ok: fn(&str) -> bool = $ok;
                if ok(text) { Ok(Self(text.to_owned())) } else { Err(bad($kind, text, $expected)) }
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_hex64(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_slug(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
        && !text.starts_with(['-', '.'])
}

text_id!(
    /// SHA-256 of some bytes, as 64 lower-case hex digits.
    Digest, "SHA-256 digest", "64 lower-case hex digits", is_hex64
);
text_id!(
    /// SHA-256 of an event's canonical bytes.
    EventId, "event id", "64 lower-case hex digits", is_hex64
);
text_id!(
    /// One system that is deployed; random, made at creation.
    ProjectId, "project id", "lower-case letters, digits, '-' and '.'", is_slug
);
text_id!(
    /// One planned deployment; random, made at opening.
    ReleaseId, "release id", "lower-case letters, digits, '-' and '.'", is_slug
);
text_id!(
    /// One check run over a release.
    RunId, "run id", "lower-case letters, digits, '-' and '.'", is_slug
);
text_id!(
    /// One documented risk acceptance.
    ExceptionId, "exception id", "lower-case letters, digits, '-' and '.'", is_slug
);
text_id!(
    /// A checklist item, stable across versions of its template.
    ItemId, "item id", "lower-case letters, digits, '-' and '.'", is_slug
);
text_id!(
    /// The fingerprint of an SSH public key as `ssh-keygen -l` prints it.
    Fingerprint, "key fingerprint", "SHA256: and 43 base64 characters",
    |text| text.strip_prefix("SHA256:").is_some_and(|rest| {
        rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    })
);

impl Digest {
    /// SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl EventId {
    /// The id of an event is the SHA-256 of its canonical bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Digest::of(bytes).0)
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_shape_is_refused_by_name() {
        let error = Digest::parse("ABC").expect_err("upper case and short");
        assert!(error.to_string().contains("\"ABC\" is not a SHA-256 digest"));
        assert!(ItemId::parse("secrets.jwt-length").is_ok());
        assert!(ItemId::parse("../etc/passwd").is_err());
        assert!(Fingerprint::parse("SHA256:short").is_err());
    }

    #[test]
    fn digest_is_the_sha256_that_sha256sum_prints() {
        assert_eq!(
            Digest::of(b"").as_str(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
