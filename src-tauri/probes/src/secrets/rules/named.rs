//! Literals given to names that say "what follows is secret": `JWT_SECRET=…` in a settings
//! file, `password: '…'` and `process.env.JWT_SECRET || '…'` in code, and
//! `get('JWT_SECRET', '…')`.

use std::ops::Range;

use regex::bytes::{Captures, Regex};

use super::Place;
use super::anchors::ANCHOR;
use crate::secrets::judge::{is_known_weak, is_placeholder};

/// The rule about a literal whose name says that it is secret.
pub(super) const LITERAL: &str = "literal-for-a-secret-name";
/// The rule about a random value whose name only hints at it.
pub(super) const RANDOM: &str = "random-value-for-a-secret-name";

/// Longest name that is read, to either side of where it was noticed.
const MAX_NAME: usize = 80;
/// How much is read behind a name.
const WINDOW: usize = 1_024;

/// Four letters out of each telling name, as code writes it (`apiKey`, `api_key`, `API_KEY`):
/// the rarest ones, because `private` and `access` stand everywhere.
const NOTICED: &[&str] = &[
    "ecre", "ECRE", "assw", "ASSW", "assp", "ASSP", "oken", "OKEN", "cred", "Cred", "CRED", "ncry",
    "NCRY", "ssKe", "sske", "SSKE", "ss_k", "SS_K", "ss-k", "teKe", "teke", "TEKE", "te_k", "TE_K",
    "te-k", "ngKe", "ngke", "NGKE", "ng_k", "NG_K", "ng-k", "piKe", "pike", "PIKE", "pi_k", "PI_K",
    "pi-k", "PI-K", "_pwd", "_PWD", "bPwd",
];
/// What a name must hold to say anything of what follows; without `_` and `-`.
const TELLING: &[&str] = &[
    "secret",
    "passw",
    "passphrase",
    "pwd",
    "token",
    "credential",
    "apikey",
    "encryptionkey",
    "privatekey",
    "accesskey",
    "signingkey",
];
/// A name that ends so is given nothing but a secret.
const OWN: &[&str] = &[
    "jwtsecret",
    "jwtrefreshsecret",
    "jwtaccesssecret",
    "jwtsecretkey",
    "encryptionkey",
    "secretkey",
    "clientsecret",
    "sessionsecret",
    "cookiesecret",
    "privatekey",
    "signingkey",
    "secretaccesskey",
];
/// A name that ends so is given a secret, or a word about one.
const COMMON: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "authtoken",
    "accesstoken",
    "credential",
];
/// A name that holds this is given what everybody may know.
const PUBLIC: &[&str] = &["public", "publishable", "integrity", "checksum", "hash", "digest"];

