//! Claim: the application's password opens Redis.

use countersign_domain::finding::{Outcome, Reason};
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
    /// Whether INFO was refused for want of permission, as only a Redis refuses it.
    pub info_denied: bool,
}

impl Probe for PasswordAccepted {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.password-accepted",
        rules: 2,
        claim: "Redis accepts the application's password.",
        why: "A server that refuses everybody looks secure; the application must still get in.",
        how: "Logs in as the URL says, then PING, ACL WHOAMI and INFO server, which only a Redis \
              answers.",
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
            seen.reproduce = Some(format!("{} PING", at.cli_as(cx)));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let missing = |name: &Option<String>| name.clone().unwrap_or_else(|| "unknown".into());
        let (outcome, summary) = if facts.auth.contains("without any password configured") {
            (Outcome::Fail, "Redis has no password to compare with".to_owned())
        } else if facts.auth != "OK" {
            (Outcome::Fail, "Redis refuses the application's password".into())
        } else if facts.ping != "PONG" {
            (Outcome::Inconclusive(Reason::Unexpected), "Logged in, but PING gets no PONG".into())
        } else if facts.mode.as_deref() == Some("sentinel") {
            let summary = "This is a Sentinel: name the server that holds the data";
            (Outcome::Inconclusive(Reason::NotConfigured), summary.into())
        } else if facts.version.is_none() && !facts.info_denied {
            let summary = "Something takes the password, and does not answer INFO as Redis does";
            (Outcome::Inconclusive(Reason::Unexpected), summary.into())
        } else {
            let version = facts.version.as_deref().map(|version| format!(" {version}"));
            let version = version.unwrap_or_default();
            (Outcome::Pass, format!("Redis{version} accepts the password"))
        };
        let observed = format!(
            "AUTH: {}; PING: {}; user {}, mode {}",
            facts.auth,
            facts.ping,
            missing(&facts.user),
            missing(&facts.mode)
        );
        Judgement::new(outcome, summary, Self::expected(params), observed)
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
    let info = session.info("server").await;
    // Redis names the command that it refuses.
    let denied = |refusal: &Refusal| refusal.is_permission() && refusal.words().contains("'info'");
    let info_denied = info.as_ref().is_err_and(denied);
    let info = info.unwrap_or_default();
    let field = |name| info.field(name).map(str::to_owned);
    let (version, mode) = (field("redis_version"), field("redis_mode"));
    Ok(Facts { auth: "OK".into(), ping, user, version, mode, info_denied })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pong_of_a_redis_after_the_login_passes() {
        let redis = || Facts {
            auth: "OK".into(),
            ping: "PONG".into(),
            version: Some("7.0.15".into()),
            mode: Some("standalone".into()),
            ..Facts::default()
        };
        let denied = Facts { version: None, mode: None, info_denied: true, ..redis() };
        let said = |auth: &str| Facts { auth: auth.into(), ..Facts::default() };
        let unknown = |reason| Outcome::Inconclusive(reason);
        for (name, facts, expected) in [
            ("a Redis", redis(), Outcome::Pass),
            ("one that denies INFO", denied, Outcome::Pass),
            ("a wrong password", said("WRONGPASS invalid username-password pair"), Outcome::Fail),
            (
                "no password there",
                said("ERR AUTH <password> called without any password configured"),
                Outcome::Fail,
            ),
            (
                "PING denied",
                Facts { ping: "NOPERM".into(), ..redis() },
                unknown(Reason::Unexpected),
            ),
            (
                "an impostor without INFO",
                Facts { version: None, ..redis() },
                unknown(Reason::Unexpected),
            ),
            (
                "a Sentinel",
                Facts { mode: Some("sentinel".into()), ..redis() },
                unknown(Reason::NotConfigured),
            ),
        ] {
            assert_eq!(PasswordAccepted::judge(&facts, &Params {}).outcome, expected, "{name}");
        }
    }
}
