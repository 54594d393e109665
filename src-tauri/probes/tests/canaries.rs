//! Secret values planted in everything that a claim reads (files, their names, patterns,
//! messages, references, and all that a server answers), in every form in which they may
//! be written. No finding may show more of one than four characters.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome};
use countersign_domain::template::{Loaded, ProbeUse, built_in};
use countersign_probes::context::Context;
use countersign_probes::registry;
use servers::{context, git, write};

/// Values with signs that each encoding treats in its own way; no ordinary word in any.
const CANARIES: [(&str, &str); 6] = [
    ("JWT_SECRET", "3f9a7c1e5b2d8046a1c3e5f7092b4d6e8f0a1c2b3d4e5f60718293a4b5c6d7e8"),
    ("ENCRYPTION_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("REDIS_PASSWORD", "qZ/w+Kd3\"vX9&uT7'rL2<hB5>é%jN8"),
    ("AUTH_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Xy7Qw2Zr9Lk4Pn1Vb6Ts3Md8Fh5Gj0C"),
    ("SESSION", "Wq5 Zt8\\Yp2\tRn6|Vc4"),
    ("SHORT", "xK7#q"),
];
/// The password inside an address is a secret of its own.
const ADDRESS: (&str, &str) = ("DATABASE_URL", "postgres://app:nB4vQ8%2FxW2zK6@db.example/app");
const ADDRESS_PASSWORD: &str = "nB4vQ8/xW2zK6";

fn secrets() -> Vec<(&'static str, &'static str)> {
    CANARIES.into_iter().chain([ADDRESS]).collect()
}

fn hidden() -> impl Iterator<Item = &'static str> {
    CANARIES.iter().map(|(_, value)| *value).chain([ADDRESS_PASSWORD])
}

/// The value as URL, JSON, base64, hexadecimal and HTML texts carry it.
fn forms(value: &str) -> Vec<String> {
    let percent: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = serde_json::to_string(value).expect("JSON");
    vec![
        value.to_owned(),
        percent.replace('+', "%20"),
        percent.to_lowercase(),
        percent,
        json.trim_matches('"').to_owned(),
        STANDARD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
        hex::encode(value),
        hex::encode_upper(value),
        value.to_ascii_uppercase(),
    ]
}

/// Everything that may stand in one text: each form of each value, apart by blanks.
fn everything() -> String {
    let basic = hidden().map(|value| STANDARD.encode(format!("ana:{value}")));
    let all: Vec<_> = hidden().flat_map(forms).chain(basic).chain([ADDRESS.1.to_owned()]).collect();
    all.join(" ")
}

/// The finding shows no form of a value, and no eight characters of one.
fn assert_hidden(finding: &Finding, what: &str) {
    let mut texts = vec![
        finding.target.clone(),
        finding.summary.clone(),
        finding.expected.clone(),
        finding.observed.clone(),
        finding.reproduce.clone().unwrap_or_default(),
    ];
    texts.extend(finding.transcript.iter().cloned());
    texts.extend(finding.notes.iter().map(|note| note.text.clone()));
    let shown = texts.join("\n").to_lowercase();
    for value in hidden() {
        let whole = forms(value).into_iter();
        let chars: Vec<char> = value.chars().collect();
        let pieces = chars.windows(8).map(|piece| piece.iter().collect::<String>());
        for text in whole.chain(pieces) {
            let found = shown.contains(&text.to_lowercase());
            assert!(!found, "{what}: {} shows {text:?}: {finding:#?}", finding.probe);
        }
    }
}

/// The claims of the built-in template that send nothing but questions over HTTP, or read.
fn claims() -> Vec<ProbeUse> {
    let text = built_in("production-security").expect("the built-in template");
    let template = Loaded::parse(text).expect("a template").template;
    let families = ["secrets.", "git.", "http.", "headers.", "cors.", "auth."];
    let items = template.sections.into_iter().flat_map(|section| section.items);
    let all = items.flat_map(|item| item.probes);
    all.filter(|probe| families.iter().any(|family| probe.name.starts_with(family))).collect()
}

