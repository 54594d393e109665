//! Whether events from elsewhere would rewrite the roster from behind. The fold's order is by
//! time among those who did not know of each other, and a time is only what its signer says:
//! an admin could build on an old event, date it early, and fill a role before it was held.
//! No fold can tell that from somebody who was away. Whoever already knows the later changes
//! can, so this is asked before a merge.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::conflict::{before, has_forks};
use crate::event::{Body, Event};
use crate::fold::Fold;
use crate::id::EventId;
use crate::member::ChangeRule;
use crate::refusal::Refusal;
use crate::state::Ending;

/// A change of the roster or of the policy that a merge would bring about from behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// It was made here, and would be undone.
    Undone(EventId),
    /// It is new, and was made without knowing what was changed here.
    Unaware(EventId),
}

impl Rewrite {
    /// The event that made or proposed the change.
    #[must_use]
    pub fn event(&self) -> &EventId {
        match self {
            Self::Undone(event) | Self::Unaware(event) => event,
        }
    }
}

/// A change that was made.
struct Made {
    /// The event with which it took effect.
    by: EventId,
    /// The events that decided it.
    decided: Vec<EventId>,
}

/// The first change of the roster or of the policy that stands otherwise in `then` than in
/// `here`, and was not made in knowledge of what stands there. Nothing where an admin
/// decides alone, who needs no detour. A replaced or revoked key gives nobody a right.
#[must_use]
pub fn rewrite(here: &Fold, then: &Fold) -> Option<Rewrite> {
    here.project().filter(|project| project.policy.changes == ChangeRule::Roles)?;
    let (now, next) = (made(here), made(then));
    if let Some(id) = now.keys().find(|id| !next.contains_key(*id)) {
        return Some(Rewrite::Undone(id.clone()));
    }
    let events: HashMap<&EventId, &Arc<Event>> =
        then.trail().iter().map(|entry| (entry.event.id(), &entry.event)).collect();
    let known: Vec<&EventId> = now.values().map(|change| &change.by).collect();
    let aware = |event: &EventId| {
        let seen = before_it(&events, event);
        known.iter().all(|id| seen.contains(*id))
    };
    let from_behind = |change: &Made| {
        let news: Vec<_> = change.decided.iter().filter(|id| !here.knows(id)).collect();
        news.is_empty() || !news.into_iter().all(aware)
    };
    let mut others = next.iter().filter(|(id, _)| !now.contains_key(*id));
    let (id, _) = others.find(|(_, change)| from_behind(change))?;
    Some(Rewrite::Unaware(id.clone()))
}

/// The changes of roster and policy that were made, or wanted, without knowing of another one
/// that did not know of them either, in the fold's order: which of them came first is only
/// what their signers say. Whoever did not see them come in should ask.
#[must_use]
pub fn apart(fold: &Fold) -> Vec<EventId> {
    let trail = fold.trail();
    let guarded = fold.project().is_some_and(|known| known.policy.changes == ChangeRule::Roles);
    if !guarded || !has_forks(trail) {
        return Vec::new();
    }
    let ids = trail.iter().enumerate();
    let places: HashMap<&EventId, usize> =
        ids.map(|(place, entry)| (entry.event.id(), place)).collect();
    let wanted =
        trail.iter().filter(|entry| matches!(entry.refused, Some(Refusal::ConsentMissing { .. })));
    let made = made(fold).into_values().map(|change| change.by);
    let all = made.chain(wanted.map(|entry| entry.event.id().clone()));
    let changes: BTreeSet<usize> = all.filter_map(|id| places.get(&id).copied()).collect();
    let known: Vec<(usize, HashSet<usize>)> =
        changes.iter().map(|place| (*place, before(trail, &places, *place))).collect();
    let is_apart = |(place, seen): &&(usize, HashSet<usize>)| {
        known.iter().any(|(other, theirs)| {
            other != place && !seen.contains(other) && !theirs.contains(place)
        })
    };
    known.iter().filter(is_apart).map(|(place, _)| trail[*place].event.id().clone()).collect()
}

/// Every change that was made, by the event that did or proposed it.
fn made(fold: &Fold) -> BTreeMap<EventId, Made> {
    let decrees = fold.trail().iter().filter(|entry| {
        let body = &entry.event.envelope().body;
        let decree = matches!(
            body,
            Body::MemberEnrolled { .. } | Body::MemberRemoved { .. } | Body::PolicySet { .. }
        );
        decree && entry.refused.is_none()
    });
    let decrees = decrees.map(|entry| {
        let id = entry.event.id().clone();
        (id.clone(), Made { by: id.clone(), decided: vec![id] })
    });
    let proposals = fold.project().into_iter().flat_map(|project| &project.proposals);
    let consented = proposals.filter_map(|(id, proposal)| {
        let ended = proposal.ended.as_ref().filter(|ended| ended.how == Ending::Made)?;
        let by = ended.stamp.event.clone();
        let mut decided: Vec<_> =
            proposal.approvals.iter().map(|(stamp, ..)| stamp.event.clone()).collect();
        if decided.is_empty() {
            decided.push(by.clone());
        }
        Some((id.clone(), Made { by, decided }))
    });
    decrees.chain(consented).collect()
}

/// The event and all that it builds on.
fn before_it<'a>(
    events: &HashMap<&'a EventId, &'a Arc<Event>>,
    event: &'a EventId,
) -> HashSet<&'a EventId> {
    let mut seen = HashSet::new();
    let mut left = vec![event];
    while let Some(id) = left.pop() {
        if seen.insert(id) {
            let found = events.get(id);
            left.extend(found.into_iter().flat_map(|event| &event.envelope().parents));
        }
    }
    seen
}
