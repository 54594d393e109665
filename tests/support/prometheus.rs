//! A real Prometheus on loopback that scrapes itself and what it is told to, and a real
//! Alertmanager for it to tell.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use crate::port::on_free_port;
use crate::process::Process;

const READY: Duration = Duration::from_secs(30);
const IO: Duration = Duration::from_secs(2);

/// What a Prometheus does beside scraping itself.
#[derive(Debug, Clone, Default)]
pub struct PrometheusOptions {
    /// Further jobs, each with a port on loopback that must answer before the start is over.
    pub jobs: Vec<(&'static str, u16)>,
    /// Jobs whose target need not answer.
    pub maybe_down: Vec<(&'static str, u16)>,
    /// Alert rules, as YAML lists of name and expression.
    pub alerts: Vec<(&'static str, &'static str)>,
    /// Port of the Alertmanager on loopback.
    pub alertmanager: Option<u16>,
}

impl PrometheusOptions {
    fn config(&self, port: u16) -> String {
        let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s, \
                        evaluation_interval: 1s}\n"
            .to_owned();
        if !self.alerts.is_empty() {
            text.push_str("rule_files: [rules.yml]\n");
        }
        if let Some(port) = self.alertmanager {
            let targets = format!("static_configs: [{{targets: ['127.0.0.1:{port}']}}]");
            let _ = writeln!(text, "alerting: {{alertmanagers: [{{{targets}}}]}}");
        }
        text.push_str("scrape_configs:\n");
        let itself = ("itself", port);
        for (name, port) in [itself].iter().chain(&self.jobs).chain(&self.maybe_down) {
            let _ = writeln!(
                text,
                "- job_name: {name}\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]"
            );
        }
        text
    }

    fn rules(&self) -> String {
        let mut text = "groups:\n- name: checks\n  rules:\n".to_owned();
        for (name, expression) in &self.alerts {
            let _ = writeln!(text, "  - alert: {name}\n    expr: {expression:?}");
        }
        text
    }

    /// Whether every job is up and every rule was evaluated once.
    fn is_ready(&self, port: u16) -> bool {
        let ups = ask(port, "/api/v1/query?query=up%3D%3D1").unwrap_or_default();
        let names = self.jobs.iter().map(|(name, _)| *name).chain(["itself"]);
        let all_up = names.into_iter().all(|name| ups.contains(&format!("{name:?}")));
        // It takes five seconds to notice the Alertmanager of its own configuration.
        let told = self.alertmanager.is_none_or(|manager| {
            let said = ask(port, "/api/v1/alertmanagers").unwrap_or_default();
            said.contains(&format!("127.0.0.1:{manager}"))
        });
        all_up
            && told
            && ask(port, "/api/v1/rules")
                .is_ok_and(|said| said.contains("success") && !said.contains("\"unknown\""))
    }
}

/// A running Prometheus, stopped when dropped.
#[derive(Debug)]
pub struct Prometheus {
    port: u16,
    _process: Process,
    // Declared last: the folder goes after the process that writes into it.
    _dir: TempDir,
}

impl Prometheus {
    /// Starts a server and waits until it has measured everything once.
    ///
    /// # Errors
    /// When prometheus is missing or does not start, quoting its log.
    pub fn start(options: &PrometheusOptions) -> Result<Self> {
        on_free_port(|port| Self::start_on(port, options))
    }

    fn start_on(port: u16, options: &PrometheusOptions) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("prometheus.yml");
        std::fs::write(&config, options.config(port))?;
        std::fs::write(dir.path().join("rules.yml"), options.rules())?;
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--rules.alert.resend-delay=1s")
            .current_dir(dir.path());
        let mut process = Process::spawn("prometheus", &mut command, &dir.path().join("log"))?;
        process.wait_ready(READY, || options.is_ready(port))?;
        Ok(Self { port, _process: process, _dir: dir })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The answer to a GET of `path`, as it came.
    ///
    /// # Errors
    /// When it can't be had within two seconds.
    pub fn get(&self, path: &str) -> Result<String> {
        ask(self.port, path)
    }
}

/// A running Alertmanager, stopped when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    port: u16,
    process: Process,
    _dir: TempDir,
}

impl Alertmanager {
    /// Starts one that keeps alerts and tells nobody.
    ///
    /// # Errors
    /// When prometheus-alertmanager is missing or does not start, quoting its log.
    pub fn start() -> Result<Self> {
        on_free_port(Self::start_on)
    }

    fn start_on(port: u16) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("alertmanager.yml");
        std::fs::write(&config, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")?;
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            // Alone: it looks for no others in the network.
            .arg("--cluster.listen-address=")
            .current_dir(dir.path());
        let mut process = Process::spawn("alertmanager", &mut command, &dir.path().join("log"))?;
        process
            .wait_ready(READY, || ask(port, "/-/ready").is_ok_and(|said| said.contains("200")))?;
        Ok(Self { port, process, _dir: dir })
    }

    /// Its port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether an alert of that name came in.
    #[must_use]
    pub fn has(&self, alert: &str) -> bool {
        ask(self.port, "/api/v2/alerts").is_ok_and(|said| said.contains(&format!("{alert:?}")))
    }

    /// Ends it, while Prometheus goes on to name it.
    pub fn stop(&mut self) {
        self.process.stop();
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
