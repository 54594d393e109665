//! Claim: Helmet, or what does the same in front of the service, is in place.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::language::Node;
use super::names::Names;
use super::source::{self, calls, texts};
use super::syntax::{arguments, bare, callee, is, last_name, line};
use crate::context::Context;
use crate::http::pages::{self, Page};
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Packages that are Helmet, or apply it.
const PACKAGES: [&str; 4] = ["helmet", "@fastify/helmet", "fastify-helmet", "koa-helmet"];
/// What Helmet's defaults send that somebody in front would send too (Helmet 8, defaults).
const CORE: [&str; 5] = [
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
];
/// What else Helmet's defaults send: together they are its mark.
const MARK: [&str; 6] = [
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "origin-agent-cluster",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-permitted-cross-domain-policies",
];
/// How many of the headers show that Helmet is there although some are switched off.
const ENOUGH: usize = 3;

/// `code.helmet-applied`
pub struct HelmetApplied;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What the source says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InSource {
    /// Places where it is put to use.
    pub applied: Vec<String>,
    /// Files that import it.
    pub imported: Vec<String>,
    /// package.json files that name it.
    pub depends: Vec<String>,
}

/// What the source says, and what the service sends.
#[derive(Debug)]
pub struct Facts {
    /// `None` when there is no source tree to look at.
    source: Option<InSource>,
    pages: Vec<Page>,
}

