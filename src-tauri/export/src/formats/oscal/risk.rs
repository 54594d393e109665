//! Exceptions as risks: what was accepted, what holds it down, until when, and who decided.

use countersign_domain::event::Verdict;
use serde_json::{Value, json};

use super::names::Names;
use super::{observation, told};
use crate::record::{Act, AuditRecord, ExceptionRecord, ItemEntry, SectionRecord};

pub(super) fn risks(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    let of = |exception: &ExceptionRecord| {
        let found = record.items().find(|(_, item)| item.id == exception.item);
        risk(names, exception, found)
    };
    record.exceptions.iter().map(of).collect()
}

fn risk(
    names: &Names<'_>,
    exception: &ExceptionRecord,
    found: Option<(&SectionRecord, &ItemEntry)>,
) -> Value {
    let id = exception.id.as_str();
    let risk = found.map_or("", |(section, _)| section.risk.as_str());
    json!({
        "uuid": names.own("risk", id),
        "title": told(&[("", &exception.item_title)]),
        "description": told(&[("Reason", &exception.reason)]),
        "statement": told(&[("", risk), ("Owner", &exception.owner)]),
        "props": names.props(&[
            ("exception", id),
            ("exception-state", exception.state),
            ("owner", &exception.owner),
        ]),
        "status": status(exception.state),
        "mitigating-factors": [{
            "uuid": names.own("mitigation", id),
            "description": told(&[("", &exception.compensating_control)]),
        }],
        "deadline": exception.expires_at,
        "risk-log": { "entries": entries(names, exception) },
        "related-observations": found.map(|(_, item)| observation::of_item(names, item)),
    })
}

/// One that has run out is an open risk again.
fn status(state: &str) -> &'static str {
    match state {
        "requested" => "deviation-requested",
        "approved" => "deviation-approved",
        _ => "open",
    }
}

fn entries(names: &Names<'_>, exception: &ExceptionRecord) -> Vec<Value> {
    let entry = |title: &str, text: &str, by: &Act, status: &str| {
        json!({
            "uuid": names.own("risk-log", by.event.as_str()),
            "title": title,
            "description": told(&[("", text)]),
            "start": by.at,
            "props": names.props(&[("event-sha256", by.event.as_str())]),
            "logged-by": [{ "party-uuid": names.party(&by.fingerprint) }],
            "status-change": status,
        })
    };
    let asked = entry("Asked for", &exception.reason, &exception.requested, "deviation-requested");
    let decided = exception.decided.as_ref().map(|decided| {
        let (title, status) = match decided.verdict {
            Verdict::Approve => ("Approved", "deviation-approved"),
            Verdict::Reject => ("Rejected", "open"),
        };
        entry(title, &decided.note, &decided.by, status)
    });
    std::iter::once(asked).chain(decided).collect()
}
