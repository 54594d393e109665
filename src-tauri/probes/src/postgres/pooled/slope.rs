//! Measures whether the application pools its connections: how many sessions PostgreSQL
//! counts while a route that uses the database is called a few times.

use std::time::{Duration, Instant};

use countersign_domain::finding::Reason;
use tokio::time::sleep;

use crate::context::Context;
use crate::http::target;
use crate::http::visit::{Ask, fetch};
use crate::postgres::session::{Session, number, text};
use crate::probe::Doubt;

/// Times that it is measured; all must agree.
const ROUNDS: usize = 2;
/// Spans without requests that are looked at for a calm one, in each round. What a server
/// process did up to 10 s ago may only be told now (PostgreSQL, `PGSTAT_IDLE_INTERVAL`).
const SPANS: usize = 5;
/// Requests of one round.
const GETS: u32 = 12;
/// Requests that a round must have made to tell anything.
const MIN_GETS: u32 = 8;
/// From the start of one request to that of the next, and from one look to the next.
const GAP: Duration = Duration::from_millis(150);
/// How long a round may send requests.
const MAX_SENDING: Duration = Duration::from_secs(5);
/// How long the numbers need to arrive: a server process tells them once a second at most
/// (PostgreSQL, `PGSTAT_MIN_INTERVAL`).
const SETTLE: Duration = Duration::from_millis(1_200);

/// Within a transaction the numbers would stay as first read.
const FORGET: &str = "SELECT pg_stat_clear_snapshot()";

/// What was counted in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Sessions that began.
    pub sessions: i64,
    /// Transactions that ended; those that read no table may be told much later.
    pub transactions: i64,
    /// Looks, one each [`GAP`], at which another connection of the application's user had
    /// begun a query since the look before.
    pub queries: i64,
}

impl Count {
    /// Whether so little happened that `gets` requests would stand out.
    fn is_calm(self, gets: u32) -> bool {
        let others = self.transactions.max(self.queries);
        self.sessions <= 1 && others <= i64::from(gets) / 4
    }

    fn words(&self) -> String {
        let Self { sessions, transactions, queries } = self;
        format!("{sessions} new sessions, {transactions} transactions, queries at {queries} looks")
    }
}

/// One measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Requests that were sent.
    pub gets: u32,
    /// What happened before, with no request of ours.
    pub quiet: Count,
    /// What happened while they were sent.
    pub busy: Count,
}

/// What a round says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slope {
    /// About one session for each request.
    Unpooled,
    /// Next to no new session, though the database was used.
    Pooled,
    /// The route seems not to use the database.
    NoDatabase,
    /// Too much else is going on, or something in between.
    Unclear,
}

impl Round {
    /// Judges the round.
    #[must_use]
    pub fn slope(&self) -> Slope {
        let gets = i64::from(self.gets);
        let Self { quiet, busy, .. } = self;
        if self.gets < MIN_GETS || !quiet.is_calm(self.gets) {
            return Slope::Unclear;
        }
        let queries = busy.queries - quiet.queries;
        let transactions = busy.transactions - quiet.transactions;
        if queries * 4 < gets * 3 && transactions * 4 < gets * 3 {
            return Slope::NoDatabase;
        }
        match busy.sessions - quiet.sessions {
            few if few <= 2 => Slope::Pooled,
            many if many * 10 >= gets * 7 => Slope::Unpooled,
            _ => Slope::Unclear,
        }
    }

    /// The round in words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { gets, quiet, busy } = self;
        format!("{gets} requests: {} (before, without requests: {})", busy.words(), quiet.words())
    }
}

/// What all rounds say together.
#[must_use]
pub fn agreed(rounds: &[Round]) -> Slope {
    let mut slopes = rounds.iter().map(Round::slope);
    let first = slopes.next().unwrap_or(Slope::Unclear);
    if slopes.all(|other| other == first) { first } else { Slope::Unclear }
}

/// Measures. The session stands all the while, so it is not counted.
pub(super) async fn measure(
    cx: &Context,
    session: &Session,
    path: &str,
) -> Result<Vec<Round>, Doubt> {
    let ask = Ask::get(target::join(&target::api(cx)?, path));
    // A database that does not count sessions, or a route that is not there, ends it here.
    count(session).await?;
    get(cx, &ask).await?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (quiet, before) = calm(session, cx).await?;
        if !quiet.is_calm(GETS) {
            // Nothing could be told from requests, so none is sent.
            rounds.push(Round { quiet, ..Round::default() });
            break;
        }
        let (gets, queries) = watch(session, Some(&ask), cx).await?;
        sleep(SETTLE).await;
        let after = count(session).await?;
        let busy = Count { queries, ..between(before, after) };
        rounds.push(Round { gets, quiet, busy });
    }
    Ok(rounds)
}

/// Waits for a span in which little happens: what happened in it, and the numbers at its end.
async fn calm(session: &Session, cx: &Context) -> Result<(Count, Count), Doubt> {
    let mut start = count(session).await?;
    let mut left = SPANS;
    loop {
        let (_, queries) = watch(session, None, cx).await?;
        let end = count(session).await?;
        let quiet = Count { queries, ..between(start, end) };
        left -= 1;
        if left == 0 || quiet.is_calm(GETS) {
            return Ok((quiet, end));
        }
        start = end;
    }
}

