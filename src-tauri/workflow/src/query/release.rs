//! One release as a whole, and its row on the board.

use chrono::{DateTime, Months, Utc};
use countersign_domain::finding::Outcome;
use countersign_domain::gate::{gate, item_blockers};
use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::material::Material;
use countersign_domain::member::Role;
use countersign_domain::standing::{Machine, Standing, standing};
use countersign_domain::state::{Deployment, Owed, Project, Release};
use countersign_domain::template::{Phase, Section, Verify};

use super::gate::{blocker, gate_view, lights, owed, score_view};
use super::item::{exception_view, row as item_row};
use super::{find, gate_code, phase_code, severity_code, stamp};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{
    BlockerView, Counts, DeploymentView, ReleaseRow, ReleaseView, SectionView, Stage, SubjectView,
    TemplateView,
};

impl Home {
    /// A whole release.
    ///
    /// # Errors
    /// An unknown project or release, or ledger trouble.
    pub fn release(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
    ) -> Result<ReleaseView, Failure> {
        let now = self.now();
        let running = self.is_running(release);
        self.read(project, |fold| {
            let (project, release) = find(fold, release)?;
            Ok(view(project, release, now, running))
        })
    }
}

fn view(project: &Project, release: &Release, now: DateTime<Utc>, running: bool) -> ReleaseView {
    let gate = gate(project, release, now);
    ReleaseView {
        row: row(project, release, now),
        subject: SubjectView {
            commit: release.subject.commit.clone(),
            dirty: release.subject.dirty,
            artifacts: release
                .subject
                .artifacts
                .iter()
                .map(|artifact| (artifact.name.clone(), artifact.sha256.to_string()))
                .collect(),
            ticket: release.subject.ticket.clone(),
            reason: release.subject.reason.clone(),
        },
        template: TemplateView {
            id: release.template.id.clone(),
            title: release.template.title.clone(),
            version: release.template.version.clone(),
            sha256: release.template_digest.to_string(),
            items: count(release.template.items().count()),
        },
        gate: gate_view(project, release, &gate, now),
        sections: release
            .template
            .sections
            .iter()
            .map(|section| section_view(project, release, section, now))
            .collect(),
        exceptions: release
            .exceptions
            .values()
            .map(|exception| exception_view(release, exception, now))
            .collect(),
        deployment: release.deployment.as_ref().map(|known| deployment_view(release, known)),
        closing: closing(project, release, now),
        state: Material::of(project, release).digest().to_string(),
        running,
    }
}

