//! Reports that a real process writes to a file, and what is heard of it while it runs.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_domain::id::ItemId;
use countersign_domain::template::ProbeUse;
use countersign_probes::context::Context;
use countersign_probes::run::{Limits, Progress, Task, run};
use serde_json::{Value, json};
use servers::{context, look, write};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

const PROBE: &str = "command.exit-zero";
const JUNIT: &str = r#"<testsuites tests="2"><testsuite name="a" tests="2"><testcase name="x"/><testcase name="y"/></testsuite></testsuites>"#;

fn over(folder: &Path, secrets: &[(&str, &str)]) -> Context {
    let source = Some(folder.display().to_string());
    context(Targets { source, ..Targets::default() }, secrets, &[])
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    folder
}

async fn judged(folder: &Path, parse: &str, report: &str) -> Finding {
    let params = json!({ "run": ["sh", "run.sh"], "parse": parse, "report": report });
    look(&over(folder, &[]), PROBE, params).await
}

#[tokio::test]
async fn a_report_counts_when_this_run_wrote_it() {
    use Outcome::{Fail, Inconclusive, Pass};
    let doubt = Inconclusive(Reason::Unexpected);
    let failing =
        JUNIT.replace("<testcase name=\"y\"/>", "<testcase name=\"y\"><failure/></testcase>");
    let cases = [
        ("written now", "cp new.xml out.xml", JUNIT, Pass),
        ("written now, with a failure", "cp new.xml out.xml; exit 1", &failing, Fail),
        ("a failure, though the command ends well", "cp new.xml out.xml", &failing, Fail),
        ("half written", "head -c 60 new.xml > out.xml", JUNIT, doubt),
        ("no report, and exit 0", "echo done", JUNIT, doubt),
        ("an older report copied with its time", "cp -p old.xml out.xml", JUNIT, doubt),
        ("a report that is a pipe", "mkfifo out.xml", JUNIT, doubt),
        ("a report that never ends", "ln -s /dev/zero out.xml", JUNIT, doubt),
    ];
    for (name, script, new, expected) in cases {
        let folder = folder(&[("run.sh", script), ("new.xml", new), ("old.xml", JUNIT)]);
        let old = std::time::SystemTime::now() - Duration::from_secs(86_400);
        let file = std::fs::File::options().write(true).open(folder.path().join("old.xml"));
        file.expect("the file").set_modified(old).expect("another time");
        let finding = judged(folder.path(), "junit", "out.xml").await;
        assert_eq!(finding.outcome, expected, "{name}: {finding:#?}");
    }
}

#[tokio::test]
async fn the_report_of_the_last_run_is_no_pass() {
    let folder = folder(&[("run.sh", "echo did nothing"), ("out.xml", JUNIT)]);
    let finding = judged(folder.path(), "junit", "out.xml").await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::Unexpected), "{finding:#?}");
    assert!(finding.summary.contains("older report"), "{finding:#?}");
    assert!(folder.path().join("out.xml").exists(), "the user's file stays");
}

#[tokio::test]
async fn reports_on_standard_output_are_read_apart_from_the_noise_beside_them() {
    use Outcome::{Fail, Inconclusive, Pass};
    let jest = r#"{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"numPendingTests":0,"success":true,"testResults":[{"status":"passed","assertionResults":[{"status":"passed"}]}]}"#;
    let sarif = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[]}]}"#;
    let cases = [
        ("jest", jest, "", Pass),
        ("vitest", jest, "", Pass),
        ("jest", &jest[..60], "", Inconclusive(Reason::Unexpected)),
        ("tap", "1..1\nok 1 - a\n", "", Pass),
        ("tap", "1..2\nok 1 - a\nnot ok 2 - b\n", "exit 1", Fail),
        ("junit", JUNIT, "", Pass),
        ("junit", JUNIT, "exit 1", Fail),
        ("sarif", sarif, "", Pass),
        ("sarif", sarif, "exit 1", Fail),
    ];
    for (parse, report, then, expected) in cases {
        let script = format!(
            "echo noise >&2; printf '\\n> app@1.0.0 test\\n'; cat report; echo noise >&2; {then}"
        );
        let folder = folder(&[("run.sh", &script), ("report", report)]);
        let params = json!({ "run": ["sh", "run.sh"], "parse": parse });
        let finding = look(&over(folder.path(), &[]), PROBE, params).await;
        assert_eq!(finding.outcome, expected, "{parse} {then}: {finding:#?}");
    }
}

fn task(params: &Value) -> Task {
    let params = params.as_object().expect("parameters").clone();
    let probe = ProbeUse { name: PROBE.to_owned(), params };
    Task { item: ItemId::parse("tests.unit").expect("an id"), slot: 0, probe }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_lines_are_heard_while_it_runs_without_secrets_and_not_too_often() {
    let script = "echo 'token s3cret-of-this-run'; sleep 0.3; yes many | head -n 5000; sleep 0.3; echo the end";
    let folder = folder(&[("run.sh", script)]);
    let cx = Arc::new(over(folder.path(), &[("TOKEN", "s3cret-of-this-run")]));
    let (on, mut news) = unbounded_channel();
    let limits = Limits { allow_active: true, ..Limits::default() };
    let start = Instant::now();
    let tasks = vec![task(&json!({ "run": ["sh", "run.sh"] }))];
    run(cx, tasks, limits, CancellationToken::new(), on).await;
    let took = start.elapsed();
    let (mut said, mut finished) = (Vec::new(), 0);
    while let Some(progress) = news.recv().await {
        match progress {
            Progress::Said { item, slot, line } => {
                assert_eq!((item.as_str(), slot, finished), ("tests.unit", 0, 0));
                said.push(line);
            }
            Progress::Finished { .. } => finished += 1,
            Progress::Started { .. } => {}
        }
    }
    assert_eq!(said[0], "token ••••");
    assert!(said.iter().any(|line| line == "many"), "{said:?}");
    let most = took.as_millis() / 100 + 2;
    assert!((said.len() as u128) <= most, "{} lines in {took:?}", said.len());
}

/// Whether the process still runs; a zombie that nobody collected yet does not.
fn runs(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z"))
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_run_ends_all_that_a_command_started() {
    let script = "(sleep 60 & echo $! > grandchild; echo started; wait) & wait";
    let folder = folder(&[("run.sh", script)]);
    let (on, mut news) = unbounded_channel();
    let cancel = CancellationToken::new();
    let limits = Limits { allow_active: true, ..Limits::default() };
    let tasks = vec![task(&json!({ "run": ["sh", "run.sh"], "timeout_s": 60 }))];
    let cx = Arc::new(over(folder.path(), &[]));
    let running = tokio::spawn(run(cx, tasks, limits, cancel.clone(), on));
    let mut id = String::new();
    let mut outcome = None;
    while let Some(progress) = news.recv().await {
        match progress {
            Progress::Said { .. } => {
                let text = std::fs::read_to_string(folder.path().join("grandchild"));
                id = text.expect("its number").trim().to_owned();
                assert!(runs(&id));
                cancel.cancel();
            }
            Progress::Finished { finding, .. } => outcome = Some(finding.outcome),
            Progress::Started { .. } => {}
        }
    }
    running.await.expect("the run ends");
    assert_eq!(outcome, Some(Outcome::Inconclusive(Reason::Cancelled)));
    let mut left = 100;
    while runs(&id) && left > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        left -= 1;
    }
    assert!(!runs(&id), "process {id} is left behind");
}
