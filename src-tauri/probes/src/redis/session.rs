//! A session as the application's user.

use countersign_domain::finding::Reason;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisError, Value};
use tokio::task::JoinHandle;

use super::endpoint::{Endpoint, Login, login};
use crate::context::Context;
use crate::link::bounded;
use crate::probe::Doubt;

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server said no, in its own words.
    Said(String),
    /// The connection did not carry an answer.
    Lost(Doubt),
}

impl Refusal {
    /// Whether the user lacks the permission (`-NOPERM`).
    pub(super) fn is_permission(&self) -> bool {
        matches!(self, Self::Said(text) if text.starts_with("NOPERM"))
    }

    /// What was said, or what happened.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Said(text) => text,
            Self::Lost(doubt) => &doubt.seen,
        }
    }
}

impl From<RedisError> for Refusal {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Self::Lost(Doubt::new(Reason::TimedOut, "no answer within the deadline"));
        }
        match (error.code(), error.is_io_error()) {
            (Some(code), false) => Self::Said(
                format!("{code} {}", error.detail().unwrap_or_default()).trim_end().to_owned(),
            ),
            _ => Self::Lost(Doubt::new(
                Reason::Unexpected,
                format!("not an answer of Redis: {error}"),
            )),
        }
    }
}

/// A connection; ends when dropped.
pub(super) struct Session {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Session {
    /// A connection that has not logged in yet.
    pub(super) async fn dial(cx: &Context, at: &Endpoint) -> Result<Self, Doubt> {
        let stream = bounded(at.dial(cx).await?);
        let settings = RedisConnectionInfo::default().set_skip_set_lib_name();
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(cx.patience().total));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&settings, stream, config).await.map_err(
                |error| match Refusal::from(error) {
                    Refusal::Lost(doubt) => doubt,
                    Refusal::Said(text) => Doubt::new(Reason::Refused, text),
                },
            )?;
        Ok(Self { connection, driver: tokio::spawn(driver) })
    }

    /// A connection logged in as the application's user.
    pub(super) async fn open(cx: &Context, at: &Endpoint) -> Result<Self, Doubt> {
        let login = login(cx)?;
        let mut session = Self::dial(cx, at).await?;
        match session.log_in(&login).await {
            Ok(()) => Ok(session),
            Err(Refusal::Lost(doubt)) => Err(doubt),
            Err(Refusal::Said(text)) => {
                Err(Doubt::new(Reason::Refused, format!("the login was refused: {text}")))
            }
        }
    }

    /// Logs in.
    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), Refusal> {
        let mut words = vec!["AUTH"];
        words.extend(login.user.as_deref());
        words.push(&login.password);
        match self.ask(&words).await? {
            Value::Okay => Ok(()),
            _ => Err(Refusal::Lost(Doubt::new(
                Reason::Unexpected,
                "not Redis: AUTH was answered by something else than OK",
            ))),
        }
    }

    /// Sends one command.
    pub(super) async fn ask(&mut self, words: &[&str]) -> Result<Value, Refusal> {
        let mut command = redis::cmd(words.first().copied().unwrap_or_default());
        command.arg(words.get(1..).unwrap_or_default());
        command.query_async(&mut self.connection).await.map_err(Refusal::from)
    }

    /// A field list such as INFO's.
    pub(super) async fn info(&mut self, section: &str) -> Result<Info, Refusal> {
        Ok(Info(text(&self.ask(&["INFO", section]).await?).unwrap_or_default()))
    }
}

/// The answer of INFO.
#[derive(Debug, Clone, Default)]
pub(super) struct Info(String);

impl Info {
    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
    }
}

/// A string answer as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        Value::Okay => Some("OK".to_owned()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The items of a list answer.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) | Value::Set(items) => items,
        _ => &[],
    }
}
