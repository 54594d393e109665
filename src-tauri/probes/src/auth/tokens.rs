//! Tokens that must be refused, made out of one that is accepted. Most need no key: what is
//! tried is exactly what somebody without the key could send. An expired one has to be
//! signed rightly, so that its time alone is wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};
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

/// The same content signed with `key`, which must not be the server's (HS256, RFC 7515,
/// A.1); only for a JWT.
#[must_use]
pub fn signed_by_another(token: &str, key: &[u8]) -> Option<Zeroizing<String>> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts.as_slice() else { return None };
    claims(payload)?;
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    signed("HS256", &format!("{header}.{payload}"), key)
}

/// The same token as if it had run out an hour before `now`, signed with the server's own
/// `secret`. `None` when the token is no JWT with HMAC, or when `secret` is not what signed
/// it: a refusal would then be about the key.
#[must_use]
pub fn expired(token: &str, secret: &str, now: DateTime<Utc>) -> Option<Zeroizing<String>> {
    if !is_signed_by(token, secret) {
        return None;
    }
    let (content, _) = token.rsplit_once('.')?;
    let (header, payload) = content.split_once('.')?;
    let alg = claims(header)?.get("alg")?.as_str()?.to_owned();
    let mut claims = claims(payload)?;
    claims.insert("iat".to_owned(), (now.timestamp() - 7_200).into());
    claims.insert("exp".to_owned(), (now.timestamp() - 3_600).into());
    claims.remove("nbf");
    let payload = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
    signed(&alg, &format!("{header}.{payload}"), secret.as_bytes())
}

/// Whether `secret` signed the token, as far as HMAC goes (HS256, HS384, HS512).
#[must_use]
pub fn is_signed_by(token: &str, secret: &str) -> bool {
    let again = token.rsplit_once('.').and_then(|(content, _)| {
        let (header, _) = content.split_once('.')?;
        let alg = claims(header)?.get("alg")?.as_str()?.to_owned();
        signed(&alg, content, secret.as_bytes())
    });
    again.is_some_and(|again| again.as_str() == token)
}

/// `content` (header and payload of a JWT) with its signature behind it; `None` for an
/// algorithm other than HS256, HS384 and HS512.
#[must_use]
pub fn signed(alg: &str, content: &str, key: &[u8]) -> Option<Zeroizing<String>> {
    let signature = match alg {
        "HS256" => mac(Hmac::<Sha256>::new_from_slice(key).ok()?, content),
        "HS384" => mac(Hmac::<Sha384>::new_from_slice(key).ok()?, content),
        "HS512" => mac(Hmac::<Sha512>::new_from_slice(key).ok()?, content),
        _ => return None,
    };
    Some(Zeroizing::new(format!("{content}.{signature}")))
}

fn mac(mut mac: impl Mac, content: &str) -> String {
    mac.update(content.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// One part of a JWT; `None` when it is not a JSON object.
fn claims(part: &str) -> Option<Map<String, Value>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(claims)) => Some(claims),
        _ => None,
    }
}

/// The payload with one more claim; `None` when it is not a JSON object.
fn changed(payload: &str) -> Option<String> {
    let mut claims = claims(payload)?;
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

    /// The example of RFC 7515, A.1, whose key and signature are published there.
    const RFC: (&str, &str) = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog\
         Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    );

    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        let (content, key) = RFC;
        let key = URL_SAFE_NO_PAD.decode(key).expect("base64");
        let token = signed("HS256", content, &key).expect("a known algorithm");
        assert!(token.ends_with(".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "{}", *token);
    }

    #[test]
    fn an_expired_token_is_made_only_with_the_key_that_signed_the_valid_one() {
        let now = DateTime::from_timestamp(1_750_000_000, 0).expect("a time");
        for alg in ["HS256", "HS384", "HS512"] {
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
            let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"7","exp":2000000000}"#);
            let valid = signed(alg, &format!("{header}.{payload}"), b"k").expect("known");
            assert!(expired(&valid, "another", now).is_none(), "{alg}");
            let old = expired(&valid, "k", now).expect("the right key");
            let seen = claims(old.split('.').nth(1).expect("a payload")).expect("JSON");
            assert_eq!((seen["exp"].as_i64(), &seen["sub"]), (Some(1_749_996_400), &"7".into()));
        }
        for token in ["", "opaque", "a.b.c", &jwt()] {
            assert!(expired(token, "k", now).is_none(), "{token}");
        }
    }

    #[test]
    fn another_key_signs_the_same_content() {
        let (jwt, other) = (jwt(), signed_by_another(&jwt(), b"another").expect("a JWT"));
        assert_eq!(jwt.split('.').nth(1), other.split('.').nth(1));
        assert_ne!(jwt, *other);
        assert!(signed_by_another("opaque", b"another").is_none());
    }
}
