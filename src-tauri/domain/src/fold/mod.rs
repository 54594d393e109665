//! Events in, state out. Total: every event is taken in one fixed order, and one whose
//! author had no right to it is kept as refused and changes nothing. The same rules tell a
//! person beforehand whether an action would be refused.

mod deployment;
mod emergency;
mod exception;
mod item;
mod key;
mod order;
mod project;
mod proposal;
mod release;
mod roster;
mod signoff;

#[cfg(test)]
mod stories;

pub use self::order::{order, order_of};
pub use self::signoff::may_approve;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Body, Envelope, Event, ProposedChange};
use crate::id::{Digest, EventId, Fingerprint, ReleaseId};
use crate::material::Material;
use crate::member::{Member, Role};
use crate::refusal::Refusal;
use crate::state::{Project, Release, Stale, Stamp, TrailEntry};
use crate::template::Template;

/// The templates that releases may pin, by the SHA-256 of their files.
pub type Templates = BTreeMap<Digest, Arc<Template>>;

/// A project as its events make it.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    templates: Templates,
    project: Option<Project>,
    heads: BTreeSet<EventId>,
    times: HashMap<EventId, DateTime<Utc>>,
    trail: Vec<TrailEntry>,
}

/// Longest text of a name or a heading, in characters.
const MAX_NAME: usize = 200;
/// Longest text of a note or a reason, in characters.
const MAX_NOTE: usize = 4_000;

impl Fold {
    /// Nothing yet; `templates` are those that releases may pin.
    #[must_use]
    pub fn new(templates: Templates) -> Self {
        Self { templates, ..Self::default() }
    }

    /// The fold of `events`, in whatever order they come.
    #[must_use]
    pub fn of(templates: Templates, events: Vec<Event>) -> Self {
        Self::of_shared(templates, events.into_iter().map(Arc::new).collect())
    }

    /// As [`Fold::of`], for events that others hold too.
    #[must_use]
    pub fn of_shared(templates: Templates, events: Vec<Arc<Event>>) -> Self {
        let mut fold = Self::new(templates);
        for event in order(events) {
            fold.push(event);
        }
        fold
    }

    /// Makes a template known to events that come later.
    pub fn know(&mut self, digest: Digest, template: Arc<Template>) {
        self.templates.insert(digest, template);
    }

    /// Whether an event of that id was taken.
    #[must_use]
    pub fn knows(&self, id: &EventId) -> bool {
        self.times.contains_key(id)
    }

    /// The fold of the same events and templates, taken in the fixed order.
    #[must_use]
    pub fn refolded(&self) -> Self {
        let events = self.trail.iter().map(|entry| Arc::clone(&entry.event)).collect();
        Self::of_shared(self.templates.clone(), events)
    }

    /// The project, once its first event was taken.
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// The events that no other event builds on: the parents of the next one.
    #[must_use]
    pub fn heads(&self) -> &BTreeSet<EventId> {
        &self.heads
    }

