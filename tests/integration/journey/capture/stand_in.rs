//! The same over MailAgent's stand-in, a real application: what its sockets, its database
//! and its secret store are sent, too.

use std::collections::BTreeSet;
use std::io::{Cursor, ErrorKind, Read, Write};

use anyhow::{Context, Result, bail, ensure};
use countersign_tests::{MailAgent, Recorder, Stores, Wrapping};
use serde_json::Value;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::wire::{http_reads_only, reached, redis_reads_only, sql_reads_only, traced};
use crate::team::{Team, text};

/// What `DescribeSecret` is asked by; every other action reads a value or changes something.
const DESCRIBE: &str = "x-amz-target: secretsmanager.DescribeSecret";

/// What fails behind a relay: the proxy redirects to its own port, and not to the relay's.
const REDIRECTED: [&str; 2] = ["tls.redirect", "deployed.https"];

/// Relays in front of everything that the environment names.
struct Relays {
    api: Recorder,
    plain: Recorder,
    live: Recorder,
    redis: Recorder,
    database: Recorder,
    secrets: Recorder,
}

impl Relays {
    fn start(stores: &Stores, agent: &mut MailAgent) -> Result<Self> {
        let (https, http) = (agent.proxy.tls_port(), agent.proxy.http_port());
        let mut relay = |name: &str, port: u16, wrapping| -> Result<_> {
            let recorder = Recorder::start(port, wrapping, &stores.certificate, &stores.ca)?;
            agent.relay(name, port, recorder.port())?;
            Ok(recorder)
        };
        Ok(Self {
            api: relay("api", https, Wrapping::Tls)?,
            plain: relay("api_plain", http, Wrapping::Plain)?,
            live: relay("websocket", https, Wrapping::Tls)?,
            redis: relay("redis", stores.redis.port(), Wrapping::Plain)?,
            database: relay("database", stores.postgres.port(), Wrapping::Postgres)?,
            secrets: relay("secret_store", stores.moto.port(), Wrapping::Plain)?,
        })
    }

    fn ports(&self) -> BTreeSet<u16> {
        [&self.api, &self.plain, &self.live, &self.redis, &self.database, &self.secrets]
            .map(Recorder::port)
            .into()
    }
}

#[test]
fn a_full_run_over_a_real_application_reads_only_and_speaks_to_nobody_else() -> Result<()> {
    let stores = Stores::shared()?;
    let mut agent = MailAgent::start(&stores, &[])?;
    let relays = Relays::start(&stores, &mut agent)?;
    let mut team = Team::of_one()?;
    for (name, value) in agent.secrets.iter() {
        team.cli = team.cli.env(name, value);
    }
    let project = team.write("countersign.toml", &agent.project())?;
    team.cli.succeed(&["project", "create", text(&project)?, "--role", "security"])?;
    team.cli.succeed(&["release", "open", "1.0", "--environment", "staging"])?;
    let (found, trace) = traced(&team)?;

    let with = |outcome: &str| -> Vec<&str> {
        let items = found["items"].as_array().into_iter().flatten();
        items
            .filter(|item| item["outcome"] == outcome)
            .filter_map(|item| item["id"].as_str())
            .collect()
    };
    ensure!(with("fail") == REDIRECTED, "{:?} fail: {found}", with("fail"));
    ensure!(with("pass").len() >= 35, "the run went well: {found}");
    for item in ["websocket.tenant-rooms", "websocket.jwt", "secret-store.vault"] {
        ensure!(with("pass").contains(&item), "{item} was looked at: {found}");
    }

    redis_reads_only(&relays.redis.sent())?;
    sql_reads_only(&relays.database.sent())?;
    http_reads_only(&[relays.api.sent(), relays.plain.sent()].concat())?;
    describes_only(&relays.secrets.sent())?;
    says_what_is_named(&relays.live.sent_bytes())?;

    let (reached, named) = (reached(&trace)?, agent.ports());
    ensure!(reached.is_subset(&named), "it reached {reached:?}, and {named:?} are named");
    ensure!(relays.ports().is_subset(&reached), "all relays were used: {reached:?}");
    for (name, value) in agent.secrets.iter() {
        let mut argv = trace.lines().filter(|line| line.contains("execve("));
        ensure!(!argv.any(|line| line.contains(value)), "{name} stands in argv");
    }
    Ok(())
}

