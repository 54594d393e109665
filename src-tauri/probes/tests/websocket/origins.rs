//! Whose pages get a socket.

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};
use serde_json::json;

use crate::server::{OWN, Server, Twist, assert_is, at};
use crate::servers::{self, look};

const CLAIM: &str = "websocket.foreign-origin-refused";

#[tokio::test(flavor = "multi_thread")]
async fn the_origin_is_judged_beside_the_front_end_s_own() {
    let cases = [
        (Twist::Right, Outcome::Pass, "refused by the handshake"),
        (Twist::AnyOrigin, Outcome::Fail, "https://foreign.example gets a socket"),
        (Twist::OriginLate, Outcome::Pass, "refused-after-handshake"),
    ];
    let looks = cases.iter().map(|(twist, ..)| async move {
        let server = Server::start(*twist).await;
        look(&at(server.port), CLAIM, json!({})).await
    });
    let findings = futures::future::join_all(looks).await;
    for ((twist, outcome, words), finding) in cases.iter().zip(&findings) {
        assert_eq!(finding.outcome, *outcome, "{twist:?}: {finding:#?}");
        assert_is(finding, *outcome, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_the_handshake_tells() {
    let targets = |port| Targets {
        websocket: Some(format!("ws://127.0.0.1:{port}")),
        frontend: Some(OWN.to_owned()),
        ..Targets::default()
    };
    for (twist, outcome) in [
        (Twist::Right, Outcome::Pass),
        (Twist::OriginLate, Outcome::Inconclusive(Reason::NeedsCredentials)),
        (Twist::AnyOrigin, Outcome::Inconclusive(Reason::NeedsCredentials)),
    ] {
        let server = Server::start(twist).await;
        let cx = servers::context(targets(server.port), &[], &[]);
        let finding = look(&cx, CLAIM, json!({})).await;
        assert_eq!(finding.outcome, outcome, "{twist:?}: {finding:#?}");
    }
    let nobody = Targets { frontend: None, ..targets(1) };
    let finding = look(&servers::context(nobody, &[], &[]), CLAIM, json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::NotConfigured), "frontend");
}
