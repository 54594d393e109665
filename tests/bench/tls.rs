//! Our claims about TLS beside two programs that people trust for them, on the same
//! servers in the same run: the verdicts must agree, and the times are compared.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::Utc;
use countersign_domain::environment::{Environment, Targets};
use countersign_domain::finding::Outcome;
use countersign_domain::id::ItemId;
use countersign_domain::template::ProbeUse;
use countersign_probes::context::Context;
use countersign_probes::run::{Limits, Progress, Task};
use countersign_tests::{Nginx, NginxOptions, TestCa, run};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::peers;

/// Repetitions of ours; the median counts. The peers run once: they take long enough.
const ROUNDS: usize = 9;
const PATIENCE: Duration = Duration::from_secs(300);

/// What all three say about one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    /// TLS 1.0 or 1.1 is accepted.
    legacy: bool,
    /// TLS 1.2 or 1.3 is accepted.
    modern: bool,
    /// The certificate leads to the authority, for the right name, today.
    trusted: bool,
    /// A suite without encryption or authentication, or with a broken cipher, is accepted.
    weak: bool,
}

/// Measures both servers and prints the ratios.
pub(crate) fn measure(out: &mut dyn Write) -> Result<()> {
    let ca = TestCa::new()?;
    let hardened = Nginx::start(&NginxOptions::hardened(ca.server()?, "token", "https://x.test"))?;
    let vulnerable = Nginx::start(&NginxOptions {
        ciphers: "ALL:eNULL:@SECLEVEL=0".to_owned(),
        ..NginxOptions::vulnerable(ca.expired()?)
    })?;
    for (name, nginx) in [("hardened", &hardened), ("vulnerable", &vulnerable)] {
        let (ours, mine) = ours(nginx, &ca)?;
        let (sslyze, theirs) = sslyze(nginx.tls_port(), &ca.path())?;
        let (testssl, others) = testssl(nginx.tls_port(), &ca.path())?;
        ensure!(mine == theirs, "{name}: we say {mine:?}, sslyze {theirs:?}");
        ensure!(mine == others, "{name}: we say {mine:?}, testssl.sh {others:?}");
        writeln!(
            out,
            "TLS claims on a {name} server: {} ms; sslyze: {} ms, ratio {:.0}; testssl.sh: {} ms, \
             ratio {:.0}; same verdicts",
            ours.as_millis(),
            sslyze.as_millis(),
            sslyze.as_secs_f64() / ours.as_secs_f64(),
            testssl.as_millis(),
            testssl.as_secs_f64() / ours.as_secs_f64(),
        )?;
    }
    Ok(())
}

const CLAIMS: [&str; 4] = [
    "tls.legacy-refused",
    "tls.modern-accepted",
    "tls.certificate-trusted",
    "tls.weak-suites-refused",
];

fn ours(nginx: &Nginx, ca: &TestCa) -> Result<(Duration, Verdict)> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut times = Vec::new();
    let mut found = BTreeMap::new();
    for _ in 0..ROUNDS {
        let clock = Instant::now();
        found = runtime.block_on(look(nginx, ca))?;
        times.push(clock.elapsed());
    }
    times.sort();
    let holds = |claim: &str| -> Result<bool> {
        match found.get(claim).with_context(|| claim.to_owned())? {
            Outcome::Pass => Ok(true),
            Outcome::Fail => Ok(false),
            other => anyhow::bail!("{claim}: {other:?}"),
        }
    };
    let verdict = Verdict {
        legacy: !holds(CLAIMS[0])?,
        modern: holds(CLAIMS[1])?,
        trusted: holds(CLAIMS[2])?,
        weak: !holds(CLAIMS[3])?,
    };
    Ok((times[ROUNDS / 2], verdict))
}

