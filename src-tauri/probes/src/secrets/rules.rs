//! What a secret looks like in a text: the environment's own values, tokens of a known
//! shape, and a literal assigned to a name that says what it is. Pure over bytes.

use std::ops::Range;

use regex::bytes::Regex;

use super::judge::is_placeholder;

/// A value shorter than this occurs in any text by chance.
const MIN_VALUE: usize = 6;

/// Tokens that their issuers made recognisable. The example key of AWS's documentation is
/// left out below.
const TOKENS: &[(&str, &str)] = &[
    ("aws-access-key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    (
        "private-key",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\\n|\\r|\s|[A-Za-z0-9-]+: [^\n]*\n)*[A-Za-z0-9+/]{16}",
    ),
    ("github-token", r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b"),
    ("stripe-live-key", r"\b[sr]k_live_[A-Za-z0-9]{16,}\b"),
    ("slack-token", r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b"),
    ("google-api-key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
];

/// Names that say "what follows is secret", followed by a literal: `JWT_SECRET=…` in a
/// settings file, `password: '…'` and `process.env.JWT_SECRET || '…'` in code, and
/// `get('JWT_SECRET', '…')`.
const NAMED: &str = r#"(?mx)
    (?i: \b | _ )
    (?P<name> (?i: jwt_?(?:refresh_?|access_?)?secret(?:_?key)? | encryption_?key | secret_?key
        | client_?secret | session_?secret | private_?key | api_?key | password | passwd ) )
    (?:
        ["'`]? \s* (?: = | : | \|\| | \?\? ) \s* ["'`] (?P<quoted> [^"'`\s]{6,} ) ["'`]
      | ["'`] \s* , \s* ["'`] (?P<default> [^"'`\s]{6,} ) ["'`] \s* \)
      | [=:] [\ \t]* (?P<bare> [^\s"'`\#$<>{}(),;]{8,} ) [\ \t]* (?: \# .* )? \r? $
    )"#;

/// One place that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) rule: &'static str,
    pub(super) range: Range<usize>,
}

/// The rules of one run.
pub(super) struct Rules {
    values: Option<Regex>,
    tokens: Vec<(&'static str, Regex)>,
    named: Regex,
    /// Values too short to be looked for.
    pub(super) too_short: usize,
}

impl Rules {
    /// Rules for these values. `Err` is our own bug, or values too large to look for.
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Result<Self, regex::Error> {
        let (long, short): (Vec<_>, Vec<_>) = values.partition(|value| value.len() >= MIN_VALUE);
        // Longest first: of two values that begin alike, the whole one is reported.
        let mut escaped: Vec<_> = long.iter().map(|value| regex::escape(value)).collect();
        escaped.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let values = match escaped.is_empty() {
            true => None,
            false => Some(Regex::new(&escaped.join("|"))?),
        };
        let tokens = TOKENS
            .iter()
            .map(|(rule, pattern)| Ok((*rule, Regex::new(pattern)?)))
            .collect::<Result<_, regex::Error>>()?;
        Ok(Self { values, tokens, named: Regex::new(NAMED)?, too_short: short.len() })
    }

    /// Everything in `text` that looks like a secret, in order of the rules. `settings`
    /// says that the text is a settings file, where a value needs no quotes.
    pub(super) fn matches(&self, text: &[u8], settings: bool) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        for hit in self.values.iter().flat_map(|values| values.find_iter(text)) {
            found.push(Match { rule: "value-of-a-secret", range: hit.range() });
        }
        for (rule, pattern) in &self.tokens {
            let real = |range: &Range<usize>| !text[range.clone()].ends_with(b"EXAMPLE");
            let hits = pattern.find_iter(text).map(|hit| hit.range()).filter(real);
            found.extend(hits.map(|range| Match { rule, range }));
        }
        for hit in self.named.captures_iter(text) {
            let bare = hit.name("bare").filter(|_| settings);
            let Some(value) = hit.name("quoted").or(hit.name("default")).or(bare) else { continue };
            if is_secret_like(&hit["name"], value.as_bytes()) {
                found.push(Match { rule: "literal-for-a-secret-name", range: value.range() });
            }
        }
        // One place is reported once, by the first rule that saw it.
        let mut kept: Vec<Match> = Vec::new();
        for hit in found {
            let overlaps = |other: &Match| {
                hit.range.start < other.range.end && other.range.start < hit.range.end
            };
            if !kept.iter().any(overlaps) {
                kept.push(hit);
            }
        }
        kept
    }
}

/// Whether a literal can be a secret at all: not a placeholder, not a reference, not the
/// name itself (`JWT_SECRET: 'JWT_SECRET'` declares a token).
fn is_secret_like(name: &[u8], value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let plain = |text: &str| {
        text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>()
    };
    let name = plain(&String::from_utf8_lossy(name));
    let same = plain(text) == name || text.to_ascii_lowercase().ends_with(&name);
    let reference =
        text.starts_with("process.env") || text.starts_with("import.meta") || text.contains("${");
    !same && !reference && !is_placeholder(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_that_match(text: &str, settings: bool) -> Vec<&'static str> {
        let rules = Rules::new(["Zx81-spectrum-value", "abc"].into_iter()).expect("rules");
        rules.matches(text.as_bytes(), settings).iter().map(|hit| hit.rule).collect()
    }

    #[test]
    fn each_leak_is_seen_by_its_own_rule() {
        let aws = format!("key = {}{}", "AKIA", "Z7QJ5XKDWM3NPLRT");
        let github = format!("ghp_{}", "a1B2".repeat(9));
        let stripe = format!("sk_live_{}", "4eC39HqLyjWDarjt");
        let pem = format!("-----BEGIN RSA {} KEY-----\nMIIEpAIBAAKCAQEA7\n", "PRIVATE");
        let cases: &[(&str, &str, bool, &str)] = &[
            ("the value itself", "x = `Zx81-spectrum-value`", false, "value-of-a-secret"),
            ("an AWS key", &aws, false, "aws-access-key"),
            ("a GitHub token", &github, false, "github-token"),
            ("a Stripe key", &stripe, false, "stripe-live-key"),
            ("a private key", &pem, false, "private-key"),
            (
                "a fallback",
                "process.env.JWT_SECRET || 'mailagent-2024'",
                false,
                "literal-for-a-secret-name",
            ),
            (
                "a default",
                "config.get('ENCRYPTION_KEY', 'hardcoded1')",
                false,
                "literal-for-a-secret-name",
            ),
            ("camel case", "jwtSecret: \"hunter2hunter2\",", false, "literal-for-a-secret-name"),
            ("a prefix", "REDIS_PASSWORD = 'hunter2hunter2'", false, "literal-for-a-secret-name"),
            (
                "a settings file",
                "JWT_SECRET=0f1e2d3c4b5a69788796\n",
                true,
                "literal-for-a-secret-name",
            ),
        ];
        for (name, text, settings, rule) in cases {
            assert_eq!(rules_that_match(text, *settings), [*rule], "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_a_leak_is_left_alone() {
        for (name, text, settings) in [
            ("AWS's documented example", "AKIAIOSFODNN7EXAMPLE", false),
            ("a reference", "JWT_SECRET=${JWT_SECRET}", true),
            ("an environment read", "password: process.env.REDIS_PASSWORD,", false),
            ("a placeholder", "JWT_SECRET=your-secret-here", true),
            ("a token's name", "JWT_SECRET: 'JWT_SECRET'", false),
            ("a type", "const password: string = input;", false),
            ("a message", "password: 'Password must be long'", false),
            ("typeof", "const password = typeof value", false),
            ("code without quotes", "password = generatePassword", false),
            ("a header checked for", "startsWith('-----BEGIN PRIVATE KEY-----')", false),
            ("a short value", "abc", false),
        ] {
            assert_eq!(rules_that_match(text, settings), [""; 0], "{name}");
        }
    }
}
