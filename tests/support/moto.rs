//! moto, a stand-in for AWS on loopback. It comes from PyPI into a virtual environment in
//! the cache folder, made once; only what Secrets Manager needs is installed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::port::on_free_port;
use crate::process::Process;
use crate::venv::venv;

/// The version; the folder in the cache bears it.
const VERSION: &str = "5.1.4";
/// What moto's server needs beside moto itself.
const SERVER: [&str; 2] = ["flask>=3,<4", "flask-cors>=5"];
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
        let wanted = [format!("moto=={VERSION}"), SERVER[0].into(), SERVER[1].into()];
        let python = venv(&format!("moto-{VERSION}"), &wanted)?;
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
