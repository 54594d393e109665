//! Commands that show a person the same. Tokens stand in them as shell variables that only
//! builtins of the shell read, so that they are in no list of processes.

use std::fmt::Write as _;

use super::door::Door;
use super::packet::{About, Message};
use super::setup::{Protocol, TokenIn};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::http::target;

/// A handshake with `curl`, from `origin`: its status line tells.
pub(super) fn handshake(cx: &Context, door: &Door, origin: Option<&str>, token: &str) -> String {
    let mut command = "curl -sS -i --http1.1 --max-time 5".to_owned();
    if let Some(file) = &cx.environment().targets.ca_file {
        let _ = write!(command, " --cacert {}", quoted(file));
    }
    command.push_str(" -H 'Connection: Upgrade' -H 'Upgrade: websocket'");
    command.push_str(" -H 'Sec-WebSocket-Version: 13'");
    command.push_str(" -H 'Sec-WebSocket-Key: Y291bnRlcnNpZ24tcHJvYg=='");
    if let Some(origin) = origin {
        let _ = write!(command, " -H {}", quoted(&format!("Origin: {origin}")));
    }
    let mut url = door.url.clone();
    let _ = url.set_scheme(if door.is_tls() { "https" } else { "http" });
    let _ = write!(command, " {}", quoted(&target::shown(&url)));
    match door.params.place() {
        TokenIn::Header => {
            format!("printf 'header = \"Authorization: Bearer %s\"' \"${token}\" | {command} -K -")
        }
        _ => command,
    }
}

/// What a bearer of the variable `token` says after the handshake, through `websocat`.
pub(super) fn talk(
    cx: &Context,
    door: &Door,
    token: &str,
    lines: &[String],
    seconds: u32,
) -> String {
    let place = door.params.place();
    let file = cx.environment().targets.ca_file.as_deref();
    let trust = file.map(|file| format!("SSL_CERT_FILE={} ", quoted(file))).unwrap_or_default();
    let origin = door.origin.as_deref();
    let origin = origin.map(|own| format!(" --origin {}", quoted(own))).unwrap_or_default();
    let url = quoted(&target::shown(&door.url));
    let (option, url) = match place {
        TokenIn::Header => (format!(" -H \"Authorization: Bearer ${token}\""), url),
        TokenIn::Query => {
            let joint = if door.url.query().is_some() { '&' } else { '?' };
            (String::new(), format!("{url}\"{joint}{}=${token}\"", door.params.token_name))
        }
        TokenIn::Auth | TokenIn::Message => (String::new(), url),
    };
    let said = match (place, door.opening(Some("%s"))) {
        (TokenIn::Auth | TokenIn::Message, Some(opening)) => {
            format!("printf {}'\\n' \"${token}\"; ", quoted(&opening))
        }
        (_, _) => {
            door.opening(None).map_or_else(String::new, |text| format!("echo {}; ", quoted(&text)))
        }
    };
    let rest: String =
        lines.iter().map(|line| format!("sleep 1; echo {}; ", quoted(line))).collect();
    format!("({said}{rest}sleep {seconds}) | {trust}websocat{origin}{option} {url}")
}

/// An event as a line for [`talk`].
pub(super) fn event(door: &Door, name: &str, arguments: &[serde_json::Value]) -> String {
    match door.params.protocol {
        Protocol::SocketIo => {
            let mut data = vec![serde_json::Value::from(name)];
            data.extend_from_slice(arguments);
            let namespace = door.params.namespace.clone();
            let data = Some(serde_json::Value::Array(data));
            Message { about: About::Event, namespace, id: None, data }.write()
        }
        Protocol::Plain => arguments.first().map(ToString::to_string).unwrap_or_default(),
    }
}
