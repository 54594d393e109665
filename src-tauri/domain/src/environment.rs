//! Where a project is deployed: addresses, and *references* to secrets. A literal secret
//! is refused here, so none can reach an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a secret's value is found when a probe needs it. The value itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretRef {
    /// A variable of the process environment: `env:NAME`.
    Env(String),
    /// A key of a dotenv file: `dotenv:PATH#NAME`. The project's file may give a relative
    /// path, which starts at that file's folder.
    Dotenv {
        /// The file.
        path: String,
        /// The key in it.
        name: String,
    },
}

impl TryFrom<String> for SecretRef {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("env:").filter(|name| is_variable(name)) {
            return Ok(Self::Env(name.to_owned()));
        }
        let dotenv = text.strip_prefix("dotenv:").and_then(|rest| rest.rsplit_once('#'));
        if let Some((path, name)) =
            dotenv.filter(|(path, name)| !path.is_empty() && is_variable(name))
        {
            return Ok(Self::Dotenv { path: path.to_owned(), name: name.to_owned() });
        }
        // The text itself may be a secret that somebody pasted: it is not repeated.
        Err("not a secret reference: expected env:NAME or dotenv:PATH#NAME \
             (never the secret itself)"
            .to_owned())
    }
}

impl From<SecretRef> for String {
    fn from(reference: SecretRef) -> Self {
        match reference {
            SecretRef::Env(name) => format!("env:{name}"),
            SecretRef::Dotenv { path, name } => format!("dotenv:{path}#{name}"),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}

/// One place where the project runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name: `production`, `staging`.
    pub name: String,
    /// Whether real users depend on it; active probes ask first there.
    #[serde(default)]
    pub production: bool,
    /// Whether this is the built-in demo target; shown as such everywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// Addresses and paths. URLs may hold `${NAME}` where a secret belongs.
    #[serde(default)]
    pub targets: Targets,
    /// Secret name to reference.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretRef>,
    /// Facts that probes compare with, by name (see docs: `cors_methods`, `appendonly`, …).
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// What can be looked at. Every field is optional; what is missing is "not configured".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Base URL of the API over HTTPS: `https://api.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Base URL of the same host in the clear; derived from `api` (port 80) when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_plain: Option<String>,
    /// Origin of the front end: `https://example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontend: Option<String>,
    /// WebSocket URL: `wss://api.example.com/socket.io/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websocket: Option<String>,
    /// `redis://:${REDIS_PASSWORD}@host:6379` or `rediss://…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<String>,
    /// `postgresql://app:${DB_PASSWORD}@host:5432/app?sslmode=verify-full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The connection pooler's own console: `postgresql://stats:${PASSWORD}@host:6432/pgbouncer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pooler: Option<String>,
    /// Where secrets are kept: `aws://eu-central-1` (Secrets Manager; `?endpoint=https://…` for
    /// another address), `azure://app-vault.vault.azure.net`, or `vault://host:8200/mount`
    /// (HashiCorp; `vault+http://` in the clear).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_store: Option<String>,
    /// Base URL of a Prometheus server: `http://prometheus:9090`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
    /// Folder of the source tree (the git work tree).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Path of redis.conf, where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_conf: Option<String>,
    /// PEM file of an own certificate authority, trusted beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
}

impl Targets {
    /// Name and value of each target that is set.
    #[must_use]
    pub fn listed(&self) -> Vec<(&'static str, &str)> {
        [
            ("api", &self.api),
            ("api_plain", &self.api_plain),
            ("frontend", &self.frontend),
            ("websocket", &self.websocket),
            ("redis", &self.redis),
            ("database", &self.database),
            ("pooler", &self.pooler),
            ("secret_store", &self.secret_store),
            ("metrics", &self.metrics),
            ("source", &self.source),
            ("redis_conf", &self.redis_conf),
            ("ca_file", &self.ca_file),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
        .collect()
    }
}

/// What is wrong with an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEnvironment {
    /// The name is empty or holds control characters.
    #[error("environment name {0:?}: expected one to 60 printable characters")]
    Name(String),
    /// A URL holds a password in the clear. The value is not repeated.
    #[error(
        "target `{0}` holds a password in the clear: write ${{NAME}} there and a reference under `secrets`"
    )]
    LiteralPassword(&'static str),
    /// A URL names a secret that has no reference.
    #[error("target `{target}` uses ${{{name}}}, which has no reference under `secrets`")]
    UnknownSecret {
        /// The target's name.
        target: &'static str,
        /// The secret's name.
        name: String,
    },
    /// A URL has a scheme that cannot be looked at.
    #[error("target `{target}`: expected a URL that starts with {expected}")]
    Scheme {
        /// The target's name.
        target: &'static str,
        /// The schemes that are understood.
        expected: &'static str,
    },
}

