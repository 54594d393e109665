//! From state to what the fronts see. Pure but for the clock that says what is too old.

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
    let what = format!("{} {}", project.name, release.version);
    let environment = &release.environment;
    let deed = match (decision, &release.emergency, &release.deployment) {
        (Decision::Approve, Some(_), Some(_)) => format!(
            "I have reviewed afterwards the emergency deployment of {what} to {environment}, \
             and approve of it in the state named by the digest."
        ),
        (Decision::Decline, Some(_), Some(_)) => format!(
            "I have reviewed afterwards the emergency deployment of {what} to {environment}, \
             and do not approve of it."
        ),
        (Decision::Approve, Some(_), None) => format!(
            "I have reviewed the checklist of {what} and approve its deployment to \
             {environment} as an emergency, in the state named by the digest."
        ),
        (Decision::Approve, None, _) => format!(
            "I have reviewed the checklist of {what} and approve its deployment to \
             {environment} in the state named by the digest."
        ),
        (Decision::Decline, ..) => {
            format!("I have reviewed {what} and do not approve its deployment to {environment}.")
        }
        (Decision::Revoke, ..) => {
            format!("I take back my approval of the deployment of {what} to {environment}.")
        }
    };
    format!("For {}, {deed}", role.words())
}
