//! What a fold makes of the events: a project with its releases. Plain data; the rules
//! that change it are in `fold`, those that read it in `standing`, `gate` and `score`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::environment::Environment;
use crate::event::{Decision, Event, Evidence, ProposedChange, Signing, Subject, Tick, Verdict};
use crate::finding::Finding;
use crate::id::{Digest, EventId, ExceptionId, Fingerprint, ItemId, ProjectId, ReleaseId, RunId};
use crate::material::{Difference, Material};
use crate::member::{Member, Policy, Role};
use crate::refusal::Refusal;
use crate::template::Template;

/// Who did something, when, by which event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The event.
    pub event: EventId,
    /// When, by the author's clock.
    pub at: DateTime<Utc>,
    /// The author as the roster had them at that moment.
    pub by: Arc<Member>,
}

/// A system that is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub environments: Vec<Environment>,
    /// What a release needs.
    pub policy: Policy,
    /// Those who may act, by key.
    pub members: BTreeMap<Fingerprint, Arc<Member>>,
    /// Roles that somebody holds or ever held.
    pub held: BTreeSet<Role>,
    /// Every change that was ever proposed, by the event that did.
    pub proposals: BTreeMap<EventId, Proposal>,
    /// Keys that may sign nothing more; an admin cannot put them back on the roster.
    pub retired: BTreeMap<Fingerprint, Retired>,
    /// Its releases.
    pub releases: BTreeMap<ReleaseId, Release>,
}

impl Project {
    /// The environment of that name.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }

    /// The entries that came onto the roster by a proposal to which all consented.
    pub fn entries_by_consent(&self) -> impl Iterator<Item = &Member> {
        let made = self.proposals.values().filter(|proposal| {
            proposal.ended.as_ref().is_some_and(|ended| ended.how == Ending::Made)
        });
        made.filter_map(|proposal| match &proposal.change {
            ProposedChange::EnrollMember { member } => Some(member),
            _ => None,
        })
    }

    /// The key that `key` took the place of.
    #[must_use]
    pub fn key_before(&self, key: &Fingerprint) -> Option<&Fingerprint> {
        let is_before = |known: &Retired| known.replaced.as_ref().is_some_and(|(_, by)| by == key);
        self.retired.iter().find(|(_, known)| is_before(known)).map(|(before, _)| before)
    }

    /// `key` and every one that it took the place of.
    #[must_use]
    pub fn keys_until<'a>(&'a self, key: &'a Fingerprint) -> BTreeSet<&'a Fingerprint> {
        let mut keys = BTreeSet::from([key]);
        let mut first = key;
        while let Some(before) = self.key_before(first) {
            keys.insert(before);
            first = before;
        }
        keys
    }

    /// The key that its holder has now, after replacing `key` and those that came then.
    #[must_use]
    pub fn last_key<'a>(&'a self, key: &'a Fingerprint) -> &'a Fingerprint {
        let next = |known: &'a Retired| known.replaced.as_ref().map(|(_, by)| by);
        let mut last = key;
        while let Some(by) = self.retired.get(last).and_then(next) {
            last = by;
        }
        last
    }

    /// The key with which the holder of `key` came onto the roster.
    #[must_use]
    pub fn first_key<'a>(&'a self, key: &'a Fingerprint) -> &'a Fingerprint {
        let mut first = key;
        while let Some(before) = self.key_before(first) {
            first = before;
        }
        first
    }
}

/// A change of roster or policy that waits, or waited, for the consent of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The change.
    pub change: ProposedChange,
    /// Which admin proposed it.
    pub proposed: Stamp,
    /// Why.
    pub note: String,
    /// Who consented, for which role, in what words.
    pub approvals: Vec<(Stamp, Role, String)>,
    /// What became of it.
    pub ended: Option<Ended>,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub how: Ending,
    /// Who ended it: by the last consent, or by a refusal.
    pub stamp: Stamp,
    /// In the person's words.
    pub note: String,
}

/// How a proposal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All consented, and the change was made.
    Made,
    /// A role that it needs refused.
    Rejected,
    /// An admin took it back.
    Withdrawn,
}

/// Why a key may sign nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Whose it was, as the roster had them at that moment.
    pub member: Arc<Member>,
    /// When its owner replaced it, and by which key.
    pub replaced: Option<(Stamp, Fingerprint)>,
    /// Whether it was lost or stolen.
    pub revoked: Option<Revoked>,
}

/// The word of an admin that a key was lost or stolen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Who, when, by which event.
    pub stamp: Stamp,
    /// Why.
    pub reason: String,
    /// From when on its sign-offs are in doubt.
    pub since: Option<DateTime<Utc>>,
}

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
    /// The latest word of each role.
    pub signoffs: BTreeMap<Role, Signoff>,
    /// Every word of every role, oldest first.
    pub signoff_history: Vec<Signoff>,
    /// Check runs, oldest first.
    pub runs: Vec<Run>,
    /// The deployment.
    pub deployment: Option<Deployment>,
    /// Who closed it, and the closing words.
    pub closed: Option<(Stamp, String)>,
    /// When something last happened.
    pub changed_at: DateTime<Utc>,
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
    /// The verification and the verifier's words.
    pub verified: Option<(Stamp, String)>,
}

/// One event as the fold took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    /// The event. Shared, because whoever read it may hold it too.
    pub event: Arc<Event>,
    /// Its author on the roster of that moment.
    pub by: Option<Arc<Member>>,
    /// Why it changed nothing.
    pub refused: Option<Refusal>,
}
