//! Guessing passwords is slowed down.

use countersign_domain::finding::{Outcome, Reason};
use reqwest::Method;
use serde::Deserialize;

use crate::context::Context;
use crate::http::visit::Ask;
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `http.rate-limit`
pub struct RateLimit;

/// Where, and how often.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Path of the login below the API's address.
    pub path: String,
    /// Most attempts that are made; the last one must be stopped.
    pub attempts: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { path: "/auth/login".to_owned(), attempts: 6 }
    }
}

/// What the login said to each attempt.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Status codes, in order; the look stops at the first 429.
    pub statuses: Vec<u16>,
    /// The `Retry-After` of the 429.
    pub retry_after: Option<String>,
    /// Why the attempts broke off, when they did.
    pub broken: Option<Doubt>,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<countersign_domain::finding::Note>,
}

impl Probe for RateLimit {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "http.rate-limit",
        rules: 1,
        claim: "Repeated failed logins are stopped with 429.",
        why: "A login without a limit lets anybody try a list of leaked passwords.",
        how: "Sends wrong logins one after the other, as JSON, all with one fresh random address \
              under example.invalid, which nobody can own: no real account is locked. Stops at the \
              first 429 and never sends more than `attempts`.",
        blind: "Limits by account, limits that count over hours, a limit that each of several \
                instances keeps for itself, and one that a forged X-Forwarded-For escapes.",
        remedy: "Put a limiter in front of the login (NestJS: @nestjs/throttler with a shared store), \
                 five attempts a minute. An hour.",
        active: true,
    };

    fn expected(params: &Params) -> String {
        format!("429 by attempt {} on {}", params.attempts, params.path)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let base = match target::api(cx) {
            Ok(base) => base,
            Err(doubt) => return Observation::new("api", Err(doubt)),
        };
        let email = format!("countersign-{}@example.invalid", uuid::Uuid::new_v4().simple());
        let body =
            serde_json::json!({ "email": email, "password": "not-the-password" }).to_string();
        let ask = Ask::new(Method::POST, target::join(&base, &params.path)).json(body);
        let mut facts = Facts::default();
        let mut transcript = Vec::new();
        for _ in 0..params.attempts {
            transcript.push(ask.line());
            match cx.visit(&ask).await {
                Ok(answer) => {
                    transcript.push(answer.line(&["retry-after", "ratelimit", "ratelimit-policy"]));
                    facts.statuses.push(answer.status);
                    facts.certificate = answer.certificate_note();
                    if answer.status == 429 {
                        facts.retry_after = answer.first("retry-after").map(str::to_owned);
                        break;
                    }
                }
                Err(failure) => {
                    let doubt = failure.doubt();
                    transcript.push(format!("< {}", doubt.seen));
                    facts.broken = Some(doubt);
                    break;
                }
            }
        }
        let unseen = facts.statuses.is_empty().then(|| facts.broken.clone()).flatten();
        let once = reproduce::curl(cx, &ask, "");
        Observation {
            target: target::shown(&ask.url),
            facts: unseen.map_or(Ok(facts), Err),
            transcript,
            reproduce: Some(format!("for i in $(seq {}); do {once}; done", params.attempts)),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let list = facts.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), format!("answers: {list}"))
                .notes(facts.certificate.clone())
        };
        let first = facts.statuses.first().copied().unwrap_or_default();
        let last = facts.statuses.last().copied().unwrap_or_default();
        let count = facts.statuses.len();
        if last == 429 {
            let judgement = verdict(Outcome::Pass, format!("Attempt {count} was stopped with 429"));
            let judgement = match &facts.retry_after {
                Some(_) => judgement,
                None => judgement.note("no-retry-after", "The 429 does not say when to come back"),
            };
            if count > 1 {
                return judgement;
            }
            let text = "The first attempt was stopped already: the limit was used up before";
            return judgement.note("limited-from-first", text);
        }
        if facts.statuses.iter().any(|status| (200..300).contains(status)) {
            let summary = "A wrong login was answered as a success, and no 429 came".to_owned();
            return verdict(Outcome::Fail, summary);
        }
        if let Some(doubt) = &facts.broken {
            let summary = format!("Could not tell: after {count} attempts, {}", doubt.seen);
            return verdict(Outcome::Inconclusive(doubt.reason), summary);
        }
        if matches!(last, 403 | 503) && first != last {
            let text = format!("The limit answers {last} where 429 is usual");
            let summary = format!("Attempt {count} was stopped with {last}");
            return verdict(Outcome::Pass, summary).note("limited-without-429", text);
        }
        // A login that was never reached says nothing about its limit.
        let unreached =
            |status: &u16| matches!(status, 300..=399 | 400 | 404 | 405 | 415 | 422 | 500..);
        if facts.statuses.iter().all(unreached) {
            let summary = format!("Could not tell: no attempt reached the login (answers: {list})");
            return verdict(Outcome::Inconclusive(Reason::Unexpected), summary);
        }
        verdict(Outcome::Fail, format!("{count} wrong logins, and none was stopped"))
    }

    fn check(params: &Params) -> Result<(), String> {
        if !(2..=20).contains(&params.attempts) {
            return Err(format!("`attempts` is {}: expected 2 to 20", params.attempts));
        }
        let error = || format!("`path` is `{}`: expected a path that starts with /", params.path);
        params.path.starts_with('/').then_some(()).ok_or_else(error)
    }

    fn deadline(params: &Params) -> std::time::Duration {
        std::time::Duration::from_secs(10 * u64::from(params.attempts.min(20)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(statuses: &[u16], broken: Option<Doubt>) -> Judgement {
        let retry_after = Some("60".to_owned());
        let facts = Facts { statuses: statuses.to_vec(), retry_after, broken, certificate: None };
        RateLimit::judge(&facts, &Params::default())
    }

    #[test]
    fn a_stop_passes_and_its_absence_fails() {
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        for (case, statuses, outcome, notes) in [
            ("stopped at the sixth", &[401, 401, 401, 401, 401, 429][..], Outcome::Pass, 0),
            ("stopped at the third", &[401, 401, 429], Outcome::Pass, 0),
            ("malformed to the login, stopped all the same", &[400, 400, 429], Outcome::Pass, 0),
            ("used up before", &[429], Outcome::Pass, 1),
            ("stopped with 403", &[401, 401, 401, 401, 401, 403], Outcome::Pass, 1),
            ("never stopped", &[401; 6], Outcome::Fail, 0),
            ("always forbidden is no limit", &[403; 6], Outcome::Fail, 0),
            ("let in", &[401, 200, 401, 401, 401, 401], Outcome::Fail, 0),
            ("`too many` with 200", &[401, 401, 401, 401, 401, 200], Outcome::Fail, 0),
            ("no login there", &[404; 6], unexpected, 0),
            ("never got past validation", &[400; 6], unexpected, 0),
            ("the server breaks", &[500; 6], unexpected, 0),
        ] {
            let judgement = verdict(statuses, None);
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
        let doubt = Doubt::new(Reason::TimedOut, "silence");
        let outcome = verdict(&[401, 401], Some(doubt)).outcome;
        assert_eq!(outcome, Outcome::Inconclusive(Reason::TimedOut), "broken off before the limit");
    }
}
