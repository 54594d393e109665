//! Each event by itself: its name, its bytes, its signature.

use std::sync::Arc;

use countersign_domain::event::Event;
use countersign_domain::fold::Fold;
use countersign_domain::sshsig::{Checker, Checkers};
use rayon::prelude::*;

use super::Report;
use crate::archive::Members;
use crate::bundle::armor;
use crate::names;

/// An event that holds, with the place that its name states.
pub(super) struct Numbered {
    pub(super) sequence: u32,
    pub(super) event: Arc<Event>,
}

/// A member among the events, and the one that comes after it: the signature, as a rule.
struct Entry<'a> {
    name: &'a str,
    bytes: &'a [u8],
    next: Option<(&'a str, &'a [u8])>,
}

/// Members that one thread takes at a time.
const BLOCK: usize = 256;
/// Members whose events are folded while those after them are checked.
const PART: usize = 8 * BLOCK;

/// The events that hold, in the order of their names. Each is folded while the signatures of
/// later ones are still being checked; the fold is worth something only if all of them hold
/// and stand in its order, which the next step finds out.
pub(super) fn check(report: &mut Report, members: &Members, fold: &mut Fold) -> Vec<Numbered> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (name, bytes) in members.range(names::EVENTS.to_owned()..) {
        if !name.starts_with(names::EVENTS) {
            break;
        }
        if let Some(last) = entries.last_mut() {
            last.next = Some((name, bytes));
        }
        entries.push(Entry { name, bytes, next: None });
    }
    let mut problems = Vec::new();
    let mut events = Vec::with_capacity(entries.len() / 2);
    let checkers = Checkers::default();
    let mut take = |found: Vec<Result<Numbered, String>>| {
        for one in found {
            match one {
                Ok(one) => {
                    if problems.is_empty() {
                        fold.push(Arc::clone(&one.event));
                    }
                    events.push(one);
                }
                Err(problem) => problems.push(problem),
            }
        }
    };
    let mut checked = Vec::new();
    for part in entries.chunks(PART) {
        let (next, ()) = rayon::join(|| look_at(members, part, &checkers), || take(checked));
        checked = next;
    }
    take(checked);
    if events.is_empty() && problems.is_empty() {
        problems.push("there are no events".to_owned());
    }
    report.step(
        "events",
        problems,
        format!("{} events, each signed by the key it names", events.len()),
    );
    events
}

fn look_at(
    members: &Members,
    part: &[Entry<'_>],
    checkers: &Checkers,
) -> Vec<Result<Numbered, String>> {
    let blocks = part.par_chunks(BLOCK).map(|block| {
        let look = |checker: &mut Checker| {
            block.iter().filter_map(|entry| look(members, entry, checker)).collect::<Vec<_>>()
        };
        checkers.lend(look)
    });
    blocks.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// An event that holds, what is wrong with a member, or nothing about a signature whose
/// event is there.
fn look(
    members: &Members,
    entry: &Entry<'_>,
    checker: &mut Checker,
) -> Option<Result<Numbered, String>> {
    let name = entry.name;
    if let Some(stem) = name.strip_suffix(".sig") {
        let signs = members.contains_key(&format!("{stem}.json"));
        return (!signs).then(|| Err(format!("{name}: the event that it signs is missing")));
    }
    Some(read(members, entry, checker))
}

fn read(members: &Members, entry: &Entry<'_>, checker: &mut Checker) -> Result<Numbered, String> {
    let name = entry.name;
    let sequence = name
        .strip_prefix(names::EVENTS)
        .and_then(|file| file.strip_suffix(".json"))
        .and_then(|stem| stem.split_once('-'))
        .and_then(|(number, _)| number.parse::<u32>().ok())
        .ok_or_else(|| format!("{name}: not the name of an event"))?;
    let told = |problem: &str| format!("event {sequence:06} ({name}): {problem}");
    let signature = signature(members, entry).ok_or_else(|| told("its signature is missing"))?;
    let signature =
        std::str::from_utf8(signature).map_err(|_| told("its signature is not text"))?;
    let (event, plain) = Event::verified(entry.bytes, signature, checker)
        .map_err(|error| told(&error.to_string()))?;
    if names::event(sequence, event.id()) != name {
        return Err(told(&format!("its bytes hash to {}", event.id().short())));
    }
    if !plain && armor(signature).as_deref() != Some(signature) {
        return Err(told("its signature is not written as this program writes it"));
    }
    Ok(Numbered { sequence, event: Arc::new(event) })
}

fn signature<'a>(members: &'a Members, entry: &Entry<'a>) -> Option<&'a [u8]> {
    let stem = entry.name.strip_suffix(".json")?;
    let is_its = |name: &str| name.strip_suffix(".sig") == Some(stem);
    match entry.next {
        Some((name, bytes)) if is_its(name) => Some(bytes),
        _ => members.get(&format!("{stem}.sig")).map(Vec::as_slice),
    }
}
