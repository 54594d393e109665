//! JSON Web Tokens (RFC 7519) as far as probes need them: reading one, signing one with
//! HMAC (RFC 7518, 3.2), and telling whether a secret signed it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// What is no token at all.
pub const GARBAGE: &str = "countersign-not-a-token";

/// A token, taken apart. It has no `Debug`: it holds a person's claims.
pub struct Jwt<'a> {
    token: &'a str,
    /// Header and payload as they stand in the token.
    content: &'a str,
    /// The header.
    pub header: Map<String, Value>,
    /// The payload.
    pub claims: Map<String, Value>,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart; `None` when it is not a JWT.
    #[must_use]
    pub fn read(token: &'a str) -> Option<Self> {
        let (content, signature) = token.rsplit_once('.')?;
        let (header, payload) = content.split_once('.')?;
        URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { token, content, header: object(header)?, claims: object(payload)? })
    }

    /// When the token ends, if it says so.
    #[must_use]
    pub fn expiry(&self) -> Option<DateTime<Utc>> {
        let seconds = self.claims.get("exp")?.as_f64()?;
        // A float that does not fit is no time; the cast itself saturates.
        DateTime::from_timestamp(seconds as i64, 0)
    }

    /// The key that signed this token (HS256, HS384, HS512): the secret as text, or what it
    /// encodes in hex or base64.
    #[must_use]
    pub fn key(&self, secret: &str) -> Option<Zeroizing<Vec<u8>>> {
        let alg = self.header.get("alg")?.as_str()?;
        let readings = [
            Some(secret.as_bytes().to_vec()),
            hex::decode(secret).ok(),
            STANDARD.decode(secret).ok(),
            URL_SAFE_NO_PAD.decode(secret.trim_end_matches('=')).ok(),
        ];
        readings.into_iter().flatten().map(Zeroizing::new).find(|key| {
            signed(alg, self.content, key).is_some_and(|again| again.as_str() == self.token)
        })
    }

    /// These claims under `key`; with HS256 when the token's own algorithm has no shared key.
    #[must_use]
    pub fn signed(&self, claims: &Map<String, Value>, key: &[u8]) -> Zeroizing<String> {
        let own = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if let Some(token) = signed(own, &content(&self.header, claims), key) {
            return token;
        }
        let mut header = self.header.clone();
        header.insert("alg".to_owned(), "HS256".into());
        let text = content(&header, claims);
        // Any bytes are a key for HMAC (RFC 2104), so this is always signed.
        signed("HS256", &text, key).unwrap_or_else(|| Zeroizing::new(format!("{text}.")))
    }
}

/// Whether `secret` signed the token, as far as HMAC goes (HS256, HS384, HS512).
#[must_use]
pub fn is_signed_by(token: &str, secret: &str) -> bool {
    Jwt::read(token).is_some_and(|jwt| jwt.key(secret).is_some())
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

/// Header and payload of a JWT.
pub(super) fn content(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let part =
        |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
    format!("{}.{}", part(header), part(claims))
}

fn mac(mut mac: impl Mac, content: &str) -> String {
    mac.update(content.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn an_expiry_that_is_no_time_is_none() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        for exp in [json!("soon"), json!(1e300), json!(null)] {
            let token = format!("{}.{}.", part(json!({})), part(json!({ "exp": exp })));
            let jwt = Jwt::read(&token).expect("a JWT");
            assert_eq!(jwt.expiry(), None);
        }
    }
}
