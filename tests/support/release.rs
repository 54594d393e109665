//! An open release of the built-in checklist over the environment `staging` of a project
//! file, signed by a key of its own: what a test of checks and a measure both begin with.

use std::path::Path;

use anyhow::Result;
use countersign_workflow::view::{KeyView, OpenRelease, ReleaseView};
use countersign_workflow::{Home, ProjectFile, UnlockedKey};
use zeroize::Zeroizing;

/// What opens the key.
pub const PASSPHRASE: &str = "a passphrase of a test";

/// An open release and who opened it.
pub struct Opened {
    /// The key, as it is shown.
    pub author: KeyView,
    /// The key, unlocked.
    pub key: UnlockedKey,
    /// The release.
    pub release: ReleaseView,
}

/// Makes a key and a project in `home`, and opens a release of it. Relative paths of the
/// project file start at `folder`.
pub fn open_release(home: &Home, project: &str, folder: &Path) -> Result<Opened> {
    let passphrase = Zeroizing::new(PASSPHRASE.to_owned());
    let author = home.create_key(None, "Ana", "ana@example.invalid", &passphrase)?;
    let key = home.unlock(&author.fingerprint, &passphrase)?;
    let project = home.create_project(&key, ProjectFile::parse(project, folder)?, &[])?;
    let release = home.open_release(
        &key,
        &OpenRelease {
            project: project.id,
            version: "1.0.0".into(),
            environment: "staging".into(),
            template: None,
            artifacts: Vec::new(),
            ticket: String::new(),
            reason: String::new(),
            planned_for: None,
        },
    )?;
    Ok(Opened { author, key, release })
}
