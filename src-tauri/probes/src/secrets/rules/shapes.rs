//! Tokens that their issuers made recognisable, private keys, and connection addresses with
//! a password in them.

use std::ops::Range;

use regex::bytes::Regex;

use super::anchors::{ANCHOR, anchor};
use super::named::is_reference;
use crate::secrets::judge::{is_known_weak, is_placeholder};

/// How much of a text is read from the beginning of a token.
const WINDOW: usize = 2_048;
/// A token with fewer different bytes than this was made up for a manual.
const MIN_DISTINCT: usize = 8;
/// The token on the front page of jwt.io, which half of all tutorials repeat.
const SAMPLE_TOKEN: &[u8] = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkw";

/// The name of the rule about addresses.
pub(super) const URL_RULE: &str = "password-in-url";
/// The name of the rule about signed tokens.
pub(super) const TOKEN_RULE: &str = "json-web-token";

/// One recognisable shape.
struct Shape {
    rule: &'static str,
    /// Four bytes each by which its beginning is known.
    anchors: &'static [&'static str],
    /// How many bytes before them it begins.
    back: usize,
    /// The whole, from its beginning; a group `secret` narrows what is reported.
    pattern: &'static str,
}

impl Shape {
    /// Whether a byte before the anchor shows that this is the middle of something else.
    fn goes_on_from(&self, byte: u8) -> bool {
        match self.rule {
            // A scheme's last letter ends a word.
            URL_RULE => false,
            TOKEN_RULE => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            _ => byte.is_ascii_alphanumeric() || byte == b'_',
        }
    }
}

const SHAPES: &[Shape] = &[
    Shape {
        rule: "aws-access-key",
        anchors: &["AKIA", "ASIA"],
        back: 0,
        pattern: r"A(?:K|S)IA[A-Z2-7]{16}\b",
    },
    Shape {
        rule: "private-key",
        anchors: &["BEGI"],
        back: 5,
        pattern: r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\\n|\\r|\s|[A-Za-z0-9-]+: [^\n]*\n)*[A-Za-z0-9+/]{16}",
    },
    Shape {
        rule: "github-token",
        anchors: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "gith"],
        back: 0,
        pattern: r"gh[pousr]_[A-Za-z0-9]{36}\b|github_pat_[A-Za-z0-9_]{60,}",
    },
    Shape {
        rule: "gitlab-token",
        anchors: &["glpa"],
        back: 0,
        pattern: r"glpat-[A-Za-z0-9_-]{20,}",
    },
    Shape {
        rule: "stripe-live-key",
        anchors: &["sk_l", "rk_l"],
        back: 0,
        pattern: r"[sr]k_live_[A-Za-z0-9]{16,}\b",
    },
    Shape {
        rule: "slack-token",
        anchors: &["xoxa", "xoxb", "xoxp", "xoxr", "xoxs", "xoxe", "xapp"],
        back: 0,
        pattern: r"(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{20,}",
    },
    Shape {
        rule: "google-api-key",
        anchors: &["AIza", "GOCS"],
        back: 0,
        pattern: r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}",
    },
    Shape { rule: "npm-token", anchors: &["npm_"], back: 0, pattern: r"npm_[A-Za-z0-9]{36}\b" },
    Shape {
        rule: "ai-service-key",
        anchors: &["sk-p", "sk-a"],
        back: 0,
        pattern: r"sk-(?:proj|ant)-[A-Za-z0-9_-]{32,}",
    },
    Shape { rule: "vault-token", anchors: &["hvs."], back: 0, pattern: r"hvs\.[A-Za-z0-9_-]{24,}" },
    Shape {
        rule: "azure-storage-key",
        anchors: &["Acco"],
        back: 0,
        pattern: r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)",
    },
    Shape {
        rule: TOKEN_RULE,
        anchors: &["eyJ0", "eyJh", "eyJj", "eyJl", "eyJr", "eyJ6"],
        back: 0,
        pattern: r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    },
    Shape {
        rule: URL_RULE,
        // The last letter of a scheme: https, mysql, mongodb, mongodb+srv, amqp, http, …
        anchors: &["s://", "l://", "b://", "v://", "p://", "r://", "e://", "a://", "t://"],
        back: 0,
        pattern: r#"[a-z]://(?P<user>[^\s:/?\#@"'`<>]*):(?P<secret>[^\s/"'`<>]{3,})@[A-Za-z0-9\[$]"#,
    },
];

/// The names of all shapes.
pub(super) fn rules() -> impl Iterator<Item = &'static str> {
    SHAPES.iter().map(|shape| shape.rule)
}

/// The shapes, ready to be compared.
pub(super) struct Shapes(Vec<Regex>);

impl Shapes {
    pub(super) fn new() -> Result<Self, regex::Error> {
        let compile = |shape: &Shape| Regex::new(&format!(r"(?-u)\A(?:{})", shape.pattern));
        Ok(Self(SHAPES.iter().map(compile).collect::<Result<_, _>>()?))
    }

    /// Where to look: four bytes, and the shape that they may belong to.
    pub(super) fn anchors() -> impl Iterator<Item = ([u8; ANCHOR], usize)> {
        SHAPES.iter().enumerate().flat_map(|(number, shape)| {
            shape.anchors.iter().filter_map(move |text| Some((anchor(text.as_bytes())?, number)))
        })
    }

    /// The rule and the place of the token of shape `number` whose anchor stands at `at`.
    pub(super) fn check(
        &self,
        text: &[u8],
        at: usize,
        number: usize,
    ) -> Option<(&'static str, Range<usize>)> {
        let (shape, pattern) = (SHAPES.get(number)?, self.0.get(number)?);
        let start = at.checked_sub(shape.back)?;
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        if before.is_some_and(|byte| shape.goes_on_from(*byte)) {
            return None;
        }
        let window = text.get(start..text.len().min(start + WINDOW))?;
        let found = pattern.captures(window)?;
        let secret = found.name("secret").or_else(|| found.get(0))?;
        let user = found.name("user").map(|user| user.as_bytes());
        let real = match shape.rule {
            URL_RULE => is_password(user.unwrap_or_default(), secret.as_bytes()),
            "private-key" => true,
            _ => !is_sample(secret.as_bytes()),
        };
        real.then(|| (shape.rule, start + secret.start()..start + secret.end()))
    }
}

/// Whether a token only shows what one looks like.
fn is_sample(token: &[u8]) -> bool {
    let distinct = token.iter().collect::<std::collections::BTreeSet<_>>().len();
    distinct < MIN_DISTINCT
        || token.ends_with(b"EXAMPLE")
        || token.ends_with(b"EXAMPLEKEY")
        || token.starts_with(SAMPLE_TOKEN)
}

/// Whether the password of an address is one, not a word that stands for it.
fn is_password(user: &[u8], password: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(password) else { return true };
    let repeated = text.chars().all(|c| text.starts_with(c));
    !(password == user
        || repeated
        || is_reference(text)
        || is_placeholder(text)
        || is_known_weak(text))
}
