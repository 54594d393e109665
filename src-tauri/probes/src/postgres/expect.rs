//! A claim of the team's own: one query that only reads, and conditions on its rows.

use std::sync::Arc;
use std::time::Instant;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, SimpleQueryMessage, SimpleQueryRow};

use super::psql::psql;
use super::session::{QUERY, Session, why};
use super::target::{Which, shown};
use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["rows", "count", "took_ms"];
/// Words that a query may begin with.
const BEGINNINGS: &[&str] = &["SELECT", "SHOW", "WITH", "VALUES", "TABLE"];
/// Longest query, in bytes.
const MAX_QUERY: usize = 10_000;
/// Most rows that are looked at.
const MAX_ROWS: usize = 1_000;
/// Rows that the transcript shows, when it shows any.
const SHOWN_ROWS: usize = 10;
/// Classes of errors whose words never hold a value of a row (PostgreSQL, Appendix A):
/// connections, features, transactions, logins, names and rights, resources, the operator.
const WORDS_WITHOUT_VALUES: &[&str] = &["08", "0A", "25", "28", "3D", "42", "53", "57"];

/// `sql.expect`
pub struct Expect;

/// The query and the conditions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// One statement that reads. Names of tables need their schema: `public.users`.
    pub query: String,
    /// Conditions in CEL over `rows`, `count` and `took_ms`; all must hold.
    pub expect: Vec<String>,
    /// Whether values of rows may stand in the evidence, which everybody who sees the
    /// release can read. Off unless the query's rows are nobody's data.
    #[serde(default)]
    pub show_rows: bool,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows: maps by name of column.
    pub rows: Vec<Json>,
    /// From the question to the last row, in milliseconds.
    pub took_ms: u64,
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "sql.expect",
        rules: 1,
        claim: "The answer to one query meets every condition of the template.",
        why: "Migrations applied, row security on, no account without a tenant: what must hold \
              in the data is known to the team alone.",
        how: "Logs in to `database` as its URL says and runs one statement (SELECT, SHOW, WITH, \
              VALUES or TABLE) in BEGIN READ ONLY with a limit of 5 seconds, 1,000 rows and 4 \
              MiB, and search_path pg_catalog; then rolls back. Conditions are CEL over rows \
              (maps by column: numbers, true and false, null, else text), count and took_ms. \
              The evidence holds names of columns and the count; values only with `show_rows`.",
        blind: "Everything that the conditions do not speak of. A function that the query calls \
                may act outside the transaction (dblink, pg_terminate_backend): read-only does \
                not stop that.",
        remedy: "The condition that does not hold is shown; the cure is the team's own.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    fn check(params: &Params) -> Result<(), String> {
        statement(&params.query)?;
        conditions::check_all(&params.expect, NAMES)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Some(target) = shown(cx) else { return Observation::not_configured("database") };
        let mut seen = Observation::new(target, look(cx, params).await);
        seen.transcript = vec![format!("> {}", params.query)];
        if let Ok(facts) = &seen.facts {
            seen.transcript.push(outline(facts));
            if params.show_rows {
                seen.transcript.extend(facts.rows.iter().take(SHOWN_ROWS).map(Json::to_string));
            }
        }
        seen.reproduce = psql(cx, Which::Database).map(|psql| {
            let options = "-c default_transaction_read_only=on -c statement_timeout=5s \
                           -c search_path=pg_catalog";
            format!("PGOPTIONS={} {psql} -c {}", quoted(options), quoted(&params.query))
        });
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let scope = Arc::new(Scope(vec![
            ("rows", facts.rows.clone().into()),
            ("count", facts.rows.len().into()),
            ("took_ms", facts.took_ms.into()),
        ]));
        if params.show_rows {
            return conditions::judge(&params.expect, &scope, outline(facts));
        }
        discreet(facts, params, &scope)
    }
}

