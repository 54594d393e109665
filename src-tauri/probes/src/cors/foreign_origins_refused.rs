//! Nobody but the front end may read the API's answers, however its origin is spelt.

use std::sync::Arc;

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::cors::look::{self, Grant, Stage};
use crate::cors::origins::{self, Trick};
use crate::http::reproduce;
use crate::http::visit::{Answer, Ask};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `cors.foreign-origins-refused`
pub struct ForeignOriginsRefused;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// One foreign origin and what it got.
#[derive(Debug, Clone)]
pub struct Try {
    /// The origin and what its success would show.
    pub trick: Trick,
    /// Whether it was a preflight.
    pub preflight: bool,
    /// What came.
    pub outcome: Result<Arc<Answer>, Doubt>,
}

/// The foreign origins, and the front end's own beside them.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The front end's origin.
    pub origin: String,
    /// What the front end gets.
    pub own: Arc<Answer>,
    /// What foreign origins get.
    pub tries: Vec<Try>,
}

impl Probe for ForeignOriginsRefused {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "cors.foreign-origins-refused",
        rules: 3,
        claim: "No foreign origin is allowed, even one that looks like the front end's.",
        why: "A list of origins that is compared by its end, its beginning or a pattern lets an \
              attacker register a name that matches, and read what the victim's browser gets.",
        how: "A GET of /health and a preflight for each of about a dozen foreign origins, derived \
              from the declared front end (null, prefix, suffix, subdomain, other port, plain http, \
              odd characters): preflights may be answered by something else, with a list of its \
              own. At most 27 requests, with the front end's own. No cookies, no token.",
        blind: "Routes that set headers of their own, and origins that the list holds on purpose \
                and that nobody declared.",
        remedy: "Compare origins as whole texts with a fixed list; no pattern, no suffix, no echo. \
                 Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no foreign origin in Access-Control-Allow-Origin, no `*`, no `null`".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let stage = match Stage::set(cx) {
            Ok(stage) => stage,
            Err(doubt) => return look::unset(doubt),
        };
        let mut asks: Vec<(Trick, Ask, bool)> = Vec::new();
        for trick in origins::tricks(&stage.frontend) {
            asks.push((trick.clone(), stage.preflight(&trick.origin, "DELETE"), true));
            let ask = stage.get(&trick.origin);
            asks.push((trick, ask, false));
        }
        let origin = origins::own(&stage.frontend);
        let mut transcript = Vec::new();
        // Where nothing answers the front end, nothing else is worth asking.
        let own = match look::ask(cx, &stage.get(&origin), &mut transcript).await {
            Ok(own) => own,
            Err(doubt) => {
                let seen = Observation::new(stage.route.to_string(), Err(doubt));
                return Observation { transcript, ..seen };
            }
        };
        let looks = asks.iter().map(|(_, ask, _)| async {
            let mut lines = Vec::new();
            let outcome = look::ask(cx, ask, &mut lines).await;
            (outcome, lines)
        });
        let outcomes = futures::future::join_all(looks).await;
        let reproduce = asks.first().map(|(_, ask, _)| reproduce::curl(cx, ask, ""));
        let mut tries = Vec::new();
        for ((trick, _, preflight), (outcome, lines)) in asks.into_iter().zip(outcomes) {
            transcript.extend(lines);
            tries.push(Try { trick, preflight, outcome });
        }
        let silent = tries.iter().all(|attempt| attempt.outcome.is_err());
        let doubt =
            tries.iter().find_map(|attempt| attempt.outcome.clone().err()).filter(|_| silent);
        let facts = doubt.map_or(Ok(Facts { origin, own, tries }), Err);
        Observation { target: stage.route.to_string(), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let mut allowed = Vec::new();
        let mut mistakes: Vec<String> = Vec::new();
        let mut unknown: Option<Judgement> = None;
        let mut certificate = None;
        for attempt in &facts.tries {
            let answer = match &attempt.outcome {
                Ok(answer) => answer,
                Err(doubt) => {
                    let outcome = Outcome::Inconclusive(doubt.reason);
                    let summary =
                        format!("Could not tell for {}: {}", attempt.trick.origin, doubt.seen);
                    unknown = Some(Judgement::new(
                        outcome,
                        summary,
                        expected.clone(),
                        doubt.seen.clone(),
                    ));
                    continue;
                }
            };
            certificate = certificate.or_else(|| answer.certificate_note());
            let grant = Grant::read(answer);
            if !grant.names(&attempt.trick.origin) {
                if grant.is_no_answer() {
                    unknown = Some(look::busy(grant.status, expected.clone()));
                }
                continue;
            }
            let how = if attempt.preflight { " (preflight)" } else { "" };
            let cookies = if grant.with_credentials() { " with credentials" } else { "" };
            allowed.push(format!("{}{how}{cookies}", attempt.trick.origin));
            let mistake =
                if grant.is_wildcard() { "`*` allows any origin" } else { attempt.trick.mistake };
            if !mistakes.iter().any(|known| known == mistake) {
                mistakes.push(mistake.to_owned());
            }
        }
        if !allowed.is_empty() {
            let seen = format!("allowed: {}", allowed.join(", "));
            return Judgement::new(Outcome::Fail, sentence(&mistakes), expected, seen)
                .notes(certificate);
        }
        if let Some(judgement) = unknown {
            return judgement.notes(certificate);
        }
        let seen = format!("none of {} foreign questions was allowed", facts.tries.len());
        let own = Grant::read(&facts.own);
        if !own.is_evidence_for(&facts.origin) {
            return look::busy(own.status, expected).notes(certificate);
        }
        let judgement =
            Judgement::new(Outcome::Pass, "Foreign origins are refused", expected, seen)
                .notes(certificate);
        if own.allows(&facts.origin) {
            return judgement;
        }
        let text = "The front end is not allowed here either: this route may have no list at all";
        judgement.note("front-end-not-allowed", text)
    }
}

