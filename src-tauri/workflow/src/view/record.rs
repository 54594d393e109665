//! Runs, timeline, bundles, verification.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoteView, OutcomeCode};

/// One item's result of a check run, as `check --json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemResult {
    /// The item.
    pub id: String,
    /// Its title.
    pub title: String,
    /// `critical`, `high`, `recommended`.
    pub severity: String,
    /// The verdict over its probes.
    pub outcome: OutcomeCode,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// One sentence.
    pub summary: String,
    /// What the deciding claim asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// A command that shows the same.
    pub reproduce: Option<String>,
    /// Reservations.
    pub notes: Vec<NoteView>,
}

/// A check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckView {
    /// The run.
    pub run: String,
    /// Whether somebody stopped it.
    pub cancelled: bool,
    /// Milliseconds it took.
    pub took_ms: u64,
    /// Each item that was looked at.
    pub items: Vec<ItemResult>,
}

/// One event in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineRow {
    /// The event.
    pub event: String,
    /// RFC 3339 UTC.
    pub at: String,
    /// Printed name.
    pub by: String,
    /// Roles of the author at that moment, by code.
    pub roles: Vec<String>,
    /// The kind.
    pub kind: String,
    /// In words.
    pub text: String,
    /// The release, when it is about one.
    pub release: Option<String>,
    /// Why it changed nothing, when it was refused.
    pub refused: Option<String>,
    /// How far its signature can be trusted.
    pub trust: TrustCode,
    /// Why, in one sentence.
    pub why: String,
    /// Fingerprint of the key that the event names.
    pub fingerprint: String,
    /// The events that it builds on.
    pub parents: Vec<String>,
}

/// How far a signature can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrustCode {
    /// It verifies, and its key was on the roster at that point.
    Good,
    /// It verifies, but nothing shows that the key could sign here then.
    Unknown,
    /// It does not verify, or its maker could know that the key was retired.
    Bad,
}

/// One event with all that it takes to check it without this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// The event.
    pub event: String,
    /// The bytes that were signed, as text.
    pub text: String,
    /// The armored signature.
    pub signature: String,
    /// The author's public key in OpenSSH form, as the roster has or had it.
    pub public_key: Option<String>,
    /// Commands for a shell that check this one event with `ssh-keygen`.
    pub commands: Option<String>,
}

/// An event that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedView {
    /// The event.
    pub event: String,
    /// Why.
    pub reason: String,
}

/// The ledger, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerView {
    /// The file.
    pub path: String,
    /// Events in it.
    pub events: u32,
    /// What is wrong; empty when all is well.
    pub problems: Vec<String>,
    /// Stored files in it.
    pub files: u32,
    /// When the check ended, RFC 3339 UTC.
    pub at: String,
    /// The same problems, each with its event and what to do.
    pub damage: Vec<DamageView>,
}

/// One problem of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DamageView {
    /// The event, when it is about one.
    pub event: Option<String>,
    /// The event's project.
    pub project: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub cure: String,
}

/// How far a check of the ledger is, in events and stored files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedView {
    /// Looked at so far.
    pub done: u32,
    /// In the ledger.
    pub total: u32,
}

/// A bundle that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundleView {
    /// The file.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// The ledger heads that it holds.
    pub heads: Vec<String>,
}

/// One step of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// What was checked.
    pub name: String,
    /// Whether it holds.
    pub good: bool,
    /// What broke, or how much was checked.
    pub detail: String,
}

/// A bundle, verified offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifyView {
    /// `good`, `unmet` or `broken`.
    pub verdict: String,
    /// One sentence.
    pub summary: String,
    /// Each step.
    pub steps: Vec<StepView>,
    /// Requirements that are not met.
    pub unmet: Vec<String>,
    /// The release's version, when it could be read.
    pub version: Option<String>,
    /// Roles whose sign-off is current.
    pub signed: Vec<String>,
}
