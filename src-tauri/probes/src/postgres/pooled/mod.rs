//! Claim: the application's connections to PostgreSQL are pooled. A pooler's own console
//! tells, or else the sessions that PostgreSQL counts while the application works.

mod console;
mod look;
pub mod slope;

use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use self::console::Console;
use self::slope::{Round, Slope, agreed};
use super::psql::psql;
use super::target::{Which, shown};
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe, Turn};

/// `postgres.pooled`
pub struct Pooled;

/// Which route uses the database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Path below the API's address that asks the database something; else the fact
    /// `pooling_path`, else `/health`.
    pub path: Option<String>,
}

/// What the URL says of a pool in the client (Prisma and others).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlPool {
    /// `connection_limit`, `pool_size` or `max`.
    pub limit: Option<i64>,
    /// Every parameter about pools, as it stands there.
    pub words: Vec<String>,
}

/// Who is connected to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// `max_connections`
    pub max: i64,
    /// Clients of every user.
    pub all: i64,
    /// Connections of the application's user, by application name.
    pub own: Vec<(String, i64)>,
}

/// What tells of a pool.
#[derive(Debug, Clone)]
pub struct Facts {
    /// User and database of the application's URL.
    pub application: Option<(String, String)>,
    /// The pooler's console, where one is named.
    pub console: Option<Result<Console, Doubt>>,
    /// What was measured; `Err` when it was not.
    pub rounds: Result<Vec<Round>, Doubt>,
    /// What the URL says.
    pub url: UrlPool,
    /// Who is connected.
    pub activity: Option<Activity>,
}

impl Probe for Pooled {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "postgres.pooled",
        rules: 1,
        claim: "The application's database connections are pooled, below the server's limit.",
        why: "A connection for each request makes every request slower, and a busy hour uses up \
              max_connections: then nobody gets in.",
        how: "With a `pooler` target: SHOW VERSION, CONFIG and POOLS on its console. Else one \
              GET, and 2 times 12 GETs 150 ms apart, of one route of `api` that uses the database \
              (`path`, or the fact `pooling_path`, or /health), while pg_stat_database \
              (PostgreSQL 14) counts sessions (about none for a pool, about one each without) \
              and pg_stat_activity shows that queries ran. Before each round as long without \
              requests, and up to 4 times longer until little else happens. Pool parameters of the URL are kept as evidence.",
        blind: "A route that does not use the database, or a database with much other traffic, \
                proves nothing. A pool's size is only seen at the pooler or in the URL, and is \
                one process's: several processes add up.",
        remedy: "One pool for the process's life (`new Pool({ max: 20 })`, Prisma's \
                 `connection_limit`), or PgBouncer in transaction mode. 15 minutes.",
        active: false,
    };

    const TURN: Turn = Turn::Last;

    fn expected(_: &Params) -> String {
        "a pooler on the way with a pool below max_connections, or next to no new session while \
         the application works"
            .into()
    }

    fn check(params: &Params) -> Result<(), String> {
        match &params.path {
            Some(path) if !path.starts_with('/') => {
                Err(format!("`path` is {path:?}: expected a path below the API, such as /health"))
            }
            _ => Ok(()),
        }
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let pooler = Which::Pooler.shown(cx);
        let Some(target) = shown(cx).or(pooler) else {
            return Observation::not_configured("database");
        };
        let mut seen = Observation::new(target, look::look(cx, params).await);
        seen.transcript = seen.facts.iter().flat_map(lines).collect();
        seen.reproduce = if pooler.is_some() {
            psql(cx, Which::Pooler).map(|psql| format!("{psql} -c 'SHOW POOLS' -c 'SHOW CONFIG'"))
        } else {
            let query = "SELECT datname, sessions, xact_commit FROM pg_stat_database \
                         WHERE datname = current_database()";
            psql(cx, Which::Database).map(|psql| format!("{psql} -c '{query}'"))
        };
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: lines(facts).join("; "),
            notes: if outcome == Outcome::Pass { notes(facts) } else { Vec::new() },
        }
    }
}

