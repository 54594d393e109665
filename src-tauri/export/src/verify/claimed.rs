//! The few values that a verifier takes from record.json before it builds the record itself.
//! In canonical order they come before everything long, so reading ends with the last of
//! them; whatever stands behind it is compared byte for byte later.

use std::fmt;

use countersign_domain::id::ReleaseId;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

/// What a record says about itself. Nothing of it is believed: it is what the rest must
/// agree with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) format: u32,
    pub(super) program: String,
    pub(super) release: ReleaseId,
    pub(super) heads: Vec<String>,
}

#[derive(Deserialize)]
struct Identity {
    release: ReleaseId,
}

#[derive(Deserialize)]
struct Integrity {
    heads: Vec<String>,
}

/// Values as they are found.
#[derive(Default)]
struct Found {
    format: Option<u32>,
    program: Option<String>,
    identity: Option<Identity>,
    integrity: Option<Integrity>,
}

impl Claimed {
    /// Reads as far as needed.
    ///
    /// # Errors
    /// When a value is missing or of another shape, or the text before them is no JSON.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut found = Found::default();
        let end = serde_json::Deserializer::from_slice(bytes).deserialize_map(Reader(&mut found));
        let missing = match found {
            Found {
                format: Some(format),
                program: Some(program),
                identity: Some(Identity { release }),
                integrity: Some(Integrity { heads }),
            } => return Ok(Self { format, program, release, heads }),
            Found { format: None, .. } => "format",
            Found { program: None, .. } => "program",
            Found { identity: None, .. } => "identity",
            Found { integrity: None, .. } => "integrity",
        };
        Err(end.err().unwrap_or_else(|| serde_json::Error::missing_field(missing)))
    }
}

struct Reader<'a>(&'a mut Found);

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audit record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let found = self.0;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "format" => put(&mut found.format, "format", map.next_value()?)?,
                "program" => put(&mut found.program, "program", map.next_value()?)?,
                "identity" => put(&mut found.identity, "identity", map.next_value()?)?,
                "integrity" => put(&mut found.integrity, "integrity", map.next_value()?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if found.is_whole() {
                // Not a fault: the way to stop reading.
                return Err(A::Error::custom("read as far as needed"));
            }
        }
        Ok(())
    }
}

impl Found {
    fn is_whole(&self) -> bool {
        self.format.is_some()
            && self.program.is_some()
            && self.identity.is_some()
            && self.integrity.is_some()
    }
}

fn put<T, E: serde::de::Error>(
    place: &mut Option<T>,
    name: &'static str,
    value: T,
) -> Result<(), E> {
    if place.is_some() {
        return Err(E::duplicate_field(name));
    }
    *place = Some(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"{"format":1,"identity":{"release":"r1","version":"1"},"integrity":{"heads":["h"]},"program":"countersign 1""#;

    #[test]
    fn the_values_are_read_wherever_they_stand_and_nothing_behind_them_is() {
        let last_first = r#"{"trail":[{"a":1}],"program":"countersign 1","integrity":{"heads":["h"]},"identity":{"release":"r1"},"format":1}"#;
        let read = |text: &str| Claimed::read(text.as_bytes()).expect("a record");
        let expected = Claimed {
            format: 1,
            program: "countersign 1".into(),
            release: ReleaseId::parse("r1").expect("an id"),
            heads: vec!["h".into()],
        };
        assert_eq!(read(last_first), expected);
        assert_eq!(read(&format!("{HEAD}}}")), expected);
        assert_eq!(read(&format!("{HEAD},\"trail\":[not json")), expected);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, told) in [
            ("", "EOF"),
            ("[]", "expected an audit record"),
            ("{}", "missing field `format`"),
            (r#"{"format":1}"#, "missing field `program`"),
            (r#"{"format":1,"format":2}"#, "duplicate field `format`"),
            (r#"{"format":"1"}"#, "invalid type: string"),
            (r#"{"identity":{"release":"../x"}}"#, "release id"),
            (&HEAD[..40], "EOF"),
        ] {
            let error = Claimed::read(text.as_bytes()).expect_err(text).to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
