//! The events together: one beginning, no gap, the fold's order, the heads of the record.

use std::collections::{BTreeSet, HashSet};

use countersign_domain::event::Event;
use countersign_domain::fold::order_of;
use countersign_domain::id::EventId;

use super::Report;
use super::claimed::Claimed;
use super::events::Numbered;

/// Whether the events are one unbroken ledger.
pub(super) fn check(report: &mut Report, events: &[Numbered], record: Option<&Claimed>) -> bool {
    let events_hold = report.steps.last().is_some_and(|step| step.good);
    let mut known = HashSet::with_capacity(events.len());
    let mut problems = numbering(events, &mut known);
    problems.extend(beginning(events));
    problems.extend(gaps(events, &known));
    if problems.is_empty() {
        problems.extend(places(events));
    }
    let heads = heads(events);
    problems.extend(claimed(&known, &heads, record));
    let told = format!("{} event(s), one beginning, no gap, {} head(s)", events.len(), heads.len());
    report.step("chain", problems, told) && events_hold
}

fn numbering<'a>(events: &'a [Numbered], seen: &mut HashSet<&'a EventId>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expected = 1;
    for one in events {
        if one.sequence > expected {
            let last = one.sequence - 1;
            problems.push(if last == expected {
                format!("event {expected:06} is missing")
            } else {
                format!("events {expected:06} to {last:06} are missing")
            });
        } else if one.sequence < expected {
            problems.push(format!("there are two events {:06}", one.sequence));
        }
        if !seen.insert(one.event.id()) {
            problems.push(format!("event {:06} stands in the bundle twice", one.sequence));
        }
        expected = one.sequence.saturating_add(1);
    }
    problems
}

fn beginning(events: &[Numbered]) -> Vec<String> {
    let without: Vec<_> = events
        .iter()
        .filter(|one| one.event.envelope().parents.is_empty())
        .map(|one| format!("{:06}", one.sequence))
        .collect();
    match without.len() {
        1 => Vec::new(),
        0 => vec!["the first event of the ledger is missing".into()],
        _ => vec![format!("events {} all claim to be the first", without.join(", "))],
    }
}

fn gaps(events: &[Numbered], known: &HashSet<&EventId>) -> Vec<String> {
    let mut problems = Vec::new();
    for one in events {
        for parent in one.event.envelope().parents.iter().filter(|parent| !known.contains(parent)) {
            problems.push(format!(
                "event {:06} builds on event {}, which is missing",
                one.sequence,
                parent.short()
            ));
        }
    }
    problems
}

fn places(events: &[Numbered]) -> Vec<String> {
    let all: Vec<&Event> = events.iter().map(|one| &*one.event).collect();
    order_of(&all)
        .into_iter()
        .filter_map(|place| all.get(place))
        .zip(events)
        .filter(|(expected, one)| expected.id() != one.event.id())
        .map(|(expected, one)| {
            format!(
                "event {:06} ({}) stands in the place of event {}: events were moved",
                one.sequence,
                one.event.id().short(),
                expected.id().short()
            )
        })
        .collect()
}

fn heads(events: &[Numbered]) -> BTreeSet<EventId> {
    let parents: HashSet<_> =
        events.iter().flat_map(|one| one.event.envelope().parents.iter()).collect();
    events.iter().map(|one| one.event.id()).filter(|id| !parents.contains(id)).cloned().collect()
}

fn claimed(
    known: &HashSet<&EventId>,
    heads: &BTreeSet<EventId>,
    record: Option<&Claimed>,
) -> Vec<String> {
    let Some(record) = record else { return Vec::new() };
    let claimed: BTreeSet<_> = record.heads.iter().map(String::as_str).collect();
    let actual: BTreeSet<_> = heads.iter().map(EventId::as_str).collect();
    let mut problems = Vec::new();
    for head in claimed.difference(&actual) {
        let short: String = head.chars().take(12).collect();
        problems.push(if EventId::parse(head).is_ok_and(|head| known.contains(&head)) {
            format!("record.json names {short} as a head, but later events build on it")
        } else {
            format!("record.json names {short} as a head, which is missing: the end was cut off")
        });
    }
    for head in actual.difference(&claimed) {
        let short: String = head.chars().take(12).collect();
        problems.push(format!("event {short} is a head that record.json does not name"));
    }
    problems
}
