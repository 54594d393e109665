//! From state to what the fronts see. Pure but for the clock that says what is too old.

mod approval;
mod board;
mod gate;
mod item;
mod project;
mod proposal;
mod release;
mod timeline;

use chrono::{DateTime, SecondsFormat, Utc};
use countersign_domain::event::Decision;
use countersign_domain::finding::Outcome;
use countersign_domain::fold::Fold;
use countersign_domain::id::ReleaseId;
use countersign_domain::member::Role;
use countersign_domain::refusal::Refusal;
use countersign_domain::state::{Project, Release};
use countersign_domain::template::{Phase, Severity, Verify};

pub(crate) use self::gate::gate_code;
pub(crate) use self::project::change_text;
use crate::error::Failure;
use crate::view::{OutcomeCode, PhaseCode, SeverityCode, VerifyCode};

/// The project and one of its releases.
pub(crate) fn find<'a>(
    fold: &'a Fold,
    release: &ReleaseId,
) -> Result<(&'a Project, &'a Release), Failure> {
    let project = fold.project().ok_or_else(no_project)?;
    let found =
        project.releases.get(release).ok_or_else(|| Refusal::UnknownRelease(release.clone()))?;
    Ok((project, found))
}

pub(crate) fn no_project() -> Failure {
    Failure::NotFound {
        what: "project",
        name: String::new(),
        hint: "`countersign project list` shows the projects of this ledger",
    }
}

/// A time as every shape carries it: RFC 3339, UTC.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The verdict as a code; `None` when a probe never ran.
pub(crate) fn outcome_code(outcome: Option<Outcome>) -> OutcomeCode {
    match outcome {
        None => OutcomeCode::NotRun,
        Some(Outcome::Pass) => OutcomeCode::Pass,
        Some(Outcome::Fail) => OutcomeCode::Fail,
        Some(Outcome::NotApplicable) => OutcomeCode::NotApplicable,
        Some(Outcome::Inconclusive(_)) => OutcomeCode::Inconclusive,
    }
}

pub(crate) fn severity_code(severity: Severity) -> SeverityCode {
    match severity {
        Severity::Critical => SeverityCode::Critical,
        Severity::High => SeverityCode::High,
        Severity::Recommended => SeverityCode::Recommended,
    }
}

pub(crate) fn phase_code(phase: Phase) -> PhaseCode {
    match phase {
        Phase::Before => PhaseCode::Before,
        Phase::Tests => PhaseCode::Tests,
        Phase::SignOff => PhaseCode::SignOff,
        Phase::After => PhaseCode::After,
        Phase::Watch => PhaseCode::Watch,
    }
}

pub(crate) fn verify_code(verify: Verify) -> VerifyCode {
    match verify {
        Verify::Probe => VerifyCode::Probe,
        Verify::Person => VerifyCode::Person,
        Verify::Both => VerifyCode::Both,
        Verify::ProbeOrPerson => VerifyCode::ProbeOrPerson,
        Verify::Computed => VerifyCode::Computed,
    }
}

/// The sentence that a role signs.
pub(crate) fn meaning(
    project: &Project,
    release: &Release,
    role: Role,
    decision: Decision,
) -> String {
    let (name, version, environment) = (&project.name, &release.version, &release.environment);
    match decision {
        Decision::Approve => format!(
            "For {}, I have reviewed the checklist of {name} {version} and approve its \
             deployment to {environment} in the state named by the digest.",
            role.words()
        ),
        Decision::Decline => format!(
            "For {}, I have reviewed {name} {version} and do not approve its deployment to \
             {environment}.",
            role.words()
        ),
        Decision::Revoke => format!(
            "For {}, I take back my approval of the deployment of {name} {version} to \
             {environment}.",
            role.words()
        ),
    }
}
