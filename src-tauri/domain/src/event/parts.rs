//! The words that events are made of: what goes out, what shows it, what people decide.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{Digest, Fingerprint};
use crate::member::{Member, Policy};

/// What a release is about: exactly these bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Full git commit id, when there is a work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the work tree differed from the commit at opening.
    #[serde(default)]
    pub dirty: bool,
    /// Artifacts that go out, by digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Ticket or change request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ticket: String,
    /// Why it goes out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A file or image that is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes or manifest.
    pub sha256: Digest,
}

/// A file that shows something. The bytes are stored once, by their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// File name, without folders.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// When what it shows was seen; the event's own time says when it was attached.
    pub observed_at: DateTime<Utc>,
}

/// The moment of signing as the signer's own program knew it. It is signed with the rest,
/// yet a signature cannot prove it: a reader is told whose word it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    /// Minutes by which the signer's clock was ahead of UTC.
    pub utc_offset: i32,
    /// How the key was opened for this one act: one of the words below, or that of a newer
    /// program.
    pub opened: String,
}

impl Signing {
    /// The signer gave the passphrase of a sealed key.
    pub const PASSPHRASE: &str = "passphrase";
    /// An ssh-agent signed. Its protocol does not tell whether it asked anybody.
    pub const AGENT: &str = "agent";
    /// An ssh-agent signed with a security key, which signs that it was touched.
    pub const AGENT_TOUCH: &str = "agent-touch";

    /// The farthest that a clock may be from UTC, in minutes.
    pub const MAX_OFFSET: u32 = 18 * 60;

    /// Whether the offset is one of this earth, and the word a plain one.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        self.utc_offset.unsigned_abs() <= Self::MAX_OFFSET
            && (1..=32).contains(&self.opened.len())
            && self.opened.chars().all(plain)
    }
}

/// What a person says about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tick {
    /// Done and seen.
    Done,
    /// Not done, or a tick taken back.
    NotDone,
    /// Does not apply to this deployment; the note says why.
    NotApplicable,
}

/// What an approver says about an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The risk is accepted until it expires.
    Approve,
    /// The risk is not accepted.
    Reject,
}

/// What a role says about the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It may go out.
    Approve,
    /// It may not.
    Decline,
    /// My earlier approval no longer holds.
    Revoke,
}

/// A change of the roster or of the policy, as an admin proposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProposedChange {
    /// A person joins, or the entry of a key changes.
    EnrollMember {
        /// The entry.
        member: Member,
    },
    /// A person leaves.
    RemoveMember {
        /// The key that may no longer act.
        member: Fingerprint,
    },
    /// The policy changes.
    SetPolicy {
        /// What a release needs then.
        policy: Policy,
    },
}
