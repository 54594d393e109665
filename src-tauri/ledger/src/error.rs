//! What can go wrong with the ledger's file, each error naming the file and the way out.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use countersign_domain::event::BadEvent;
use countersign_domain::id::{Digest, EventId, ProjectId};
use rusqlite::ErrorCode;

use crate::table::blob::MAX_BLOB_BYTES;
use crate::table::event::MAX_SIGNATURE_BYTES;

/// Why the ledger could not be opened, read or appended to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The file or its folder could not be created.
    #[error(
        "cannot create {}: {source}. Choose a folder that you may write, or change its permissions",
        path.display()
    )]
    Create {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such file (read-only opening never creates one).
    #[error("no ledger at {}: check the path, or create a project first", .0.display())]
    Missing(PathBuf),
    /// The file is there but SQLite cannot open it or its companions (`-wal`, `-shm`).
    #[error(
        "cannot open {} ({detail}): this user must be able to read and write the file and the \
         folder it lies in",
        path.display()
    )]
    CannotOpen {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Something was to be written into a ledger that may only be read.
    #[error(
        "{} may only be read: give this user write permission on the file and its folder, or \
         work on a copy",
        .0.display()
    )]
    ReadOnly(PathBuf),
    /// The file is not SQLite, or belongs to another program.
    #[error(
        "{} is not a Countersign ledger ({detail}): it was left as it is. Check the path; if a \
         ledger should be here, restore it from a backup",
        path.display()
    )]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What gave it away.
        detail: String,
    },
    /// A newer program wrote the file.
    #[error(
        "{} has schema version {found}, this program knows up to {supported}: update \
         Countersign. The file was not changed",
        path.display()
    )]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Version in the file.
        found: usize,
        /// Newest version this program knows.
        supported: usize,
    },
    /// An older program wrote the file, and it was opened for reading only.
    #[error(
        "{} has schema version {found}, this program reads version {supported}: open it once for \
         writing, which brings it up to date",
        path.display()
    )]
    Older {
        /// The ledger.
        path: PathBuf,
        /// Version in the file.
        found: usize,
        /// Version this program reads.
        supported: usize,
    },
    /// The file's contents are damaged.
    #[error(
        "{} is damaged ({detail}): keep the file as it is, and restore a copy from a backup",
        path.display()
    )]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process held the ledger for too long.
    #[error(
        "{} is in use by another process that does not let go: try again, or close the other \
         window or command",
        .0.display()
    )]
    Busy(PathBuf),
    /// No room left; nothing was written.
    #[error("no space left for {}: free some disk space and try again. Nothing was written", .0.display())]
    DiskFull(PathBuf),
    /// The disk refused to read or write; nothing was acknowledged.
    #[error(
        "the disk failed while {} was in use ({detail}): check the disk and its mount, then try \
         again",
        path.display()
    )]
    Disk {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Any other answer from SQLite.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The event's form or signature does not hold.
    #[error("event {} is refused: {source}", id.short())]
    BadEvent {
        /// SHA-256 of the bytes given.
        id: EventId,
        /// What is wrong.
        source: BadEvent,
    },
    /// The armored signature is larger than any key type makes.
    #[error(
        "event {} is refused: a signature of {size} bytes, at most {MAX_SIGNATURE_BYTES} are \
         accepted", id.short()
    )]
    SignatureTooLarge {
        /// SHA-256 of the event's bytes.
        id: EventId,
        /// Bytes of armored text.
        size: usize,
    },
    /// The event builds on one that the project's ledger does not hold.
    #[error(
        "event {} is refused: its parent {} is not in the ledger of project {project}. Append \
         the earlier events first", id.short(), parent.short()
    )]
    MissingParent {
        /// The event.
        id: EventId,
        /// The parent that is not there.
        parent: Box<EventId>,
        /// The project that both must belong to.
        project: ProjectId,
    },
    /// Events from elsewhere that belong to other projects than the one asked for.
    #[error("event {} is refused: it belongs to project {found}, not to {wanted}", id.short())]
    OtherProject {
        /// The event.
        id: EventId,
        /// Its project.
        found: ProjectId,
        /// The project that was to be added to.
        wanted: ProjectId,
    },
    /// An event from elsewhere says that it happened in the future.
    #[error(
        "event {} is refused: it says that it happened at {at}, but this machine's clock says \
         {now}. Every later event would have to be dated after it. Compare both clocks with a \
         third: if this one is slow, set it and take the events in again; if the author's is \
         fast, the author must set it and sign anew. Nothing was added", id.short()
    )]
    AheadOfClock {
        /// The event.
        id: EventId,
        /// Its own time.
        at: DateTime<Utc>,
        /// The time here.
        now: DateTime<Utc>,
    },
    /// An event without parents, though the project already began.
    #[error(
        "event {} is refused: it names no parents, but project {project} has already begun. Name \
         the ledger's heads as parents", id.short()
    )]
    SecondBeginning {
        /// The event.
        id: EventId,
        /// The project.
        project: ProjectId,
    },
    /// Somebody stopped the check before its end, so it says nothing.
    #[error("the check of the ledger was stopped before its end: nothing was found out")]
    Stopped,
    /// The evidence file is too large.
    #[error("a file of {0} bytes: at most {MAX_BLOB_BYTES} (25 MiB) are kept. Attach an excerpt")]
    BlobTooLarge(usize),
    /// Stored evidence no longer has the digest it was stored under.
    #[error(
        "evidence {} in {} was changed after it was stored: do not rely on it, and restore the \
         ledger from a backup", digest.short(), path.display()
    )]
    BlobChanged {
        /// The ledger.
        path: PathBuf,
        /// The digest it was asked for by.
        digest: Digest,
    },
}

impl LedgerError {
    /// Puts SQLite's answer into words for the file at `path`.
    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = source.to_string();
        match source {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Damaged { path, detail },
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::NotADatabase => Self::NotALedger { path, detail },
                ErrorCode::DatabaseCorrupt => Self::Damaged { path, detail },
                ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                    Self::CannotOpen { path, detail }
                }
                ErrorCode::ReadOnly => Self::ReadOnly(path),
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed => Self::Busy(path),
                ErrorCode::DiskFull => Self::DiskFull(path),
                ErrorCode::SystemIoFailure => Self::Disk { path, detail },
                _ => Self::Sqlite { path, source },
            },
            _ => Self::Sqlite { path, source },
        }
    }
}
