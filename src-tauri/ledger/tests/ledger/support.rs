//! A signer, a temp ledger, and envelopes to fill it with.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, SignedEvent};
use countersign_domain::id::{EventId, ProjectId};
use countersign_ledger::keys::{KeyFolder, OsRng, UnlockedKey};
use countersign_ledger::{Ledger, Problem};
use rusqlite::Connection;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: &str = "nine plain words, none of them secret";

pub(crate) fn passphrase() -> Zeroizing<String> {
    Zeroizing::new(PASSPHRASE.to_owned())
}

pub(crate) fn temp() -> TempDir {
    tempfile::tempdir().expect("temp folder")
}

/// One key for all stories of the process: sealing and unsealing take time on purpose.
pub(crate) fn mara() -> &'static UnlockedKey {
    static KEY: OnceLock<UnlockedKey> = OnceLock::new();
    KEY.get_or_init(|| new_key("mara"))
}

pub(crate) fn new_key(name: &str) -> UnlockedKey {
    let folder = temp();
    let keys = KeyFolder::open(folder.path()).expect("key folder");
    let entry =
        keys.create(name, "mara@example.org", &passphrase(), &mut OsRng).expect("a new key");
    keys.unlock(&entry, &passphrase()).expect("the right passphrase")
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).expect("a time in 2025")
}

pub(crate) fn project(name: &str) -> ProjectId {
    ProjectId::parse(name).expect("project id")
}

/// An event that notes a refusal; `word` makes its bytes its own.
pub(crate) fn envelope(project: &ProjectId, parents: &[EventId], word: &str) -> Envelope {
    Envelope {
        version: ENVELOPE_VERSION,
        project: project.clone(),
        parents: parents.to_vec(),
        author: mara().fingerprint().clone(),
        at: now() + TimeDelta::milliseconds(250),
        body: Body::AttemptRefused {
            release: None,
            action: word.to_owned(),
            code: "not-ready".to_owned(),
            reason: "the gate is no-go".to_owned(),
        },
    }
}

pub(crate) fn signed(project: &ProjectId, parents: &[EventId], word: &str) -> SignedEvent {
    mara().sign_event(&envelope(project, parents, word)).expect("own envelope")
}

/// A ledger file with its folder, which lives as long as this.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: temp() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data").join("ledger.sqlite")
    }

    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(self.path()).expect("the ledger opens")
    }

    /// The file without our program's care: no triggers' owner, no foreign keys.
    pub(crate) fn raw(&self) -> Connection {
        raw(&self.path())
    }
}

pub(crate) fn raw(path: &Path) -> Connection {
    let conn = Connection::open(path).expect("raw connection");
    conn.pragma_update(None, "foreign_keys", false).expect("pragma");
    conn
}

/// Appends a chain of `count` events and returns their ids.
pub(crate) fn chain(ledger: &Ledger, project: &ProjectId, count: usize) -> Vec<EventId> {
    let mut ids = Vec::new();
    for n in 0..count {
        let parents = ledger.heads(project).expect("heads");
        let event = signed(project, &parents, &format!("step {n}"));
        ids.push(ledger.append(&event, now()).expect("append").id().clone());
    }
    ids
}

pub(crate) fn check(ledger: &Ledger) -> Vec<Problem> {
    ledger.check(&mut |_| {}).expect("the file can be read")
}
