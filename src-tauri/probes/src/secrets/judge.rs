//! How good one secret is, told without showing it: length, alphabet, a bucket for its
//! strength, and what is wrong with it. Pure; the probes and `countersign secrets judge`
//! share it.

use std::collections::HashSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use regex::Regex;
use sha2::{Digest as _, Sha256};

/// Which characters a secret is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// `0-9a-f`.
    HexLower,
    /// `0-9A-F`.
    HexUpper,
    /// Hexadecimal in both cases.
    HexMixed,
    /// Base64, standard or URL-safe, of bytes that look random.
    Base64,
    /// Other printable ASCII.
    Printable,
    /// Anything else.
    Other,
}

impl Alphabet {
    /// Whether every character is hexadecimal.
    #[must_use]
    pub fn is_hex(self) -> bool {
        matches!(self, Self::HexLower | Self::HexUpper | Self::HexMixed)
    }

    /// The alphabet in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::HexLower => "lower-case hex",
            Self::HexUpper => "upper-case hex",
            Self::HexMixed => "mixed-case hex",
            Self::Base64 => "base64",
            Self::Printable => "printable characters",
            Self::Other => "other characters",
        }
    }
}

/// How hard a secret is to guess, coarsely, so that the bucket gives nothing away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// Fewer than about 10^12 guesses: falls to one machine offline.
    Weak,
    /// Between the two.
    Fair,
    /// Beyond reach.
    Strong,
}

impl Bucket {
    /// The bucket in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Strong => "strong",
        }
    }
}

/// Something that makes a secret bad whatever its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// On the list of values that everybody tries.
    KnownWeak,
    /// Stands for a secret that was never filled in.
    Placeholder,
    /// One short piece over and over.
    Repeats,
    /// Far fewer different characters than chance would give.
    LowEntropy,
    /// Hexadecimal that spells readable text.
    SpelledText,
    /// Contains its own variable's name.
    NamesItself,
    /// Blanks at an end, which one reader keeps and another drops.
    OuterBlanks,
}

impl Weakness {
    /// The weakness in words, to follow "it".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::KnownWeak => "is on the list of values that everybody tries",
            Self::Placeholder => "is a placeholder that nobody filled in",
            Self::Repeats => "repeats one short piece",
            Self::LowEntropy => "has far fewer different characters than chance would give",
            Self::SpelledText => "is readable text written in hex",
            Self::NamesItself => "contains the name of its own variable",
            Self::OuterBlanks => "begins or ends with a blank",
        }
    }
}

/// What can be said of a secret without showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// Length in characters.
    pub length: usize,
    /// Bytes of key material: decoded from hex or base64, else the text's own.
    pub bytes: usize,
    /// Which characters it is made of.
    pub alphabet: Alphabet,
    /// How hard it is to guess.
    pub bucket: Bucket,
    /// What is wrong with it.
    pub weaknesses: Vec<Weakness>,
    /// Eight hex characters that change when the secret does. Only for a strong value: of
    /// a weak one even a shortened hash would help to guess it.
    pub fingerprint: Option<String>,
}

impl Strength {
    /// Length, alphabet, bucket and fingerprint as one line.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!(
            "{} characters, {}, {} bytes of key material, {}",
            self.length,
            self.alphabet.words(),
            self.bytes,
            self.bucket.words()
        );
        if let Some(fingerprint) = &self.fingerprint {
            text.push_str(&format!(", fingerprint {fingerprint}"));
        }
        text
    }
}

/// Guesses (as a power of ten) below which a value is weak, and from which it is strong.
const FAIR_FROM: f64 = 12.0;
const STRONG_FROM: f64 = 28.0;
/// The same of a value made of words, whose order the estimator knows too little about.
const STRONG_WORDS: f64 = 42.0;
/// Bytes from which an encoded random value is strong: 128 bits (NIST SP 800-131A).
const STRONG_BYTES: usize = 16;
/// The part of a value that is estimated, in characters, and the size of one piece.
const ESTIMATED: usize = 100;
const PIECE: usize = 18;
/// A random base64 text costs about one power of ten for each character; words cost less.
const RANDOM_PER_CHAR: f64 = 0.7;

const KNOWN_WEAK: &[&str] = &[
    "admin",
    "administrator",
    "changeit",
    "changeme",
    "default",
    "development",
    "dev",
    "devsecret",
    "foobared",
    "jwt",
    "jwtsecret",
    "keyboardcat",
    "letmein",
    "none",
    "null",
    "pass",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "postgres",
    "production",
    "qwerty",
    "redis",
    "root",
    "s3cret",
    "secret",
    "secretkey",
    "secret123",
    "shhhh",
    "shhhhh",
    "supersecret",
    "supersecretkey",
    "test",
    "testing",
    "topsecret",
    "undefined",
    "verysecret",
    "123456",
    "12345678",
    "1234567890",
    "0123456789abcdef",
    "deadbeef",
];

static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        (?: change | replace | insert | enter ) [\ _-]? (?: me | this | it | with | your | here | in ) \b
      | changeme | \b your [\ _-] | [\ _-] here \b | placeholder | example | generated?[\ _-]
      | ^ [<{\[(] .* [>}\])] $ | \$\{ | ^ (?: x+ | \.+ | \*+ | -+ | \?+ ) $ | ^ to[\ _-]?do \b | ^ dummy \b",
    )
    .ok()
});

/// Whether a text stands where a secret should be put.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    PLACEHOLDER.as_ref().is_some_and(|pattern| pattern.is_match(value.trim()))
}

