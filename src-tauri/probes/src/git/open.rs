//! Finds and opens the repository of the source tree.

use std::path::{Path, PathBuf};

use countersign_domain::finding::Reason;
use gix::bstr::ByteSlice as _;

use crate::probe::Doubt;

/// The repository that holds `source`, which may be a folder inside it.
pub(super) fn open(source: &Path) -> Result<gix::Repository, Doubt> {
    gix::discover(source).map_err(|error| {
        let seen = format!("{} is not in a git repository: {error}", source.display());
        Doubt::new(Reason::NotConfigured, seen)
    })
}

/// A repository that could not be read.
pub(super) fn unreadable(what: &str, error: impl std::fmt::Display) -> Doubt {
    Doubt::new(Reason::Unexpected, format!("{what}: {error}"))
}

/// Where the files below `source` stand that git tracks, present or not; none without a
/// repository.
///
/// # Errors
/// The index cannot be read.
pub(crate) fn tracked(source: &Path) -> Result<Vec<PathBuf>, Doubt> {
    let Ok(repository) = open(source) else { return Ok(Vec::new()) };
    let Some(workdir) = repository.workdir().and_then(|folder| folder.canonicalize().ok()) else {
        return Ok(Vec::new());
    };
    let root = source.canonicalize().map_err(|error| unreadable("source", error))?;
    let Ok(inside) = root.strip_prefix(&workdir) else { return Ok(Vec::new()) };
    let index = repository.index_or_empty().map_err(|error| unreadable("index", error))?;
    let below = |entry: &gix::index::Entry| {
        let path = entry.path(&index).to_path().ok()?;
        Some(source.join(path.strip_prefix(inside).ok()?))
    };
    Ok(index.entries().iter().filter_map(below).collect())
}
