//! A real nginx on loopback that plays a deployed API: over TLS, `/health`, `/auth/me`
//! and `/auth/login`; beside it a plain HTTP port. Hardened or vulnerable by options.

mod config;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::ca::Leaf;
use crate::port::{free_port, on_free_port};
use crate::process::{Process, run};

const READY: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(10);

/// What the plain HTTP port does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Redirects every path to the same path over HTTPS with this status.
    Redirect(u16),
    /// Redirects `/` alone; every other path is served in the clear.
    RedirectRootOnly,
    /// Serves everything in the clear.
    Serve,
}

/// Which `Origin` is answered with `Access-Control-Allow-Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// These, echoed exactly.
    Only(Vec<String>),
    /// Whoever asks, echoed, with credentials.
    Reflect,
    /// `*`, whoever asks.
    Any,
}

/// Who is counted at `/auth/login`: five tries are answered 401, the sixth 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginLimit {
    /// Nobody: every try is answered 401.
    Off,
    /// The peer's address.
    PerAddress,
    /// What the client writes into `X-Forwarded-For`, so that it escapes by lying.
    PerForwardedFor,
}

/// How the server is set up. Fields can be changed one by one to plant one fault.
#[derive(Debug, Clone)]
pub struct NginxOptions {
    /// Certificate of the TLS port.
    pub certificate: Leaf,
    /// `ssl_protocols`.
    pub protocols: String,
    /// `ssl_ciphers`, in OpenSSL's notation.
    pub ciphers: String,
    /// The plain HTTP port.
    pub plain: PlainHttp,
    /// CORS.
    pub origins: Origins,
    /// The rate limit of `/auth/login`.
    pub login_limit: LoginLimit,
    /// The bearer token that `/auth/me` accepts; without one it answers anybody 200.
    pub token: Option<String>,
    /// Status and body of `/health`.
    pub health: (u16, String),
    /// Response headers of every answer over TLS, errors included.
    pub headers: Vec<(String, String)>,
    /// Further `location` blocks of the TLS server, in nginx's language.
    pub locations: Vec<String>,
    /// The loopback port of an application that answers instead of nginx; CORS, the rate
    /// limit, the token and the answers above are then the application's.
    pub upstream: Option<u16>,
}

impl NginxOptions {
    /// As the checklist wants it; `token` is the one that `/auth/me` accepts and
    /// `origin` the front end's.
    #[must_use]
    pub fn hardened(certificate: Leaf, token: &str, origin: &str) -> Self {
        let headers = [
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            (
                "Content-Security-Policy",
                "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
            ),
        ];
        Self {
            certificate,
            protocols: "TLSv1.2 TLSv1.3".to_owned(),
            ciphers: "HIGH:!aNULL:!MD5:!3DES".to_owned(),
            plain: PlainHttp::Redirect(301),
            origins: Origins::Only(vec![origin.to_owned()]),
            login_limit: LoginLimit::PerAddress,
            token: Some(token.to_owned()),
            health: (200, r#"{"status":"ok"}"#.to_owned()),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            locations: Vec::new(),
            upstream: None,
        }
    }

    /// As the checklist wants it, with an application behind it that sets its own headers.
    #[must_use]
    pub fn in_front_of(upstream: u16, certificate: Leaf) -> Self {
        let hardened = Self::hardened(certificate, "", "");
        // For Prometheus, which asks the application itself.
        let locations = vec!["location /metrics { return 404; }".to_owned()];
        Self { upstream: Some(upstream), headers: Vec::new(), locations, ..hardened }
    }

    /// Everything wrong at once: old TLS versions, plain HTTP, any origin, no limit, no
    /// authentication, no protective headers.
    #[must_use]
    pub fn vulnerable(certificate: Leaf) -> Self {
        Self {
            certificate,
            protocols: "TLSv1 TLSv1.1 TLSv1.2".to_owned(),
            // OpenSSL 3 offers TLS 1.0 and 1.1 at security level 0 only.
            ciphers: "ALL:@SECLEVEL=0".to_owned(),
            plain: PlainHttp::Serve,
            origins: Origins::Reflect,
            login_limit: LoginLimit::Off,
            token: None,
            health: (200, r#"{"status":"ok","node":"v20.0.0"}"#.to_owned()),
            headers: vec![("X-Powered-By".to_owned(), "Express".to_owned())],
            locations: Vec::new(),
            upstream: None,
        }
    }
}

/// A running nginx, stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    tls_port: u16,
    http_port: u16,
    process: Process,
    // Declared last: the folder goes after the process that writes into it.
    dir: TempDir,
}

impl Nginx {
    /// Starts a server and waits until both ports answer.
    ///
    /// # Errors
    /// When nginx is missing or refuses the configuration, quoting its log.
    pub fn start(options: &NginxOptions) -> Result<Self> {
        on_free_port(|tls_port| Self::start_on(tls_port, options))
    }

    fn start_on(tls_port: u16, options: &NginxOptions) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let http_port = free_port()?;
        options.certificate.write(dir.path())?;
        let text = config::render(options, dir.path(), tls_port, http_port)?;
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, text)?;

        let mut command = program();
        command.arg("-c").arg(&file).arg("-p").arg(dir.path()).args(["-e", "stderr"]);
        let mut process = Process::spawn("nginx", &mut command, &dir.path().join("log"))?;
        process.wait_ready(READY, || {
            [tls_port, http_port]
                .iter()
                .all(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_ok())
        })?;
        Ok(Self { tls_port, http_port, process, dir })
    }

    /// `https://localhost:PORT`, without a slash at the end.
    #[must_use]
    pub fn https(&self) -> String {
        format!("https://localhost:{}", self.tls_port)
    }

    /// `http://localhost:PORT`, without a slash at the end.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://localhost:{}", self.http_port)
    }

    /// The port that speaks TLS.
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The port that speaks plain HTTP.
    #[must_use]
    pub fn http_port(&self) -> u16 {
        self.http_port
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The access log up to now, in nginx's combined format.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn access_log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.dir.path().join("access.log"))?)
    }

    /// The version that is installed, as nginx prints it.
    ///
    /// # Errors
    /// When nginx is missing.
    pub fn version() -> Result<String> {
        let ran = run(program().arg("-v"), LIMIT).context("nginx -v")?;
        Ok(ran.stderr.trim().to_owned())
    }
}

/// nginx by PATH, or where Debian puts it outside a user's PATH.
fn program() -> Command {
    let debian = std::path::Path::new("/usr/sbin/nginx");
    Command::new(if debian.is_file() { debian } else { std::path::Path::new("nginx") })
}
