//! Group A: exactly what was signed.

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::environment::Environment;
use countersign_domain::event::Subject;
use countersign_domain::id::{Digest, ProjectId, ReleaseId};
use countersign_domain::material::Material;
use countersign_domain::previous::previous;

use super::facts::{Act, Facts};

/// Exactly what the record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub project_name: String,
    /// The release.
    pub release: ReleaseId,
    /// The version that goes out.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// Its addresses, and references to its secrets (never values), as configured now.
    pub environment_detail: Option<Environment>,
    /// Commit, artifacts, ticket and reason.
    pub subject: Subject,
    /// The pinned checklist.
    pub template: TemplateIdentity,
    /// Digest of the material state; what a sign-off would cover at the record's time.
    pub state: Digest,
    /// Who opened the release.
    pub opened: Act,
    /// When the deployment was planned for.
    pub planned_for: Option<DateTime<Utc>>,
    /// The last release that went out to the same environment before this one.
    pub previous: Option<PreviousRelease>,
}

/// The pinned checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateIdentity {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: Digest,
    /// How many items it has.
    pub items: u32,
}

/// What was known to be good before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviousRelease {
    /// Its id.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// Its commit.
    pub commit: Option<String>,
    /// When it went out.
    pub deployed_at: DateTime<Utc>,
}

pub(super) fn build(facts: &Facts<'_>) -> Identity {
    let (project, release) = (facts.project, facts.release);
    let template = &release.template;
    Identity {
        project: project.id.clone(),
        project_name: project.name.clone(),
        release: release.id.clone(),
        version: release.version.clone(),
        environment: release.environment.clone(),
        environment_detail: project.environment(&release.environment).cloned(),
        subject: release.subject.clone(),
        template: TemplateIdentity {
            id: template.id.clone(),
            title: template.title.clone(),
            version: template.version.clone(),
            sha256: release.template_digest.clone(),
            items: u32::try_from(template.items().count()).unwrap_or(u32::MAX),
        },
        state: Material::of(project, release).digest(),
        opened: facts.act(&release.opened),
        planned_for: release.planned_for,
        previous: previous(project, release, facts.now).map(|(before, deployment)| {
            PreviousRelease {
                release: before.id.clone(),
                version: before.version.clone(),
                commit: before.subject.commit.clone(),
                deployed_at: deployment.deployed_at,
            }
        }),
    }
}
