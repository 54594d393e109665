//! The address of the socket, and what the first request and the first message look like.

use countersign_domain::finding::Reason;
use serde_json::{Map, Value};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, header};
use url::Url;

use super::packet::{About, Message};
use super::setup::{Params, Protocol, TokenIn};
use crate::context::Context;
use crate::cors::origins;
use crate::http::target;
use crate::http::visit::USER_AGENT;
use crate::probe::Doubt;

/// What stands for a token wherever it would be shown.
pub(super) const HIDDEN: &str = "…";

/// Where the socket is and how it is spoken to.
pub(super) struct Door {
    /// The address, `ws` or `wss`, with what the protocol adds.
    pub(super) url: Url,
    /// How to speak.
    pub(super) params: Params,
    /// The front end's origin, which every connection carries as a browser's would.
    pub(super) origin: Option<String>,
}

/// Who knocks.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    /// The token, if there is one.
    pub(super) token: Option<&'a str>,
    /// The origin of the page.
    pub(super) origin: Option<&'a str>,
    /// Whether the token is one that somebody could use: it is only sent to whom we trust.
    pub(super) secret: bool,
}

impl Door {
    /// The door of the environment.
    ///
    /// # Errors
    /// A doubt when it is not configured, lacks a secret or is no address.
    pub(super) fn of(cx: &Context, params: &Params) -> Result<Self, Doubt> {
        let bad = |why: &str| Doubt::new(Reason::NotConfigured, format!("`websocket`: {why}"));
        let Some(named) = cx.environment().targets.websocket.as_deref() else {
            return Err(Doubt::new(
                Reason::NotConfigured,
                "the environment names no `websocket`: write wss://api.example.com/socket.io/",
            ));
        };
        let resolved = cx.resolve(named).map_err(|name| {
            let seen = format!("`websocket` needs the secret `{name}`");
            Doubt::new(Reason::NeedsCredentials, seen)
        })?;
        let params = params.in_environment(cx)?;
        // The library's error may repeat the address, which may hold a secret.
        let mut url = Url::parse(&resolved).map_err(|_| bad("expected a URL"))?;
        let scheme = match url.scheme() {
            "https" | "wss" => "wss",
            "http" | "ws" => "ws",
            _ => return Err(bad("expected wss://, ws://, https:// or http://")),
        };
        if url.host_str().is_none_or(str::is_empty) || url.set_scheme(scheme).is_err() {
            return Err(bad("expected a URL with a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("expected an address without user and password"));
        }
        url.set_fragment(None);
        if params.protocol == Protocol::SocketIo {
            speak_engine_io(&mut url);
        }
        let origin = target::frontend(cx).ok().map(|frontend| origins::own(&frontend));
        Ok(Self { url, params, origin })
    }

    /// The host, as it is dialled.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port.
    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// Whether TLS is spoken.
    pub(super) fn is_tls(&self) -> bool {
        self.url.scheme() == "wss"
    }

    /// The handshake's request.
    ///
    /// # Errors
    /// Our own mistake, or a token that no header can hold.
    pub(super) fn request(&self, caller: Caller<'_>) -> Result<Request, Doubt> {
        let unsayable = |what: &str| Doubt::new(Reason::NotConfigured, what.to_owned());
        let mut url = self.url.clone();
        let place = self.params.place();
        if let (TokenIn::Query, Some(token)) = (place, caller.token) {
            url.query_pairs_mut().append_pair(&self.params.token_name, token);
        }
        let mut request = url
            .as_str()
            .into_client_request()
            .map_err(|_| unsayable("`websocket` cannot be asked over HTTP"))?;
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let mut add = |name: HeaderName, value: String, what: &str| {
            let mut value = HeaderValue::from_str(&value).map_err(|_| unsayable(what))?;
            value.set_sensitive(true);
            headers.insert(name, value);
            Ok::<_, Doubt>(())
        };
        if let Some(origin) = caller.origin {
            add(header::ORIGIN, origin.to_owned(), "the origin fits into no header")?;
        }
        if let (TokenIn::Header, Some(token)) = (place, caller.token) {
            add(header::AUTHORIZATION, format!("Bearer {token}"), "the token fits into no header")?;
        }
        Ok(request)
    }

    /// The first message of `caller`: what asks socket.io to be let in, or the plain socket's
    /// own.
    pub(super) fn opening(&self, token: Option<&str>) -> Option<String> {
        let place = self.params.place();
        match self.params.protocol {
            Protocol::SocketIo => {
                let auth = token.filter(|_| place == TokenIn::Auth).map(|token| {
                    let pair = (self.params.token_name.clone(), Value::from(token));
                    Value::Object(Map::from_iter([pair]))
                });
                let namespace = self.params.namespace.clone();
                Some(Message { about: About::Connect, namespace, id: None, data: auth }.write())
            }
            Protocol::Plain if place == TokenIn::Message => {
                let send = self.params.send.as_deref().unwrap_or_default();
                Some(filled(send, token.unwrap_or_default()))
            }
            Protocol::Plain => None,
        }
    }
}

/// `${TOKEN}` filled in, escaped where the text is JSON.
fn filled(send: &str, token: &str) -> String {
    if serde_json::from_str::<Value>(send).is_err() {
        return send.replace("${TOKEN}", token);
    }
    let quoted = Value::from(token).to_string();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    send.replace("${TOKEN}", inner.unwrap_or_default())
}

/// What socket.io adds to an address: its path when none is given, and its query.
fn speak_engine_io(url: &mut Url) {
    let path = match url.path().trim_end_matches('/') {
        "" => "/socket.io/".to_owned(),
        path => format!("{path}/"),
    };
    url.set_path(&path);
    let own = |name: &str| matches!(name, "EIO" | "transport");
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !own(name)).collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("EIO", "4")
        .append_pair("transport", "websocket");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(params: Params) -> Door {
        let url = Url::parse("wss://api.example.com/socket.io/?EIO=4").expect("a URL");
        Door { url, params, origin: None }
    }

    #[test]
    fn socket_io_gets_its_path_and_query_and_nothing_is_lost() {
        for (given, expected) in [
            ("wss://a.test", "wss://a.test/socket.io/?EIO=4&transport=websocket"),
            ("wss://a.test/rt", "wss://a.test/rt/?EIO=4&transport=websocket"),
            ("ws://a.test:1/x/?EIO=3&a=b", "ws://a.test:1/x/?a=b&EIO=4&transport=websocket"),
        ] {
            let mut url = Url::parse(given).expect("a URL");
            speak_engine_io(&mut url);
            assert_eq!(url.as_str(), expected);
        }
    }

    #[test]
    fn the_token_goes_where_the_parameter_says_and_nowhere_else() {
        let caller =
            Caller { token: Some("to\"k.en"), origin: Some("https://a.test"), secret: true };
        for place in [TokenIn::Auth, TokenIn::Query, TokenIn::Header] {
            let door = door(Params { token_in: Some(place), ..Params::default() });
            let request = door.request(caller).expect("sayable");
            let opening = door.opening(caller.token).expect("a packet");
            let seen = [
                opening == r#"40{"token":"to\"k.en"}"#,
                request.uri().query() == Some("EIO=4&token=to%22k.en"),
                request.headers().get("authorization").is_some(),
            ];
            let places = [TokenIn::Auth, TokenIn::Query, TokenIn::Header];
            assert_eq!(seen, places.map(|own| own == place), "{place:?}");
            assert_eq!(request.headers()["origin"], "https://a.test");
        }
    }

    #[test]
    fn a_first_message_is_escaped_where_it_is_json_and_sent_without_a_token_too() {
        let plain = |send: &str| {
            let send = Some(send.to_owned());
            door(Params { protocol: Protocol::Plain, send, ..Params::default() })
        };
        let json = plain(r#"{"token":"${TOKEN}"}"#);
        assert_eq!(json.opening(Some("a\"b")).as_deref(), Some(r#"{"token":"a\"b"}"#));
        assert_eq!(json.opening(None).as_deref(), Some(r#"{"token":""}"#));
        assert_eq!(plain("AUTH ${TOKEN}").opening(Some("a\"b")).as_deref(), Some("AUTH a\"b"));
    }

    #[test]
    fn a_namespace_is_asked_for_by_name() {
        let door = door(Params { namespace: "/chat".to_owned(), ..Params::default() });
        assert_eq!(door.opening(None).as_deref(), Some("40/chat,"));
    }
}