/// Judges each condition by itself, and tells what was seen only where no row is in it.
fn discreet(facts: &Facts, params: &Params, scope: &Arc<Scope>) -> Judgement {
    let (mut outcome, mut broken) = (Outcome::Pass, Vec::new());
    for source in &params.expect {
        let one = conditions::judge(std::slice::from_ref(source), scope, "");
        if one.outcome == Outcome::Pass {
            continue;
        }
        outcome = Outcome::worst([outcome, one.outcome]).unwrap_or(one.outcome);
        let of_rows = conditions::check(source, NAMES).is_ok_and(|used| used.contains(&"rows"));
        broken.push(match of_rows {
            true => format!("`{source}`: not so (values are not shown, see `show_rows`)"),
            false => one.observed,
        });
    }
    let summary = match outcome {
        Outcome::Pass => "Every condition holds".to_owned(),
        Outcome::Fail => {
            format!("{} of {} conditions do not hold", broken.len(), params.expect.len())
        }
        _ => "Could not tell: a condition of the template is wrong".to_owned(),
    };
    broken.push(outline(facts));
    Judgement::new(outcome, summary, Expect::expected(params), broken.join("; "))
}

fn outline(facts: &Facts) -> String {
    let Facts { columns, rows, took_ms } = facts;
    format!("{} rows of ({}) in {took_ms} ms", rows.len(), columns.join(", "))
}

/// Whether this is one statement that reads, as far as can be told without a server; the
/// server itself refuses a second one, and a write.
fn statement(query: &str) -> Result<&str, String> {
    if query.len() > MAX_QUERY || query.contains('\0') {
        return Err(format!("`query`: expected at most {MAX_QUERY} bytes, none of them zero"));
    }
    let one = query.trim().trim_end_matches(';').trim_end();
    if one.contains(';') {
        return Err("`query`: expected one statement, without `;` inside (in a text, write \
                    chr(59))"
            .into());
    }
    let end = one.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(one.len());
    if BEGINNINGS.iter().any(|word| one[..end].eq_ignore_ascii_case(word)) {
        return Ok(one);
    }
    Err(format!("`query`: expected a statement that begins with {}", BEGINNINGS.join(", ")))
}

