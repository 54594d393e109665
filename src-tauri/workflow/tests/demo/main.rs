//! The demo from a newcomer's side: red, repaired, green, three signatures, Go. And what it
//! must not do: listen elsewhere, answer for others, leave its secrets in the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod socket;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use countersign_domain::environment::Environment;
use countersign_domain::member::Role;
use countersign_workflow::check::Selection;
use countersign_workflow::demo::{DemoStarted, PASSPHRASE};
use countersign_workflow::view::{Attest, CheckView, GateCode, OutcomeCode, SignOff, TickCode};
use countersign_workflow::{Home, World};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

fn open(folder: &TempDir) -> Home {
    Home::open(folder.path(), World::real()).expect("a home")
}

fn passphrase() -> Zeroizing<String> {
    Zeroizing::new(PASSPHRASE.to_owned())
}

async fn check(home: &Home, demo: &DemoStarted) -> CheckView {
    let key = home.unlock(&demo.key.name, &passphrase()).expect("the demo's key");
    let selection = Selection { after: true, ..Selection::default() };
    home.check(&key, &demo.project, &demo.release, selection, |_| {}).await.expect("a check run")
}

fn outcomes(seen: &CheckView) -> BTreeMap<&str, (OutcomeCode, &str)> {
    seen.items
        .iter()
        .map(|item| (item.id.as_str(), (item.outcome, item.observed.as_str())))
        .collect()
}

fn with(seen: &CheckView, wanted: OutcomeCode) -> Vec<&str> {
    seen.items.iter().filter(|item| item.outcome == wanted).map(|item| item.id.as_str()).collect()
}

/// Host and port of a target of the demo's environment.
fn address(home: &Home, demo: &DemoStarted, target: &str) -> SocketAddr {
    let project = home.project(&demo.project).expect("the project");
    let targets = &project.environments[0].targets;
    let value = &targets.iter().find(|known| known.name == target).expect("a target").value;
    value.split("://").nth(1).expect("a URL").parse().expect("an address")
}

#[tokio::test]
async fn a_newcomer_sees_red_repairs_it_collects_three_signatures_and_gets_a_go() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");

    let red = check(&home, &demo).await;
    let mut failed = with(&red, OutcomeCode::Fail);
    failed.sort_unstable();
    assert_eq!(
        failed,
        [
            "cors.methods",
            "cors.no-wildcard",
            "deployed.https",
            "deployed.rate-limit",
            "headers.content-type-options",
            "headers.csp",
            "headers.frame-options",
            "headers.hsts",
            "secret-store.not-committed",
            "secrets.env-ignored",
            "secrets.jwt-secret",
            "secrets.outside-code",
            "tls.hsts",
            "tls.redirect",
        ],
        "{:#?}",
        outcomes(&red)
    );
    assert!(with(&red, OutcomeCode::Inconclusive).is_empty(), "{:#?}", outcomes(&red));
    assert!(with(&red, OutcomeCode::Pass).contains(&"deployed.health"));
    assert_eq!(home.gate(&demo.project, &demo.release).expect("a gate").verdict, GateCode::NoGo);

    home.repair_demo().expect("repaired");
    let green = check(&home, &demo).await;
    let passed = with(&green, OutcomeCode::Pass).len();
    assert_eq!(passed, green.items.len(), "{:#?}", outcomes(&green));
    let notes: Vec<_> = green.items.iter().flat_map(|item| &item.notes).collect();
    assert!(notes.is_empty(), "a repaired target leaves no reservation: {notes:?}");

    sign_for_everybody(&home, &demo);
    assert_eq!(home.gate(&demo.project, &demo.release).expect("a gate").verdict, GateCode::Go);

    check(&home, &demo).await;
    let gate = home.gate(&demo.project, &demo.release).expect("a gate");
    assert_eq!(gate.verdict, GateCode::Go, "a second run confirms the first: {:?}", gate.blockers);

    home.set_demo_faults(true).expect("faulty again");
    let red_again = check(&home, &demo).await;
    assert_eq!(with(&red_again, OutcomeCode::Fail).len(), failed.len());
    let gate = home.gate(&demo.project, &demo.release).expect("a gate");
    assert!(gate.blockers.iter().any(|blocker| blocker.code == "signoff-stale"), "{gate:?}");
}

