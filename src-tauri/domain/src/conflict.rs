//! What two people decided about one thing without knowing of each other. The fold takes
//! both in its fixed order, so every machine shows the same one as the last word; here it is
//! told that there was another, until somebody who knows both decides again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::event::{Body, Decision, Subject, Tick, Verdict};
use crate::fold::Fold;
use crate::id::{EventId, ExceptionId, ItemId, ReleaseId};
use crate::member::Role;
use crate::refusal::Refusal;
use crate::state::TrailEntry;

/// What was decided about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// Whether an item holds.
    Item(ItemId),
    /// Whether an exception is approved.
    Exception(ExceptionId),
    /// Whether a role signs.
    SignOff(Role),
    /// What goes out.
    Subject,
}

/// Decisions about one matter, none of which knew of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The release.
    pub release: ReleaseId,
    /// What about.
    pub matter: Matter,
    /// The events, in the fold's order; the last one that was not refused counts.
    pub events: Vec<EventId>,
}

/// What an event decides, for comparing: who agrees is in no conflict.
#[derive(Debug, PartialEq)]
enum Choice<'a> {
    Tick(Tick, &'a str),
    Verdict(Verdict),
    SignOff(Decision),
    Subject(&'a Subject),
}

/// Every conflict that nobody has settled yet, in order of release and matter.
#[must_use]
pub fn open(fold: &Fold) -> Vec<Conflict> {
    let trail = fold.trail();
    if !has_forks(trail) {
        return Vec::new();
    }
    let mut matters: BTreeMap<(ReleaseId, Matter), Vec<usize>> = BTreeMap::new();
    for (place, entry) in trail.iter().enumerate() {
        let decided = matches!(entry.refused, Some(Refusal::Decided(_)));
        if entry.refused.is_some() && !decided {
            continue;
        }
        if let Some((release, matter, _)) = decision(&entry.event.envelope().body) {
            matters.entry((release.clone(), matter)).or_default().push(place);
        }
    }
    let places: HashMap<_, _> =
        trail.iter().enumerate().map(|(place, entry)| (entry.event.id(), place)).collect();
    let unsettled = |places_of: &[usize]| {
        let known: Vec<_> = places_of.iter().map(|of| before(trail, &places, *of)).collect();
        let last: Vec<usize> = places_of
            .iter()
            .copied()
            .filter(|place| !known.iter().any(|known| known.contains(place)))
            .collect();
        let choice = |place: &usize| decision(&trail[*place].event.envelope().body).map(|d| d.2);
        let first = last.first().map(choice);
        let differ = last.iter().map(choice).any(|other| Some(other) != first);
        differ.then_some(last)
    };
    let conflict = |((release, matter), found): (_, Vec<usize>)| {
        if found.len() < 2 {
            return None;
        }
        let events = unsettled(&found)?.into_iter().map(|place| trail[place].event.id().clone());
        Some(Conflict { release, matter, events: events.collect() })
    };
    matters.into_iter().filter_map(conflict).collect()
}

fn decision(body: &Body) -> Option<(&ReleaseId, Matter, Choice<'_>)> {
    Some(match body {
        Body::ItemAttested { release, item, tick, note } => {
            (release, Matter::Item(item.clone()), Choice::Tick(*tick, note))
        }
        Body::ExceptionDecided { release, exception, verdict, .. } => {
            (release, Matter::Exception(exception.clone()), Choice::Verdict(*verdict))
        }
        Body::SignedOff { release, role, decision, .. } => {
            (release, Matter::SignOff(*role), Choice::SignOff(*decision))
        }
        Body::SubjectSet { release, subject } => {
            (release, Matter::Subject, Choice::Subject(subject))
        }
        _ => return None,
    })
}

/// Whether any event did not know of all that stood before it. One person alone makes none.
pub(crate) fn has_forks(trail: &[TrailEntry]) -> bool {
    let mut heads: BTreeSet<&EventId> = BTreeSet::new();
    trail.iter().any(|entry| {
        let parents = &entry.event.envelope().parents;
        let fork = heads.iter().any(|head| !parents.contains(head));
        for parent in parents {
            heads.remove(parent);
        }
        heads.insert(entry.event.id());
        fork
    })
}

/// The places of all events that the one at `of` builds on.
pub(crate) fn before(
    trail: &[TrailEntry],
    places: &HashMap<&EventId, usize>,
    of: usize,
) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mut left = vec![of];
    while let Some(place) = left.pop() {
        let parents = trail[place].event.envelope().parents.iter();
        let parents = parents.filter_map(|parent| places.get(parent).copied());
        left.extend(parents.filter(|parent| seen.insert(*parent)));
    }
    seen
}