/// Whether a text is on the list of values that everybody tries.
pub(super) fn is_known_weak(value: &str) -> bool {
    let plain: String = value.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    KNOWN_WEAK.contains(&plain.as_str())
}

/// Judges the value of the secret called `name`.
#[must_use]
pub fn judge_value(name: &str, value: &str) -> Strength {
    let guesses = guesses(name, value);
    let random = looks_random(value, guesses);
    let alphabet = alphabet(value, random);
    let material = material(value, alphabet);
    let weaknesses = weaknesses(name, value, alphabet, &material);
    let encoded = alphabet.is_hex() || alphabet == Alphabet::Base64;
    let strong = match (encoded, random) {
        (true, _) => material.len() >= STRONG_BYTES,
        (false, true) => guesses >= STRONG_FROM,
        (false, false) => guesses >= STRONG_WORDS,
    };
    let bucket = if !weaknesses.is_empty() || guesses < FAIR_FROM {
        Bucket::Weak
    } else if strong {
        Bucket::Strong
    } else {
        Bucket::Fair
    };
    let fingerprint = (bucket == Bucket::Strong).then(|| fingerprint(name, value));
    let length = value.chars().count();
    Strength { length, bytes: material.len(), alphabet, bucket, weaknesses, fingerprint }
}

/// Powers of ten that an attacker who knows words, dates and patterns would try. The
/// estimator counts in 64 bits, so a longer value is estimated piece by piece; a piece that
/// comes again adds nothing.
fn guesses(name: &str, value: &str) -> f64 {
    let head: Vec<char> = value.chars().take(ESTIMATED).collect();
    let pieces: HashSet<String> = head.chunks(PIECE).map(|piece| piece.iter().collect()).collect();
    pieces.iter().map(|piece| zxcvbn::zxcvbn(piece, &[name]).guesses_log10().max(0.0)).sum()
}

/// Whether the estimator found hardly any word or pattern in the value.
fn looks_random(value: &str, guesses: f64) -> bool {
    let read = value.chars().count().min(ESTIMATED);
    #[allow(clippy::cast_precision_loss, reason = "at most 100")]
    let random = guesses >= RANDOM_PER_CHAR * read as f64;
    random
}

fn alphabet(value: &str, random: bool) -> Alphabet {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        let lower = value.bytes().any(|b| b.is_ascii_lowercase());
        let upper = value.bytes().any(|b| b.is_ascii_uppercase());
        return match (lower, upper) {
            (true, true) => Alphabet::HexMixed,
            (false, true) => Alphabet::HexUpper,
            _ => Alphabet::HexLower,
        };
    }
    // Words without blanks decode as base64 too; only what looks random counts as such.
    if random && value.len() >= 16 && from_base64(value).is_some() {
        return Alphabet::Base64;
    }
    if value.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        Alphabet::Printable
    } else {
        Alphabet::Other
    }
}

fn from_base64(value: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(value).ok())
}

fn material(value: &str, alphabet: Alphabet) -> zeroize::Zeroizing<Vec<u8>> {
    let decoded = match alphabet {
        // An odd digit at the end adds no whole byte.
        a if a.is_hex() => hex::decode(&value[..value.len() / 2 * 2]).ok(),
        Alphabet::Base64 => from_base64(value),
        _ => None,
    };
    zeroize::Zeroizing::new(decoded.unwrap_or_else(|| value.as_bytes().to_vec()))
}

fn weaknesses(name: &str, value: &str, alphabet: Alphabet, material: &[u8]) -> Vec<Weakness> {
    let plain: String = value.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let own: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let spelled = alphabet.is_hex()
        && material.len() >= 8
        && material.iter().all(|b| (b' '..=b'~').contains(b));
    [
        (is_known_weak(value), Weakness::KnownWeak),
        (is_placeholder(value), Weakness::Placeholder),
        (repeats(value.as_bytes()), Weakness::Repeats),
        (low_entropy(value, alphabet, material), Weakness::LowEntropy),
        (spelled, Weakness::SpelledText),
        (own.len() >= 4 && plain.contains(&own), Weakness::NamesItself),
        (value.trim() != value, Weakness::OuterBlanks),
    ]
    .into_iter()
    .filter_map(|(is, weakness)| is.then_some(weakness))
    .collect()
}

/// Whether the text is one piece of at most half its length, over and over.
fn repeats(text: &[u8]) -> bool {
    let length = text.len();
    (1..=length / 2).any(|period| text[period..] == text[..length - period])
}

/// Whether far fewer symbols occur than chance gives. A random 32-digit hex text shows 14
/// of the 16 digits, and random bytes hardly repeat, so half of that is never chance.
fn low_entropy(value: &str, alphabet: Alphabet, material: &[u8]) -> bool {
    let distinct = value.to_ascii_lowercase().chars().collect::<HashSet<_>>().len();
    let length = value.chars().count();
    if alphabet.is_hex() {
        let bytes = material.iter().collect::<HashSet<_>>().len();
        return (length >= 32 && distinct < 8)
            || (material.len() >= 16 && bytes * 2 < material.len().min(96));
    }
    length >= 8 && distinct * 4 < length.min(32)
}

fn fingerprint(name: &str, value: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"countersign secret fingerprint v1\0")
        .chain_update(name.as_bytes())
        .chain_update(b"\0")
        .chain_update(value.as_bytes())
        .finalize();
    hex::encode(&digest[..4])
}

#[cfg(test)]
mod tests;
