//! Reads Content-Security-Policy headers (CSP 3) and says what they leave open. Several
//! policies are all enforced, so a gap counts only when every policy has it.

use std::collections::BTreeMap;

use crate::http::visit::Answer;

/// The header that is enforced.
pub const ENFORCED: &str = "content-security-policy";
/// The header that only reports.
pub const REPORT_ONLY: &str = "content-security-policy-report-only";

/// One policy: directive names to their sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(BTreeMap<String, Vec<String>>);

/// What a policy leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing limits scripts.
    NoScriptSource,
    /// Scripts written into the page run.
    InlineScript,
    /// Scripts of any host run.
    AnyScriptHost,
    /// `data:` URLs run as scripts.
    DataScript,
    /// Nothing limits plugins.
    NoObjectSource,
    /// Text may be run as code.
    Eval,
    /// Nothing stops a planted `<base>` from moving relative scripts.
    NoBaseUri,
    /// Nothing says who may frame the page.
    NoFrameAncestors,
}

impl Gap {
    /// Whether the claim fails because of it; the others are reservations.
    #[must_use]
    pub fn is_grave(self) -> bool {
        !matches!(self, Self::Eval | Self::NoBaseUri | Self::NoFrameAncestors)
    }

    /// Stable code of the reservation.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoScriptSource => "csp-no-script-src",
            Self::InlineScript => "csp-unsafe-inline",
            Self::AnyScriptHost => "csp-any-script-host",
            Self::DataScript => "csp-data-script",
            Self::NoObjectSource => "csp-no-object-src",
            Self::Eval => "csp-unsafe-eval",
            Self::NoBaseUri => "csp-no-base-uri",
            Self::NoFrameAncestors => "csp-no-frame-ancestors",
        }
    }

    /// The gap in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoScriptSource => "neither script-src nor default-src limits scripts",
            Self::InlineScript => "'unsafe-inline' lets scripts written into the page run",
            Self::AnyScriptHost => "scripts of any host may run",
            Self::DataScript => "data: URLs may run as scripts",
            Self::NoObjectSource => "neither object-src nor default-src limits plugins",
            Self::Eval => "'unsafe-eval' lets text be run as code",
            Self::NoBaseUri => "base-uri is missing",
            Self::NoFrameAncestors => "frame-ancestors is missing",
        }
    }

    fn is_about_scripts(self) -> bool {
        matches!(self, Self::InlineScript | Self::AnyScriptHost | Self::DataScript | Self::Eval)
    }

    const ALL: [Self; 8] = [
        Self::NoScriptSource,
        Self::InlineScript,
        Self::AnyScriptHost,
        Self::DataScript,
        Self::NoObjectSource,
        Self::Eval,
        Self::NoBaseUri,
        Self::NoFrameAncestors,
    ];
}

/// Every policy of an answer under that header; a comma parts policies within a field.
#[must_use]
pub fn policies(answer: &Answer, header: &str) -> Vec<Policy> {
    let fields: Vec<&str> = answer.all(header).collect();
    let texts = fields.into_iter().flat_map(|field| field.split(','));
    texts.map(Policy::read).filter(|policy| !policy.0.is_empty()).collect()
}

/// What all of the policies together leave open.
#[must_use]
pub fn gaps(policies: &[Policy]) -> Vec<Gap> {
    let mut open: Vec<Gap> =
        Gap::ALL.into_iter().filter(|gap| policies.iter().all(|policy| policy.has(*gap))).collect();
    if open.contains(&Gap::NoScriptSource) {
        // Without a limit every way of running scripts is open; once is enough.
        open.retain(|gap| !gap.is_about_scripts());
    }
    open
}

impl Policy {
    /// Reads one policy. The first of two equal directives counts (CSP 3, 2.2.1).
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut directives = BTreeMap::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            let sources = words.map(str::to_ascii_lowercase).collect();
            directives.entry(name.to_ascii_lowercase()).or_insert(sources);
        }
        Self(directives)
    }

    /// The sources of a directive, if it is there.
    #[must_use]
    pub fn sources(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The nonces that it names, in lower case.
    #[must_use]
    pub fn nonces(&self) -> Vec<String> {
        let sources = self.0.values().flatten();
        sources.filter_map(|source| key(source, "'nonce-")).map(str::to_owned).collect()
    }

    fn or_default(&self, names: &[&str]) -> Option<&[String]> {
        names.iter().chain(&["default-src"]).find_map(|name| self.sources(name))
    }

    fn has(&self, gap: Gap) -> bool {
        let elements = self.or_default(&["script-src-elem", "script-src"]);
        let attributes = self.or_default(&["script-src-attr", "script-src"]);
        match gap {
            Gap::NoScriptSource => elements.is_none(),
            Gap::InlineScript => {
                elements.is_none_or(runs_inline) || attributes.is_none_or(runs_inline)
            }
            Gap::AnyScriptHost => elements.is_none_or(runs_any_host),
            Gap::DataScript => {
                elements.is_none_or(|sources| !strict(sources) && holds(sources, "data:"))
            }
            Gap::NoObjectSource => self
                .or_default(&["object-src"])
                .is_none_or(|sources| sources.iter().any(|source| is_any_host(source))),
            Gap::Eval => self
                .or_default(&["script-src"])
                .is_none_or(|sources| holds(sources, "'unsafe-eval'")),
            Gap::NoBaseUri => self.sources("base-uri").is_none(),
            Gap::NoFrameAncestors => self.sources("frame-ancestors").is_none(),
        }
    }
}

