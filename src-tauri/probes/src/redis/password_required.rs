//! Claim: without the password, Redis answers nobody.

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::endpoint::{Endpoint, app_user, target};
use super::wire::ask;
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// A password that nobody has.
const WRONG: &str = "countersign-asks-with-a-wrong-password";

/// `redis.password-required`
pub struct PasswordRequired;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What a stranger gets.
#[derive(Debug, Clone)]
pub struct Facts {
    /// First line of the answer to PING.
    pub ping: String,
    /// First line of the answer to AUTH with a wrong password.
    pub wrong: String,
    /// The application's user, when it is not `default`, and the first line of the answer to
    /// AUTH as that user with a wrong password.
    pub as_user: Option<(String, String)>,
    /// Whether the connection used TLS.
    pub tls: bool,
}

impl Probe for PasswordRequired {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.password-required",
        rules: 2,
        claim: "Redis refuses a client without the password, and one with a wrong one.",
        why: "Whoever reaches an open Redis reads every session and writes files to the server.",
        how: "New connections: PING without a password, AUTH with a wrong one, and the same as the \
              application's user where it has one of its own (fact `redis_app_user`, else the \
              URL's), who may be `nopass`. Each leaves a line in Redis's ACL LOG. Reads one line \
              each.",
        blind: "Tests from this machine; does not guess passwords. Other users are not tried.",
        remedy: "Set `requirepass` (or better an ACL user and `user default off`) and give the \
                 application the password. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "PING without a password: -NOAUTH; a wrong password: -WRONGPASS".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let at = match Endpoint::of(cx) {
            Ok(at) => at,
            Err(doubt) => return Observation::new(target, Err(doubt)),
        };
        let mut transcript = Vec::new();
        let facts = async {
            let ping = ask(cx, &at, &["PING"]).await?;
            transcript.extend(["> PING".to_owned(), ping.clone()]);
            let wrong = ask(cx, &at, &["AUTH", WRONG]).await?;
            transcript.extend(["> AUTH (a wrong password)".to_owned(), wrong.clone()]);
            let mut as_user = None;
            let user = app_user(cx);
            if user != "default" {
                let answer = ask(cx, &at, &["AUTH", &user, WRONG]).await?;
                transcript.extend([format!("> AUTH {user} (a wrong password)"), answer.clone()]);
                as_user = Some((user, answer));
            }
            Ok(Facts { ping, wrong, as_user, tls: at.tls })
        }
        .await;
        let reproduce = Some(format!("{} PING", at.cli(cx)));
        Observation { target: target.to_owned(), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let as_user = facts.as_user.as_ref().map(|(_, answer)| answer.as_str());
        let (outcome, summary) = verdict(&facts.ping, &facts.wrong, as_user);
        let mut notes = Vec::new();
        if !facts.tls {
            let text =
                "the connection is not encrypted: the password crosses the network in the clear";
            notes.push(Note { code: "redis-plaintext".into(), text: text.into() });
        }
        Judgement {
            outcome,
            summary: summary.into(),
            expected: Self::expected(params),
            observed: observed(facts),
            notes,
        }
    }
}

fn observed(facts: &Facts) -> String {
    let own = facts.as_user.as_ref();
    let own = own.map(|(user, answer)| format!("; as {user}: {answer}")).unwrap_or_default();
    format!("PING: {}; wrong password: {}{own}", facts.ping, facts.wrong)
}

fn verdict(ping: &str, wrong: &str, as_user: Option<&str>) -> (Outcome, &'static str) {
    let starts = |text: &str, codes: &[&str]| codes.iter().any(|code| text.starts_with(code));
    if starts(ping, &["+PONG"]) {
        return (Outcome::Fail, "Redis answers without a password");
    }
    if starts(ping, &["-DENIED"]) {
        return (
            Outcome::Fail,
            "Redis has no password; only its protected mode keeps strangers out",
        );
    }
    if starts(ping, &["-NOPERM"]) {
        return (Outcome::Fail, "Redis lets a stranger in as `default`, with few permissions");
    }
    if !starts(ping, &["-NOAUTH", "-ERR operation not permitted"]) {
        return (
            Outcome::Inconclusive(Reason::Unexpected),
            "Not an answer that Redis gives to PING",
        );
    }
    if starts(wrong, &["+OK"]) {
        return (Outcome::Fail, "Redis accepts any password");
    }
    if as_user.is_some_and(|answer| starts(answer, &["+OK"])) {
        return (Outcome::Fail, "Redis lets the application's user in with any password");
    }
    let refusals = ["-WRONGPASS", "-ERR invalid password"];
    if starts(wrong, &refusals) && as_user.is_none_or(|answer| starts(answer, &refusals)) {
        return (Outcome::Pass, "Redis refuses to answer without the password");
    }
    (
        Outcome::Inconclusive(Reason::Unexpected),
        "Not an answer that Redis gives to a wrong password",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let unknown = Outcome::Inconclusive(Reason::Unexpected);
        for (name, ping, wrong, expected) in [
            (
                "Redis 7 with a password",
                "-NOAUTH Authentication required.",
                "-WRONGPASS invalid",
                Outcome::Pass,
            ),
            (
                "Redis 5 with a password",
                "-NOAUTH Authentication required.",
                "-ERR invalid password",
                Outcome::Pass,
            ),
            (
                "open",
                "+PONG",
                "-ERR AUTH <password> called without any password configured",
                Outcome::Fail,
            ),
            (
                "protected mode",
                "-DENIED Redis is running in protected mode",
                "-DENIED",
                Outcome::Fail,
            ),
            (
                "default user, few rights",
                "-NOPERM this user has no permissions",
                "+OK",
                Outcome::Fail,
            ),
            ("any password", "-NOAUTH Authentication required.", "+OK", Outcome::Fail),
            ("starting", "-LOADING Redis is loading the dataset in memory", "-LOADING", unknown),
            ("a proxy", "-NOAUTH Authentication required.", "-ERR unknown command", unknown),
        ] {
            assert_eq!(verdict(ping, wrong, None).0, expected, "{name}");
        }
        let (ping, wrong) = ("-NOAUTH Authentication required.", "-WRONGPASS invalid");
        for (name, as_user, expected) in [
            ("a user of its own", "-WRONGPASS invalid", Outcome::Pass),
            ("a user of its own that is nopass", "+OK", Outcome::Fail),
            ("a server without users", "-ERR wrong number of arguments", unknown),
        ] {
            assert_eq!(verdict(ping, wrong, Some(as_user)).0, expected, "{name}");
        }
    }
}
