//! A real Prometheus on loopback that scrapes itself.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use crate::port::on_free_port;
use crate::process::Process;

const READY: Duration = Duration::from_secs(30);
const IO: Duration = Duration::from_secs(2);

/// A running Prometheus, stopped when dropped.
#[derive(Debug)]
pub struct Prometheus {
    port: u16,
    _process: Process,
    // Declared last: the folder goes after the process that writes into it.
    _dir: TempDir,
}

impl Prometheus {
    /// Starts a server and waits until it has measured itself once.
    ///
    /// # Errors
    /// When prometheus is missing or does not start, quoting its log.
    pub fn start() -> Result<Self> {
        on_free_port(Self::start_on)
    }

    fn start_on(port: u16) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("prometheus.yml");
        let target = format!("127.0.0.1:{port}");
        std::fs::write(
            &config,
            format!(
                "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n\
                 - job_name: itself\n  static_configs: [{{targets: ['{target}']}}]\n"
            ),
        )?;
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address={target}"))
            .current_dir(dir.path());
        let mut process = Process::spawn("prometheus", &mut command, &dir.path().join("log"))?;
        process.wait_ready(READY, || {
            ask(port, "/api/v1/query?query=up%3D%3D1").is_ok_and(|said| said.contains("\"itself\""))
        })?;
        Ok(Self { port, _process: process, _dir: dir })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn ask(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(IO))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
