//! One release: what goes out, what blocks, who signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::board::OwedView;
use super::{ItemRow, ReleaseRow, RoleState, Score};

/// The gate's verdict as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GateCode {
    /// Something blocks.
    NoGo,
    /// Nothing is missing but signatures.
    Ready,
    /// Every required sign-off is current.
    Go,
}

/// How much an item matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityCode {
    /// Blocks; no exception.
    Critical,
    /// Blocks unless excepted.
    High,
    /// Counts in the score.
    Recommended,
}

/// When items are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseCode {
    /// Before the deployment.
    Before,
    /// Test results, before the deployment.
    Tests,
    /// The final block, before the deployment.
    SignOff,
    /// Right after the deployment.
    After,
    /// The watch that follows.
    Watch,
}

/// Who settles an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyCode {
    /// The machine.
    Probe,
    /// A person.
    Person,
    /// Both.
    Both,
    /// The machine, or a person where it could not tell.
    ProbeOrPerson,
    /// Follows from the rest.
    Computed,
}

/// One thing that blocks, with the smallest step that clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockerView {
    /// `item-failed`, `item-open`, `item-stale`, `signoff-stale`, `signoff-declined`,
    /// `signoff-missing`, `exception-expired`, …
    pub code: String,
    /// The item, when it is one.
    pub item: Option<String>,
    /// The role, when it is a signature.
    pub role: Option<String>,
    /// What blocks, in words.
    pub text: String,
    /// The smallest step that clears it.
    pub cure: String,
    /// Minutes it may take, when known.
    pub minutes: Option<u32>,
}

/// May it go out?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateView {
    /// The verdict.
    pub verdict: GateCode,
    /// One sentence that says why.
    pub summary: String,
    /// What blocks the verdict `go`, in the order in which to clear it.
    pub blockers: Vec<BlockerView>,
    /// The score.
    pub score: Score,
    /// One entry for each required signature: several where several people sign for a role.
    pub signoffs: Vec<SignoffView>,
    /// Set when the release was declared an emergency.
    #[serde(default)]
    pub emergency: Option<EmergencyView>,
    /// What the policy lets suffice in an emergency; none where it knows of none, or the
    /// release has gone out.
    #[serde(default)]
    pub emergency_rule: Option<EmergencyRuleView>,
    /// When this was computed, RFC 3339 UTC.
    pub at: String,
}

/// What suffices in an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EmergencyRuleView {
    /// The roles of which one person each must sign.
    pub roles: Vec<String>,
    /// Hours after the deployment within which the others are due.
    pub review_hours: u32,
}

/// A release that goes out, or went out, on fewer signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EmergencyView {
    /// Why it cannot wait.
    pub reason: String,
    /// Printed name of who declared it.
    pub by: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// What it still owes; none before the deployment, and once all have looked.
    pub owed: Option<OwedView>,
}

/// A difference between what was signed and what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeView {
    /// What changed, in words.
    pub what: String,
    /// The item, when it is one.
    pub item: Option<String>,
    /// As it was signed.
    pub from: String,
    /// As it is.
    pub to: String,
}

/// One required signature of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignoffView {
    /// `security`, …
    pub role: String,
    /// The role in words.
    pub title: String,
    /// Which of the role's signatures, from 1.
    #[serde(default)]
    pub seat: u32,
    /// How many people must sign for the role.
    #[serde(default)]
    pub people: u32,
    /// Its state.
    pub state: RoleState,
    /// Printed name of the signer.
    pub by: Option<String>,
    /// Fingerprint of the signer's key.
    pub fingerprint: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: Option<String>,
    /// The sentence that was signed.
    pub meaning: String,
    /// In the signer's words.
    pub comment: String,
    /// Digest of the state that was signed.
    pub covers: Option<String>,
    /// The signing event.
    pub event: Option<String>,
    /// What has changed since.
    pub changes: Vec<ChangeView>,
}

/// Where an exception stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    /// Waits for an approver.
    Requested,
    /// The risk is accepted.
    Approved,
    /// The risk is not accepted.
    Rejected,
    /// Was approved, and ran out.
    Expired,
}

/// A documented risk acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionView {
    /// Its id.
    pub id: String,
    /// The item.
    pub item: String,
    /// The item's title.
    pub item_title: String,
    /// Where it stands.
    pub state: ExceptionState,
    /// Why.
    pub reason: String,
    /// What holds the risk down.
    pub compensating_control: String,
    /// Who answers for closing it.
    pub owner: String,
    /// Printed name.
    pub requested_by: String,
    /// RFC 3339 UTC.
    pub requested_at: String,
    /// Printed name.
    pub decided_by: Option<String>,
    /// RFC 3339 UTC.
    pub decided_at: Option<String>,
    /// The approver's words.
    pub note: String,
    /// RFC 3339 UTC.
    pub expires_at: String,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubjectView {
    /// Full git commit id.
    pub commit: Option<String>,
    /// Whether the work tree differed from it.
    pub dirty: bool,
    /// `name` and `sha256` of each artifact.
    pub artifacts: Vec<(String, String)>,
    /// Ticket.
    pub ticket: String,
    /// Why it goes out.
    pub reason: String,
}

/// The pinned template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateView {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Items in it.
    pub items: u32,
}

/// One section with its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionView {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How much it matters.
    pub severity: SeverityCode,
    /// When it is due.
    pub phase: PhaseCode,
    /// Minutes it takes, from and to.
    pub minutes: Option<(u32, u32)>,
    /// What happens to those who skip it.
    pub risk: String,
    /// How to do it, Markdown.
    pub guidance: String,
    /// Control ids.
    pub controls: Vec<String>,
    /// Settled or excepted items.
    pub settled: u32,
    /// Its items.
    pub items: Vec<ItemRow>,
}

/// The deployment, once recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentView {
    /// RFC 3339 UTC.
    pub deployed_at: String,
    /// Printed name.
    pub deployed_by: String,
    /// Printed name of the one who verifies.
    pub verified_by: String,
    /// Fingerprint of the verifier's key.
    pub verifier: String,
    /// RFC 3339 UTC, once verified.
    pub verified_at: Option<String>,
    /// The verifier's words.
    pub note: String,
    /// Log, pipeline run or ticket.
    pub reference: String,
    /// Whether the last sign-off came before the deployment.
    pub approved_before: bool,
    /// RFC 3339 date of the next review.
    pub next_review: Option<String>,
}

/// A whole release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseView {
    /// The board's row.
    pub row: ReleaseRow,
    /// What goes out.
    pub subject: SubjectView,
    /// The pinned template.
    pub template: TemplateView,
    /// May it go out?
    pub gate: GateView,
    /// Sections with items.
    pub sections: Vec<SectionView>,
    /// Every exception.
    pub exceptions: Vec<ExceptionView>,
    /// The deployment.
    pub deployment: Option<DeploymentView>,
    /// What blocks closing; empty when it may be closed or is not deployed.
    pub closing: Vec<BlockerView>,
    /// Digest of the material state.
    pub state: String,
    /// Whether a check run is under way in this program.
    pub running: bool,
}

/// What a signer is about to sign, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementView {
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Fingerprint of the key.
    pub fingerprint: String,
    /// The role.
    pub role: String,
    /// The sentence.
    pub meaning: String,
    /// Digest of the state.
    pub state: String,
    /// The gate's verdict at this moment.
    pub verdict: GateCode,
    /// Why approval is not possible now; empty when it is.
    pub refusal: String,
    /// Approved exceptions to acknowledge, one by one.
    pub exceptions: Vec<ExceptionView>,
    /// What has changed since this role last signed.
    pub changes: Vec<ChangeView>,
}
