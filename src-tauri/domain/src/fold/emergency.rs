//! Events about an emergency: a release that goes out on the few signatures that the policy
//! asks for then. It is part of what is signed, so whoever signs knows of it.

use super::{MAX_NOTE, needs, open_release, text};
use crate::id::ReleaseId;
use crate::refusal::Refusal;
use crate::state::{Emergency, Project, Release, Stamp};

pub(super) fn declare(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    reason: &str,
) -> Result<(), Refusal> {
    let rule = project.policy.emergency.as_ref().ok_or(Refusal::NoEmergencyRule)?;
    needs(&stamp.by, &rule.roles)?;
    text("reason", reason, MAX_NOTE)?;
    let release = not_deployed(project, release)?;
    if release.emergency.is_some() {
        return Err(Refusal::EmergencyDeclared);
    }
    release.emergency =
        Some(Emergency { declared: stamp.clone(), reason: reason.trim().to_owned() });
    Ok(())
}

/// Any required role may: it only asks for more.
pub(super) fn withdraw(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    reason: &str,
) -> Result<(), Refusal> {
    needs(&stamp.by, &project.policy.required_roles)?;
    text("reason", reason, MAX_NOTE)?;
    let release = not_deployed(project, release)?;
    match release.emergency.take() {
        Some(_) => Ok(()),
        None => Err(Refusal::NoEmergency),
    }
}

fn not_deployed<'a>(
    project: &'a mut Project,
    release: &ReleaseId,
) -> Result<&'a mut Release, Refusal> {
    let release = open_release(project, release)?;
    if release.deployment.is_some() {
        return Err(Refusal::AlreadyDeployed);
    }
    Ok(release)
}
