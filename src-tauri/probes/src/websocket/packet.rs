//! Packets of Engine.IO 4 and of Socket.IO 5 inside them, as text. The server is hostile:
//! whatever is not exactly a packet is an error, never a guess.

use serde_json::Value;

/// The namespace that exists everywhere.
pub(super) const ROOT: &str = "/";

/// One packet of Engine.IO 4 (socket.io/docs/v4/engine-io-protocol).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Packet {
    /// `0{…}`: the transport is open; says nothing about rights.
    Open,
    /// `1`: the transport ends.
    Close,
    /// `2…`: are you there? To be answered by `3` and the same text.
    Ping(String),
    /// `3…`: yes.
    Pong,
    /// `4…`: a packet of Socket.IO.
    Message(Message),
    /// `5` or `6`: about changing transports.
    Other,
}

/// What a packet of Socket.IO 5 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// `40`: let in to a namespace.
    Connect,
    /// `41`: put out of a namespace.
    Disconnect,
    /// `42` or `45`: an event.
    Event,
    /// `43` or `46`: an acknowledgement.
    Ack,
    /// `44`: not let in.
    ConnectError,
}

/// One packet of Socket.IO 5 (socket.io/docs/v4/socket-io-protocol).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    /// What it is about.
    pub(super) about: About,
    /// The namespace, without its query.
    pub(super) namespace: String,
    /// The number that an acknowledgement answers to.
    pub(super) id: Option<u64>,
    /// What it carries.
    pub(super) data: Option<Value>,
}

/// Why a text is no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// The first character names no packet of Engine.IO.
    #[error("no packet of Engine.IO 4")]
    Engine,
    /// The second character names no packet of Socket.IO.
    #[error("no packet of Socket.IO 5")]
    Kind,
    /// Not the count of attachments that a binary packet starts with.
    #[error("a binary packet without its count of attachments")]
    Attachments,
    /// A number that is too large to be one.
    #[error("the number of the acknowledgement is too large")]
    Id,
    /// What it carries is not JSON.
    #[error("what the packet carries is not JSON")]
    Data,
}

impl Packet {
    /// Reads one text frame.
    ///
    /// # Errors
    /// Why it is no packet.
    pub(super) fn read(text: &str) -> Result<Self, Malformed> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(Malformed::Engine)?;
        let rest = chars.as_str();
        match kind {
            '0' => json(rest).and_then(|data| match data {
                Some(Value::Object(open)) if open.get("sid").is_some_and(Value::is_string) => {
                    Ok(Self::Open)
                }
                _ => Err(Malformed::Data),
            }),
            '1' if rest.is_empty() => Ok(Self::Close),
            '2' => Ok(Self::Ping(rest.to_owned())),
            '3' => Ok(Self::Pong),
            '4' => Message::read(rest).map(Self::Message),
            '5' | '6' if rest.is_empty() => Ok(Self::Other),
            _ => Err(Malformed::Engine),
        }
    }
}

impl Message {
    fn read(text: &str) -> Result<Self, Malformed> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(Malformed::Kind)?;
        let mut rest = chars.as_str();
        let about = match kind {
            '0' => About::Connect,
            '1' => About::Disconnect,
            '2' | '5' => About::Event,
            '3' | '6' => About::Ack,
            '4' => About::ConnectError,
            _ => return Err(Malformed::Kind),
        };
        if matches!(kind, '5' | '6') {
            let (count, after) = rest.split_once('-').ok_or(Malformed::Attachments)?;
            count.parse::<u16>().map_err(|_| Malformed::Attachments)?;
            rest = after;
        }
        let mut namespace = ROOT;
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
            namespace = namespace.split_once('?').map_or(namespace, |(path, _)| path);
        }
        let data = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.strip_suffix(data).unwrap_or_default();
        let id = match digits {
            "" => None,
            digits => Some(digits.parse().map_err(|_| Malformed::Id)?),
        };
        Ok(Self { about, namespace: namespace.to_owned(), id, data: json(data)? })
    }

    /// The packet as a text frame.
    #[must_use]
    pub(super) fn write(&self) -> String {
        let kind = match self.about {
            About::Connect => '0',
            About::Disconnect => '1',
            About::Event => '2',
            About::Ack => '3',
            About::ConnectError => '4',
        };
        let namespace =
            if self.namespace == ROOT { String::new() } else { format!("{},", self.namespace) };
        let id = self.id.map(|id| id.to_string()).unwrap_or_default();
        let data = self.data.as_ref().map(Value::to_string).unwrap_or_default();
        format!("4{kind}{namespace}{id}{data}")
    }

    /// The name of an event.
    #[must_use]
    pub(super) fn event(&self) -> Option<&str> {
        match self.about {
            About::Event => self.data.as_ref()?.get(0)?.as_str(),
            _ => None,
        }
    }

    /// Whether a namespace was opened as Socket.IO 5 does it: with a session's id. Older
    /// servers answer without one, and before anybody has asked.
    #[must_use]
    pub(super) fn opens(&self) -> bool {
        let sid = || self.data.as_ref()?.get("sid")?.as_str();
        self.about == About::Connect && sid().is_some()
    }
}

