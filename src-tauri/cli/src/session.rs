//! One run of the program: the home, and the project, release and key that the options
//! name. Each is looked up when a command first needs it, so a command that needs no home
//! leaves no folder behind.

use std::cell::OnceCell;
use std::future::Future;

use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_workflow::view::{HeldCode, KeyView};
use countersign_workflow::{Home, UnlockedKey, World, default_home};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::fault::Fault;
use crate::passphrase;

/// What the options of this run name.
pub(crate) struct Session {
    global: Global,
    home: OnceCell<Home>,
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        Self { global, home: OnceCell::new() }
    }

    /// The home, opened.
    pub(crate) fn home(&self) -> Result<&Home, Fault> {
        if let Some(home) = self.home.get() {
            return Ok(home);
        }
        let folder = match &self.global.home {
            Some(folder) => folder.clone(),
            None => default_home()?,
        };
        let opened = Home::open(&folder, World::real())?;
        Ok(self.home.get_or_init(|| opened))
    }

    /// The home as an option for a next command, when the environment does not name it.
    pub(crate) fn home_option(&self) -> String {
        match &self.global.home {
            Some(folder) if std::env::var_os("COUNTERSIGN_HOME").is_none() => {
                format!(" --home '{}'", folder.display().to_string().replace('\'', "'\\''"))
            }
            _ => String::new(),
        }
    }

    /// Whether `--project` names one.
    pub(crate) fn names_project(&self) -> bool {
        self.global.project.is_some()
    }

    /// The project that `--project` names, else the only one.
    pub(crate) fn project(&self) -> Result<ProjectId, Fault> {
        let home = self.home()?;
        Ok(match &self.global.project {
            Some(wanted) => home.find_project(wanted)?,
            None => home.only_project()?,
        })
    }

    /// The release that `--release` names, else the newest, with its project.
    pub(crate) fn release(&self) -> Result<(ProjectId, ReleaseId), Fault> {
        let project = self.project()?;
        let release = self.home()?.find_release(&project, self.global.release.as_deref())?;
        Ok((project, release))
    }

    /// The key that `--key` names, else the only one on this machine.
    pub(crate) fn key(&self) -> Result<KeyView, Fault> {
        let home = self.home()?;
        let keys = home.key_list()?;
        let Some(wanted) = &self.global.key else {
            let mut keys = keys.into_iter();
            return match (keys.next(), keys.next()) {
                (Some(only), None) => Ok(only),
                (Some(_), Some(_)) => Err(Fault::input(
                    "there are several keys on this machine",
                    "Say whose with --key NAME, E-MAIL or FINGERPRINT",
                )),
                (None, _) => Err(Fault::input(
                    "there is no key on this machine",
                    "Make one with `countersign key create --owner NAME --email E-MAIL`",
                )),
            };
        };
        let named = |key: &&KeyView| {
            key.name == *wanted
                || key.fingerprint == *wanted
                || key.email.eq_ignore_ascii_case(wanted)
                || key.owner == *wanted
        };
        let mut found = keys.iter().filter(named);
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key.clone()),
            (Some(_), Some(_)) => Err(Fault::input(
                format!("several keys answer to {wanted:?}"),
                "Say which by its name or fingerprint: `countersign key list` shows them",
            )),
            (None, _) => Err(Fault::input(
                format!("there is no key {wanted:?} on this machine"),
                "`countersign key list` shows the keys of this machine",
            )),
        }
    }

    /// The key, opened with the passphrase of its owner.
    pub(crate) fn unlock(&self) -> Result<UnlockedKey, Fault> {
        let key = self.key()?;
        self.unlock_for(&key, "to sign with it")
    }

    /// Opens `key`; the prompt says what for. A key in ssh-agent takes no passphrase.
    pub(crate) fn unlock_for(&self, key: &KeyView, why: &str) -> Result<UnlockedKey, Fault> {
        let whose = if key.owner.is_empty() { &key.name } else { &key.owner };
        if key.held == HeldCode::Agent {
            let unlocked = self.home()?.unlock(&key.fingerprint, &Zeroizing::default())?;
            if unlocked.needs_touch() {
                let whose = crate::text::visible(whose);
                eprintln!("Touch the security key of {whose} when it blinks, {why}.");
            }
            return Ok(unlocked);
        }
        let prompt = format!("Passphrase of {}, {why}: ", crate::text::visible(whose));
        let passphrase = passphrase::get(self.global.passphrase_fd, &prompt, false)?;
        Ok(self.home()?.unlock(&key.fingerprint, &passphrase)?)
    }

    /// A passphrase that is being set.
    pub(crate) fn new_passphrase(&self) -> Result<Zeroizing<String>, Fault> {
        let prompt = "New passphrase for this key (8 characters or more): ";
        passphrase::get(self.global.passphrase_fd, prompt, true)
    }

    /// Runs the asynchronous part of a command.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Fault> {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| Fault::ours(format!("no threads to work with: {error}")))?;
        let done = runtime.block_on(work);
        // What a probe still holds open must not keep the person waiting.
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        Ok(done)
    }
}
