//! The results of a control, from which Heimdall makes its status: one `error` is Profile
//! Error, else one `failed` is Failed, else one `passed` is Passed. So where an item is open
//! or in doubt an `error` must stand among them, or what passed beside it would win.

use chrono::{DateTime, Utc};
use countersign_domain::event::Tick;
use countersign_domain::finding::{Finding, Outcome};
use serde_json::{Value, json};

use super::people::who;
use super::{shown, stamp};
use crate::formats::conclusion::{Conclusion, word};
use crate::record::{AuditRecord, HumanRecord, ItemEntry};

pub(super) fn results(
    record: &AuditRecord,
    item: &ItemEntry,
    conclusion: Conclusion,
) -> Vec<Value> {
    let any_failed = item.findings.iter().any(|known| known.finding.outcome == Outcome::Fail);
    // Doubt counts, unless a person or the other looks have settled what the item comes to.
    let doubt = match conclusion {
        Conclusion::Open => "error",
        Conclusion::Excepted if !any_failed => "error",
        _ => "skipped",
    };
    let looks = item.findings.iter().map(|known| look(&known.finding, doubt));
    let words = word(item).and_then(said);
    let mut results: Vec<Value> = looks.chain(words).collect();
    let nothing = results.is_empty();
    let has_failed = results.iter().any(|result| result["status"] == "failed");
    let open = if nothing { "skipped" } else { "error" };
    let told = match conclusion {
        Conclusion::Holds if nothing => Some(("passed", "It follows from other items".to_owned())),
        Conclusion::Fails if !has_failed => Some(("failed", missing(item))),
        Conclusion::Open => Some((open, missing(item))),
        Conclusion::Excepted if !has_failed => {
            Some((open, "An approved exception covers it".to_owned()))
        }
        _ => None,
    };
    results.extend(told.map(|(status, words)| by_rule(record, status, &words)));
    results
}

fn missing(item: &ItemEntry) -> String {
    let stands = item.decided();
    let words = if stands.missing.is_empty() { "seen otherwise since" } else { &stands.missing };
    format!("{words}. {}", stands.cure).trim().to_owned()
}

/// What the rules say where nobody looked, or where what was seen is not enough.
fn by_rule(record: &AuditRecord, status: &str, words: &str) -> Value {
    result(status, "The rules of the checklist", words, record.as_of)
}

fn look(finding: &Finding, doubt: &str) -> Value {
    let status = match finding.outcome {
        Outcome::Pass => "passed",
        Outcome::Fail => "failed",
        Outcome::NotApplicable => "skipped",
        Outcome::Inconclusive(_) => doubt,
    };
    let reason = finding.outcome.reason().map(|reason| reason.words()).unwrap_or_default();
    let reproduce = finding.reproduce.as_deref().unwrap_or_default();
    let told: Vec<_> = [
        ("verdict", finding.outcome.words()),
        ("reason", reason),
        ("summary", &finding.summary),
        ("target", &finding.target),
        ("expected", &finding.expected),
        ("observed", &finding.observed),
        ("reproduce", reproduce),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| format!("{name}: {text}"))
    .collect();
    let test = format!("{}: {}", finding.probe, finding.expected);
    let mut result = result(status, &test, &told.join("\n"), finding.started_at);
    result["run_time"] = json!(std::time::Duration::from_millis(finding.took_ms).as_secs_f64());
    result
}

/// A person's word as a result; that it does not apply is told by the control's impact.
fn said(human: &HumanRecord) -> Option<Value> {
    let status = match human.tick {
        Tick::Done => "passed",
        Tick::NotDone => "failed",
        Tick::NotApplicable => return None,
    };
    Some(result(status, "A person looked", &signed(human), human.by.at))
}

fn result(status: &str, test: &str, message: &str, at: DateTime<Utc>) -> Value {
    let message = shown(message);
    let mut result = json!({
        "status": status,
        "code_desc": shown(test),
        "message": message,
        "start_time": stamp(at),
    });
    if status == "skipped" {
        result["skip_message"] = json!(message);
    }
    result
}

fn signed(human: &HumanRecord) -> String {
    let note = if human.note.trim().is_empty() { "without a note" } else { human.note.as_str() };
    format!("{}: {note}", who(human))
}
