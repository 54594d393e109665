//! Claim: the server refuses the application's user without TLS.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::psql::with_mode;
use super::target::{Target, Which, shown};
use super::wire::{Answer, offers_tls, start};
use crate::context::Context;
use crate::link::secure;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::tls::versions::connect;

/// SQLSTATE "invalid authorization": pg_hba.conf lets this client in nowhere.
const NOT_AUTHORIZED: &str = "28000";
/// SQLSTATE "protocol violation", with which PgBouncer says "SSL required".
const PROTOCOL: &str = "08P01";

/// `postgres.plaintext-refused`
pub struct PlaintextRefused;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What the server says to the same user on both ways.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Without TLS.
    pub plain: Answer,
    /// With TLS; `None` when the server offers none.
    pub encrypted: Option<Answer>,
}

impl Probe for PlaintextRefused {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "postgres.plaintext-refused",
        rules: 1,
        claim: "PostgreSQL refuses the application's user when it comes without TLS.",
        why: "TLS that is only offered can be taken away by whoever sits on the line.",
        how: "Introduces itself as the application's user, once without and once with TLS, and \
              reads one message each. Sends no password. Leaves a line in the server's log.",
        blind: "The server's rules depend on the address that asks: from another machine the \
                answer may differ.",
        remedy: "In pg_hba.conf replace `host` by `hostssl` for this user and reload. 10 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "without TLS error 28000 (no encryption); with TLS a request for authentication".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(target) = shown(cx) else { return Observation::not_configured("database") };
        let mut transcript = Vec::new();
        let facts = look(cx, &mut transcript).await;
        let reproduce = Target::of(cx, Which::Database)
            .ok()
            .map(|at| format!("{} -c 'SELECT 1'", with_mode(cx, Which::Database, &at, "disable")));
        Observation { target: target.to_owned(), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        let encrypted = facts.encrypted.as_ref().map_or("not offered".into(), Answer::words);
        Judgement {
            outcome,
            summary: summary.into(),
            expected: Self::expected(params),
            observed: format!("without TLS: {}; with TLS: {encrypted}", facts.plain.words()),
            notes: Vec::new(),
        }
    }
}

fn verdict(facts: &Facts) -> (Outcome, &'static str) {
    let (code, message) = match &facts.plain {
        Answer::Authentication(0) => {
            return (
                Outcome::Fail,
                "The server lets the user in without TLS and without a password",
            );
        }
        Answer::Authentication(_) => {
            return (Outcome::Fail, "The server talks to the user without TLS");
        }
        Answer::Error { code, message } => (code.as_str(), message.as_str()),
    };
    let wants_tls =
        code == NOT_AUTHORIZED || (code == PROTOCOL && message.contains("SSL required"));
    if !wants_tls {
        return (
            Outcome::Inconclusive(Reason::Unexpected),
            "The server refused for another reason",
        );
    }
    match &facts.encrypted {
        // The twin: a server that refuses this user on every way has not refused plaintext.
        Some(Answer::Authentication(_)) => {
            (Outcome::Pass, "The server refuses the user without TLS")
        }
        Some(Answer::Error { .. }) => {
            (Outcome::Inconclusive(Reason::Refused), "The server refuses the user with TLS as well")
        }
        None => (Outcome::Inconclusive(Reason::Unexpected), "The server offers no TLS at all"),
    }
}

async fn look(cx: &Context, transcript: &mut Vec<String>) -> Result<Facts, Doubt> {
    let at = Target::of(cx, Which::Database)?;
    let mut stream = connect(cx, &at.host, at.port).await?;
    let plain = start(cx, &mut stream, &at.user, &at.database).await?;
    transcript.push(format!("startup without TLS: {}", plain.words()));
    let mut stream = connect(cx, &at.host, at.port).await?;
    let encrypted = if offers_tls(cx, &mut stream).await? {
        let mut secured = secure(cx, &at.host, stream, false).await?;
        Some(start(cx, &mut secured.stream, &at.user, &at.database).await?)
    } else {
        None
    };
    let words = encrypted.as_ref().map_or("not offered".into(), Answer::words);
    transcript.push(format!("startup with TLS: {words}"));
    Ok(Facts { plain, encrypted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_tls_lifts_passes() {
        let error = |code: &str, message: &str| Answer::Error {
            code: code.into(),
            message: message.into(),
        };
        let hba = || error("28000", "no pg_hba.conf entry for host \"::1\", no encryption");
        let sasl = || Some(Answer::Authentication(10));
        let unknown = |reason| Outcome::Inconclusive(reason);
        let cases = [
            ("hostssl only", hba(), sasl(), Outcome::Pass),
            ("PgBouncer", error("08P01", "SSL required"), sasl(), Outcome::Pass),
            ("host", Answer::Authentication(10), sasl(), Outcome::Fail),
            ("trust", Answer::Authentication(0), sasl(), Outcome::Fail),
            ("refused everywhere", hba(), Some(hba()), unknown(Reason::Refused)),
            ("no TLS there", hba(), None, unknown(Reason::Unexpected)),
            (
                "too many clients",
                error("53300", "too many clients"),
                sasl(),
                unknown(Reason::Unexpected),
            ),
        ];
        for (name, plain, encrypted, expected) in cases {
            assert_eq!(verdict(&Facts { plain, encrypted }).0, expected, "{name}");
        }
    }
}
