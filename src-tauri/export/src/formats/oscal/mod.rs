//! The record as OSCAL assessment results (NIST, 1.1.3). An observation is one look of a
//! probe or one word of a person, a finding is an item, a risk is an exception, and a
//! sign-off is an action of the document.

mod finding;
mod metadata;
mod names;
mod observation;
mod risk;

use serde_json::{Value, json};

use self::names::Names;
use super::controls;
use super::line::{labelled, line, markup};
use crate::error::ExportError;
use crate::names as members;
use crate::record::{AuditRecord, RunRecord};
use countersign_domain::canonical;

/// The version of OSCAL that is written.
pub const OSCAL_VERSION: &str = "1.1.3";

/// The record as OSCAL assessment results, in canonical JSON with a final newline.
///
/// # Errors
/// [`ExportError::NotCanonical`], which no record gives rise to.
pub fn oscal(record: &AuditRecord) -> Result<Vec<u8>, ExportError> {
    let names = Names::of(record);
    let document = json!({ "assessment-results": {
        "uuid": names.own("assessment-results", ""),
        "metadata": metadata::metadata(record, &names),
        "import-ap": {
            "href": format!("#{}", names.own("checklist", "")),
            "remarks": "The plan is the pinned checklist, which is no OSCAL document.",
        },
        "results": [result(record, &names)],
        "back-matter": { "resources": resources(record, &names) },
    }});
    let mut bytes = canonical::bytes(&without_empty(document))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Schemas of OSCAL know neither null nor an empty list.
fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, without_empty(value)))
            .filter(|(_, value)| !is_empty(value))
            .collect(),
        Value::Array(all) => {
            let kept = all.into_iter().map(without_empty).filter(|value| !is_empty(value));
            Value::Array(kept.collect())
        }
        other => other,
    }
}

fn result(record: &AuditRecord, names: &Names<'_>) -> Value {
    let gate = &record.gate.now;
    let words = format!("The gate says {}; {} of 100 points.", gate.verdict, gate.score.now);
    json!({
        "uuid": names.own("result", ""),
        "title": markup(&format!("Checks and words on {}", record.identity.version)),
        "description": markup(&words),
        "start": record.identity.opened.at,
        "end": record.as_of,
        "props": names.props(&[
            ("gate", gate.verdict),
            ("score", &gate.score.now.to_string()),
            ("score-without-exceptions", &gate.score.without_exceptions.to_string()),
        ]),
        "local-definitions": { "components": observation::components(record, names) },
        "reviewed-controls": reviewed_controls(record),
        "assessment-log": log(record, names),
        "observations": observation::observations(record, names),
        "risks": risk::risks(record, names),
        "findings": finding::findings(record, names),
    })
}

/// The controls of NIST SP 800-53 that the checklist names. One that names none selects none.
fn reviewed_controls(record: &AuditRecord) -> Value {
    let mut ids: Vec<String> = record
        .items()
        .flat_map(|(section, item)| controls::nist(section, item))
        .filter_map(controls::oscal_id)
        .collect();
    ids.sort();
    ids.dedup();
    let description = if ids.is_empty() {
        "The checklist names no control of NIST SP 800-53"
    } else {
        "NIST SP 800-53 rev. 5, as named by the checklist"
    };
    let included: Vec<_> = ids.iter().map(|id| json!({ "control-id": id })).collect();
    json!({ "control-selections": [{
        "description": description,
        "include-controls": included,
    }]})
}

/// Check runs, with who started them. `null` when nobody checked.
fn log(record: &AuditRecord, names: &Names<'_>) -> Value {
    let entry = |run: &RunRecord| {
        let ended = match (run.finished_at, run.cancelled) {
            (None, _) => "did not end",
            (Some(_), true) => "was stopped",
            (Some(_), false) => "ended",
        };
        json!({
            "uuid": names.own("run", run.run.as_str()),
            "title": "Check run",
            "description": format!("{} findings; it {ended}.", run.findings),
            "start": run.started.at,
            "end": run.finished_at,
            "props": names.props(&[("run", run.run.as_str())]),
            "logged-by": [{ "party-uuid": names.party(&run.started.fingerprint) }],
        })
    };
    if record.runs.is_empty() {
        return Value::Null;
    }
    json!({ "entries": record.runs.iter().map(entry).collect::<Vec<_>>() })
}

/// The checklist and the files, where they lie in a bundle.
fn resources(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    let template = &record.identity.template;
    let resource = |uuid: String, title: &str, path: String, media_type: &str, sha256: &str| {
        json!({
            "uuid": uuid,
            "title": markup(title),
            "rlinks": [{
                "href": path,
                "media-type": line(media_type),
                "hashes": [{ "algorithm": "SHA-256", "value": sha256 }],
            }],
        })
    };
    let mut found = vec![resource(
        names.own("checklist", ""),
        &format!("{} {}", template.title, template.version),
        members::template(&template.sha256),
        "application/toml",
        template.sha256.as_str(),
    )];
    let mut seen = std::collections::BTreeSet::new();
    for one in record.evidence().filter(|one| seen.insert(&one.file.sha256)) {
        let (file, sha256) = (&one.file, one.file.sha256.as_str());
        let uuid = names.own("evidence", sha256);
        found.push(resource(uuid, &file.name, one.path.clone(), &file.media_type, sha256));
    }
    found
}

/// Labelled texts, or a word in their place: some fields may not be missing.
fn told(parts: &[(&str, &str)]) -> String {
    labelled(parts).unwrap_or_else(|| "nothing was said".to_owned())
}
