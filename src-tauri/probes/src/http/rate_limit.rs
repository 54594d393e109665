//! Guessing passwords is slowed down.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use reqwest::Method;
use serde::Deserialize;

use crate::context::Context;
use crate::http::visit::{self, Answer, Ask};
use crate::http::{pages, reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe, Turn};

/// The fact that asks for the attempt with a forged address.
const FACT: &str = "rate_limit_try_forwarded";
/// An address that nobody has (RFC 5737).
const FORGED: &str = "203.0.113.77";

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
    /// Name of the member that holds the address.
    pub email_field: String,
    /// Name of the member that holds the password.
    pub password_field: String,
    /// Whether one more attempt is made after the 429, with a forged X-Forwarded-For; the
    /// fact `rate_limit_try_forwarded` decides when this is not given.
    pub try_forwarded: Option<bool>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            path: "/auth/login".to_owned(),
            attempts: 6,
            email_field: "email".to_owned(),
            password_field: "password".to_owned(),
            try_forwarded: None,
        }
    }
}

/// What the login said to each attempt.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Status codes, in order; the look stops at the first 429.
    pub statuses: Vec<u16>,
    /// The `Retry-After` of the 429.
    pub retry_after: Option<String>,
    /// `RateLimit-*` and `X-RateLimit-*` of the last answer.
    pub limits: Vec<String>,
    /// What the health endpoint said right after a stop that could be anything else.
    pub control: Option<Result<u16, Doubt>>,
    /// What the attempt with a forged X-Forwarded-For got, when it was made.
    pub forwarded: Option<Result<u16, Doubt>>,
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
        rules: 2,
        claim: "Repeated failed logins are stopped with 429.",
        why: "A login without a limit lets anybody try a list of leaked passwords.",
        how: "Sends wrong logins one after the other, as JSON, all with one fresh random address \
              under example.invalid, which nobody can own: no real account is locked. Stops at the \
              first 429 and never sends more than `attempts`. With the fact `rate_limit_try_forwarded = \
              true` one more is sent after the 429, with a forged X-Forwarded-For that must not escape \
              the limit. When the first attempt is stopped already, or one is stopped with 403 or 503, \
              /health is asked whether the server answers anything else.",
        blind: "Limits by account, limits that count over hours, and a limit that each of several \
                instances keeps for itself. Without the fact, whether a forged X-Forwarded-For escapes.",
        remedy: "Put a limiter in front of the login (NestJS: @nestjs/throttler with a shared store), \
                 five attempts a minute. An hour.",
        active: true,
    };

    const TURN: Turn = Turn::Last;

    fn expected(params: &Params) -> String {
        format!("429 by attempt {} on {}", params.attempts, params.path)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let base = match target::api(cx) {
            Ok(base) => base,
            Err(doubt) => return Observation::new("api", Err(doubt)),
        };
        let email = format!("countersign-{}@example.invalid", uuid::Uuid::new_v4().simple());
        let (email_field, password_field) = (&params.email_field, &params.password_field);
        let body = serde_json::json!({ email_field: email, password_field: "not-the-password" })
            .to_string();
        let ask = Ask::new(Method::POST, target::join(&base, &params.path)).json(body);
        let mut facts = Facts::default();
        let mut transcript = Vec::new();
        for _ in 0..params.attempts {
            match exchange(cx, &ask, &mut transcript).await {
                Ok(answer) => {
                    facts.statuses.push(answer.status);
                    facts.certificate = answer.certificate_note();
                    facts.limits = limits(&answer);
                    if answer.status == 429 {
                        facts.retry_after = answer.first("retry-after").map(str::to_owned);
                        break;
                    }
                }
                Err(doubt) => {
                    facts.broken = Some(doubt);
                    break;
                }
            }
        }
        if facts.needs_control() {
            let health = Ask::get(target::join(&base, pages::health_path(cx)));
            // Asked anew: what it said before the attempts says nothing of now.
            let answer = visit::fetch(cx, &health).await;
            transcript.push(health.line());
            facts.control = Some(answer.map(|answer| answer.status).map_err(Doubt::from));
        }
        let wanted = params.try_forwarded.unwrap_or(cx.fact(FACT) == Some("true"));
        if wanted && facts.statuses.last() == Some(&429) {
            let forged = ask.clone().header("x-forwarded-for", FORGED);
            let answer = exchange(cx, &forged, &mut transcript).await;
            facts.forwarded = Some(answer.map(|answer| answer.status));
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
            Judgement::new(outcome, summary, expected.clone(), facts.seen())
                .notes(facts.certificate.clone())
        };
        let first = facts.statuses.first().copied().unwrap_or_default();
        let last = facts.statuses.last().copied().unwrap_or_default();
        let count = facts.statuses.len();
        if last == 429 {
            return stopped(facts, verdict);
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
            if let Err(summary) = facts.alive() {
                return verdict(Outcome::Inconclusive(Reason::Unexpected), summary);
            }
            let text = format!("The limit answers {last} where 429 is usual");
            let summary = format!("Attempt {count} was stopped with {last}");
            return verdict(Outcome::Pass, summary).note("limited-without-429", text);
        }
        // A login that was never reached says nothing about its limit.
        let unreached =
            |status: &u16| matches!(status, 300..=399 | 400 | 404 | 405 | 415 | 422 | 500..);
        if facts.statuses.iter().all(unreached) {
            let summary = format!(
                "Could not tell: no attempt reached the login (answers: {list}); are `path`, \
                 `email_field` and `password_field` right?"
            );
            return verdict(Outcome::Inconclusive(Reason::Unexpected), summary);
        }
        verdict(Outcome::Fail, format!("{count} wrong logins, and none was stopped"))
    }

    fn check(params: &Params) -> Result<(), String> {
        if !(2..=20).contains(&params.attempts) {
            return Err(format!("`attempts` is {}: expected 2 to 20", params.attempts));
        }
        let fields =
            [("email_field", &params.email_field), ("password_field", &params.password_field)];
        if let Some((name, _)) = fields.into_iter().find(|(_, field)| field.is_empty()) {
            return Err(format!("`{name}` is empty: expected the name of a JSON member"));
        }
        let error = || format!("`path` is `{}`: expected a path that starts with /", params.path);
        params.path.starts_with('/').then_some(()).ok_or_else(error)
    }

    fn deadline(params: &Params) -> std::time::Duration {
        std::time::Duration::from_secs(10 * (2 + u64::from(params.attempts.min(20))))
    }
}

