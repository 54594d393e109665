//! A relay that writes down every byte that a client sends. TLS ends in it and begins
//! anew behind it, with the same certificate on both sides, so that what goes through
//! the encryption is seen in the clear and channel binding (RFC 5929) still agrees.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::ca::{Leaf, TestCa};
use crate::port::free_port;

/// `SSLRequest` of PostgreSQL's protocol (Message Formats, chapter 55.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// A connection that says nothing for so long is over.
const IDLE: Duration = Duration::from_secs(30);

/// What is spoken in front of the relayed server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// The protocol itself.
    Plain,
    /// TLS from the first byte.
    Tls,
    /// PostgreSQL's: TLS after `SSLRequest`, or none.
    Postgres,
}

/// What was sent, one entry a connection.
type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

/// A running relay, stopped when dropped.
#[derive(Debug)]
pub struct Recorder {
    port: u16,
    sent: Sent,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Recorder {
    /// Relays a free loopback port to `upstream`.
    ///
    /// # Errors
    /// When no port is free or the certificate can't be used.
    pub fn start(upstream: u16, wrapping: Wrapping, leaf: &Leaf, ca: &TestCa) -> Result<Self> {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let relay = Arc::new(Relay::new(upstream, wrapping, leaf, ca)?);
        let sent = relay.sent.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .thread_name("recorder")
            .build()?;
        runtime.spawn(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            while let Ok((client, _)) = listener.accept().await {
                let relay = relay.clone();
                // A connection that breaks off is a client's business; its bytes are kept.
                tokio::spawn(async move { relay.serve(client).await.ok() });
            }
        });
        Ok(Self { port, sent, runtime: Some(runtime) })
    }

    /// The port to connect to instead of the server's.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What each connection sent up to now, as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.sent_bytes().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// What each connection sent up to now.
    #[must_use]
    pub fn sent_bytes(&self) -> Vec<Vec<u8>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Relay {
    upstream: u16,
    wrapping: Wrapping,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    sent: Sent,
}

impl Relay {
    fn new(upstream: u16, wrapping: Wrapping, leaf: &Leaf, ca: &TestCa) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(leaf.certificate_pem.as_bytes())
            .collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(leaf.key_pem.as_bytes())?;
        let mut server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes())?)?;
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        if wrapping == Wrapping::Tls {
            // One protocol on both sides: the relay passes bytes and understands none.
            server.alpn_protocols = vec![b"http/1.1".to_vec()];
            client.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(Self {
            upstream,
            wrapping,
            acceptor: Arc::new(server).into(),
            connector: Arc::new(client).into(),
            sent: Sent::default(),
        })
    }

    async fn serve(&self, mut client: TcpStream) -> Result<()> {
        match self.wrapping {
            Wrapping::Plain => self.pass(client, self.connect().await?, &[]).await,
            Wrapping::Tls => {
                let client = self.acceptor.accept(client).await?;
                let server = self.secured(self.connect().await?).await?;
                self.pass(client, server, &[]).await
            }
            Wrapping::Postgres => {
                let mut first = [0; 8];
                client.read_exact(&mut first).await?;
                if first != SSL_REQUEST {
                    return self.pass(client, self.connect().await?, &first).await;
                }
                client.write_all(b"S").await?;
                let client = self.acceptor.accept(client).await?;
                let mut server = self.connect().await?;
                server.write_all(&SSL_REQUEST).await?;
                anyhow::ensure!(server.read_u8().await? == b'S', "the server offers no TLS");
                self.pass(client, self.secured(server).await?, &[]).await
            }
        }
    }

    async fn connect(&self) -> Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream)).await.context("upstream")
    }

    async fn secured(&self, server: TcpStream) -> Result<impl AsyncRead + AsyncWrite + use<>> {
        Ok(self.connector.connect(ServerName::try_from("localhost")?, server).await?)
    }

    fn write_down(&self, place: usize, bytes: &[u8]) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent[place].extend_from_slice(bytes);
    }

    /// Passes bytes both ways; those of the client are written down, `first` before them.
    async fn pass(
        &self,
        client: impl AsyncRead + AsyncWrite,
        server: impl AsyncRead + AsyncWrite,
        first: &[u8],
    ) -> Result<()> {
        let place = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push(first.to_vec());
            sent.len() - 1
        };
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = tokio::io::split(server);
        to_server.write_all(first).await?;
        let forth = async {
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let read = tokio::time::timeout(IDLE, from_client.read(&mut buffer)).await??;
                if read == 0 {
                    to_server.shutdown().await?;
                    return anyhow::Ok(());
                }
                self.write_down(place, &buffer[..read]);
                to_server.write_all(&buffer[..read]).await?;
            }
        };
        let back = async {
            let copied = tokio::io::copy(&mut from_server, &mut to_client).await;
            to_client.shutdown().await.ok();
            copied.map(|_| ())
        };
        let (forth, back) = tokio::join!(forth, back);
        forth?;
        Ok(back?)
    }
}
