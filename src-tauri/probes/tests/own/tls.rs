//! Conditions on a handshake.

use countersign_domain::environment::Targets;
use countersign_domain::finding::Outcome;
use serde_json::json;

use crate::server::{Server, answer};
use crate::servers::{context, free_port, garbage, look, silent};
use crate::{NOT_CONFIGURED, TIMED_OUT, UNEXPECTED, UNREACHABLE};

fn targets(port: u16, ca: Option<String>) -> Targets {
    Targets { redis: Some(format!("rediss://127.0.0.1:{port}")), ca_file: ca, ..Targets::default() }
}

#[tokio::test]
async fn what_a_handshake_shows_is_judged() {
    let server = Server::tls(|_| answer(200, "", "")).await;
    let cx = context(targets(server.port, Some(server.ca())), &[], &[]);
    for (expect, outcome) in [
        ("trusted && version == 'TLSv1.3'", Outcome::Pass),
        ("issuer.contains('Test authority') && chain_length == 1", Outcome::Pass),
        ("'localhost' in sans && subject != issuer", Outcome::Pass),
        ("key == 'EC' && key_bits >= 256 && days_left > 30", Outcome::Pass),
        ("cipher.contains('AES') || cipher.contains('CHACHA20')", Outcome::Pass),
        ("issuer.contains('Another authority')", Outcome::Fail),
        ("version == 'TLSv1.2'", Outcome::Fail),
    ] {
        let finding = look(&cx, "tls.expect", json!({"target": "redis", "expect": [expect]})).await;
        assert_eq!(finding.outcome, outcome, "{expect}: {finding:?}");
    }
    let stranger = context(targets(server.port, None), &[], &[]);
    let params = json!({"target": "redis", "expect": ["trusted"]});
    assert_eq!(look(&stranger, "tls.expect", params).await.outcome, Outcome::Fail);
}

#[tokio::test]
async fn what_is_no_tls_server_is_not_judged() {
    let plain = Server::plain(|_| answer(200, "", "")).await;
    for (case, port, outcome) in [
        ("nobody", free_port(), UNREACHABLE),
        ("silence", silent(), TIMED_OUT),
        ("another protocol", garbage(), UNEXPECTED),
        ("plain HTTP", plain.port, TIMED_OUT),
    ] {
        let cx = context(targets(port, None), &[], &[]);
        let params = json!({"target": "redis", "expect": ["!trusted"]});
        let finding = look(&cx, "tls.expect", params).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
    let cx = context(targets(1, None), &[], &[]);
    let params = json!({"host": "other.example.invalid", "expect": ["trusted"]});
    assert_eq!(look(&cx, "tls.expect", params).await.outcome, NOT_CONFIGURED);
}
