//! One spelling for one value. What is signed must have exactly one byte form, so
//! everything that is hashed or signed goes through RFC 8785 (JSON Canonicalization Scheme).

use serde::Serialize;

use crate::id::Digest;

/// A value that has no canonical JSON form (a map with non-text keys, say).
#[derive(Debug, thiserror::Error)]
#[error("no canonical JSON form: {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

/// The RFC 8785 bytes of `value`.
///
/// # Errors
/// [`NotCanonical`] when the value cannot be written as JSON.
pub fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

/// SHA-256 of the RFC 8785 bytes of `value`.
///
/// # Errors
/// [`NotCanonical`] when the value cannot be written as JSON.
pub fn digest<T: Serialize>(value: &T) -> Result<Digest, NotCanonical> {
    Ok(Digest::of(&bytes(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_and_spaces_do_not_change_the_bytes() {
        let a: serde_json::Value =
            serde_json::from_str(r#"{"b": 1, "a": [1.0, "é"]}"#).expect("json");
        let b: serde_json::Value =
            serde_json::from_str(r#"{"a":[1,"\u00e9"],"b":1}"#).expect("json");
        assert_eq!(bytes(&a).expect("canonical"), bytes(&b).expect("canonical"));
        assert_eq!(bytes(&a).expect("canonical"), r#"{"a":[1,"é"],"b":1}"#.as_bytes());
    }
}
