//! One spelling for one value. What is signed must have exactly one byte form, so
//! everything that is hashed or signed goes through RFC 8785 (JSON Canonicalization Scheme).

mod plain;

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
    match plain::bytes(value) {
        Some(bytes) => Ok(bytes),
        None => Ok(serde_json_canonicalizer::to_vec(value)?),
    }
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
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (0..2_000_000_i64).prop_map(|n| Value::from(n - 1_000_000)),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[ -~\\x00-\\x20]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let key = prop_oneof!["[a-z_]{0,3}", "[a-zA-Zé\\\\\"\n\u{10ffff}\u{ffff}]{0,3}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..6)
                    .prop_map(|pairs| Value::from(pairs.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_quick_way_gives_what_the_general_one_gives(value in value()) {
            let general = serde_json_canonicalizer::to_vec(&value).expect("json");
            prop_assert_eq!(String::from_utf8(bytes(&value).expect("json")),
                String::from_utf8(general));
        }
    }

    #[test]
    fn fields_in_any_order_come_out_sorted_and_what_is_not_plain_is_left_to_the_general_way() {
        #[derive(Serialize)]
        struct Inner {
            z: u8,
            a: Vec<(i64, &'static str)>,
        }
        #[derive(Serialize)]
        struct Outer {
            name: &'static str,
            inner: Inner,
            body: std::collections::BTreeMap<u32, Option<bool>>,
            empty: [(); 0],
            nab: (),
        }
        let outer = Outer {
            name: "\"\\\u{1}/é",
            inner: Inner { z: 0, a: vec![(-7, "\n")] },
            body: [(10, None), (9, Some(true))].into(),
            empty: [],
            nab: (),
        };
        let text = r#"{"body":{"10":null,"9":true},"empty":[],"inner":{"a":[[-7,"\n"]],"z":0},"nab":null,"name":"\"\\\u0001/é"}"#;
        assert_eq!(plain::bytes(&outer).as_deref(), Some(text.as_bytes()));
        for other in
            [json!(1.5), json!(9_007_199_254_740_993_u64), json!({"é": 1}), json!({"\\": 1})]
        {
            assert_eq!(plain::bytes(&other), None, "{other}");
            assert!(bytes(&other).is_ok());
        }
    }

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
