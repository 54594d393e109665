//! Reads one file of the source tree, and nothing outside it: a link that leads out is not
//! followed, and what is no plain file is not opened.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path};

use countersign_domain::finding::Reason;

use crate::probe::Doubt;

/// Bytes of a file that are read.
pub(super) const MAX_TEXT: u64 = 256 * 1024;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A folder, a socket or the like.
    NoFile {
        /// Permission bits in octal.
        mode: String,
    },
    /// A file.
    File {
        /// Its size, in bytes.
        size: u64,
        /// Permission bits in octal: `600`.
        mode: String,
        /// Its text, when it is no larger than [`MAX_TEXT`].
        text: Option<String>,
    },
}

/// Whether a path of a template stays inside a tree, as far as its words tell.
pub(super) fn check(path: &str) -> Result<(), String> {
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.trim().is_empty() || !inside {
        return Err(format!(
            "`path` is {path:?}: expected a path inside the source tree, without `..`"
        ));
    }
    Ok(())
}

/// What stands at `path` below `root`.
pub(super) fn look(root: &Path, path: &str) -> Result<Found, Doubt> {
    check(path).map_err(|error| Doubt::new(Reason::NotConfigured, error))?;
    let root = root.canonicalize().map_err(|error| {
        Doubt::new(Reason::NotConfigured, format!("`source` {}: {error}", root.display()))
    })?;
    let full = match root.join(path).canonicalize() {
        Ok(full) => full,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(unreadable(path, &error)),
    };
    if !full.starts_with(&root) {
        let seen = format!("{path} is a link that leads out of the source tree: not followed");
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    let known = full.symlink_metadata().map_err(|error| unreadable(path, &error))?;
    let mode = format!("{:o}", known.mode() & 0o7777);
    if !known.is_file() {
        return Ok(Found::NoFile { mode });
    }
    let file = File::open(&full).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|read| read <= MAX_TEXT);
    let text = whole.then(|| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Found::File { size: known.len(), mode, text })
}

fn unreadable(path: &str, error: &std::io::Error) -> Doubt {
    let reason = if error.kind() == ErrorKind::PermissionDenied {
        Reason::Refused
    } else {
        Reason::Unexpected
    };
    Doubt::new(reason, format!("{path}: {error}"))
}
