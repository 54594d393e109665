//! Every forged form of a valid token, as somebody who holds one could make it. The expired
//! form is only made when the signing secret is known to have signed the valid token: an
//! "expired" token under another key is refused for its signature, which shows nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::auth::tokens;

/// A key that no server has.
const WRONG_KEY: &[u8] = b"countersign: the key of nobody";
/// How long ago the expired form ended, in seconds: beyond every tolerance for clocks.
const EXPIRED_AGO: i64 = 3_600;

/// What is wrong with a forged token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Another content under the old signature.
    Tampered,
    /// `alg: none` and no signature (RFC 8725, 2.1).
    Unsigned,
    /// The same content, signed with a key that is not the server's.
    WrongKey,
    /// Signed as it should be, and its time is over (RFC 7519, 4.1.4).
    Expired,
}

impl Kind {
    /// The kind as it follows "with".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Tampered => "a tampered token",
            Self::Unsigned => "an unsigned token (alg none)",
            Self::WrongKey => "a token signed with another key",
            Self::Expired => "an expired token",
        }
    }
}

/// A token that must be refused. It has no `Debug`: it may hold a person's claims.
#[derive(Clone)]
pub struct Forged {
    /// What is wrong with it.
    pub kind: Kind,
    /// The token.
    pub token: Zeroizing<String>,
}

/// The forged forms of `valid`. A token that is not a JWT (RFC 7519) has only the tampered
/// one; the expired one needs the `signing_secret` that signed `valid` (HS256, 384, 512).
#[must_use]
pub fn forge(valid: &str, signing_secret: Option<&str>, now: DateTime<Utc>) -> Vec<Forged> {
    let mut all = vec![Forged { kind: Kind::Tampered, token: tokens::tampered(valid) }];
    let Some(jwt) = Jwt::read(valid) else { return all };
    if let Some(token) = tokens::unsigned(valid) {
        all.push(Forged { kind: Kind::Unsigned, token });
    }
    all.push(Forged { kind: Kind::WrongKey, token: jwt.signed(&jwt.claims, WRONG_KEY) });
    if let Some(key) = signing_secret.and_then(|secret| jwt.key(secret)) {
        let token = jwt.signed(&jwt.expired(now), &key);
        all.push(Forged { kind: Kind::Expired, token });
    }
    all
}

/// When the token ends, if it says so.
#[must_use]
pub fn expiry(token: &str) -> Option<DateTime<Utc>> {
    let seconds = Jwt::read(token)?.claims.get("exp")?.as_f64()?;
    // A float that does not fit is no time; the cast itself saturates.
    DateTime::from_timestamp(seconds as i64, 0)
}

/// Whether the token is a JWT, so that `alg: none` and another key mean something.
#[must_use]
pub fn is_jwt(token: &str) -> bool {
    Jwt::read(token).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
}

