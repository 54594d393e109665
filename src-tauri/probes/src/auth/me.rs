//! The user's own record is for the bearer of a valid token and nobody else.

use std::sync::Arc;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::auth::tokens;
use crate::context::Context;
use crate::http::failure::Failure;
use crate::http::visit::{Answer, Ask};
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `auth.me`
pub struct Me;

/// Where, and with which token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Path below the API's address.
    pub path: String,
    /// Name of the secret that holds a valid token.
    pub token: String,
}

impl Default for Params {
    fn default() -> Self {
        Self { path: "/auth/me".to_owned(), token: "AUTH_TOKEN".to_owned() }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Without a token.
    Nobody,
    /// With something that is no token.
    Garbage,
    /// With a token whose content was changed.
    Tampered,
    /// With a token that claims to need no signature.
    Unsigned,
    /// With the valid token.
    Bearer,
}

impl Caller {
    fn words(self) -> &'static str {
        match self {
            Self::Nobody => "without a token",
            Self::Garbage => "with garbage",
            Self::Tampered => "with a tampered token",
            Self::Unsigned => "with an unsigned token (alg none)",
            Self::Bearer => "with the valid token",
        }
    }
}

/// What one caller got.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who asked.
    pub caller: Caller,
    /// The status, or why there is none.
    pub status: Result<u16, Doubt>,
}

/// What every caller got.
#[derive(Debug, Clone)]
pub struct Facts {
    /// In the order of asking.
    pub calls: Vec<Call>,
    /// Whether there was a token to ask with.
    pub has_token: bool,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Probe for Me {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "auth.me",
        rules: 1,
        claim: "The user's own record is refused without a valid token, and given with one.",
        why: "A route that answers without checking the token gives everybody's data to anybody; one \
              that refuses everybody only looks safe.",
        how: "Gets the path without a token, with garbage, with the valid token's content changed, with \
              `alg: none`, and with the valid token, which is only sent over a trusted certificate. \
              Answers are not kept, only their status.",
        blind: "Expired tokens, tokens of another tenant, and every other route.",
        remedy: "Guard the route (NestJS: `@UseGuards(JwtAuthGuard)`) and verify signature and algorithm. \
                 An hour.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("{}: 401 without a valid token, 200 with one", params.path)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let base = match target::api(cx) {
            Ok(base) => base,
            Err(doubt) => return Observation::new("api", Err(doubt)),
        };
        let bare = Ask::get(target::join(&base, &params.path));
        let token = cx.secret(&params.token);
        let mut facts = Facts { calls: Vec::new(), has_token: token.is_some(), certificate: None };
        let mut transcript = Vec::new();
        for (caller, ask) in callers(&bare, token) {
            let outcome = cx.visit(&ask).await;
            transcript.push(format!("{} ({})", ask.line(), caller.words()));
            transcript.push(line(&outcome));
            if let Some(note) = outcome.as_ref().ok().and_then(|answer| answer.certificate_note()) {
                facts.certificate = Some(note);
            }
            let status = outcome.map(|answer| answer.status).map_err(Doubt::from);
            let silent = status.is_err();
            facts.calls.push(Call { caller, status });
            if silent {
                break;
            }
        }
        let shown = bare.clone().bearer(Zeroizing::default());
        let reproduce = Some(reproduce::curl(cx, &shown, &params.token));
        Observation { target: target::shown(&bare.url), facts: Ok(facts), transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let seen = facts.calls.iter().map(shown).collect::<Vec<_>>().join("; ");
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(facts.certificate.clone())
        };
        let wrong: Vec<String> = facts.calls.iter().filter_map(wrong).collect();
        if !wrong.is_empty() {
            return verdict(Outcome::Fail, wrong.join("; "));
        }
        if let Some((call, doubt)) = facts.calls.iter().find_map(unknown) {
            let summary = format!("Could not tell {}: {}", call.caller.words(), doubt.seen);
            return verdict(Outcome::Inconclusive(doubt.reason), summary);
        }
        if !facts.has_token {
            let outcome = Outcome::Inconclusive(Reason::NeedsCredentials);
            let name = &params.token;
            let summary = format!(
                "Refused without a token; whether a valid one is accepted needs the secret `{name}`"
            );
            return verdict(outcome, summary);
        }
        let summary = "Refused without a valid token, and given with one".to_owned();
        let judgement = verdict(Outcome::Pass, summary);
        if facts.calls.iter().any(|call| call.status == Ok(403)) {
            let text = "Refused with 403 where 401 is asked for (RFC 9110, 15.5.2)";
            return judgement.note("refused-with-403", text);
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        let error = || format!("`path` is `{}`: expected a path that starts with /", params.path);
        params.path.starts_with('/').then_some(()).ok_or_else(error)
    }
}

