//! Which hosts the team's own probes may contact: those of the environment's targets and
//! those that it lists, so that a template alone leads nowhere.

use countersign_domain::finding::Reason;
use url::Url;

use crate::context::Context;
use crate::probe::Doubt;

/// The targets that are addresses of hosts.
const TARGETS: [&str; 8] =
    ["api", "api_plain", "frontend", "websocket", "redis", "database", "pooler", "metrics"];

/// A host of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// Its name or address; IPv6 without brackets.
    pub(crate) name: String,
    /// The port of the target that it was taken from.
    pub(crate) port: Option<u16>,
}

impl Host {
    /// The name as it stands before a port: an IPv6 address in brackets.
    pub(crate) fn bracketed(&self) -> String {
        if self.name.contains(':') { format!("[{}]", self.name) } else { self.name.clone() }
    }
}

/// Checks the parameters `host` and `target` of a template.
pub(crate) fn check(host: Option<&str>, target: Option<&str>) -> Result<(), String> {
    match (host, target) {
        (Some(_), Some(_)) => Err("both `host` and `target` are given: expected one".to_owned()),
        (Some(host), None) if host.trim().is_empty() || host.contains([' ', '/', '@']) => {
            Err(format!("`host` is {host:?}: expected the name or address of a host alone"))
        }
        (None, Some(target)) if !TARGETS.contains(&target) => {
            Err(format!("`target` is {target:?}: expected one of {}", TARGETS.join(", ")))
        }
        _ => Ok(()),
    }
}

/// The host that a template means: `host`, or that of `target`, or the API's.
pub(crate) fn wanted(
    cx: &Context,
    host: Option<&str>,
    target: Option<&str>,
) -> Result<Host, Doubt> {
    let Some(wanted) = host else {
        let target = target.unwrap_or("api");
        return of_target(cx, target).ok_or_else(|| {
            let seen = format!("the environment's `{target}` names no host");
            Doubt::new(Reason::NotConfigured, seen)
        });
    };
    let wanted = bare(wanted);
    if known(cx).contains(&wanted) {
        return Ok(Host { name: wanted, port: None });
    }
    let seen = format!(
        "`{wanted}` is no host of this environment: name it in a target or in the fact `hosts`"
    );
    Err(Doubt::new(Reason::NotConfigured, seen))
}

/// Every host of the environment, in lower case.
pub(crate) fn known(cx: &Context) -> Vec<String> {
    let listed = cx.fact("hosts").unwrap_or_default().split([',', ' ']);
    let listed = listed.filter(|host| !host.is_empty()).map(bare);
    let targets = TARGETS.iter().filter_map(|target| of_target(cx, target));
    targets.map(|host| host.name).chain(listed).collect()
}

fn of_target(cx: &Context, name: &str) -> Option<Host> {
    let targets = cx.environment().targets.listed();
    let url = targets.iter().find(|(own, _)| *own == name).map(|(_, url)| *url);
    match url {
        Some(url) => of_url(url),
        // As the claims about plain HTTP take it: port 80 of the API's host.
        None if name == "api_plain" => {
            of_target(cx, "api").map(|host| Host { port: Some(80), ..host })
        }
        None => None,
    }
}

fn of_url(url: &str) -> Option<Host> {
    let url = Url::parse(url).ok()?;
    let name = bare(url.host_str().filter(|host| !host.is_empty())?);
    let usual = match url.scheme() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "redis" | "rediss" => Some(6379),
        "postgres" | "postgresql" => Some(5432),
        _ => None,
    };
    Some(Host { name, port: url.port().or(usual) })
}

fn bare(host: &str) -> String {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_out_of_every_kind_of_target() {
        for (url, expected) in [
            ("https://API.example.com/v1", Some(("api.example.com", Some(443)))),
            ("http://127.0.0.1:8080", Some(("127.0.0.1", Some(8080)))),
            ("https://[::1]:8443/", Some(("::1", Some(8443)))),
            (
                "rediss://:${REDIS_PASSWORD}@cache.example.com",
                Some(("cache.example.com", Some(6379))),
            ),
            (
                "postgresql://app:${DB}@db.example.com/app?sslmode=require",
                Some(("db.example.com", Some(5432))),
            ),
            ("wss://api.example.com/socket.io/", Some(("api.example.com", Some(443)))),
            ("postgresql:///app", None),
            ("nonsense", None),
        ] {
            let host = of_url(url).map(|host| (host.name, host.port));
            assert_eq!(host, expected.map(|(name, port)| (name.to_owned(), port)), "{url}");
        }
    }

    #[test]
    fn a_template_names_one_host_or_one_target() {
        for (host, target, word) in [
            (Some("a"), Some("api"), "both"),
            (None, Some("cache"), "`target`"),
            (Some("https://a/"), None, "`host`"),
            (Some(" "), None, "`host`"),
        ] {
            let error = check(host, target).expect_err(word);
            assert!(error.contains(word), "{error}");
        }
        assert!(check(None, None).is_ok() && check(Some("a.test"), None).is_ok());
    }
}
