//! A check run as JUnit XML: one suite for each section, one test case for each item.
//! Doubt is an error there, because a skipped test would not stop a pipeline.

use std::time::Duration;

use countersign_domain::finding::{Finding, Outcome};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{CheckRun, Checked};
use crate::error::ExportError;

/// The run as JUnit XML.
///
/// # Errors
/// [`ExportError::Junit`] when it cannot be put together.
pub fn junit(run: &CheckRun<'_>) -> Result<String, ExportError> {
    let mut report = Report::new(format!("{} {}", run.project_name, run.release.version));
    report.set_timestamp(run.run.started.at);
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
        suite.add_properties(properties(run));
        suite.set_time(items.iter().map(|checked| took(checked)).sum());
        suite.add_test_cases(items.into_iter().map(case));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| ExportError::Junit(error.to_string()))
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
    if let Some(first) = checked.findings.iter().map(|(_, finding)| finding.started_at).min() {
        case.set_timestamp(first);
    }
    let severity = checked.item.severity_in(checked.section).code();
    case.add_property(("severity", severity));
    for (_, finding) in &checked.findings {
        case.add_property(("probe", format!("{} rules {}", finding.probe, finding.rules).as_str()));
        for note in &finding.notes {
            case.add_property((format!("note:{}", note.code).as_str(), note.text.as_str()));
        }
    }
    case
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
