//! The record as HDF (Heimdall Data Format, the ExecJSON of MITRE's `inspecjs`). An item is
//! a control, a look of a probe is a result, a person's word an attestation, an approved
//! exception a waiver that leaves the control failed.

mod people;
mod results;

use chrono::{DateTime, SecondsFormat, Utc};
use countersign_domain::event::Tick;
use countersign_domain::template::Severity;
use serde_json::{Map, Value, json};

use self::people::{attestation, passed_through, waiver, who};
use self::results::results;
use super::conclusion::{Conclusion, word};
use super::controls;
use crate::error::ExportError;
use crate::record::{AuditRecord, ExceptionRecord, ItemEntry, SectionRecord};
use crate::text::visible;
use countersign_domain::canonical;

/// The record as HDF, in canonical JSON with a final newline.
///
/// # Errors
/// [`ExportError::NotCanonical`], which no record gives rise to.
pub fn hdf(record: &AuditRecord) -> Result<Vec<u8>, ExportError> {
    let identity = &record.identity;
    let (program, version) = record.program.split_once(' ').unwrap_or((&record.program, ""));
    let document = json!({
        "platform": {
            "name": program,
            "release": version,
            "target_id": shown(&format!(
                "{} {}, {}",
                identity.project_name, identity.version, identity.environment
            )),
        },
        "version": version,
        "statistics": {},
        "profiles": [profile(record)],
        "passthrough": { "countersign": passed_through(record) },
    });
    let mut bytes = canonical::bytes(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn profile(record: &AuditRecord) -> Value {
    let template = &record.identity.template;
    let group = |section: &SectionRecord| {
        let items = section.items.iter().map(|item| item.id.as_str());
        json!({
            "id": section.id,
            "title": shown(&section.title),
            "controls": items.collect::<Vec<_>>(),
        })
    };
    let controls = record.items().map(|(section, item)| control(record, section, item));
    json!({
        "name": template.id,
        "title": shown(&template.title),
        "version": template.version,
        "sha256": template.sha256.as_str(),
        "status": "loaded",
        "attributes": [],
        "supports": [],
        "groups": record.sections.iter().map(group).collect::<Vec<_>>(),
        "controls": controls.collect::<Vec<_>>(),
    })
}

fn control(record: &AuditRecord, section: &SectionRecord, item: &ItemEntry) -> Value {
    let conclusion = Conclusion::of(item);
    let stands = item.decided();
    let mut control = json!({
        "id": item.id.as_str(),
        "title": shown(&item.title),
        "desc": desc(item, conclusion),
        "descriptions": [
            { "label": "rationale", "data": shown(&section.risk) },
            { "label": "fix", "data": stands.cure },
        ],
        "impact": impact(item, conclusion),
        "tags": tags(section, item),
        "refs": [],
        "source_location": {},
        "code": "",
        "results": results(record, item, conclusion),
    });
    if let Some(human) = word(item).filter(|human| human.tick != Tick::NotApplicable) {
        control["attestation_data"] = attestation(item, human);
    }
    let approved = |one: &&ExceptionRecord| one.item == item.id && one.state == "approved";
    if let Some(exception) = record.exceptions.iter().find(approved) {
        control["waiver_data"] = waiver(exception);
    }
    control
}

/// Who says that it does not apply stands here: attestations know no such word.
fn desc(item: &ItemEntry, conclusion: Conclusion) -> String {
    match (conclusion, word(item)) {
        (Conclusion::NotApplicable, Some(human)) => {
            shown(&format!("{}. Does not apply: {} ({})", item.title, human.note, who(human)))
        }
        _ => shown(&item.title),
    }
}

/// Heimdall takes an impact of nothing for "not applicable".
fn impact(item: &ItemEntry, conclusion: Conclusion) -> f64 {
    match (conclusion, item.severity) {
        (Conclusion::NotApplicable, _) => 0.0,
        (_, Severity::Critical) => 1.0,
        (_, Severity::High) => 0.7,
        (_, Severity::Recommended) => 0.5,
    }
}

fn tags(section: &SectionRecord, item: &ItemEntry) -> Value {
    let severity = match item.severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Recommended => "medium",
    };
    let mut tags = Map::new();
    tags.insert("severity".into(), json!(severity));
    tags.insert("standing".into(), json!(item.decided().code));
    tags.insert("controls".into(), controls::all(section, item).collect());
    let nist = controls::nist(section, item);
    // Without any, Heimdall puts it under "unmapped" by itself.
    if !nist.is_empty() {
        tags.insert("nist".into(), nist.into_iter().chain(["Rev_5"]).collect());
    }
    Value::Object(tags)
}

fn shown(text: &str) -> String {
    visible(text).into_owned()
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
