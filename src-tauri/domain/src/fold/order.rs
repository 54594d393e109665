//! The one order in which a fold takes events, whichever way they came: parents first, ties
//! by time, then by id. It is found over references, so that nothing is copied to compare.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::event::Event;
use crate::id::EventId;

/// The fixed order of the fold: parents first, ties by time, then by id. Events that lack a
/// parent, and those that build on them, come last in the same manner. An event that is
/// there twice comes once.
#[must_use]
pub fn order<E: AsRef<Event>>(events: Vec<E>) -> Vec<E> {
    let places = order_of(&events.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let mut events: Vec<_> = events.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| events.get_mut(place)?.take()).collect()
}

/// The same order as places in `events`.
#[must_use]
pub fn order_of(events: &[&Event]) -> Vec<usize> {
    if is_one_line(events) {
        return (0..events.len()).collect();
    }
    let mut left: HashMap<&EventId, usize> =
        events.iter().enumerate().map(|(place, event)| (event.id(), place)).collect();
    let mut out = parents_first(events, &mut left, |_, _| true);
    out.extend(parents_first(events, &mut left, |parent, left| left.contains_key(parent)));
    // Nothing is left unless two events name each other, for which SHA-256 would have to fail.
    let mut rest: Vec<_> = left.into_values().collect();
    rest.sort_unstable();
    out.extend(rest);
    out
}

/// Whether each event builds on the one before it, the first on none: such events have no
/// other order in which parents come first. (An event cannot name a later one, whose id
/// depends on its own.)
fn is_one_line(events: &[&Event]) -> bool {
    events.first().is_none_or(|first| first.envelope().parents.is_empty())
        && events.windows(2).all(|pair| pair[1].envelope().parents.contains(pair[0].id()))
}

/// Sorts those of `left` all of whose parents that `count` come before them, and takes them
/// out of it.
fn parents_first<'a>(
    events: &[&'a Event],
    left: &mut HashMap<&'a EventId, usize>,
    count: impl Fn(&EventId, &HashMap<&EventId, usize>) -> bool,
) -> Vec<usize> {
    let mut waiting = vec![0_usize; events.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); events.len()];
    let mut ready = BinaryHeap::new();
    let key = |place: usize| events.get(place).map(|event| (event.envelope().at, event.id()));
    for (id, place) in &*left {
        let Some(event) = events.get(*place) else { continue };
        let parents = &event.envelope().parents;
        for (nth, parent) in parents.iter().enumerate() {
            if !count(parent, left) || parents[..nth].contains(parent) {
                continue;
            }
            waiting[*place] += 1;
            if let Some(before) = left.get(parent) {
                children[*before].push(*place);
            }
        }
        if waiting[*place] == 0 {
            ready.push(Reverse((event.envelope().at, *id, *place)));
        }
    }
    let mut out = Vec::with_capacity(left.len());
    while let Some(Reverse((_, id, place))) = ready.pop() {
        for child in std::mem::take(&mut children[place]) {
            waiting[child] -= 1;
            if let (0, Some((at, id))) = (waiting[child], key(child)) {
                ready.push(Reverse((at, id, child)));
            }
        }
        left.remove(id);
        out.push(place);
    }
    out
}
