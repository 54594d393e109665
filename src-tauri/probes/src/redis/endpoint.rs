//! Where Redis is, and as whom the application logs in.

use countersign_domain::finding::Reason;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::link::{Line, secure};
use crate::probe::Doubt;
use crate::tls::versions::connect;

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

    /// The options of redis-cli that lead here.
    pub(super) fn cli(&self) -> String {
        let tls = if self.tls { " --tls" } else { "" };
        format!("redis-cli -h {} -p {}{tls}", self.host, self.port)
    }
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
