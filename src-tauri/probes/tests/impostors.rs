//! Servers that are not what the URL says, or mean harm: no claim about Redis or PostgreSQL
//! may pass on any of them, and none may take longer than its deadline.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use countersign_domain::environment::Targets;
use countersign_domain::finding::Outcome;
use countersign_probes::context::Context;
use serde_json::{Value, json};
use servers::{Certificates, Redis, context, garbage, look};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";

/// Hears what was sent; what it says back. Nothing ends the connection.
type Say = fn(heard: &str) -> Option<Vec<u8>>;

fn impostor(say: Say) -> u16 {
    serve(move |mut stream| {
        let mut heard = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut heard) {
            let words = String::from_utf8_lossy(&heard[..read]).into_owned();
            let Some(answer) = say(&words) else { return };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    })
}

/// Sends this, one byte at a time, without an end.
fn drip(text: &'static [u8]) -> u16 {
    serve(move |mut stream| {
        for byte in text.iter().cycle() {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    })
}

fn serve(each: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            std::thread::spawn(move || each(stream));
        }
    });
    port
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

/// As many answers as commands: a pipeline of a client library counts them.
fn each(heard: &str, answer: &str) -> Option<Vec<u8>> {
    bytes(&answer.repeat(heard.matches('*').count().max(1)))
}

/// Answers a login and a PING as Redis does, and anything else by `rest`.
fn polite(heard: &str, rest: &str) -> Option<Vec<u8>> {
    if heard.contains("AUTH") {
        return bytes("+OK\r\n");
    }
    each(heard, if heard.contains("PING") { "+PONG\r\n" } else { rest })
}

/// Every claim about Redis that logs in or asks, with parameters where it needs them.
fn redis_claims() -> Vec<(&'static str, Value)> {
    let info = json!({"command": ["INFO", "memory"], "expect": ["reply.maxmemory >= 0"]});
    let setting = json!({
        "command": ["CONFIG", "GET", "maxmemory"], "expect": ["reply.maxmemory >= 0"]});
    vec![
        ("redis.password-required", json!({})),
        ("redis.password-accepted", json!({})),
        ("redis.commands-disabled", json!({})),
        ("redis.application-authenticated", json!({})),
        ("redis.bind", json!({})),
        ("redis.persistence", json!({})),
        ("redis.aof", json!({})),
        ("redis.expect", info),
        ("redis.expect", setting),
    ]
}

fn redis_at(url: String, facts: &[(&str, &str)]) -> Context {
    let targets = Targets { redis: Some(url), ..Targets::default() };
    context(targets, &[("REDIS_PASSWORD", PASSWORD)], facts)
}