fn callers(bare: &Ask, token: Option<&Zeroizing<String>>) -> Vec<(Caller, Ask)> {
    let garbage = format!("Bearer {}", tokens::GARBAGE);
    let mut callers = vec![
        (Caller::Nobody, bare.clone()),
        (Caller::Garbage, bare.clone().header("authorization", &garbage)),
    ];
    let Some(token) = token else { return callers };
    let with = |token| bare.clone().bearer(token);
    callers.push((Caller::Tampered, with(tokens::tampered(token))));
    callers.extend(tokens::unsigned(token).map(|unsigned| (Caller::Unsigned, with(unsigned))));
    callers.push((Caller::Bearer, with(token.clone())));
    callers
}

fn line(outcome: &Result<Arc<Answer>, Failure>) -> String {
    match outcome {
        Ok(answer) => answer.line(&["www-authenticate", "location"]),
        Err(failure) => format!("< {}", failure.doubt().seen),
    }
}

/// What is wrong with what a caller got, if that can be said.
fn wrong(call: &Call) -> Option<String> {
    let status = *call.status.as_ref().ok()?;
    let who = call.caller.words();
    match (call.caller, status) {
        (Caller::Bearer, 200..=299) => None,
        (Caller::Bearer, 401 | 403) => {
            Some(format!("Refused with {status} even {who} (is the token still valid?)"))
        }
        (Caller::Bearer, _) | (_, 401 | 403) => None,
        (_, 200..=299) => Some(format!("Answered with {status} {who}")),
        (_, 300..=399) => Some(format!("Sent elsewhere with {status} {who}, not refused")),
        _ => None,
    }
}

/// A status that says nothing about tokens.
fn unknown(call: &Call) -> Option<(&Call, Doubt)> {
    let doubt = match &call.status {
        Err(doubt) => doubt.clone(),
        Ok(401 | 403 | 200..=299) => return None,
        Ok(404) => Doubt::new(Reason::Unexpected, "404: is the path right?"),
        Ok(429) => Doubt::new(Reason::Refused, "429: a rate limit stopped the look"),
        Ok(status) => Doubt::new(Reason::Unexpected, format!("status {status} is no answer")),
    };
    Some((call, doubt))
}

fn shown(call: &Call) -> String {
    match &call.status {
        Ok(status) => format!("{}: {status}", call.caller.words()),
        Err(doubt) => format!("{}: {}", call.caller.words(), doubt.seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Caller; 5] =
        [Caller::Nobody, Caller::Garbage, Caller::Tampered, Caller::Unsigned, Caller::Bearer];

    fn judge(statuses: &[u16]) -> Judgement {
        let call = |(caller, status): (Caller, &u16)| Call { caller, status: Ok(*status) };
        let calls: Vec<_> = ALL.into_iter().zip(statuses).map(call).collect();
        let has_token = calls.len() == ALL.len();
        Me::judge(&Facts { calls, has_token, certificate: None }, &Params::default())
    }

    #[test]
    fn every_caller_counts() {
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        let needs = Outcome::Inconclusive(Reason::NeedsCredentials);
        for (case, statuses, outcome, word) in [
            ("as it should be", &[401, 401, 401, 401, 200][..], Outcome::Pass, "Refused"),
            ("403 is noted", &[403, 403, 401, 401, 200], Outcome::Pass, "Refused"),
            ("open to all", &[200, 200, 200, 200, 200], Outcome::Fail, "without a token"),
            ("signature not checked", &[401, 401, 200, 401, 200], Outcome::Fail, "tampered"),
            ("alg none accepted", &[401, 401, 401, 200, 200], Outcome::Fail, "unsigned"),
            ("refuses everybody", &[401; 5], Outcome::Fail, "valid token"),
            ("sent to the login", &[302, 302, 302, 302, 200], Outcome::Fail, "Sent elsewhere"),
            ("breaks on garbage", &[401, 500, 401, 401, 200], unexpected, "garbage"),
            ("not there", &[404; 5], unexpected, "404"),
            ("no token, refused", &[401, 401], needs, "AUTH_TOKEN"),
            ("no token, open", &[200, 401], Outcome::Fail, "without a token"),
            ("no token, not there", &[404, 404], unexpected, "404"),
        ] {
            let judgement = judge(statuses);
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
    }
}