fn sign_for_everybody(home: &Home, demo: &DemoStarted) {
    let (project, release) = (demo.project.to_string(), demo.release.to_string());
    let founder = home.unlock(&demo.key.name, &passphrase()).expect("the founder's key");
    for item in ["websocket.jwt", "signoff.rollback-tested"] {
        let request = Attest {
            project: project.clone(),
            release: release.clone(),
            item: item.to_owned(),
            tick: TickCode::Done,
            note: "Looked at in the demo".to_owned(),
        };
        home.attest(&founder, &request).expect("a tick");
    }
    let gate = home.gate(&demo.project, &demo.release).expect("a gate");
    assert_eq!(gate.verdict, GateCode::Ready, "{:#?}", gate.blockers);
    for (key, role) in [
        ("demo-security", Role::Security),
        ("demo-devops", Role::Devops),
        ("demo-management", Role::Management),
    ] {
        let key = home.unlock(key, &passphrase()).expect("a demo key");
        let statement = home
            .statement(&demo.project, &demo.release, role, key.fingerprint())
            .expect("a statement");
        assert_eq!(statement.refusal, "");
        let request = SignOff {
            project: project.clone(),
            release: release.clone(),
            role: role.code().to_owned(),
            decision: "approve".to_owned(),
            exceptions: Vec::new(),
            state: statement.state,
            comment: "In the demo".to_owned(),
            passphrase: PASSPHRASE.to_owned(),
            confirmed: false,
        };
        home.sign_off(&key, &request).expect("a signature");
    }
}

#[tokio::test]
async fn starting_it_again_adds_nothing_and_a_restart_keeps_the_repair() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    assert_eq!(home.demo_project().expect("readable"), None);
    let demo = home.start_demo().await.expect("the demo");
    assert_eq!(home.demo_project().expect("readable"), Some(demo.project.clone()));
    let again = home.start_demo().await.expect("the same demo");
    assert_eq!((again.project, again.release), (demo.project.clone(), demo.release.clone()));
    let events = |home: &Home| home.project(&demo.project).expect("the project").events;
    let before = events(&home);
    home.repair_demo().expect("repaired");
    let at = address(&home, &demo, "api");
    drop(home);

    let home = open(&folder);
    assert!(!home.demo_is_faulty().expect("readable"));
    let seen = check(&home, &demo).await;
    assert_eq!(with(&seen, OutcomeCode::Pass).len(), seen.items.len(), "{:#?}", outcomes(&seen));
    assert_eq!(address(&home, &demo, "api"), at, "the same ports, so no sign-off goes stale");
    assert!(events(&home) > before);
    let project = home.project(&demo.project).expect("the project");
    assert!(project.demo && project.name.starts_with("Demo"));
    assert!(project.members.iter().all(|member| member.email.ends_with("@demo.invalid")));
    assert!(project.environments.iter().all(|known| known.demo && !known.production));
}

#[tokio::test]
async fn ports_taken_by_another_program_are_left_to_it_and_others_recorded() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");
    let before = address(&home, &demo, "api");
    drop(home);
    let squatter = loop {
        match TcpListener::bind(before).await {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };

    let home = open(&folder);
    let seen = check(&home, &demo).await;
    assert!(with(&seen, OutcomeCode::Inconclusive).is_empty(), "{:#?}", outcomes(&seen));
    let after = address(&home, &demo, "api");
    assert_ne!(after, before);
    drop(squatter);
    check(&home, &demo).await;
    assert_eq!(address(&home, &demo, "api"), after, "recorded once, and kept");
}

#[tokio::test]
async fn two_programs_on_one_home_share_one_target() {
    let folder = TempDir::new().expect("a folder");
    let first = open(&folder);
    let demo = first.start_demo().await.expect("the demo");
    let at = address(&first, &demo, "api");
    let second = open(&folder);
    assert_eq!(second.start_demo().await.expect("the same demo").release, demo.release);
    assert_eq!(address(&second, &demo, "api"), at);
    second.repair_demo().expect("repaired by the second");
    let seen = check(&first, &demo).await;
    assert_eq!(with(&seen, OutcomeCode::Pass).len(), seen.items.len(), "{:#?}", outcomes(&seen));
    drop(first);
    let seen = check(&second, &demo).await;
    assert!(with(&seen, OutcomeCode::Inconclusive).is_empty(), "the second takes over");
    assert_eq!(address(&second, &demo, "api"), at);
}

