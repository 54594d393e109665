//! The board: every release at a glance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GateCode;

/// How far a release has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Being checked and signed.
    Open,
    /// Gone out, not yet verified.
    Deployed,
    /// Gone out and verified.
    Verified,
    /// Done.
    Closed,
}

/// Three readings of one score, each 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Settled items, approved exceptions among them, by weight.
    pub now: u8,
    /// The same without exceptions.
    pub without_exceptions: u8,
    /// What it will be once every critical item is settled.
    pub projected: u8,
}

/// What became of a role's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleState {
    /// Not signed yet.
    Missing,
    /// Signed, and what was signed is what there is.
    Signed,
    /// Signed, and something has changed since.
    Stale,
    /// Declined.
    Declined,
    /// Signed, and taken back.
    Revoked,
}

/// One required role's light.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleLight {
    /// `security`, `devops`, `management`, …
    pub role: String,
    /// The role in words.
    pub title: String,
    /// Its state.
    pub state: RoleState,
    /// Printed name of the one who signed last.
    pub by: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: Option<String>,
    /// How many sign-offs of the role are current.
    #[serde(default)]
    pub signed: u32,
    /// How many people must sign for the role.
    #[serde(default)]
    pub people: u32,
}

/// Signatures that an emergency release still owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwedView {
    /// One entry for each: `management`, …
    pub roles: Vec<String>,
    /// When they are due, RFC 3339 UTC.
    pub due: String,
    /// Whether that has passed.
    pub overdue: bool,
}

/// How many items stand where. A pass that is too old counts as stale, not as pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Items in the phases before the deployment.
    pub total: u32,
    /// Settled ones.
    pub settled: u32,
    /// Machine says pass.
    pub pass: u32,
    /// Machine says fail.
    pub fail: u32,
    /// Machine could not tell.
    pub inconclusive: u32,
    /// Has a probe that never ran.
    pub not_run: u32,
    /// Settled by an approved exception.
    pub excepted: u32,
}

/// One release on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseRow {
    /// Its project.
    pub project: String,
    /// The project's name.
    pub project_name: String,
    /// Whether it is about the built-in demo target.
    pub demo: bool,
    /// Its id.
    pub id: String,
    /// The version that goes out.
    pub version: String,
    /// Where to.
    pub environment: String,
    /// How far it has come.
    pub stage: Stage,
    /// The gate's verdict.
    pub verdict: GateCode,
    /// How many things block.
    pub blockers: u32,
    /// The score.
    pub score: Score,
    /// One light for each required role.
    pub roles: Vec<RoleLight>,
    /// How the items stand.
    pub counts: Counts,
    /// When it was opened, RFC 3339 UTC.
    pub opened_at: String,
    /// When the deployment is planned, RFC 3339 UTC.
    pub planned_for: Option<String>,
    /// When something last happened, RFC 3339 UTC.
    pub changed_at: String,
    /// What an emergency release still owes.
    #[serde(default)]
    pub owed: Option<OwedView>,
    /// The next moment something runs out (an exception, a freshness), RFC 3339 UTC.
    pub next_deadline: Option<String>,
}

/// One project on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoardProject {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the built-in demo.
    pub demo: bool,
    /// People on the roster.
    pub members: u32,
    /// Its releases, newest first.
    pub releases: Vec<ReleaseRow>,
}

/// Every project and release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// Projects by name.
    pub projects: Vec<BoardProject>,
}
