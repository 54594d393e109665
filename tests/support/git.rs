//! A temporary repository driven by the real git, deaf to the configuration of whoever
//! runs the tests.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::{Ran, run};

const LIMIT: Duration = Duration::from_secs(30);

/// A git work tree, removed when dropped.
#[derive(Debug)]
pub struct GitTree {
    dir: TempDir,
}

impl GitTree {
    /// An empty repository on branch `main`.
    ///
    /// # Errors
    /// When git is missing or refuses.
    pub fn new() -> Result<Self> {
        let tree = Self { dir: tempfile::tempdir()? };
        tree.git(&["init", "--quiet", "--initial-branch=main"])?;
        Ok(tree)
    }

    /// The root of the work tree.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, with the folders above it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, path: &str, contents: &str) -> Result<&Self> {
        let file = self.path().join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, contents).with_context(|| format!("writing {path}"))?;
        Ok(self)
    }

    /// Commits everything that is not ignored; returns the commit's id in hex.
    ///
    /// # Errors
    /// When git refuses, for instance because nothing changed.
    pub fn commit(&self, message: &str) -> Result<String> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        Ok(self.git(&["rev-parse", "HEAD"])?.stdout.trim().to_owned())
    }

    /// Runs git in this tree.
    ///
    /// # Errors
    /// When it does not end with 0, quoting what it said.
    pub fn git(&self, arguments: &[&str]) -> Result<Ran> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Test Author")
                .env(format!("GIT_{role}_EMAIL"), "author@example.invalid");
        }
        run(&mut command, LIMIT)?
            .with_code(0)
            .with_context(|| format!("git {}", arguments.join(" ")))
    }
}