    /// The latest time among the heads; the next event must not be older.
    #[must_use]
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        self.heads.iter().filter_map(|head| self.times.get(head)).max().copied()
    }

    /// Every event in the order it was taken.
    #[must_use]
    pub fn trail(&self) -> &[TrailEntry] {
        &self.trail
    }

    /// Whether `event` comes last in the fixed order, so that `push` gives the same state
    /// as folding everything anew.
    #[must_use]
    pub fn is_next(&self, event: &Event) -> bool {
        self.heads.iter().all(|head| event.envelope().parents.contains(head))
    }

    /// Whether `event` would be refused, and why, without taking it.
    ///
    /// # Errors
    /// The [`Refusal`] that taking it would record.
    pub fn try_event(&self, event: &Event) -> Result<(), Refusal> {
        if let Some(earlier) = self.earlier(event) {
            return earlier.refused.clone().map_or(Ok(()), Err);
        }
        // The state is small (one project) and this runs once for an action of a person.
        let mut trial = Self {
            templates: self.templates.clone(),
            project: self.project.clone(),
            heads: self.heads.clone(),
            times: event
                .envelope()
                .parents
                .iter()
                .filter_map(|id| self.times.get(id).map(|at| (id.clone(), *at)))
                .collect(),
            trail: Vec::new(),
        };
        trial.take(event)
    }

    /// Whether an event of this envelope would be refused once it is signed.
    ///
    /// # Errors
    /// As [`Fold::try_event`].
    pub fn try_envelope(&self, envelope: Envelope) -> Result<(), Refusal> {
        self.try_event(&Event::draft(envelope))
    }

    /// Takes `event` only if it is not refused; otherwise nothing changes and nothing is kept.
    ///
    /// # Errors
    /// The [`Refusal`] that [`Fold::push`] would record.
    pub fn admit(&mut self, event: impl Into<Arc<Event>>) -> Result<(), Refusal> {
        let event = event.into();
        if let Some(earlier) = self.earlier(&event) {
            return earlier.refused.clone().map_or(Ok(()), Err);
        }
        let by = self.author(&event);
        self.take(&event)?;
        self.keep(event, by, None);
        Ok(())
    }

    /// Takes one event. A refused one is kept in the trail and changes nothing else; one
    /// that was taken before changes nothing at all.
    pub fn push(&mut self, event: impl Into<Arc<Event>>) -> Option<&Refusal> {
        let event = event.into();
        if self.knows(event.id()) {
            return self.earlier(&event).and_then(|entry| entry.refused.as_ref());
        }
        let by = self.author(&event);
        let refused = self.take(&event).err();
        self.keep(event, by, refused);
        self.trail.last().and_then(|entry| entry.refused.as_ref())
    }

    fn earlier(&self, event: &Event) -> Option<&TrailEntry> {
        if !self.knows(event.id()) {
            return None;
        }
        self.trail.iter().rev().find(|entry| entry.event.id() == event.id())
    }

    fn author(&self, event: &Event) -> Option<Arc<Member>> {
        self.project.as_ref()?.members.get(&event.envelope().author).cloned()
    }

    /// Puts the event into the trail. `by` is its author on the roster from before it was
    /// taken; the founder stands there only afterwards.
    fn keep(&mut self, event: Arc<Event>, by: Option<Arc<Member>>, refused: Option<Refusal>) {
        let by = by.or_else(|| self.author(&event));
        self.times.insert(event.id().clone(), event.envelope().at);
        // In this order the set is never empty, so that one line of events allocates nothing.
        self.heads.insert(event.id().clone());
        for parent in &event.envelope().parents {
            self.heads.remove(parent);
        }
        self.trail.push(TrailEntry { event, by, refused });
    }

    fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        let envelope = event.envelope();
        for parent in &envelope.parents {
            let parent_at = *self.times.get(parent).ok_or(Refusal::MissingParent)?;
            if envelope.at < parent_at {
                return Err(Refusal::TimeBackwards { at: envelope.at, parent: parent_at });
            }
        }
        let Some(project) = self.project.as_mut() else {
            self.project = Some(project::create(event)?);
            return Ok(());
        };
        if envelope.project != project.id {
            return Err(Refusal::OtherProject);
        }
        // Without parents it could claim any time; only the first event has none.
        if envelope.parents.is_empty() && !matches!(envelope.body, Body::ProjectCreated { .. }) {
            return Err(Refusal::MissingParent);
        }
        key::in_use(project, &envelope.author)?;
        let by = project
            .members
            .get(&envelope.author)
            .cloned()
            .ok_or_else(|| Refusal::NotAMember(envelope.author.clone()))?;
        let stamp = Stamp { event: event.id().clone(), at: envelope.at, by };
        let sees_all = self.heads.iter().all(|head| envelope.parents.contains(head));
        apply(project, &self.templates, &stamp, &envelope.body, sees_all)?;
        if let Some(release) = envelope.body.release().and_then(|id| project.releases.get_mut(id)) {
            release.changed_at = release.changed_at.max(envelope.at);
        }
        mark_stale(project, &stamp);
        Ok(())
    }
}