/// What follows the name. A quoted literal may stand behind `=`, `:`, `||` or `??`, with a
/// type between, or be the second argument of a call; a bare one needs a settings file.
const GIVEN: &str = r#"(?x-u) \A (?:
      ["'`]? [)\]]? !? \s* (?: : \s* (?: string | String | str ) \b \s* )?
        (?: => | := | = | : | \|\| | \?\? ) \s* ["'`] (?P<quoted> [^"'`\s]{6,} ) ["'`]
    | ["'`] \s* , \s* ["'`] (?P<default> [^"'`\s]{6,} ) ["'`] \s* ,? \s* \)
    | ["']? [\ \t]* [=:] [\ \t]* (?P<bare> [^\s"'`\#$<>{}(),;]{8,} ) [\ \t]* (?: \# [^\n]* )? (?: \r? \n | \z )
    )"#;

/// The rule, ready to be compared.
pub(super) struct Named(Regex);

impl Named {
    pub(super) fn new() -> Result<Self, regex::Error> {
        Ok(Self(Regex::new(GIVEN)?))
    }

    /// Where to look.
    pub(super) fn anchors() -> impl Iterator<Item = ([u8; ANCHOR], ())> {
        NOTICED.iter().filter_map(|word| Some((super::anchors::anchor(word.as_bytes())?, ())))
    }

    /// The name around `at`.
    pub(super) fn name(text: &[u8], at: usize) -> Range<usize> {
        let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let before = text[..at].iter().rev().take(MAX_NAME).take_while(part).count();
        let after = text[at..].iter().take(MAX_NAME).take_while(part).count();
        at - before..at + after
    }

    /// The rule and the place of the literal that the name at `name` is given.
    pub(super) fn check(
        &self,
        text: &[u8],
        name: Range<usize>,
        place: Place,
    ) -> Option<(&'static str, Range<usize>)> {
        let plain_name = plain(text.get(name.clone())?);
        if !TELLING.iter().any(|word| plain_name.contains(word)) {
            return None;
        }
        let window = text.get(name.end..text.len().min(name.end + WINDOW))?;
        let found = self.0.captures(window)?;
        let bare = found.name("bare").filter(|_| place.settings);
        let value = found.name("quoted").or(found.name("default")).or(bare)?;
        let written = std::str::from_utf8(value.as_bytes()).ok()?;
        let rule = rule(&plain_name, &text[name.clone()], written, &found, place)?;
        Some((rule, name.end + value.start()..name.end + value.end()))
    }
}

fn rule(
    plain_name: &str,
    name: &[u8],
    value: &str,
    found: &Captures<'_>,
    place: Place,
) -> Option<&'static str> {
    if is_reference(value) || is_placeholder(value) || says_its_name(plain_name, value) {
        return None;
    }
    let ends = |words: &[&str]| words.iter().any(|word| plain_name.ends_with(word));
    // A variable of the environment, or the value that stands in for it.
    let variable = name.iter().all(|byte| !byte.is_ascii_lowercase())
        && (place.settings || found.name("default").is_some() || name.contains(&b'_'));
    let weak = is_known_weak(value) && !plain_name.ends_with(&plain(value.as_bytes()));
    let telling = ends(OWN) || (ends(COMMON) && (variable || is_mixed(value) || weak));
    if telling && (!place.template || is_random(value)) {
        return Some(LITERAL);
    }
    let public = PUBLIC.iter().any(|word| plain_name.contains(word));
    (!public && is_random(value)).then_some(RANDOM)
}

/// Letters and digits of a name, in small letters.
fn plain(name: &[u8]) -> String {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// `JWT_SECRET: 'JWT_SECRET'` declares a token, `password: 'auth/wrong-password'` a message.
fn says_its_name(plain_name: &str, value: &str) -> bool {
    plain(value.as_bytes()).ends_with(plain_name)
}

/// Whether a text points at a value instead of being one.
pub(super) fn is_reference(text: &str) -> bool {
    let starts = ["process.env", "import.meta", "$", "{", "<", "%", "@", "env.", "secrets."];
    starts.iter().any(|start| text.starts_with(start)) || text.contains("${") || text.contains("{{")
}

/// Whether letters stand with digits or with signs other than those between words: not one
/// word, nor words joined.
fn is_mixed(value: &str) -> bool {
    let has = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    let sign = |c: &char| !c.is_alphanumeric() && !"-_./:, ".contains(*c);
    has(char::is_ascii_digit) || has(sign)
}

/// Whether a text is long and even enough to have been drawn: 16 bytes of hexadecimal, or
/// base64 that no words are behind.
fn is_random(value: &str) -> bool {
    let body = value.trim_end_matches('=');
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+/_-".contains(c);
    let count = |test: fn(&char) -> bool| value.chars().filter(test).count();
    let (digits, capitals) = (count(char::is_ascii_digit), count(char::is_ascii_uppercase));
    if !body.chars().all(allowed) || is_uuid(value) || digits == 0 {
        return false;
    }
    if body.chars().all(|c| c.is_ascii_hexdigit()) {
        return body.len() >= 32 && digits < body.len() && bits(body) >= 3.0;
    }
    let small = count(char::is_ascii_lowercase);
    body.len() >= 20 && capitals > 0 && small > 0 && bits(body) >= 3.8
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && [8, 13, 18, 23].iter().all(|at| value.as_bytes()[*at] == b'-')
}

/// Shannon entropy, in bits a byte.
#[allow(clippy::cast_precision_loss, reason = "at most 512")]
fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let part = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(part).map(|p| -p * p.log2()).sum()
}
