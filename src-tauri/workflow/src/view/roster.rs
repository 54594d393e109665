//! What became of keys: replaced by their owners, or revoked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::KeyView;

/// A key that took the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RotationView {
    /// The new key.
    pub key: KeyView,
    /// The new key in words, to compare by voice.
    pub phrase: String,
    /// Fingerprint of the old one.
    pub replaced: String,
    /// Where its file is now.
    pub kept: String,
    /// The names of the projects on whose roster it was replaced.
    pub projects: Vec<String>,
}

/// A sign-off, by release and role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoubtView {
    /// The release's version.
    pub release: String,
    /// The role by code.
    pub role: String,
    /// When it was signed, RFC 3339 UTC.
    pub at: String,
    /// Whether the release had gone out: then the sign-off stays as it is on the record.
    pub gone_out: bool,
}

/// A key that was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationView {
    /// Whose it was.
    pub name: String,
    /// The key.
    pub fingerprint: String,
    /// Why.
    pub reason: String,
    /// From when on its sign-offs are in doubt, RFC 3339 UTC.
    pub since: Option<String>,
    /// The key by which its owner had replaced it, and which still signs.
    pub replaced_by: Option<String>,
    /// Approvals that are in doubt.
    pub doubtful: Vec<DoubtView>,
}

/// A key on the roster that may sign nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetiredKeyView {
    /// Whose it was.
    pub name: String,
    /// The key.
    pub fingerprint: String,
    /// `replaced` or `revoked`.
    pub how: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The key that took its place, or why it was revoked.
    pub detail: String,
}

/// A role whose consent a change needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentView {
    /// The role by code.
    pub role: String,
    /// Printed name of who consented for it; none while it is waited for.
    pub by: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: Option<String>,
}

/// A change of the roster or the policy that waits for the consent of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposalView {
    /// Its id: the event that proposed it.
    pub id: String,
    /// What is to change, in words.
    pub change: String,
    /// Why, in the proposer's words.
    pub note: String,
    /// Printed name of the admin who proposed it.
    pub proposed_by: String,
    /// The key that they have now.
    pub proposer: String,
    /// When, RFC 3339 UTC.
    pub proposed_at: String,
    /// The key whose entry it would change or remove; who has it cannot decide.
    pub about: Option<String>,
    /// The roles that must consent, as the project stands now.
    pub needs: Vec<ConsentView>,
    /// Keys of those whose consent is waited for.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// Keys of those who may refuse it, or take it back.
    #[serde(default)]
    pub rejecters: Vec<String>,
}

/// What became of a change that an admin asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeAnswer {
    /// The project as it stands now.
    pub project: super::ProjectView,
    /// The proposal that waits for the consent of others; none when the change was made.
    pub proposed: Option<ProposalView>,
}
