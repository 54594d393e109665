//! Finds and opens the repository of the source tree.

use std::path::Path;

use countersign_domain::finding::Reason;

use crate::probe::Doubt;

/// The repository that holds `source`, which may be a folder inside it.
pub(super) fn open(source: &Path) -> Result<gix::Repository, Doubt> {
    if !source.is_dir() {
        let seen = format!("{} is not a folder", source.display());
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    gix::discover(source).map_err(|error| {
        let seen = format!("{} is not in a git repository: {error}", source.display());
        Doubt::new(Reason::NotConfigured, seen)
    })
}

/// A repository that could not be read.
pub(super) fn unreadable(what: &str, error: impl std::fmt::Display) -> Doubt {
    Doubt::new(Reason::Unexpected, format!("{what}: {error}"))
}
