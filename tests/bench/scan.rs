//! The scan for secrets beside ripgrep with one pattern, over the same bytes, and beside
//! detect-secrets. Ours looks for every value in every form, and for a dozen shapes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use countersign_domain::environment::{Environment, SecretRef, Targets};
use countersign_domain::finding::Finding;
use countersign_probes::context::Context;
use countersign_probes::registry;
use zeroize::Zeroizing;

use crate::{corpus, peers};

/// Repetitions; the median is printed.
const ROUNDS: usize = 5;
/// Changes when the made-up tree does.
const CORPUS: &str = "1";
/// The part of the tree that detect-secrets reads: all of it would take half an hour.
const PART: &str = "apps/app0/src/part0";

/// Measures, and prints a line for each comparison.
pub(crate) fn measure(out: &mut dyn Write) -> Result<()> {
    let ripgrep = peers::system(peers::RIPGREP)?;
    let root = peers::made("tree", CORPUS, corpus::make)?;
    let bytes = size(&root)?;
    ensure!(bytes >= 200_000_000, "the tree has only {bytes} bytes");

    let tree = median(|| ours(&root, "secrets.not-in-source", 2))?;
    let tree_peer = median(|| ripgrep_over(&ripgrep, &root))?;
    let name = format!("secret scan of a tree of {} MB", bytes / 1_000_000);
    line(out, &name, tree, "ripgrep with one pattern", tree_peer)?;

    let history = median(|| ours(&root, "secrets.not-in-history", 3))?;
    let history_peer = median(|| ripgrep_over_history(&ripgrep, &root))?;
    let name = format!("secret scan of its {} commits", corpus::COMMITS + 1);
    line(out, &name, history, "git cat-file into ripgrep", history_peer)?;

    let (both, both_peer) = (tree + history, tree_peer + history_peer);
    line(out, "secret scan of tree and history", both, "ripgrep over both", both_peer)?;

    let part = root.join(PART);
    let ours_part = median(|| ours(&part, "secrets.not-in-source", 0))?;
    let programs = peers::python("scanners", &[peers::DETECT_SECRETS])?;
    let theirs = detect_secrets(&programs, &part)?;
    writeln!(
        out,
        "secret scan of {} kB of it: {} ms; detect-secrets: {} ms; {:.0} times faster",
        size(&part)? / 1_000,
        ours_part.as_millis(),
        theirs.as_millis(),
        theirs.as_secs_f64() / ours_part.as_secs_f64()
    )?;
    Ok(())
}

fn line(
    out: &mut dyn Write,
    ours: &str,
    took: Duration,
    theirs: &str,
    took_too: Duration,
) -> Result<()> {
    writeln!(
        out,
        "{ours}: {} ms; {theirs}: {} ms; ratio {:.2}",
        took.as_millis(),
        took_too.as_millis(),
        took.as_secs_f64() / took_too.as_secs_f64()
    )?;
    Ok(())
}

fn median(mut once: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut all: Vec<Duration> = (0..ROUNDS).map(|_| once()).collect::<Result<_>>()?;
    all.sort();
    Ok(all[ROUNDS / 2])
}

/// One look by the probe, as a run makes it; it must find what was planted.
fn ours(root: &Path, probe: &str, planted: usize) -> Result<Duration> {
    let environment = Environment {
        name: "bench".into(),
        production: false,
        demo: false,
        targets: Targets { source: Some(root.display().to_string()), ..Targets::default() },
        secrets: BTreeMap::from([("KEY".to_owned(), SecretRef::Env("KEY".to_owned()))]),
        facts: BTreeMap::new(),
    };
    let value = Zeroizing::new(corpus::PLANTED.to_owned());
    let secrets = BTreeMap::from([("KEY".to_owned(), value)]);
    let clock = Arc::new(|| std::time::SystemTime::now().into());
    let cx = Context::new(environment, secrets, clock, PathBuf::new());
    let probe = registry::find(probe).context("a probe of that name")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let clock = Instant::now();
    let finding: Finding = runtime.block_on(probe.run(&cx, &serde_json::Map::new()));
    let took = clock.elapsed();
    let found = finding.transcript.len();
    ensure!(found == planted, "{planted} were planted, {found} found: {finding:#?}");
    Ok(took)
}

fn ripgrep_over(ripgrep: &Path, root: &Path) -> Result<Duration> {
    let mut command = Command::new(ripgrep);
    command.args(["--no-config", "--hidden", "--glob", "!.git", "-c", corpus::PLANTED]).arg(root);
    timed(&mut command, 1)
}

/// Every object that git unpacks goes through one pipe into one search.
fn ripgrep_over_history(ripgrep: &Path, root: &Path) -> Result<Duration> {
    let clock = Instant::now();
    let mut git = Command::new("git")
        .args(["cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer"])
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .context("git")?;
    let objects = git.stdout.take().context("what git unpacks")?;
    let mut command = Command::new(ripgrep);
    command.args(["--no-config", "-a", "-c", corpus::PLANTED]).stdin(objects);
    timed(&mut command, 1)?;
    ensure!(git.wait()?.success(), "git cat-file failed");
    Ok(clock.elapsed())
}

fn detect_secrets(programs: &Path, root: &Path) -> Result<Duration> {
    let mut command = Command::new(programs.join("detect-secrets"));
    command.args(["scan", "--all-files", "."]).current_dir(root);
    timed(&mut command, 1)
}

/// Runs a peer to its end; it must print at least so many lines.
fn timed(command: &mut Command, lines: usize) -> Result<Duration> {
    let program = command.get_program().to_string_lossy().into_owned();
    let clock = Instant::now();
    let output = command.output().with_context(|| program.clone())?;
    let took = clock.elapsed();
    let said = String::from_utf8_lossy(&output.stdout).lines().count();
    ensure!(output.status.success() && said >= lines, "{program}: {output:?}");
    Ok(took)
}

/// Bytes of all files below `root`, without what git keeps.
fn size(root: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true if entry.file_name() == ".git" => {}
            true => sum += size(&entry.path())?,
            false => sum += entry.metadata()?.len(),
        }
    }
    Ok(sum)
}
