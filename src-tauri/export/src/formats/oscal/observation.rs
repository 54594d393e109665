//! What was seen: one observation for each probe's latest look, each person's latest word
//! and each file.

use chrono::TimeDelta;
use countersign_domain::event::Tick;
use serde_json::{Value, json};

use super::names::Names;
use super::told;
use crate::formats::conclusion::word;
use crate::formats::line::markup;
use crate::record::{Act, AuditRecord, EvidenceRecord, FindingRecord, HumanRecord, ItemEntry};

/// The system that was looked at, and the program that looked.
pub(super) fn components(record: &AuditRecord, names: &Names<'_>) -> Value {
    let identity = &record.identity;
    let state = if record.deployment.is_some() { "operational" } else { "under-development" };
    json!([
        {
            "uuid": names.own("component", "system"),
            "type": "this-system",
            "title": markup(&format!("{} {}", identity.project_name, identity.version)),
            "description": markup(&format!("As deployed to {}", identity.environment)),
            "status": { "state": state },
        },
        {
            "uuid": names.own("component", "tool"),
            "type": "software",
            "title": record.program,
            "description": "Looked at the system, and keeps the signed ledger",
            "status": { "state": "operational" },
        },
    ])
}

pub(super) fn observations(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    record
        .items()
        .flat_map(|(_, item)| {
            let looks = item.findings.iter().map(move |known| look(names, item, known));
            let words = word(item).map(move |human| said(names, item, human));
            let files = item.evidence.iter().map(move |file| attached(names, file));
            looks.chain(words).chain(files)
        })
        .collect()
}

/// The names of an item's observations.
pub(super) fn of_item(names: &Names<'_>, item: &ItemEntry) -> Vec<Value> {
    let looks = item.findings.iter().map(|known| &known.by);
    let words = word(item).map(|human| &human.by);
    let files = item.evidence.iter().map(|file| &file.by);
    looks
        .chain(words)
        .chain(files)
        .map(|by| json!({ "observation-uuid": name(names, by) }))
        .collect()
}

fn name(names: &Names<'_>, by: &Act) -> String {
    names.own("observation", by.event.as_str())
}

fn party(names: &Names<'_>, by: &Act) -> Value {
    json!({ "type": "party", "actor-uuid": names.party(&by.fingerprint) })
}

fn look(names: &Names<'_>, item: &ItemEntry, known: &FindingRecord) -> Value {
    let finding = &known.finding;
    let tool = json!({ "type": "tool", "actor-uuid": names.own("component", "tool") });
    let until = |hours: u32| finding.started_at.checked_add_signed(TimeDelta::hours(hours.into()));
    let reproduce = finding.reproduce.as_deref().and_then(markup);
    let notes: Vec<_> = finding.notes.iter().map(|note| note.text.as_str()).collect();
    json!({
        "uuid": name(names, &known.by),
        "title": finding.probe,
        "description": told(&[
            ("", &finding.summary),
            ("Expected", &finding.expected),
            ("Observed", &finding.observed),
        ]),
        "props": names.props(&[
            ("outcome", finding.outcome.code()),
            ("reason", finding.outcome.reason().map(|reason| reason.words()).unwrap_or_default()),
            ("target", &finding.target),
            ("rules", &finding.rules.to_string()),
            ("run", known.run.as_ref().map(|run| run.as_str()).unwrap_or_default()),
            ("event-sha256", known.by.event.as_str()),
        ]),
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": [{ "actors": [tool, party(names, &known.by)] }],
        "subjects": [{ "subject-uuid": names.own("component", "system"), "type": "component" }],
        "relevant-evidence": reproduce
            .map(|command| vec![json!({ "description": format!("To see it again: {command}") })]),
        "collected": finding.started_at,
        "expires": item.freshness_hours.and_then(until),
        "remarks": markup(&notes.join("; ")),
    })
}

fn said(names: &Names<'_>, item: &ItemEntry, human: &HumanRecord) -> Value {
    let tick = match human.tick {
        Tick::Done => "done",
        Tick::NotDone => "not-done",
        Tick::NotApplicable => "not-applicable",
    };
    json!({
        "uuid": name(names, &human.by),
        "title": markup(&item.title),
        "description": told(&[("Marked as", tick), ("Note", &human.note)]),
        "props": names.props(&[("tick", tick), ("event-sha256", human.by.event.as_str())]),
        "methods": ["EXAMINE"],
        "types": ["control-objective"],
        "origins": [{ "actors": [party(names, &human.by)] }],
        "subjects": [{ "subject-uuid": names.own("component", "system"), "type": "component" }],
        "collected": human.by.at,
    })
}

fn attached(names: &Names<'_>, evidence: &EvidenceRecord) -> Value {
    let file = &evidence.file;
    let resource = format!("#{}", names.own("evidence", file.sha256.as_str()));
    json!({
        "uuid": name(names, &evidence.by),
        "title": markup(&file.name),
        "description": "A file was attached",
        "props": names.props(&[("event-sha256", evidence.by.event.as_str())]),
        "methods": ["EXAMINE"],
        "origins": [{ "actors": [party(names, &evidence.by)] }],
        "relevant-evidence": [{ "href": resource, "description": told(&[("", &file.name)]) }],
        "collected": file.observed_at,
    })
}
