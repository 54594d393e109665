//! The way to a server that speaks its own protocol over TCP: TLS where it is asked for,
//! and a bound on how much a hostile server can make us read.

use std::sync::Arc;

use countersign_domain::finding::Reason;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, Join, ReadHalf, Take, WriteHalf};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::context::Context;
use crate::probe::Doubt;
use crate::tls::recorder::{Fault, Recorder, Seen};
use crate::tls::versions::server_name;

/// Bytes that one session reads at most.
const MAX_READ: u64 = 4 * 1024 * 1024;

/// A two-way stream, whatever it runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Any two-way stream.
pub(crate) type Line = Box<dyn Stream>;

/// A stream after its handshake.
pub(crate) struct Secured<S> {
    /// The stream.
    pub(crate) stream: TlsStream<S>,
    /// `TLSv1.3`, in the words of the library.
    pub(crate) version: String,
    /// The cipher suite.
    pub(crate) cipher: String,
    /// The certificates and what is wrong with them.
    pub(crate) seen: Option<Seen>,
}

impl<S> Secured<S> {
    /// What is wrong with the certificate.
    pub(crate) fn faults(&self) -> &[Fault] {
        self.seen.as_ref().map_or(&[], |seen| &seen.faults)
    }
}

/// Negotiates TLS on `stream`. A strict check ends at the first fault of the certificate;
/// the other one goes on and tells.
///
/// # Errors
/// Why there is no TLS.
pub(crate) async fn secure<S: Stream + 'static>(
    cx: &Context,
    host: &str,
    stream: S,
    strict: bool,
) -> Result<Secured<S>, Doubt> {
    let (trust, name) = (cx.trust().await?, server_name(host)?);
    let internal = |error: rustls::Error| Doubt::new(Reason::Internal, error.to_string());
    let recorder = Recorder::new(&trust, strict).map_err(internal)?;
    let config = trust.client(recorder.clone(), rustls::DEFAULT_VERSIONS).map_err(internal)?;
    let handshake = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = match timeout(cx.patience().total, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(Doubt::new(Reason::Unexpected, format!("TLS handshake: {error}")));
        }
        Err(_) => return Err(Doubt::new(Reason::TimedOut, "no TLS handshake within the deadline")),
    };
    let (_, session) = stream.get_ref();
    let version = session.protocol_version().and_then(|v| v.as_str()).unwrap_or("?").to_owned();
    let suite = session.negotiated_cipher_suite().and_then(|s| s.suite().as_str());
    let cipher = suite.unwrap_or("?").to_owned();
    Ok(Secured { stream, version, cipher, seen: recorder.seen() })
}

/// A stream with an end to what it can make us read.
pub(crate) type Bounded<S> = Join<Take<ReadHalf<S>>, WriteHalf<S>>;

/// The stream, with an end to what it can make us read.
pub(crate) fn bounded<S: Stream>(stream: S) -> Bounded<S> {
    let (read, write) = tokio::io::split(stream);
    tokio::io::join(read.take(MAX_READ), write)
}
