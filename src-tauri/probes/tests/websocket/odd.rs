//! Servers that are something else: none of them ever passes or fails anything.

use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Server, assert_is, at};
use crate::servers::look;

const CLAIMS: [&str; 4] = [
    "websocket.token-required",
    "websocket.foreign-origin-refused",
    "websocket.tenant-rooms",
    "websocket.room-names",
];

/// Answers every handshake with these bytes.
async fn raw(answer: &'static str) -> Server {
    Server::tcp(move |mut stream| async move {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await
}

/// Opens every socket, says these texts, and listens on.
async fn saying(texts: &'static [&'static str]) -> Server {
    Server::tcp(move |stream| async move {
        let Ok(mut socket) = accept_async(stream).await else { return };
        for text in texts {
            let _ = socket.send(Message::text(*text)).await;
        }
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_kind_is_never_judged() {
    const OPEN: &str = r#"0{"sid":"e","upgrades":[]}"#;
    let unexpected = Reason::Unexpected;
    let none = Server::tcp(|stream| async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(stream);
    });
    let cut = Server::tcp(|stream| async { drop(stream) });
    let huge = Server::tcp(|stream| async {
        let Ok(mut socket) = accept_async(stream).await else { return };
        let _ = socket.send(Message::text("x".repeat(200_000))).await;
    });
    let five = "HTTP/1.1 400 Bad Request\r\ncontent-length: 55\r\n\r\n\
                {\"code\":5,\"message\":\"Unsupported protocol version\"}     ";
    let cases = [
        ("never answers", none.await, Reason::TimedOut, "handshake within"),
        ("cuts everybody off", cut.await, Reason::Refused, "refused"),
        ("a page", raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await, unexpected, "200"),
        (
            "elsewhere",
            raw("HTTP/1.1 302 Found\r\nlocation: /login\r\n\r\n").await,
            unexpected,
            "302",
        ),
        ("Engine.IO 3 only", raw(five).await, unexpected, "no socket.io 4"),
        ("everybody forbidden", raw("HTTP/1.1 403 No\r\n\r\n").await, Reason::Refused, "refused"),
        ("busy", raw("HTTP/1.1 429 No\r\n\r\n").await, Reason::Refused, "rate limit"),
        ("broken", raw("HTTP/1.1 503 No\r\n\r\n").await, unexpected, "503"),
        ("another protocol", raw("+PONG\r\n").await, unexpected, "WebSocket"),
        (
            "a false upgrade",
            raw("HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n").await,
            unexpected,
            "WebSocket",
        ),
        ("an echo of something", saying(&["hello"]).await, unexpected, "Engine.IO 4"),
        ("opens and says nothing", saying(&[]).await, Reason::TimedOut, "no handshake"),
        ("opens and never answers", saying(&[OPEN]).await, Reason::TimedOut, "neither"),
        ("socket.io 2", saying(&[OPEN, "40"]).await, unexpected, "socket.io 2"),
        ("no packet", saying(&[OPEN, "4"]).await, unexpected, "no packet"),
        ("a huge frame", huge.await, unexpected, "no Engine.IO 4"),
    ];
    let looks = cases.iter().flat_map(|(_, server, ..)| {
        CLAIMS.map(|claim| async move { look(&at(server.port), claim, json!({})).await })
    });
    let findings = futures::future::join_all(looks).await;
    for ((case, _, reason, words), findings) in cases.iter().zip(findings.chunks(CLAIMS.len())) {
        for finding in findings {
            let outcome = Outcome::Inconclusive(*reason);
            assert_eq!(finding.outcome, outcome, "{case}, {}: {finding:#?}", finding.probe);
            assert_is(finding, outcome, words);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_demo_stands_for_no_real_target() {
    let server = raw("HTTP/1.1 403 No\r\nx-countersign-demo: 1\r\n\r\n").await;
    let cx = at(server.port);
    for claim in CLAIMS {
        let finding = look(&cx, claim, json!({})).await;
        assert_is(&finding, Outcome::Inconclusive(Reason::NotConfigured), "demo");
    }
}
