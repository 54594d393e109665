//! Processes with a bounded life. Each has a process group of its own, so that stopping
//! it takes its children too and never anything else; output goes to files, because a
//! full pipe would block a server and a grandchild would keep a pipe open.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

const POLL: Duration = Duration::from_millis(20);
/// How long a server may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// How much of a server's log an error quotes, in bytes.
const QUOTED_LOG: usize = 4096;

/// A server's process, stopped when dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    stopped: bool,
}

impl Process {
    /// Starts `command` in a process group of its own, with its output in `log`.
    ///
    /// # Errors
    /// When the log can't be written or the program can't be started.
    pub fn spawn(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let out = File::create(log).with_context(|| format!("log of {name}"))?;
        let child = command
            .stdin(Stdio::null())
            .stderr(out.try_clone()?)
            .stdout(out)
            .process_group(0)
            .spawn()
            .with_context(|| not_started(command))?;
        Ok(Self { name, child, log: log.to_owned(), stopped: false })
    }

    /// The process id, which is the id of its group too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed up to now.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|b| String::from_utf8_lossy(&b).into_owned())
            .unwrap_or_default()
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    /// When the process ends first or `limit` passes; both quote the end of its log.
    pub fn wait_ready(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before it was ready:\n{}", self.name, self.log_end());
            }
            if started.elapsed() > limit {
                bail!("{} was not ready within {limit:?}:\n{}", self.name, self.log_end());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let from = log.len().saturating_sub(QUOTED_LOG);
        log.get(from..).unwrap_or(&log).to_owned()
    }
}

impl Process {
    /// Ends it, and all that it has started, now. What it left on disk stays.
    pub fn stop(&mut self) {
        signal_group(&self.child, Signal::TERM);
        let ended = wait_until(GRACE, || matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)));
        // Also when the leader has ended: a child of it may be left in the group.
        signal_group(&self.child, Signal::KILL);
        if !ended {
            let _ = self.child.wait();
        }
        self.stopped = true;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its number may be somebody else's by now.
        if !self.stopped {
            self.stop();
        }
    }
}

/// What a finished program left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, with invalid UTF-8 replaced.
    pub stdout: String,
    /// Standard error, with invalid UTF-8 replaced.
    pub stderr: String,
}

impl Ran {
    /// This result if the exit code is `code`.
    ///
    /// # Errors
    /// Otherwise, quoting both outputs.
    pub fn with_code(self, code: i32) -> Result<Self> {
        if self.code == Some(code) {
            return Ok(self);
        }
        bail!("exit code {:?} instead of {code}\n{}\n{}", self.code, self.stdout, self.stderr)
    }

    /// Standard output as JSON.
    ///
    /// # Errors
    /// When it isn't JSON, quoting both outputs.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("not JSON on stdout:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// Runs a program to its end, with nothing on its standard input.
///
/// # Errors
/// When it can't be started or runs longer than `limit`; then its group is killed.
pub fn run(command: &mut Command, limit: Duration) -> Result<Ran> {
    let mut stdout = tempfile::tempfile()?;
    let mut stderr = tempfile::tempfile()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0)
        .spawn()
        .with_context(|| not_started(command))?;
    let status = wait_child(&mut child, limit);
    // Background children of a program that has ended are of no use to a test.
    signal_group(&child, Signal::KILL);
    let (stdout, stderr) = (text(&mut stdout)?, text(&mut stderr)?);
    let Some(status) = status? else {
        child.wait()?;
        let program = command.get_program().to_string_lossy();
        bail!("{program} ran longer than {limit:?}\n{stdout}\n{stderr}");
    };
    Ok(Ran { code: status.code(), stdout, stderr })
}

/// Polls `check` until it says yes (true) or `limit` has passed (false).
pub fn wait_until(limit: Duration, mut check: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if check() {
            return true;
        }
        if started.elapsed() > limit {
            return false;
        }
        std::thread::sleep(POLL);
    }
}

fn wait_child(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

fn text(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn signal_group(child: &Child, signal: Signal) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    // An error says that the group is gone, which is what was wanted.
    let _ = kill_process_group(group, signal);
}

fn not_started(command: &Command) -> String {
    format!(
        "{} could not be started (./dev setup installs it)",
        command.get_program().to_string_lossy()
    )
}
