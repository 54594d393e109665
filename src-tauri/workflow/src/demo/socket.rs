//! The demo's WebSocket: just enough of Engine.IO 4 and Socket.IO 5 to open, ask for a
//! namespace with a token, and be let in or refused.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::answers::{Answer, Site, empty, json};
use super::folder::Condition;
use super::{FRONTEND, tree};

/// Largest message that is read, in bytes.
const MAX_MESSAGE: usize = 4 * 1024;
/// Silence after which the socket is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Answers the handshake; the talk goes on in a task of its own.
pub(super) fn open(site: &Arc<Site>, mut request: Request<Incoming>) -> Answer {
    let headers = request.headers();
    let is = |name, wanted: &str| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
    };
    let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
    let query = request.uri().query().unwrap_or_default();
    let asked = |pair| query.split('&').any(|part| part == pair);
    if !asked("EIO=4") {
        return json(
            StatusCode::BAD_REQUEST,
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
        );
    }
    let (Some(key), true) = (key, is(UPGRADE, "websocket") && is(SEC_WEBSOCKET_VERSION, "13"))
    else {
        return json(StatusCode::BAD_REQUEST, r#"{"code":0,"message":"Transport unknown"}"#);
    };
    let condition = site.folder.condition();
    let foreign = headers.get(ORIGIN).is_some_and(|origin| origin != FRONTEND);
    if condition == Condition::Repaired && foreign {
        return json(StatusCode::FORBIDDEN, r#"{"code":4,"message":"Forbidden"}"#);
    }
    let Ok(place) = site.sockets.clone().try_acquire_owned() else {
        return json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"too many sockets"}"#);
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let task = site.clone();
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default()
                .max_message_size(Some(MAX_MESSAGE))
                .max_frame_size(Some(MAX_MESSAGE));
            let io = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            tokio::select! {
                _ = talk(&task, condition, socket) => {}
                () = task.stop.cancelled() => {}
            }
        }
        drop(place);
    });
    let builder = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()));
    empty(builder)
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// `None` when the talk is over.
async fn talk(site: &Site, condition: Condition, mut socket: Socket) -> Option<()> {
    let open = r#"0{"sid":"demo","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":4096}"#;
    say(&mut socket, open).await?;
    loop {
        let message = timeout(IDLE, socket.next()).await.ok()??.ok()?;
        let Message::Text(text) = message else {
            if message.is_close() {
                return None;
            }
            continue;
        };
        match text.as_str() {
            "2" => say(&mut socket, "3").await?,
            "1" | "41" => return socket.close(None).await.ok(),
            packet if packet.starts_with("40") => {
                if condition == Condition::Faulty || is_valid(site, packet) {
                    say(&mut socket, r#"40{"sid":"demo-session"}"#).await?;
                } else {
                    say(&mut socket, r#"44{"message":"unauthorized"}"#).await?;
                    return socket.close(None).await.ok();
                }
            }
            _ => {}
        }
    }
}

async fn say(socket: &mut Socket, text: &'static str) -> Option<()> {
    socket.send(Message::Text(Utf8Bytes::from_static(text))).await.ok()
}

/// Whether the packet carries the demo user's token.
fn is_valid(site: &Site, packet: &str) -> bool {
    let payload = packet.find('{').and_then(|at| packet.get(at..)).unwrap_or_default();
    let given = serde_json::from_str::<serde_json::Value>(payload).ok();
    let given = given.as_ref().and_then(|value| value.get("token")?.as_str());
    match (given, site.folder.value(tree::SECRETS[2])) {
        (Some(given), Some(own)) => given == own.as_str(),
        _ => false,
    }
}
