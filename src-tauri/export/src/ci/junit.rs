//! A check run as JUnit XML: one suite for each section, one test case for each item.
//! Doubt is an error there, because a skipped test would not stop a pipeline. It holds to the
//! schema that Jenkins publishes, the narrowest that readers are known to keep.

use std::time::Duration;

use chrono::SecondsFormat;
use countersign_domain::finding::{Finding, Outcome};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use quick_xml::events::Event;
use quick_xml::{Reader, Writer};

use super::{CheckRun, Checked};
use crate::error::ExportError;

/// The run as JUnit XML.
///
/// # Errors
/// [`ExportError::Junit`] when it cannot be put together.
pub fn junit(run: &CheckRun<'_>) -> Result<String, ExportError> {
    let mut report = Report::new(format!("{} {}", run.project_name, run.release.version));
    if let Some((ended, _)) = run.run.finished {
        let took = ended.signed_duration_since(run.run.started.at);
        report.set_time(took.to_std().unwrap_or_default());
    }
    for section in &run.release.template.sections {
        let items: Vec<_> =
            run.items.iter().filter(|checked| checked.section.id == section.id).collect();
        if items.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(section.title.as_str());
        suite.set_timestamp(run.run.started.at);
        suite.add_properties(properties(run));
        suite.set_time(items.iter().map(|checked| took(checked)).sum());
        suite.add_test_cases(items.into_iter().map(case));
        report.add_test_suite(suite);
    }
    let written = report.to_string().map_err(|error| ExportError::Junit(error.to_string()))?;
    without_root_skipped(&written).map_err(|error| ExportError::Junit(error.to_string()))
}

/// The schema counts skipped cases in a suite, and knows no sum of them at the root.
fn without_root_skipped(written: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut reader = Reader::from_str(written);
    let mut writer = Writer::new(Vec::with_capacity(written.len()));
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(String::from_utf8(writer.into_inner())?),
            Event::Start(mut tag) if tag.name().as_ref() == "testsuites" => {
                let kept = tag.clone();
                let kept = kept.attributes().flatten();
                tag.clear_attributes();
                tag.extend_attributes(kept.filter(|one| one.key.as_ref() != "skipped"));
                writer.write_event(Event::Start(tag))?;
            }
            other => writer.write_event(other)?,
        }
    }
}

fn properties(run: &CheckRun<'_>) -> Vec<(String, String)> {
    let release = run.release;
    let pairs = [
        ("project", run.project_name),
        ("release", &release.version),
        ("environment", &release.environment),
        ("commit", release.subject.commit.as_deref().unwrap_or_default()),
        ("template", &release.template.id),
        ("template-sha256", &release.template_digest.to_string()),
        ("run", run.run.id.as_str()),
    ];
    let told = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn took(checked: &Checked<'_>) -> Duration {
    Duration::from_millis(checked.findings.iter().map(|(_, finding)| finding.took_ms).sum())
}

fn case(checked: &Checked<'_>) -> TestCase {
    let name = format!("{}: {}", checked.item.id, checked.item.title);
    let mut case = TestCase::new(name, status(checked));
    case.set_classname(checked.section.id.as_str());
    case.set_time(took(checked));
    case.set_system_out(looked_at(checked));
    case
}

/// What stands beside the verdict; the schema has properties for suites alone.
fn looked_at(checked: &Checked<'_>) -> String {
    let severity = checked.item.severity_in(checked.section).code();
    let mut lines = vec![format!("severity: {severity}")];
    for (_, finding) in &checked.findings {
        let at = finding.started_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        lines.push(format!("probe: {} rules {}, at {at}", finding.probe, finding.rules));
        let notes = finding.notes.iter();
        lines.extend(notes.map(|note| format!("note: {}: {}", note.code, note.text)));
    }
    lines.join("\n")
}

fn status(checked: &Checked<'_>) -> TestCaseStatus {
    let Some(finding) = checked.deciding() else { return not_run(0, checked) };
    let mut status = match finding.outcome {
        Outcome::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("fail");
            status
        }
        Outcome::Inconclusive(reason) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type(format!("inconclusive: {}", reason.words()));
            status
        }
        Outcome::Pass | Outcome::NotApplicable if !checked.is_whole() => {
            return not_run(checked.findings.len(), checked);
        }
        Outcome::Pass => return TestCaseStatus::success(),
        Outcome::NotApplicable => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("not-applicable");
            status
        }
    };
    status.set_message(finding.summary.as_str());
    status.set_description(described(checked));
    status
}

fn not_run(looked: usize, checked: &Checked<'_>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("not-run");
    let all = checked.item.probes.len();
    status.set_message(format!("{looked} of {all} claims were looked at"));
    status
}

/// Each finding that is no pass, with what was expected beside what was seen.
fn described(checked: &Checked<'_>) -> String {
    let told = checked.findings.iter().filter(|(_, known)| known.outcome != Outcome::Pass);
    told.map(|(_, finding)| one(finding)).collect::<Vec<_>>().join("\n\n")
}

fn one(finding: &Finding) -> String {
    let reproduce = finding.reproduce.as_deref().unwrap_or_default();
    [
        ("probe", finding.probe.as_str()),
        ("target", &finding.target),
        ("verdict", finding.outcome.words()),
        ("summary", &finding.summary),
        ("expected", &finding.expected),
        ("observed", &finding.observed),
        ("reproduce", reproduce),
    ]
    .iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| format!("{name}: {text}"))
    .collect::<Vec<_>>()
    .join("\n")
}
