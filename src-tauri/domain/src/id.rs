//! Names that cannot be mixed up: each kind of id is a type of its own, so a release
//! never stands where an exception is meant.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
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

/// Text that is parsed where it lies: a long ledger holds a million ids.
struct InPlace<T>(PhantomData<T>);

impl<T: for<'a> TryFrom<&'a str, Error = BadId>> Visitor<'_> for InPlace<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::try_from(text).map_err(E::custom)
    }
}

/// What all ids share; `parse` and `as_str` are their own.
macro_rules! id {
    ($name:ident) => {
        impl TryFrom<&str> for $name {
            type Error = BadId;
            fn try_from(text: &str) -> Result<Self, BadId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(InPlace(PhantomData))
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

        id!($name);
    };
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name([u8; HEX]);

        impl $name {
            /// SHA-256 of `bytes`.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                Self(hex(&Sha256::digest(bytes).into()))
            }

            /// Checks the text and wraps it.
            ///
            /// # Errors
            /// [`BadId`] when the text has another shape.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let digits = text.as_bytes().try_into().ok().filter(is_hex);
                digits.map(Self).ok_or_else(|| bad($kind, text, "64 lower-case hex digits"))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                // Nothing but hex digits is ever put in.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }

            /// The first twelve digits, for people.
            #[must_use]
            pub fn short(&self) -> &str {
                &self.as_str()[..12]
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl Hash for $name {
            /// Half of a SHA-256 spreads as well as all of it.
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write(&self.0[..HEX / 2]);
            }
        }

        id!($name);
    };
}

/// Digits of a SHA-256.
const HEX: usize = 64;

fn hex(hash: &[u8; HEX / 2]) -> [u8; HEX] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = [0; HEX];
    for (pair, byte) in text.chunks_exact_mut(2).zip(hash) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

fn is_hex(text: &[u8; HEX]) -> bool {
    text.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

fn is_slug(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
        && !text.starts_with(['-', '.'])
}

hash_id!(
    /// SHA-256 of some bytes, as 64 lower-case hex digits.
    Digest, "SHA-256 digest"
);
hash_id!(
    /// SHA-256 of an event's canonical bytes.
    EventId, "event id"
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