async fn none_passes(what: &str, cx: impl Fn() -> Context, claims: Vec<(&'static str, Value)>) {
    let looks = claims.into_iter().map(|(probe, params)| {
        let cx = cx();
        async move {
            let clock = Instant::now();
            let finding = look(&cx, probe, params).await;
            let passed = matches!(finding.outcome, Outcome::Pass | Outcome::NotApplicable);
            assert!(!passed, "{what} passes {probe}: {finding:#?}");
            assert!(clock.elapsed() < Duration::from_secs(10), "{what} {probe}: {finding:#?}");
        }
    });
    futures::future::join_all(looks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_no_redis_passes_a_claim_about_redis() {
    let servers: Vec<(&str, u16)> = vec![
        ("OK to everything", impostor(|heard| each(heard, "+OK\r\n"))),
        ("PONG to everything", impostor(|heard| each(heard, "+PONG\r\n"))),
        ("a number to everything", impostor(|heard| each(heard, ":1\r\n"))),
        ("nil to everything", impostor(|heard| each(heard, "$-1\r\n"))),
        ("an empty list to everything", impostor(|heard| each(heard, "*0\r\n"))),
        ("an error to everything", impostor(|heard| each(heard, "-ERR unknown command\r\n"))),
        ("NOAUTH to everything", impostor(|heard| each(heard, "-NOAUTH no\r\n"))),
        ("WRONGPASS to everything", impostor(|heard| each(heard, "-WRONGPASS no\r\n"))),
        ("NOPERM to everything", impostor(|heard| each(heard, "-NOPERM no\r\n"))),
        ("a login, then OK", impostor(|heard| polite(heard, "+OK\r\n"))),
        ("a login, then PONG", impostor(|heard| polite(heard, "+PONG\r\n"))),
        ("a login, then nil", impostor(|heard| polite(heard, "$-1\r\n"))),
        ("a login, then a list of nil", impostor(|heard| polite(heard, "*1\r\n$-1\r\n"))),
        ("a login, then an empty text", impostor(|heard| polite(heard, "$0\r\n\r\n"))),
        ("a login, then an error", impostor(|heard| polite(heard, "-ERR unknown command\r\n"))),
        (
            "a login, then the end",
            impostor(|heard| heard.contains("AUTH").then(|| b"+OK\r\n".to_vec())),
        ),
        ("what was said, back", impostor(bytes)),
        ("another protocol (HTTP)", garbage()),
        ("the end at once", serve(drop)),
        ("1 GiB announced", impostor(|heard| polite(heard, "$1073741824\r\nx"))),
        ("more than can be counted", impostor(|_| bytes("*9223372036854775807\r\n"))),
        ("a negative length", impostor(|_| bytes("$-9\r\n"))),
        ("lists in lists", impostor(|_| bytes(&"*1\r\n".repeat(100_000)))),
        ("a map in RESP3", impostor(|heard| polite(heard, "%1\r\n+a\r\n+b\r\n"))),
        ("pushes in RESP3", impostor(|_| bytes(">2\r\n+message\r\n+x\r\n"))),
        ("one byte at a time", drip(b"+OK\r\n")),
        ("a line that never ends, slowly", drip(b"+")),
        ("zeros", impostor(|_| Some(vec![0; 64 * 1024]))),
    ];
    let mut all = Vec::new();
    for (what, port) in servers {
        let url = format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{port}");
        let cx = move || redis_at(url.clone(), &[("redis_addresses", "127.0.0.9")]);
        all.push(none_passes(what, cx, redis_claims()));
    }
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn a_port_that_speaks_only_tls_passes_nothing_in_the_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    Certificates::new().write(folder.path());
    let dir = folder.path().display().to_string();
    let server = Redis::start_in(
        folder,
        &format!(
            "requirepass {PASSWORD}\ntls-port PORT\ntls-cert-file {dir}/server.pem\n\
             tls-key-file {dir}/server.key\ntls-ca-cert-file {dir}/ca.pem\ntls-auth-clients no"
        ),
    );
    let url = format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    none_passes("TLS only", || redis_at(url.clone(), &[]), redis_claims()).await;
    let plain = Redis::start(&format!("requirepass {PASSWORD}"));
    let url = format!("rediss://:${{REDIS_PASSWORD}}@127.0.0.1:{}", plain.port);
    none_passes("no TLS", || redis_at(url.clone(), &[]), redis_claims()).await;
}

/// A message of PostgreSQL's protocol.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short");
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

fn is_tls_request(heard: &str) -> bool {
    heard.len() <= 12 && heard.starts_with("\0\0\0\u{8}")
}

fn is_startup(heard: &str) -> bool {
    heard.contains("user\0")
}

/// Lets everybody in without TLS, and answers each query by `rest`.
fn open_door(heard: &str, rest: &[Vec<u8>]) -> Option<Vec<u8>> {
    if is_tls_request(heard) {
        return bytes("N");
    }
    let ready = message(b'Z', b"I");
    if is_startup(heard) {
        return Some([message(b'R', &[0; 4]), ready].concat());
    }
    Some([rest.concat(), ready].concat())
}

fn postgres_claims() -> Vec<(&'static str, Value)> {
    let query = json!({"query": "SELECT 1 AS one", "expect": ["count >= 0"]});
    vec![
        ("postgres.tls", json!({})),
        ("postgres.plaintext-refused", json!({})),
        ("postgres.least-privilege", json!({})),
        ("postgres.no-createdb", json!({})),
        ("postgres.pooled", json!({})),
        ("sql.expect", query),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_no_postgres_passes_a_claim_about_postgres() {
    let servers: Vec<(&str, u16)> = vec![
        (
            "S, then no TLS",
            impostor(|heard| {
                if is_tls_request(heard) {
                    bytes("S")
                } else {
                    Some(error("28000", "no encryption"))
                }
            }),
        ),
        ("S, then S for ever", impostor(|_| bytes("S"))),
        (
            "N, then a refusal",
            impostor(|heard| {
                if is_tls_request(heard) {
                    bytes("N")
                } else {
                    Some(error("28000", "no encryption"))
                }
            }),
        ),
        (
            "the refusal of PgBouncer, and no TLS",
            impostor(|heard| {
                if is_tls_request(heard) {
                    bytes("N")
                } else {
                    Some(error("08P01", "SSL required"))
                }
            }),
        ),
        ("a refusal for everything", impostor(|_| Some(error("28000", "no encryption")))),
        ("an error without a code", impostor(|_| Some(message(b'E', b"Mno\0\0")))),
        ("an error without an end", impostor(|_| Some(message(b'E', b"C28000")))),
        (
            "an open door, then no rows",
            impostor(|heard| open_door(heard, &[message(b'C', b"SELECT 0\0")])),
        ),
        ("an open door, then nothing", impostor(|heard| open_door(heard, &[]))),
        (
            "an open door, then errors",
            impostor(|heard| open_door(heard, &[error("XX000", "never")])),
        ),
        (
            "an open door, then a row without columns",
            impostor(|heard| {
                open_door(
                    heard,
                    &[message(b'T', &[0, 0]), message(b'D', &[0, 0]), message(b'C', b"SELECT 1\0")],
                )
            }),
        ),
        (
            "an open door, then rows unannounced",
            impostor(|heard| {
                open_door(
                    heard,
                    &[message(b'D', &[0, 1, 0, 0, 0, 1, b't']), message(b'C', b"SELECT 1\0")],
                )
            }),
        ),
        (
            "a message of 1 GiB",
            impostor(|_| Some([&b"R"[..], &[0x40, 0, 0, 0], &[0; 4096]].concat())),
        ),
        ("a length of nothing", impostor(|_| Some(b"R\0\0\0\0".to_vec()))),
        ("another protocol (HTTP)", garbage()),
        ("the end at once", serve(drop)),
        ("what was said, back", impostor(bytes)),
        ("notices without an end", drip(b"N\0\0\0\x08Mx\0\0")),
        ("S, slowly", drip(b"S")),
    ];
    let mut all = Vec::new();
    for (what, port) in servers {
        for query in ["?sslmode=require", ""] {
            let url = format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/shop{query}");
            let pooler = format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/pgbouncer");
            for pooler in [None, Some(pooler)] {
                let targets = Targets {
                    database: Some(url.clone()),
                    pooler,
                    api: Some(format!("http://127.0.0.1:{port}")),
                    ..Targets::default()
                };
                let cx = move || context(targets.clone(), &[("DB_PASSWORD", PASSWORD)], &[]);
                all.push(none_passes(what, cx, postgres_claims()));
            }
        }
    }
    futures::future::join_all(all).await;
}
