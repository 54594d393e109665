//! The claim about commands, with real processes.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::path::Path;
use std::time::{Duration, Instant};

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::{Value, json};
use servers::{context, look, write};

const PROBE: &str = "command.exit-zero";

fn over(folder: &Path) -> Context {
    let source = Some(folder.display().to_string());
    context(Targets { source, ..Targets::default() }, &[], &[])
}

/// A folder with a script that the test wrote; the probe itself uses no shell.
fn script(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("run.sh", text)]);
    folder
}

async fn run(text: &str, more: Value) -> Finding {
    let folder = script(text);
    let mut params = json!({ "run": ["sh", "run.sh"], "timeout_s": 20 });
    params.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    look(&over(folder.path()), PROBE, params).await
}

#[tokio::test]
async fn what_a_command_prints_of_the_tree_s_own_settings_hides_their_secrets() {
    let folder = script("cat sub/.env; echo 'or Uo7iF3gS9yBx5Kc1Wn8V alone'");
    let settings = "PORT=30017\nSMTP_PASSWORD=Uo7iF3gS9yBx5Kc1Wn8V\n";
    write(folder.path(), &[("sub/.env", settings)]);
    let params = json!({ "run": ["sh", "run.sh"], "timeout_s": 20 });
    let finding = look(&over(folder.path()), PROBE, params).await;
    let printed = finding.transcript.join("\n");
    assert_eq!(printed, "PORT=30017\nSMTP_PASSWORD=••••\nor •••• alone", "{finding:#?}");
}

#[tokio::test]
async fn code_and_report_decide() {
    use Outcome::{Fail, Inconclusive, Pass};
    let cases = [
        ("ends well", "exit 0", json!({}), Pass),
        ("ends badly", "exit 3", json!({}), Fail),
        ("killed", "kill -9 $$", json!({}), Fail),
        (
            "compiler errors",
            "echo 'a.ts(1,1): error TS2322: x'; exit 2",
            json!({"parse": "tsc"}),
            Fail,
        ),
        ("compiles", "true", json!({"parse": "tsc"}), Pass),
        (
            "coloured jest",
            "printf '\\033[1mTests:\\033[22m \\033[31m1 failed\\033[39m, 2 passed, 3 total\\n'; exit 1",
            json!({"parse": "jest"}),
            Fail,
        ),
        (
            "jest on standard error",
            "echo 'Tests: 3 passed, 3 total' >&2",
            json!({"parse": "jest"}),
            Pass,
        ),
        ("no test", "echo 'No tests found, exiting with code 0'", json!({"parse": "jest"}), Fail),
        ("13 %", "echo 'Score: 13%'", json!({"parse": "percent"}), Fail),
        ("100 %", "echo 'Score: 100%'", json!({"parse": "percent"}), Pass),
        (
            "a program missing inside",
            "no-such-program-at-all",
            json!({}),
            Inconclusive(Reason::NotConfigured),
        ),
    ];
    for (name, text, more, expected) in cases {
        let finding = run(text, more).await;
        assert_eq!(finding.outcome, expected, "{name}: {finding:#?}");
    }
}

#[tokio::test]
async fn no_shell_reads_the_arguments() {
    let folder = tempfile::tempdir().expect("a folder");
    let params = json!({ "run": ["echo", "$(touch made)", ";", "touch", "made"] });
    let finding = look(&over(folder.path()), PROBE, params).await;
    assert_eq!(finding.outcome, Outcome::Pass);
    assert_eq!(finding.transcript, ["$(touch made) ; touch made"]);
    assert!(!folder.path().join("made").exists());
    assert!(finding.reproduce.expect("a command").contains(r"'$(touch made)' ';' touch made"));
}

