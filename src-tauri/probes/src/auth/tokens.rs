//! Tokens that must be refused, made out of one that is accepted. No key is needed: what
//! is tried is exactly what somebody without the key could send.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

/// What is no token at all.
pub const GARBAGE: &str = "countersign-not-a-token";

/// The same token with another content and the old signature. A token that is not a JWT
/// (RFC 7519) gets another last character.
#[must_use]
pub fn tampered(token: &str) -> Zeroizing<String> {
    let parts: Vec<&str> = token.split('.').collect();
    if let [header, payload, signature] = parts.as_slice()
        && let Some(payload) = changed(payload)
    {
        return Zeroizing::new(format!("{header}.{payload}.{signature}"));
    }
    Zeroizing::new(other_end(token))
}

/// The same content with `alg: none` and no signature (RFC 8725, 2.1); only for a JWT.
#[must_use]
pub fn unsigned(token: &str) -> Option<Zeroizing<String>> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts.as_slice() else { return None };
    changed(payload)?;
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    Some(Zeroizing::new(format!("{header}.{payload}.")))
}

/// The payload with one more claim; `None` when it is not a JSON object.
fn changed(payload: &str) -> Option<String> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
    let Ok(Value::Object(mut claims)) = serde_json::from_slice::<Value>(&bytes) else {
        return None;
    };
    claims.insert("countersign".to_owned(), Value::Bool(true));
    Some(URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string()))
}

fn other_end(token: &str) -> String {
    let mut chars: Vec<char> = token.chars().collect();
    // The middle, because the last bits of base64 may not count.
    let middle = chars.len() / 2;
    match chars.get_mut(middle) {
        Some(c) => *c = if *c == 'A' { 'B' } else { 'A' },
        None => chars.push('A'),
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt() -> String {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        format!(
            "{}.{}.c2lnbmF0dXJl",
            part(r#"{"alg":"HS256"}"#),
            part(r#"{"sub":"7","admin":false}"#)
        )
    }

    #[test]
    fn a_tampered_jwt_keeps_header_and_signature_and_says_something_else() {
        let (jwt, changed) = (jwt(), tampered(&jwt()));
        let (old, new): (Vec<_>, Vec<_>) = (jwt.split('.').collect(), changed.split('.').collect());
        assert_eq!((old[0], old[2]), (new[0], new[2]));
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(new[1]).expect("base64")).expect("JSON");
        assert_eq!(
            (&claims["sub"], &claims["countersign"]),
            (&Value::from("7"), &Value::Bool(true))
        );
    }

    #[test]
    fn any_token_can_be_tampered_with_and_only_a_jwt_be_unsigned() {
        for token in ["", "a", "opaque-token-0123456789", "a.b.c"] {
            assert_ne!(tampered(token).as_str(), token);
            assert!(unsigned(token).is_none(), "{token}");
        }
        assert!(unsigned(&jwt()).is_some_and(|token| token.ends_with('.')));
    }
}
