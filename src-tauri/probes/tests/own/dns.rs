//! Records from a name server inside the test, which writes its answers byte by byte.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use countersign_domain::finding::{Finding, Outcome, Reason};
use serde_json::json;

use crate::servers::{context, free_port, look};
use crate::{NOT_CONFIGURED, TIMED_OUT, UNEXPECTED, api};

const NOERROR: u8 = 0;
const SERVFAIL: u8 = 2;
const NXDOMAIN: u8 = 3;
const REFUSED: u8 = 5;

/// What the server says: a code and records as (type, data).
#[derive(Clone)]
enum Says {
    Records(u8, Vec<(u16, Vec<u8>)>),
    /// A part of the records, and a promise that there are more over TCP.
    Part(Vec<(u16, Vec<u8>)>),
    Nothing,
    Garbage,
}

/// A name server that says the same to everybody.
struct NameServer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    fn start(says: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let port = socket.local_addr().expect("bound").port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = asked.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                let question = &bytes[..length];
                let (name, end) = name(question);
                kept.lock().expect("no panic").push(name);
                let answer = match &says {
                    Says::Nothing => continue,
                    Says::Garbage => b"\xff\xffnot dns at all".to_vec(),
                    Says::Records(code, records) => answer(&question[..end], *code, records),
                    Says::Part(records) => {
                        let mut part = answer(&question[..end], NOERROR, records);
                        part[2] |= 0x02;
                        part
                    }
                };
                let _ = socket.send_to(&answer, from);
            }
        });
        Self { port, asked }
    }
}

/// The name of a question, and where the question ends (RFC 1035, 4.1.2).
fn name(question: &[u8]) -> (String, usize) {
    let (mut at, mut labels) = (12, Vec::new());
    while let Some(&length) = question.get(at).filter(|length| **length > 0) {
        let end = at + 1 + usize::from(length);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_ascii_lowercase());
        at = end;
    }
    (labels.join("."), at + 5)
}

/// A response to `question` (header and question alone).
fn answer(question: &[u8], code: u8, records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = question.to_vec();
    out[2] = 0x81;
    out[3] = 0x80 | code;
    let count = u16::try_from(records.len()).expect("few").to_be_bytes();
    out[4..12].copy_from_slice(&[0, 1, count[0], count[1], 0, 0, 0, 0]);
    for (kind, data) in records {
        // The name is that of the question.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        out.extend(data);
    }
    out
}

fn encoded(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.') {
        out.push(u8::try_from(label.len()).expect("short"));
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}

async fn ask(server: u16, params: serde_json::Value) -> Finding {
    let at = format!("127.0.0.1:{server}");
    let cx = context(api("https://api.example.test/v1"), &[], &[("dns_server", &at)]);
    look(&cx, "dns.expect", params).await
}

#[tokio::test]
async fn records_of_each_type_are_texts() {
    let a = || (1, vec![192, 0, 2, 1]);
    let aaaa = || (28, "2001:db8::1".parse::<std::net::Ipv6Addr>().expect("one").octets().to_vec());
    let mx = || (15, [vec![0, 10], encoded("Mail.example.test")].concat());
    let txt = || (16, b"\x06v=spf1\x05 -all".to_vec());
    let caa = || (257, b"\x00\x05issueca.example".to_vec());
    let name = |kind| move || (kind, encoded("other.example.test"));
    for (kind, record, expect) in [
        ("A", a(), "records == ['192.0.2.1'] && count == 1 && exists"),
        ("AAAA", aaaa(), "records.all(r, r == '2001:db8::1')"),
        ("MX", mx(), "records[0] == '10 mail.example.test'"),
        ("TXT", txt(), "records.exists(r, r == 'v=spf1 -all')"),
        ("CAA", caa(), "records == ['0 issue \"ca.example\"']"),
        ("CNAME", name(5)(), "records == ['other.example.test']"),
        ("NS", name(2)(), "records[0].endsWith('.example.test') && took_ms < 5000"),
    ] {
        let server = NameServer::start(Says::Records(NOERROR, vec![record]));
        let good = ask(server.port, json!({"type": kind, "expect": [expect]})).await;
        assert_eq!(good.outcome, Outcome::Pass, "{kind}: {good:?}");
        let bad = ask(server.port, json!({"type": kind, "expect": ["count == 2"]})).await;
        assert_eq!(bad.outcome, Outcome::Fail, "{kind}: {bad:?}");
        assert_eq!(server.asked.lock().expect("no panic")[0], "api.example.test");
    }
}

#[tokio::test]
async fn no_name_no_record_a_failure_and_silence_are_told_apart() {
    let refused = Outcome::Inconclusive(Reason::Refused);
    let other = vec![(16, b"\x01x".to_vec())];
    let all = "records.all(r, r.startsWith('192.0.2.'))";
    for (case, says, expect, outcome) in [
        ("no such name", Says::Records(NXDOMAIN, vec![]), "!exists", Outcome::Pass),
        ("no such name, wanted", Says::Records(NXDOMAIN, vec![]), "count > 0", Outcome::Fail),
        ("no such name, all of none", Says::Records(NXDOMAIN, vec![]), all, UNEXPECTED),
        ("no such record", Says::Records(NOERROR, vec![]), "exists && count == 0", Outcome::Pass),
        ("no such record, all of none", Says::Records(NOERROR, vec![]), all, UNEXPECTED),
        ("another type", Says::Records(NOERROR, other), "count == 0", Outcome::Pass),
        ("it failed", Says::Records(SERVFAIL, vec![]), "count == 0", UNEXPECTED),
        ("it refused", Says::Records(REFUSED, vec![]), "!exists", refused),
        ("silence", Says::Nothing, "!exists", TIMED_OUT),
        ("garbage", Says::Garbage, "!exists", TIMED_OUT),
    ] {
        let server = NameServer::start(says);
        let finding = ask(server.port, json!({"type": "A", "expect": [expect]})).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
    let part = NameServer::start(Says::Part(vec![(1, vec![192, 0, 2, 1])]));
    let finding = ask(part.port, json!({"type": "A", "expect": ["count == 1"]})).await;
    assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "half an answer: {finding:?}");
    let gone = ask(free_port(), json!({"type": "A", "expect": ["!exists"]})).await;
    assert!(matches!(gone.outcome, Outcome::Inconclusive(_)), "{gone:?}");
}

#[tokio::test]
async fn a_name_that_is_not_the_environments_is_never_asked_for() {
    let server = NameServer::start(Says::Records(NOERROR, vec![(1, vec![192, 0, 2, 1])]));
    for (name, asked) in [
        ("canary.evil.test", false),
        ("www.example.test", false),
        ("test", false),
        ("example.test", true),
        ("_dmarc.example.test", true),
    ] {
        let params = json!({"name": name, "type": "A", "expect": ["count == 1"]});
        let outcome = ask(server.port, params).await.outcome;
        assert_eq!(outcome, if asked { Outcome::Pass } else { NOT_CONFIGURED }, "{name}");
    }
    assert_eq!(*server.asked.lock().expect("no panic"), ["example.test", "_dmarc.example.test"]);
}