fn sentence(mistakes: &[String]) -> String {
    // Whoever allows anybody makes every other mistake too; the first one says it all.
    match mistakes {
        [first, ..] if first.contains("any origin") => capital(first),
        _ => capital(&mistakes.join("; ")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use countersign_domain::finding::Reason;
    use url::Url;

    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    /// A server that allows what `allows` says of an origin.
    fn judge(status: u16, allows: impl Fn(&str) -> Option<String>) -> Judgement {
        let frontend = Url::parse("https://app.example.com").expect("a URL");
        let answered = |origin: &str| {
            let named = allows(origin);
            let headers: Vec<_> = named
                .iter()
                .map(|origin| ("access-control-allow-origin", origin.as_str()))
                .collect();
            Arc::new(answer(status, Channel::Trusted, &headers))
        };
        let tries = origins::tricks(&frontend)
            .into_iter()
            .map(|trick| Try { outcome: Ok(answered(&trick.origin)), trick, preflight: false })
            .collect();
        let origin = origins::own(&frontend);
        let facts = Facts { own: answered(&origin), origin, tries };
        ForeignOriginsRefused::judge(&facts, &Params {})
    }

    #[test]
    fn each_way_of_comparing_wrongly_is_named() {
        let own = "https://app.example.com";
        let echo_if = |yes: bool, origin: &str| yes.then(|| origin.to_owned());
        type Server<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;
        let cases: Vec<(&str, Server<'_>, Outcome, &str)> = vec![
            ("exact", Box::new(|o| echo_if(o == own, o)), Outcome::Pass, "refused"),
            ("fixed", Box::new(|_| Some(own.to_owned())), Outcome::Pass, "refused"),
            ("echo", Box::new(|o| echo_if(true, o)), Outcome::Fail, "Any origin"),
            ("star", Box::new(|_| Some("*".to_owned())), Outcome::Fail, "any origin"),
            ("null", Box::new(|o| echo_if(o == "null", o)), Outcome::Fail, "null"),
            ("prefix", Box::new(|o| echo_if(o.starts_with(own), o)), Outcome::Fail, "beginning"),
            (
                "suffix",
                Box::new(|o| echo_if(o.ends_with("app.example.com"), o)),
                Outcome::Fail,
                "end",
            ),
            (
                "subdomains",
                Box::new(|o| echo_if(o.ends_with(".app.example.com"), o)),
                Outcome::Fail,
                "subdomain",
            ),
            (
                "scheme",
                Box::new(|o| echo_if(o == "http://app.example.com", o)),
                Outcome::Fail,
                "scheme",
            ),
            ("dot", Box::new(|o| echo_if(o == "https://appxexample.com", o)), Outcome::Fail, "dot"),
            (
                "developer",
                Box::new(|o| echo_if(o.contains("localhost"), o)),
                Outcome::Fail,
                "developer",
            ),
        ];
        for (case, server, outcome, word) in cases {
            let judgement = judge(200, server);
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
        let none = |_: &str| None;
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        let refused = Outcome::Inconclusive(Reason::Refused);
        for (case, status, outcome, notes) in [
            ("a route without a list lets nobody in", 200, Outcome::Pass, 1),
            ("an error page says nothing of the list", 404, unexpected, 0),
            ("a broken server says nothing", 500, unexpected, 0),
            ("a redirect says nothing", 302, unexpected, 0),
            ("too busy to tell", 429, refused, 0),
        ] {
            let judgement = judge(status, none);
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
        let listed = |o: &str| Some(format!("https://app.example.com, {o}"));
        assert_eq!(
            judge(200, listed).outcome,
            Outcome::Fail,
            "named in a list that browsers refuse"
        );
        assert_eq!(
            judge(404, |o| echo_if(o == own, o)).outcome,
            Outcome::Pass,
            "the list works on 404"
        );
    }
}
