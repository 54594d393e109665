//! The demo's folder inside the home. Whatever the demo must remember lies here as a file,
//! so that every process that uses this home, and the next one, see the same.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Failure, file};

/// How often and how long somebody else's start of the target is waited for.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What state the demo is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// The planted faults are there.
    Faulty,
    /// They are repaired.
    Repaired,
}

/// The demo's folder.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder of that home, made when it is missing.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub(super) fn of(home: &Path) -> Result<Self, Failure> {
        // Absolute, because environments and references that name it outlive this process.
        let home = std::path::absolute(home).map_err(|error| file(home, error))?;
        let root = home.join("demo");
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&root).map_err(|error| file(&root, error))?;
        Ok(Self { root })
    }

    /// The sample source tree.
    pub(super) fn source(&self) -> PathBuf {
        self.root.join("source")
    }

    /// The sample tree's secrets.
    pub(super) fn env_file(&self) -> PathBuf {
        self.source().join(".env")
    }

    /// The demo's own certificate authority.
    pub(super) fn ca_file(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    fn condition_file(&self) -> PathBuf {
        self.root.join("condition")
    }

    /// The state that the demo is in; faulty until somebody repairs it.
    pub(super) fn condition(&self) -> Condition {
        match std::fs::read_to_string(self.condition_file()) {
            Ok(text) if text.trim() == "repaired" => Condition::Repaired,
            _ => Condition::Faulty,
        }
    }

    /// Remembers the state. Running targets of this home follow at once.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub(super) fn set_condition(&self, condition: Condition) -> Result<(), Failure> {
        let text = match condition {
            Condition::Faulty => "faulty\n",
            Condition::Repaired => "repaired\n",
        };
        put(&self.condition_file(), text)
    }

    /// A value of the sample tree's `.env`.
    pub(super) fn value(&self, name: &str) -> Option<Zeroizing<String>> {
        let text = Zeroizing::new(std::fs::read_to_string(self.env_file()).ok()?);
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        Some(Zeroizing::new(value.trim().to_owned())).filter(|value| !value.is_empty())
    }

    /// Waits until no other process is starting the target; others wait until the file is
    /// dropped.
    ///
    /// # Errors
    /// [`Failure::File`]; [`Failure::Demo`] when another process holds it too long.
    pub(super) async fn lock(&self) -> Result<File, Failure> {
        let path = self.root.join("lock");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let lock = options.open(&path).map_err(|error| file(&path, error))?;
        for _ in 0..LOCK_TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(file(&path, error)),
            }
        }
        Err(Failure::Demo("another process has been starting it for seconds".to_owned()))
    }
}

/// Writes a file so that a reader sees the old text or the new one; only its owner may
/// read it.
///
/// # Errors
/// [`Failure::File`].
pub(super) fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| file(path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut fresh = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(failed)?;
    fresh.write_all(text.as_bytes()).map_err(failed)?;
    fresh.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
