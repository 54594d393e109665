//! The items as CSV (RFC 4180), for spreadsheets and tickets.

use super::words;
use crate::record::{AuditRecord, ItemEntry, SectionRecord};
use crate::text::{csv, utc};

const HEADER: [&str; 20] = [
    "section",
    "item",
    "title",
    "severity",
    "phase",
    "verified",
    "standing",
    "missing",
    "standing_at_deployment",
    "machine_verdict",
    "machine_reason",
    "machine_at",
    "machine_too_old",
    "machine_summary",
    "human_word",
    "human_note",
    "human_by",
    "human_at",
    "evidence",
    "controls",
];

/// One row for each item, CRLF line ends.
#[must_use]
pub fn items_csv(record: &AuditRecord) -> String {
    let mut out = line(&HEADER.map(str::to_owned));
    for (section, item) in record.items() {
        out.push_str(&line(&row(section, item)));
    }
    out
}

fn row(section: &SectionRecord, item: &ItemEntry) -> [String; 20] {
    let machine = item.machine.as_ref();
    let human = item.human.as_ref();
    let summaries: Vec<_> = item.findings.iter().map(|one| one.finding.summary.as_str()).collect();
    let files: Vec<_> =
        item.evidence.iter().map(|one| format!("{} ({})", one.file.name, one.path)).collect();
    let controls: Vec<_> = section.controls.iter().chain(&item.controls).cloned().collect();
    [
        section.title.clone(),
        item.id.to_string(),
        item.title.clone(),
        item.severity.code().to_owned(),
        words::phase(section.phase).to_owned(),
        words::verify(item.verify).to_owned(),
        item.standing.code.to_owned(),
        item.standing.missing.clone(),
        item.standing_at_deployment.as_ref().map_or("", |one| one.code).to_owned(),
        machine.map_or("", |one| one.outcome).to_owned(),
        machine.and_then(|one| one.reason).unwrap_or_default().to_owned(),
        machine.and_then(|one| one.at).map(utc).unwrap_or_default(),
        machine.map_or("", |one| if one.stale { "yes" } else { "no" }).to_owned(),
        summaries.join(" / "),
        human.map_or("", |one| words::tick(one.tick).word).to_owned(),
        human.map(|one| one.note.clone()).unwrap_or_default(),
        human.map(|one| format!("{} <{}>", one.by.name, one.by.email)).unwrap_or_default(),
        human.map(|one| utc(one.by.at)).unwrap_or_default(),
        files.join(" / "),
        controls.join(" "),
    ]
}

fn line(cells: &[String; 20]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| csv(cell)).collect();
    format!("{}\r\n", cells.join(","))
}