fn json(text: &str) -> Result<Option<Value>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|_| Malformed::Data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn message(text: &str) -> Message {
        match Packet::read(text) {
            Ok(Packet::Message(message)) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn packets_of_real_servers_are_read() {
        let open = r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
        assert_eq!(Packet::read(open), Ok(Packet::Open));
        assert_eq!(Packet::read("2probe"), Ok(Packet::Ping("probe".to_owned())));
        assert_eq!(Packet::read("1"), Ok(Packet::Close));
        let let_in = message(r#"40/chat?x=1,{"sid":"s"}"#);
        assert!(let_in.opens() && let_in.namespace == "/chat");
        assert!(!message("40").opens(), "as Socket.IO 2 greets everybody");
        assert_eq!(message("41").about, About::Disconnect);
        let refused = message(r#"44{"message":"unauthorized"}"#);
        assert_eq!((refused.about, refused.opens()), (About::ConnectError, false));
        let event = message(r#"42/chat,["message",{"a":1}]"#);
        assert_eq!((event.event(), event.id), (Some("message"), None));
        let ack = message(r#"4312[{"ok":false}]"#);
        assert_eq!((ack.about, ack.id, ack.event()), (About::Ack, Some(12), None));
        let binary = message(r#"451-["file",{"_placeholder":true,"num":0}]"#);
        assert_eq!((binary.about, binary.event()), (About::Event, Some("file")));
    }

    #[test]
    fn what_is_no_packet_is_an_error_of_its_own_kind() {
        for (text, error) in [
            ("", Malformed::Engine),
            ("7", Malformed::Engine),
            ("hello", Malformed::Engine),
            ("1x", Malformed::Engine),
            ("0", Malformed::Data),
            ("0{}", Malformed::Data),
            ("0[1]", Malformed::Data),
            ("4", Malformed::Kind),
            ("47", Malformed::Kind),
            ("45[\"a\"]", Malformed::Attachments),
            ("4599999-[]", Malformed::Attachments),
            ("4399999999999999999999[]", Malformed::Id),
            ("42[\"a\"", Malformed::Data),
            ("42/chat,[\"a\"]x", Malformed::Data),
        ] {
            assert_eq!(Packet::read(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,300}") {
            let _ = Packet::read(&text);
        }

        #[test]
        fn nothing_behind_a_packet_s_first_letters_breaks_the_reader(
            start in "[0-6][0-6]?([0-9]{0,22}-)?(/[a-z]{0,5},)?[0-9]{0,22}", rest in ".{0,200}"
        ) {
            let _ = Packet::read(&format!("{start}{rest}"));
        }

        #[test]
        fn what_is_written_is_read_again(
            namespace in "/[a-z]{1,8}", id in proptest::option::of(any::<u64>()), word in ".{0,40}"
        ) {
            let data = Some(json!(["message", { "text": word }]));
            let sent = Message { about: About::Event, namespace, id, data };
            prop_assert_eq!(Packet::read(&sent.write()), Ok(Packet::Message(sent)));
        }

        #[test]
        fn deep_nesting_ends_in_an_error(depth in 200_usize..2_000) {
            let text = format!("42{}", "[".repeat(depth));
            prop_assert_eq!(Packet::read(&text), Err(Malformed::Data));
        }
    }
}
