//! How a project's sockets are spoken to. All claims of the family take the same
//! parameters, so that one set serves them all.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::packet::ROOT;
use crate::context::Context;
use crate::probe::Doubt;
use countersign_domain::finding::Reason;

/// What stands before a parameter's name in a fact.
const FACT: &str = "websocket_";
/// Parameters that belong to a project rather than to a checklist.
const OF_THE_PROJECT: [&str; 13] = [
    "protocol",
    "namespace",
    "token_in",
    "token_name",
    "send",
    "accepted_when",
    "refused_when",
    "join_event",
    "join_payload",
    "emit_event",
    "emit_payload",
    "room",
    "topic",
];
/// Longest text of a parameter, in bytes.
const MAX_TEXT: usize = 1_000;

/// What is spoken over the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// socket.io 4: Socket.IO 5 inside Engine.IO 4.
    #[serde(rename = "socket.io")]
    SocketIo,
    /// Messages of the application's own.
    #[serde(rename = "plain")]
    Plain,
}

/// Where the token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenIn {
    /// socket.io's `auth`: the payload of the packet that asks to be let in.
    Auth,
    /// A parameter of the address.
    Query,
    /// `Authorization: Bearer …` of the handshake.
    Header,
    /// The first message (`send`).
    Message,
}

/// How to speak, and what to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What is spoken.
    pub protocol: Protocol,
    /// The namespace of socket.io.
    pub namespace: String,
    /// Where the token goes; `auth` with socket.io, to be named otherwise.
    pub token_in: Option<TokenIn>,
    /// Its name in `auth` or in the address.
    pub token_name: String,
    /// Plain: the first message, with `${TOKEN}`.
    pub send: Option<String>,
    /// Plain: a text in a frame that says "you are in". Without it, a socket that stays open
    /// is one that was let in.
    pub accepted_when: Option<String>,
    /// Plain: a text in a frame that says "you are not".
    pub refused_when: Option<String>,
    /// Events of socket.io that say no; one of these before the end of the connection does
    /// not count as something delivered.
    pub refusal_events: Vec<String>,
    /// Secret with a valid token (of tenant A).
    pub token: String,
    /// Secret with a valid token of tenant B.
    pub other_token: String,
    /// Secret that signs tokens, to make an expired one.
    pub signing_secret: String,
    /// Secret with an expired token, where none can be made.
    pub expired_token: String,
    /// How long a socket that was let in is watched for being put out again, in ms.
    pub settle_ms: u64,
    /// Event that asks to join a room.
    pub join_event: String,
    /// Its argument (a JSON list: its arguments) as JSON, with `${ROOM}`, `${TENANT}`,
    /// `${TOPIC}`.
    pub join_payload: String,
    /// Event that sends a text to a room.
    pub emit_event: String,
    /// Its argument as JSON, with `${CANARY}` and the names of `join_payload`.
    pub emit_payload: String,
    /// How a room's name is built, with `${TENANT}` and `${TOPIC}`.
    pub room: String,
    /// The topic; a random one when empty, so that nobody else is in the room.
    pub topic: String,
}

impl Default for Params {
    fn default() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            protocol: Protocol::SocketIo,
            namespace: text(ROOT),
            token_in: None,
            token_name: text("token"),
            send: None,
            accepted_when: None,
            refused_when: None,
            refusal_events: ["exception", "error", "unauthorized"].map(text).to_vec(),
            token: text("AUTH_TOKEN"),
            other_token: text("OTHER_TENANT_TOKEN"),
            signing_secret: text("JWT_SECRET"),
            expired_token: text("EXPIRED_TOKEN"),
            settle_ms: 1_500,
            join_event: text("join"),
            join_payload: text(r#"{"room":"${ROOM}"}"#),
            emit_event: text("message"),
            emit_payload: text(r#"{"room":"${ROOM}","text":"${CANARY}"}"#),
            room: text("tenant:${TENANT}:${TOPIC}"),
            topic: String::new(),
        }
    }
}

impl Params {
    /// The parameters with the environment's facts laid over them.
    ///
    /// # Errors
    /// A doubt that names the fact or parameter that cannot be used.
    pub(super) fn in_environment(&self, cx: &Context) -> Result<Self, Doubt> {
        self.with_facts(|name| cx.fact(name))
            .map_err(|error| Doubt::new(Reason::NotConfigured, error))
    }

