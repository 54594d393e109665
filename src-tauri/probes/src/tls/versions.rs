//! Which TLS versions a server speaks: one connection for each. Every claim about
//! versions reads the same look, so that "old versions refused" always has the accepted
//! new one beside it: a server that answers nobody has refused nothing.

use std::io::ErrorKind;
use std::sync::Arc;

use countersign_domain::finding::Reason;
use rustls::SupportedProtocolVersion as Version;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::context::Context;
use crate::probe::Doubt;
use crate::tls::hello::{self, Reply, TLS10, TLS11, TLS12};
use crate::tls::recorder::Recorder;

/// Bytes read before we stop waiting for an answer of TLS.
const MAX_REPLY: usize = 32 * 1024;
/// "I do not know that name" (RFC 6066, 3).
const UNRECOGNIZED_NAME: u8 = 112;

/// What a server made of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes on with that version.
    Accepted,
    /// It will not; how it said so.
    Refused(String),
    /// Nothing that tells.
    Unknown(Doubt),
}

impl Answer {
    /// The answer in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::Refused(how) => format!("refused ({how})"),
            Self::Unknown(doubt) => format!("unknown ({})", doubt.seen),
        }
    }
}

/// What a server made of each version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// TLS 1.0.
    pub tls10: Answer,
    /// TLS 1.1.
    pub tls11: Answer,
    /// TLS 1.2.
    pub tls12: Answer,
    /// TLS 1.3.
    pub tls13: Answer,
}

impl Versions {
    /// Asks `host:port` for each version.
    pub async fn look(cx: &Context, host: &str, port: u16) -> Self {
        let (tls12, tls13) = tokio::join!(
            by_hand(cx, host, port, TLS12),
            by_library(cx, host, port, &rustls::version::TLS13)
        );
        // A first answer may be all that it has: one modern handshake must come to its end.
        let tls12 = if tls12 == Answer::Accepted && tls13 != Answer::Accepted {
            unfinished(by_library(cx, host, port, &rustls::version::TLS12).await)
        } else {
            tls12
        };
        let (tls10, tls11) =
            tokio::join!(by_hand(cx, host, port, TLS10), by_hand(cx, host, port, TLS11));
        Self { tls10, tls11, tls12, tls13 }
    }

    /// Name and answer of each.
    #[must_use]
    pub fn listed(&self) -> [(&'static str, &Answer); 4] {
        [
            ("TLS 1.0", &self.tls10),
            ("TLS 1.1", &self.tls11),
            ("TLS 1.2", &self.tls12),
            ("TLS 1.3", &self.tls13),
        ]
    }

    /// Whether a version of today is accepted.
    #[must_use]
    pub fn any_modern(&self) -> bool {
        self.tls12 == Answer::Accepted || self.tls13 == Answer::Accepted
    }

    /// Why nothing could be told, when that holds of every version of today.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        [&self.tls12, &self.tls13].into_iter().find_map(|answer| match answer {
            Answer::Unknown(doubt) => Some(doubt.clone()),
            Answer::Accepted | Answer::Refused(_) => None,
        })
    }

    /// One line for each version.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.listed().map(|(name, answer)| format!("{name}: {}", answer.words())).to_vec()
    }
}

async fn by_hand(cx: &Context, host: &str, port: u16, version: u16) -> Answer {
    answer(offer(cx, host, port, version, &hello::all_suites(version)).await, version)
}

/// Offers `suites` of `version` alone and reads the first answer. A server that does not
/// know the name is asked once more without it.
///
/// # Errors
/// What was seen instead of an answer of TLS: a refusal without words, or a doubt.
pub async fn offer(
    cx: &Context,
    host: &str,
    port: u16,
    version: u16,
    suites: &[u16],
) -> Result<Reply, Answer> {
    // An address is not a name: it must not be sent as one (RFC 6066, 3).
    let name = bare(host).parse::<std::net::IpAddr>().is_err().then_some(host);
    match exchange(cx, host, port, (version, suites), name).await {
        Ok(Reply::Alert(UNRECOGNIZED_NAME)) if name.is_some() => {
            exchange(cx, host, port, (version, suites), None).await
        }
        // A busy server hangs up too: only one that does it twice has refused.
        Err(Answer::Refused(_)) => exchange(cx, host, port, (version, suites), name).await,
        other => other,
    }
}

/// An IPv6 address without the brackets that a URL puts around it.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn answer(reply: Result<Reply, Answer>, version: u16) -> Answer {
    match reply {
        Ok(Reply::Hello { version: chosen, .. }) if chosen == version => Answer::Accepted,
        Ok(Reply::Hello { version: chosen, .. }) => {
            Answer::Refused(format!("it chose version {chosen:#06x} instead"))
        }
        Ok(Reply::Alert(code)) => Answer::Refused(format!("alert {code}")),
        Ok(Reply::NotTls | Reply::Incomplete) => {
            Answer::Unknown(Doubt::new(Reason::Unexpected, "the answer was not TLS"))
        }
        Err(answer) => answer,
    }
}