impl Environment {
    /// Checks names, schemes and that no URL holds a literal password.
    ///
    /// # Errors
    /// [`BadEnvironment`] for the first thing that is wrong.
    pub fn check(&self) -> Result<(), BadEnvironment> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
            return Err(BadEnvironment::Name(self.name.clone()));
        }
        for (target, value) in self.targets.listed() {
            check_scheme(target, value)?;
            if passwords(target, value).iter().any(|text| !is_placeholder(text)) {
                return Err(BadEnvironment::LiteralPassword(target));
            }
            for name in placeholders(value) {
                if !self.secrets.contains_key(name) {
                    return Err(BadEnvironment::UnknownSecret { target, name: name.to_owned() });
                }
            }
        }
        Ok(())
    }
}

fn check_scheme(target: &'static str, value: &str) -> Result<(), BadEnvironment> {
    let expected = match target {
        "api" => "https:// or http://",
        "api_plain" => "http://",
        "frontend" => "https:// or http://",
        "websocket" => "wss://, ws://, https:// or http://",
        "redis" => "redis:// or rediss://",
        "database" | "pooler" => "postgresql:// or postgres://",
        "secret_store" => "aws://, azure://, vault:// or vault+http://",
        "metrics" => "https:// or http://",
        _ => return Ok(()),
    };
    let schemes = expected.split([',', ' ']).filter(|word| word.ends_with("://"));
    if schemes.into_iter().any(|scheme| value.starts_with(scheme)) {
        return Ok(());
    }
    Err(BadEnvironment::Scheme { target, expected })
}

/// The parts of a URL that would hold a password: in the user part, and in parameters such
/// as libpq's `?password=`. In the user part, `/` and `#` count as a part of the password:
/// they do not belong there, and people paste what they have.
fn passwords<'a>(target: &str, url: &'a str) -> Vec<&'a str> {
    let Some((_, rest)) = url.split_once("://") else { return Vec::new() };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = match target {
        // These have no `@` behind the host.
        "redis" | "database" | "pooler" => place,
        _ => place.split(['/', '#']).next().unwrap_or(place),
    };
    let user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    let parameters = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    parameters
        .filter(|(key, _)| is_secret_parameter(key))
        .chain(user)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
        .collect()
}

fn is_secret_parameter(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key"]
        .iter()
        .any(|word| key.contains(word))
}

fn is_placeholder(text: &str) -> bool {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(is_variable)
}

/// The names inside `${…}`, in order.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(target: impl FnOnce(&mut Targets)) -> Environment {
        let mut targets = Targets::default();
        target(&mut targets);
        Environment {
            name: "production".into(),
            production: true,
            demo: false,
            targets,
            secrets: BTreeMap::from([(
                "REDIS_PASSWORD".into(),
                SecretRef::Env("REDIS_PASSWORD".into()),
            )]),
            facts: BTreeMap::new(),
        }
    }

    #[test]
    fn a_literal_password_is_refused_without_being_repeated() {
        let bad = with(|t| t.redis = Some("redis://:hunter2@localhost:6379".into()));
        let text = bad.check().expect_err("literal").to_string();
        assert!(text.contains("`redis`") && !text.contains("hunter2"), "{text}");
        assert!(
            with(|t| t.redis = Some("redis://:${REDIS_PASSWORD}@localhost:6379".into()))
                .check()
                .is_ok()
        );
    }

    #[test]
    fn a_password_is_found_wherever_a_url_can_hide_it() {
        let cases: [fn(&mut Targets); 4] = [
            |t| t.redis = Some("redis://:hun/ter2@localhost:6379".into()),
            |t| t.database = Some("postgresql://app:hunter#2@db/app".into()),
            |t| t.database = Some("postgresql://db/app?user=app&password=hunter2".into()),
            |t| t.websocket = Some("wss://api.example.com/socket?access_token=hunter2".into()),
        ];
        for case in cases {
            assert!(matches!(with(case).check(), Err(BadEnvironment::LiteralPassword(_))));
        }
        let plain: [fn(&mut Targets); 3] = [
            |t| t.api = Some("https://api.example.com:8443/@scope/v1".into()),
            |t| t.database = Some("postgresql://db:5432/app?password=${REDIS_PASSWORD}".into()),
            |t| t.database = Some("postgresql://app@db:5432/app?sslmode=verify-full".into()),
        ];
        for case in plain {
            assert_eq!(with(case).check(), Ok(()));
        }
    }

    #[test]
    fn a_reference_without_a_source_is_named() {
        let bad = with(|t| t.database = Some("postgresql://app:${DB}@db/app".into()));
        assert_eq!(
            bad.check(),
            Err(BadEnvironment::UnknownSecret { target: "database", name: "DB".into() })
        );
    }

    #[test]
    fn a_pasted_secret_is_not_a_reference_and_is_not_repeated() {
        let error = SecretRef::try_from("s3cr3t-value".to_owned()).expect_err("not a reference");
        assert!(!error.contains("s3cr3t"));
        assert!(SecretRef::try_from("dotenv:backend/.env#JWT_SECRET".to_owned()).is_ok());
    }
}