/// Holds that the secret store was asked for what it knows about secrets, and nothing else.
fn describes_only(sessions: &[String]) -> Result<()> {
    let lines: Vec<_> = sessions.iter().flat_map(|session| session.lines()).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line.ends_with(" HTTP/1.1")).collect();
    ensure!(!requests.is_empty(), "the secret store was asked");
    let described = lines.iter().filter(|line| line.eq_ignore_ascii_case(DESCRIBE)).count();
    ensure!(
        requests.iter().all(|line| **line == "POST / HTTP/1.1") && described == requests.len(),
        "the secret store was sent {lines:#?}"
    );
    Ok(())
}

/// Holds that sockets were asked for and given, and that over them a caller asks to be let
/// in, joins rooms, says its text there, answers pings and leaves: what the claims name.
fn says_what_is_named(sessions: &[Vec<u8>]) -> Result<()> {
    let mut said = BTreeSet::new();
    for session in sessions {
        for message in messages(session)? {
            said.insert(kind(&message).with_context(|| format!("a socket was sent {message:?}"))?);
        }
    }
    for wanted in ["let me in", "join", "message"] {
        ensure!(said.contains(wanted), "the sockets were sent {said:?} only");
    }
    Ok(())
}

/// What a message is; nothing when no claim names such a one.
fn kind(message: &Message) -> Option<&'static str> {
    let text = match message {
        Message::Text(text) => text.as_str(),
        Message::Close(_) => return Some("goodbye"),
        _ => return None,
    };
    match text {
        "3" => return Some("pong"),
        "40" => return Some("let me in"),
        "41" => return Some("goodbye"),
        _ => {}
    }
    let (kind, rest) = text.split_at_checked(2)?;
    let data: Value =
        serde_json::from_str(rest.trim_start_matches(|c: char| c.is_ascii_digit())).ok()?;
    match kind {
        "40" if keys(&data)? == ["token"] => Some("let me in"),
        "42" => match (data[0].as_str()?, keys(&data[1])?.as_slice(), data.get(2)) {
            ("join", ["room"], None) => Some("join"),
            ("message", ["room", "text"], None) => Some("message"),
            _ => None,
        },
        _ => None,
    }
}

fn keys(data: &Value) -> Option<Vec<&str>> {
    Some(data.as_object()?.keys().map(String::as_str).collect())
}

/// A recorded client, to whom nothing can be said.
struct Tape<'a>(Cursor<&'a [u8]>);

impl Read for Tape<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Tape<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a client said behind its request for a socket, which must be well-formed to the end.
fn messages(session: &[u8]) -> Result<Vec<Message>> {
    let end = session.windows(4).position(|part| part == b"\r\n\r\n").context("a request")? + 4;
    let (head, frames) = session.split_at(end);
    let head = String::from_utf8_lossy(head);
    ensure!(
        head.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"),
        "the socket's server was sent {head}"
    );
    let mut socket = WebSocket::from_raw_socket(Tape(Cursor::new(frames)), Role::Server, None);
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(message) => messages.push(message),
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Ok(messages),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return Ok(messages);
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(messages);
            }
            Err(error) => bail!("no frames of WebSocket: {error}"),
        }
    }
}

#[test]
fn a_message_that_no_claim_names_is_told_from_those_that_one_names() {
    for (text, expected) in [
        ("40", Some("let me in")),
        (r#"40{"token":"x"}"#, Some("let me in")),
        (r#"421["join",{"room":"tenant:a:b"}]"#, Some("join")),
        (r#"42["message",{"room":"r","text":"t"}]"#, Some("message")),
        ("3", Some("pong")),
        (r#"40{"token":"x","admin":true}"#, None),
        (r#"42["delete",{"room":"r"}]"#, None),
        (r#"42["join",{"room":"r"},1]"#, None),
        (r#"42["message",{"room":"r","text":"t","to":"all"}]"#, None),
        ("451-[]", None),
        ("", None),
    ] {
        assert_eq!(kind(&Message::text(text)), expected, "{text}");
    }
    assert_eq!(kind(&Message::binary(vec![1])), None);
}