impl Facts {
    /// Whether the stop could come from a server that answers everything so.
    fn needs_control(&self) -> bool {
        match self.statuses.as_slice() {
            [429] => true,
            [.., last] => matches!(last, 403 | 503),
            [] => false,
        }
    }

    /// Whether the server answers something else than the login.
    fn alive(&self) -> Result<(), String> {
        match &self.control {
            Some(Ok(200..=399 | 401 | 404)) => Ok(()),
            Some(Ok(status)) => {
                Err(format!("Could not tell: /health is answered {status} as well"))
            }
            Some(Err(doubt)) => Err(format!("Could not tell: /health: {}", doubt.seen)),
            None => Err("Could not tell: nothing else was asked".to_owned()),
        }
    }

    fn seen(&self) -> String {
        let list = self.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let retry = self.retry_after.iter().map(|after| format!("Retry-After: {after}"));
        let parts: Vec<_> = retry.chain(self.limits.iter().cloned()).collect();
        if parts.is_empty() {
            return format!("answers: {list}");
        }
        format!("answers: {list}; {}", parts.join("; "))
    }
}

/// The verdict when the last attempt got a 429.
fn stopped(facts: &Facts, verdict: impl Fn(Outcome, String) -> Judgement) -> Judgement {
    let count = facts.statuses.len();
    let before = &facts.statuses[..count.saturating_sub(1)];
    if let Some(Ok(status)) = facts.forwarded.as_ref().filter(|got| is_escape(got)) {
        let summary =
            format!("A forged X-Forwarded-For escapes the limit: {status} right after the 429");
        return verdict(Outcome::Fail, summary);
    }
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    if !before.is_empty() && before.iter().all(|status| matches!(status, 300..=399 | 404 | 405)) {
        let summary = "Could not tell: a limit is there, but the path is not the login's";
        return verdict(unexpected, summary.to_owned());
    }
    if before.is_empty()
        && let Err(summary) = facts.alive()
    {
        return verdict(unexpected, summary);
    }
    let mut judgement = verdict(Outcome::Pass, format!("Attempt {count} was stopped with 429"));
    if facts.retry_after.is_none() {
        judgement = judgement.note("no-retry-after", "The 429 does not say when to come back");
    }
    if before.is_empty() {
        let text = "The first attempt was stopped already: the limit was used up before";
        judgement = judgement.note("limited-from-first", text);
    }
    if before.iter().any(|status| (200..300).contains(status)) {
        let text = "A wrong login was answered with a status of success";
        judgement = judgement.note("login-answered-2xx", text);
    }
    match &facts.forwarded {
        Some(Ok(429)) | None => judgement,
        Some(other) => {
            let why = other.as_ref().map_or_else(|doubt| doubt.seen.clone(), u16::to_string);
            let text = format!("Whether a forged X-Forwarded-For escapes was not told: {why}");
            judgement.note("forwarded-not-told", text)
        }
    }
}

