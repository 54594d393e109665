//! Whether events from elsewhere would rewrite the roster from behind. The fold's order is by
//! time among those who did not know of each other, and a time is only what its signer says:
//! an admin could build on an old event, date it early, and fill a role before it was held.
//! No fold can tell that from somebody who was away. Whoever already knows the later changes
//! can, so this is asked before a merge.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::event::{Body, Event};
use crate::fold::Fold;
use crate::id::EventId;
use crate::member::ChangeRule;
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

/// The first change of the roster or of the policy that stands otherwise in `after` than in
/// `before`, and was not made in knowledge of what stands there. Nothing where an admin
/// decides alone, who needs no detour. A replaced or revoked key gives nobody a right.
#[must_use]
pub fn rewrite(before: &Fold, after: &Fold) -> Option<Rewrite> {
    before.project().filter(|project| project.policy.changes == ChangeRule::Roles)?;
    let (here, then) = (made(before), made(after));
    if let Some(id) = here.keys().find(|id| !then.contains_key(*id)) {
        return Some(Rewrite::Undone(id.clone()));
    }
    let events: HashMap<&EventId, &Arc<Event>> =
        after.trail().iter().map(|entry| (entry.event.id(), &entry.event)).collect();
    let known: Vec<&EventId> = here.values().map(|change| &change.by).collect();
    let aware = |event: &EventId| {
        let seen = before_it(&events, event);
        known.iter().all(|id| seen.contains(*id))
    };
    let from_behind = |change: &Made| {
        let news: Vec<_> = change.decided.iter().filter(|id| !before.knows(id)).collect();
        news.is_empty() || !news.into_iter().all(aware)
    };
    let mut others = then.iter().filter(|(id, _)| !here.contains_key(*id));
    let (id, _) = others.find(|(_, change)| from_behind(change))?;
    Some(Rewrite::Unaware(id.clone()))
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
