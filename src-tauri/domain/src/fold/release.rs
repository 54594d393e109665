//! Events about a release as a whole: opened, what goes out, check runs.

use std::collections::BTreeMap;

use super::{MAX_NAME, Templates, open_release, optional_text, text, works};
use crate::event::{Body, Subject};
use crate::id::{ItemId, ReleaseId, RunId};
use crate::refusal::Refusal;
use crate::state::{Project, Release, Run, Stamp};

/// Most artifacts of one release.
const MAX_ARTIFACTS: usize = 100;

pub(super) fn open(
    project: &mut Project,
    templates: &Templates,
    stamp: &Stamp,
    body: &Body,
) -> Result<(), Refusal> {
    let Body::ReleaseOpened { release, version, environment, template, subject, planned_for } =
        body
    else {
        return Err(Refusal::NoProject);
    };
    works(&stamp.by)?;
    if project.releases.contains_key(release) {
        return Err(Refusal::ReleaseExists(release.clone()));
    }
    text("version", version, MAX_NAME)?;
    check_subject(subject)?;
    if project.environment(environment).is_none() {
        return Err(Refusal::UnknownEnvironment(environment.clone()));
    }
    let pinned = templates
        .get(template)
        .ok_or_else(|| Refusal::TemplateMissing(template.short().to_owned()))?;
    let opened = Release {
        id: release.clone(),
        version: version.clone(),
        environment: environment.clone(),
        template_digest: template.clone(),
        template: pinned.clone(),
        subject: subject.clone(),
        planned_for: *planned_for,
        opened: stamp.clone(),
        items: BTreeMap::new(),
        exceptions: BTreeMap::new(),
        signoff_history: Vec::new(),
        emergency: None,
        runs: Vec::new(),
        deployment: None,
        closed: None,
        changed_at: stamp.at,
    };
    project.releases.insert(release.clone(), opened);
    Ok(())
}

pub(super) fn set_subject(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    subject: &Subject,
) -> Result<(), Refusal> {
    works(&stamp.by)?;
    check_subject(subject)?;
    let release = open_release(project, release)?;
    if release.deployment.is_some() {
        return Err(Refusal::AlreadyDeployed);
    }
    release.subject = subject.clone();
    Ok(())
}

pub(super) fn start_check(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    run: &RunId,
    items: &[ItemId],
) -> Result<(), Refusal> {
    works(&stamp.by)?;
    let release = open_release(project, release)?;
    if let Some(unknown) = items.iter().find(|item| release.template.item(item).is_none()) {
        return Err(Refusal::UnknownItem(unknown.clone()));
    }
    if release.runs.iter().any(|known| known.id == *run) {
        return Err(Refusal::RunExists(run.clone()));
    }
    release.runs.push(Run {
        id: run.clone(),
        started: stamp.clone(),
        items: items.to_vec(),
        findings: 0,
        finished: None,
    });
    Ok(())
}

pub(super) fn finish_check(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    run: &RunId,
    cancelled: bool,
) -> Result<(), Refusal> {
    let release = open_release(project, release)?;
    let run = release
        .runs
        .iter_mut()
        .find(|known| {
            known.id == *run
                && known.started.by.fingerprint == stamp.by.fingerprint
                && known.finished.is_none()
        })
        .ok_or_else(|| Refusal::UnknownRun(run.clone()))?;
    run.finished = Some((stamp.at, cancelled));
    Ok(())
}

fn check_subject(subject: &Subject) -> Result<(), Refusal> {
    optional_text("ticket", &subject.ticket)?;
    optional_text("reason", &subject.reason)?;
    if let Some(commit) = &subject.commit {
        let hex = commit.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex || !matches!(commit.len(), 40 | 64) {
            return Err(Refusal::Text { field: "commit", max: 64 });
        }
    }
    if subject.artifacts.len() > MAX_ARTIFACTS {
        return Err(Refusal::Text { field: "artifacts", max: MAX_ARTIFACTS });
    }
    subject.artifacts.iter().try_for_each(|artifact| text("artifact", &artifact.name, MAX_NAME))
}
