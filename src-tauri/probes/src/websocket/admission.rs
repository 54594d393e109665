//! Whether a caller was let in. A socket that opens says nothing yet: the answer is in the
//! packets, and a server may let in first and put out a moment later. Pure: packets go in,
//! a verdict comes out.

use std::time::Duration;

use countersign_domain::finding::Reason;

use super::dial::Heard;
use super::packet::{About, Message, Packet};
use super::setup::{Params, Protocol};
use crate::probe::Doubt;

/// How long a refusal is listened to: one that says no and delivers all the same is none.
const LINGER: Duration = Duration::from_millis(250);
/// Longest piece of an answer that is shown, in characters.
const MAX_SHOWN: usize = 160;

/// What a caller got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Not let in, or put out before anything was delivered.
    Refused(Refusal),
    /// Let in.
    Admitted,
    /// Not let in to stay, but something was delivered.
    Leaked(String),
    /// Nothing that tells.
    Unclear(Doubt),
}

/// How a caller was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// By the status of the handshake.
    Status(u16),
    /// By socket.io's packet for it, with its message.
    ConnectError(String),
    /// By a message of the application's.
    Said(String),
    /// By closing before an answer.
    Closed(String),
    /// Let in, and put out after so many milliseconds.
    PutOut(u128),
    /// By ending the connection without a word.
    Dropped,
}

impl Refusal {
    /// The refusal in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Status(status) => format!("refused with {status}"),
            Self::ConnectError(message) => format!("refused by a connect_error ({message})"),
            Self::Said(text) => format!("refused by the message {text}"),
            Self::Closed(how) if how.is_empty() => "closed".to_owned(),
            Self::Closed(how) => format!("closed ({how})"),
            Self::PutOut(ms) => format!("let in and put out after {ms} ms, with nothing delivered"),
            Self::Dropped => "cut off without a word".to_owned(),
        }
    }
}

impl Admission {
    /// What was got, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Refused(how) => how.words(),
            Self::Admitted => "let in".to_owned(),
            Self::Leaked(what) => format!("put out, but only after {what} was delivered"),
            Self::Unclear(doubt) => format!("unclear ({})", doubt.seen),
        }
    }
}

/// What a handshake's status says about the caller.
pub(super) fn of_status(status: u16, body: &str) -> Admission {
    let unclear = |reason, why: String| Admission::Unclear(Doubt::new(reason, why));
    // Engine.IO refuses its own protocol's mistakes, and the application's "no" over this
    // transport, with 400 alike; only the body tells them apart.
    let protocol =
        ["Transport unknown", "Unsupported protocol", "Session ID", "Bad handshake", "Bad request"];
    let own_mistake =
        protocol.iter().any(|text| body.contains(text)) || body.contains("\"code\":5");
    match status {
        400 if own_mistake => {
            let why = format!("400 {}: no socket.io 4 over WebSocket here", shown(body));
            unclear(Reason::Unexpected, why)
        }
        400 | 401 | 403 => Admission::Refused(Refusal::Status(status)),
        404 => unclear(Reason::Unexpected, "404: is the path right?".to_owned()),
        429 => unclear(Reason::Refused, "429: a rate limit stopped the look".to_owned()),
        status => unclear(Reason::Unexpected, format!("status {status} where 101 opens a socket")),
    }
}

/// A piece of an answer, bounded.
pub(super) fn shown(text: &str) -> String {
    let mut chars = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut piece: String = chars.by_ref().take(MAX_SHOWN).collect();
    if chars.next().is_some() {
        piece.push('…');
    }
    piece
}

enum Stage {
    /// The transport is not open yet.
    Opening,
    /// Asked to be let in.
    Asked,
    /// Let in at this moment.
    In(Duration),
    /// Refused at this moment.
    Out(Duration, Refusal),
    /// Over.
    Over(Admission),
}