struct Jwt<'a> {
    /// Header and payload as they stand in the token.
    signed_part: &'a str,
    signature: Vec<u8>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl<'a> Jwt<'a> {
    fn read(token: &'a str) -> Option<Self> {
        let (signed_part, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed_part.split_once('.')?;
        Some(Self {
            signed_part,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            header: object(header)?,
            claims: object(payload)?,
        })
    }

    fn algorithm(&self) -> Option<Algorithm> {
        match self.header.get("alg")?.as_str()? {
            "HS256" => Some(Algorithm::Hs256),
            "HS384" => Some(Algorithm::Hs384),
            "HS512" => Some(Algorithm::Hs512),
            _ => None,
        }
    }

    /// The key that signed this token: the secret as text, or what it encodes.
    fn key(&self, secret: &str) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm = self.algorithm()?;
        let readings = [
            Some(secret.as_bytes().to_vec()),
            hex::decode(secret).ok(),
            STANDARD.decode(secret).ok(),
            URL_SAFE_NO_PAD.decode(secret.trim_end_matches('=')).ok(),
        ];
        readings.into_iter().flatten().map(Zeroizing::new).find(|key| {
            sign(algorithm, key, self.signed_part).is_some_and(|own| own == self.signature)
        })
    }

    /// These claims under `key`; with HS256 when the token's own algorithm has no shared key.
    fn signed(&self, claims: &Map<String, Value>, key: &[u8]) -> Zeroizing<String> {
        let mut header = self.header.clone();
        let algorithm = self.algorithm().unwrap_or_else(|| {
            header.insert("alg".to_owned(), Value::from("HS256"));
            Algorithm::Hs256
        });
        let part = |map: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string())
        };
        let text = Zeroizing::new(format!("{}.{}", part(&header), part(claims)));
        let signature = sign(algorithm, key, &text).unwrap_or_default();
        Zeroizing::new(format!("{}.{}", text.as_str(), URL_SAFE_NO_PAD.encode(signature)))
    }

    fn expired(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        let end = now.timestamp() - EXPIRED_AGO;
        claims.insert("exp".to_owned(), Value::from(end));
        for name in ["iat", "nbf"] {
            if claims.contains_key(name) {
                claims.insert(name.to_owned(), Value::from(end - EXPIRED_AGO));
            }
        }
        claims
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

fn sign(algorithm: Algorithm, key: &[u8], text: &str) -> Option<Vec<u8>> {
    // A key of any length is accepted (RFC 2104), so `None` does not happen.
    macro_rules! with {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(key).ok()?;
            mac.update(text.as_bytes());
            Some(mac.finalize().into_bytes().to_vec())
        }};
    }
    match algorithm {
        Algorithm::Hs256 => with!(Sha256),
        Algorithm::Hs384 => with!(Sha384),
        Algorithm::Hs512 => with!(Sha512),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const HOUR: i64 = 3_600;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn token(alg: &str, key: &[u8]) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let exp = now().timestamp() + HOUR;
        let text = format!(
            "{}.{}",
            part(json!({ "alg": alg, "typ": "JWT" })),
            part(json!({ "sub": "7", "tenantId": "a", "iat": exp - 2 * HOUR, "exp": exp }))
        );
        let algorithm = match alg {
            "HS384" => Algorithm::Hs384,
            "HS512" => Algorithm::Hs512,
            _ => Algorithm::Hs256,
        };
        let signature = sign(algorithm, key, &text).expect("any key will do");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn kinds(valid: &str, secret: Option<&str>) -> Vec<Kind> {
        forge(valid, secret, now()).iter().map(|forged| forged.kind).collect()
    }

    #[test]
    fn each_form_is_made_only_where_it_means_something() {
        use Kind::{Expired, Tampered, Unsigned, WrongKey};
        let signed = token("HS256", SECRET.as_bytes());
        let decoded = token("HS256", &hex::decode(SECRET).expect("hex"));
        let public = token("RS256", b"whatever");
        let all = vec![Tampered, Unsigned, WrongKey, Expired];
        let without = vec![Tampered, Unsigned, WrongKey];
        for (case, valid, secret, expected) in [
            ("the secret signed it as text", signed.as_str(), Some(SECRET), all.clone()),
            ("the secret signed it as hex", &decoded, Some(SECRET), all.clone()),
            ("HS384", &token("HS384", SECRET.as_bytes()), Some(SECRET), all.clone()),
            ("HS512", &token("HS512", SECRET.as_bytes()), Some(SECRET), all),
            ("no secret", &signed, None, without.clone()),
            ("another secret", &signed, Some("something else"), without.clone()),
            ("a public key signs", &public, Some(SECRET), without),
            ("an opaque token", "opaque-0123456789", Some(SECRET), vec![Tampered]),
            ("dots alone", "a.b.c", Some(SECRET), vec![Tampered]),
            ("nothing", "", Some(SECRET), vec![Tampered]),
        ] {
            assert_eq!(kinds(valid, secret), expected, "{case}");
        }
    }

    #[test]
    fn every_form_differs_from_the_valid_token_and_from_the_others() {
        let valid = token("HS256", SECRET.as_bytes());
        let mut seen = vec![valid.clone()];
        for forged in forge(&valid, Some(SECRET), now()) {
            assert!(!seen.contains(&*forged.token), "{:?}", forged.kind);
            seen.push(forged.token.to_string());
        }
    }

    #[test]
    fn the_expired_form_is_signed_by_the_real_key_and_its_time_is_over() {
        let valid = token("HS256", SECRET.as_bytes());
        let forged = forge(&valid, Some(SECRET), now());
        let expired = forged.iter().find(|forged| forged.kind == Kind::Expired).expect("made");
        let jwt = Jwt::read(&expired.token).expect("a JWT");
        assert!(jwt.key(SECRET).is_some(), "the signature is right");
        assert_eq!(jwt.claims["tenantId"], "a");
        assert_eq!(expiry(&expired.token), DateTime::from_timestamp(now().timestamp() - HOUR, 0));
        let wrong = forged.iter().find(|forged| forged.kind == Kind::WrongKey).expect("made");
        let jwt = Jwt::read(&wrong.token).expect("a JWT");
        assert!(jwt.key(SECRET).is_none(), "the signature is wrong");
        assert_eq!(jwt.claims, Jwt::read(&valid).expect("a JWT").claims);
    }

    #[test]
    fn an_expiry_that_is_no_time_is_none() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        for exp in [json!("soon"), json!(1e300), json!(null)] {
            let token = format!("{}.{}.", part(json!({})), part(json!({ "exp": exp })));
            assert_eq!(expiry(&token), None);
        }
        assert_eq!(expiry("opaque"), None);
    }
}
