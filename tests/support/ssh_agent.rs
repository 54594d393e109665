//! OpenSSH's own agent, with keys of its own. Whoever it asks for confirmation says yes.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::{Process, run};

const LIMIT: Duration = Duration::from_secs(30);

/// A running agent. It ends when dropped, and its keys with it.
#[derive(Debug)]
pub struct SshAgent {
    process: Process,
    folder: TempDir,
}

impl SshAgent {
    /// Starts one that holds nothing.
    ///
    /// # Errors
    /// When `ssh-agent` can't be started or doesn't listen in time.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let askpass = folder.path().join("askpass");
        // To a confirmation, ending well means yes; to a passphrase, the line is one.
        let script = "#!/bin/sh\ncase $1 in *Allow*) exit 0 ;; esac\necho 'a lock'\n";
        std::fs::write(&askpass, script)?;
        std::fs::set_permissions(&askpass, std::fs::Permissions::from_mode(0o700))?;
        let socket = folder.path().join("socket");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).env("SSH_ASKPASS", &askpass);
        command.env("SSH_ASKPASS_REQUIRE", "force");
        let mut process =
            Process::spawn("ssh-agent", &mut command, &folder.path().join("agent.log"))?;
        process.wait_ready(LIMIT, || UnixStream::connect(&socket).is_ok())?;
        Ok(Self { process, folder })
    }

    /// What SSH_AUTH_SOCK should name.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Makes an Ed25519 key with that comment, adds it with `options` of `ssh-add`, and
    /// returns its public line.
    ///
    /// # Errors
    /// When `ssh-keygen` or `ssh-add` fails.
    pub fn add(&self, comment: &str, options: &[&str]) -> Result<String> {
        let file = self.folder.path().join(comment.replace(' ', "-"));
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]).arg(&file);
        run(&mut keygen, LIMIT)?.with_code(0)?;
        let name = file.to_str().context("a temporary path is UTF-8")?;
        self.ssh_add(&[options, &[name]].concat())?;
        Ok(std::fs::read_to_string(format!("{name}.pub"))?)
    }

    /// Runs `ssh-add` for this agent.
    ///
    /// # Errors
    /// When it fails.
    pub fn ssh_add(&self, options: &[&str]) -> Result<()> {
        let mut command = Command::new("ssh-add");
        command.args(options).env("SSH_AUTH_SOCK", self.socket());
        command.env("SSH_ASKPASS", self.folder.path().join("askpass"));
        command.env("SSH_ASKPASS_REQUIRE", "force");
        run(&mut command, LIMIT)?.with_code(0)?;
        Ok(())
    }

    /// Ends it now.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}