impl Probe for HelmetApplied {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.helmet-applied",
        rules: 1,
        claim: "Helmet, or what does the same in front of the service, is in place.",
        why: "Without these headers a browser guesses types, frames the page for others and runs \
              what was smuggled in.",
        how: "Gets the root, /health and a page that does not exist, and looks for the headers \
              that Helmet sends by default. Beside that it parses the source tree for a call that \
              puts Helmet to use (app.use(helmet()), register, apply); comments do not count. \
              What is sent decides, and Helmet in the code alone does not pass. Code that imports \
              Helmet and does not use it fails: its next build sends nothing.",
        blind: "Whether each header's value is good: other claims judge those. Other paths.",
        remedy: "`npm install helmet`, then `app.use(helmet())` before the routes. 10 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        format!("answers carry {}", CORE.join(", "))
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let headers: Vec<_> = CORE.iter().chain(&MARK).copied().collect();
        let live = pages::observe(cx, &headers).await;
        let source = match cx.environment().targets.source {
            Some(_) => Some(source::look(cx, look).await.facts),
            None => None,
        };
        let mut transcript = live.transcript;
        let source = match source {
            Some(Ok(source)) => {
                let lines = source.applied.iter().chain(&source.depends);
                transcript.extend(lines.map(|line| format!("source  {line}")));
                Some(source)
            }
            Some(Err(doubt)) => {
                transcript.push(format!("source  {}", doubt.seen));
                None
            }
            None => None,
        };
        let facts = live.facts.and_then(|seen| {
            if seen.undecided("", "").is_some() {
                let text = "only error pages answered, which may come from something in front";
                return Err(Doubt::new(Reason::Unexpected, text));
            }
            let of_the_api = seen.all.into_iter().filter(|page| page.path != pages::FRONTEND);
            Ok(Facts { source, pages: of_the_api.collect() })
        });
        Observation { target: live.target, facts, transcript, reproduce: live.reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let missing = |names: &[&'static str]| -> Vec<&'static str> {
            let lacks = |name: &&&str| !facts.pages.iter().all(|page| sends(page, name));
            names.iter().filter(lacks).copied().collect()
        };
        let (core, mark) = (missing(&CORE), missing(&MARK));
        let sent = CORE.len() + MARK.len() - core.len() - mark.len();
        let applied = facts.source.as_ref().and_then(|source| source.applied.first());
        let imported = facts.source.as_ref().and_then(|source| source.imported.first());
        let verdict = |outcome, summary: String| {
            let in_source = match (&facts.source, applied) {
                (None, _) => "source not seen".to_owned(),
                (Some(_), Some(place)) => format!("put to use at {place}"),
                (Some(_), None) => "not put to use in the source".to_owned(),
            };
            let observed = format!(
                "{sent} of {} headers on every page; missing: {}; {in_source}",
                CORE.len() + MARK.len(),
                if core.is_empty() { "none of the main ones".to_owned() } else { core.join(", ") },
            );
            Judgement::new(outcome, summary, Self::expected(params), observed)
                .notes(pages::certificate_note(&facts.pages))
        };
        if facts.pages.is_empty() {
            let outcome = Outcome::Inconclusive(Reason::Unexpected);
            return verdict(outcome, "No page was seen".to_owned());
        }
        match (core.is_empty(), applied) {
            (true, Some(_)) => verdict(Outcome::Pass, "Helmet is in place".to_owned()),
            // Whoever imports it means to use it: the headers are those of another build, or
            // of something in front that nobody relies on.
            (_, None) if imported.is_some() => verdict(
                Outcome::Fail,
                format!(
                    "Helmet is imported and not put to use in {}",
                    imported.map_or("", |it| it)
                ),
            ),
            (true, None) => {
                let summary = "The headers are sent, by Helmet or in front of the service";
                verdict(Outcome::Pass, summary.to_owned()).notes(not_in_source(facts))
            }
            (false, Some(place)) if sent >= ENOUGH => {
                let text = format!("Not sent on every page: {}", core.join(", "));
                verdict(Outcome::Pass, format!("Helmet is in place ({place})"))
                    .note("helmet-headers-missing", text)
            }
            (false, Some(place)) => verdict(
                Outcome::Fail,
                format!("Helmet is in the code ({place}), not in the answers"),
            ),
            (false, None) => verdict(
                Outcome::Fail,
                format!("Neither Helmet nor its headers: {}", core.join(", ")),
            ),
        }
    }
}

fn not_in_source(facts: &Facts) -> Option<Note> {
    let seen = facts.source.is_some();
    let text = "Helmet is not put to use in the source: something in front sends the headers";
    seen.then(|| Note { code: "headers-from-in-front".to_owned(), text: text.to_owned() })
}

/// Whether the page sends the header with a value that does anything. A policy about
/// framing stands for the older header.
fn sends(page: &Page, name: &str) -> bool {
    let value = page.answer.first(name).map(|value| value.trim().to_ascii_lowercase());
    let value = value.as_deref();
    match name {
        "x-content-type-options" => value == Some("nosniff"),
        "x-frame-options" => {
            let policy = page.answer.first(CORE[0]).unwrap_or_default().to_ascii_lowercase();
            matches!(value, Some("deny" | "sameorigin")) || policy.contains("frame-ancestors")
        }
        "strict-transport-security" => {
            value.is_some_and(|value| value.contains("max-age=") && !value.contains("max-age=0"))
        }
        _ => value.is_some_and(|value| !value.is_empty()),
    }
}

fn look(root: &Path, abandoned: &Abandoned) -> Result<InSource, Doubt> {
    let mut out = InSource::default();
    calls(root, abandoned, &["helmet"], |path, names, call| {
        let imports = names.imports(|own| PACKAGES.contains(&own));
        if imports && out.imported.last().is_none_or(|last| last != path) {
            out.imported.push(path.to_owned());
        }
        if puts_to_use(names, call) {
            out.applied.push(format!("{path}:{}", line(call)));
        }
    })?;
    let manifest = |path: &str| path == "package.json" || path.ends_with("/package.json");
    texts(root, abandoned, manifest, |path, _, text, _| {
        let Ok(manifest) = serde_json::from_str::<serde_json::Value>(text) else { return };
        for group in ["dependencies", "devDependencies"] {
            for package in PACKAGES {
                if let Some(version) = manifest[group][package].as_str() {
                    out.depends.push(format!("{path}  {group}.{package} {version}"));
                }
            }
        }
    })?;
    Ok(out)
}

/// `app.use(helmet())`, `app.register(helmet)`, `consumer.apply(helmet())`.
fn puts_to_use<'t>(names: &Names<'t>, call: &Node<'t>) -> bool {
    let Some(called) = callee(call).filter(|called| is(called, "member_expression")) else {
        return false;
    };
    let is_helmet = |node: &Node<'t>| {
        let named = names.resolve(node);
        named
            .and_then(|named| named.origin.module().map(|own| PACKAGES.contains(&own)))
            .unwrap_or(false)
    };
    let made = |argument: &Node<'t>| {
        let argument = bare(argument);
        is(&argument, "call_expression") && callee(&argument).is_some_and(|it| is_helmet(&it))
    };
    match last_name(&called).as_deref() {
        Some("use" | "apply") => arguments(call).iter().any(made),
        Some("register") => {
            arguments(call).first().is_some_and(|first| is_helmet(first) || made(first))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