#[tokio::test]
async fn it_listens_on_loopback_alone_and_stops_with_the_home() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");
    for target in ["api", "api_plain"] {
        let at = address(&home, &demo, target);
        assert_eq!(at.ip(), Ipv4Addr::LOCALHOST);
        TcpStream::connect(at).await.expect("it listens there");
        // A socket on every address would answer here, too.
        let elsewhere = [Some(Ipv4Addr::new(127, 0, 0, 2).into()), own_address()];
        for other in elsewhere.into_iter().flatten() {
            let there = TcpStream::connect((other, at.port())).await;
            assert!(there.is_err(), "{target} also answers at {other}");
        }
    }
    let at = address(&home, &demo, "api");
    drop(home);
    let stopped = async {
        while TcpStream::connect(at).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), stopped)
        .await
        .expect("it stops when it is dropped");
}

/// An address of this machine that others can reach, if it has one. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[tokio::test]
async fn it_says_what_it_is_and_answers_to_no_other_name() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");
    let at = address(&home, &demo, "api_plain");
    let ask = |host: String, path: &'static str| async move {
        let mut stream = TcpStream::connect(at).await.expect("it listens");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer.to_ascii_lowercase()
    };
    for repaired in [false, true] {
        home.set_demo_faults(!repaired).expect("switched");
        for path in ["/", "/health", "/nothing-here"] {
            let answer = ask(at.to_string(), path).await;
            assert!(answer.contains("x-countersign-demo: 1"), "{path}: {answer}");
        }
        let foreign = ask("api.example.com".to_owned(), "/health").await;
        assert!(foreign.starts_with("http/1.1 421"), "{foreign}");
        assert!(foreign.contains("x-countersign-demo: 1") && !foreign.contains("status\":"));
    }
}

#[tokio::test]
async fn an_environment_that_only_claims_to_be_the_demo_is_not_served() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    home.start_demo().await.expect("the demo");
    for api in ["https://api.example.com", "https://127.0.0.1:8443"] {
        let mut environment = Environment {
            name: "demo".to_owned(),
            production: false,
            demo: true,
            targets: Default::default(),
            secrets: BTreeMap::new(),
            facts: BTreeMap::new(),
        };
        environment.targets.api = Some(api.to_owned());
        let failure = home.ensure_demo_target(&environment).await.expect_err("not the demo");
        assert_eq!(failure.code(), "input", "{failure}");
    }
}

#[tokio::test]
async fn whoever_lost_the_demo_keys_gets_a_new_demo() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let old = home.start_demo().await.expect("the demo");
    for key in ["demo-security", "demo-security.pub"] {
        std::fs::remove_file(folder.path().join("keys").join(key)).expect("removed");
    }
    assert_eq!(home.demo_project().expect("readable"), None);
    let new = home.start_demo().await.expect("a new demo");
    assert_ne!(new.project, old.project);
    let seen = check(&home, &new).await;
    assert!(with(&seen, OutcomeCode::Inconclusive).is_empty(), "{:#?}", outcomes(&seen));
}

#[tokio::test]
async fn the_values_of_its_secrets_reach_neither_ledger_nor_history() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");
    let env_file = folder.path().join("demo/source/.env");
    let mut values = Vec::new();
    for repaired in [false, true] {
        home.set_demo_faults(!repaired).expect("switched");
        check(&home, &demo).await;
        let text = std::fs::read_to_string(&env_file).expect("the .env");
        values.extend(text.lines().filter_map(|line| Some(line.split_once('=')?.1.to_owned())));
    }
    assert_eq!(values.len(), 6);
    for name in ["ledger.sqlite", "ledger.sqlite-wal"] {
        let Ok(bytes) = std::fs::read(folder.path().join(name)) else { continue };
        for value in &values {
            let found = bytes.windows(value.len()).any(|part| part == value.as_bytes());
            assert!(!found, "a value of {} characters stands in {name}", value.len());
        }
    }
    let log = std::process::Command::new("git")
        .args(["-c", "safe.directory=*", "log", "--all", "--oneline", "--", ".env"])
        .current_dir(folder.path().join("demo/source"))
        .output()
        .expect("git");
    assert!(log.status.success() && log.stdout.is_empty(), "the .env was committed");
}
