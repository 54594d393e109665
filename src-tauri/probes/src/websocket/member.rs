//! Somebody in a room: a socket that was let in, says events, and remembers what came.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_domain::finding::Note;
use serde_json::Value;
use tokio::time::Instant;

use super::admission::{Admission, shown};
use super::dial::{Heard, Socket};
use super::door::{Caller, Door};
use super::knock::{Log, enter, locked_out};
use super::packet::{About, Message, Packet};
use super::setup::Protocol;
use crate::context::Context;
use crate::probe::Doubt;

/// How long an acknowledgement is waited for. None proves anything.
const ACK: Duration = Duration::from_millis(1_000);
/// How long a server gets between letting in and the first event.
const BREATH: Duration = Duration::from_millis(300);

/// Why nothing more is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// The server ended it.
    Ended(String),
    /// We stopped, and what came then is not known.
    Blind(String),
}

/// A member of rooms.
pub(super) struct Member<'a> {
    door: &'a Door,
    socket: Box<Socket>,
    log: Log,
    received: Vec<String>,
    acks: BTreeMap<u64, Value>,
    over: Option<Over>,
    next: u64,
}

impl<'a> Member<'a> {
    /// Lets the bearer of `token` in.
    ///
    /// # Errors
    /// Why it was not let in, and the lines of it.
    pub(super) async fn enter(
        cx: &Context,
        door: &'a Door,
        token: &str,
        who: &str,
    ) -> Result<Self, (Doubt, Vec<String>)> {
        let mut log = Log::new(Some(token));
        let caller = Caller { token: Some(token), origin: door.origin.as_deref(), secret: true };
        // A server may look at the token, and only then listen to events, a moment after it
        // has let somebody in.
        let params = &door.params;
        let told = params.protocol == Protocol::SocketIo || params.accepted_when.is_some();
        let settle = if told { BREATH } else { Duration::from_millis(params.settle_ms) };
        match enter(cx, door, caller, who, settle, &mut log).await {
            (Admission::Admitted, Some(socket)) => {
                log.let_in();
                let (received, acks) = (Vec::new(), BTreeMap::new());
                Ok(Self { door, socket, log, received, acks, over: None, next: 0 })
            }
            (admission, socket) => {
                if let Some(socket) = socket {
                    socket.close(None).await;
                }
                Err((locked_out(&admission, who), log.lines()))
            }
        }
    }

    /// Why the certificate was not trusted, when it was not.
    pub(super) fn certificate(&self) -> Option<Note> {
        self.socket.certificate.clone()
    }

    /// Says an event and waits a moment for its acknowledgement.
    pub(super) async fn ask(&mut self, event: &str, arguments: Vec<Value>) -> Option<Value> {
        let id = self.next;
        self.next += 1;
        self.say(event, arguments, Some(id)).await;
        let patience = match self.door.params.protocol {
            Protocol::SocketIo => ACK,
            // Nothing tells an answer from any other message.
            Protocol::Plain => BREATH,
        };
        self.listen(Instant::now() + patience, |member| member.acks.contains_key(&id)).await;
        self.acks.get(&id).cloned()
    }

    /// Says an event.
    pub(super) async fn tell(&mut self, event: &str, arguments: Vec<Value>) {
        self.say(event, arguments, None).await;
    }

    async fn say(&mut self, event: &str, arguments: Vec<Value>, id: Option<u64>) {
        let text = match self.door.params.protocol {
            Protocol::SocketIo => {
                let mut data = vec![Value::from(event)];
                data.extend(arguments);
                let namespace = self.door.params.namespace.clone();
                let data = Some(Value::Array(data));
                Message { about: About::Event, namespace, id, data }.write()
            }
            Protocol::Plain => match arguments.into_iter().next() {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => return,
            },
        };
        self.log.sent(&text);
        self.socket.say(text, Instant::now() + ACK).await;
    }