async fn look_at_all(cx: &Context, what: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for probe in claims() {
        let found = registry::find(&probe.name).expect("a probe");
        let finding = found.run(cx, &probe.params).await;
        assert_hidden(&finding, what);
        findings.push(finding);
    }
    assert!(findings.len() > 10, "the template names claims");
    findings
}

#[tokio::test]
async fn what_stands_in_files_and_history_stays_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init"]);
    let lines = everything().replace(' ', "\n");
    let literal = format!("const password = '{}';\n", CANARIES[0].1);
    write(
        root,
        &[
            ("src/main.ts", &lines),
            ("src/one-line.ts", &everything()),
            ("src/literal.ts", &literal),
            (&format!("src/{}.ts", CANARIES[1].1), "x\n"),
            (&format!("{}/.env", CANARIES[0].1), &lines),
            (".gitignore", &format!("{}\n!.env\n/{}/.env\n", CANARIES[4].1, CANARIES[0].1)),
            (&format!("{}/package.json", CANARIES[1].1), "{}"),
        ],
    );
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-m", &everything()]);
    git(root, &["tag", "-a", CANARIES[0].1, "-m", &everything()]);
    let source = Some(root.display().to_string());
    let cx = context(Targets { source, ..Targets::default() }, &secrets(), &[]);
    let findings = look_at_all(&cx, "a tree full of secrets").await;
    for name in ["secrets.not-in-source", "secrets.not-in-history", "git.env-never-committed"] {
        let finding = findings.iter().find(|finding| finding.probe == name).expect("a finding");
        assert_eq!(finding.outcome, Outcome::Fail, "{finding:#?}");
        assert!(finding.transcript.len() > 1 || name.starts_with("git"), "{finding:#?}");
    }
}

/// A server that tells everything it knows, each time at another place of another answer.
fn chatty() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let number = count.fetch_add(1, Ordering::Relaxed);
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let echo = String::from_utf8_lossy(&request[..read]).replace(['\r', '\n'], " ");
            let text = format!("{}{} {echo}", "-".repeat(number * 7 % 97), everything());
            let one = hidden().nth(number % 7).unwrap_or_default();
            let head = match number % 5 {
                0 => "HTTP/1.1 200 OK\r\ncontent-type: application/json".to_owned(),
                1 => {
                    format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/{one}?t={one}")
                }
                2 => format!("HTTP/1.1 500 {one}\r\nset-cookie: session={one}; HttpOnly"),
                3 => format!("HTTP/1.1 401 No\r\nwww-authenticate: Bearer realm=\"{one}\""),
                _ => format!("HTTP/1.1 200 OK\r\n{one}: {one}"),
            };
            let policy = format!(
                "content-security-policy: default-src {one}; script-src 'nonce-{one}'\r\n\
                 x-frame-options: {one}\r\nx-content-type-options: {one}\r\n\
                 strict-transport-security: max-age={one}\r\naccess-control-allow-origin: {one}\r\n\
                 access-control-allow-methods: {one}\r\nvary: {one}\r\nx-{number}: {text}"
            );
            let body =
                format!("{{\"status\": \"{}\", \"all\": \"{text}\"}}", CANARIES[number % 6].1);
            let length = body.len();
            let _ = write!(
                stream,
                "{head}\r\n{policy}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    port
}

#[tokio::test]
async fn what_a_server_gives_away_is_not_given_on() {
    let address = format!("http://127.0.0.1:{}", chatty());
    let targets = || Targets {
        api: Some(address.clone()),
        api_plain: Some(address.clone()),
        frontend: Some(address.clone()),
        ..Targets::default()
    };
    for round in 0..4 {
        let cx = context(targets(), &secrets(), &[]);
        let findings = look_at_all(&cx, &format!("round {round}")).await;
        let answered = findings.iter().filter(|finding| !finding.transcript.is_empty()).count();
        assert!(answered > 5, "the server was asked: {findings:#?}");
    }
}
