//! Groups H to K: going out, the look afterwards, the watch, and the way back.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::Serialize;

use countersign_domain::event::Artifact;
use countersign_domain::id::EventId;
use countersign_domain::state::Deployment;
use countersign_domain::template::{
    Contact, IncidentLevel, Phase, RollbackCommand, RollbackStep, Signal,
};

use super::facts::{Act, Facts};

/// The moment the release went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentRecord {
    /// When.
    pub deployed_at: DateTime<Utc>,
    /// Who did it: printed name.
    pub deployed_by: String,
    /// Their e-mail.
    pub deployed_by_email: String,
    /// Who was named to verify: printed name.
    pub verified_by: String,
    /// Their e-mail.
    pub verified_by_email: String,
    /// Who recorded it, by which event.
    pub recorded: Act,
    /// Log, pipeline run or ticket.
    pub reference: String,
    /// What went out: the artifacts that the sign-offs cover.
    pub artifacts: Vec<Artifact>,
    /// The time of the last required approval.
    pub last_approval: Option<DateTime<Utc>>,
    /// Whether every required approval came before the deployment.
    pub approved_before: bool,
    /// The signing events that were current at that moment.
    pub signatures: Vec<EventId>,
    /// The verification and the verifier's words.
    pub verified: Option<WordRecord>,
    /// When the next review is due.
    pub next_review: Option<DateTime<Utc>>,
}

/// Words that somebody signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordRecord {
    /// By whom and when.
    pub by: Act,
    /// The words.
    pub note: String,
}

/// The watch after the deployment: the plan from the checklist, and the hours it covers.
/// What was seen stands with the items of the phase `watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchRecord {
    /// How long it lasts.
    pub hours: u32,
    /// From the deployment.
    pub from: Option<DateTime<Utc>>,
    /// Until.
    pub until: Option<DateTime<Utc>>,
    /// What it looks at, with thresholds.
    pub signals: Vec<Signal>,
    /// Items of this phase that are settled.
    pub settled: u32,
    /// Items of this phase.
    pub items: u32,
    /// Who closed the release, which ends the watch, and the closing words.
    pub closed: Option<WordRecord>,
}

/// The way back and whom to reach, from the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollbackRecord {
    /// Deadlines from the moment of trouble.
    pub steps: Vec<RollbackStep>,
    /// Commands by platform.
    pub commands: Vec<RollbackCommand>,
    /// Whom to reach.
    pub contacts: Vec<Contact>,
    /// What an incident of each severity sets in motion.
    pub incidents: Vec<IncidentLevel>,
}

pub(super) fn deployment(facts: &Facts<'_>) -> Option<DeploymentRecord> {
    let deployment = facts.release.deployment.as_ref()?;
    let last_approval = deployment.signoffs.iter().map(|signoff| signoff.stamp.at).max();
    Some(DeploymentRecord {
        deployed_at: deployment.deployed_at,
        deployed_by: deployment.deployed_by.name.clone(),
        deployed_by_email: deployment.deployed_by.email.clone(),
        verified_by: deployment.verified_by.name.clone(),
        verified_by_email: deployment.verified_by.email.clone(),
        recorded: facts.act(&deployment.recorded),
        reference: deployment.reference.clone(),
        artifacts: facts.release.subject.artifacts.clone(),
        last_approval,
        approved_before: last_approval.is_some_and(|last| last <= deployment.deployed_at),
        signatures: deployment.signoffs.iter().map(|signoff| signoff.stamp.event.clone()).collect(),
        verified: deployment
            .verified
            .as_ref()
            .map(|(stamp, note)| WordRecord { by: facts.act(stamp), note: note.clone() }),
        next_review: next_review(facts, deployment),
    })
}

fn next_review(facts: &Facts<'_>, deployment: &Deployment) -> Option<DateTime<Utc>> {
    let months = facts.release.template.review_months?;
    deployment.deployed_at.checked_add_months(Months::new(months))
}

pub(super) fn watch(facts: &Facts<'_>, sections: &[super::SectionRecord]) -> WatchRecord {
    let release = facts.release;
    let hours = release.template.watch.hours;
    let from = release.deployment.as_ref().map(|deployment| deployment.deployed_at);
    let items: Vec<_> = sections
        .iter()
        .filter(|section| section.phase == Phase::Watch)
        .flat_map(|section| &section.items)
        .collect();
    let settled =
        items.iter().filter(|item| !matches!(item.standing.code, "open" | "failed")).count();
    WatchRecord {
        hours,
        from,
        until: from.and_then(|from| from.checked_add_signed(TimeDelta::hours(hours.into()))),
        signals: release.template.watch.signals.clone(),
        settled: u32::try_from(settled).unwrap_or(u32::MAX),
        items: u32::try_from(items.len()).unwrap_or(u32::MAX),
        closed: release
            .closed
            .as_ref()
            .map(|(stamp, note)| WordRecord { by: facts.act(stamp), note: note.clone() }),
    }
}

pub(super) fn rollback(facts: &Facts<'_>) -> RollbackRecord {
    let template = &facts.release.template;
    RollbackRecord {
        steps: template.rollback.steps.clone(),
        commands: template.rollback.commands.clone(),
        contacts: template.contacts.clone(),
        incidents: template.incidents.clone(),
    }
}
