//! Who hears whom: claims about rooms, against servers in the test.

use std::sync::atomic::Ordering;

use countersign_domain::finding::{Outcome, Reason};
use serde_json::json;

use crate::server::{Server, Twist, assert_is, at, with};
use crate::servers::look;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_decides_whatever_is_acknowledged() {
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    let refused = Outcome::Inconclusive(Reason::Refused);
    let cases = [
        (Twist::Right, Outcome::Pass, "A does not hear B, B hears itself, A hears itself"),
        (Twist::Flattering, Outcome::Pass, "foreign-join-acknowledged"),
        (Twist::Unsaid, Outcome::Pass, "not acknowledged"),
        (Twist::PutsOut, Outcome::Pass, "A does not hear B"),
        (Twist::AnyRoom, Outcome::Fail, "Tenant A hears what is said in tenant:b:"),
        (Twist::AnyRoomForbidden, Outcome::Fail, "though the request was not granted"),
        (Twist::AnyRoomUnsaid, Outcome::Fail, "not acknowledged"),
        (Twist::Broadcast, Outcome::Fail, "A hears B"),
        (Twist::Mute, unexpected, "does not hear itself"),
        (Twist::Nobody, refused, "connect_error"),
    ];
    let looks = cases.iter().map(|(twist, ..)| async move {
        let server = Server::start(*twist).await;
        look(&at(server.port), "websocket.tenant-rooms", json!({})).await
    });
    let findings = futures::future::join_all(looks).await;
    for ((twist, outcome, words), finding) in cases.iter().zip(&findings) {
        assert_eq!(&finding.outcome, outcome, "{twist:?}: {finding:#?}");
        assert_is(finding, *outcome, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hole_in_a_name_check_is_found_by_its_own_spelling() {
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    let cases = [
        (Twist::Right, Outcome::Pass, "9 spellings"),
        (Twist::PutsOut, Outcome::Pass, "9 spellings"),
        (Twist::AnyRoom, Outcome::Fail, "the other tenant's name"),
        (Twist::Weary, unexpected, "hears nothing in its own room"),
        (Twist::Lists, Outcome::Fail, "by a list of both names"),
        (Twist::Capitals, Outcome::Fail, "by capital letters"),
        (Twist::Bare, Outcome::Fail, "meet in one room"),
        (Twist::Mute, unexpected, "hears nothing in its own room"),
    ];
    let looks = cases.iter().map(|(twist, ..)| async move {
        let server = Server::start(*twist).await;
        let finding = look(&at(server.port), "websocket.room-names", json!({})).await;
        // Six sockets for the controls, one for each spelling, one for the meeting.
        assert!(server.connections.load(Ordering::SeqCst) <= 16, "{twist:?}");
        finding
    });
    let findings = futures::future::join_all(looks).await;
    for ((twist, outcome, words), finding) in cases.iter().zip(&findings) {
        assert_eq!(&finding.outcome, outcome, "{twist:?}: {finding:#?}");
        assert_is(finding, *outcome, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_project_is_no_verdict() {
    let server = Server::start(Twist::Right).await;
    let url = format!("ws://127.0.0.1:{}", server.port);
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    let not_configured = Outcome::Inconclusive(Reason::NotConfigured);
    let cases = [
        (("websocket_join_event", "subscribe"), unexpected, "hear"),
        (("websocket_room", "${TENANT}/${TOPIC}"), unexpected, "hear"),
        (("websocket_emit_payload", "{}"), not_configured, "${CANARY}"),
        (("tenant_b", "a"), not_configured, "must be two"),
        (("tenant_b", " "), not_configured, "tenant_b"),
    ];
    let url = url.as_str();
    let looks = cases.iter().flat_map(|(fact, ..)| {
        ["websocket.tenant-rooms", "websocket.room-names"]
            .map(|claim| async move { look(&with(url, &[*fact]), claim, json!({})).await })
    });
    let findings = futures::future::join_all(looks).await;
    for ((fact, outcome, words), findings) in cases.iter().zip(findings.chunks(2)) {
        for finding in findings {
            assert_eq!(finding.outcome, *outcome, "{fact:?}: {finding:#?}");
            assert_is(finding, *outcome, words);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_show_the_messages_and_no_token() {
    let server = Server::start(Twist::Right).await;
    let finding = look(&at(server.port), "websocket.tenant-rooms", json!({})).await;
    let command = finding.reproduce.expect("a command");
    for part in ["\"$AUTH_TOKEN\"", "\"$OTHER_TENANT_TOKEN\"", "tenant:b:countersign-", "websocat"]
    {
        assert!(command.contains(part), "{part}: {command}");
    }
    let told = finding.transcript.join("\n");
    assert!(told.contains("> 420[\"join\"") && !told.contains("eyJ"), "{told}");
}
