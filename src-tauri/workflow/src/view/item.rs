//! One line of the checklist: the machine's verdict and the human tick, side by side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExceptionView, SeverityCode, VerifyCode};

/// The machine's verdict as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeCode {
    /// Seen to hold.
    Pass,
    /// Seen not to hold.
    Fail,
    /// Not about this deployment.
    NotApplicable,
    /// Could not be told.
    Inconclusive,
    /// Has a probe that never ran here.
    NotRun,
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TickCode {
    /// Done and seen.
    Done,
    /// Not done.
    NotDone,
    /// Does not apply.
    NotApplicable,
}

/// Where an item stands for the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// Nothing more to do.
    Settled,
    /// Settled by an approved exception that has not run out.
    Excepted,
    /// Something is missing.
    Open,
    /// The machine saw it fail, or a person said it is not done.
    Failed,
}

/// A reservation on a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteView {
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: String,
}

/// The machine's verdict on an item, over all its probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MachineVerdict {
    /// The verdict.
    pub outcome: OutcomeCode,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// One sentence.
    pub summary: String,
    /// When, RFC 3339 UTC.
    pub at: Option<String>,
    /// Whether it is too old to sign on.
    pub stale: bool,
    /// When it becomes too old, RFC 3339 UTC.
    pub fresh_until: Option<String>,
    /// Reservations.
    pub notes: Vec<NoteView>,
}

/// The latest word of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TickView {
    /// What was said.
    pub tick: TickCode,
    /// In words.
    pub note: String,
    /// Printed name.
    pub by: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// An item in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemRow {
    /// Stable id.
    pub id: String,
    /// The claim.
    pub title: String,
    /// How much it matters.
    pub severity: SeverityCode,
    /// Who settles it.
    pub verify: VerifyCode,
    /// Where it stands.
    pub state: ItemState,
    /// What is missing, in words; empty when settled.
    pub missing: String,
    /// The machine's verdict, for items with probes.
    pub machine: Option<MachineVerdict>,
    /// The latest tick.
    pub tick: Option<TickView>,
    /// The exception that counts, if there is one.
    pub exception: Option<ExceptionView>,
    /// Files attached.
    pub evidence: u32,
    /// Names of its probes.
    pub probes: Vec<String>,
    /// Whether one of its probes changes load or state on the target.
    pub active: bool,
    /// Whether an exception may be asked for.
    pub may_be_excepted: bool,
}

/// One probe's latest verdict with what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingView {
    /// The probe.
    pub probe: String,
    /// Version of its judging rules.
    pub rules: u32,
    /// What was looked at.
    pub target: String,
    /// The verdict.
    pub outcome: OutcomeCode,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// One sentence.
    pub summary: String,
    /// What the claim asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// A command that shows the same.
    pub reproduce: Option<String>,
    /// Reservations.
    pub notes: Vec<NoteView>,
    /// Lines exchanged.
    pub transcript: Vec<String>,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Milliseconds it took.
    pub took_ms: u64,
    /// The claim, the reason for it and the remedy, from the probe's definition.
    pub claim: String,
    /// Why it matters.
    pub why: String,
    /// How to make it true.
    pub remedy: String,
}

/// A file attached to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceView {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
    /// When what it shows was seen, RFC 3339 UTC.
    pub observed_at: String,
    /// When it was attached, RFC 3339 UTC.
    pub attached_at: String,
    /// Printed name of the attacher.
    pub by: String,
}

/// One change of an item, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Printed name.
    pub by: String,
    /// What changed, in words (`verdict`, `tick`, `evidence`, `exception`).
    pub what: String,
    /// The value before; empty at first.
    pub from: String,
    /// The value after.
    pub to: String,
    /// In the person's words.
    pub note: String,
    /// The event that did it.
    pub event: String,
}

/// An item with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemDetail {
    /// The row.
    pub row: ItemRow,
    /// The section's heading.
    pub section: String,
    /// How to do it, Markdown.
    pub guidance: String,
    /// What happens to those who skip it.
    pub risk: String,
    /// Control ids.
    pub controls: Vec<String>,
    /// The latest finding of each probe.
    pub findings: Vec<FindingView>,
    /// Files.
    pub evidence: Vec<EvidenceView>,
    /// Every exception ever asked for.
    pub exceptions: Vec<ExceptionView>,
    /// Every change, oldest first.
    pub history: Vec<HistoryEntry>,
}
