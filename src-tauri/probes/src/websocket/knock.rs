//! One caller at the door, from the connection to the verdict, with its lines.

use std::time::Duration;

use countersign_domain::finding::{Note, Reason};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::admission::{Admission, Entry, Refusal, of_status, shown};
use super::dial::{Answer, Heard, Socket, dial};
use super::door::{Caller, Door, HIDDEN};
use crate::context::Context;
use crate::http::target;
use crate::probe::Doubt;

/// The lines of one socket. The token is nowhere in them, even where a server repeats it.
pub(super) struct Log {
    lines: Vec<String>,
    token: Option<Zeroizing<String>>,
}

impl Log {
    /// Lines of a socket whose caller bears `token`.
    pub(super) fn new(token: Option<&str>) -> Self {
        let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
        Self { lines: Vec::new(), token: token.map(Zeroizing::new) }
    }

    /// The text without the token.
    pub(super) fn masked(&self, text: &str) -> String {
        self.token
            .as_ref()
            .map_or_else(|| text.to_owned(), |token| text.replace(token.as_str(), HIDDEN))
    }

    /// Something was sent.
    pub(super) fn sent(&mut self, text: &str) {
        let line = format!("> {}", shown(&self.masked(text)));
        self.lines.push(line);
    }

    /// Something came.
    pub(super) fn heard(&mut self, heard: &Heard) {
        let words = match heard {
            Heard::Text(text) => shown(&self.masked(text)),
            Heard::Binary(bytes) => format!("({} bytes)", bytes.len()),
            Heard::Closed(how) => format!("(closed) {}", self.masked(how)),
            Heard::Dropped => "(connection ended)".to_owned(),
            Heard::Large => "(a message of more than 64 KiB)".to_owned(),
            Heard::TooMany => "(too many frames)".to_owned(),
            Heard::Broken(why) => format!("({why})"),
            Heard::Silence => return,
        };
        self.lines.push(format!("< {words}"));
    }

    /// A line about what happens.
    pub(super) fn note(&mut self, text: String) {
        self.lines.push(text);
    }

    /// One line in the place of all that led to being let in.
    pub(super) fn let_in(&mut self) {
        self.lines.truncate(1);
        self.lines.push("< let in".to_owned());
    }

    /// The lines.
    pub(super) fn lines(self) -> Vec<String> {
        self.lines
    }
}

/// What came of a caller.
pub(super) struct Knocked {
    /// Whether the caller was let in.
    pub(super) admission: Admission,
    /// Whether the handshake itself was answered with 101.
    pub(super) upgraded: bool,
    /// The lines exchanged.
    pub(super) lines: Vec<String>,
    /// Why the certificate was not trusted, when it was not.
    pub(super) certificate: Option<Note>,
}

/// Knocks, waits for the verdict, and leaves. `who` says in the lines who it was.
pub(super) async fn knock(cx: &Context, door: &Door, caller: Caller<'_>, who: &str) -> Knocked {
    let mut log = Log::new(caller.token);
    let settle = Duration::from_millis(door.params.settle_ms);
    let (admission, socket) = enter(cx, door, caller, who, settle, &mut log).await;
    let (mut certificate, upgraded) = (None, socket.is_some());
    if let Some(socket) = socket {
        certificate = socket.certificate.clone();
        socket.close(None).await;
    }
    Knocked { admission, upgraded, lines: log.lines(), certificate }
}

/// Knocks and keeps the socket, whatever the verdict is.
pub(super) async fn enter(
    cx: &Context,
    door: &Door,
    caller: Caller<'_>,
    who: &str,
    settle: Duration,
    log: &mut Log,
) -> (Admission, Option<Box<Socket>>) {
    let origin = caller.origin.map(|origin| format!(" · origin: {origin}")).unwrap_or_default();
    log.note(format!("> GET {}{origin} · upgrade: websocket ({who})", target::shown(&door.url)));
    let mut socket = match dial(cx, door, caller).await {
        Ok(Answer::Open(socket)) => socket,
        Ok(Answer::Status(status, body)) => {
            let body = log.masked(&body);
            log.note(format!("< {status} {}", shown(&body)));
            return (of_status(status, &body), None);
        }
        Ok(Answer::Dropped) => {
            log.note("< (connection ended)".to_owned());
            return (Admission::Refused(Refusal::Dropped), None);
        }
        Err(doubt) => {
            log.note(format!("< {}", doubt.seen));
            return (Admission::Unclear(doubt), None);
        }
    };
    log.note("< 101".to_owned());
    let (patience, start) = (cx.patience().total, Instant::now());
    let opening = door.opening(caller.token);
    let mut entry = Entry::new(&door.params, opening, patience, settle);
    if let Some(first) = entry.first() {
        log.sent(&first);
        socket.say(first, start + patience).await;
    }
    while let Some(until) = entry.until() {
        let heard = socket.next(start + until).await;
        log.heard(&heard);
        if let Some(answer) = entry.hear(&heard, start.elapsed()) {
            log.sent(&answer);
            socket.say(answer, start + until).await;
        }
    }
    (entry.verdict(), Some(socket))
}

/// Why a caller that should be let in was not.
pub(super) fn locked_out(admission: &Admission, who: &str) -> Doubt {
    match admission {
        Admission::Unclear(doubt) => doubt.clone(),
        other => Doubt::new(Reason::Refused, format!("{who}: {}", other.words())),
    }
}