/// The row of a release on the board.
pub(super) fn row(project: &Project, release: &Release, now: DateTime<Utc>) -> ReleaseRow {
    let gate = gate(project, release, now);
    let demo = project.environment(&release.environment).is_some_and(|known| known.demo);
    ReleaseRow {
        project: project.id.to_string(),
        project_name: project.name.clone(),
        demo,
        id: release.id.to_string(),
        version: release.version.clone(),
        environment: release.environment.clone(),
        stage: stage(release),
        verdict: gate_code(gate.verdict),
        blockers: count(gate.blockers.len()),
        score: score_view(gate.score),
        roles: lights(project, release),
        counts: counts(project, release, now),
        opened_at: stamp(release.opened.at),
        planned_for: release.planned_for.map(stamp),
        changed_at: stamp(release.changed_at),
        owed: owed(release, now),
        next_deadline: next_deadline(project, release, now).map(stamp),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn stage(release: &Release) -> Stage {
    match &release.deployment {
        _ if release.closed.is_some() => Stage::Closed,
        None => Stage::Open,
        Some(deployment) if deployment.verified.is_some() => Stage::Verified,
        Some(_) => Stage::Deployed,
    }
}

fn counts(project: &Project, release: &Release, now: DateTime<Utc>) -> Counts {
    let mut counts = Counts::default();
    for (section, item) in release.template.items() {
        if !section.phase.gates_deployment() || item.verify == Verify::Computed {
            continue;
        }
        counts.total += 1;
        let stands = standing(project, release, section, item, now);
        counts.settled += u32::from(stands.is_settled());
        counts.excepted += u32::from(stands == Standing::Excepted);
        if item.probes.is_empty() {
            continue;
        }
        match Machine::of(&project.policy, item, release.items.get(&item.id)).outcome {
            None => counts.not_run += 1,
            Some(Outcome::Fail) => counts.fail += 1,
            Some(Outcome::Inconclusive(_)) => counts.inconclusive += 1,
            Some(Outcome::Pass | Outcome::NotApplicable) => counts.pass += 1,
        }
    }
    counts
}

/// The next moment at which something that holds now runs out.
fn next_deadline(
    project: &Project,
    release: &Release,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if let Some(deployment) = &release.deployment {
        let owed = deployment.owed.as_ref().filter(|owed| !owed.open().is_empty());
        return owed.map(|owed| owed.due);
    }
    let exceptions = release
        .exceptions
        .values()
        .filter(|exception| exception.holds(now))
        .map(|exception| exception.expires_at);
    let freshness = release.template.items().filter_map(|(section, item)| {
        let machine = Machine::of(&project.policy, item, release.items.get(&item.id));
        machine.fresh_until.filter(|_| section.phase.gates_deployment() && machine.holds(now))
    });
    exceptions.chain(freshness).chain(release.planned_for.filter(|at| *at > now)).min()
}

fn section_view(
    project: &Project,
    release: &Release,
    section: &Section,
    now: DateTime<Utc>,
) -> SectionView {
    let settled = section
        .items
        .iter()
        .filter(|item| standing(project, release, section, item, now).is_settled())
        .count();
    SectionView {
        id: section.id.clone(),
        title: section.title.clone(),
        severity: severity_code(section.severity),
        phase: phase_code(section.phase),
        minutes: section.minutes,
        risk: section.risk.clone(),
        guidance: section.guidance.clone(),
        controls: section.controls.clone(),
        settled: count(settled),
        items: section
            .items
            .iter()
            .map(|item| item_row(project, release, section, item, now))
            .collect(),
    }
}

fn deployment_view(release: &Release, deployment: &Deployment) -> DeploymentView {
    let months = release.template.review_months.map(Months::new);
    let next_review = months.and_then(|months| deployment.deployed_at.checked_add_months(months));
    DeploymentView {
        deployed_at: stamp(deployment.deployed_at),
        deployed_by: deployment.deployed_by.name.clone(),
        verified_by: deployment.verified_by.name.clone(),
        verifier: deployment.verified_by.fingerprint.to_string(),
        verified_at: deployment.verified.as_ref().map(|(by, _)| stamp(by.at)),
        note: deployment.verified.as_ref().map_or_else(String::new, |(_, note)| note.clone()),
        reference: deployment.reference.clone(),
        approved_before: deployment
            .signoffs
            .iter()
            .all(|signoff| signoff.stamp.at <= deployment.deployed_at),
        next_review: next_review.map(|date| date.date_naive().to_string()),
    }
}

/// What keeps a deployed release from being closed.
fn closing(project: &Project, release: &Release, now: DateTime<Utc>) -> Vec<BlockerView> {
    if release.deployment.is_none() || release.closed.is_some() {
        return Vec::new();
    }
    let phases = |phase| matches!(phase, Phase::After | Phase::Watch);
    let items = item_blockers(project, release, now, phases);
    items.iter().map(blocker).chain(owed_blockers(release)).collect()
}

/// The signatures that an emergency still owes.
fn owed_blockers(release: &Release) -> Vec<BlockerView> {
    let owed = release.deployment.as_ref().and_then(|known| known.owed.as_ref());
    let row = |role: &Role| BlockerView {
        code: "signoff-owed".to_owned(),
        item: None,
        role: Some(role.code().to_owned()),
        text: format!("{} has not looked at this emergency yet", role.words()),
        cure: format!("{} reviews what went out, and signs or declines", role.words()),
        minutes: None,
    };
    owed.map(Owed::open).unwrap_or_default().iter().map(row).collect()
}
