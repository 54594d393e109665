//! Claim: the application's password opens Redis.

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::endpoint::{Endpoint, login, target};
use super::session::{Refusal, Session, text};
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `redis.password-accepted`
pub struct PasswordAccepted;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What the application gets.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The answer to AUTH.
    pub auth: String,
    /// The answer to PING, when AUTH went well.
    pub ping: String,
    /// Who Redis says we are.
    pub user: Option<String>,
    /// Redis's version.
    pub version: Option<String>,
    /// `standalone`, `sentinel` or `cluster`.
    pub mode: Option<String>,
}

impl Probe for PasswordAccepted {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.password-accepted",
        rules: 1,
        claim: "Redis accepts the application's password.",
        why: "A server that refuses everybody looks secure; the application must still get in.",
        how: "Logs in as the URL says, then PING, ACL WHOAMI and INFO server.",
        blind: "Does not see what the running application is configured with.",
        remedy: "Set the same password in redis.conf (or the ACL) and in the environment. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "AUTH: OK, PING: PONG".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(target, look(cx).await);
        if let Ok(facts) = &seen.facts {
            seen.transcript = vec!["> AUTH ••••".into(), facts.auth.clone()];
            if !facts.ping.is_empty() {
                seen.transcript.extend(["> PING".into(), facts.ping.clone()]);
            }
        }
        if let Ok(at) = Endpoint::of(cx) {
            seen.reproduce = Some(format!("REDISCLI_AUTH=\"$REDIS_PASSWORD\" {} PING", at.cli()));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let missing = |name: &Option<String>| name.clone().unwrap_or_else(|| "unknown".into());
        let (outcome, summary) = if facts.auth.contains("without any password configured") {
            (Outcome::Fail, "Redis has no password to compare with".to_owned())
        } else if facts.auth != "OK" {
            (Outcome::Fail, "Redis refuses the application's password".into())
        } else if facts.ping == "PONG" {
            (Outcome::Pass, format!("Redis {} accepts the password", missing(&facts.version)))
        } else {
            (Outcome::Inconclusive(Reason::Unexpected), "Logged in, but PING gets no PONG".into())
        };
        let observed = format!(
            "AUTH: {}; PING: {}; user {}, mode {}",
            facts.auth,
            facts.ping,
            missing(&facts.user),
            missing(&facts.mode)
        );
        let mut notes = Vec::new();
        if facts.mode.as_deref() == Some("sentinel") {
            let text = "this is a Sentinel, not the server that holds the data".to_owned();
            notes.push(Note { code: "redis-sentinel".into(), text });
        }
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }
}

async fn look(cx: &Context) -> Result<Facts, Doubt> {
    let login = login(cx)?;
    let mut session = Session::dial(cx, &Endpoint::of(cx)?).await?;
    match session.log_in(&login).await {
        Ok(()) => {}
        Err(Refusal::Said(auth)) => return Ok(Facts { auth, ..Facts::default() }),
        Err(Refusal::Lost(doubt)) => return Err(doubt),
    }
    let ping = match session.ask(&["PING"]).await {
        Ok(value) => text(&value).unwrap_or_default(),
        Err(Refusal::Said(text)) => text,
        Err(Refusal::Lost(doubt)) => return Err(doubt),
    };
    let user = session.ask(&["ACL", "WHOAMI"]).await.ok().as_ref().and_then(text);
    let info = session.info("server").await.unwrap_or_default();
    let field = |name| info.field(name).map(str::to_owned);
    let (version, mode) = (field("redis_version"), field("redis_mode"));
    Ok(Facts { auth: "OK".into(), ping, user, version, mode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pong_after_the_login_passes() {
        let outcome = |auth: &str, ping: &str| {
            let facts = Facts { auth: auth.into(), ping: ping.into(), ..Facts::default() };
            PasswordAccepted::judge(&facts, &Params {}).outcome
        };
        assert_eq!(outcome("OK", "PONG"), Outcome::Pass);
        assert_eq!(outcome("WRONGPASS invalid username-password pair", ""), Outcome::Fail);
        assert_eq!(
            outcome("ERR AUTH <password> called without any password configured", ""),
            Outcome::Fail
        );
        assert!(matches!(outcome("OK", "NOPERM"), Outcome::Inconclusive(_)));
    }
}
