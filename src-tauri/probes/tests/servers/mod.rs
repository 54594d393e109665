//! Servers for the probes to look at: real ones on loopback, and three that are no servers
//! at all. Each takes a free port and ends when it is dropped. A missing program is a
//! failed test, not a skipped one.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test support")]

pub mod pgbouncer;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use countersign_domain::environment::{Environment, SecretRef, Targets};
use countersign_domain::finding::Finding;
use countersign_probes::context::{Clock, Context, Patience};
use countersign_probes::registry;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// A port that nobody uses now, each time another one. It lies below those that the system
/// gives out by itself, so that no listener of another test comes upon it later.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 12_000).expect("below 12,000");
    loop {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = 15_000 + (start + step) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A context over these targets; each secret is `env:NAME` with this value.
pub fn context(targets: Targets, secrets: &[(&str, &str)], facts: &[(&str, &str)]) -> Context {
    let text = |name: &str| name.to_owned();
    let environment = Environment {
        name: "test".into(),
        production: false,
        demo: false,
        targets,
        secrets: secrets.iter().map(|(name, _)| (text(name), SecretRef::Env(text(name)))).collect(),
        facts: facts.iter().map(|(name, value)| (text(name), text(value))).collect(),
    };
    let values: BTreeMap<_, _> = secrets
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (text(name), Zeroizing::new(text(value))))
        .collect();
    let clock: Clock = Arc::new(|| std::time::SystemTime::now().into());
    let patience =
        Patience { connect: Duration::from_secs(2), total: Duration::from_millis(1_500) };
    Context::new(environment, values, clock, PathBuf::from("/")).with_patience(patience)
}

/// Runs a probe by name, as the registry holds it.
pub async fn look(cx: &Context, probe: &str, params: Value) -> Finding {
    let params: Map<String, Value> = serde_json::from_value(params).expect("an object");
    let found = registry::find(probe).unwrap_or_else(|| panic!("no probe is called {probe}"));
    found.check(&params).expect("parameters that the probe accepts");
    let finding = found.run(cx, &params).await;
    let shown = serde_json::to_string(&finding).expect("JSON");
    for name in cx.environment().secrets.keys() {
        if let Some(secret) = cx.secret(name).filter(|secret| secret.len() >= 6) {
            assert!(!shown.contains(secret.as_str()), "{probe} shows {name}: {shown}");
        }
    }
    finding
}

/// A program that ends when this is dropped.
pub struct Running(Child);

impl Running {
    /// Starts `command` and waits until `port` answers.
    pub fn start(mut command: Command, port: u16) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} must be installed for this test: {error}"));
        let running = Self(child);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{program} did not open port {port}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Redis with this configuration (lines of redis.conf).
pub struct Redis {
    pub port: u16,
    pub folder: tempfile::TempDir,
    _running: Running,
}

impl Redis {
    pub fn start(lines: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), lines)
    }

    /// The configuration may name files that stand in `folder`.
    pub fn start_in(folder: tempfile::TempDir, lines: &str) -> Self {
        let port = free_port();
        let listen = if lines.contains("tls-port PORT") { 0 } else { port };
        let conf = folder.path().join("redis.conf");
        let lines = lines.replace("PORT", &port.to_string());
        let dir = folder.path().display();
        std::fs::write(&conf, format!("port {listen}\nbind 127.0.0.1\ndir {dir}\n{lines}\n"))
            .expect("a file");
        let mut command = Command::new("redis-server");
        command.arg(&conf);
        let running = Running::start(command, port);
        Self { port, folder, _running: running }
    }

    pub fn conf(&self) -> String {
        self.folder.path().join("redis.conf").display().to_string()
    }
}

/// A certificate authority and one certificate for `localhost` and 127.0.0.1.
pub struct Certificates {
    pub ca: String,
    pub certificate: String,
    pub key: String,
}

