//! Plain WebSocket: a first message, and words that say yes or no.

use countersign_domain::finding::{Outcome, Reason};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Server, Twist, tenant, with};
use crate::servers::look;

/// Reads the first message, and says and does what it is told for a good and a bad token.
async fn server(good: &'static str, bad: Option<&'static str>, closes: bool) -> Server {
    Server::tcp(move |stream| async move {
        let Ok(mut socket) = accept_async(stream).await else { return };
        let Some(Ok(Message::Text(first))) = socket.next().await else { return };
        let first: Value = serde_json::from_str(&first).expect("the template is JSON");
        let given = first["token"].as_str().expect("a text");
        let known = tenant(given, Twist::Right).is_some();
        if let Some(said) = if known { Some(good) } else { bad } {
            let _ = socket.send(Message::text(said)).await;
        }
        if !known && closes {
            let _ = socket.close(None).await;
        }
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_decides() {
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    let refused = Outcome::Inconclusive(Reason::Refused);
    let late = Outcome::Inconclusive(Reason::TimedOut);
    let accepted = ("websocket_accepted_when", "welcome");
    let said_no = ("websocket_refused_when", "denied");
    let cases = [
        ("closes", server("welcome", None, true).await, vec![accepted], Outcome::Pass),
        ("closes, nothing named", server("x", None, true).await, vec![], Outcome::Pass),
        (
            "says no",
            server("welcome", Some("denied"), false).await,
            vec![accepted, said_no],
            Outcome::Pass,
        ),
        ("says something", server("welcome", Some("hm"), true).await, vec![accepted], person),
        ("stays silent", server("welcome", None, false).await, vec![accepted], late),
        ("stays open", server("x", None, false).await, vec![], Outcome::Fail),
        (
            "welcomes all",
            server("welcome", Some("welcome"), false).await,
            vec![accepted],
            Outcome::Fail,
        ),
        (
            "refuses all",
            server("denied", Some("denied"), true).await,
            vec![accepted, said_no],
            refused,
        ),
    ];
    let looks = cases.iter().map(|(_, server, facts, _)| async move {
        let url = format!("ws://127.0.0.1:{}/live", server.port);
        let mut all = vec![
            ("websocket_protocol", "plain"),
            ("websocket_send", r#"{"event":"auth","token":"${TOKEN}"}"#),
        ];
        all.extend(facts);
        look(&with(&url, &all), "websocket.token-required", json!({})).await
    });
    let findings = futures::future::join_all(looks).await;
    for ((case, .., outcome), finding) in cases.iter().zip(findings) {
        assert_eq!(finding.outcome, *outcome, "{case}: {finding:#?}");
    }
}