    fn with_facts<'a>(&self, fact: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let Ok(Value::Object(mut map)) = serde_json::to_value(self) else {
            return Err("the parameters cannot be read".to_owned());
        };
        for name in OF_THE_PROJECT {
            let named = format!("{FACT}{name}");
            if let Some(value) = fact(&named) {
                map.insert(name.to_owned(), Value::from(value));
                let one = Map::from_iter([(name.to_owned(), Value::from(value))]);
                serde_json::from_value::<Self>(Value::Object(one))
                    .map_err(|error| format!("fact `{named}`: {error}"))?;
            }
        }
        let all: Self = serde_json::from_value(Value::Object(map)).map_err(|e| e.to_string())?;
        all.check()?;
        Ok(all)
    }

    /// Where the token goes.
    pub(super) fn place(&self) -> TokenIn {
        self.token_in.unwrap_or(match self.protocol {
            Protocol::SocketIo => TokenIn::Auth,
            Protocol::Plain => TokenIn::Message,
        })
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// What is wrong, in words that name the parameter.
    pub(super) fn check(&self) -> Result<(), String> {
        let namespace = &self.namespace;
        if !namespace.starts_with('/') || namespace.contains([',', '?']) {
            return Err(format!("`namespace` is `{namespace}`: expected / or /name"));
        }
        if !(1_500..=10_000).contains(&self.settle_ms) {
            return Err(format!("`settle_ms` is {}: expected 1500 to 10000", self.settle_ms));
        }
        if self.token_name.is_empty() {
            return Err("`token_name` is empty: expected a name such as token".to_owned());
        }
        match (self.protocol, self.place()) {
            (Protocol::SocketIo, TokenIn::Message) => {
                return Err("`token_in` is message: expected auth, query or header with socket.io"
                    .to_owned());
            }
            (Protocol::Plain, TokenIn::Auth) => {
                return Err("`token_in` is auth, which only socket.io has: expected query, \
                            header or message"
                    .to_owned());
            }
            (Protocol::Plain, TokenIn::Message) => {
                let send = self.send.as_deref().unwrap_or_default();
                if !send.contains("${TOKEN}") {
                    return Err("`send` is missing: expected the first message with ${TOKEN}, or \
                                another `token_in`"
                        .to_owned());
                }
            }
            _ => {}
        }
        for (name, text) in
            [("accepted_when", &self.accepted_when), ("refused_when", &self.refused_when)]
        {
            if text.as_ref().is_some_and(String::is_empty) {
                return Err(format!("`{name}` is empty: every frame would hold it"));
            }
        }
        self.check_rooms()
    }

    fn check_rooms(&self) -> Result<(), String> {
        let texts = [
            ("room", &self.room),
            ("topic", &self.topic),
            ("join_payload", &self.join_payload),
            ("emit_payload", &self.emit_payload),
        ];
        for (name, text) in texts {
            if text.len() > MAX_TEXT {
                return Err(format!("`{name}` is longer than {MAX_TEXT} bytes"));
            }
        }
        if !self.room.contains("${TOPIC}") {
            return Err(format!("`room` is `{}`: expected a name with ${{TOPIC}}", self.room));
        }
        for (name, text) in &texts[2..] {
            serde_json::from_str::<Value>(text)
                .map_err(|error| format!("`{name}` is not JSON: {error}"))?;
        }
        if !["${ROOM}", "${TOPIC}"].iter().any(|slot| self.join_payload.contains(slot)) {
            return Err("`join_payload` names no room: expected ${ROOM} or ${TOPIC}".to_owned());
        }
        if !self.emit_payload.contains("${CANARY}") {
            return Err("`emit_payload` holds no ${CANARY}: nothing could be recognised".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(facts: &[(&str, &'static str)]) -> Result<Params, String> {
        Params::default()
            .with_facts(|name| facts.iter().find(|(own, _)| *own == name).map(|(_, value)| *value))
    }

    #[test]
    fn facts_of_the_environment_win_over_the_checklist() {
        let params = with(&[
            ("websocket_join_event", "subscribe"),
            ("websocket_token_in", "query"),
            ("websocket_topic", "inbox"),
            ("websocket_token", "OTHER"),
        ])
        .expect("sound");
        assert_eq!((params.join_event.as_str(), params.place()), ("subscribe", TokenIn::Query));
        assert_eq!(params.topic, "inbox");
        assert_eq!(params.token, "AUTH_TOKEN", "which secret is used is the checklist's to say");
        assert_eq!(with(&[]).expect("sound"), Params::default());
    }

    #[test]
    fn what_cannot_work_is_named() {
        for (name, value, word) in [
            ("websocket_protocol", "mqtt", "`websocket_protocol`"),
            ("websocket_protocol", "plain", "`send`"),
            ("websocket_token_in", "cookie", "`websocket_token_in`"),
            ("websocket_token_in", "message", "`token_in`"),
            ("websocket_namespace", "chat", "`namespace`"),
            ("websocket_join_payload", "{room}", "`join_payload`"),
            ("websocket_join_payload", r#"{"room":"lobby"}"#, "`join_payload`"),
            ("websocket_emit_payload", r#"{"room":"${ROOM}"}"#, "`emit_payload`"),
            ("websocket_room", "tenant:${TENANT}", "`room`"),
            ("websocket_accepted_when", "", "`accepted_when`"),
            ("websocket_token_name", "", "`token_name`"),
        ] {
            let error = with(&[(name, value)]).expect_err(name);
            assert!(error.contains(word), "{name}={value}: {error}");
        }
    }

    #[test]
    fn plain_sockets_take_a_first_message_a_parameter_or_a_header() {
        for (token_in, send, sound) in [
            (None, Some(r#"{"event":"auth","token":"${TOKEN}"}"#), true),
            (None, Some("hello"), false),
            (Some(TokenIn::Auth), None, false),
            (Some(TokenIn::Query), None, true),
            (Some(TokenIn::Header), None, true),
        ] {
            let send = send.map(str::to_owned);
            let params = Params { protocol: Protocol::Plain, token_in, send, ..Params::default() };
            assert_eq!(params.check().is_ok(), sound, "{token_in:?}");
        }
    }
}
