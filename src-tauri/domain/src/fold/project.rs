//! Events about the project itself: its creation, environments, policy and roster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{MAX_NAME, key, known_member, needs, text};
use crate::environment::Environment;
use crate::event::{Body, Event};
use crate::id::Fingerprint;
use crate::member::{Member, Policy, Role};
use crate::refusal::Refusal;
use crate::sshsig;
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

pub(super) fn set_policy(
    project: &mut Project,
    stamp: &Stamp,
    policy: &Policy,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    check_policy(policy)?;
    project.policy = policy.clone();
    Ok(())
}

/// `sees_all`: whether the admin knew of every event that comes before.
pub(super) fn enroll(
    project: &mut Project,
    stamp: &Stamp,
    member: &Member,
    sees_all: bool,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    check_member(member)?;
    let mut member = member.clone();
    let now = project.members.get(project.last_key(&member.fingerprint));
    if let Some(now) = now.filter(|now| !sees_all && now.fingerprint != member.fingerprint) {
        // Replaced meanwhile: the roles are for the person, or a role taken away would stay.
        member.fingerprint = now.fingerprint.clone();
        member.public_key = now.public_key.clone();
    }
    key::in_use(project, &member.fingerprint)?;
    let known = project.members.get(&member.fingerprint);
    if known.is_some_and(|known| known.holds(Role::Admin))
        && !member.holds(Role::Admin)
        && admins(project) == 1
    {
        return Err(Refusal::LastAdmin);
    }
    project.members.insert(member.fingerprint.clone(), Arc::new(member));
    Ok(())
}

pub(super) fn remove(
    project: &mut Project,
    stamp: &Stamp,
    key: &Fingerprint,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    let member = known_member(project, key)?;
    if member.holds(Role::Admin) && admins(project) == 1 {
        return Err(Refusal::LastAdmin);
    }
    project.members.remove(&member.fingerprint);
    Ok(())
}

pub(super) fn admins(project: &Project) -> usize {
    project.members.values().filter(|member| member.holds(Role::Admin)).count()
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

fn check_policy(policy: &Policy) -> Result<(), Refusal> {
    let roles: BTreeSet<_> = policy.required_roles.iter().collect();
    let bad = roles.is_empty()
        || roles.len() != policy.required_roles.len()
        || roles.contains(&Role::Auditor)
        || policy.exception_approvers.contains(&Role::Auditor);
    if bad { Err(Refusal::Policy) } else { Ok(()) }
}

pub(super) fn check_member(member: &Member) -> Result<(), Refusal> {
    text("name", &member.name, MAX_NAME)?;
    if member.name.chars().any(char::is_control) {
        return Err(Refusal::Text { field: "name", max: MAX_NAME });
    }
    text("email", &member.email, MAX_NAME)?;
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | '"' | '\'' | '#');
    if !member.email.chars().all(plain) || !member.email.contains('@') {
        return Err(Refusal::Text { field: "email", max: MAX_NAME });
    }
    if member.roles.is_empty() {
        return Err(Refusal::Text { field: "roles", max: Role::ALL.len() });
    }
    // The key goes into allowed_signers files, where a second line would be a second key.
    if member.public_key.chars().any(char::is_control) {
        return Err(Refusal::KeyMismatch(member.name.clone()));
    }
    if sshsig::fingerprint(&member.public_key).as_ref() != Some(&member.fingerprint) {
        return Err(Refusal::KeyMismatch(member.name.clone()));
    }
    Ok(())
}