/// One caller's way in.
pub(super) struct Entry<'a> {
    params: &'a Params,
    opening: Option<String>,
    patience: Duration,
    settle: Duration,
    stage: Stage,
    delivered: Option<String>,
}

impl<'a> Entry<'a> {
    /// The way in; the answer may take `patience`, and being let in counts after `settle`.
    pub(super) fn new(
        params: &'a Params,
        opening: Option<String>,
        patience: Duration,
        settle: Duration,
    ) -> Self {
        let stage = match (params.protocol, &params.accepted_when) {
            (Protocol::SocketIo, _) => Stage::Opening,
            (Protocol::Plain, Some(_)) => Stage::Asked,
            (Protocol::Plain, None) => Stage::In(Duration::ZERO),
        };
        Self { params, opening, patience, settle, stage, delivered: None }
    }

    /// What is said first, before anything is heard.
    pub(super) fn first(&mut self) -> Option<String> {
        match self.params.protocol {
            Protocol::SocketIo => None,
            Protocol::Plain => self.opening.take(),
        }
    }

    /// Until when to listen; nothing when it is over.
    pub(super) fn until(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Opening | Stage::Asked => Some(self.patience),
            Stage::In(_) if self.settle.is_zero() => None,
            Stage::In(since) => Some(*since + self.settle),
            Stage::Out(since, _) => Some(*since + LINGER),
            Stage::Over(_) => None,
        }
    }

    /// Takes in what came `at` this moment; what is to be answered.
    pub(super) fn hear(&mut self, heard: &Heard, at: Duration) -> Option<String> {
        match heard {
            Heard::Text(text) => match self.params.protocol {
                Protocol::SocketIo => return self.packet(text, at),
                Protocol::Plain => self.message(text, at),
            },
            // What comes before socket.io's own first packet is of another protocol.
            Heard::Binary(_) | Heard::Large if matches!(self.stage, Stage::Opening) => {
                self.unclear("no Engine.IO 4 handshake but other messages".to_owned());
            }
            Heard::Binary(bytes) => self.deliver(format!("a message of {} bytes", bytes.len())),
            Heard::Large => {
                self.deliver("a message of more than 64 KiB".to_owned());
                self.finish(Refusal::Dropped, at);
            }
            Heard::Closed(how) => self.finish(Refusal::Closed(how.clone()), at),
            Heard::Dropped => self.finish(Refusal::Dropped, at),
            Heard::Broken(why) => self.unclear(format!("no frame of WebSocket: {why}")),
            Heard::TooMany => match self.stage {
                Stage::In(_) => self.stage = Stage::Over(Admission::Admitted),
                _ => self.unclear("more frames than anybody listens to, and no answer".to_owned()),
            },
            Heard::Silence => self.silence(),
        }
        None
    }

    /// The verdict.
    pub(super) fn verdict(self) -> Admission {
        match self.stage {
            Stage::Over(admission) => admission,
            Stage::In(_) => Admission::Admitted,
            Stage::Out(_, how) => Admission::Refused(how),
            Stage::Opening | Stage::Asked => {
                Admission::Unclear(Doubt::new(Reason::TimedOut, "no answer within the deadline"))
            }
        }
    }

    fn packet(&mut self, text: &str, at: Duration) -> Option<String> {
        match (Packet::read(text), &self.stage) {
            (Ok(Packet::Ping(data)), _) => return Some(format!("3{data}")),
            (Ok(Packet::Open), Stage::Opening) => {
                self.stage = Stage::Asked;
                return self.opening.take();
            }
            (_, Stage::Opening) => {
                self.unclear(format!("no Engine.IO 4 handshake but {}", shown(text)));
            }
            (Ok(Packet::Close), _) => self.finish(Refusal::Closed(String::new()), at),
            (Ok(Packet::Message(message)), _) => self.socket_io(&message, text, at),
            (Ok(Packet::Open | Packet::Pong | Packet::Other), _) => {}
            (Err(_), Stage::Asked) => self.unclear(format!("no packet but {}", shown(text))),
            (Err(_), _) => self.deliver(shown(text)),
        }
        None
    }

    fn socket_io(&mut self, message: &Message, text: &str, at: Duration) {
        let ours = message.namespace == self.params.namespace;
        match message.about {
            About::Connect if ours && message.opens() => self.stage = Stage::In(at),
            About::Connect if ours => {
                self.unclear("`40` without a session: this is socket.io 2".to_owned());
            }
            About::ConnectError if matches!(self.stage, Stage::Asked) => {
                let data = message.data.as_ref();
                let text = data.and_then(|data| data.get("message").or(Some(data)));
                let words = text.map_or_else(String::new, |text| match text.as_str() {
                    Some(text) => shown(text),
                    None => shown(&text.to_string()),
                });
                self.stage = Stage::Out(at, Refusal::ConnectError(words));
            }
            About::Disconnect if ours => self.finish(Refusal::Closed(String::new()), at),
            About::Event if self.says_no(message) => {}
            About::Event | About::Ack | About::Connect => self.deliver(shown(text)),
            About::Disconnect | About::ConnectError => {}
        }
    }

    fn says_no(&self, message: &Message) -> bool {
        let known = &self.params.refusal_events;
        message.event().is_some_and(|event| known.iter().any(|own| own == event))
    }

    fn message(&mut self, text: &str, at: Duration) {
        let holds = |wanted: &Option<String>| wanted.as_ref().is_some_and(|own| text.contains(own));
        if holds(&self.params.refused_when) {
            self.stage = Stage::Out(at, Refusal::Said(shown(text)));
        } else if holds(&self.params.accepted_when) {
            self.stage = Stage::In(at);
        } else {
            self.deliver(shown(text));
        }
    }

    fn deliver(&mut self, what: String) {
        self.delivered.get_or_insert(what);
    }

    /// The connection, or the stay in the namespace, has ended.
    fn finish(&mut self, how: Refusal, at: Duration) {
        let how = match (&self.stage, how) {
            (Stage::Out(_, said), _) => said.clone(),
            (Stage::In(since), _) if self.is_told() => {
                Refusal::PutOut(at.saturating_sub(*since).as_millis())
            }
            (_, how) => how,
        };
        self.stage = Stage::Over(self.ended(how));
    }

    /// Whether being let in is said, rather than concluded from an open socket.
    fn is_told(&self) -> bool {
        self.params.protocol == Protocol::SocketIo || self.params.accepted_when.is_some()
    }

    fn ended(&self, how: Refusal) -> Admission {
        match (&self.delivered, self.params.protocol) {
            (None, _) => Admission::Refused(how),
            (Some(what), Protocol::SocketIo) => Admission::Leaked(what.clone()),
            (Some(what), Protocol::Plain) => Admission::Unclear(Doubt::new(
                Reason::NeedsPerson,
                format!(
                    "it sent {what} and ended; if that only says no, name its text in \
                     `refused_when`"
                ),
            )),
        }
    }

    fn silence(&mut self) {
        let next = match &self.stage {
            Stage::In(_) => Admission::Admitted,
            Stage::Out(_, how) => self.ended(how.clone()),
            Stage::Opening | Stage::Asked => {
                let asked = matches!(self.stage, Stage::Asked);
                let what = if asked { "neither let in nor refused" } else { "no handshake" };
                let seen = format!("{what} within the deadline");
                Admission::Unclear(Doubt::new(Reason::TimedOut, seen))
            }
            Stage::Over(_) => return,
        };
        self.stage = Stage::Over(next);
    }

    fn unclear(&mut self, why: String) {
        if !matches!(self.stage, Stage::Over(_)) {
            self.stage = Stage::Over(Admission::Unclear(Doubt::new(Reason::Unexpected, why)));
        }
    }
}

#[cfg(test)]
mod tests;
