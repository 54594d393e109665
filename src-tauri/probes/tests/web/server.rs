//! Small servers, good and hostile, and the context that points at them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use countersign_domain::environment::{Environment, Targets};
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::{Context, Patience, Secrets};
use countersign_probes::registry;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// One request as a server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What a server does with a request: the bytes to send.
pub(crate) type Handler = Arc<dyn Fn(&Request) -> String + Send + Sync>;

pub(crate) fn handler(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Handler {
    Arc::new(answer)
}

/// An answer with a body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests
            .lock()
            .expect("no panic")
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// A server that speaks HTTP, over TLS when there is an identity.
    pub(crate) async fn http(identity: Option<&Identity>, handler: Handler) -> Self {
        Self::http_at("127.0.0.1:0", identity, handler).await
    }

    /// The same at another address.
    pub(crate) async fn http_at(
        address: &str,
        identity: Option<&Identity>,
        handler: Handler,
    ) -> Self {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = requests.clone();
        let acceptor = identity.map(|identity| tokio_rustls::TlsAcceptor::from(identity.server()));
        let mut server = Self::tcp_at(address, move |stream| {
            let (handler, seen, acceptor) = (handler.clone(), seen.clone(), acceptor.clone());
            async move {
                match acceptor {
                    None => talk(stream, handler, seen).await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            talk(stream, handler, seen).await;
                        }
                    }
                }
            }
        })
        .await;
        server.requests = requests;
        server
    }

    /// A server that does what it likes with each connection.
    pub(crate) async fn tcp<F>(on: impl Fn(tokio::net::TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::tcp_at("127.0.0.1:0", on).await
    }

    /// The same at another address.
    pub(crate) async fn tcp_at<F>(
        address: &str,
        on: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(on(stream));
            }
        });
        Self { port, requests: Arc::default(), connections, task }
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    handler: Handler,
    seen: Arc<Mutex<Vec<Request>>>,
) {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines();
    let first: Vec<_> = lines.next().unwrap_or_default().split(' ').map(str::to_owned).collect();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let request = Request { method: first[0].clone(), path: first[1].clone(), headers };
    let answer = handler(&request);
    seen.lock().expect("no panic").push(request);
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A port that was free a moment ago, for a program that binds it itself.
pub(crate) async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// A port that refuses connections and that nobody gets while the tests run: it is bound,
/// and nothing listens.
pub(crate) async fn closed_port() -> u16 {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    Box::leak(Box::new(socket));
    port
}

/// A certificate with its key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

impl Identity {
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        Arc::new(self.config(&[]))
    }

    /// A configuration that speaks these protocols only (ALPN).
    pub(crate) fn config(&self, protocols: &[&[u8]]) -> ServerConfig {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .expect("a certificate and its key");
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        config
    }

    pub(crate) fn self_signed() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
        let own = params.self_signed(&key).expect("signed");
        Self::of(vec![own.der().clone()], &key, own.pem())
    }

    /// A certificate and its key as a program wrote them (PEM, PKCS 8).
    pub(crate) fn read(pem: String, key_pem: String) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")];
        let key = PrivatePkcs8KeyDer::from_pem_slice(key_pem.as_bytes()).expect("a key");
        Self { chain, key: key.secret_pkcs8_der().to_vec(), pem, key_pem }
    }

    fn of(chain: Vec<CertificateDer<'static>>, key: &KeyPair, pem: String) -> Self {
        Self { chain, key: key.serialize_der(), pem, key_pem: key.serialize_pem() }
    }
}

/// An authority of our own, whose certificate stands in a file.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) folder: tempfile::TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, "Countersign test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("signed");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).expect("written");
        Self { issuer, folder }
    }

    pub(crate) fn issue(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_after = (std::time::SystemTime::now() + Duration::from_secs(60 * 86_400)).into();
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let own = params.signed_by(&key, &self.issuer).expect("signed");
        Identity::of(vec![own.der().clone()], &key, own.pem())
    }

    /// An authority below this one.
    pub(crate) fn intermediate(&self, name: &str) -> Intermediate {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Intermediate(CertifiedIssuer::signed_by(params, key, &self.issuer).expect("signed"))
    }

    pub(crate) fn good(&self) -> Identity {
        self.issue("127.0.0.1", |_| ())
    }

    pub(crate) fn file(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }
}

/// An authority that another one vouches for.
pub(crate) struct Intermediate(CertifiedIssuer<'static, KeyPair>);

impl Intermediate {
    /// A certificate; `whole` when its server sends this authority's along.
    pub(crate) fn issue_under(&self, name: &str, whole: bool) -> Identity {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let own = params.signed_by(&key, &self.0).expect("signed");
        let mut chain = vec![own.der().clone()];
        if whole {
            chain.push(self.0.der().clone());
        }
        Identity::of(chain, &key, own.pem())
    }
}

/// The context of a test: short patience, real clock.
pub(crate) fn context(targets: Targets, secrets: &[(&str, &str)]) -> Context {
    let environment = Environment {
        name: "test".to_owned(),
        production: false,
        demo: false,
        targets,
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
    };
    with_environment(environment, secrets)
}

pub(crate) fn with_environment(environment: Environment, secrets: &[(&str, &str)]) -> Context {
    let secrets: Secrets = secrets
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Zeroizing::new((*value).to_owned())))
        .collect();
    let clock = Arc::new(|| DateTime::<Utc>::from(std::time::SystemTime::now()));
    // Long enough that a busy machine does not make a good server look silent.
    let patience =
        Patience { connect: Duration::from_millis(2_500), total: Duration::from_millis(2_500) };
    Context::new(environment, secrets, clock, std::env::temp_dir()).with_patience(patience)
}

/// The same with short patience, for servers that are silent on purpose.
pub(crate) fn impatient(cx: Context) -> Context {
    let patience =
        Patience { connect: Duration::from_millis(900), total: Duration::from_millis(900) };
    cx.with_patience(patience)
}

/// Targets with the API on a local port.
pub(crate) fn api(scheme: &str, port: u16, authority: Option<&Authority>) -> Targets {
    Targets {
        api: Some(format!("{scheme}://127.0.0.1:{port}")),
        frontend: Some("https://app.example.com".to_owned()),
        ca_file: authority.map(Authority::file),
        ..Targets::default()
    }
}

/// Runs one probe as a run does.
pub(crate) async fn find(cx: &Context, name: &str, params: Value) -> Finding {
    let probe = registry::find(name).expect("a known probe");
    let Value::Object(params) = params else { panic!("parameters are a map") };
    probe.check(&params).expect("sound parameters");
    tokio::time::timeout(Duration::from_secs(8), probe.run(cx, &params))
        .await
        .expect("a probe ends by itself")
}

pub(crate) const UNREACHABLE: Outcome = Outcome::Inconclusive(Reason::Unreachable);
pub(crate) const TIMED_OUT: Outcome = Outcome::Inconclusive(Reason::TimedOut);
pub(crate) const UNEXPECTED: Outcome = Outcome::Inconclusive(Reason::Unexpected);
