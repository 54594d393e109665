//! Events about the project itself: its creation and its environments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::roster::{check_member, check_policy};
use super::{MAX_NAME, needs, text};
use crate::environment::Environment;
use crate::event::{Body, Event};
use crate::member::Role;
use crate::refusal::Refusal;
use crate::state::{Project, Stamp};

pub(super) fn create(event: &Event) -> Result<Project, Refusal> {
    let envelope = event.envelope();
    let Body::ProjectCreated { name, environments, policy, founder } = &envelope.body else {
        return Err(Refusal::NoProject);
    };
    if !envelope.parents.is_empty() {
        return Err(Refusal::NoProject);
    }
    text("name", name, MAX_NAME)?;
    check_environments(environments)?;
    check_policy(policy)?;
    check_member(founder)?;
    if founder.fingerprint != envelope.author {
        return Err(Refusal::KeyMismatch(founder.name.clone()));
    }
    needs(founder, &[Role::Admin])?;
    Ok(Project {
        id: envelope.project.clone(),
        name: name.clone(),
        environments: environments.clone(),
        policy: policy.clone(),
        members: BTreeMap::from([(founder.fingerprint.clone(), Arc::new(founder.clone()))]),
        held: founder.roles.iter().copied().collect(),
        proposals: BTreeMap::new(),
        retired: BTreeMap::new(),
        releases: BTreeMap::new(),
    })
}

pub(super) fn set_environments(
    project: &mut Project,
    stamp: &Stamp,
    environments: &[Environment],
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin, Role::Devops])?;
    check_environments(environments)?;
    let kept = |name: &str| environments.iter().any(|environment| environment.name == name);
    let stranded = project.releases.values().find(|release| {
        release.closed.is_none()
            && project.environment(&release.environment).is_some()
            && !kept(&release.environment)
    });
    if let Some(release) = stranded {
        let environment = release.environment.clone();
        return Err(Refusal::EnvironmentInUse { environment, release: release.id.clone() });
    }
    project.environments = environments.to_vec();
    Ok(())
}

fn check_environments(environments: &[Environment]) -> Result<(), Refusal> {
    let names: BTreeSet<_> = environments.iter().map(|environment| &environment.name).collect();
    if names.is_empty() || names.len() != environments.len() {
        return Err(Refusal::Environments);
    }
    for environment in environments {
        environment.check()?;
    }
    Ok(())
}