/// Whether an attempt came through the limit.
fn is_escape(got: &Result<u16, Doubt>) -> bool {
    matches!(got, Ok(200..=299 | 400 | 401 | 422))
}

fn limits(answer: &Answer) -> Vec<String> {
    let wanted = |name: &str| name.starts_with("ratelimit") || name.starts_with("x-ratelimit");
    let headers = answer.headers.iter().filter(|(name, _)| wanted(name));
    headers.take(6).map(|(name, value)| format!("{name}: {value}")).collect()
}

async fn exchange(
    cx: &Context,
    ask: &Ask,
    transcript: &mut Vec<String>,
) -> Result<Arc<Answer>, Doubt> {
    transcript.push(ask.line());
    let outcome = cx.visit(ask).await.map_err(Doubt::from);
    transcript.push(match &outcome {
        Ok(answer) => answer.line(&["retry-after", "ratelimit", "ratelimit-policy"]),
        Err(doubt) => format!("< {}", doubt.seen),
    });
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(statuses: &[u16]) -> Facts {
        let (retry_after, control) = (Some("60".to_owned()), Some(Ok(200)));
        Facts { statuses: statuses.to_vec(), retry_after, control, ..Facts::default() }
    }

    fn judge(facts: &Facts) -> (Outcome, usize) {
        let judgement = RateLimit::judge(facts, &Params::default());
        (judgement.outcome, judgement.notes.len())
    }

    const UNEXPECTED: Outcome = Outcome::Inconclusive(Reason::Unexpected);

    #[test]
    fn a_stop_passes_and_its_absence_fails() {
        for (case, statuses, outcome, notes) in [
            ("stopped at the sixth", &[401, 401, 401, 401, 401, 429][..], Outcome::Pass, 0),
            ("stopped at the third", &[401, 401, 429], Outcome::Pass, 0),
            ("malformed to the login, stopped all the same", &[400, 400, 429], Outcome::Pass, 0),
            ("used up before", &[429], Outcome::Pass, 1),
            ("stopped with 403", &[401, 401, 401, 401, 401, 403], Outcome::Pass, 1),
            ("answered as a success, then stopped", &[200, 200, 429], Outcome::Pass, 1),
            ("a limit on a path that is not there", &[404, 404, 429], UNEXPECTED, 0),
            ("never stopped", &[401; 6], Outcome::Fail, 0),
            ("always forbidden is no limit", &[403; 6], Outcome::Fail, 0),
            ("let in", &[401, 200, 401, 401, 401, 401], Outcome::Fail, 0),
            ("`too many` with 200", &[401, 401, 401, 401, 401, 200], Outcome::Fail, 0),
            ("no login there", &[404; 6], UNEXPECTED, 0),
            ("never got past validation", &[400; 6], UNEXPECTED, 0),
            ("the server breaks", &[500; 6], UNEXPECTED, 0),
        ] {
            assert_eq!(judge(&facts(statuses)), (outcome, notes), "{case}");
        }
        let broken = Some(Doubt::new(Reason::TimedOut, "silence"));
        let (outcome, _) = judge(&Facts { broken, ..facts(&[401, 401]) });
        assert_eq!(outcome, Outcome::Inconclusive(Reason::TimedOut), "broken off before the limit");
    }

    #[test]
    fn a_server_that_answers_everything_so_has_no_limit() {
        for (case, statuses, control) in [
            ("429 for all", &[429][..], Some(Ok(429))),
            ("nothing else answers", &[429], Some(Err(Doubt::new(Reason::TimedOut, "silence")))),
            ("it broke down", &[401, 401, 503], Some(Ok(503))),
            ("we are banned", &[401, 401, 403], Some(Ok(403))),
            ("not asked", &[429], None),
        ] {
            assert_eq!(judge(&Facts { control, ..facts(statuses) }), (UNEXPECTED, 0), "{case}");
        }
    }

    #[test]
    fn a_forged_address_must_not_escape() {
        let silence = || Err(Doubt::new(Reason::TimedOut, "silence"));
        for (case, forwarded, expected) in [
            ("stopped too", Ok(429), (Outcome::Pass, 0)),
            ("escaped", Ok(401), (Outcome::Fail, 0)),
            ("escaped to validation", Ok(400), (Outcome::Fail, 0)),
            ("broke", Ok(500), (Outcome::Pass, 1)),
            ("no answer", silence(), (Outcome::Pass, 1)),
        ] {
            let facts = Facts { forwarded: Some(forwarded), ..facts(&[401, 401, 429]) };
            assert_eq!(judge(&facts), expected, "{case}");
        }
    }
}
