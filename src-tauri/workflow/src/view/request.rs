//! What the fronts ask for. Ids travel as text; times as RFC 3339.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TickCode;

/// Make a key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// Printed name of its owner.
    pub owner: String,
    /// E-mail of its owner.
    pub email: String,
    /// Seals the key.
    pub passphrase: String,
}

/// Sign with a key that ssh-agent holds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseAgentKey {
    /// The key's fingerprint, or its comment where only one key has that.
    pub key: String,
    /// Printed name of its owner.
    pub owner: String,
    /// E-mail of its owner.
    pub email: String,
    /// File name of the reference; from the e-mail when absent.
    #[serde(default)]
    pub name: Option<String>,
}

/// Put a person on the roster.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrollMember {
    /// The project.
    pub project: String,
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// OpenSSH line.
    pub public_key: String,
    /// Roles by code.
    pub roles: Vec<String>,
    /// Why, for those whose consent it may need.
    #[serde(default)]
    pub note: String,
}

/// Decide on a proposed change of the roster or the policy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideChange {
    /// The project.
    pub project: String,
    /// The event that proposed it.
    pub proposal: String,
    /// The role by code; every needed one that is held when absent.
    pub role: Option<String>,
    /// Whether the role consents.
    pub approve: bool,
    /// In words.
    pub note: String,
}

/// Open a release.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenRelease {
    /// The project.
    pub project: String,
    /// The version that goes out.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// Id of a known template; the built-in one when absent.
    pub template: Option<String>,
    /// `name=sha256` of artifacts.
    pub artifacts: Vec<String>,
    /// Ticket.
    pub ticket: String,
    /// Why it goes out.
    pub reason: String,
    /// RFC 3339.
    pub planned_for: Option<String>,
}

/// Tick an item, or take the tick back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attest {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// The item.
    pub item: String,
    /// What is said.
    pub tick: TickCode,
    /// In words.
    pub note: String,
}

/// Attach a file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachEvidence {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// The item.
    pub item: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// The bytes, base64.
    pub content: String,
    /// When what it shows was seen, RFC 3339; now when absent.
    pub observed_at: Option<String>,
}

/// Ask to go out in spite of an item.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestException {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// The item.
    pub item: String,
    /// Why.
    pub reason: String,
    /// What holds the risk down.
    pub compensating_control: String,
    /// Who answers for closing it.
    pub owner: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// Decide on an exception.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideException {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// The exception.
    pub exception: String,
    /// Whether the risk is accepted.
    pub approve: bool,
    /// In words.
    pub note: String,
}

/// Sign, decline or take back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// The role.
    pub role: String,
    /// `approve`, `decline` or `revoke`.
    pub decision: String,
    /// Exceptions acknowledged, one by one.
    pub exceptions: Vec<String>,
    /// Digest of the state that the signer was shown.
    pub state: String,
    /// In the signer's words.
    pub comment: String,
    /// Asked again for every signature; empty for a key in ssh-agent.
    pub passphrase: String,
    /// Whether the signer confirmed the statement that was shown. A key in ssh-agent needs
    /// it, since no passphrase is asked for.
    #[serde(default)]
    pub confirmed: bool,
}

/// Record that it went out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordDeployment {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// RFC 3339; now when absent.
    pub deployed_at: Option<String>,
    /// Fingerprint or e-mail of who did it.
    pub deployed_by: String,
    /// Fingerprint or e-mail of who verifies.
    pub verified_by: String,
    /// Log, pipeline run or ticket.
    pub reference: String,
}

/// Say what the verifier saw.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyDeployment {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// In words.
    pub note: String,
}

/// Declare a release an emergency, or withdraw that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclareEmergency {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// Why it cannot wait, or why it is none.
    pub reason: String,
    /// Whether it is withdrawn.
    #[serde(default)]
    pub withdraw: bool,
}

/// Close a release.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRelease {
    /// The project.
    pub project: String,
    /// The release.
    pub release: String,
    /// In words.
    pub note: String,
}
