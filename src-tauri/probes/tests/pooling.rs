//! Whether connections are pooled: applications that pool and that do not, and a real
//! PgBouncer, each before a real PostgreSQL.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::json;
use servers::pgbouncer::PgBouncer;
use servers::{Postgres, context, free_port, garbage, look, silent};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";
const HBA: &str = "host all all 127.0.0.1/32 scram-sha-256\n";

/// How an application comes to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// One connection, kept.
    Pool,
    /// A new connection for each request.
    Each,
    /// `/health` asks the database nothing.
    Nothing,
    /// `/health` answers 503.
    Broken,
}

async fn connect(port: u16, database: &str) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(port).user("app").password(PASSWORD).dbname(database);
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// An application in this process; its port.
async fn application(style: Style, database_port: u16, database: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let kept = match style {
        Style::Pool => Some(Arc::new(connect(database_port, database).await)),
        _ => None,
    };
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                match (style, kept) {
                    (_, Some(client)) => drop(client.simple_query("SELECT 1").await),
                    (Style::Each, _) => {
                        let client = connect(database_port, database).await;
                        drop(client.simple_query("SELECT 1").await);
                    }
                    _ => {}
                }
                let status = if style == Style::Broken { "503 Down" } else { "200 OK" };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}

fn at(database_port: u16, database: &str, api: Option<u16>, pooler: Option<&str>) -> Context {
    let url = format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{database_port}/{database}");
    let targets = Targets {
        database: Some(url),
        api: api.map(|port| format!("http://127.0.0.1:{port}")),
        pooler: pooler.map(str::to_owned),
        ..Targets::default()
    };
    context(targets, &[("DB_PASSWORD", PASSWORD)], &[])
}

fn assert_is(name: &str, finding: &Finding, outcome: Outcome, words: &str) {
    assert_eq!(finding.outcome, outcome, "{name}: {finding:#?}");
    let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
    assert!(text.contains(words), "{name}: {words:?} is not in {finding:#?}");
}

fn cluster() -> Postgres {
    let role = format!(
        "SET password_encryption = 'scram-sha-256';\nCREATE ROLE app LOGIN PASSWORD '{PASSWORD}'"
    );
    let databases = ["shop", "each", "nothing", "busy", "calming"]
        .map(|name| format!("CREATE DATABASE {name}"));
    Postgres::start(HBA, None, &format!("{role};\n{}", databases.join(";\n")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_sessions_tell_whether_an_application_pools() {
    let server = cluster();
    let port = server.port;
    let pool = application(Style::Pool, port, "shop").await;
    let each = application(Style::Each, port, "each").await;
    let nothing = application(Style::Nothing, port, "nothing").await;
    let busy = application(Style::Pool, port, "busy").await;
    let broken = application(Style::Broken, port, "shop").await;
    let calming = application(Style::Pool, port, "calming").await;
    // Somebody else who comes and goes: all the time, or in the first seconds.
    let visits = |database, times| async move {
        for _ in 0..times {
            drop(connect(port, database).await.simple_query("SELECT 1").await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let noise = tokio::spawn(visits("busy", u32::MAX));
    tokio::spawn(visits("calming", 30));
    let probe = |cx| async move { look(&cx, "postgres.pooled", json!({})).await };
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    let (pool, each, nothing, busy, calming) = futures::join!(
        probe(at(port, "shop", Some(pool), None)),
        probe(at(port, "each", Some(each), None)),
        probe(at(port, "nothing", Some(nothing), None)),
        probe(at(port, "busy", Some(busy), None)),
        probe(at(port, "calming", Some(calming), None)),
    );
    noise.abort();
    assert_is("a pool", &pool, Outcome::Pass, "opened 0 database sessions");
    assert_is("a pool", &pool, Outcome::Pass, "pool-limit-unseen");
    assert_is("a connection each", &each, Outcome::Fail, "24 database sessions: no pool");
    assert_is("no database", &nothing, person, "does not seem to use the database");
    assert_is("much else", &busy, person, "Too much else");
    assert_is("much else, for a while", &calming, Outcome::Pass, "opened 0 database sessions");
    let broken = probe(at(port, "shop", Some(broken), None)).await;
    assert_is("a broken route", &broken, Outcome::Inconclusive(Reason::Unexpected), "503");
    let none = probe(at(port, "shop", None, None)).await;
    assert_is("no API", &none, Outcome::Inconclusive(Reason::NotConfigured), "`api`");
}

#[tokio::test]
async fn a_pooler_tells_what_it_pools() {
    let server = cluster();
    let bouncer = |lines: &str| PgBouncer::start(&server, &["app", "stats"], PASSWORD, lines);
    let console =
        |port: u16| format!("postgresql://stats:${{DB_PASSWORD}}@127.0.0.1:{port}/pgbouncer");
    let ours = bouncer("pool_mode = transaction\ndefault_pool_size = 15");
    let session = bouncer("pool_mode = session\ndefault_pool_size = 20");
    let large = bouncer("pool_mode = transaction\ndefault_pool_size = 500");
    let unused = bouncer("pool_mode = transaction\ndefault_pool_size = 15");
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    for (name, database, pooler, outcome, words) in [
        ("by transaction", ours.port, ours.port, Outcome::Pass, "default_pool_size: 15"),
        ("by session", session.port, session.port, Outcome::Pass, "pool-mode-session"),
        ("larger than the server", large.port, large.port, Outcome::Fail, "500 is not below"),
        ("beside the way", server.port, unused.port, person, "no client of the application"),
    ] {
        let cx = at(database, "shop", None, Some(&console(pooler)));
        let finding = look(&cx, "postgres.pooled", json!({})).await;
        assert_is(name, &finding, outcome, words);
    }
    // A server that is no pooler, and a console that lets nobody in.
    let odd = [
        (
            "PostgreSQL itself",
            format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{}/shop", server.port),
            Reason::Refused,
        ),
        (
            "a stranger",
            format!("postgresql://nobody:${{DB_PASSWORD}}@127.0.0.1:{}/pgbouncer", ours.port),
            Reason::Refused,
        ),
        ("down", console(free_port()), Reason::Unreachable),
        ("silent", console(silent()), Reason::TimedOut),
        ("garbage", console(garbage()), Reason::Unexpected),
    ];
    for (name, url, reason) in odd {
        let finding =
            look(&at(server.port, "shop", None, Some(&url)), "postgres.pooled", json!({})).await;
        assert_is(name, &finding, Outcome::Inconclusive(reason), "");
    }
    let cx = at(ours.port, "shop", None, Some(&console(ours.port)));
    let finding = look(&cx, "postgres.pooled", json!({})).await;
    let command = finding.reproduce.expect("a command");
    let out = std::process::Command::new("sh")
        .args(["-c", &command])
        .env("DB_PASSWORD", PASSWORD)
        .output()
        .expect("a shell");
    assert!(
        String::from_utf8_lossy(&out.stdout).contains("default_pool_size"),
        "{command} {out:?}"
    );
}
