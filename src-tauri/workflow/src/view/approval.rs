//! What a signer weighs beside the release itself: what failed before it held, and what is
//! different from the release before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeView, SeverityCode};

/// The look of a probe or the word of a person that turned an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnView {
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Printed name of whose key recorded it.
    pub by: String,
    /// The probe, when it was a look of the machine.
    pub probe: Option<String>,
    /// The verdict or the tick, in words.
    pub value: String,
    /// The probe's sentence, or the person's note.
    pub words: String,
    /// The event.
    pub event: String,
}

/// An item that failed in this release and is settled now, without an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveredView {
    /// The item.
    pub item: String,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub severity: SeverityCode,
    /// How often it came to fail.
    pub failures: u32,
    /// What made it fail, the last time that it did.
    pub failed: TurnView,
    /// What settled it after that.
    pub settled: TurnView,
}

/// An item that stands differently than in the release before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemShiftView {
    /// The item.
    pub item: String,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub severity: SeverityCode,
    /// Where it stood as signed, in words; empty where the checklist did not ask for it.
    pub from: String,
    /// Where it stands, in words; empty where the checklist asks for it no more.
    pub to: String,
}

/// The release that went out before to the same environment, and what is different from what
/// was signed for it. An item stands in one list at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviousView {
    /// Its id.
    pub release: String,
    /// Its version.
    pub version: String,
    /// Its commit.
    pub commit: Option<String>,
    /// When it went out, RFC 3339 UTC.
    pub deployed_at: String,
    /// Items that held, and are seen not to hold or could not be told.
    pub regressed: Vec<ItemShiftView>,
    /// Items that did not hold or were excepted, and hold now.
    pub fixed: Vec<ItemShiftView>,
    /// Items that the checklist did not ask for then.
    pub added: Vec<ItemShiftView>,
    /// Items that an exception covers now.
    pub excepted: Vec<ItemShiftView>,
    /// Items that the checklist asks for no more.
    pub removed: Vec<ItemShiftView>,
    /// What is different beside the items: environment, checklist, policy, roster.
    pub rest: Vec<ChangeView>,
}

/// What a signer weighs beside the release itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalView {
    /// Digest of the material state that this was read from.
    pub state: String,
    /// Items that failed before they held, what matters most first.
    pub recovered: Vec<RecoveredView>,
    /// The release before; none for the first one to its environment.
    pub previous: Option<PreviousView>,
}
