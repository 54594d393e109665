//! The team's own conditions on rows, against a real PostgreSQL.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};
use countersign_probes::context::Context;
use countersign_probes::registry;
use serde_json::json;
use servers::{Postgres, context, free_port, garbage, look, silent};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";

fn at(port: u16) -> Context {
    let url = format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/postgres");
    let targets = Targets { database: Some(url), ..Targets::default() };
    context(targets, &[("DB_PASSWORD", PASSWORD)], &[])
}

#[tokio::test]
async fn conditions_on_rows_hold_or_not_and_nothing_is_written() {
    let server = Postgres::start(
        "host all all 127.0.0.1/32 scram-sha-256\n",
        None,
        &format!(
            "SET password_encryption = 'scram-sha-256';\nCREATE ROLE app LOGIN PASSWORD '{PASSWORD}';\n\
             CREATE TABLE public.users (id int, email text, admin bool, spent numeric);\n\
             INSERT INTO public.users VALUES (1, 'ann@example.org', true, 1.5), (2, NULL, false, 0);\n\
             CREATE SEQUENCE public.numbers;\n\
             GRANT ALL ON ALL TABLES IN SCHEMA public TO app;\n\
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app"
        ),
    );
    use Outcome::{Fail, Inconclusive, Pass};
    let refused = Inconclusive(Reason::Refused);
    let users = "SELECT id, email, admin, spent FROM public.users ORDER BY id";
    let quick = "count == 2 && took_ms < 5000";
    let of_rows = "rows[0].admin && rows[0].spent == 1.5 && rows[1].email == null";
    let cases = [
        ("rows", users, quick, Pass, "2 rows of (id, email, admin, spent)"),
        ("values have kinds", users, of_rows, Pass, "2 rows"),
        ("a null", users, "rows.exists(row, row.id == 2 && row.email == null)", Pass, ""),
        ("a count that is wrong", users, "count == 0", Fail, "it is 2"),
        ("a value that is wrong", users, "rows[0].email == 'x'", Fail, "not shown"),
        ("a setting", "SHOW server_version_num", "rows[0].server_version_num != ''", Pass, ""),
        ("nothing", "SELECT 1 WHERE false", "count == 0", Pass, "0 rows"),
        ("common tables", "WITH x AS (SELECT 7 AS n) SELECT n FROM x", "rows[0].n == 7", Pass, ""),
        (
            "read only",
            "SELECT current_setting('transaction_read_only') AS is",
            "rows[0].is == 'on'",
            Pass,
            "",
        ),
        (
            "a table without its schema",
            "SELECT * FROM users",
            "count > 0",
            refused,
            "needs its schema",
        ),
        (
            "a hidden write",
            "WITH x AS (DELETE FROM public.users RETURNING *) SELECT * FROM x",
            "true",
            refused,
            "25006",
        ),
        ("a sequence", "SELECT nextval('public.numbers')", "true", refused, "25006"),
        (
            "a way out",
            "SELECT set_config('transaction_read_only', 'off', true)",
            "true",
            refused,
            "25001",
        ),
        ("no such table", "SELECT * FROM public.nothing", "true", refused, "42P01"),
        ("a value in an error", "SELECT email::int FROM public.users", "true", refused, "22P02"),
        (
            "a parameter",
            "SELECT $1::int",
            "true",
            Inconclusive(Reason::NotConfigured),
            "parameters",
        ),
        (
            "too many rows",
            "SELECT generate_series(1, 1001)",
            "true",
            Inconclusive(Reason::Unexpected),
            "1000 rows",
        ),
        (
            "too many bytes",
            "SELECT repeat('x', 9000000)",
            "true",
            Inconclusive(Reason::Unexpected),
            "",
        ),
        ("too slow", "SELECT pg_sleep(30)", "true", Inconclusive(Reason::TimedOut), ""),
    ];
    let mut wrong = Vec::new();
    for (name, query, condition, outcome, words) in cases {
        let params = json!({ "query": query, "expect": [condition] });
        let finding = look(&at(server.port), "sql.expect", params).await;
        let text = format!("{} {}", finding.summary, finding.observed);
        if finding.outcome != outcome || !text.contains(words) {
            wrong.push(format!("{name}: expected {outcome:?} with {words:?}, got {finding:#?}"));
        }
        assert!(!format!("{finding:?}").contains("ann@"), "{name}: {finding:#?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let params = json!({ "query": users, "expect": ["rows[0].email == 'x'"], "show_rows": true });
    let finding = look(&at(server.port), "sql.expect", params).await;
    assert_eq!(finding.outcome, Fail);
    assert!(finding.observed.contains("ann@example.org"), "asked for: {finding:#?}");
    let command = finding.reproduce.expect("a command");
    let out = std::process::Command::new("sh")
        .args(["-c", &command])
        .env("DB_PASSWORD", PASSWORD)
        .output()
        .expect("a shell");
    assert!(String::from_utf8_lossy(&out.stdout).contains("(2 rows)"), "{command} {out:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_proves_nothing() {
    for (name, port, reason) in [
        ("down", free_port(), Reason::Unreachable),
        ("silent", silent(), Reason::TimedOut),
        ("garbage", garbage(), Reason::Unexpected),
    ] {
        let params = json!({ "query": "SELECT 1", "expect": ["true"] });
        let finding = look(&at(port), "sql.expect", params).await;
        assert_eq!(finding.outcome, Outcome::Inconclusive(reason), "{name}: {finding:#?}");
    }
}

#[test]
fn a_query_that_writes_is_refused_when_the_template_is_loaded() {
    let probe = registry::find("sql.expect").expect("a probe");
    for (params, word) in [
        (json!({"query": "DROP TABLE users", "expect": ["true"]}), "begins with"),
        (json!({"query": "SELECT 1; COMMIT", "expect": ["true"]}), "one statement"),
        (json!({"query": "SELECT 1", "expect": ["row == 1"]}), "`row`"),
        (json!({"query": "SELECT 1", "expect": []}), "expect"),
        (json!({"query": "SELECT 1", "expect": ["true"], "limit": 1}), "limit"),
    ] {
        let params = serde_json::from_value(params).expect("an object");
        let error = probe.check(&params).expect_err(word);
        assert!(error.contains(word), "{word}: {error}");
    }
}
