//! What a fold makes of the events: a project with its releases. Plain data; the rules
//! that change it are in `fold`, those that read it in `standing`, `gate` and `score`.

mod release;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::environment::Environment;
use crate::event::{Event, ProposedChange};
use crate::id::{EventId, Fingerprint, ProjectId, ReleaseId};
use crate::member::{Member, Policy, Role};
use crate::refusal::Refusal;

pub use release::{
    Change, Deployment, Emergency, Exception, ItemRecord, Owed, Release, Run, Signoff, Stale,
};

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