async fn exchange(
    cx: &Context,
    host: &str,
    port: u16,
    (version, suites): (u16, &[u16]),
    name: Option<&str>,
) -> Result<Reply, Answer> {
    let _place = cx.place(host).await;
    let mut stream = connect(cx, host, port).await.map_err(Answer::Unknown)?;
    let random = [*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat();
    let hello = hello::client_hello(version, suites, name, random.try_into().unwrap_or([0; 32]));
    let talk = async {
        stream.write_all(&hello).await?;
        read_reply(&mut stream).await
    };
    match timeout(cx.patience().total, talk).await {
        Err(_) => Err(Answer::Unknown(silent())),
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => Err(ended(&error)),
    }
}

async fn read_reply(stream: &mut TcpStream) -> std::io::Result<Reply> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            // Closing without a word is how many stacks refuse a version; closing in the
            // middle of something else is not.
            let quiet = bytes.is_empty() || bytes.first() == Some(&21);
            return if quiet { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(Reply::NotTls) };
        }
        match hello::read(&bytes) {
            Reply::Incomplete if bytes.len() < MAX_REPLY => {}
            reply => return Ok(reply),
        }
    }
}

fn silent() -> Doubt {
    Doubt::new(Reason::TimedOut, "no answer to the ClientHello within the deadline")
}

fn ended(error: &std::io::Error) -> Answer {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionAborted => {
            Answer::Refused("connection closed".to_owned())
        }
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            Answer::Refused("connection reset".to_owned())
        }
        _ => Answer::Unknown(Doubt::new(Reason::Unexpected, error.to_string())),
    }
}

/// Connects to `host:port`; the caller holds a [`Context::place`] for as long as it talks.
///
/// # Errors
/// Why there is no connection.
pub async fn connect(cx: &Context, host: &str, port: u16) -> Result<TcpStream, Doubt> {
    match timeout(cx.patience().connect, TcpStream::connect((bare(host), port))).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Doubt::new(Reason::Unreachable, format!("{host}:{port}: {error}"))),
        Err(_) => {
            let seen = format!("{host}:{port}: no connection within the deadline");
            Err(Doubt::new(Reason::TimedOut, seen))
        }
    }
}

/// A handshake of TLS 1.2 that began and did not end is no refusal of the version.
fn unfinished(answer: Answer) -> Answer {
    match answer {
        Answer::Refused(how) => {
            let seen = format!("TLS 1.2 was begun, and the handshake not finished: {how}");
            Answer::Unknown(Doubt::new(Reason::Unexpected, seen))
        }
        other => other,
    }
}

async fn by_library(cx: &Context, host: &str, port: u16, version: &'static Version) -> Answer {
    match finish(cx, host, port, version, true).await {
        Answer::Refused(how) if how.contains("UnrecognisedName") => {
            finish(cx, host, port, version, false).await
        }
        other => other,
    }
}

/// A whole handshake of one version, with or without the server's name in it.
async fn finish(
    cx: &Context,
    host: &str,
    port: u16,
    version: &'static Version,
    named: bool,
) -> Answer {
    let (trust, name) = match (cx.trust().await, server_name(host)) {
        (Ok(trust), Ok(name)) => (trust, name),
        (Err(doubt), _) | (_, Err(doubt)) => return Answer::Unknown(doubt),
    };
    let config =
        Recorder::new(&trust, false).and_then(|recorder| trust.client(recorder, &[version]));
    let config = match config {
        Ok(mut config) => {
            config.enable_sni = named;
            Arc::new(config)
        }
        Err(error) => return Answer::Unknown(Doubt::new(Reason::Internal, error.to_string())),
    };
    let _place = cx.place(host).await;
    let stream = match connect(cx, host, port).await {
        Ok(stream) => stream,
        Err(doubt) => return Answer::Unknown(doubt),
    };
    let handshake = tokio_rustls::TlsConnector::from(config).connect(name, stream);
    match timeout(cx.patience().total, handshake).await {
        Err(_) => Answer::Unknown(silent()),
        Ok(Ok(_)) => Answer::Accepted,
        Ok(Err(error)) => not_finished(&error),
    }
}

fn not_finished(error: &std::io::Error) -> Answer {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        None => ended(error),
        Some(rustls::Error::AlertReceived(alert)) => Answer::Refused(format!("alert {alert:?}")),
        Some(rustls::Error::PeerIncompatible(_)) => {
            Answer::Refused("it chose another version, or ciphers that we lack".to_owned())
        }
        Some(other) => Answer::Unknown(Doubt::new(Reason::Unexpected, other.to_string())),
    }
}

/// The name to ask a certificate for.
///
/// # Errors
/// A doubt when `host` is neither a DNS name nor an address.
pub fn server_name(host: &str) -> Result<ServerName<'static>, Doubt> {
    ServerName::try_from(bare(host).to_owned()).map_err(|_| {
        Doubt::new(Reason::NotConfigured, format!("`{host}` is neither a DNS name nor an address"))
    })
}
