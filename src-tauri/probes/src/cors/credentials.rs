//! Cookies and the like come along only where the team wants them to.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use crate::context::Context;
use crate::cors::look::{self, Grant, Stage};
use crate::cors::origins;
use crate::http::reproduce;
use crate::http::visit::Answer;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// The fact that says whether the front end sends credentials.
const FACT: &str = "cors_credentials";

/// `cors.credentials`
pub struct Credentials;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// The answer to the front end, and what the team wants.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whether the front end sends credentials.
    pub wanted: bool,
    /// The front end's origin.
    pub origin: String,
    /// The answer to the front end.
    pub own: Arc<Answer>,
}

impl Probe for Credentials {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "cors.credentials",
        rules: 2,
        claim: "Credentials are allowed to the front end exactly as the team configured it.",
        why: "Allowed without need, a browser attaches the victim's cookies to requests of an \
              allowed page; forbidden by mistake, logins from the front end fail.",
        how: "One GET of /health with the front end's Origin. The fact `cors_credentials` of the \
              environment (`true` unless it says `false`) is what the header is compared with.",
        blind: "Whether the front end really sends credentials.",
        remedy: "Set `credentials` in the CORS configuration, or the fact `cors_credentials`. \
                 Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        format!(
            "Access-Control-Allow-Credentials as the fact `{FACT}` says (true when it is not given)"
        )
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let wanted = match cx.fact(FACT) {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => {
                let seen = format!("the fact `{FACT}` is `{other}`: expected true or false");
                return look::unset(Doubt::new(Reason::NotConfigured, seen));
            }
        };
        let stage = match Stage::set(cx) {
            Ok(stage) => stage,
            Err(doubt) => return look::unset(doubt),
        };
        let origin = origins::own(&stage.frontend);
        let ask = stage.get(&origin);
        let mut transcript = Vec::new();
        let own = look::ask(cx, &ask, &mut transcript).await;
        Observation {
            target: stage.route.to_string(),
            facts: own.map(|own| Facts { wanted, origin, own }),
            transcript,
            reproduce: Some(reproduce::curl(cx, &ask, "")),
        }
    }

    fn judge(facts: &Facts, _: &Params) -> Judgement {
        let header = "Access-Control-Allow-Credentials";
        let expected =
            if facts.wanted { format!("{header}: true") } else { format!("no {header}") };
        let grant = Grant::read(&facts.own);
        if grant.is_no_answer() {
            return look::busy(grant.status, expected);
        }
        let sent = grant.credentials.as_deref();
        let seen = format!(
            "{header}: {}; allowed origin: {}",
            sent.unwrap_or("none"),
            grant.origins_in_words()
        );
        if !facts.wanted && !grant.is_evidence_for(&facts.origin) {
            return look::busy(grant.status, expected);
        }
        let (outcome, summary) = match (facts.wanted, sent) {
            (_, Some("true")) if grant.is_wildcard() => {
                (Outcome::Fail, "Credentials are allowed together with `*`, which browsers refuse")
            }
            (true, Some("true")) if grant.allows(&facts.origin) => {
                (Outcome::Pass, "Credentials are allowed to the front end")
            }
            (true, Some("true")) => {
                (Outcome::Fail, "Credentials are allowed, but not to the front end")
            }
            // Browsers compare letter by letter.
            (true, Some(_)) => {
                (Outcome::Fail, "The header is not exactly `true`: browsers ignore it")
            }
            (true, None) => (Outcome::Fail, "Credentials are not allowed to the front end"),
            (false, Some("true")) => {
                (Outcome::Fail, "Credentials are allowed, and nobody needs them")
            }
            (false, _) => (Outcome::Pass, "Credentials are not allowed"),
        };
        Judgement::new(outcome, summary, expected, seen).notes(facts.own.certificate_note())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    #[test]
    fn the_header_must_be_what_the_team_declared() {
        let origin = "https://app.example.com";
        for (wanted, allowed, sent, outcome) in [
            (true, origin, Some("true"), Outcome::Pass),
            (true, origin, Some("True"), Outcome::Fail),
            (true, origin, None, Outcome::Fail),
            (true, "*", Some("true"), Outcome::Fail),
            (true, "https://other.test", Some("true"), Outcome::Fail),
            (false, origin, None, Outcome::Pass),
            (false, origin, Some("false"), Outcome::Pass),
            (false, origin, Some("true"), Outcome::Fail),
        ] {
            let mut headers = vec![("access-control-allow-origin", allowed)];
            headers.extend(sent.map(|sent| ("access-control-allow-credentials", sent)));
            let own = Arc::new(answer(200, Channel::Trusted, &headers));
            let facts = Facts { wanted, origin: origin.into(), own };
            let judgement = Credentials::judge(&facts, &Params {});
            assert_eq!(judgement.outcome, outcome, "wanted {wanted}, {allowed}, {sent:?}");
        }
    }
}
