//! What watches the stand-in: Prometheus reads the application's numbers, and tells an
//! Alertmanager.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::MailAgent;
use crate::process::wait_until;
use crate::prometheus::{Alertmanager, Prometheus, PrometheusOptions};

/// Requests that are made before anybody looks, so that there is traffic to speak of.
const TRAFFIC: u32 = 300;
/// What a scrape a second needs to see them all.
const SCRAPED: Duration = Duration::from_secs(15);

/// A running Prometheus and its Alertmanager.
#[derive(Debug)]
pub struct Monitoring {
    prometheus: Prometheus,
    _alertmanager: Option<Alertmanager>,
    usual: u32,
}

impl Monitoring {
    /// As it should be: rules, somebody to tell, and the traffic of every day.
    ///
    /// # Errors
    /// When a part is missing or does not start.
    pub fn of(agent: &MailAgent) -> Result<Self> {
        let alertmanager = Alertmanager::start()?;
        let options = PrometheusOptions {
            jobs: vec![("mailagent", agent.port)],
            alerts: vec![
                ("MailAgentDown", "up{job='mailagent'} == 0"),
                ("ManyRefusals", "sum(increase(http_requests_total{status=~'401|403'}[1h])) > 100"),
            ],
            alertmanager: Some(alertmanager.port()),
            ..PrometheusOptions::default()
        };
        Self::start(agent, &options, Some(alertmanager), TRAFFIC)
    }

    /// Without a rule and with nobody to tell, and with traffic that is a hundredth of what
    /// it used to be.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn deaf(agent: &MailAgent) -> Result<Self> {
        let jobs = vec![("mailagent", agent.port)];
        let options = PrometheusOptions { jobs, ..PrometheusOptions::default() };
        Self::start(agent, &options, None, TRAFFIC * 100)
    }

    fn start(
        agent: &MailAgent,
        options: &PrometheusOptions,
        alertmanager: Option<Alertmanager>,
        usual: u32,
    ) -> Result<Self> {
        for _ in 0..TRAFFIC {
            visit(agent.port)?;
        }
        let prometheus = Prometheus::start(options)?;
        let counted = wait_until(SCRAPED, || {
            let query = format!("/api/v1/query?query=sum(http_requests_total)%3E%3D{TRAFFIC}");
            prometheus.get(&query).is_ok_and(|said| said.contains("\"value\""))
        });
        ensure!(counted, "Prometheus did not see the requests");
        Ok(Self { prometheus, _alertmanager: alertmanager, usual })
    }

    /// Names Prometheus and the queries of the signals in the environment of `agent`.
    #[must_use]
    pub fn declared_by(&self, mut agent: MailAgent) -> MailAgent {
        let traffic = format!("sum(http_requests_total) / {}", self.usual);
        agent.targets.insert("metrics", self.prometheus.url());
        agent.facts.extend([
            ("metrics_job", "mailagent".to_owned()),
            ("watch_failed_logins", "max by (ip) (login_failures_total) or vector(0)".to_owned()),
            ("watch_refusals", "sum(http_requests_total{status=~'401|403'})".to_owned()),
            ("watch_rate_limits", "sum(http_requests_total{status='429'})".to_owned()),
            ("watch_database_errors", "sum(database_errors_total)".to_owned()),
            ("watch_redis_errors", "sum(redis_errors_total)".to_owned()),
            ("watch_traffic", traffic),
        ]);
        agent
    }
}

fn visit(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "/health: {answer}");
    Ok(())
}