/// Checks and changes; on `Err` nothing has changed.
fn apply(
    project: &mut Project,
    templates: &Templates,
    stamp: &Stamp,
    body: &Body,
    sees_all: bool,
) -> Result<(), Refusal> {
    match body {
        Body::ProjectCreated { .. } => Err(Refusal::ProjectExists),
        Body::EnvironmentsSet { environments } => {
            project::set_environments(project, stamp, environments)
        }
        Body::PolicySet { policy } => {
            let change = ProposedChange::SetPolicy { policy: policy.clone() };
            roster::decree(project, stamp, &change, sees_all)
        }
        Body::MemberEnrolled { member } => {
            let change = ProposedChange::EnrollMember { member: member.clone() };
            roster::decree(project, stamp, &change, sees_all)
        }
        Body::MemberRemoved { member } => {
            let change = ProposedChange::RemoveMember { member: member.clone() };
            roster::decree(project, stamp, &change, sees_all)
        }
        Body::ChangeProposed { change, note } => {
            proposal::propose(project, stamp, change, note, sees_all)
        }
        Body::ChangeDecided { proposal, role, verdict, note } => {
            proposal::decide(project, stamp, proposal, *role, *verdict, note)
        }
        Body::KeyRotated { key, public_key, proof } => {
            key::rotate(project, stamp, key, public_key, proof)
        }
        Body::KeyRevoked { member, reason, since } => {
            key::revoke(project, stamp, member, reason, *since, sees_all)
        }
        Body::ReleaseOpened { .. } => release::open(project, templates, stamp, body),
        Body::SubjectSet { release, subject } => {
            release::set_subject(project, stamp, release, subject)
        }
        Body::CheckStarted { release, run, items } => {
            release::start_check(project, stamp, release, run, items)
        }
        Body::FindingRecorded { release, run, item, slot, finding } => {
            item::record(project, stamp, release, run, item, *slot, finding)
        }
        Body::CheckFinished { release, run, cancelled } => {
            release::finish_check(project, stamp, release, run, *cancelled)
        }
        Body::ItemAttested { release, item, tick, note } => {
            item::attest(project, stamp, release, item, *tick, note)
        }
        Body::EvidenceAttached { release, item, evidence } => {
            item::attach(project, stamp, release, item, evidence)
        }
        Body::ExceptionRequested { .. } => exception::request(project, stamp, body),
        Body::ExceptionDecided { release, exception, verdict, note } => {
            exception::decide(project, stamp, release, exception, *verdict, note)
        }
        Body::EmergencyDeclared { release, reason } => {
            emergency::declare(project, stamp, release, reason)
        }
        Body::EmergencyWithdrawn { release, reason } => {
            emergency::withdraw(project, stamp, release, reason)
        }
        Body::SignedOff { .. } => signoff::sign(project, stamp, body, sees_all),
        Body::DeploymentRecorded { .. } => deployment::record(project, stamp, body),
        Body::DeploymentVerified { release, note } => {
            deployment::verify(project, stamp, release, note)
        }
        Body::ReleaseClosed { release, note } => deployment::close(project, stamp, release, note),
        Body::AttemptRefused { .. } => Ok(()),
    }
}

/// Compares every approval with what there is now. Computed after each event, so that no
/// code that changes something can forget it.
fn mark_stale(project: &mut Project, stamp: &Stamp) {
    let ids: Vec<ReleaseId> = project
        .releases
        .values()
        // Once it went out, what was approved is a record: nothing later touches it.
        .filter(|release| release.deployment.is_none() && release.closed.is_none())
        .filter(|release| release.signoff_history.iter().any(|word| word.stale.is_none()))
        .map(|release| release.id.clone())
        .collect();
    for id in ids {
        let Some(now) = project.releases.get(&id).map(|release| Material::of(project, release))
        else {
            continue;
        };
        let Some(release) = project.releases.get_mut(&id) else { continue };
        let words = release.signoff_history.iter_mut();
        for signoff in words.filter(|signoff| signoff.stale.is_none() && *signoff.covers != now) {
            let changes = signoff.covers.differences(&now);
            signoff.stale = Some(Stale { event: stamp.event.clone(), at: stamp.at, changes });
        }
    }
}

/// The release, unless it is closed.
fn open_release<'a>(project: &'a mut Project, id: &ReleaseId) -> Result<&'a mut Release, Refusal> {
    let release =
        project.releases.get_mut(id).ok_or_else(|| Refusal::UnknownRelease(id.clone()))?;
    if release.closed.is_some() {
        return Err(Refusal::Closed);
    }
    Ok(release)
}

fn needs(member: &Member, roles: &[Role]) -> Result<(), Refusal> {
    if roles.iter().any(|role| member.holds(*role)) {
        return Ok(());
    }
    let needs = roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" or ");
    Err(Refusal::NotAuthorised { name: member.name.clone(), needs })
}

/// Anybody who works on a release, which an auditor does not.
fn works(member: &Member) -> Result<(), Refusal> {
    needs(member, &[Role::Security, Role::Devops, Role::Management, Role::Admin])
}

fn text(field: &'static str, value: &str, max: usize) -> Result<(), Refusal> {
    let length = value.trim().chars().count();
    if (1..=max).contains(&length) { Ok(()) } else { Err(Refusal::Text { field, max }) }
}

fn optional_text(field: &'static str, value: &str) -> Result<(), Refusal> {
    if value.is_empty() { Ok(()) } else { text(field, value, MAX_NOTE) }
}

/// The member with that key, or with one that took its place: whoever named the old one may
/// not have known of it.
fn known_member(project: &Project, key: &Fingerprint) -> Result<Member, Refusal> {
    project
        .members
        .get(project.last_key(key))
        .map(|known| Member::clone(known))
        .ok_or_else(|| Refusal::UnknownMember(key.clone()))
}
