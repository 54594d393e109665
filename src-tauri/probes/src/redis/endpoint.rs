//! Where Redis is, and as whom the application logs in.

use countersign_domain::finding::Reason;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::link::{Line, secure};
use crate::probe::Doubt;
use crate::tls::versions::connect;

/// The declared fact: the application's own user, when the URL names an auditor.
const APP_USER: &str = "redis_app_user";

/// Host, port and whether TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
}

/// User and password of the application.
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Zeroizing<String>,
}

/// The target as it stands in the environment (placeholders, no values).
pub(super) fn target(cx: &Context) -> Option<&str> {
    cx.environment().targets.redis.as_deref()
}

impl Endpoint {
    /// The endpoint of the environment; its password may be missing.
    pub(super) fn of(cx: &Context) -> Result<Self, Doubt> {
        let url = target(cx).unwrap_or_default();
        match parse(url)?.addr() {
            ConnectionAddr::Tcp(host, port) => {
                Ok(Self { host: host.clone(), port: *port, tls: false })
            }
            ConnectionAddr::TcpTls { host, port, .. } => {
                Ok(Self { host: host.clone(), port: *port, tls: true })
            }
            _ => Err(Doubt::new(Reason::NotConfigured, "`redis` is no network address")),
        }
    }

    /// A new connection, with TLS (and a trusted certificate) for `rediss://`.
    pub(super) async fn dial(&self, cx: &Context) -> Result<Line, Doubt> {
        let stream = connect(cx, &self.host, self.port).await?;
        if !self.tls {
            return Ok(Box::new(stream));
        }
        Ok(Box::new(secure(cx, &self.host, stream, true).await?.stream))
    }

    /// The host as the system's resolver takes it: IPv6 without brackets.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// redis-cli as a stranger.
    pub(super) fn cli(&self, cx: &Context) -> String {
        format!("redis-cli{}", self.options(cx))
    }

    /// redis-cli logged in as the application; the password comes from the environment.
    pub(super) fn cli_as(&self, cx: &Context) -> String {
        let url = target(cx).unwrap_or_default();
        let variable = placeholder(url).unwrap_or("REDIS_PASSWORD");
        let user = user_of(url).map(|user| format!(" --user {}", quoted(&user)));
        let (user, options) = (user.unwrap_or_default(), self.options(cx));
        format!("REDISCLI_AUTH=\"${variable}\" redis-cli{user}{options}")
    }

    fn options(&self, cx: &Context) -> String {
        let mut options = format!(" -h {} -p {}", quoted(self.bare_host()), self.port);
        if self.tls {
            options.push_str(" --tls");
            if let Some(file) = &cx.environment().targets.ca_file {
                options.push_str(&format!(" --cacert {}", quoted(file)));
            }
        }
        options
    }
}

/// The first `${NAME}` of a URL.
fn placeholder(url: &str) -> Option<&str> {
    let (_, after) = url.split_once("${")?;
    Some(after.split_once('}')?.0)
}

fn user_of(url: &str) -> Option<String> {
    let info = parse(url).ok()?;
    info.redis_settings().username().filter(|user| !user.is_empty()).map(str::to_owned)
}

/// The application's user, as the team declared it.
pub(super) fn declared_user(cx: &Context) -> Option<&str> {
    cx.fact(APP_USER).map(str::trim).filter(|user| !user.is_empty())
}

/// The user that the application logs in as: declared, named by the URL, or `default`.
pub(super) fn app_user(cx: &Context) -> String {
    let user =
        declared_user(cx).map(str::to_owned).or_else(|| user_of(target(cx).unwrap_or_default()));
    user.unwrap_or_else(|| "default".to_owned())
}

/// The application's login, from the URL with its secrets filled in.
pub(super) fn login(cx: &Context) -> Result<Login, Doubt> {
    let url = target(cx).unwrap_or_default();
    let full = cx.resolve(url).map_err(|name| {
        let seen = format!("the secret `{name}` of the `redis` target has no value");
        Doubt::new(Reason::NeedsCredentials, seen)
    })?;
    let info = parse(&full)?;
    let settings = info.redis_settings();
    let Some(password) = settings.password() else {
        let seen =
            "the `redis` target holds no password: write redis://:${REDIS_PASSWORD}@host:port";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    };
    let user = settings.username().filter(|user| !user.is_empty()).map(str::to_owned);
    Ok(Login { user, password: Zeroizing::new(password.to_owned()) })
}

fn parse(url: &str) -> Result<ConnectionInfo, Doubt> {
    // The library's error may repeat the URL, which may hold the password.
    url.into_connection_info().map_err(|_| {
        let seen =
            "`redis` is no URL that can be read: expected redis://[user]:${PASSWORD}@host:port";
        Doubt::new(Reason::NotConfigured, seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_takes_the_password_from_the_variable_that_the_url_names() {
        for (url, variable, user) in [
            ("redis://app:${CACHE_PW}@h:6379", Some("CACHE_PW"), Some("app")),
            ("rediss://:${REDIS_PASSWORD}@h", Some("REDIS_PASSWORD"), None),
            ("redis://h:6379/0", None, None),
            ("nonsense ${", None, None),
        ] {
            assert_eq!(placeholder(url), variable, "{url}");
            assert_eq!(user_of(url).as_deref(), user, "{url}");
        }
    }
}