    /// Listens until then, or until `enough`.
    pub(super) async fn listen(&mut self, until: Instant, enough: impl Fn(&Self) -> bool) {
        while self.over.is_none() && !enough(self) {
            let heard = self.socket.next(until).await;
            self.log.heard(&heard);
            match heard {
                Heard::Silence => return,
                Heard::Text(text) => self.text(text, until).await,
                Heard::Binary(bytes) => {
                    self.received.push(String::from_utf8_lossy(&bytes).into_owned());
                }
                Heard::Closed(how) => self.over = Some(Over::Ended(format!("closed {how}"))),
                Heard::Dropped => self.over = Some(Over::Ended("cut off".to_owned())),
                Heard::Large => self.blind("a message of more than 64 KiB"),
                Heard::TooMany => self.blind("more frames than anybody listens to"),
                Heard::Broken(why) => self.blind(&why),
            }
        }
    }

    async fn text(&mut self, text: String, until: Instant) {
        if self.door.params.protocol == Protocol::SocketIo {
            match Packet::read(&text) {
                Ok(Packet::Ping(data)) => self.socket.say(format!("3{data}"), until).await,
                Ok(Packet::Close) => self.over = Some(Over::Ended("closed".to_owned())),
                Ok(Packet::Message(message)) => self.message(message),
                Ok(_) | Err(_) => {}
            }
        }
        self.received.push(text);
    }

    fn message(&mut self, message: Message) {
        if message.namespace != self.door.params.namespace {
            return;
        }
        match (message.about, message.id) {
            (About::Disconnect, _) => self.over = Some(Over::Ended("put out".to_owned())),
            (About::Ack, Some(id)) => {
                let first = match message.data {
                    Some(Value::Array(all)) => all.into_iter().next(),
                    other => other,
                };
                self.acks.insert(id, first.unwrap_or(Value::Null));
            }
            _ => {}
        }
    }

    fn blind(&mut self, why: &str) {
        self.over = Some(Over::Blind(why.to_owned()));
    }

    /// Whether `canary` came, in whatever message.
    pub(super) fn has(&self, canary: &str) -> bool {
        self.received.iter().any(|text| text.contains(canary))
    }

    /// Why nothing more is heard, if so.
    pub(super) fn over(&self) -> Option<Over> {
        self.over.clone()
    }

    /// Leaves; the lines of its stay.
    pub(super) async fn leave(self) -> Vec<String> {
        let last = match self.door.params.protocol {
            Protocol::SocketIo => {
                let namespace = self.door.params.namespace.clone();
                Some(Message { about: About::Disconnect, namespace, id: None, data: None }.write())
            }
            Protocol::Plain => None,
        };
        match self.over {
            None => self.socket.close(last.as_deref()).await,
            Some(_) => self.socket.close(None).await,
        }
        self.log.lines()
    }
}

/// An acknowledgement in words, bounded.
pub(super) fn acknowledged(ack: Option<&Value>) -> String {
    ack.map_or_else(
        || "not acknowledged".to_owned(),
        |ack| format!("acknowledged with {}", shown(&ack.to_string())),
    )
}

/// Whether an acknowledgement reads as a yes.
pub(super) fn grants(ack: &Value) -> bool {
    let yes = |value: &Value| match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => matches!(text.to_ascii_lowercase().as_str(), "ok" | "joined"),
        _ => false,
    };
    yes(ack)
        || ["ok", "success", "joined", "status"].iter().any(|name| ack.get(name).is_some_and(yes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_yes_is_told_from_a_no() {
        for (ack, yes) in [
            (json!(true), true),
            (json!("OK"), true),
            (json!({ "ok": true, "room": "x" }), true),
            (json!({ "status": "ok" }), true),
            (json!({ "ok": false }), false),
            (json!({ "error": "forbidden" }), false),
            (json!("forbidden"), false),
            (json!(null), false),
        ] {
            assert_eq!(grants(&ack), yes, "{ack}");
        }
    }
}
