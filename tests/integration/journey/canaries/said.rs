//! The command line under strace: what it prints, and every program that is started with
//! its arguments and its environment, kept in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{Cli, Ran, run};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::team::Team;

const LIMIT: Duration = Duration::from_secs(300);

/// One person's calls, and what came of them.
pub(super) struct Said<'a> {
    cli: &'a Cli,
    folder: TempDir,
    trace: TempDir,
    calls: usize,
}

impl<'a> Said<'a> {
    pub(super) fn new(team: &'a Team) -> Result<Self> {
        Ok(Self {
            cli: &team.cli,
            folder: tempfile::tempdir()?,
            trace: tempfile::tempdir()?,
            calls: 0,
        })
    }

    /// Where everything is kept.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Keeps what somebody else said.
    pub(super) fn keep(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.folder.path().join(name), text).with_context(|| name.to_owned())
    }

    /// Runs it and wants exit code 0.
    pub(super) fn good(&mut self, arguments: &[&str]) -> Result<Ran> {
        self.any(arguments)?.with_code(0).with_context(|| arguments.join(" "))
    }

    /// Runs it, with whatever exit code.
    pub(super) fn any(&mut self, arguments: &[&str]) -> Result<Ran> {
        self.calls += 1;
        let trace = self.trace.path().join(self.calls.to_string());
        let mut traced = Command::new("strace");
        traced.args(["-f", "--seccomp-bpf", "-v", "-e", "trace=execve", "-s", "200000", "-o"]);
        let call = self.cli.command(arguments);
        traced.arg(&trace).arg(call.get_program()).args(call.get_args()).env_clear();
        traced.envs(call.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = run(&mut traced, LIMIT)?;
        self.keep(&format!("{} stdout", self.calls), &ran.stdout)?;
        self.keep(&format!("{} stderr", self.calls), &ran.stderr)?;
        let started = started(&std::fs::read_to_string(trace)?, self.cli.program());
        self.keep(&format!("{} argv", self.calls), &started)?;
        Ok(ran)
    }

    /// The ledger, opened for reading.
    pub(super) fn ledger(&self) -> Result<Connection> {
        let path = self.cli.home().join("ledger.sqlite");
        let ledger = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let events: u32 = ledger.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
        ensure!(events > 0, "the ledger has events");
        Ok(ledger)
    }

    /// Holds that there is something of each kind to look at.
    pub(super) fn holds_all_kinds(&self, home: &Path) -> Result<()> {
        let ahead = home.join("ledger.sqlite-wal");
        ensure!(std::fs::metadata(&ahead)?.len() > 0, "the ledger is written ahead");
        let mut children = 0;
        for call in 1..=self.calls {
            let argv = std::fs::read_to_string(self.folder.path().join(format!("{call} argv")))?;
            ensure!(argv.contains("execve("), "call {call} was traced");
            children += argv.lines().filter(|line| line.contains("/node\"")).count();
        }
        ensure!(children > 0, "the children of the check were traced");
        for name in ["junit.xml", "run.sarif", "log of nginx"] {
            ensure!(std::fs::metadata(self.folder.path().join(name))?.len() > 0, "{name}");
        }
        Ok(())
    }
}

/// The lines of strace about programs; of the program itself without its environment,
/// which holds the secrets because this test puts them there.
fn started(trace: &str, program: &Path) -> String {
    let own = format!("execve(\"{}\", [", program.display());
    let mut lines = String::new();
    for line in trace.lines().filter(|line| line.contains("execve(")) {
        let is_own = line.contains(&own);
        let shown =
            if is_own { line.split_once("], [").map_or(line, |(argv, _)| argv) } else { line };
        lines.push_str(shown);
        lines.push('\n');
    }
    lines
}

#[test]
fn arguments_are_kept_and_so_is_the_environment_of_a_child() {
    let trace = "1 execve(\"/bin/cs\", [\"/bin/cs\", \"check\"], [\"TOKEN=a\"]) = 0\n\
                 1 --- SIGCHLD ---\n\
                 2 execve(\"/bin/sh\", [\"sh\", \"-c\", \"x\"], [\"TOKEN=b\"]) = 0\n";
    let kept = started(trace, Path::new("/bin/cs"));
    assert!(kept.contains("\"check\"") && !kept.contains("TOKEN=a"), "{kept}");
    assert!(kept.contains("\"-c\"") && kept.contains("TOKEN=b"), "{kept}");
}
