//! The stand-in is what it says, as curl sees it through nginx: a probe's test against a
//! server that is not would prove nothing.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use countersign_tests::{FRONTEND, Fault, MailAgent, Stores, USER_PASSWORD, run, token};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// A deployment, and curl that trusts its authority.
struct Curl<'a> {
    agent: &'a MailAgent,
    ca: PathBuf,
}

impl Curl<'_> {
    /// Status and body.
    fn ask(&self, path: &str, arguments: &[&str]) -> Result<(u16, String)> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "10", "--cacert"]).arg(&self.ca);
        command.args(["--write-out", "\n%{http_code}"]).args(arguments);
        let ran = run(command.arg(format!("{}{path}", self.agent.proxy.https())), LIMIT)?;
        let (body, status) = ran.stdout.rsplit_once('\n').context(ran.stderr.clone())?;
        Ok((status.parse()?, body.to_owned()))
    }

    fn login(&self, email: &str, password: &str, forwarded: &str) -> Result<(u16, String)> {
        let body = json!({ "email": email, "password": password }).to_string();
        let header = format!("X-Forwarded-For: {forwarded}");
        self.ask("/auth/login", &["--json", &body, "--header", &header])
    }

    fn me(&self, token: &str) -> Result<u16> {
        let header = format!("Authorization: Bearer {token}");
        Ok(self.ask("/auth/me", &["--header", &header])?.0)
    }
}

/// A socket.io session over long polling (Engine.IO 4).
struct Session<'a> {
    curl: &'a Curl<'a>,
    path: String,
}

impl<'a> Session<'a> {
    /// The answer to the handshake and to the token.
    fn open(curl: &'a Curl<'a>, token: Option<&str>) -> Result<(Self, String)> {
        let path = "/socket.io/?EIO=4&transport=polling".to_owned();
        let (_, opened) = curl.ask(&path, &[])?;
        let open: Value = serde_json::from_str(opened.trim_start_matches('0')).context(opened)?;
        let sid = open["sid"].as_str().context("no sid")?;
        let session = Self { curl, path: format!("{path}&sid={sid}") };
        let auth = token.map_or_else(|| json!({}), |token| json!({ "token": token }));
        session.send(&format!("40{auth}"))?;
        let answer = session.receive()?;
        Ok((session, answer))
    }

    fn send(&self, packet: &str) -> Result<()> {
        let header = "Content-Type: text/plain;charset=UTF-8";
        let (status, body) =
            self.curl.ask(&self.path, &["--data-raw", packet, "--header", header])?;
        anyhow::ensure!(status == 200, "{packet} was answered by {status} {body}");
        Ok(())
    }

    fn receive(&self) -> Result<String> {
        Ok(self.curl.ask(&self.path, &[])?.1)
    }

    /// What was received within a second; nothing when the server had nothing to say.
    fn overhear(&self) -> Result<String> {
        Ok(self
            .curl
            .ask(&self.path, &["--max-time", "1"])
            .map(|(_, body)| body)
            .unwrap_or_default())
    }
}