fn between(before: Count, after: Count) -> Count {
    Count {
        sessions: after.sessions.saturating_sub(before.sessions),
        transactions: after.transactions.saturating_sub(before.transactions),
        queries: 0,
    }
}

/// Looks a few times at what the application's connections do, each time after a request
/// or after nothing. How many requests there were, and how many looks saw a new query.
async fn watch(session: &Session, ask: Option<&Ask>, cx: &Context) -> Result<(u32, i64), Doubt> {
    let clock = Instant::now();
    let (mut looks, mut changes) = (0, 0);
    let mut last = last_query(session).await?;
    while looks < GETS && clock.elapsed() < MAX_SENDING {
        let next = tokio::time::Instant::now() + GAP;
        if let Some(ask) = ask {
            get(cx, ask).await?;
        }
        let now = last_query(session).await?;
        changes += i64::from(now != last);
        last = now;
        looks += 1;
        tokio::time::sleep_until(next).await;
    }
    Ok((looks, changes))
}

/// Not by the run's memory: each must reach the application.
async fn get(cx: &Context, ask: &Ask) -> Result<(), Doubt> {
    let answer = fetch(cx, ask).await?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let seen = format!("GET {} was answered {}", target::shown(&ask.url), answer.status);
    Err(Doubt::new(Reason::Unexpected, seen))
}

/// When a connection of the application's user last began a query; empty for never.
async fn last_query(session: &Session) -> Result<String, Doubt> {
    session.rows(FORGET).await?;
    let query = "SELECT coalesce(max(query_start)::text, '') AS last FROM pg_stat_activity \
                 WHERE usename = session_user AND datname = current_database() \
                 AND pid <> pg_backend_pid()";
    let rows = session.rows(query).await?;
    rows.first()
        .and_then(|row| text(row, "last"))
        .ok_or_else(|| Doubt::new(Reason::Unexpected, "pg_stat_activity does not tell of queries"))
}

async fn count(session: &Session) -> Result<Count, Doubt> {
    session.rows(FORGET).await?;
    let query = "SELECT sessions, xact_commit + xact_rollback AS transactions \
                 FROM pg_stat_database WHERE datname = current_database()";
    let rows = session.rows(query).await.map_err(|doubt| {
        let seen = format!("{} (sessions are counted from PostgreSQL 14 on)", doubt.seen);
        Doubt::new(doubt.reason, seen)
    })?;
    let field = |name| rows.first().and_then(|row| number(row, name));
    match (field("sessions"), field("transactions")) {
        (Some(sessions), Some(transactions)) => Ok(Count { sessions, transactions, queries: 0 }),
        _ => Err(Doubt::new(Reason::Unexpected, "pg_stat_database does not tell of this database")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(quiet: (i64, i64, i64), busy: (i64, i64, i64)) -> Round {
        let count = |(sessions, transactions, queries)| Count { sessions, transactions, queries };
        Round { gets: 12, quiet: count(quiet), busy: count(busy) }
    }

    #[test]
    fn only_queries_without_sessions_are_a_pool() {
        let no = (0, 0, 0);
        for (name, seen, expected) in [
            ("a pool", round(no, (0, 1, 12)), Slope::Pooled),
            ("a pool whose queries are another user's", round(no, (0, 11, 0)), Slope::Pooled),
            ("a pool that grows", round(no, (2, 12, 12)), Slope::Pooled),
            ("one session each", round(no, (12, 12, 0)), Slope::Unpooled),
            ("a few got lost", round(no, (10, 10, 3)), Slope::Unpooled),
            ("in between", round(no, (5, 12, 9)), Slope::Unclear),
            ("no query", round(no, (0, 1, 1)), Slope::NoDatabase),
            ("only what happens anyway", round((0, 3, 3), (0, 4, 4)), Slope::NoDatabase),
            ("others come and go", round((4, 4, 0), (5, 14, 12)), Slope::Unclear),
            ("others work a lot", round((0, 400, 0), (0, 800, 12)), Slope::Unclear),
            ("others ask a lot", round((0, 0, 11), (0, 0, 12)), Slope::Unclear),
            ("numbers that went back", round(no, (-50, -900, 0)), Slope::NoDatabase),
            ("too few", Round { gets: 4, ..round(no, (0, 4, 4)) }, Slope::Unclear),
        ] {
            assert_eq!(seen.slope(), expected, "{name}");
        }
    }

    #[test]
    fn rounds_must_agree() {
        let no = (0, 0, 0);
        let (pooled, unpooled) = (round(no, (0, 9, 12)), round(no, (12, 12, 0)));
        assert_eq!(agreed(&[pooled, pooled]), Slope::Pooled);
        assert_eq!(agreed(&[pooled, unpooled]), Slope::Unclear);
        assert_eq!(agreed(&[]), Slope::Unclear);
    }
}
