//! Who is let in: claims about tokens and origins of sockets, against servers in the test.

use std::sync::atomic::Ordering;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};
use serde_json::json;

use crate::server::{SECRET, Server, Twist, assert_is, at, token, with};
use crate::servers::{self, Certificates, free_port, look};

const CLAIM: &str = "websocket.token-required";

#[tokio::test(flavor = "multi_thread")]
async fn each_server_gets_the_verdict_that_it_deserves() {
    let refused = Outcome::Inconclusive(Reason::Refused);
    let late = Outcome::Inconclusive(Reason::TimedOut);
    let cases = [
        (Twist::Right, Outcome::Pass, "Refused without a valid token"),
        (Twist::AnyToken, Outcome::Fail, "Let in without a token"),
        (Twist::AnyEnd, Outcome::Fail, "Let in with an expired token"),
        (Twist::AlgNone, Outcome::Fail, "Let in with an unsigned token"),
        (Twist::AnySignature, Outcome::Fail, "Let in with a token signed by another key"),
        (Twist::Nobody, refused, "valid token is refused too"),
        (Twist::Late, Outcome::Pass, "refused-late"),
        (Twist::LateAndLeaky, Outcome::Fail, "was delivered"),
        (Twist::LateWithReason, Outcome::Pass, "refused-late"),
        (Twist::Silent, late, "neither let in nor refused"),
        (Twist::Cut, Outcome::Pass, "refused-without-a-word"),
        (Twist::Huge, Outcome::Fail, "more than 64 KiB"),
        (Twist::SaysNoAndDelivers, Outcome::Fail, "was delivered"),
    ];
    let looks = cases.iter().map(|(twist, ..)| async {
        let server = Server::start(*twist).await;
        look(&at(server.port), CLAIM, json!({})).await
    });
    let findings = futures::future::join_all(looks).await;
    for ((twist, outcome, words), finding) in cases.iter().zip(&findings) {
        assert_eq!(&finding.outcome, outcome, "{twist:?}: {finding:#?}");
        assert_is(finding, *outcome, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_stands_in_the_evidence_and_nine_connections_are_enough() {
    let server = Server::start(Twist::AnyToken).await;
    let finding = look(&at(server.port), CLAIM, json!({})).await;
    assert!(server.connections.load(Ordering::SeqCst) <= 9);
    let shown = serde_json::to_string(&finding).expect("JSON");
    // Every JWT starts like this.
    assert!(!shown.contains("eyJ"), "{shown}");
    assert!(finding.reproduce.expect("a command").contains("\"$AUTH_TOKEN\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let server = Server::start(Twist::Right).await;
    let url = format!("http://127.0.0.1:{}/socket.io", server.port);
    let targets = || Targets { websocket: Some(url.clone()), ..Targets::default() };
    let valid = token("a", 600);
    let needs = Outcome::Inconclusive(Reason::NeedsCredentials);
    let (old, other) = (token("a", -600), token("a", 900));
    let cases = [
        ("no token", vec![], needs, "AUTH_TOKEN"),
        ("no key", vec![("AUTH_TOKEN", valid.as_str())], needs, "JWT_SECRET"),
        (
            "another key",
            vec![("AUTH_TOKEN", valid.as_str()), ("JWT_SECRET", "not-the-key-that-signs")],
            needs,
            "JWT_SECRET",
        ),
        (
            "an old token in the key's place",
            vec![("AUTH_TOKEN", valid.as_str()), ("EXPIRED_TOKEN", old.as_str())],
            Outcome::Pass,
            "expired-token-given",
        ),
        (
            "a token that has not ended in the place of an old one",
            vec![("AUTH_TOKEN", valid.as_str()), ("EXPIRED_TOKEN", other.as_str())],
            needs,
            "whose time is over",
        ),
        (
            "something else in the place of an old one",
            vec![("AUTH_TOKEN", valid.as_str()), ("EXPIRED_TOKEN", "not-a-token")],
            needs,
            "whose time is over",
        ),
        (
            "the token itself has ended",
            vec![("AUTH_TOKEN", old.as_str()), ("JWT_SECRET", SECRET)],
            Outcome::Inconclusive(Reason::Refused),
            "it has expired",
        ),
    ];
    let looks = cases.iter().map(|(_, secrets, ..)| {
        let cx = servers::context(targets(), secrets, &[]);
        async move { look(&cx, CLAIM, json!({})).await }
    });
    let findings = futures::future::join_all(looks).await;
    for ((case, _, outcome, words), finding) in cases.iter().zip(&findings) {
        assert_eq!(finding.outcome, *outcome, "{case}: {finding:#?}");
        assert_is(finding, *outcome, words);
    }
    let nowhere = servers::context(Targets::default(), &[], &[]);
    let not_configured = Outcome::Inconclusive(Reason::NotConfigured);
    assert_is(&look(&nowhere, CLAIM, json!({})).await, not_configured, "`websocket`");
    let wrong = with(&url, &[("websocket_protocol", "mqtt")]);
    assert_is(&look(&wrong, CLAIM, json!({})).await, not_configured, "`websocket_protocol`");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_no_refusal() {
    for claim in [
        CLAIM,
        "websocket.foreign-origin-refused",
        "websocket.tenant-rooms",
        "websocket.room-names",
    ] {
        let finding = look(&at(free_port()), claim, json!({})).await;
        assert_is(&finding, Outcome::Inconclusive(Reason::Unreachable), "refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_go_only_to_whom_the_environment_trusts() {
    let certificates = Certificates::new();
    let server = secured(&certificates, Twist::Right).await;
    let folder = tempfile::tempdir().expect("a folder");
    certificates.write(folder.path());
    let url = format!("wss://localhost:{}", server.port);
    let (valid, ca) = (token("a", 600), folder.path().join("ca.pem").display().to_string());
    let secrets = [("AUTH_TOKEN", valid.as_str()), ("JWT_SECRET", SECRET)];
    let at = |ca_file| Targets { websocket: Some(url.clone()), ca_file, ..Targets::default() };
    let trusting = servers::context(at(Some(ca)), &secrets, &[]);
    assert_is(&look(&trusting, CLAIM, json!({})).await, Outcome::Pass, "Refused");
    let strange = servers::context(at(None), &secrets, &[]);
    let finding = look(&strange, CLAIM, json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::Unexpected), "TLS handshake");
    // Over ws:// to another machine no token goes; nothing is dialled at all.
    let far = with("ws://192.0.2.1", &[]);
    let finding = look(&far, "websocket.tenant-rooms", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::NotConfigured), "not sent over ws://");
}

async fn secured(certificates: &Certificates, twist: Twist) -> Server {
    use rustls_pki_types::pem::PemObject as _;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).expect("a key");
    let own = CertificateDer::from_pem_slice(certificates.certificate.as_bytes()).expect("PEM");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own], key)
        .expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    // TLS ends here; behind it stands the server as it is.
    let inner = Server::start(twist).await;
    let port = inner.port;
    let inner = std::sync::Arc::new(inner);
    Server::tcp(move |stream| {
        let (acceptor, inner) = (acceptor.clone(), inner.clone());
        async move {
            let _alive = inner;
            let Ok(mut outside) = acceptor.accept(stream).await else { return };
            let inside = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
            let mut inside = inside.expect("the inner server");
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        }
    })
    .await
}