fn holds(sources: &[String], wanted: &str) -> bool {
    sources.iter().any(|source| source == wanted)
}

/// With `'strict-dynamic'` hosts, schemes and `'unsafe-inline'` are ignored (CSP 3, 8.2).
fn strict(sources: &[String]) -> bool {
    holds(sources, "'strict-dynamic'")
}

/// `'unsafe-inline'` is ignored beside a nonce or a hash (CSP 3, 6.7.3.2).
fn runs_inline(sources: &[String]) -> bool {
    let prefixes = ["'nonce-", "'sha256-", "'sha384-", "'sha512-"];
    let named =
        sources.iter().any(|source| prefixes.iter().any(|prefix| key(source, prefix).is_some()));
    holds(sources, "'unsafe-inline'") && !named && !strict(sources)
}

fn runs_any_host(sources: &[String]) -> bool {
    sources.iter().any(|source| is_any_host(source)) && !strict(sources)
}

/// Whether a source (in lower case) stands for every host: a scheme alone, or an asterisk
/// with or without scheme, port and path.
#[must_use]
pub fn is_any_host(source: &str) -> bool {
    if matches!(source, "http:" | "https:") {
        return true;
    }
    let host = source.strip_prefix("http://").or_else(|| source.strip_prefix("https://"));
    let host = host.unwrap_or(source);
    host.split(['/', ':']).next() == Some("*")
}

/// The value of a nonce or hash; one that is no base64 is ignored by browsers (CSP 3, 2.3.1).
fn key<'a>(source: &'a str, prefix: &str) -> Option<&'a str> {
    let value = source.strip_prefix(prefix)?.strip_suffix('\'')?;
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b);
    (!value.is_empty() && value.bytes().all(sound)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Gap> {
        let policies: Vec<_> = text.split(',').map(Policy::read).collect();
        gaps(&policies)
    }

    const TAIL: &str = "; base-uri 'self'; frame-ancestors 'none'";

    #[test]
    fn each_gap_is_found_and_no_other() {
        for (policy, expected) in [
            ("default-src 'self'", vec![]),
            ("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'", vec![]),
            ("DEFAULT-SRC 'SELF'", vec![]),
            ("script-src 'self'", vec![Gap::NoObjectSource]),
            ("img-src 'self'", vec![Gap::NoScriptSource, Gap::NoObjectSource]),
            ("default-src 'self' 'unsafe-inline'", vec![Gap::InlineScript]),
            ("default-src 'self'; script-src 'unsafe-inline' 'nonce-abc'", vec![]),
            ("default-src 'self'; script-src 'unsafe-inline' 'sha256-abc='", vec![]),
            (
                "default-src 'self'; script-src 'nonce-a' 'strict-dynamic' https: 'unsafe-inline'",
                vec![],
            ),
            ("default-src 'self'; script-src 'unsafe-inline' 'nonce-'", vec![Gap::InlineScript]),
            ("default-src 'self'; script-src 'unsafe-inline' 'nonce-<?>'", vec![Gap::InlineScript]),
            ("default-src 'self'; script-src https://*:443", vec![Gap::AnyScriptHost]),
            ("default-src 'self'; script-src *:*", vec![Gap::AnyScriptHost]),
            ("default-src 'self'; script-src *.example.com", vec![]),
            ("default-src *", vec![Gap::AnyScriptHost, Gap::NoObjectSource]),
            ("default-src 'self'; object-src *", vec![Gap::NoObjectSource]),
            ("default-src https:; object-src 'none'; script-src 'self'", vec![]),
            ("default-src 'self'; script-src https:", vec![Gap::AnyScriptHost]),
            ("default-src 'self'; script-src 'self' data:", vec![Gap::DataScript]),
            ("default-src 'self'; img-src data: https:", vec![]),
            ("default-src 'self'; script-src 'self' 'unsafe-eval'", vec![Gap::Eval]),
            (
                "default-src 'self'; script-src-elem 'self'; script-src 'unsafe-inline'",
                vec![Gap::InlineScript],
            ),
            ("default-src 'self'; script-src 'self'; script-src *", vec![]),
            ("default-src 'self'; script-src 'self' 'unsafe-inline' 'nonce-a'", vec![]),
            ("object-src 'none'; script-src-elem 'self'", vec![Gap::InlineScript, Gap::Eval]),
        ] {
            assert_eq!(found(&format!("{policy}{TAIL}")), expected, "{policy}");
        }
        assert_eq!(found("default-src 'self'"), vec![Gap::NoBaseUri, Gap::NoFrameAncestors]);
    }

    #[test]
    fn a_second_policy_closes_the_gaps_of_the_first() {
        let loose = format!("default-src *{TAIL}");
        assert_eq!(found(&format!("{loose}, script-src 'self'; object-src 'none'")), vec![]);
        assert_eq!(found(&format!("{loose}, script-src 'self'")), vec![Gap::NoObjectSource]);
        let both = vec![Gap::AnyScriptHost, Gap::NoObjectSource];
        assert_eq!(found(&format!("{loose}, img-src 'self'")), both);
    }
}
