//! The ledger's entries. An event is what one person did at one moment, signed with that
//! person's key over RFC 8785 bytes. Its kind is open to growth; its envelope is not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::environment::Environment;
use crate::finding::Finding;
use crate::id::{Digest, EventId, ExceptionId, Fingerprint, ItemId, ProjectId, ReleaseId, RunId};
use crate::member::{Member, Policy, Role};
use crate::sshsig;

/// Version of the envelope that this program writes.
pub const ENVELOPE_VERSION: u32 = 1;

/// SSHSIG namespace of event signatures (PROTOCOL.sshsig).
pub const NAMESPACE: &str = "countersign-event-v1";

/// The largest event that is accepted, in bytes. Bulk data is stored beside the ledger.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`ENVELOPE_VERSION`].
    pub version: u32,
    /// The project whose ledger this belongs to.
    pub project: ProjectId,
    /// The heads that the author had seen. Empty only for the first event.
    pub parents: Vec<EventId>,
    /// The key that signs.
    pub author: Fingerprint,
    /// When, by the author's clock.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: Body,
}

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
            Self::ReleaseOpened { .. } => "release-opened",
            Self::SubjectSet { .. } => "subject-set",
            Self::CheckStarted { .. } => "check-started",
            Self::FindingRecorded { .. } => "finding-recorded",
            Self::CheckFinished { .. } => "check-finished",
            Self::ItemAttested { .. } => "item-attested",
            Self::EvidenceAttached { .. } => "evidence-attached",
            Self::ExceptionRequested { .. } => "exception-requested",
            Self::ExceptionDecided { .. } => "exception-decided",
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
            | Self::MemberRemoved { .. } => None,
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
            | Self::SignedOff { release, .. }
            | Self::DeploymentRecorded { release, .. }
            | Self::DeploymentVerified { release, .. }
            | Self::ReleaseClosed { release, .. } => Some(release),
        }
    }
}

/// An event as it is stored and sent: the signed bytes, and the signature over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEvent {
    /// RFC 8785 bytes of the [`Envelope`].
    pub bytes: Vec<u8>,
    /// Armored SSHSIG over `bytes` in [`NAMESPACE`].
    pub signature: String,
}

/// An event whose bytes, form and signature were checked. There is no other way to get one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    id: EventId,
    envelope: Envelope,
}

/// Why stored bytes are not a good event.
#[derive(Debug, thiserror::Error)]
pub enum BadEvent {
    /// Too large to be an event.
    #[error("event of {0} bytes: at most {MAX_EVENT_BYTES} are accepted")]
    TooLarge(usize),
    /// Not JSON of the envelope's shape.
    #[error("not an event of this version: {0}")]
    Form(#[from] serde_json::Error),
    /// Readable, but not in canonical form, so its id would be ambiguous.
    #[error("event bytes are not canonical JSON (RFC 8785)")]
    NotCanonical,
    /// Written by a newer program.
    #[error("event version {0}: this program reads version {ENVELOPE_VERSION}")]
    Version(u32),
    /// The signature is not by the stated author over these bytes.
    #[error("signature: {0}")]
    Signature(#[from] sshsig::BadSignature),
}

impl SignedEvent {
    /// SHA-256 of the bytes, whether or not they are a good event.
    #[must_use]
    pub fn id(&self) -> EventId {
        EventId::of(&self.bytes)
    }

    /// Checks size, form, canonical bytes and signature.
    ///
    /// # Errors
    /// [`BadEvent`] for the first thing that is wrong.
    pub fn verify(&self) -> Result<Event, BadEvent> {
        if self.bytes.len() > MAX_EVENT_BYTES {
            return Err(BadEvent::TooLarge(self.bytes.len()));
        }
        let envelope: Envelope = serde_json::from_slice(&self.bytes)?;
        if envelope.version != ENVELOPE_VERSION {
            return Err(BadEvent::Version(envelope.version));
        }
        if canonical::bytes(&envelope).ok().as_deref() != Some(&self.bytes) {
            return Err(BadEvent::NotCanonical);
        }
        sshsig::verify(&envelope.author, NAMESPACE, &self.bytes, &self.signature)?;
        Ok(Event { id: self.id(), envelope })
    }
}

impl Event {
    /// SHA-256 of its canonical bytes.
    #[must_use]
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// Its contents.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// An event from an envelope that nobody signed, for stories in tests of the rules.
    #[cfg(any(test, feature = "stories"))]
    #[must_use]
    pub fn unsigned(envelope: Envelope) -> Self {
        let bytes = canonical::bytes(&envelope).unwrap_or_default();
        Self { id: EventId::of(&bytes), envelope }
    }
}
