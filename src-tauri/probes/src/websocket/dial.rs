//! One socket: connecting, TLS, the upgrade, and frames one by one. Bounded in time, bytes
//! and frames; a demo's answer is refused where a real target is meant, as over HTTP.

use std::time::Duration;

use countersign_domain::finding::{Note, Reason};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::door::{Caller, Door};
use crate::context::Context;
use crate::http::target;
use crate::http::visit::DEMO_MARK;
use crate::link::{Bounded, Line, bounded, secure};
use crate::probe::Doubt;
use crate::tls::recorder;
use crate::tls::versions::connect;

/// Largest frame and message that is read, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;
/// Most frames that one socket is listened to, control frames counted.
const MAX_FRAMES: usize = 500;
/// Bytes of a refusal's body that are kept.
const MAX_BODY: usize = 300;
/// How long the other side gets to say goodbye.
const GOODBYE: Duration = Duration::from_millis(300);

/// What came of the handshake.
pub(super) enum Answer {
    /// The socket is open.
    Open(Box<Socket>),
    /// Another status than 101, and the beginning of its body.
    Status(u16, String),
    /// The connection ended without an answer.
    Dropped,
}

/// What a socket brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// The other side closed, with its code and reason.
    Closed(String),
    /// The connection ended without a closing frame.
    Dropped,
    /// A message that is too large to be read.
    Large,
    /// More frames than anybody listens to.
    TooMany,
    /// Something that is no frame.
    Broken(String),
    /// Nothing until the given moment.
    Silence,
}

/// An open socket; keeps its place among the connections to the host.
pub(super) struct Socket {
    stream: WebSocketStream<Bounded<Line>>,
    frames: usize,
    /// Why the certificate was not trusted, when it was not.
    pub(super) certificate: Option<Note>,
    _place: Option<OwnedSemaphorePermit>,
}

/// Knocks once.
///
/// # Errors
/// Why there is no answer that says anything.
pub(super) async fn dial(cx: &Context, door: &Door, caller: Caller<'_>) -> Result<Answer, Doubt> {
    if caller.secret && !door.is_tls() && !target::is_loopback(&door.url) {
        let seen = "a token is not sent over ws://: give a wss:// address";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    let request = door.request(caller)?;
    let place = cx.place(door.host()).await;
    let tcp = connect(cx, door.host(), door.port()).await?;
    let mut certificate = None;
    let line: Line = if door.is_tls() {
        let secured = secure(cx, door.host(), tcp, caller.secret).await?;
        if !secured.faults().is_empty() {
            let why = recorder::words(secured.faults());
            let text = format!("Seen past a certificate that is not trusted: {why}");
            certificate = Some(Note { code: "certificate-untrusted".to_owned(), text });
        }
        Box::new(secured.stream)
    } else {
        Box::new(tcp)
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let handshake = client_async_with_config(request, bounded(line), Some(config));
    let Ok(opened) = timeout(cx.patience().total, handshake).await else {
        return Err(Doubt::new(Reason::TimedOut, "no answer to the handshake within the deadline"));
    };
    match opened {
        Ok((stream, response)) => {
            refuse_demo(cx, response.headers())?;
            let socket = Socket { stream, frames: 0, certificate, _place: place };
            Ok(Answer::Open(Box::new(socket)))
        }
        Err(Error::Http(response)) => {
            refuse_demo(cx, response.headers())?;
            let body = response.body().as_deref().unwrap_or_default();
            let body = String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]).into_owned();
            Ok(Answer::Status(response.status().as_u16(), body))
        }
        Err(error) if is_end(&error) => Ok(Answer::Dropped),
        Err(error) => {
            Err(Doubt::new(Reason::Unexpected, format!("no answer of WebSocket: {error}")))
        }
    }
}

fn refuse_demo(cx: &Context, headers: &HeaderMap) -> Result<(), Doubt> {
    if headers.contains_key(DEMO_MARK) && !cx.environment().demo {
        let seen = "the built-in demo answered: it stands for no real target";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    Ok(())
}

/// Whether the connection is simply over.
fn is_end(error: &Error) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError as P;
    matches!(
        error,
        Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_)
            | Error::Protocol(P::ResetWithoutClosingHandshake | P::HandshakeIncomplete)
    )
}

impl Socket {
    /// Says one text; a connection that is over shows itself when it is listened to.
    pub(super) async fn say(&mut self, text: String, until: Instant) {
        let _ = timeout_at(until, self.stream.send(Message::text(text))).await;
    }

    /// The next thing that is not about the socket itself, or silence at `until`.
    pub(super) async fn next(&mut self, until: Instant) -> Heard {
        loop {
            let Ok(next) = timeout_at(until, self.stream.next()).await else {
                return Heard::Silence;
            };
            self.frames += 1;
            if self.frames > MAX_FRAMES {
                return Heard::TooMany;
            }
            match next {
                Some(Ok(Message::Text(text))) => return Heard::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(bytes))) => return Heard::Binary(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    let words = frame.map_or_else(String::new, |frame| {
                        format!("{} {}", u16::from(frame.code), frame.reason.as_str())
                    });
                    return Heard::Closed(words.trim_end().to_owned());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                None => return Heard::Dropped,
                Some(Err(Error::Capacity(_))) => return Heard::Large,
                Some(Err(error)) if is_end(&error) => return Heard::Dropped,
                Some(Err(error)) => return Heard::Broken(error.to_string()),
            }
        }
    }

    /// Leaves, after a last word if there is one.
    pub(super) async fn close(mut self, last: Option<&str>) {
        let until = Instant::now() + GOODBYE;
        if let Some(last) = last {
            self.say(last.to_owned(), until).await;
        }
        if matches!(timeout_at(until, self.stream.close(None)).await, Ok(Ok(()))) {
            while matches!(timeout_at(until, self.stream.next()).await, Ok(Some(Ok(_)))) {}
        }
    }
}