impl Certificates {
    pub fn new() -> Self {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
        let ca_key = KeyPair::generate().expect("a key");
        let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(rcgen::DnType::CommonName, "Test authority");
        let ca_certificate = ca.self_signed(&ca_key).expect("a certificate");
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names)
            .expect("parameters")
            .signed_by(&key, &issuer)
            .expect("a certificate");
        Self { ca: ca_certificate.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// Writes `ca.pem`, `server.pem` and `server.key`.
    pub fn write(&self, folder: &Path) {
        for (name, text) in
            [("ca.pem", &self.ca), ("server.pem", &self.certificate), ("server.key", &self.key)]
        {
            std::fs::write(folder.join(name), text).expect("a file");
        }
    }
}

/// A PostgreSQL cluster; its superuser `postgres` is trusted on the socket only.
pub struct Postgres {
    pub port: u16,
    pub folder: tempfile::TempDir,
    running: Option<Running>,
}

impl Postgres {
    /// A cluster with these lines of pg_hba.conf, with TLS if there are certificates, after
    /// these statements.
    pub fn start(hba: &str, tls: Option<&Certificates>, statements: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let port = free_port();
        own(folder.path());
        let initdb = as_postgres("initdb")
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .expect("runuser");
        assert!(
            initdb.status.success(),
            "PostgreSQL's initdb must be installed for this test: {}",
            String::from_utf8_lossy(&initdb.stderr)
        );
        let mut conf = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nfsync = off\n\
             unix_socket_directories = '{}'\n",
            folder.path().display()
        );
        if let Some(certificates) = tls {
            certificates.write(&data);
            restrict(&data.join("server.key"));
            conf.push_str("ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n");
        }
        append(&data.join("postgresql.conf"), &conf);
        std::fs::write(data.join("pg_hba.conf"), format!("local all postgres trust\n{hba}"))
            .expect("a file");
        own(folder.path());
        let mut command = as_postgres("postgres");
        command.arg("-D").arg(&data);
        let running = Running::start(command, port);
        let cluster = Self { port, folder, running: Some(running) };
        cluster.run(statements);
        cluster
    }

    /// Runs statements as the superuser.
    pub fn run(&self, statements: &str) {
        let start = Instant::now();
        loop {
            let out = as_postgres("psql")
                .args(["-X", "-v", "ON_ERROR_STOP=1", "-h"])
                .arg(self.folder.path())
                .args(["-p", &self.port.to_string(), "-d", "postgres", "-c", "SELECT 1"])
                .args(
                    statements
                        .split(";\n")
                        .filter(|s| !s.trim().is_empty())
                        .flat_map(|s| ["-c", s]),
                )
                .output()
                .expect("psql");
            if out.status.success() {
                return;
            }
            let error = String::from_utf8_lossy(&out.stderr).into_owned();
            let starting = error.contains("starting up") || error.contains("could not connect");
            assert!(starting && start.elapsed() < Duration::from_secs(20), "psql: {error}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The postmaster's own number is in its file; the child here may be runuser.
        let pid = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid"))
            .ok()
            .and_then(|text| text.lines().next().map(str::to_owned));
        if let Some(pid) = pid {
            // Immediate shutdown: the folder goes anyway.
            let _ = Command::new("kill").args(["-QUIT", &pid]).status();
            let start = Instant::now();
            while Path::new("/proc").join(&pid).exists() && start.elapsed() < Duration::from_secs(5)
            {
                if let Some(running) = self.running.as_mut() {
                    let _ = running.0.try_wait();
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.running.take();
    }
}

/// PostgreSQL refuses to run as root; where the tests do, its programs run as `postgres`.
fn as_postgres(program: &str) -> Command {
    as_user_postgres(bin(program))
}

fn as_user_postgres(path: PathBuf) -> Command {
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
    // A folder that `postgres` may enter.
    command.current_dir("/");
    command
}

fn bin(program: &str) -> PathBuf {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(program)))
        .filter(|path| path.exists())
        .collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from(program))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").expect("/proc").uid() == 0
}

fn own(folder: &Path) {
    if is_root() {
        let status = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder).status();
        assert!(status.expect("chown").success(), "there must be a user `postgres` for this test");
    }
}

fn restrict(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("a mode");
}

fn append(file: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).open(file).expect("a file");
    file.write_all(text.as_bytes()).expect("written");
}

/// Accepts connections and never answers.
pub fn silent() -> u16 {
    impostor(|_| std::thread::sleep(Duration::from_secs(30)))
}

/// Answers everything with something that is no protocol at all.
pub fn garbage() -> u16 {
    impostor(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let mut rest = [0; 1024];
        let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
        let _ = stream.read(&mut rest);
    })
}

/// Answers every command with this line.
pub fn answering(line: &'static str) -> u16 {
    impostor(move |mut stream| {
        let mut request = [0; 1024];
        while stream.read(&mut request).is_ok_and(|read| read > 0) {
            if stream.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    })
}

/// Starts an answer that never ends.
pub fn endless(start: &'static str) -> u16 {
    impostor(move |mut stream| {
        let _ = stream.write_all(start.as_bytes());
        while stream.write_all(&[b'x'; 64 * 1024]).is_ok() {}
    })
}

fn impostor(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Runs git in `folder`, away from this machine's configuration.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.invalid"])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git must be installed for this test");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Writes files (path, text) below `folder`.
pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}
