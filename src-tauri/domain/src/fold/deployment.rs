//! Events about going out: recorded by one, verified by another, closed when all is done.

use chrono::{DateTime, Duration, Utc};

use super::{MAX_NOTE, known_member, needs, open_release, optional_text, text, works};
use crate::consent::role_codes;
use crate::event::Body;
use crate::gate::{Blocker, SignoffStanding, Verdict, gate, item_blockers, word_standing};
use crate::id::ReleaseId;
use crate::member::{Policy, Role};
use crate::refusal::Refusal;
use crate::state::{Deployment, Owed, Project, Release, Signoff, Stamp};
use crate::template::Phase;

pub(super) fn record(project: &mut Project, stamp: &Stamp, body: &Body) -> Result<(), Refusal> {
    let Body::DeploymentRecorded { release, deployed_at, deployed_by, verified_by, reference } =
        body
    else {
        return Err(Refusal::NoProject);
    };
    optional_text("reference", reference)?;
    let deployer = known_member(project, deployed_by)?;
    let verifier = known_member(project, verified_by)?;
    if stamp.by.fingerprint != deployer.fingerprint {
        needs(&stamp.by, &[Role::Devops])?;
    }
    works(&deployer)?;
    works(&verifier)?;
    if deployer.is_same_person(&verifier) {
        return Err(Refusal::SamePerson(deployer.name));
    }
    open_release(project, release)?;
    let Some(known) = project.releases.get(release) else {
        return Err(Refusal::UnknownRelease(release.clone()));
    };
    if known.deployment.is_some() {
        return Err(Refusal::AlreadyDeployed);
    }
    let gate = gate(project, known, stamp.at);
    if gate.verdict != Verdict::Go {
        let first = gate.blockers.first().map_or_else(String::new, |blocker| blocker.text.clone());
        return Err(Refusal::NotGo(first));
    }
    let (signoffs, missing) = signatures(&project.policy, known);
    let approved = signoffs.iter().map(|signoff| signoff.stamp.at).max().unwrap_or(stamp.at);
    if *deployed_at < approved || *deployed_at > stamp.at {
        return Err(Refusal::DeploymentTime { deployed: *deployed_at, approved });
    }
    let owed = owed(&project.policy, missing, *deployed_at)?;
    let deployment = Deployment {
        recorded: stamp.clone(),
        deployed_at: *deployed_at,
        deployed_by: deployer,
        verified_by: verifier,
        reference: reference.clone(),
        signoffs,
        owed,
        verified: None,
    };
    open_release(project, release)?.deployment = Some(deployment);
    Ok(())
}

/// The approvals that are current, and one entry for each that the policy asks for besides.
fn signatures(policy: &Policy, release: &Release) -> (Vec<Signoff>, Vec<Role>) {
    let (mut given, mut missing) = (Vec::new(), Vec::new());
    for (role, people) in policy.requirement() {
        let words = release.counting(role, people).into_iter();
        let current: Vec<_> =
            words.filter(|word| word_standing(word) == SignoffStanding::Signed).collect();
        missing.extend(std::iter::repeat_n(role, people.saturating_sub(current.len())));
        given.extend(current.into_iter().cloned());
    }
    (given, missing)
}

/// Only an emergency goes out with signatures missing, so its rule says when they are due.
fn owed(
    policy: &Policy,
    missing: Vec<Role>,
    deployed_at: DateTime<Utc>,
) -> Result<Option<Owed>, Refusal> {
    if missing.is_empty() {
        return Ok(None);
    }
    let rule = policy.emergency.as_ref().ok_or(Refusal::NoEmergencyRule)?;
    let due = deployed_at.checked_add_signed(Duration::hours(rule.review_hours.into()));
    let due = due.unwrap_or(deployed_at);
    Ok(Some(Owed { roles: missing, due, reviews: Vec::new() }))
}

pub(super) fn verify(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    note: &str,
) -> Result<(), Refusal> {
    optional_text("note", note)?;
    open_release(project, release)?;
    let blockers = blockers(project, stamp, release, |phase| phase == Phase::After);
    let deployment =
        open_release(project, release)?.deployment.as_mut().ok_or(Refusal::NotDeployed)?;
    if !deployment.verified_by.is_same_person(&stamp.by) {
        return Err(Refusal::NotTheVerifier(deployment.verified_by.name.clone()));
    }
    all_settled(&blockers)?;
    deployment.verified = Some((stamp.clone(), note.to_owned()));
    Ok(())
}

pub(super) fn close(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    note: &str,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Devops, Role::Security, Role::Management, Role::Admin])?;
    if !note.is_empty() {
        text("note", note, MAX_NOTE)?;
    }
    open_release(project, release)?;
    let blockers =
        blockers(project, stamp, release, |phase| matches!(phase, Phase::After | Phase::Watch));
    let release = open_release(project, release)?;
    let deployment = release.deployment.as_ref().ok_or(Refusal::NotDeployed)?;
    if deployment.verified.is_none() {
        return Err(Refusal::NotVerified(deployment.verified_by.name.clone()));
    }
    let owed = deployment.owed.as_ref().map(Owed::open).unwrap_or_default();
    if !owed.is_empty() {
        return Err(Refusal::SignoffsOwed { roles: role_codes(&owed) });
    }
    all_settled(&blockers)?;
    release.closed = Some((stamp.clone(), note.to_owned()));
    Ok(())
}

fn blockers(
    project: &Project,
    stamp: &Stamp,
    release: &ReleaseId,
    phases: fn(Phase) -> bool,
) -> Vec<Blocker> {
    let known = project.releases.get(release);
    known.map(|known| item_blockers(project, known, stamp.at, phases)).unwrap_or_default()
}

fn all_settled(blockers: &[Blocker]) -> Result<(), Refusal> {
    match blockers.first() {
        None => Ok(()),
        Some(first) => Err(Refusal::ItemsOpen { count: blockers.len(), first: first.text.clone() }),
    }
}
