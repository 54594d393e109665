//! Every forged form of a valid token, as somebody who holds one could make it. The expired
//! form is only made when the signing secret is known to have signed the valid token: an
//! "expired" token under another key is refused for its signature, which shows nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::auth::tokens::{Jwt, content};

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
    /// The same with `nOnE`: a check that compares letter by letter lets it by.
    UnsignedOddly,
    /// The right algorithm, and an empty signature behind other content.
    SignatureGone,
    /// The same content, signed with a key that is not the server's.
    WrongKey,
    /// Signed as it should be, and its time is over (RFC 7519, 4.1.4).
    Expired,
}

impl Kind {
    /// Who holds such a token, as it follows "asked".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Tampered => "with a tampered token",
            Self::Unsigned => "with an unsigned token (alg none)",
            Self::UnsignedOddly => "with an unsigned token (alg nOnE)",
            Self::SignatureGone => "with a token whose signature is gone",
            Self::WrongKey => "with a token signed by another key",
            Self::Expired => "with an expired token",
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
    let Some(jwt) = Jwt::read(valid) else {
        return vec![Forged { kind: Kind::Tampered, token: other_middle(valid) }];
    };
    let mut all = vec![
        Forged { kind: Kind::Tampered, token: tampered(valid, &jwt) },
        Forged { kind: Kind::Unsigned, token: unsigned(&jwt, "none") },
        Forged { kind: Kind::UnsignedOddly, token: unsigned(&jwt, "nOnE") },
        Forged { kind: Kind::SignatureGone, token: without_signature(&jwt) },
        Forged { kind: Kind::WrongKey, token: jwt.signed(&jwt.claims, WRONG_KEY) },
    ];
    if let Some(key) = signing_secret.and_then(|secret| jwt.key(secret)) {
        let token = jwt.signed(&expired(&jwt.claims, now), &key);
        all.push(Forged { kind: Kind::Expired, token });
    }
    // A token that was no good to begin with may be one of its own forged forms.
    all.retain(|forged| forged.token.as_str() != valid);
    all
}

/// One more claim than the token has.
fn one_more(jwt: &Jwt<'_>) -> Map<String, Value> {
    let mut claims = jwt.claims.clone();
    claims.insert("countersign".to_owned(), Value::Bool(true));
    claims
}

/// Header and signature as they were, around one more claim.
fn tampered(valid: &str, jwt: &Jwt<'_>) -> Zeroizing<String> {
    let payload = URL_SAFE_NO_PAD.encode(Value::Object(one_more(jwt)).to_string());
    let parts: Vec<&str> = valid.split('.').collect();
    let (header, signature) = (parts.first(), parts.last());
    let [header, signature] = [header, signature].map(|part| part.copied().unwrap_or_default());
    Zeroizing::new(format!("{header}.{payload}.{signature}"))
}

fn without_signature(jwt: &Jwt<'_>) -> Zeroizing<String> {
    Zeroizing::new(format!("{}.", content(&jwt.header, &one_more(jwt))))
}

fn unsigned(jwt: &Jwt<'_>, alg: &str) -> Zeroizing<String> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(alg));
    header.insert("typ".to_owned(), json!("JWT"));
    Zeroizing::new(format!("{}.", content(&header, &jwt.claims)))
}

fn expired(claims: &Map<String, Value>, now: DateTime<Utc>) -> Map<String, Value> {
    let mut claims = claims.clone();
    let end = now.timestamp() - EXPIRED_AGO;
    claims.insert("exp".to_owned(), Value::from(end));
    for name in ["iat", "nbf"] {
        if claims.contains_key(name) {
            claims.insert(name.to_owned(), Value::from(end - EXPIRED_AGO));
        }
    }
    claims
}

/// The token with another character in its middle: the last bits of base64 may not count.
fn other_middle(token: &str) -> Zeroizing<String> {
    let mut chars: Vec<char> = token.chars().collect();
    let middle = chars.len() / 2;
    match chars.get_mut(middle) {
        Some(c) => *c = if *c == 'A' { 'B' } else { 'A' },
        None => chars.push('A'),
    }
    Zeroizing::new(chars.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tokens;

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
        // A token under a public key looks like this one, whoever signed it.
        let known = if alg.starts_with("HS") { alg } else { "HS256" };
        tokens::signed(known, &text, key).expect("any key will do").to_string()
    }

    fn kinds(valid: &str, secret: Option<&str>) -> Vec<Kind> {
        forge(valid, secret, now()).iter().map(|forged| forged.kind).collect()
    }

    #[test]
    fn each_form_is_made_only_where_it_means_something() {
        use Kind::{Expired, SignatureGone, Tampered, Unsigned, UnsignedOddly, WrongKey};
        let signed = token("HS256", SECRET.as_bytes());
        let decoded = token("HS256", &hex::decode(SECRET).expect("hex"));
        let public = token("RS256", b"whatever");
        let without = vec![Tampered, Unsigned, UnsignedOddly, SignatureGone, WrongKey];
        let all = [without.as_slice(), &[Expired]].concat();
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
        assert_eq!(jwt.expiry(), DateTime::from_timestamp(now().timestamp() - HOUR, 0));
        let wrong = forged.iter().find(|forged| forged.kind == Kind::WrongKey).expect("made");
        let jwt = Jwt::read(&wrong.token).expect("a JWT");
        assert!(jwt.key(SECRET).is_none(), "the signature is wrong");
        assert_eq!(jwt.claims, Jwt::read(&valid).expect("a JWT").claims);
    }

    #[test]
    fn a_tampered_jwt_keeps_header_and_signature_and_says_something_else() {
        let valid = token("HS256", SECRET.as_bytes());
        let changed = forge(&valid, None, now()).swap_remove(0).token;
        let (old, new): (Vec<_>, Vec<_>) =
            (valid.split('.').collect(), changed.split('.').collect());
        assert_eq!((old[0], old[2]), (new[0], new[2]));
        let claims = Jwt::read(&changed).expect("a JWT").claims;
        assert_eq!((&claims["sub"], &claims["countersign"]), (&json!("7"), &json!(true)));
    }

    #[test]
    fn any_token_can_be_tampered_with() {
        for token in ["", "a", "opaque-token-0123456789", "a.b.c"] {
            assert_ne!(forge(token, None, now())[0].token.as_str(), token);
        }
    }
}
