//! What the integrity check can find, each in a sentence that says where.

use serde::Serialize;

/// How far the check is, in events and evidence files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Looked at so far.
    pub done: u64,
    /// In the ledger.
    pub total: u64,
}

/// Something in the ledger that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// SQLite finds its own structure broken.
    #[error("the file's structure is damaged: {detail}")]
    Structure {
        /// SQLite's words.
        detail: String,
    },
    /// A table, index or trigger is missing, changed, or does not belong here.
    #[error("{object} in the schema is not as this program made it")]
    Schema {
        /// Its name.
        object: String,
    },
    /// Sequence numbers are missing, so events were taken out.
    #[error("events {from} to {to} are missing")]
    Gap {
        /// First missing sequence number.
        from: i64,
        /// Last missing sequence number.
        to: i64,
    },
    /// A row could not be read as an event at all.
    #[error("event {seq} cannot be read: {detail}")]
    Unreadable {
        /// Its sequence number.
        seq: i64,
        /// Why.
        detail: String,
    },
    /// The bytes have another digest than the one they are stored under.
    #[error("event {seq}: stored as {stored}, its bytes are {actual}")]
    EventId {
        /// Its sequence number.
        seq: i64,
        /// The id in the table.
        stored: String,
        /// SHA-256 of the bytes.
        actual: String,
    },
    /// Form or signature do not hold.
    #[error("event {seq} ({id}): {reason}")]
    Event {
        /// Its sequence number.
        seq: i64,
        /// The id in the table.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// Filed under a project that the signed bytes do not name.
    #[error("event {seq} ({id}) is filed under project {stored}, but was signed for {signed}")]
    Project {
        /// Its sequence number.
        seq: i64,
        /// The event.
        id: String,
        /// The project in the table.
        stored: String,
        /// The project in the bytes.
        signed: String,
    },
    /// Names a parent that no earlier event of the project is.
    #[error("event {seq} ({id}): its parent {parent} is not among the project's earlier events")]
    MissingParent {
        /// Its sequence number.
        seq: i64,
        /// The event.
        id: String,
        /// The parent.
        parent: String,
    },
    /// The parent table says something else than the event.
    #[error("event {id}: the table of parents does not match what was signed")]
    ParentTable {
        /// The event.
        id: String,
    },
    /// An event names evidence whose bytes are not here.
    #[error("event {seq} ({id}): evidence {sha256} is not in the ledger")]
    MissingBlob {
        /// Its sequence number.
        seq: i64,
        /// The event.
        id: String,
        /// The evidence.
        sha256: String,
    },
    /// Evidence has another digest than the one it is stored under.
    #[error("evidence stored as {stored} has the digest {actual}")]
    Blob {
        /// The digest in the table.
        stored: String,
        /// SHA-256 of the bytes.
        actual: String,
    },
}

impl Problem {
    /// The event that it is about, as the table names it; none for the file as a whole.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        match self {
            Self::EventId { stored: id, .. }
            | Self::Event { id, .. }
            | Self::Project { id, .. }
            | Self::MissingParent { id, .. }
            | Self::ParentTable { id }
            | Self::MissingBlob { id, .. } => Some(id),
            Self::Structure { .. }
            | Self::Schema { .. }
            | Self::Gap { .. }
            | Self::Unreadable { .. }
            | Self::Blob { .. } => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Structure { .. } | Self::Schema { .. } => {
                "Keep this file as it is, look who could write to it, and work on from a backup"
            }
            Self::MissingBlob { .. } | Self::Blob { .. } => {
                "Do not rely on this file of evidence: take it from a backup, or from another \
                 machine's packet"
            }
            _ => {
                "Do not rely on this event: keep the file as it is, and take the project's events \
                 from a backup or from another machine's packet into a new folder"
            }
        }
    }
}
