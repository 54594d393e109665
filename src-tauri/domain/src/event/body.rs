//! The kinds of event. Their names are the ledger's file format: they only ever grow.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Decision, Evidence, ProposedChange, Signing, Subject, Tick, Verdict};
use crate::environment::Environment;
use crate::finding::Finding;
use crate::id::{Digest, EventId, ExceptionId, Fingerprint, ItemId, ReleaseId, RunId};
use crate::member::{Member, Policy, Role};

/// What happened. The names are the ledger's file format: they only ever grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Body {
    /// First event: the project exists, and its founder keeps the roster.
    ProjectCreated {
        /// Its name.
        name: String,
        /// Where it runs.
        environments: Vec<Environment>,
        /// What a release needs.
        policy: Policy,
        /// The author.
        founder: Member,
    },
    /// The environments changed; the whole new list.
    EnvironmentsSet {
        /// Where it runs now.
        environments: Vec<Environment>,
    },
    /// The policy changed.
    PolicySet {
        /// What a release needs now.
        policy: Policy,
    },
    /// A person joined, or an existing key's entry changed.
    MemberEnrolled {
        /// The entry.
        member: Member,
    },
    /// A person left; what the key signed before stays.
    MemberRemoved {
        /// The key that may no longer act.
        member: Fingerprint,
    },
    /// An admin proposes a change that needs the consent of others. Its id is that of the event.
    ChangeProposed {
        /// The change.
        change: ProposedChange,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A role consents to a proposed change or refuses it, or an admin withdraws it. The last
    /// consent that is needed makes the change.
    ChangeDecided {
        /// The event that proposed it.
        proposal: EventId,
        /// For which role.
        role: Role,
        /// The decision.
        verdict: Verdict,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The author replaced their key; person and roles stay.
    KeyRotated {
        /// Fingerprint of the new key.
        key: Fingerprint,
        /// The new key, one line in OpenSSH form.
        public_key: String,
        /// Armored SSHSIG by the new key over [`super::rotation_statement`] in
        /// [`super::ROTATION_NAMESPACE`]: nobody can take over a key that they do not hold.
        proof: String,
    },
    /// A key was lost or stolen. What it signed before stays, except as `since` says.
    KeyRevoked {
        /// The key that may sign nothing more.
        member: Fingerprint,
        /// Why.
        reason: String,
        /// From when on somebody else may have signed with it: sign-offs of that time must
        /// be renewed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
    },
    /// A release was opened.
    ReleaseOpened {
        /// Its id.
        release: ReleaseId,
        /// The version that goes out.
        version: String,
        /// The environment's name.
        environment: String,
        /// SHA-256 of the template file.
        template: Digest,
        /// What goes out.
        subject: Subject,
        /// When the deployment is planned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        planned_for: Option<DateTime<Utc>>,
    },
    /// What goes out changed.
    SubjectSet {
        /// The release.
        release: ReleaseId,
        /// What goes out now.
        subject: Subject,
    },
    /// A check run began.
    CheckStarted {
        /// The release.
        release: ReleaseId,
        /// The run.
        run: RunId,
        /// The items looked at.
        items: Vec<ItemId>,
    },
    /// One probe gave its verdict.
    FindingRecorded {
        /// The release.
        release: ReleaseId,
        /// The run.
        run: RunId,
        /// The item.
        item: ItemId,
        /// Which of the item's probes, counted from 0.
        slot: u32,
        /// The verdict with what was seen.
        finding: Finding,
    },
    /// A check run ended.
    CheckFinished {
        /// The release.
        release: ReleaseId,
        /// The run.
        run: RunId,
        /// Whether somebody stopped it.
        cancelled: bool,
    },
    /// A person said something about an item.
    ItemAttested {
        /// The release.
        release: ReleaseId,
        /// The item.
        item: ItemId,
        /// What was said.
        tick: Tick,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A file was attached to an item.
    EvidenceAttached {
        /// The release.
        release: ReleaseId,
        /// The item.
        item: ItemId,
        /// The file.
        evidence: Evidence,
    },
    /// Somebody asks to go out in spite of an item.
    ExceptionRequested {
        /// The release.
        release: ReleaseId,
        /// Its id.
        exception: ExceptionId,
        /// The item.
        item: ItemId,
        /// Why.
        reason: String,
        /// What holds the risk down meanwhile.
        compensating_control: String,
        /// Who answers for closing it.
        owner: String,
        /// After this the item blocks again.
        expires_at: DateTime<Utc>,
    },
    /// An approver decided on an exception.
    ExceptionDecided {
        /// The release.
        release: ReleaseId,
        /// The exception.
        exception: ExceptionId,
        /// The decision.
        verdict: Verdict,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The release is to go out with the signatures that the policy asks for in an emergency.
    EmergencyDeclared {
        /// The release.
        release: ReleaseId,
        /// Why it cannot wait.
        reason: String,
    },
    /// It is no emergency any more, or never was.
    EmergencyWithdrawn {
        /// The release.
        release: ReleaseId,
        /// Why.
        reason: String,
    },
    /// A role signed, declined or took its signature back.
    SignedOff {
        /// The release.
        release: ReleaseId,
        /// In which role.
        role: Role,
        /// What was decided.
        decision: Decision,
        /// The sentence that was signed.
        meaning: String,
        /// Exceptions acknowledged, one by one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<ExceptionId>,
        /// Digest of the release's material state that the signer saw.
        state: Digest,
        /// In the signer's own words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
        /// The moment of signing; none in what older programs wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signing: Option<Signing>,
    },
    /// The release went out.
    DeploymentRecorded {
        /// The release.
        release: ReleaseId,
        /// When.
        deployed_at: DateTime<Utc>,
        /// Who did it.
        deployed_by: Fingerprint,
        /// Who will verify it: somebody else.
        verified_by: Fingerprint,
        /// Log, pipeline run or ticket.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reference: String,
    },
    /// The verifier looked at the deployment.
    DeploymentVerified {
        /// The release.
        release: ReleaseId,
        /// What was seen.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The release is done.
    ReleaseClosed {
        /// The release.
        release: ReleaseId,
        /// Closing words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The program refused an action; kept because failed attempts are part of the trail.
    AttemptRefused {
        /// The release, when the attempt was about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<ReleaseId>,
        /// What was tried.
        action: String,
        /// Code of the refusal.
        code: String,
        /// The refusal in words.
        reason: String,
    },
}

impl Body {
    /// The kind as it stands in the bytes.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProjectCreated { .. } => "project-created",
            Self::EnvironmentsSet { .. } => "environments-set",
            Self::PolicySet { .. } => "policy-set",
            Self::MemberEnrolled { .. } => "member-enrolled",
            Self::MemberRemoved { .. } => "member-removed",
            Self::ChangeProposed { .. } => "change-proposed",
            Self::ChangeDecided { .. } => "change-decided",
            Self::KeyRotated { .. } => "key-rotated",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::ReleaseOpened { .. } => "release-opened",
            Self::SubjectSet { .. } => "subject-set",
            Self::CheckStarted { .. } => "check-started",
            Self::FindingRecorded { .. } => "finding-recorded",
            Self::CheckFinished { .. } => "check-finished",
            Self::ItemAttested { .. } => "item-attested",
            Self::EvidenceAttached { .. } => "evidence-attached",
            Self::ExceptionRequested { .. } => "exception-requested",
            Self::ExceptionDecided { .. } => "exception-decided",
            Self::EmergencyDeclared { .. } => "emergency-declared",
            Self::EmergencyWithdrawn { .. } => "emergency-withdrawn",
            Self::SignedOff { .. } => "signed-off",
            Self::DeploymentRecorded { .. } => "deployment-recorded",
            Self::DeploymentVerified { .. } => "deployment-verified",
            Self::ReleaseClosed { .. } => "release-closed",
            Self::AttemptRefused { .. } => "attempt-refused",
        }
    }

    /// The release it is about, when it is about one.
    #[must_use]
    pub fn release(&self) -> Option<&ReleaseId> {
        match self {
            Self::ProjectCreated { .. }
            | Self::EnvironmentsSet { .. }
            | Self::PolicySet { .. }
            | Self::MemberEnrolled { .. }
            | Self::MemberRemoved { .. }
            | Self::ChangeProposed { .. }
            | Self::ChangeDecided { .. }
            | Self::KeyRotated { .. }
            | Self::KeyRevoked { .. } => None,
            Self::AttemptRefused { release, .. } => release.as_ref(),
            Self::ReleaseOpened { release, .. }
            | Self::SubjectSet { release, .. }
            | Self::CheckStarted { release, .. }
            | Self::FindingRecorded { release, .. }
            | Self::CheckFinished { release, .. }
            | Self::ItemAttested { release, .. }
            | Self::EvidenceAttached { release, .. }
            | Self::ExceptionRequested { release, .. }
            | Self::ExceptionDecided { release, .. }
            | Self::EmergencyDeclared { release, .. }
            | Self::EmergencyWithdrawn { release, .. }
            | Self::SignedOff { release, .. }
            | Self::DeploymentRecorded { release, .. }
            | Self::DeploymentVerified { release, .. }
            | Self::ReleaseClosed { release, .. } => Some(release),
        }
    }
}
