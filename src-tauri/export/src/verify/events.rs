//! Each event by itself: its name, its bytes, its signature.

use countersign_domain::event::{Event, SignedEvent};

use super::Report;
use crate::archive::Members;
use crate::bundle::armor;
use crate::names;

/// An event that holds, with its signed form and the place that its name states.
pub(super) struct Numbered {
    pub(super) sequence: u32,
    pub(super) event: Event,
    pub(super) signed: SignedEvent,
}

/// The events that hold, in the order of their names.
pub(super) fn check(report: &mut Report, members: &Members) -> Vec<Numbered> {
    let mut problems = Vec::new();
    let mut events = Vec::new();
    for (name, bytes) in members.range(names::EVENTS.to_owned()..) {
        let Some(file) = name.strip_prefix(names::EVENTS) else { break };
        if let Some(stem) = file.strip_suffix(".sig") {
            if !members.contains_key(&format!("{}{stem}.json", names::EVENTS)) {
                problems.push(format!("{name}: the event that it signs is missing"));
            }
            continue;
        }
        match read(members, name, file, bytes) {
            Ok(event) => events.push(event),
            Err(problem) => problems.push(problem),
        }
    }
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

fn read(members: &Members, name: &str, file: &str, bytes: &[u8]) -> Result<Numbered, String> {
    let sequence = file
        .strip_suffix(".json")
        .and_then(|stem| stem.split_once('-'))
        .and_then(|(number, _)| number.parse::<u32>().ok())
        .ok_or_else(|| format!("{name}: not the name of an event"))?;
    let told = |problem: &str| format!("event {sequence:06} ({name}): {problem}");
    let signature = name.strip_suffix(".json").and_then(|stem| members.get(&format!("{stem}.sig")));
    let signature = signature.ok_or_else(|| told("its signature is missing"))?;
    let signature =
        String::from_utf8(signature.clone()).map_err(|_| told("its signature is not text"))?;
    let signed = SignedEvent { bytes: bytes.to_vec(), signature };
    let event = signed.verify().map_err(|error| told(&error.to_string()))?;
    if names::event(sequence, event.id()) != name {
        return Err(told(&format!("its bytes hash to {}", event.id().short())));
    }
    if armor(&signed.signature).as_deref() != Some(&signed.signature) {
        return Err(told("its signature is not written as this program writes it"));
    }
    Ok(Numbered { sequence, event, signed })
}
