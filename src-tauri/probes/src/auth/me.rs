//! The user's own record is for the bearer of a valid token and nobody else.

use std::sync::Arc;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::auth::callers::{self, Caller};
use crate::auth::forged::Kind;
use crate::auth::record::Record;
use crate::auth::tokens::Jwt;
use crate::context::Context;
use crate::http::failure::Failure;
use crate::http::visit::{self, Answer, Ask};
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// The fact that holds the id of the test user whose token is tried.
const FACT: &str = "auth_user_id";

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
    /// Name of the secret that signs tokens; with it an expired one is tried too.
    pub signing_secret: String,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            path: "/auth/me".to_owned(),
            token: "AUTH_TOKEN".to_owned(),
            signing_secret: "JWT_SECRET".to_owned(),
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
    /// What the answer holds.
    pub record: Record,
}

/// What every caller got.
#[derive(Debug, Clone)]
pub struct Facts {
    /// In the order of asking.
    pub calls: Vec<Call>,
    /// Whether there was a token to ask with.
    pub has_token: bool,
    /// Whether the token is a JWT, which can run out.
    pub is_jwt: bool,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Probe for Me {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "auth.me",
        rules: 3,
        claim: "The user's own record is refused without a valid token, and given with one.",
        why: "A route that answers without checking the token gives everybody's data to anybody; one \
              that refuses everybody only looks safe.",
        how: "Gets the path without a token, with garbage, with the valid token's content changed, with \
              `alg: none` (and `nOnE`), without its signature, signed by another key, expired (when the secret that signs tokens is named), \
              with the valid token, which is only sent over a trusted certificate, and once more \
              without one. Answers are not kept, only their status and whether they hold a record; \
              with the fact `auth_user_id`, whether it is that user's.",
        blind: "Tokens of another tenant, revoked ones, and every other route.",
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
        let secret = cx.secret(&params.signing_secret);
        let is_jwt = token.is_some_and(|token| Jwt::read(token).is_some());
        let mut facts =
            Facts { calls: Vec::new(), has_token: token.is_some(), is_jwt, certificate: None };
        let mut transcript = Vec::new();
        for (caller, ask) in callers::all(&bare, token, secret, cx.now()) {
            // Each is asked anew: what was answered before the valid token says nothing of after.
            let outcome = visit::fetch(cx, &ask).await;
            transcript.push(format!("{} ({})", ask.line(), caller.words()));
            transcript.push(line(&outcome));
            if let Some(note) = outcome.as_ref().ok().and_then(|answer| answer.certificate_note()) {
                facts.certificate = Some(note);
            }
            let record =
                outcome.as_ref().map_or(Record::Unread, |answer| Record::of(answer, cx.fact(FACT)));
            let status = outcome.map(|answer| answer.status).map_err(Doubt::from);
            let silent = status.is_err();
            facts.calls.push(Call { caller, status, record });
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
        let mut judgement = verdict(Outcome::Pass, summary);
        if facts.is_jwt
            && facts.calls.iter().all(|call| call.caller != Caller::Forged(Kind::Expired))
        {
            let name = &params.signing_secret;
            let text = format!(
                "An expired token was not tried: the secret `{name}` is not named, or did not sign \
                 the valid one"
            );
            judgement = judgement.note("expired-not-tried", text);
        }
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
        (Caller::Bearer, 200..=299) => match call.record {
            Record::Own | Record::Somebody | Record::Unread => None,
            Record::Other | Record::Nobody => {
                Some(format!("Answered with {status} and {} {who}", call.record.words()))
            }
        },
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
        Ok(200..=299) if call.caller == Caller::Bearer && call.record == Record::Unread => {
            Doubt::new(Reason::Unexpected, "the answer is no JSON that could be read")
        }
        Ok(401 | 403 | 200..=299) => return None,
        Ok(404) => Doubt::new(Reason::Unexpected, "404: is the path right?"),
        Ok(429) => Doubt::new(Reason::Refused, "429: a rate limit stopped the look"),
        Ok(status) => Doubt::new(Reason::Unexpected, format!("status {status} is no answer")),
    };
    Some((call, doubt))
}

fn shown(call: &Call) -> String {
    match &call.status {
        Ok(status) if (200..300).contains(status) => {
            format!("{}: {status}, {}", call.caller.words(), call.record.words())
        }
        Ok(status) => format!("{}: {status}", call.caller.words()),
        Err(doubt) => format!("{}: {}", call.caller.words(), doubt.seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Caller; 8] = [
        Caller::Nobody,
        Caller::Garbage,
        Caller::Forged(Kind::Tampered),
        Caller::Forged(Kind::Unsigned),
        Caller::Forged(Kind::WrongKey),
        Caller::Forged(Kind::Expired),
        Caller::Bearer,
        Caller::NobodyAfter,
    ];

    fn facts(statuses: &[u16], record: Record) -> Facts {
        let call = |(caller, status): (Caller, &u16)| Call { caller, status: Ok(*status), record };
        let calls: Vec<_> = ALL.into_iter().zip(statuses).map(call).collect();
        let has_token = calls.len() == ALL.len();
        Facts { calls, has_token, is_jwt: true, certificate: None }
    }

    fn judge(statuses: &[u16]) -> Judgement {
        Me::judge(&facts(statuses, Record::Somebody), &Params::default())
    }

    #[test]
    fn every_caller_counts() {
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        let needs = Outcome::Inconclusive(Reason::NeedsCredentials);
        let fail = Outcome::Fail;
        for (case, statuses, outcome, word) in [
            (
                "as it should be",
                &[401, 401, 401, 401, 401, 401, 200, 401][..],
                Outcome::Pass,
                "Refused",
            ),
            ("403 is noted", &[403, 403, 401, 401, 401, 401, 200, 401], Outcome::Pass, "Refused"),
            ("open to all", &[200; 8], fail, "without a token"),
            ("signature not checked", &[401, 401, 200, 401, 401, 401, 200, 401], fail, "tampered"),
            ("alg none accepted", &[401, 401, 401, 200, 401, 401, 200, 401], fail, "unsigned"),
            ("any key accepted", &[401, 401, 401, 401, 200, 401, 200, 401], fail, "another key"),
            ("time not checked", &[401, 401, 401, 401, 401, 200, 200, 401], fail, "expired"),
            (
                "given away by a cache",
                &[401, 401, 401, 401, 401, 401, 200, 200],
                fail,
                "right after",
            ),
            ("refuses everybody", &[401; 8], fail, "valid token"),
            (
                "sent to the login",
                &[302, 302, 302, 302, 302, 302, 200, 302],
                fail,
                "Sent elsewhere",
            ),
            ("breaks on garbage", &[401, 500, 401, 401, 401, 401, 200, 401], unexpected, "garbage"),
            ("not there", &[404; 8], unexpected, "404"),
            ("no token, refused", &[401, 401], needs, "AUTH_TOKEN"),
            ("no token, open", &[200, 401], fail, "without a token"),
            ("no token, not there", &[404, 404], unexpected, "404"),
        ] {
            let judgement = judge(statuses);
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
    }

    #[test]
    fn the_valid_token_must_bring_a_record() {
        let right = [401, 401, 401, 401, 401, 401, 200, 401];
        for (record, outcome) in [
            (Record::Own, Outcome::Pass),
            (Record::Somebody, Outcome::Pass),
            (Record::Other, Outcome::Fail),
            (Record::Nobody, Outcome::Fail),
            (Record::Unread, Outcome::Inconclusive(Reason::Unexpected)),
        ] {
            let judgement = Me::judge(&facts(&right, record), &Params::default());
            assert_eq!(judgement.outcome, outcome, "{record:?}: {}", judgement.summary);
        }
    }

    #[test]
    fn what_was_not_tried_is_noted() {
        let mut facts = facts(&[401, 401, 401, 401, 401, 401, 200, 401], Record::Own);
        let notes = |facts: &Facts| Me::judge(facts, &Params::default()).notes.len();
        assert_eq!(notes(&facts), 0);
        facts.calls.retain(|call| call.caller != Caller::Forged(Kind::Expired));
        assert_eq!(notes(&facts), 1);
        facts.is_jwt = false;
        assert_eq!(notes(&facts), 0, "only a JWT says when it runs out");
    }
}