async fn look(nginx: &Nginx, ca: &TestCa) -> Result<BTreeMap<String, Outcome>> {
    let environment = Environment {
        name: "bench".to_owned(),
        production: false,
        demo: false,
        targets: Targets {
            api: Some(nginx.https()),
            ca_file: Some(ca.path().display().to_string()),
            ..Targets::default()
        },
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
    };
    let cx = Context::new(environment, BTreeMap::new(), Arc::new(Utc::now), "/".into());
    let task = |claim: &str| -> Result<Task> {
        let probe = ProbeUse { name: claim.to_owned(), params: serde_json::Map::new() };
        Ok(Task { item: ItemId::parse(&claim.replace('.', "-"))?, slot: 0, probe })
    };
    let tasks = CLAIMS.into_iter().map(task).collect::<Result<_>>()?;
    let (on, mut told) = tokio::sync::mpsc::unbounded_channel();
    let cx = Arc::new(cx);
    countersign_probes::run::run(cx, tasks, Limits::default(), CancellationToken::new(), on).await;
    let mut found = BTreeMap::new();
    while let Some(progress) = told.recv().await {
        if let Progress::Finished { finding, .. } = progress {
            found.insert(finding.probe.clone(), finding.outcome);
        }
    }
    Ok(found)
}

fn sslyze(port: u16, ca: &Path) -> Result<(Duration, Verdict)> {
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("sslyze.json");
    let mut command = Command::new(peers::python("sslyze", &[peers::SSLYZE])?.join("sslyze"));
    command
        .arg(format!("--certinfo_ca_file={}", ca.display()))
        .arg(format!("--json_out={}", report.display()))
        .args(["--certinfo", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"])
        .arg(format!("localhost:{port}"));
    let clock = Instant::now();
    run(&mut command, PATIENCE)?;
    let took = clock.elapsed();
    let report: Value = serde_json::from_slice(&std::fs::read(report).context("sslyze")?)?;
    let found = &report["server_scan_results"][0]["scan_result"];
    let suites = |version: &str| -> Result<Vec<&str>> {
        let accepted = &found[version]["result"]["accepted_cipher_suites"];
        let accepted = accepted.as_array().with_context(|| format!("sslyze: {version}"))?;
        Ok(accepted.iter().filter_map(|one| one["cipher_suite"]["name"].as_str()).collect())
    };
    let old = [suites("tls_1_0_cipher_suites")?, suites("tls_1_1_cipher_suites")?].concat();
    let new = [suites("tls_1_2_cipher_suites")?, suites("tls_1_3_cipher_suites")?].concat();
    let certificates = &found["certificate_info"]["result"]["certificate_deployments"][0];
    let paths = certificates["path_validation_results"].as_array().context("sslyze: paths")?;
    let own = paths
        .iter()
        .find(|path| path["trust_store"]["name"] == "Supplied CA file")
        .context("sslyze: the authority's own verdict")?;
    let broken = ["NULL", "EXPORT", "RC4", "DES", "anon"];
    let verdict = Verdict {
        legacy: !old.is_empty(),
        modern: !new.is_empty(),
        trusted: own["was_validation_successful"] == true,
        weak: [old, new].concat().iter().any(|name| broken.iter().any(|word| name.contains(word))),
    };
    Ok((took, verdict))
}

fn testssl(port: u16, ca: &Path) -> Result<(Duration, Verdict)> {
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("testssl.json");
    let mut command = Command::new(peers::system(peers::TESTSSL)?);
    command
        .args(["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "-p", "-s", "-S"])
        .args(["--add-ca".as_ref(), ca.as_os_str(), "--jsonfile".as_ref(), report.as_os_str()])
        .arg(format!("https://localhost:{port}"));
    let clock = Instant::now();
    // Its exit code counts findings.
    run(&mut command, PATIENCE)?;
    let took = clock.elapsed();
    let report: Vec<Value> = serde_json::from_slice(&std::fs::read(report).context("testssl.sh")?)?;
    let finding = |id: &str| -> Result<&str> {
        let found =
            report.iter().find(|one| one["id"] == id).and_then(|one| one["finding"].as_str());
        found.with_context(|| format!("testssl.sh: {id}"))
    };
    let offered = |id: &str| finding(id).map(|text| !text.contains("not offered"));
    let mut weak = false;
    for class in ["NULL", "aNULL", "EXPORT", "LOW", "3DES_IDEA"] {
        weak |= offered(&format!("cipherlist_{class}"))?;
    }
    let verdict = Verdict {
        legacy: offered("TLS1")? || offered("TLS1_1")?,
        modern: offered("TLS1_2")? || offered("TLS1_3")?,
        trusted: finding("cert_chain_of_trust")?.starts_with("passed")
            && finding("cert_trust")?.starts_with("Ok")
            && !finding("cert_expirationStatus")?.contains("expired"),
        weak,
    };
    Ok((took, verdict))
}
