//! What a deployment is watched by, with a real Prometheus and a real Alertmanager: rules
//! that work and rules that don't, somebody to tell and nobody, and each signal of the
//! checklist just within and just beyond its limit.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use countersign_domain::environment::{Environment, Targets};
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use countersign_probes::registry;
use countersign_tests::{Alertmanager, Prometheus, PrometheusOptions, free_port, wait_until};
use serde_json::{Value, json};

/// A scrape a second, and a machine that may be busy.
const SCRAPED: Duration = Duration::from_secs(20);
const ALERTS: [(&str, &str); 2] = [
    ("ApiDown", "up{job='api'} == 0"),
    // Fires when Prometheus has noticed its Alertmanager: an alert before that gets lost.
    ("Awake", "time() - process_start_time_seconds{job='itself'} > 8"),
];

/// An application that shows the numbers it is told to.
struct Exporter {
    port: u16,
    text: Arc<Mutex<String>>,
}

impl Exporter {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let text = Arc::new(Mutex::new(String::new()));
        let shown = text.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 2048];
                let _ = stream.read(&mut request);
                let body = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Ok(Self { port, text })
    }

    /// Shows other numbers, and waits until Prometheus has read them.
    fn show(&self, prometheus: &Prometheus, round: u32, lines: &str) -> Result<()> {
        let text = format!("round {round}\n{lines}\n");
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
        let seen = format!("/api/v1/query?query=round%3D%3D{round}");
        let read = || prometheus.get(&seen).is_ok_and(|said| said.contains("\"value\""));
        ensure!(wait_until(SCRAPED, read), "Prometheus did not read round {round}");
        Ok(())
    }
}

async fn look(probe: &str, url: &str, facts: &[(&str, &str)], params: Value) -> Finding {
    let environment = Environment {
        name: "test".to_owned(),
        production: false,
        demo: false,
        targets: Targets { metrics: Some(url.to_owned()), ..Targets::default() },
        secrets: BTreeMap::new(),
        facts: facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect(),
    };
    let clock = Arc::new(|| std::time::SystemTime::now().into());
    let cx = Context::new(environment, BTreeMap::new(), clock, PathBuf::new());
    let probe = registry::find(probe).expect("a known probe");
    probe.run(&cx, params.as_object().expect("a map")).await
}

async fn alerting(url: &str, facts: &[(&str, &str)]) -> Finding {
    look("metrics.alerting", url, facts, json!({})).await
}

/// The same, looked at again until it fails for that reason: Prometheus sees a fault with one
/// of its next scrapes, and until then may stumble over another.
async fn failed(url: &str, facts: &[(&str, &str)], words: &str) -> Finding {
    let mut finding = alerting(url, facts).await;
    for _ in 0..40 {
        if finding.outcome == Outcome::Fail && finding.summary.contains(words) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        finding = alerting(url, facts).await;
    }
    finding
}