async fn look(cx: &Context, params: &Params) -> Result<Facts, Doubt> {
    // A template that was never checked must not get past the rules either.
    let query = statement(&params.query).map_err(|wrong| Doubt::new(Reason::Internal, wrong))?;
    let session = Session::open(cx).await?;
    let clock = Instant::now();
    let late = || Doubt::new(Reason::TimedOut, "the query had no answer within the deadline");
    let refused = |error: Error| refusal(&error, params.show_rows);
    let prepared = timeout(QUERY, session.prepare(query)).await.map_err(|_| late())?;
    let prepared = prepared.map_err(refused)?;
    if !prepared.params().is_empty() {
        let seen = "the query has parameters ($1), which nobody fills in";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    let answer = timeout(QUERY, session.run(query)).await.map_err(|_| late())?;
    let answer = answer.map_err(refused)?;
    let took_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    session.rows("ROLLBACK").await?;
    let rows: Vec<_> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    if rows.len() > MAX_ROWS {
        let seen = format!("the query has more than {MAX_ROWS} rows: add a LIMIT, or count them");
        return Err(Doubt::new(Reason::Unexpected, seen));
    }
    let columns: Vec<_> =
        prepared.columns().iter().map(|column| (column.name(), column.type_())).collect();
    let strange = || Doubt::new(Reason::Unexpected, "the rows have other columns than announced");
    Ok(Facts {
        columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows: rows
            .iter()
            .map(|row| map(row, &columns).ok_or_else(strange))
            .collect::<Result<_, _>>()?,
        took_ms,
    })
}

/// What the server said. Some errors repeat a value of a row.
fn refusal(error: &Error, shown: bool) -> Doubt {
    let Some(server) = error.as_db_error() else { return why(error) };
    let code = server.code().code();
    let mut seen = format!("the server said {code}");
    if shown || WORDS_WITHOUT_VALUES.iter().any(|class| code.starts_with(class)) {
        seen.push_str(&format!(": {}", server.message()));
    }
    let reason = match code {
        "57014" => Reason::TimedOut,
        "42P01" => {
            seen.push_str(" (a table needs its schema: public.…)");
            Reason::Refused
        }
        _ => Reason::Refused,
    };
    Doubt::new(reason, seen)
}

fn map(row: &SimpleQueryRow, columns: &[(&str, &Type)]) -> Option<Json> {
    if row.len() != columns.len() {
        return None;
    }
    let field = |(at, (name, kind)): (usize, &(&str, &Type))| {
        let value = row.try_get(at).ok()?.map_or(Json::Null, |text| value(text, kind));
        Some(((*name).to_owned(), value))
    };
    let fields: Option<Map<_, _>> = columns.iter().enumerate().map(field).collect();
    fields.map(Json::Object)
}

fn value(text: &str, kind: &Type) -> Json {
    match *kind {
        Type::BOOL => match text {
            "t" => true.into(),
            "f" => false.into(),
            other => other.into(),
        },
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => {
            text.parse::<i64>().map_or_else(|_| text.into(), Json::from)
        }
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => {
            // Neither NaN nor infinity is a number in JSON.
            let number = text.parse().ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(|| text.into(), Json::Number)
        }
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_that_reads_is_accepted_and_nothing_else() {
        for query in [
            "SELECT 1",
            "  select 1 ; ",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "SHOW ssl",
            "values(1)",
        ] {
            assert!(statement(query).is_ok(), "{query}");
        }
        for (query, word) in [
            ("", "begins with"),
            ("DELETE FROM users", "begins with"),
            ("SELECT 1; DROP TABLE users", "one statement"),
            ("SELECT 1;;COMMIT", "one statement"),
            ("SELECT ';'", "chr(59)"),
            ("SELECTED 1", "begins with"),
            ("COMMIT", "begins with"),
            ("EXPLAIN ANALYZE DELETE FROM users", "begins with"),
            ("-- x\nSELECT 1", "begins with"),
            ("SELECT '\0'", "zero"),
        ] {
            let error = statement(query).expect_err(query);
            assert!(error.contains(word), "{query}: {error}");
        }
        assert!(statement(&format!("SELECT {}", "1".repeat(MAX_QUERY))).is_err());
    }

    #[test]
    fn values_have_the_kind_of_their_column() {
        for (text, kind, expected) in [
            ("t", Type::BOOL, Json::from(true)),
            ("7", Type::INT8, Json::from(7)),
            ("1.50", Type::NUMERIC, Json::from(1.5)),
            ("NaN", Type::FLOAT8, Json::from("NaN")),
            ("7", Type::TEXT, Json::from("7")),
            ("{1,2}", Type::INT4_ARRAY, Json::from("{1,2}")),
        ] {
            assert_eq!(value(text, &kind), expected, "{text} {kind}");
        }
    }

    #[test]
    fn no_value_of_a_row_is_told_unless_it_may_be() {
        let row = serde_json::json!({"email": "ann@example.org", "n": 3});
        let facts =
            Facts { columns: vec!["email".into(), "n".into()], rows: vec![row], took_ms: 2 };
        for (condition, outcome) in [
            ("rows[0].email == 'x'", Outcome::Fail),
            ("rows.all(row, row.email == '')", Outcome::Fail),
            ("rows[0].emial == ''", Outcome::Fail),
            ("rows[0].email", Outcome::Inconclusive(Reason::Internal)),
        ] {
            let mut params =
                Params { query: String::new(), expect: vec![condition.into()], show_rows: false };
            let judged = Expect::judge(&facts, &params);
            assert_eq!(judged.outcome, outcome, "{condition}");
            assert!(!format!("{judged:?}").contains("ann@"), "{condition}: {judged:?}");
            assert!(judged.observed.contains("1 rows of (email, n)"), "{judged:?}");
            params.show_rows = true;
            assert_eq!(Expect::judge(&facts, &params).outcome, outcome, "{condition}");
        }
        let params = Params {
            query: String::new(),
            expect: vec!["count == 0".into(), "rows[0].n == 3".into()],
            show_rows: false,
        };
        let judged = Expect::judge(&facts, &params);
        assert!(judged.observed.contains("it is 1"), "a count is no one's data: {judged:?}");
        assert!(judged.summary.starts_with("1 of 2"), "{judged:?}");
    }
}
