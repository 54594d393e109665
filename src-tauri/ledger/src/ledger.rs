//! The ledger itself: append, read, and nothing that changes what is there.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use countersign_domain::event::{Event, SignedEvent, verify_all};
use countersign_domain::id::{Digest, EventId, ProjectId};
use rusqlite::{Connection, TransactionBehavior};

use crate::database;
use crate::error::LedgerError;
use crate::heads::Heads;
use crate::integrity;
use crate::page::Page;
use crate::problem::{Checked, Problem};
use crate::table::blob::{self, MAX_BLOB_BYTES};
use crate::table::event::{self, MAX_SIGNATURE_BYTES};
use crate::table::parent;

/// The signed events and evidence of one or several projects, in one SQLite file.
///
/// Threads may share one handle; several processes may each hold their own on the same file.
/// When a call that writes returns, its data is on disk.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    store: Mutex<Store>,
}

#[derive(Debug)]
struct Store {
    conn: Connection,
    heads: Heads,
}

impl Ledger {
    /// Opens the ledger at `path`, creating file (mode 0600) and folder (0700) when missing.
    ///
    /// # Errors
    /// When the path cannot be written, or holds something else than a ledger, a ledger of a
    /// newer program, or a damaged one. Nothing is changed then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let path = path.as_ref().to_owned();
        let conn = database::open(&path)?;
        Ok(Self { path, store: Mutex::new(Store { conn, heads: Heads::default() }) })
    }

    /// Opens an existing ledger for reading. SQLite still needs to write its `-shm` file
    /// beside it, unless another process holds the ledger open.
    ///
    /// # Errors
    /// As [`Ledger::open`], and when there is no file.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let path = path.as_ref().to_owned();
        let conn = database::open_read_only(&path)?;
        Ok(Self { path, store: Mutex::new(Store { conn, heads: Heads::default() }) })
    }

    /// Where the ledger lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks `signed` and adds it. Adding the same event again changes nothing.
    /// `received_at` is a note of this machine's clock; it is not part of what was signed.
    ///
    /// # Errors
    /// [`LedgerError::BadEvent`], [`LedgerError::MissingParent`],
    /// [`LedgerError::SecondBeginning`], or trouble with the file. Nothing is added then.
    pub fn append(
        &self,
        signed: &SignedEvent,
        received_at: DateTime<Utc>,
    ) -> Result<Event, LedgerError> {
        let event = verified(signed)?;
        self.write(|conn| self.add(conn, signed, &event, received_at))?;
        Ok(event)
    }

    /// Adds `signed` only while `seq` is still the sequence number of its project's newest
    /// event: whoever looked at the project up to there has seen all that it builds on.
    /// Whether it was added.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_after(
        &self,
        seq: i64,
        signed: &SignedEvent,
        received_at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let event = verified(signed)?;
        let mut is_next = false;
        self.write(|conn| {
            let last = event::last_seq(conn, &event.envelope().project);
            let last = last.map_err(|source| LedgerError::from_sqlite(&self.path, source))?;
            is_next = last == seq;
            if is_next { self.add(conn, signed, &event, received_at) } else { Ok(()) }
        })?;
        Ok(is_next)
    }

    /// Adds all of `batch` or nothing. Parents come before their children, as
    /// [`Ledger::events`] gives them.
    ///
    /// # Errors
    /// As [`Ledger::append`], for the first event that is refused.
    pub fn append_batch(
        &self,
        batch: &[SignedEvent],
        received_at: DateTime<Utc>,
    ) -> Result<Vec<Event>, LedgerError> {
        let events = verified_all(&batch.iter().collect::<Vec<_>>())?;
        self.add_all(batch.iter().zip(&events), received_at)?;
        Ok(events)
    }

    /// Adds events that were verified, parents first: all or nothing.
    pub(crate) fn add_all<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a SignedEvent, &'a Event)>,
        received_at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.write(|conn| {
            let mut pairs = pairs.into_iter();
            pairs.try_for_each(|(signed, event)| self.add(conn, signed, event, received_at))
        })
    }

    fn add(
        &self,
        conn: &Connection,
        signed: &SignedEvent,
        event: &Event,
        received_at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let fail = |source| LedgerError::from_sqlite(&self.path, source);
        let (id, project) = (event.id(), &event.envelope().project);
        if let Some(stored) = event::bytes(conn, id).map_err(fail)? {
            if stored == signed.bytes {
                return Ok(());
            }
            let detail = format!("other bytes are stored as event {}", id.short());
            return Err(LedgerError::Damaged { path: self.path.clone(), detail });
        }
        let parents: BTreeSet<&EventId> = event.envelope().parents.iter().collect();
        if parents.is_empty() && event::last_seq(conn, project).map_err(fail)? > 0 {
            return Err(LedgerError::SecondBeginning { id: id.clone(), project: project.clone() });
        }
        for parent in &parents {
            if !event::is_in(conn, parent, project).map_err(fail)? {
                return Err(LedgerError::MissingParent {
                    id: id.clone(),
                    parent: Box::new((*parent).clone()),
                    project: project.clone(),
                });
            }
        }
        let received_at = received_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        event::insert(conn, id, project, signed, &received_at).map_err(fail)?;
        parents.into_iter().try_for_each(|one| parent::insert(conn, id, one)).map_err(fail)
    }

    /// Events that no other event of the project builds on, sorted by id: the parents of the
    /// next one. Empty for an unknown project.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn heads(&self, project: &ProjectId) -> Result<Vec<EventId>, LedgerError> {
        let mut store = self.lock();
        let Store { conn, heads } = &mut *store;
        heads.of(conn, project).map_err(|source| LedgerError::from_sqlite(&self.path, source))
    }

    /// Every event of the project in order of arrival, so parents come before children. The
    /// bytes are as stored: [`SignedEvent::verify`] says whether they still hold.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn events(&self, project: &ProjectId) -> Result<Vec<SignedEvent>, LedgerError> {
        let all = self.page(project, (0, i64::MAX), u32::MAX)?;
        Ok(all.stored().into_iter().map(SignedEvent::from).collect())
    }

    /// At most `most` events after sequence number `seq` and not after `last`.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn page(
        &self,
        project: &ProjectId,
        (seq, last): (i64, i64),
        most: u32,
    ) -> Result<Page, LedgerError> {
        self.read(|conn| event::page(conn, project, (seq, last), most))
    }

    /// The ids of the project's events, in order of arrival.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn ids(&self, project: &ProjectId) -> Result<Vec<EventId>, LedgerError> {
        self.read(|conn| event::ids(conn, project))
    }

    /// Sequence number of the project's newest event; 0 when it has none.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn last_seq(&self, project: &ProjectId) -> Result<i64, LedgerError> {
        self.read(|conn| event::last_seq(conn, project))
    }

    /// How many events the project has.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn count(&self, project: &ProjectId) -> Result<u64, LedgerError> {
        Ok(self.read(|conn| event::count(conn, project))?.unsigned_abs())
    }

    /// Every project that has events, the oldest first.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn projects(&self) -> Result<Vec<ProjectId>, LedgerError> {
        self.read(event::projects)
    }

    /// Stores an evidence file; the same bytes are stored once. Call it before the event that
    /// names the digest is appended.
    ///
    /// # Errors
    /// [`LedgerError::BlobTooLarge`] above [`MAX_BLOB_BYTES`],
    /// [`LedgerError::BlobChanged`] when a damaged copy is in the way, or trouble with the file.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        if bytes.len() > MAX_BLOB_BYTES {
            return Err(LedgerError::BlobTooLarge(bytes.len()));
        }
        let digest = Digest::of(bytes);
        let fail = |source| LedgerError::from_sqlite(&self.path, source);
        self.write(|conn| match blob::bytes(conn, &digest).map_err(fail)? {
            None => blob::insert(conn, &digest, bytes).map_err(fail),
            Some(stored) if stored == bytes => Ok(()),
            Some(_) => Err(self.blob_changed(&digest)),
        })?;
        Ok(digest)
    }

    /// The evidence file with this digest, hashed again before it is given out.
    ///
    /// # Errors
    /// [`LedgerError::BlobChanged`] when the stored bytes have another digest, or trouble with
    /// the file.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, LedgerError> {
        let stored = self.read(|conn| blob::bytes(conn, digest))?;
        match stored {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(self.blob_changed(digest)),
            other => Ok(other),
        }
    }

    /// Whether the evidence file is here.
    ///
    /// # Errors
    /// Trouble with the file.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, LedgerError> {
        self.read(|conn| blob::exists(conn, digest))
    }

    /// Looks at every byte: SQLite's own structure, the schema, each event's id, signature,
    /// parents and sequence number, each evidence file's digest. Empty means all is well.
    /// Runs on a connection of its own, so appends go on meanwhile. `progress` is called
    /// after each event and evidence file.
    ///
    /// # Errors
    /// When the file cannot be opened or read at all; damage inside is a [`Problem`].
    pub fn check(&self, progress: &mut dyn FnMut(Checked)) -> Result<Vec<Problem>, LedgerError> {
        self.check_while(&mut |now| {
            progress(now);
            true
        })
    }

    /// As [`Ledger::check`], as long as `go_on` says so.
    ///
    /// # Errors
    /// As [`Ledger::check`]; [`LedgerError::Stopped`] when `go_on` said no.
    pub fn check_while(
        &self,
        go_on: &mut dyn FnMut(Checked) -> bool,
    ) -> Result<Vec<Problem>, LedgerError> {
        integrity::check(&self.path, go_on)
    }

    fn blob_changed(&self, digest: &Digest) -> LedgerError {
        LedgerError::BlobChanged { path: self.path.clone(), digest: digest.clone() }
    }

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        query(&self.lock().conn).map_err(|source| LedgerError::from_sqlite(&self.path, source))
    }

    /// One transaction that holds the write lock from its start, so what `change` reads
    /// cannot be outdated when it writes.
    fn write(
        &self,
        change: impl FnOnce(&Connection) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let fail = |source| LedgerError::from_sqlite(&self.path, source);
        let mut store = self.lock();
        let transaction =
            store.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        change(&transaction)?;
        transaction.commit().map_err(fail)
    }

    /// A thread that panicked left no open transaction behind: dropping one rolls it back.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of them, or what is wrong with the first that is not good.
pub(crate) fn verified_all(batch: &[&SignedEvent]) -> Result<Vec<Event>, LedgerError> {
    let too_large = batch.iter().find(|signed| signed.signature.len() > MAX_SIGNATURE_BYTES);
    if let Some(signed) = too_large {
        let (id, size) = (signed.id(), signed.signature.len());
        return Err(LedgerError::SignatureTooLarge { id, size });
    }
    let pairs = verify_all(batch).into_iter().zip(batch);
    pairs
        .map(|(found, signed)| {
            found.map_err(|source| LedgerError::BadEvent { id: signed.id(), source })
        })
        .collect()
}

fn verified(signed: &SignedEvent) -> Result<Event, LedgerError> {
    let size = signed.signature.len();
    if size > MAX_SIGNATURE_BYTES {
        return Err(LedgerError::SignatureTooLarge { id: signed.id(), size });
    }
    signed.verify().map_err(|source| LedgerError::BadEvent { id: signed.id(), source })
}
