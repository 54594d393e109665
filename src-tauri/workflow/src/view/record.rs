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
