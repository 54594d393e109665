//! One release as its events make it: items, exceptions, signatures, the deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Stamp;
use crate::event::{Decision, Evidence, Signing, Subject, Tick, Verdict};
use crate::finding::Finding;
use crate::id::{Digest, EventId, ExceptionId, ItemId, ReleaseId, RunId};
use crate::material::{Difference, Material};
use crate::member::{Member, Role};
use crate::template::Template;

/// One planned deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The version that goes out.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// SHA-256 of the template's file.
    pub template_digest: Digest,
    /// The pinned template.
    pub template: Arc<Template>,
    /// What goes out.
    pub subject: Subject,
    /// When the deployment is planned.
    pub planned_for: Option<DateTime<Utc>>,
    /// Who opened it.
    pub opened: Stamp,
    /// What is known of each item.
    pub items: BTreeMap<ItemId, ItemRecord>,
    /// Every exception ever asked for.
    pub exceptions: BTreeMap<ExceptionId, Exception>,
    /// Every word of every role, oldest first.
    pub signoff_history: Vec<Signoff>,
    /// Set while the release is to go out as an emergency.
    pub emergency: Option<Emergency>,
    /// Check runs, oldest first.
    pub runs: Vec<Run>,
    /// The deployment.
    pub deployment: Option<Deployment>,
    /// Who closed it, and the closing words.
    pub closed: Option<(Stamp, String)>,
    /// When something last happened.
    pub changed_at: DateTime<Utc>,
}

impl Release {
    /// The latest word of `role`.
    #[must_use]
    pub fn latest(&self, role: Role) -> Option<&Signoff> {
        self.signoff_history.iter().rev().find(|word| word.role == role)
    }

    /// The words that count where `people` must sign for `role`: the latest ones of as many
    /// people as spoke last for it, newest first.
    #[must_use]
    pub fn counting(&self, role: Role, people: usize) -> Vec<&Signoff> {
        let mut words: Vec<&Signoff> = Vec::new();
        for word in self.signoff_history.iter().rev().filter(|word| word.role == role) {
            if words.len() == people {
                break;
            }
            if !words.iter().any(|known| known.stamp.by.is_same_person(&word.stamp.by)) {
                words.push(word);
            }
        }
        words
    }
}

/// A release that is to go out with fewer signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// Who declared it, and when.
    pub declared: Stamp,
    /// Why it cannot wait.
    pub reason: String,
}

/// What an emergency leaves to be signed after the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// One entry for each signature that was not there.
    pub roles: Vec<Role>,
    /// When they are due.
    pub due: DateTime<Utc>,
    /// Those given since: an approval or a refusal, each by another person.
    pub reviews: Vec<Signoff>,
}

impl Owed {
    /// One entry for each signature that is still owed.
    #[must_use]
    pub fn open(&self) -> Vec<Role> {
        let mut open = self.roles.clone();
        for review in &self.reviews {
            if let Some(place) = open.iter().position(|role| *role == review.role) {
                open.remove(place);
            }
        }
        open
    }
}

/// What is known of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemRecord {
    /// The latest finding of each probe, by its place among the item's probes.
    pub findings: BTreeMap<u32, (Stamp, Finding)>,
    /// The latest word of a person.
    pub tick: Option<(Stamp, Tick, String)>,
    /// Files, oldest first.
    pub evidence: Vec<(Stamp, Evidence)>,
    /// Every change, oldest first.
    pub history: Vec<Change>,
}

/// One change of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Who, when, by which event.
    pub stamp: Stamp,
    /// `verdict`, `tick`, `evidence` or `exception`.
    pub what: &'static str,
    /// The value before; empty at first.
    pub from: String,
    /// The value after.
    pub to: String,
    /// In the person's words.
    pub note: String,
}

/// A documented risk acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its id.
    pub id: ExceptionId,
    /// The item.
    pub item: ItemId,
    /// Why.
    pub reason: String,
    /// What holds the risk down.
    pub compensating_control: String,
    /// Who answers for closing it.
    pub owner: String,
    /// After this the item blocks again.
    pub expires_at: DateTime<Utc>,
    /// Who asked.
    pub requested: Stamp,
    /// Who decided, how, and in what words.
    pub decided: Option<(Stamp, Verdict, String)>,
}

impl Exception {
    /// Whether it was approved, whatever the time.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        matches!(self.decided, Some((_, Verdict::Approve, _)))
    }

    /// Whether it covers its item at `now`.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.is_approved() && now < self.expires_at
    }
}

/// One role's word on a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signoff {
    /// The role.
    pub role: Role,
    /// What was decided.
    pub decision: Decision,
    /// Who, when, by which event; the printed name is frozen here.
    pub stamp: Stamp,
    /// The sentence that was signed.
    pub meaning: String,
    /// In the signer's words.
    pub comment: String,
    /// Exceptions acknowledged.
    pub exceptions: Vec<ExceptionId>,
    /// Digest of `covers`.
    pub state: Digest,
    /// The moment of signing, as the signer's program told it.
    pub signing: Option<Signing>,
    /// What was signed.
    pub covers: Arc<Material>,
    /// Set once something that was signed has changed, and never unset: a change that is
    /// changed back was still not what the signer saw.
    pub stale: Option<Stale>,
}

/// What made a sign-off stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The event that did it.
    pub event: EventId,
    /// Its time.
    pub at: DateTime<Utc>,
    /// What it changed.
    pub changes: Vec<Difference>,
}

/// A check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Who started it.
    pub started: Stamp,
    /// The items looked at.
    pub items: Vec<ItemId>,
    /// Findings recorded so far.
    pub findings: u32,
    /// When it ended, and whether somebody stopped it.
    pub finished: Option<(DateTime<Utc>, bool)>,
}

/// The moment a release went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Who recorded it.
    pub recorded: Stamp,
    /// When it went out.
    pub deployed_at: DateTime<Utc>,
    /// Who did it.
    pub deployed_by: Member,
    /// Who verifies it.
    pub verified_by: Member,
    /// Log, pipeline run or ticket.
    pub reference: String,
    /// The sign-offs that were current at that moment.
    pub signoffs: Vec<Signoff>,
    /// What the emergency leaves to be signed; none where everything was signed before.
    pub owed: Option<Owed>,
    /// The verification and the verifier's words.
    pub verified: Option<(Stamp, String)>,
}
