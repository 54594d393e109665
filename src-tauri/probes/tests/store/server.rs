//! A web server that keeps whole requests and answers as the test says.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::servers::Certificates;

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

type Handler = Arc<dyn Fn(&Request) -> String + Send + Sync>;

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> String {
    answer(status, "content-type: application/json\r\n", body)
}

/// An answer with further header lines.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A running server; ends when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    folder: Option<tempfile::TempDir>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn plain(
        handler: impl Fn(&Request) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::start(Arc::new(handler), None).await
    }

    pub(crate) async fn tls(handler: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(handler), Some(Certificates::new())).await
    }

    async fn start(handler: Handler, certificates: Option<Certificates>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let folder = certificates.as_ref().map(|certificates| {
            let folder = tempfile::tempdir().expect("a folder");
            certificates.write(folder.path());
            folder
        });
        let acceptor = certificates.as_ref().map(acceptor);
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let kept = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, kept, acceptor) = (handler.clone(), kept.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => talk(stream, &handler, &kept).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                talk(stream, &handler, &kept).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, requests, folder, task }
    }

    /// The file of the authority that vouches for the server.
    pub(crate) fn ca(&self) -> String {
        let folder = self.folder.as_ref().expect("a server with TLS");
        folder.path().join("ca.pem").display().to_string()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn acceptor(certificates: &Certificates) -> tokio_rustls::TlsAcceptor {
    use rustls_pki_types::pem::PemObject as _;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::from_pem_slice(certificates.certificate.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).expect("PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("a certificate and its key");
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    handler: &Handler,
    kept: &Mutex<Vec<Request>>,
) {
    let mut bytes = Vec::new();
    let request = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(request) = parse(&String::from_utf8_lossy(&bytes)) {
            break request;
        }
    };
    let answer = handler(&request);
    kept.lock().expect("no panic").push(request);
    if answer == SILENCE {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        return;
    }
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The answer that is none: the connection stays open and nothing comes.
pub(crate) const SILENCE: &str = "silence";

/// The request, once all of it is there.
fn parse(text: &str) -> Option<Request> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    (body.len() >= length).then_some(Request {
        method: first.next()?,
        path: first.next()?,
        headers,
        body: body.to_owned(),
    })
}
