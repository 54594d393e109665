//! What the application's database URL says: where, as whom, and how much TLS it insists
//! on.

use countersign_domain::finding::Reason;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::context::Context;
use crate::probe::Doubt;

/// How much TLS the URL insists on (libpq's `sslmode`, and what Node's clients add).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SslMode {
    /// The URL does not say.
    Absent,
    /// `disable`
    Disable,
    /// `allow` or `prefer`: falls back to plaintext without a word.
    Optional,
    /// `require`, `no-verify` or `ssl=true`: encrypted, to whomever.
    Require,
    /// `verify-ca`: a trusted certificate, for whatever name.
    VerifyCa,
    /// `verify-full`
    VerifyFull,
    /// Another word.
    Unknown(String),
}

impl SslMode {
    /// The mode in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Absent => "not set".to_owned(),
            Self::Disable => "disable".to_owned(),
            Self::Optional => "prefer".to_owned(),
            Self::Require => "require".to_owned(),
            Self::VerifyCa => "verify-ca".to_owned(),
            Self::VerifyFull => "verify-full".to_owned(),
            Self::Unknown(word) => word.clone(),
        }
    }

    /// Reads the query of a URL; the last word counts.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        let mut mode = Self::Absent;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            mode = match (&*name, &*value) {
                ("sslmode", "disable") => Self::Disable,
                ("sslmode", "allow" | "prefer") => Self::Optional,
                ("sslmode", "require" | "no-verify") => Self::Require,
                ("sslmode", "verify-ca") => Self::VerifyCa,
                ("sslmode", "verify-full") => Self::VerifyFull,
                ("sslmode", other) => Self::Unknown(other.to_owned()),
                ("ssl", "true" | "1") if mode == Self::Absent => Self::Require,
                ("ssl", "false" | "0") if mode == Self::Absent => Self::Disable,
                _ => continue,
            };
        }
        mode
    }
}

/// Which address of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The application's database.
    Database,
    /// The console of the connection pooler.
    Pooler,
}

impl Which {
    /// Its name in the environment.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Pooler => "pooler",
        }
    }

    /// The target as it stands in the environment (placeholders, no values).
    pub(super) fn shown(self, cx: &Context) -> Option<&str> {
        let targets = &cx.environment().targets;
        match self {
            Self::Database => targets.database.as_deref(),
            Self::Pooler => targets.pooler.as_deref(),
        }
    }
}

/// Where the database is and as whom the application logs in.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) mode: SslMode,
}

/// The database's URL as it stands in the environment (placeholders, no values).
pub(super) fn shown(cx: &Context) -> Option<&str> {
    Which::Database.shown(cx)
}

impl Target {
    /// The target of the environment; its password may be missing.
    pub(super) fn of(cx: &Context, which: Which) -> Result<Self, Doubt> {
        let name = which.name();
        let (config, mode) = read(name, which.shown(cx).unwrap_or_default())?;
        let wrong = |seen: &str| Doubt::new(Reason::NotConfigured, format!("`{name}`: {seen}"));
        let [Host::Tcp(host)] = config.get_hosts() else {
            return Err(wrong("expected exactly one host that is no socket file"));
        };
        let user = config.get_user().ok_or_else(|| wrong("the URL names no user"))?;
        Ok(Self {
            host: host.clone(),
            port: config.get_ports().first().copied().unwrap_or(5432),
            user: user.to_owned(),
            database: config.get_dbname().unwrap_or(user).to_owned(),
            mode,
        })
    }

    /// Whether the server is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// The configuration with the password filled in.
pub(super) fn with_password(cx: &Context, which: Which) -> Result<Config, Doubt> {
    let full = cx.resolve(which.shown(cx).unwrap_or_default()).map_err(|name| {
        let seen = format!("the secret `{name}` of the `{}` target has no value", which.name());
        Doubt::new(Reason::NeedsCredentials, seen)
    })?;
    Ok(read(which.name(), &full)?.0)
}

/// The client library knows neither `verify-full` nor the parameters of other libraries
/// (`schema`, `connection_limit`), so it gets the URL without its query.
fn read(name: &str, url: &str) -> Result<(Config, SslMode), Doubt> {
    let (plain, query) = url.split_once('?').unwrap_or((url, ""));
    // The library's error may repeat a part of the URL.
    let config = plain.parse::<Config>().map_err(|_| {
        let seen = format!(
            "`{name}` is no URL that can be read: expected \
             postgresql://user:${{PASSWORD}}@host:5432/database?sslmode=verify-full"
        );
        Doubt::new(Reason::NotConfigured, seen)
    })?;
    Ok((config, SslMode::of_query(query)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_read_as_the_clients_read_it() {
        for (query, expected) in [
            ("", SslMode::Absent),
            ("sslmode=disable", SslMode::Disable),
            ("sslmode=prefer", SslMode::Optional),
            ("schema=public&sslmode=require", SslMode::Require),
            ("sslmode=no-verify", SslMode::Require),
            ("ssl=true", SslMode::Require),
            ("sslmode=verify-ca", SslMode::VerifyCa),
            ("sslmode=require&sslmode=verify-full", SslMode::VerifyFull),
            ("sslmode=strict", SslMode::Unknown("strict".into())),
        ] {
            assert_eq!(SslMode::of_query(query), expected, "{query}");
        }
    }

    #[test]
    fn parameters_of_other_clients_do_not_hinder() {
        let url = "postgresql://app:${PW}@db:6432/shop?schema=public&connection_limit=5&sslmode=verify-full";
        let (config, mode) = read("database", url).expect("a URL");
        assert_eq!((config.get_user(), config.get_ports()), (Some("app"), &[6432][..]));
        assert_eq!(mode, SslMode::VerifyFull);
    }
}
