//! The front end, by name, may read the API's answers.

use std::sync::Arc;

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::cors::look::{self, Grant, Stage};
use crate::cors::origins;
use crate::http::reproduce;
use crate::http::visit::Answer;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `cors.allowed-origin-exact`
pub struct AllowedOriginExact;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// The same GET from the front end and from anybody.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The front end's origin.
    pub origin: String,
    /// The answer to the front end.
    pub own: Arc<Answer>,
    /// The answer to anybody.
    pub foreign: Arc<Answer>,
}

impl Probe for AllowedOriginExact {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "cors.allowed-origin-exact",
        rules: 2,
        claim: "The API names the front end's origin, exactly, as allowed.",
        why: "With `*` any page on the web reads what the API answers; with another origin, or \
              two, the front end itself does not work.",
        how: "One GET of /health with the front end's Origin and one with a foreign origin.",
        blind: "Routes that set headers of their own. That nobody else is allowed is a claim of its \
                own.",
        remedy: "Set the CORS origin to the front end's address (NestJS: `origin: \
                 process.env.FRONTEND_URL`). Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "Access-Control-Allow-Origin is the front end's origin".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let stage = match Stage::set(cx) {
            Ok(stage) => stage,
            Err(doubt) => return look::unset(doubt),
        };
        let origin = origins::own(&stage.frontend);
        let ask = stage.get(&origin);
        let mut transcript = Vec::new();
        let own = look::ask(cx, &ask, &mut transcript).await;
        let foreign = look::ask(cx, &stage.get(origins::ANYBODY), &mut transcript).await;
        let facts = own.and_then(|own| Ok(Facts { origin, own, foreign: foreign? }));
        let reproduce = Some(reproduce::curl(cx, &ask, ""));
        Observation { target: stage.route.to_string(), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, _: &Params) -> Judgement {
        let expected = format!("Access-Control-Allow-Origin: {}", facts.origin);
        let own = Grant::read(&facts.own);
        if own.is_no_answer() {
            return look::busy(own.status, expected);
        }
        let seen = format!("allowed: {}", own.origins_in_words());
        let verdict = |outcome, summary: &str| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(facts.own.certificate_note())
        };
        if own.is_wildcard() && own.with_credentials() {
            let summary = "`*` together with credentials: browsers refuse it, and it shows that any \
                           origin was meant";
            return verdict(Outcome::Fail, summary);
        }
        if own.is_wildcard() {
            return verdict(Outcome::Fail, "Any origin is allowed (`*`)");
        }
        match own.origins.as_slice() {
            [] => return verdict(Outcome::Fail, "The front end is not allowed"),
            [only] if *only == facts.origin => {}
            [_] => return verdict(Outcome::Fail, "Another origin than the front end's is allowed"),
            _ => return verdict(Outcome::Fail, "Two origins are named, which browsers refuse"),
        }
        let mut judgement = verdict(Outcome::Pass, "The front end's origin is allowed by name");
        if Grant::read(&facts.foreign).names(origins::ANYBODY) {
            let text = "A foreign origin gets the same: the server repeats whatever it is told";
            judgement = judgement.note("origin-echoed", text);
        }
        // An answer that is the same for everybody needs no Vary.
        let echoes = Grant::read(&facts.foreign).origins != own.origins;
        if echoes && !own.varies {
            let text = "The answer depends on Origin and does not say so (Vary): a cache may give one \
                        origin's answer to another";
            return judgement.note("vary-origin-missing", text);
        }
        judgement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    const ACAO: &str = "access-control-allow-origin";
    const OWN: &str = "https://app.example.com";

    #[test]
    fn the_front_end_alone_must_be_named() {
        let creds = ("access-control-allow-credentials", "true");
        let vary = ("vary", "Accept-Encoding, origin");
        let none: &[(&str, &str)] = &[];
        for (case, own, foreign, outcome, notes) in [
            ("named, with Vary", &[(ACAO, OWN), vary][..], none, Outcome::Pass, 0),
            ("named, Vary forgotten", &[(ACAO, OWN)], none, Outcome::Pass, 1),
            (
                "the same for everybody needs no Vary",
                &[(ACAO, OWN)],
                &[(ACAO, OWN)],
                Outcome::Pass,
                0,
            ),
            (
                "whoever asks is repeated",
                &[(ACAO, OWN), vary],
                &[(ACAO, "https://foreign.example")],
                Outcome::Pass,
                1,
            ),
            ("anybody", &[(ACAO, "*")], &[(ACAO, "*")], Outcome::Fail, 0),
            ("anybody with cookies", &[(ACAO, "*"), creds], none, Outcome::Fail, 0),
            ("nobody", none, none, Outcome::Fail, 0),
            (
                "with a slash at the end",
                &[(ACAO, "https://app.example.com/")],
                none,
                Outcome::Fail,
                0,
            ),
            ("in the clear", &[(ACAO, "http://app.example.com")], none, Outcome::Fail, 0),
            ("twice", &[(ACAO, OWN), (ACAO, OWN)], none, Outcome::Fail, 0),
            (
                "two in one",
                &[(ACAO, "https://app.example.com, https://b.test")],
                none,
                Outcome::Fail,
                0,
            ),
        ] {
            let shown = |headers| Arc::new(answer(200, Channel::Trusted, headers));
            let facts = Facts { origin: OWN.into(), own: shown(own), foreign: shown(foreign) };
            let judgement = AllowedOriginExact::judge(&facts, &Params {});
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
    }
}
