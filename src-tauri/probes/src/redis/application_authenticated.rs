//! Claim: the running application is logged in to Redis.

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::client_list::Connections;
use super::endpoint::{Endpoint, app_user, target};
use super::session::{Info, Refusal, Session, text};
use super::wire::ask;
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// A password that nobody has.
const WRONG: &str = "countersign-asks-with-a-wrong-password";
/// Answers to PING of a server that asks for a password first (Redis 6 and later, before).
const CLOSED: &[&str] = &["-NOAUTH", "-ERR operation not permitted"];
/// Answers to PING of a server that takes anybody in as `default`.
const OPEN: &[&str] = &["+PONG", "-NOPERM", "-DENIED"];

/// `redis.application-authenticated`
pub struct ApplicationAuthenticated;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// Who is connected, and who gets in.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The user that the application is to use.
    pub user: String,
    /// Who is connected.
    pub connections: Connections,
    /// Connections as that user whose last command Redis ran.
    pub served: usize,
    /// What PING without a password is answered.
    pub stranger: String,
    /// What AUTH as the user with a wrong password is answered.
    pub wrong: String,
    /// Connections younger than this many seconds were not counted.
    pub min_age: u64,
}

impl Probe for ApplicationAuthenticated {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.application-authenticated",
        rules: 1,
        claim: "The application's connections to Redis are logged in with a password.",
        why: "A password in a file helps nobody while the application still connects without.",
        how: "CLIENT LIST names the user of each connection; they are counted by user, and no \
              address is kept; INFO commandstats tells whether their last command was run. Two more connections, PING without a password and AUTH as the \
              application's user with a wrong one (a line in Redis's ACL LOG), tell whether \
              these users need one. The application's user is the fact `redis_app_user`, else \
              the URL's, else `default`.",
        blind: "Takes every connection of that user for the application's, except young ones, \
                which may be our own. Needs `client|list`, which is in @dangerous: without it, \
                name an auditor in the URL. Before Redis 6.0 connections have no user.",
        remedy: "Give the client its user and password from the environment, and let it refuse \
                 to start without. 10 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "connections as the application's user, which needs a password; none as a `default` \
         that needs none"
            .into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(target, look(cx).await);
        seen.transcript = seen.facts.iter().flat_map(lines).collect();
        if let Ok(at) = Endpoint::of(cx) {
            let count = "grep -o ' user=[^ ]*' | sort | uniq -c";
            seen.reproduce = Some(format!("{} CLIENT LIST | {count}", at.cli_as(cx)));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        let mut notes = Vec::new();
        let mut say = |code: &str, text: String| notes.push(Note { code: code.into(), text });
        let others: Vec<_> =
            facts.connections.clients.keys().filter(|user| **user != facts.user).collect();
        if outcome == Outcome::Pass && !others.is_empty() {
            let others: Vec<_> = others.into_iter().map(String::as_str).collect();
            say("redis-other-users", format!("other clients are there as {}", others.join(", ")));
        }
        if outcome == Outcome::Pass && starts(&facts.stranger, OPEN) {
            let text = "`default` needs no password: nothing but the client's own settings \
                        makes it log in";
            say("redis-default-open", text.into());
        }
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: lines(facts).join("; "),
            notes,
        }
    }
}

fn starts(text: &str, codes: &[&str]) -> bool {
    codes.iter().any(|code| text.starts_with(code))
}

fn verdict(facts: &Facts) -> (Outcome, String) {
    let unknown = |reason, text: &str| (Outcome::Inconclusive(reason), text.to_owned());
    let (open, closed) = (starts(&facts.stranger, OPEN), starts(&facts.stranger, CLOSED));
    if !open && !closed {
        return unknown(Reason::Unexpected, "Not an answer that Redis gives to PING");
    }
    let strangers = facts.connections.of("default");
    if open && strangers > 0 {
        let text = format!("{strangers} connections are `default`, which needs no password");
        return (Outcome::Fail, text);
    }
    let (user, count) = (&facts.user, facts.connections.of(&facts.user));
    if count == 0 && facts.connections.clients.is_empty() {
        return unknown(Reason::NeedsPerson, "No other client is connected now");
    }
    if count == 0 {
        let text = format!("No client is connected as {user}: is another user the application's?");
        return (Outcome::Inconclusive(Reason::NeedsPerson), text);
    }
    if facts.wrong.starts_with("+OK") {
        return (Outcome::Fail, format!("{user} gets in with any password"));
    }
    if !starts(&facts.wrong, &["-WRONGPASS", "-ERR invalid password"]) {
        return unknown(Reason::Unexpected, "Not an answer that Redis gives to a wrong password");
    }
    // A client that never logged in is called `default` as well.
    if user == "default" && facts.served == 0 {
        let text = "Clients are there as `default`, as they would be before a login; give the \
                    application a user of its own";
        return unknown(Reason::NeedsPerson, text);
    }
    (Outcome::Pass, format!("{count} connections are logged in as {user}"))
}