#[tokio::test]
async fn only_listed_variables_are_seen_and_nobody_waits_for_input() {
    let finding = run("env | cut -d= -f1 | sort | tr '\\n' ' '; cat", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    let seen = &finding.transcript[0];
    assert!(seen.contains("PATH") && seen.contains("HOME"), "{seen}");
    assert!(!seen.contains("CARGO_MANIFEST_DIR"), "{seen}");
    let finding = run("echo $CARGO_PKG_NAME", json!({ "env": ["CARGO_PKG_NAME"] })).await;
    assert_eq!(finding.transcript, ["countersign-probes"]);
}

#[tokio::test]
async fn a_long_output_is_read_and_one_that_was_not_kept_whole_is_no_pass() {
    let long = |lines: u32| {
        let text = "yes a long line of output | head -n LINES; echo 'Tests: 1 passed, 1 total'";
        text.replace("LINES", &lines.to_string())
    };
    let finding = run(&long(20_000), json!({"parse": "jest"})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert_eq!(finding.transcript.len(), 40);
    let finding = run(&long(500_000), json!({"parse": "jest"})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::Unexpected), "{finding:#?}");
    assert!(finding.observed.contains("not kept"), "{finding:#?}");
}

#[tokio::test]
async fn what_cannot_be_run_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let cx = over(folder.path());
    let doubt = Outcome::Inconclusive(Reason::NotConfigured);
    let finding = look(&cx, PROBE, json!({ "run": ["no-such-program"] })).await;
    assert_eq!(finding.outcome, doubt);
    assert!(
        finding.observed.contains("`no-such-program` was not found: install it"),
        "{finding:#?}"
    );
    let finding = look(&cx, PROBE, json!({ "run": ["true"], "dir": "backend" })).await;
    assert_eq!(finding.outcome, doubt);
    assert!(finding.observed.contains("backend is not a folder"), "{finding:#?}");
    let finding =
        look(&context(Targets::default(), &[], &[]), PROBE, json!({ "run": ["true"] })).await;
    assert_eq!(finding.outcome, doubt);
}

/// Starts a grandchild that survives its parent, and writes its number.
const FAMILY: &str = "(sleep 60 & echo $! > grandchild; wait) & echo started; wait";

fn grandchild(folder: &Path) -> Option<String> {
    let id = std::fs::read_to_string(folder.join("grandchild")).ok()?;
    (!id.trim().is_empty()).then(|| id.trim().to_owned())
}

/// Whether the process still runs; a zombie that nobody collected yet does not.
fn runs(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

async fn gone(id: &str) -> bool {
    for _ in 0..100 {
        if !runs(id) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn at_the_deadline_the_whole_family_ends() {
    let folder = script(FAMILY);
    let start = Instant::now();
    let params = json!({ "run": ["sh", "run.sh"], "timeout_s": 1 });
    let finding = look(&over(folder.path()), PROBE, params).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::TimedOut), "{finding:#?}");
    assert_eq!(finding.transcript, ["started"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(gone(&grandchild(folder.path()).expect("a grandchild")).await);
}

#[tokio::test]
async fn a_command_that_ignores_the_request_to_end_is_killed() {
    let folder = script("trap '' TERM; echo $$ > grandchild; while true; do sleep 0.2; done");
    let params = json!({ "run": ["sh", "run.sh"], "timeout_s": 1 });
    let finding = look(&over(folder.path()), PROBE, params).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::TimedOut), "{finding:#?}");
    assert!(gone(&grandchild(folder.path()).expect("a process")).await);
}

#[tokio::test]
async fn when_the_run_is_cancelled_the_whole_family_ends() {
    let folder = script(FAMILY);
    let cx = over(folder.path());
    let look = look(&cx, PROBE, json!({ "run": ["sh", "run.sh"], "timeout_s": 60 }));
    let started = async {
        while grandchild(folder.path()).is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        finding = look => panic!("ended by itself: {finding:#?}"),
        () = started => {}
    }
    let id = grandchild(folder.path()).expect("a grandchild");
    assert!(gone(&id).await, "process {id} is left behind");
}

#[tokio::test]
async fn a_process_left_behind_does_not_hold_the_verdict_up() {
    let start = Instant::now();
    let finding = run("sleep 60 & echo done", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
