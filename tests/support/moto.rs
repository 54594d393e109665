//! moto, a stand-in for AWS on loopback. It comes from PyPI into a virtual environment in
//! the cache folder, made once; only what Secrets Manager needs is installed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::port::on_free_port;
use crate::process::{Process, run};

/// The version; the folder in the cache bears it.
const VERSION: &str = "5.1.4";
/// What moto's server needs beside moto itself.
const SERVER: [&str; 2] = ["flask>=3,<4", "flask-cors>=5"];
/// A download of about 20 MB, on a slow line.
const INSTALL: Duration = Duration::from_secs(300);
const READY: Duration = Duration::from_secs(30);
const IO: Duration = Duration::from_secs(10);

/// A running moto, stopped when dropped.
#[derive(Debug)]
pub struct Moto {
    port: u16,
    _process: Process,
    // Declared last: the folder goes after the process that writes into it.
    _dir: TempDir,
}

impl Moto {
    /// Starts a server without any secrets and waits until it answers.
    ///
    /// # Errors
    /// When Python or PyPI is missing, or the server does not start.
    pub fn start() -> Result<Self> {
        let python = environment()?;
        on_free_port(|port| Self::start_on(port, &python))
    }

    /// One that every deployment of this process shares as long as one of them needs it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Moto>> = Mutex::new(Weak::new());
        // Whoever comes second waits here for the first.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moto) = shared.upgrade() {
            return Ok(moto);
        }
        let moto = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&moto);
        Ok(moto)
    }

    fn start_on(port: u16, python: &Path) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.current_dir(dir.path());
        let mut process = Process::spawn("moto", &mut command, &dir.path().join("log"))?;
        process.wait_ready(READY, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;
        Ok(Self { port, _process: process, _dir: dir })
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets Secrets Manager of `region` do `action` with a JSON `body`. moto checks no
    /// signature: the region is all that it reads of one.
    ///
    /// # Errors
    /// When it cannot be reached or refuses, quoting its answer.
    pub fn secrets_manager(&self, region: &str, action: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(IO))?;
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\
             content-type: application/x-amz-json-1.1\r\nx-amz-target: secretsmanager.{action}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=TEST/20260101/{region}/secretsmanager/\
             aws4_request, SignedHeaders=host, Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
            self.port,
            body.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{action}: {answer}");
        Ok(answer)
    }
}

/// The Python of a virtual environment that has moto.
fn environment() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("countersign");
    let folder = cache.join(format!("moto-{VERSION}"));
    let python = folder.join("bin/python");
    if python.exists() {
        return Ok(python);
    }
    // Made aside and moved in place: a run that is broken off leaves no half of one.
    std::fs::create_dir_all(&cache)?;
    let made = tempfile::Builder::new().prefix("moto-").tempdir_in(&cache)?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(made.path());
    run(&mut venv, INSTALL)?
        .with_code(0)
        .context("python3 -m venv (the package python3-venv; ./dev setup installs it)")?;
    let mut pip = Command::new(made.path().join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.arg(format!("moto=={VERSION}")).args(SERVER);
    run(&mut pip, INSTALL)?.with_code(0).context("pip install moto")?;
    // Another test may have been quicker; then its environment is as good.
    if std::fs::rename(made.path(), &folder).is_ok() {
        let _moved = made.keep();
    }
    ensure!(python.exists(), "{} could not be made", folder.display());
    Ok(python)
}