fn lines(facts: &Facts) -> Vec<String> {
    let list = |each: Vec<String>| if each.is_empty() { "none".into() } else { each.join(", ") };
    let Facts { user, connections, served, stranger, wrong, min_age } = facts;
    let clients = connections.clients.keys();
    let clients = clients.map(|user| format!("{user} {}", connections.of(user))).collect();
    let servers = connections.servers.iter().map(|(user, n)| format!("{user} {n}")).collect();
    vec![
        format!("clients by user: {}", list(clients)),
        format!("of {user}, surely served: {served}"),
        format!("links between servers by user: {}", list(servers)),
        format!("not counted, younger than {min_age} s: {}", connections.young),
        format!("PING without a password: {stranger}"),
        format!("AUTH {user} with a wrong password: {wrong}"),
    ]
}

async fn look(cx: &Context) -> Result<Facts, Doubt> {
    let at = Endpoint::of(cx)?;
    let mut session = Session::open(cx, &at).await?;
    let list = session.ask(&["CLIENT", "LIST"]).await.map_err(|refusal| match refusal {
        Refusal::Lost(doubt) => doubt,
        Refusal::Said(said) => {
            let seen = format!("CLIENT LIST: {said} (grant `client|list`, or name an auditor)");
            Doubt::new(Reason::Refused, seen)
        }
    })?;
    // A probe's session lives for seconds; what is older than that is somebody else's.
    let min_age = 3 * cx.patience().total.as_secs().max(1);
    let connections =
        text(&list).and_then(|list| Connections::read(&list, min_age)).ok_or_else(|| {
            let seen = "CLIENT LIST does not name the users of connections (Redis 6.0 does)";
            Doubt::new(Reason::Unexpected, seen)
        })?;
    let user = app_user(cx);
    let stats = match session.info("commandstats").await {
        Ok(stats) => stats,
        Err(Refusal::Said(_)) => Info::default(),
        Err(Refusal::Lost(doubt)) => return Err(doubt),
    };
    let served = connections.served(&user, stats.text());
    let stranger = ask(cx, &at, &["PING"]).await?;
    // Where `default` has no password, AUTH without a user is an error of its own.
    let wrong = ask(cx, &at, &["AUTH", &user, WRONG]).await?;
    Ok(Facts { user, connections, served, stranger, wrong, min_age })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOAUTH: &str = "-NOAUTH Authentication required.";
    const WRONGPASS: &str = "-WRONGPASS invalid username-password pair";

    fn facts(user: &str, clients: &[(&str, usize)], stranger: &str, wrong: &str) -> Facts {
        let last = |n| [("get".to_owned(), n)].into();
        let clients = clients.iter().map(|(user, n)| ((*user).to_owned(), last(*n))).collect();
        Facts {
            user: user.into(),
            connections: Connections { clients, ..Connections::default() },
            served: 1,
            stranger: stranger.into(),
            wrong: wrong.into(),
            min_age: 30,
        }
    }

    #[test]
    fn only_a_client_of_a_user_that_needs_a_password_passes() {
        use Outcome::{Fail, Inconclusive, Pass};
        let person = Inconclusive(Reason::NeedsPerson);
        let strange = Inconclusive(Reason::Unexpected);
        for (name, facts, expected, note) in [
            ("an ACL user", facts("app", &[("app", 3)], NOAUTH, WRONGPASS), Pass, ""),
            ("requirepass", facts("default", &[("default", 2)], NOAUTH, WRONGPASS), Pass, ""),
            (
                "somebody else as well",
                facts("app", &[("app", 1), ("cron", 1)], NOAUTH, WRONGPASS),
                Pass,
                "redis-other-users",
            ),
            (
                "logged in, though nobody must",
                facts("app", &[("app", 1)], "+PONG", WRONGPASS),
                Pass,
                "redis-default-open",
            ),
            ("no password", facts("default", &[("default", 1)], "+PONG", "+OK"), Fail, ""),
            (
                "one connection without, beside one with",
                facts("app", &[("app", 5), ("default", 1)], "+PONG", WRONGPASS),
                Fail,
                "",
            ),
            ("any password", facts("app", &[("app", 1)], NOAUTH, "+OK"), Fail, ""),
            ("nobody", facts("app", &[], NOAUTH, WRONGPASS), person, ""),
            (
                "perhaps before a login",
                Facts { served: 0, ..facts("default", &[("default", 2)], NOAUTH, WRONGPASS) },
                person,
                "",
            ),
            ("others only", facts("app", &[("cron", 1)], NOAUTH, WRONGPASS), person, ""),
            ("says OK to all", facts("app", &[("app", 1)], "+OK", "+OK"), strange, ""),
            ("odd refusal", facts("app", &[("app", 1)], NOAUTH, "-ERR what"), strange, ""),
        ] {
            let judged = ApplicationAuthenticated::judge(&facts, &Params {});
            assert_eq!(judged.outcome, expected, "{name}");
            let codes: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
            assert_eq!(codes.join(" "), note, "{name}");
        }
    }
}
