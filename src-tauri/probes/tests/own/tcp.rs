//! Ports that are open, shut and silent.

use std::net::TcpListener;

use countersign_domain::finding::Outcome;
use serde_json::json;

use crate::servers::{context, free_port, look};
use crate::{NOT_CONFIGURED, TIMED_OUT, UNREACHABLE, api};

/// A port that answers nothing: its backlog is full, so the kernel drops what comes.
struct Silent {
    port: u16,
    _listener: tokio::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

impl Silent {
    fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(1).expect("listens");
        let address = listener.local_addr().expect("bound");
        let patience = std::time::Duration::from_millis(200);
        let mut waiting = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, patience) {
            waiting.push(stream);
            assert!(waiting.len() < 64, "the backlog does not fill");
        }
        Self { port: address.port(), _listener: listener, _waiting: waiting }
    }
}

#[tokio::test]
async fn open_shut_and_silent_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (open, shut) = (listener.local_addr().expect("bound").port(), free_port());
    let silent = Silent::new();
    let cx = context(api("http://127.0.0.1:1"), &[], &[]);
    let filtered =
        |port, control| json!({"port": port, "filtered_is_closed": true, "control_port": control});
    let cases = [
        ("an open port is open", "tcp.open", json!({"port": open}), Outcome::Pass),
        ("a shut port is not", "tcp.open", json!({"port": shut}), Outcome::Fail),
        ("a silent one, who knows", "tcp.open", json!({"port": silent.port}), TIMED_OUT),
        ("a shut port is closed", "tcp.closed", json!({"port": shut}), Outcome::Pass),
        ("an open port is not", "tcp.closed", json!({"port": open}), Outcome::Fail),
        ("a silent one, who knows", "tcp.closed", json!({"port": silent.port}), TIMED_OUT),
        ("filtered, with a control", "tcp.closed", filtered(silent.port, open), Outcome::Pass),
        ("filtered, and open", "tcp.closed", filtered(open, shut), Outcome::Fail),
    ];
    let looks = cases.map(|(case, probe, params, outcome)| {
        let cx = &cx;
        async move { (case, outcome, look(cx, probe, params).await) }
    });
    for (case, outcome, finding) in futures::future::join_all(looks).await {
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
}

#[tokio::test]
async fn only_hosts_of_the_environment_are_dialled() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a mode");
    let port = listener.local_addr().expect("bound").port();
    let elsewhere = context(api("http://api.example.invalid"), &[], &[]);
    for probe in ["tcp.open", "tcp.closed"] {
        let finding = look(&elsewhere, probe, json!({"host": "127.0.0.1", "port": port})).await;
        assert_eq!(finding.outcome, NOT_CONFIGURED, "{finding:?}");
        let finding = look(&elsewhere, probe, json!({"target": "redis", "port": port})).await;
        assert_eq!(finding.outcome, NOT_CONFIGURED, "{finding:?}");
        let finding = look(&elsewhere, probe, json!({"port": port})).await;
        assert_eq!(finding.outcome, UNREACHABLE, "a name without an address: {finding:?}");
    }
    assert!(listener.accept().is_err(), "somebody dialled a host that is not configured");
    let listed = context(api("http://api.example.invalid"), &[], &[("hosts", "127.0.0.1, ::1")]);
    let finding = look(&listed, "tcp.open", json!({"host": "127.0.0.1", "port": port})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
}