/// A deployment with these faults of the application, and what `look` makes of it.
fn with<T>(
    stores: &Stores,
    faults: &[&'static str],
    look: impl Fn(&Curl<'_>) -> Result<T>,
) -> Result<T> {
    let faults: Vec<_> = faults.iter().map(|name| Fault::App(name)).collect();
    let agent = MailAgent::start(stores, &faults)?;
    look(&Curl { agent: &agent, ca: stores.ca.path() }).with_context(|| format!("{faults:?}"))
}

/// Tokens of tenant A: good, ended, of another key, unsigned, and none of these.
fn tokens(curl: &Curl<'_>) -> Result<[String; 5]> {
    let secret = curl.agent.secrets.value("JWT_SECRET")?;
    let good = token(&secret, "a", 60)?;
    let payload = good.split('.').nth(1).context("no payload")?;
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    Ok([
        good.clone(),
        token(&secret, "a", -60)?,
        token("another key", "a", 60)?,
        unsigned,
        "x".into(),
    ])
}

#[test]
fn tokens_are_taken_as_each_mode_says() -> Result<()> {
    let stores = Stores::shared()?;
    for (fault, me) in [
        (None, [200, 401, 401, 401, 401]),
        (Some("any-token"), [200, 200, 200, 200, 401]),
        (Some("expired-token"), [200, 200, 401, 401, 401]),
        (Some("guard-open"), [200; 5]),
        (Some("guard-closed"), [401; 5]),
    ] {
        let seen = with(&stores, fault.as_slice(), |curl| {
            tokens(curl)?.iter().map(|token| curl.me(token)).collect::<Result<Vec<_>>>()
        })?;
        assert_eq!(seen, me, "{fault:?}");
    }
    Ok(())
}

#[test]
fn a_login_works_and_guessing_ends_with_429() -> Result<()> {
    let stores = Stores::shared()?;
    let guess = |curl: &Curl<'_>| -> Result<Vec<u16>> {
        let mut statuses = Vec::new();
        for attempt in 1..=6 {
            statuses
                .push(curl.login("a@example.invalid", "guess", &format!("192.0.2.{attempt}"))?.0);
        }
        Ok(statuses)
    };
    let stopped = with(&stores, &[], guess)?;
    assert_eq!(stopped, [401, 401, 401, 401, 401, 429], "X-Forwarded-For must not help");
    assert_eq!(with(&stores, &["login-trusts-forwarded"], guess)?, [401; 6], "here it does");
    assert_eq!(with(&stores, &["login-unlimited"], guess)?, [401; 6]);

    let (me, body) = with(&stores, &[], |curl| {
        let (status, body) = curl.login("b@example.invalid", USER_PASSWORD, "192.0.2.1")?;
        assert_eq!(status, 200, "{body}");
        let token =
            serde_json::from_str::<Value>(&body)?["token"].as_str().context("token")?.to_owned();
        curl.ask("/auth/me", &["--header", &format!("Authorization: Bearer {token}")])
    })?;
    assert_eq!(me, 200);
    let user = json!({ "id": "user-b", "email": "b@example.invalid", "tenantId": "tenant-b" });
    assert_eq!(serde_json::from_str::<Value>(&body)?, user);
    Ok(())
}

#[test]
fn sockets_are_let_in_as_each_mode_says() -> Result<()> {
    let stores = Stores::shared()?;
    for (fault, answers) in [
        (None, ["40", "44", "44", "44", "44"]),
        (Some("ws-any-token"), ["40"; 5]),
        (Some("ws-late-refusal"), ["40"; 5]),
        (Some("any-token"), ["40", "40", "40", "40", "44"]),
        (Some("expired-token"), ["40", "40", "44", "44", "44"]),
    ] {
        let seen = with(&stores, fault.as_slice(), |curl| {
            let open = |token: &String| Ok(Session::open(curl, Some(token))?.1[..2].to_owned());
            tokens(curl)?.iter().map(open).collect::<Result<Vec<_>>>()
        })?;
        assert_eq!(seen, answers, "{fault:?}");
    }
    for (fault, foreign) in [(None, 400), (Some("ws-any-origin"), 101)] {
        let (own, other) = with(&stores, fault.as_slice(), |curl| {
            Ok((upgrade(curl, FRONTEND)?, upgrade(curl, "https://evil.example")?))
        })?;
        assert_eq!((own, other), (101, foreign), "{fault:?}");
    }
    Ok(())
}

/// The status of a WebSocket handshake from a page of this origin.
fn upgrade(curl: &Curl<'_>, origin: &str) -> Result<u16> {
    let origin = format!("Origin: {origin}");
    let mut arguments = vec!["--http1.1", "--max-time", "1"];
    for header in [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        &origin,
    ] {
        arguments.extend(["--header", header]);
    }
    Ok(curl.ask("/socket.io/?EIO=4&transport=websocket", &arguments)?.0)
}

#[test]
fn rooms_are_a_tenants_own_unless_a_fault_opens_them() -> Result<()> {
    let stores = Stores::shared()?;
    for (fault, acknowledged, overheard) in [
        (None, false, false),
        (Some("ws-foreign-rooms"), true, true),
        (Some("ws-refuses-and-joins"), false, true),
    ] {
        let (answer, heard) = with(&stores, fault.as_slice(), |curl| {
            let token = |name| curl.agent.secrets.value(name);
            let (spy, _) = Session::open(curl, Some(&token("TENANT_A_TOKEN")?))?;
            let (owner, _) = Session::open(curl, Some(&token("TENANT_B_TOKEN")?))?;
            let room = r#"{"room":"tenant:tenant-b:inbox"}"#;
            spy.send(&format!("420[\"join\",{room}]"))?;
            let answer = spy.receive()?;
            owner.send(&format!("420[\"join\",{room}]"))?;
            assert!(owner.receive()?.contains("true"), "the tenant itself gets in");
            owner.send(r#"42["message",{"room":"tenant:tenant-b:inbox","text":"canary"}]"#)?;
            assert!(owner.receive()?.contains("canary"), "and is heard by itself");
            Ok((answer, spy.overhear()?))
        })?;
        let expected = format!("430[{{\"ok\":{acknowledged},\"room\":\"tenant:tenant-b:inbox\"}}]");
        assert_eq!(answer, expected, "{fault:?}");
        assert_eq!(heard.contains("canary"), overheard, "{fault:?}: {heard}");
    }
    Ok(())
}

#[test]
fn an_unknown_fault_is_not_planted_in_silence() -> Result<()> {
    let stores = Stores::shared()?;
    let refused = MailAgent::start(&stores, &[Fault::App("no-such-fault")]);
    assert!(refused.is_err_and(|error| format!("{error:#}").contains("is no fault")));
    Ok(())
}
