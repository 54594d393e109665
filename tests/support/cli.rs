//! The built `countersign` program, run the way a pipeline runs it: no terminal, a home
//! folder of its own, an environment that holds what the test names and nothing else.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{Ran, run};

/// The variables that programs need to find each other and to speak UTF-8.
const KEPT: [&str; 4] = ["PATH", "LANG", "LC_ALL", "TMPDIR"];

/// One person's way to call `countersign`.
#[derive(Debug)]
pub struct Cli {
    program: PathBuf,
    home: TempDir,
    environment: BTreeMap<String, String>,
    limit: Duration,
}

impl Cli {
    /// The program that `COUNTERSIGN_CLI` names, else the one that was built beside this
    /// test, with a new, empty home.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn new() -> Result<Self> {
        let program = program()?;
        ensure!(
            program.is_file(),
            "{} is not there: build it with ./dev test, or name it in COUNTERSIGN_CLI",
            program.display()
        );
        Ok(Self {
            program,
            home: tempfile::tempdir()?,
            environment: BTreeMap::new(),
            limit: Duration::from_secs(120),
        })
    }

    /// Sets an environment variable for every later call, for instance a passphrase.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Ends a call that takes longer (default: two minutes).
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The folder with ledger and keys.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The program itself, for a test that must start it in its own way.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs `countersign ARGUMENTS`, with the home by `COUNTERSIGN_HOME`.
    ///
    /// # Errors
    /// When it can't be started or does not end in time. Its exit code is in the result.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Ran> {
        run(&mut self.command(arguments), self.limit)
    }

    /// Runs it and wants exit code 0.
    ///
    /// # Errors
    /// As [`run`](Self::run), or with another exit code, quoting both outputs.
    pub fn succeed<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Ran> {
        let line: Vec<_> = arguments.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        self.run(arguments)?.with_code(0).with_context(|| format!("countersign {}", line.join(" ")))
    }

    /// Runs it with `--json` at the end and reads its output.
    ///
    /// # Errors
    /// As [`run`](Self::run), or when the output isn't JSON. Any exit code will do.
    pub fn json<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<serde_json::Value> {
        let mut command = self.command(arguments);
        run(command.arg("--json"), self.limit)?.json()
    }

    /// The command that [`run`](Self::run) runs, not yet started.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.home())
            .env("COUNTERSIGN_HOME", self.home())
            .envs(&self.environment);
        command
    }
}

fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("COUNTERSIGN_CLI") {
        return Ok(named.into());
    }
    // Test programs lie in TARGET/PROFILE/deps, the others one folder up.
    let test = std::env::current_exe()?;
    let profile = test.ancestors().nth(2).context("where test programs lie")?;
    Ok(profile.join("countersign"))
}