fn verdict(facts: &Facts) -> (Outcome, String) {
    let max = facts.activity.as_ref().map(|activity| activity.max);
    let size = match &facts.console {
        Some(Ok(console)) => console.pool_size,
        _ => facts.url.limit,
    };
    if let (Some(size), Some(max)) = (size, max)
        && size >= max
    {
        return (Outcome::Fail, format!("A pool of {size} is not below max_connections ({max})"));
    }
    match &facts.console {
        Some(Ok(console)) => return by_console(facts, console),
        // What was named to be asked, and did not answer, is not passed over.
        Some(Err(doubt)) => return (Outcome::Inconclusive(doubt.reason), doubt.seen.clone()),
        None => {}
    }
    let rounds = match &facts.rounds {
        Ok(rounds) => rounds,
        Err(doubt) => {
            let text = format!("Could not be measured: {}", doubt.seen);
            return (Outcome::Inconclusive(doubt.reason), text);
        }
    };
    let gets: u32 = rounds.iter().map(|round| round.gets).sum();
    let sessions: i64 = rounds.iter().map(|round| round.busy.sessions).sum();
    let unknown = |text: &str| (Outcome::Inconclusive(Reason::NeedsPerson), text.to_owned());
    match agreed(rounds) {
        Slope::Pooled => {
            (Outcome::Pass, format!("{gets} requests opened {sessions} database sessions"))
        }
        Slope::Unpooled => {
            let text = format!("{gets} requests opened {sessions} database sessions: no pool");
            (Outcome::Fail, text)
        }
        Slope::NoDatabase => unknown("The route does not seem to use the database: name another"),
        Slope::Unclear => unknown("Too much else happens in the database to tell"),
    }
}

fn by_console(facts: &Facts, console: &Console) -> (Outcome, String) {
    let used = match &facts.application {
        Some((user, database)) => console.on_the_way || console.pool_of(user, database).is_some(),
        None => console.pools.iter().any(|pool| pool.clients > 0),
    };
    if !used {
        let text = format!("{} runs, and no client of the application uses it", console.version);
        return (Outcome::Inconclusive(Reason::NeedsPerson), text);
    }
    if console.pool_size.is_none() || mode(facts, console).is_empty() {
        let text = "The pooler does not tell the size and mode of its pools";
        return (Outcome::Inconclusive(Reason::Unexpected), text.into());
    }
    (Outcome::Pass, format!("{} pools the application's connections", console.version))
}

/// The mode of the application's pool, or of any.
fn mode<'a>(facts: &Facts, console: &'a Console) -> &'a str {
    let application = facts.application.as_ref();
    let pool = application.and_then(|(user, database)| console.pool_of(user, database));
    pool.map_or(&console.mode, |pool| &pool.mode)
}

fn notes(facts: &Facts) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |code: &str, text: String| notes.push(Note { code: code.into(), text });
    match &facts.console {
        Some(Ok(console)) if mode(facts, console) == "session" => {
            let text = "in session mode a client keeps its connection as long as it stays: a \
                        limit, and hardly a pool";
            say("pool-mode-session", text.into());
        }
        Some(_) => {}
        None if facts.url.limit.is_none() => {
            say("pool-limit-unseen", "the largest size of the pool was not seen".into());
        }
        None => {}
    }
    match &facts.activity {
        None => say("max-connections-unseen", "max_connections could not be read".into()),
        Some(Activity { max, all, .. }) if all * 10 >= max * 9 => {
            let text = format!("{all} of {max} connections are in use");
            say("near-max-connections", text);
        }
        Some(_) => {}
    }
    notes
}

fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    match &facts.console {
        Some(Ok(console)) => lines.extend(console.lines()),
        Some(Err(doubt)) => lines.push(format!("pooler: {}", doubt.seen)),
        None => {}
    }
    match &facts.rounds {
        Ok(rounds) => lines.extend(rounds.iter().map(Round::words)),
        Err(doubt) => lines.push(format!("not measured: {}", doubt.seen)),
    }
    if !facts.url.words.is_empty() {
        lines.push(format!("the URL says {}", facts.url.words.join(", ")));
    }
    if let Some(Activity { max, all, own }) = &facts.activity {
        lines.push(format!("{all} connections, max_connections {max}"));
        lines.extend(own.iter().take(20).map(|(name, count)| {
            let name = if name.is_empty() { "without a name" } else { name };
            format!("of the application's user, {name}: {count}")
        }));
    }
    lines
}

#[cfg(test)]
mod tests;