fn assert_is(case: &str, finding: &Finding, outcome: Outcome, words: &str) {
    assert_eq!(finding.outcome, outcome, "{case}: {finding:#?}");
    let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
    assert!(text.contains(words), "{case}: {words:?} is not in {finding:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_made_and_have_somewhere_to_go() -> Result<()> {
    let exporter = Exporter::start()?;
    let mut manager = Alertmanager::start()?;
    let told = Some(manager.port());
    let jobs = vec![("api", exporter.port)];
    let good = PrometheusOptions {
        jobs: jobs.clone(),
        alerts: ALERTS.to_vec(),
        alertmanager: told,
        ..PrometheusOptions::default()
    };
    let api = [("metrics_job", "api")];
    let prometheus = Prometheus::start(&good)?;
    ensure!(wait_until(SCRAPED, || manager.has("Awake")), "no alert came to the Alertmanager");
    let finding = alerting(&prometheus.url(), &api).await;
    assert_is("as it should be", &finding, Outcome::Pass, "2 alert rules");
    assert_is("as it should be", &finding, Outcome::Pass, "alerts-firing");
    let finding = alerting(&prometheus.url(), &[]).await;
    assert_is("no job is named", &finding, Outcome::Pass, "job-unnamed");
    let finding = alerting(&prometheus.url(), &[("metrics_job", "api, cron")]).await;
    assert_is("a job that nobody scrapes", &finding, Outcome::Fail, "\"cron\"");
    let finding = alerting(&prometheus.url(), &[("alerts_elsewhere", "Grafana")]).await;
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    assert_is("made by something else", &finding, person, "Grafana");

    // Prometheus goes on to name it, and loses every alert.
    manager.stop();
    let lost = failed(&prometheus.url(), &api, "reached no").await;
    assert_is("a dead Alertmanager", &lost, Outcome::Fail, "reached no Alertmanager");

    let free = free_port()?;
    for (case, options, words) in [
        ("no rule", PrometheusOptions { alerts: Vec::new(), ..good.clone() }, "no alert rule"),
        (
            "nobody to tell",
            PrometheusOptions { alertmanager: None, ..good.clone() },
            "no Alertmanager",
        ),
        (
            "a rule that can't be evaluated",
            PrometheusOptions {
                alerts: vec![("Twice", "{__name__=~'up|round'} * on() up"), ALERTS[0]],
                ..good.clone()
            },
            "Twice",
        ),
        (
            "the application is down",
            PrometheusOptions { jobs: Vec::new(), maybe_down: vec![("api", free)], ..good.clone() },
            "\"api\"",
        ),
    ] {
        let prometheus = Prometheus::start(&options).context(case)?;
        let finding = failed(&prometheus.url(), &api, words).await;
        assert_is(case, &finding, Outcome::Fail, words);
    }
    let gone = alerting(&format!("http://127.0.0.1:{free}"), &api).await;
    assert_is("nothing there", &gone, Outcome::Inconclusive(Reason::Unreachable), "");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_signal_is_held_against_its_limit() -> Result<()> {
    let exporter = Exporter::start()?;
    let options =
        PrometheusOptions { jobs: vec![("api", exporter.port)], ..PrometheusOptions::default() };
    let prometheus = Prometheus::start(&options)?;
    let url = prometheus.url();
    let within = "failures{ip=\"192.0.2.1\"} 50\nfailures{ip=\"192.0.2.2\"} 50\nrefusals 100\n\
                  limits 1000\ndatabase 10\nredis 10\ntraffic 1.9";
    let beyond = "failures{ip=\"192.0.2.1\"} 51\nfailures{ip=\"192.0.2.2\"} 0\nrefusals 101\n\
                  limits 1001\ndatabase 11\nredis 11\ntraffic 0.4";
    let signals = [
        (
            "watch_failed_logins",
            "max by (ip) (failures)",
            json!({"name": "failed-logins", "at_most": 50}),
        ),
        ("watch_refusals", "refusals", json!({"name": "refusals", "at_most": 100})),
        ("watch_rate_limits", "limits", json!({"name": "rate-limits", "at_most": 1000})),
        ("watch_database_errors", "database", json!({"name": "database-errors", "at_most": 10})),
        ("watch_redis_errors", "redis", json!({"name": "redis-errors", "at_most": 10})),
        ("watch_traffic", "traffic", json!({"name": "traffic", "at_least": 0.5, "at_most": 2.0})),
    ];
    for (round, numbers, outcome) in [(1, within, Outcome::Pass), (2, beyond, Outcome::Fail)] {
        exporter.show(&prometheus, round, numbers)?;
        for (fact, query, params) in &signals {
            let finding = look("metrics.signal", &url, &[(fact, query)], params.clone()).await;
            assert_is(fact, &finding, outcome, "limit");
        }
    }
    let signal = |facts: &'static [(&str, &str)]| {
        look("metrics.signal", &url, facts, json!({"name": "failed-logins", "at_most": 50}))
    };
    let named = signal(&[("watch_failed_logins", "max by (ip) (failures)")]).await;
    assert_is("who it is", &named, Outcome::Fail, "192.0.2.1");
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    let unmeasured = signal(&[("watch_failed_logins", "no_such_counter")]).await;
    assert_is("nothing is measured", &unmeasured, unexpected, "no series");
    let mistaken = signal(&[("watch_failed_logins", "sum(")]).await;
    assert_is("no query", &mistaken, unexpected, "400");
    let missing = signal(&[]).await;
    let unnamed = Outcome::Inconclusive(Reason::NotConfigured);
    assert_is("no query is named", &missing, unnamed, "watch_failed_logins");
    every_sample_of_the_page_is_a_query(&url).await
}

/// The page about the environment shows queries that Prometheus takes as they stand.
async fn every_sample_of_the_page_is_a_query(url: &str) -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/environment.md");
    let page = std::fs::read_to_string(page)?;
    let sample = page.split("```toml\n").nth(1).and_then(|rest| rest.split_once("```"));
    let sample: toml::Table = sample.context("a sample")?.0.parse()?;
    let facts = &sample["environment"]["facts"].as_table().context("facts")?;
    let queries = facts.iter().filter(|(name, _)| name.starts_with("watch_"));
    let mut count = 0;
    for (name, query) in queries {
        let query = query.as_str().context("a text")?;
        let signal = name.trim_start_matches("watch_").replace('_', "-");
        let params = json!({"name": signal, "at_most": 10});
        let finding = look("metrics.signal", url, &[(name, query)], params).await;
        assert!(!finding.observed.contains("status 4"), "{name}: {finding:?}");
        let zero = query.contains("vector(0)");
        assert_eq!(finding.outcome == Outcome::Pass, zero, "{name}: {finding:?}");
        count += 1;
    }
    ensure!(count == 6, "{count} samples: expected one for each signal");
    Ok(())
}
