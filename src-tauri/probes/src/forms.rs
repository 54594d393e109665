//! The ways in which one secret value is written down: as it is, and as a URL, JSON, HTML,
//! base64 or hexadecimal text carries it. What looks for values and what takes them out
//! share this list, so that neither knows a form that the other misses.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// A piece of base64 shorter than this occurs by chance.
const MIN_PIECE: usize = 8;
/// What `encodeURIComponent` leaves alone beside letters and digits (ECMA-262).
const UNRESERVED: &[u8] = b"-_.!~*'()";
/// What RFC 3986 leaves alone beside letters and digits.
const UNRESERVED_3986: &[u8] = b"-_.~";

/// Every form of `value` that is at least `least` bytes long, longest first, each once. A
/// value that is a URL gives its password too: that is the secret in it.
pub(crate) fn forms(value: &str, least: usize) -> Vec<Zeroizing<String>> {
    let mut all = written(value);
    if let Some(password) = password_of(value) {
        all.extend(written(&password));
    }
    all.retain(|form| form.len() >= least);
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

fn written(value: &str) -> Vec<Zeroizing<String>> {
    let bytes = value.as_bytes();
    let mut all = vec![value.to_owned()];
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    all.push(json.replace('/', "\\/"));
    all.push(json.to_owned());
    for kept in [UNRESERVED, UNRESERVED_3986] {
        let encoded = percent(bytes, kept);
        all.push(encoded.replace("%20", "+"));
        all.push(encoded);
    }
    // A form's own encoding keeps `*` and escapes `~` (WHATWG URL).
    all.push(url::form_urlencoded::byte_serialize(bytes).collect());
    all.push(html(value));
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        all.push(engine.encode(bytes));
    }
    all.extend((1..3).chain(0..1).flat_map(|shift| inside_base64(bytes, shift)));
    if bytes.len() >= MIN_PIECE {
        all.push(hex::encode(bytes));
    }
    all.into_iter().map(Zeroizing::new).collect()
}

/// The characters of base64 that depend on `bytes` alone when they follow `shift` other
/// bytes, as a password follows the user's name in `Authorization: Basic`.
fn inside_base64(bytes: &[u8], shift: usize) -> Vec<String> {
    let mut padded = Zeroizing::new(vec![0_u8; shift]);
    padded.extend_from_slice(bytes);
    let first = (shift * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .iter()
        .filter_map(|engine| engine.encode(&*padded).get(first..end).map(str::to_owned))
        .filter(|piece| piece.len() >= MIN_PIECE)
        .collect()
}

fn percent(bytes: &[u8], kept: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(byte) {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn html(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The password inside a connection URL, decoded.
fn password_of(value: &str) -> Option<Zeroizing<String>> {
    let parsed = url::Url::parse(value).ok()?;
    let password = parsed.password().filter(|password| !password.is_empty())?;
    // A plus sign in a URL's user part is a plus sign.
    let pair = format!("p={}", password.replace('+', "%2B"));
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next()?.1.into_owned();
    Some(Zeroizing::new(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, text: &str) -> bool {
        forms(value, 4).iter().any(|form| text.contains(form.as_str()))
    }

    #[test]
    fn a_value_is_known_in_each_form() {
        let value = "p@ss\"w/rd+<1> é~*x";
        let json = serde_json::to_string(value).expect("JSON");
        let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        for (name, text) in [
            ("raw", value.to_owned()),
            ("JSON", json.clone()),
            ("JSON with escaped slashes", json.replace('/', "\\/")),
            ("a form", form.clone()),
            ("encodeURIComponent", "p%40ss%22w%2Frd%2B%3C1%3E%20%C3%A9~*x".to_owned()),
            ("RFC 3986", "p%40ss%22w%2Frd%2B%3C1%3E%20%C3%A9~%2Ax".to_owned()),
            ("HTML", "p@ss&quot;w/rd+&lt;1&gt; é~*x".to_owned()),
            ("base64", STANDARD.encode(value)),
            ("base64url", URL_SAFE_NO_PAD.encode(value)),
            ("hex", hex::encode(value)),
            ("behind a user's name", STANDARD.encode(format!("ana:{value}"))),
            ("behind another", STANDARD.encode(format!("anna:{value}"))),
            ("and another", STANDARD.encode(format!("hanna:{value}:tail"))),
        ] {
            assert!(has(value, &text), "{name}: {text}");
        }
        assert!(!has(value, "p@ss and other words"));
    }

    #[test]
    fn the_password_inside_a_url_is_a_secret_of_its_own() {
        let url = "postgres://app:h7%2Fq+Zt9w@db.internal/app";
        assert!(has(url, "password authentication failed for h7/q+Zt9w"));
        assert!(has(url, "PGPASSWORD=h7%2Fq%2BZt9w"));
        assert!(!has("https://example.com/", "example"));
    }

    #[test]
    fn short_forms_are_left_out() {
        assert!(forms("abc", 6).iter().all(|form| form.len() >= 6));
        assert!(forms("abcdef", 6).iter().any(|form| form.as_str() == "abcdef"));
    }
}
