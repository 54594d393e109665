//! The front end may use the methods that it needs, and no other.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use crate::context::Context;
use crate::cors::look::{self, Grant, Stage};
use crate::cors::origins;
use crate::http::reproduce;
use crate::http::visit::Answer;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// The fact that overrides the template's list.
const FACT: &str = "cors_methods";
/// Asked for besides the allowed ones: what writes, and one that nobody uses.
const ASKED_TOO: [&str; 4] = ["PUT", "PATCH", "DELETE", "LINK"];
/// A header that no server knows.
const UNKNOWN_HEADER: &str = "x-countersign-probe";
/// Browsers send these without asking (Fetch, "CORS-safelisted method").
const SAFELISTED: [&str; 3] = ["GET", "HEAD", "POST"];

/// `cors.methods`
pub struct Methods;

/// Which methods the front end needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// The methods; the environment's fact `cors_methods` (parted by commas) goes before.
    pub allowed: Vec<String>,
}

impl Default for Params {
    fn default() -> Self {
        Self { allowed: ["GET", "POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec() }
    }
}

/// A preflight for each method.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The front end's origin.
    pub origin: String,
    /// What the front end needs.
    pub allowed: BTreeSet<String>,
    /// Method asked for and the answer.
    pub preflights: Vec<(String, Arc<Answer>)>,
    /// A preflight that asks for a header that no server knows, if it was answered.
    pub header: Option<Arc<Answer>>,
}

impl Probe for Methods {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "cors.methods",
        rules: 2,
        claim: "Preflights allow the front end the methods that it needs, and no other.",
        why: "A method that no page needs is one that an attacked page can be made to use.",
        how: "One OPTIONS of /health with the front end's Origin for each allowed method, for those \
              that write, and for one that nobody uses; one more asks for a header that no server knows.",
        blind: "Which methods the routes really have, and routes with lists of their own.",
        remedy: "List the methods in the CORS configuration. Minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("allowed methods: {}", params.allowed.join(", "))
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let stage = match Stage::set(cx) {
            Ok(stage) => stage,
            Err(doubt) => return look::unset(doubt),
        };
        let allowed = match cx.fact(FACT).map_or_else(|| Ok(named(&params.allowed)), listed) {
            Ok(allowed) => allowed,
            Err(doubt) => return look::unset(doubt),
        };
        let origin = origins::own(&stage.frontend);
        let mut asked = allowed.clone();
        asked.extend(ASKED_TOO.map(str::to_owned));
        let mut transcript = Vec::new();
        let mut preflights = Vec::new();
        let mut doubt = None;
        for method in asked {
            match look::ask(cx, &stage.preflight(&origin, &method), &mut transcript).await {
                Ok(answer) => preflights.push((method, answer)),
                Err(seen) => {
                    doubt = Some(seen);
                    break;
                }
            }
        }
        let reproduce = Some(reproduce::curl(cx, &stage.preflight(&origin, "DELETE"), ""));
        let simple = stage.preflight(&origin, "GET");
        let simple = simple.header("access-control-request-headers", UNKNOWN_HEADER);
        let header = look::ask(cx, &simple, &mut transcript).await.ok();
        let facts = doubt.map_or(Ok(Facts { origin, allowed, preflights, header }), Err);
        Observation { target: stage.route.to_string(), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, _: &Params) -> Judgement {
        let list = |methods: &BTreeSet<String>| {
            let names: Vec<_> = methods.iter().map(String::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let expected = format!("allowed methods: {}", list(&facts.allowed));
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut missing: BTreeSet<String> = BTreeSet::new();
        let mut star = false;
        for (method, answer) in &facts.preflights {
            let grant = Grant::read(answer);
            if grant.is_no_answer() {
                return look::busy(grant.status, expected);
            }
            let open = (200..300).contains(&grant.status) && grant.allows(&facts.origin);
            if open {
                star |= grant.methods.iter().any(|listed| listed == "*");
                named.extend(grant.methods.iter().cloned());
            }
            let granted = open
                && (grant.methods.iter().any(|listed| listed == method || listed == "*")
                    || SAFELISTED.contains(&method.as_str()));
            if facts.allowed.contains(method) && !granted {
                missing.insert(method.clone());
            }
        }
        let seen = format!("allowed methods: {}", list(&named));
        let verdict = |outcome, summary: String| {
            let note = facts.preflights.iter().find_map(|(_, answer)| answer.certificate_note());
            Judgement::new(outcome, summary, expected.clone(), seen.clone()).notes(note)
        };
        if star {
            return verdict(Outcome::Fail, "Any method is allowed (`*`)".to_owned());
        }
        let (harmless, extra): (BTreeSet<_>, BTreeSet<_>) = named
            .difference(&facts.allowed)
            .cloned()
            .partition(|method| method == "OPTIONS" || SAFELISTED.contains(&method.as_str()));
        if !extra.is_empty() {
            return verdict(Outcome::Fail, format!("Allowed and not needed: {}", list(&extra)));
        }
        if !missing.is_empty() {
            return verdict(Outcome::Fail, format!("Needed and not allowed: {}", list(&missing)));
        }
        let mut judgement =
            verdict(Outcome::Pass, "Only the methods that are needed are allowed".to_owned());
        let any_header = facts.header.as_ref().is_some_and(|answer| {
            let listed = Grant::read(answer).headers;
            listed.iter().any(|name| name == UNKNOWN_HEADER || name == "*")
        });
        if any_header {
            let text = "Any request header is allowed: the server repeats what it is asked for";
            judgement = judgement.note("cors-any-header", text);
        }
        if harmless.is_empty() {
            return judgement;
        }
        let text = format!("Also listed, though browsers never ask for it: {}", list(&harmless));
        judgement.note("cors-method-listed", text)
    }

    fn check(params: &Params) -> Result<(), String> {
        checked(&named(&params.allowed)).map(|_| ()).map_err(|error| format!("`allowed` {error}"))
    }
}

fn named(methods: &[String]) -> BTreeSet<String> {
    methods.iter().map(|method| method.trim().to_ascii_uppercase()).collect()
}

fn listed(fact: &str) -> Result<BTreeSet<String>, Doubt> {
    let methods: Vec<String> = fact.split(',').map(str::to_owned).collect();
    checked(&named(&methods))
        .map_err(|error| Doubt::new(Reason::NotConfigured, format!("the fact `{FACT}` {error}")))
}

fn checked(methods: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let sound =
        |method: &String| !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
    match methods.iter().find(|method| !sound(method)) {
        Some(method) => Err(format!("holds `{method}`: expected names of HTTP methods")),
        None if methods.is_empty() || methods.len() > 10 => {
            Err(format!("holds {} methods: expected 1 to 10", methods.len()))
        }
        None => Ok(methods.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    const ORIGIN: &str = "https://app.example.com";

    fn judge(status: u16, origin: &str, allow: impl Fn(&str) -> String) -> Judgement {
        let allowed = named(&["GET".to_owned(), "POST".to_owned(), "DELETE".to_owned()]);
        let preflights = ["DELETE", "GET", "LINK", "PATCH", "POST", "PUT"]
            .map(|method| {
                let methods = allow(method);
                let headers = [
                    ("access-control-allow-origin", origin),
                    ("access-control-allow-methods", methods.as_str()),
                ];
                (method.to_owned(), Arc::new(answer(status, Channel::Trusted, &headers)))
            })
            .to_vec();
        let facts = Facts { origin: ORIGIN.into(), allowed, preflights, header: None };
        Methods::judge(&facts, &Params::default())
    }

    #[test]
    fn the_list_must_be_the_one_that_is_needed() {
        let fixed = |list: &'static str| move |_: &str| list.to_owned();
        for (case, judgement, outcome, word) in [
            ("as needed", judge(204, ORIGIN, fixed("GET, POST, DELETE")), Outcome::Pass, "Only"),
            (
                "simple methods need no listing",
                judge(204, ORIGIN, fixed("DELETE")),
                Outcome::Pass,
                "Only",
            ),
            ("PUT too", judge(204, ORIGIN, fixed("GET,POST,DELETE,PUT")), Outcome::Fail, "PUT"),
            ("DELETE missing", judge(204, ORIGIN, fixed("GET,POST")), Outcome::Fail, "DELETE"),
            ("any", judge(204, ORIGIN, fixed("*")), Outcome::Fail, "*"),
            ("whatever is asked for", judge(204, ORIGIN, str::to_owned), Outcome::Fail, "LINK"),
            (
                "not for the front end",
                judge(204, "https://b.test", fixed("GET,POST,DELETE")),
                Outcome::Fail,
                "DELETE",
            ),
            (
                "with an error status",
                judge(401, ORIGIN, fixed("GET,POST,DELETE")),
                Outcome::Fail,
                "DELETE",
            ),
        ] {
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
        let listed = judge(204, ORIGIN, |_| "GET,HEAD,POST,DELETE,OPTIONS".to_owned());
        assert_eq!((listed.outcome, listed.notes.len()), (Outcome::Pass, 1));
        let asked = [
            ("access-control-allow-origin", ORIGIN),
            ("access-control-allow-headers", "Authorization, X-Countersign-Probe"),
        ];
        let own = Facts {
            origin: ORIGIN.into(),
            allowed: named(&["GET".to_owned()]),
            preflights: vec![("GET".into(), Arc::new(answer(204, Channel::Trusted, &asked)))],
            header: Some(Arc::new(answer(204, Channel::Trusted, &asked))),
        };
        let echoed = Methods::judge(&own, &Params::default());
        assert_eq!(echoed.notes[0].code, "cors-any-header", "{echoed:?}");
    }
}
