//! A read-only session as the application's user.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::finding::Reason;
use futures::FutureExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, SslMode as LibraryMode};
use tokio_postgres::tls::{MakeTlsConnect, NoTls, TlsConnect};
use tokio_postgres::{Client, Config, SimpleQueryMessage, SimpleQueryRow, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::target::{SslMode, Target, Which, with_password};
use super::wire::offers_tls;
use crate::context::Context;
use crate::link::{Bounded, bounded};
use crate::probe::Doubt;
use crate::tls::recorder::{Recorder, words};
use crate::tls::versions::connect;

/// Nothing can be changed, nothing takes long, and no name is looked up in a schema that
/// somebody else may write to.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; \
                     SET LOCAL search_path = pg_catalog";

/// How long a query may take; longer than the server's own limit, so that its answer is seen.
pub(super) const QUERY: Duration = Duration::from_secs(7);

type Line = Bounded<TcpStream>;

/// A session; ends when dropped.
pub(super) struct Session {
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Session {
    /// Logs in as the URL says and begins the transaction. The password goes out in the
    /// clear only on this machine.
    pub(super) async fn open(cx: &Context) -> Result<Self, Doubt> {
        let session = Self::connect(cx, Which::Database).await?;
        session.rows(BEGIN).await?;
        Ok(session)
    }

    /// Logs in, and begins nothing: a pooler's console knows no transactions.
    pub(super) async fn connect(cx: &Context, which: Which) -> Result<Self, Doubt> {
        let at = Target::of(cx, which)?;
        let mut config = with_password(cx, which)?;
        config.application_name("countersign");
        let offered = offers_tls(cx, &mut connect(cx, &at.host, at.port).await?).await?;
        let insists = !matches!(at.mode, SslMode::Absent | SslMode::Optional | SslMode::Disable);
        if at.mode == SslMode::Disable || !offered {
            if insists || !at.is_loopback() {
                let seen = "without TLS the password is not sent: the server must offer it, and the URL allow it";
                return Err(Doubt::new(Reason::Refused, seen));
            }
            config.ssl_mode(LibraryMode::Disable);
            log_in(cx, &at, &config, NoTls).await
        } else {
            config.ssl_mode(LibraryMode::Require);
            encrypted(cx, &at, config).await
        }
    }

    /// Has the server read a query without running it. Only a single statement gets
    /// through (PostgreSQL, 55.2.3), so what follows cannot leave the transaction.
    pub(super) async fn prepare(&self, query: &str) -> Result<Statement, tokio_postgres::Error> {
        self.client.prepare(query).await
    }

    /// Runs a query; the error is the library's own.
    pub(super) async fn run(
        &self,
        query: &str,
    ) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        self.client.simple_query(query).await
    }

    /// The rows of a query.
    pub(super) async fn rows(&self, query: &str) -> Result<Vec<SimpleQueryRow>, Doubt> {
        let Ok(answer) = timeout(QUERY, self.client.simple_query(query)).await else {
            return Err(Doubt::new(
                Reason::TimedOut,
                "the query had no answer within the deadline",
            ));
        };
        let messages = answer.map_err(|error| why(&error))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }
}

/// With a certificate that is trusted; where the URL does not ask for that, also without,
/// but then only if the server proves that it knows the password too (SCRAM with channel
/// binding), so that nobody in between learns it.
async fn encrypted(cx: &Context, at: &Target, mut config: Config) -> Result<Session, Doubt> {
    let recorder = recorder(cx, true).await?;
    let first = log_in(cx, at, &config, connector(cx, &recorder, at).await?).await;
    let faults = recorder.seen().map(|seen| seen.faults).unwrap_or_default();
    let Err(doubt) = first else { return first };
    if faults.is_empty() {
        return Err(doubt);
    }
    let faults = words(&faults);
    if at.mode == SslMode::VerifyFull {
        let seen = format!("the server's certificate is not trusted: {faults}");
        return Err(Doubt::new(Reason::Refused, seen));
    }
    config.channel_binding(ChannelBinding::Require);
    let recorder = self::recorder(cx, false).await?;
    log_in(cx, at, &config, connector(cx, &recorder, at).await?).await.map_err(|doubt| {
        let seen = format!(
            "{} (the certificate is not trusted: {faults}; name its authority as `ca_file`)",
            doubt.seen
        );
        Doubt::new(doubt.reason, seen)
    })
}

async fn recorder(cx: &Context, strict: bool) -> Result<Arc<Recorder>, Doubt> {
    Recorder::new(&*cx.trust().await?, strict)
        .map_err(|error| Doubt::new(Reason::Internal, error.to_string()))
}

async fn connector(
    cx: &Context,
    recorder: &Arc<Recorder>,
    at: &Target,
) -> Result<<MakeRustlsConnect as MakeTlsConnect<Line>>::TlsConnect, Doubt> {
    let config = cx
        .trust()
        .await?
        .client(recorder.clone(), rustls::DEFAULT_VERSIONS)
        .map_err(|error| Doubt::new(Reason::Internal, error.to_string()))?;
    let bare = at.host.trim_start_matches('[').trim_end_matches(']');
    let Ok(connector) =
        MakeTlsConnect::<Line>::make_tls_connect(&mut MakeRustlsConnect::new(config), bare);
    Ok(connector)
}

async fn log_in<T>(cx: &Context, at: &Target, config: &Config, tls: T) -> Result<Session, Doubt>
where
    T: TlsConnect<Line, Stream: Send + 'static>,
{
    let stream = bounded(connect(cx, &at.host, at.port).await?);
    match timeout(cx.patience().total, config.connect_raw(stream, tls)).await {
        Err(_) => Err(Doubt::new(Reason::TimedOut, "no login within the deadline")),
        Ok(Err(error)) => Err(why(&error)),
        Ok(Ok((client, connection))) => {
            // How the connection ends is told by the query that then fails.
            let driver = tokio::spawn(connection.map(drop));
            Ok(Session { client, driver })
        }
    }
}

/// A column of a row as text.
pub(super) fn text(row: &SimpleQueryRow, name: &str) -> Option<String> {
    row.try_get(name).ok().flatten().map(str::to_owned)
}

/// A column of a row as a number.
pub(super) fn number(row: &SimpleQueryRow, name: &str) -> Option<i64> {
    text(row, name)?.parse().ok()
}

/// What an error of the library means.
pub(super) fn why(error: &tokio_postgres::Error) -> Doubt {
    if let Some(server) = error.as_db_error() {
        let seen = format!("the server said {}: {}", server.code().code(), server.message());
        return Doubt::new(Reason::Refused, seen);
    }
    let mut seen = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        seen.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    let reason = if seen.contains("password missing") {
        Reason::NeedsCredentials
    } else {
        Reason::Unexpected
    };
    Doubt::new(reason, seen)
}
