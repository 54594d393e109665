//! The demo's target: a small server inside this program. It listens on 127.0.0.1 only,
//! is bounded in connections, bytes and time, and stops when it is dropped.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answers::{self, Channel, Site};
use super::certificate;
use super::folder::Folder;
use crate::error::Failure;

/// Connections that are served at a time, on each port.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head that are read.
const MAX_HEAD: usize = 16 * 1024;
const HANDSHAKE: Duration = Duration::from_secs(5);
const HEAD: Duration = Duration::from_secs(10);
/// The longest that one connection is kept.
const LIFE: Duration = Duration::from_secs(60);
/// How long an answer that is under way may take after the stop.
const GRACE: Duration = Duration::from_secs(1);
/// How often and how long a port that a stopped target still holds is waited for.
const BIND_TRIES: u32 = 5;
const BIND_PAUSE: Duration = Duration::from_millis(100);

/// Where the target listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// HTTPS and WebSocket over TLS.
    pub(super) secure: u16,
    /// HTTP in the clear.
    pub(super) plain: u16,
}

/// A running target.
pub(crate) struct Target {
    ports: Ports,
    listeners: [JoinHandle<()>; 2],
    _stop: DropGuard,
}

/// Who answers at the ports that were asked for.
pub(super) enum Start {
    /// A target of this process.
    Here(Target),
    /// The target that another process of this home runs.
    Elsewhere,
    /// Somebody else's program.
    Taken,
}

impl Target {
    /// Starts a target at these ports.
    ///
    /// # Errors
    /// [`Failure::Demo`] when this machine does not let it listen.
    pub(super) async fn start(
        folder: &Folder,
        ports: Ports,
        now: DateTime<Utc>,
    ) -> Result<Start, Failure> {
        let _starting = folder.lock().await?;
        for attempt in 0..BIND_TRIES {
            if attempt > 0 {
                sleep(BIND_PAUSE).await;
            }
            match (bind(ports.secure).await?, bind(ports.plain).await?) {
                (Some(secure), Some(plain)) => {
                    return Self::listen(folder, secure, plain, now).map(Start::Here);
                }
                _ if folder.is_own(ports.secure).await => return Ok(Start::Elsewhere),
                _ => {}
            }
        }
        Ok(Start::Taken)
    }

    /// Starts a target at ports that are free.
    ///
    /// # Errors
    /// As [`Target::start`].
    pub(super) async fn start_anywhere(
        folder: &Folder,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        match Self::start(folder, Ports { secure: 0, plain: 0 }, now).await? {
            Start::Here(target) => Ok(target),
            Start::Elsewhere | Start::Taken => Err(Failure::Demo("no port is free".to_owned())),
        }
    }

    fn listen(
        folder: &Folder,
        secure: TcpListener,
        plain: TcpListener,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let port = |listener: &TcpListener| {
            let address = listener.local_addr();
            address.map(|at| at.port()).map_err(|error| Failure::Demo(error.to_string()))
        };
        let ports = Ports { secure: port(&secure)?, plain: port(&plain)? };
        let identity = certificate::identity(now)?;
        folder.publish(&identity)?;
        let stop = CancellationToken::new();
        let site = Arc::new(Site::new(folder.clone(), ports.secure, stop.clone()));
        let tls = TlsAcceptor::from(identity.tls);
        let listeners = [
            tokio::spawn(accept(secure, site.clone(), Some(tls))),
            tokio::spawn(accept(plain, site, None)),
        ];
        Ok(Self { ports, listeners, _stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub(super) fn ports(&self) -> Ports {
        self.ports
    }

    /// Whether it still listens; it does not once the runtime that it ran on has ended.
    pub(super) fn is_alive(&self) -> bool {
        self.listeners.iter().all(|listener| !listener.is_finished())
    }
}

/// `None` when the port is taken.
async fn bind(port: u16) -> Result<Option<TcpListener>, Failure> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error)
            if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) =>
        {
            Ok(None)
        }
        Err(error) => Err(Failure::Demo(format!("listening on 127.0.0.1:{port}: {error}"))),
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>, tls: Option<TlsAcceptor>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let stream = tokio::select! {
            () = site.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else {
            // Out of file descriptors, say: it passes.
            sleep(BIND_PAUSE).await;
            continue;
        };
        let (site, tls) = (site.clone(), tls.clone());
        tokio::spawn(async move {
            connection(stream, site, tls).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, site: Arc<Site>, tls: Option<TlsAcceptor>) {
    let Some(tls) = tls else { return serve(stream, site, Channel::Plain).await };
    // A probe that offers TLS 1.0 ends here, with an alert.
    let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await else { return };
    serve(stream, site, Channel::Secure).await;
}

async fn serve<S>(stream: S, site: Arc<Site>, channel: Channel)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stop = site.stop.clone();
    let service = service_fn(move |request| {
        let site = site.clone();
        async move { Ok::<_, Infallible>(answers::answer(&site, channel, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    // How one connection ended concerns nobody: the probe at its other end tells.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = sleep(LIFE) => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(GRACE, connection).await;
        }
    }
}
