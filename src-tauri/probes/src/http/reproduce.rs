//! Commands that show a person the same as a probe saw. Secrets stand in them as shell
//! variables, never as values.

use std::fmt::Write as _;

use reqwest::Method;

use crate::context::Context;
use crate::http::target;
use crate::http::visit::Ask;

/// `text` as one word of a POSIX shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The question as a `curl` command; `token` names the variable that holds the token, which
/// goes in by a pipe: what stands in arguments, every user of the machine can read.
#[must_use]
pub fn curl(cx: &Context, ask: &Ask, token: &str) -> String {
    let mut command = "curl -sS -i --max-time 10".to_owned();
    if ask.url.as_str().contains(['[', ']', '{', '}']) {
        command.push_str(" --globoff");
    }
    if let Some(file) = &cx.environment().targets.ca_file {
        let _ = write!(command, " --cacert {}", quoted(file));
    }
    if ask.method == Method::HEAD {
        command.push_str(" -I");
    } else if ask.method != Method::GET {
        let _ = write!(command, " -X {}", ask.method);
    }
    for (name, value) in &ask.headers {
        let _ = write!(command, " -H {}", quoted(&format!("{name}: {value}")));
    }
    if ask.bearer.is_some() {
        command = format!("printf 'Authorization: Bearer %s\\n' \"${token}\" | {command} -H @-");
    }
    if let Some(json) = &ask.json {
        let _ = write!(command, " -H 'Content-Type: application/json' -d {}", quoted(json));
    }
    let _ = write!(command, " {}", quoted(&target::shown(&ask.url)));
    command
}

/// An `openssl s_client` command to the server, with more options.
#[must_use]
pub fn s_client(host: &str, port: u16, options: &str) -> String {
    let at = quoted(&format!("{host}:{port}"));
    let name = if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        String::new()
    } else {
        format!(" -servername {}", quoted(host))
    };
    format!("openssl s_client -connect {at}{name} {options} </dev/null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_stands_in_the_arguments_of_a_program() {
        let environment = countersign_domain::environment::Environment {
            name: "test".into(),
            production: false,
            demo: false,
            targets: countersign_domain::environment::Targets::default(),
            secrets: std::collections::BTreeMap::new(),
            facts: std::collections::BTreeMap::new(),
        };
        let clock = std::sync::Arc::new(|| chrono::DateTime::UNIX_EPOCH);
        let cx = Context::new(environment, crate::context::Secrets::new(), clock, "/".into());
        let url = url::Url::parse("https://[::1]/auth/me").expect("a URL");
        let ask = Ask::get(url).bearer(zeroize::Zeroizing::new("value".to_owned()));
        assert_eq!(
            curl(&cx, &ask, "AUTH_TOKEN"),
            "printf 'Authorization: Bearer %s\\n' \"$AUTH_TOKEN\" | curl -sS -i --max-time 10 \
             --globoff -H @- 'https://[::1]/auth/me'"
        );
    }

    #[test]
    fn a_hostile_header_cannot_leave_its_quotes() {
        assert_eq!(quoted("https://a.test/x"), "https://a.test/x");
        assert_eq!(quoted("a'; rm -rf /; '"), r"'a'\''; rm -rf /; '\'''");
        assert_eq!(quoted("$(id)"), "'$(id)'");
    }
}
