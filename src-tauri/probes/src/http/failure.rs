//! Why there was no answer, told apart: a closed port, nobody there, silence, a
//! certificate, or something that is not HTTP.

use std::error::Error as StdError;
use std::io::ErrorKind;

use countersign_domain::finding::Reason;

use crate::probe::Doubt;

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The host is there and the port is closed.
    Closed(String),
    /// Nobody is there: no address, no route.
    Unreachable(String),
    /// No whole answer within the deadline.
    TimedOut(String),
    /// The certificate was not trusted, and the question was not for strangers.
    Certificate(String),
    /// TLS stands, and the server speaks none of the protocols that were offered (ALPN).
    OtherProtocol(String),
    /// The answer was not of the protocol.
    Garbage(String),
    /// The question itself could not be put.
    Unasked(Doubt),
}

impl Failure {
    /// Reads an error of the HTTP client.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut("no answer within the deadline".to_owned());
        }
        let seen = innermost(error);
        let mut kind = None;
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Self::tls(tls);
            }
            next = error.source();
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                kind = kind.or(Some(io.kind()));
                // The source of a wrapped error skips the error that it wraps.
                next = io.get_ref().map(|inner| inner as &(dyn StdError + 'static)).or(next);
            }
        }
        match kind {
            Some(ErrorKind::ConnectionRefused) => Self::Closed("connection refused".to_owned()),
            Some(ErrorKind::TimedOut) => Self::TimedOut(seen),
            Some(
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof,
            ) => Self::Garbage(format!("the connection ended without an answer ({seen})")),
            _ if error.is_connect() => Self::Unreachable(seen),
            _ => Self::Garbage(seen),
        }
    }

    fn tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(_) => Self::Certificate(error.to_string()),
            rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol) => {
                Self::OtherProtocol("the server speaks no HTTP/1.1".to_owned())
            }
            rustls::Error::InvalidMessage(_) => Self::Garbage("the answer was not TLS".to_owned()),
            other => Self::Garbage(format!("TLS: {other}")),
        }
    }

    /// The failure as a reason for a verdict that could not be reached.
    #[must_use]
    pub fn doubt(&self) -> Doubt {
        match self {
            Self::Closed(seen) | Self::Unreachable(seen) => Doubt::new(Reason::Unreachable, seen),
            Self::TimedOut(seen) => Doubt::new(Reason::TimedOut, seen),
            Self::Certificate(seen) | Self::Garbage(seen) | Self::OtherProtocol(seen) => {
                Doubt::new(Reason::Unexpected, seen)
            }
            Self::Unasked(doubt) => doubt.clone(),
        }
    }
}

impl From<Failure> for Doubt {
    fn from(failure: Failure) -> Self {
        failure.doubt()
    }
}

/// The last error of the chain: the others repeat it in longer words.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
