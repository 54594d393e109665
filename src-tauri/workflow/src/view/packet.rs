//! Packets and enrollment cards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RefusedView;

/// A packet that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketView {
    /// The file.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Events in it.
    pub events: u32,
    /// Files in it.
    pub files: u32,
    /// The heads that whoever opens it will have.
    pub heads: Vec<String>,
}

/// A key that was never on the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrangerView {
    /// The key.
    pub fingerprint: String,
    /// The key in words, to compare by voice.
    pub phrase: String,
    /// Events that it signed.
    pub events: u32,
}

/// A matter that people decided apart, and differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictView {
    /// The release's version.
    pub release: String,
    /// What about, in words.
    pub matter: String,
    /// Who decided, in the order of `events`.
    pub by: Vec<String>,
    /// The decisions; the last one that was not refused counts.
    pub events: Vec<String>,
}

/// What a packet says it holds, before anything of it is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketLook {
    /// The project.
    pub project: String,
    /// Its name, when the packet begins at the beginning.
    pub name: Option<String>,
    /// The key that began the project, likewise.
    pub founder: Option<StrangerView>,
    /// Whether the project is here already, so that nobody needs to be vouched for.
    pub known: bool,
    /// Events in it.
    pub events: u32,
    /// Files in it.
    pub files: u32,
}

/// What became of a packet that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeView {
    /// The project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Events that are new here.
    pub merged: u32,
    /// Events that were here.
    pub known: u32,
    /// Files that are new here.
    pub files: u32,
    /// New events that change nothing, and why.
    pub refused: Vec<RefusedView>,
    /// Events that wait outside the ledger: those of strangers, and what builds on them.
    pub waiting: u32,
    /// Keys that signed some of those and were never on the roster.
    pub strangers: Vec<StrangerView>,
    /// What people decided apart, and differently.
    pub conflicts: Vec<ConflictView>,
    /// The heads now.
    pub heads: Vec<String>,
}

/// An enrollment card: who somebody is, signed by the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardView {
    /// The file; empty for a card that was read.
    pub path: String,
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// One line in OpenSSH form.
    pub public_key: String,
    /// The key.
    pub fingerprint: String,
    /// The key in words, to compare by voice.
    pub phrase: String,
}
