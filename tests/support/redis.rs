//! A real Redis on loopback.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::ca::{Leaf, TestCa};
use crate::port::on_free_port;
use crate::process::Process;

const READY: Duration = Duration::from_secs(10);
const IO: Duration = Duration::from_secs(2);

/// What the server is told in its configuration file.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// `requirepass`.
    pub password: Option<String>,
    /// Serve TLS only, with this certificate.
    pub tls: Option<Leaf>,
    /// Further lines of redis.conf, such as `rename-command FLUSHALL ""`.
    pub directives: Vec<String>,
}

impl RedisOptions {
    /// A server that asks for this password and is otherwise as it comes.
    #[must_use]
    pub fn with_password(password: &str) -> Self {
        Self { password: Some(password.to_owned()), ..Self::default() }
    }

    /// As the checklist wants it: a password, no dangerous commands, RDB and AOF.
    #[must_use]
    pub fn hardened(password: &str) -> Self {
        let disabled = ["FLUSHALL", "FLUSHDB", "CONFIG", "SHUTDOWN", "DEBUG"];
        let mut directives: Vec<_> =
            disabled.iter().map(|name| format!("rename-command {name} \"\"")).collect();
        directives.extend(["save 900 1".to_owned(), "appendonly yes".to_owned()]);
        Self { directives, ..Self::with_password(password) }
    }
}

/// A running Redis, stopped when dropped.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    options: RedisOptions,
    process: Process,
    // Declared last: the folder goes after the process that writes into it.
    dir: TempDir,
}

impl Redis {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When redis-server is missing or refuses the options, quoting its log.
    pub fn start(options: RedisOptions) -> Result<Self> {
        on_free_port(|port| Self::start_on(port, options.clone()))
    }

    fn start_on(port: u16, options: RedisOptions) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("redis.conf");
        std::fs::write(&config, configuration(port, &options, &dir)?)?;
        let mut command = Command::new("redis-server");
        command.arg(&config).current_dir(dir.path());
        let mut process = Process::spawn("redis-server", &mut command, &dir.path().join("log"))?;
        let plain = options.tls.is_none();
        process.wait_ready(READY, || match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) if !plain => true,
            Ok(_) => {
                ask(port, "PING").is_ok_and(|r| r.starts_with("+PONG") || r.starts_with("-NOAUTH"))
            }
            Err(_) => false,
        })?;
        Ok(Self { port, options, process, dir })
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `redis://` or `rediss://` without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.options.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://localhost:{}", self.port)
    }

    /// The server's redis.conf, for as long as this value lives.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("redis.conf")
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Stops it; its files stay until this value is dropped.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Sends one inline command over a new plain connection; returns the answer's start.
    ///
    /// # Errors
    /// When the server can't be reached or does not answer within two seconds.
    pub fn ask(&self, command: &str) -> Result<String> {
        ask(self.port, command)
    }

    /// As [`ask`](Self::ask), after logging in with the password of the options.
    ///
    /// # Errors
    /// As `ask`, or when the server refuses the password.
    pub fn ask_with_password(&self, command: &str) -> Result<String> {
        let password = self.options.password.as_deref().context("this Redis has no password")?;
        let mut stream = connect(self.port)?;
        let login = exchange(&mut stream, &format!("AUTH {password}"))?;
        anyhow::ensure!(login.starts_with("+OK"), "AUTH was answered by {login}");
        exchange(&mut stream, command)
    }
}

fn configuration(port: u16, options: &RedisOptions, dir: &TempDir) -> Result<String> {
    let mut text = format!("bind 127.0.0.1\ndaemonize no\ndir \"{}\"\n", dir.path().display());
    match &options.tls {
        None => writeln!(text, "port {port}")?,
        Some(leaf) => {
            let (certificate, key) = leaf.write(dir.path())?;
            writeln!(text, "port 0\ntls-port {port}\ntls-auth-clients no")?;
            writeln!(text, "tls-cert-file \"{}\"", certificate.display())?;
            writeln!(text, "tls-key-file \"{}\"", key.display())?;
            // Redis insists on a CA file even when it asks no client for a certificate.
            let ca = dir.path().join("clients.pem");
            std::fs::write(&ca, TestCa::new()?.pem())?;
            writeln!(text, "tls-ca-cert-file \"{}\"", ca.display())?;
        }
    }
    if let Some(password) = &options.password {
        writeln!(text, "requirepass \"{password}\"")?;
    }
    for directive in &options.directives {
        writeln!(text, "{directive}")?;
    }
    Ok(text)
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(IO))?;
    stream.set_write_timeout(Some(IO))?;
    Ok(stream)
}

fn ask(port: u16, command: &str) -> Result<String> {
    exchange(&mut connect(port)?, command)
}

fn exchange(stream: &mut TcpStream, command: &str) -> Result<String> {
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}
