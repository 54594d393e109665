//! Events about signatures. An approval must state the digest of exactly what there is; a
//! signer who had not seen everything signs over less, and the sign-off is stale at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{MAX_NOTE, needs, open_release, optional_text, text};
use crate::event::{Body, Decision};
use crate::gate::gate;
use crate::id::{Digest, ExceptionId};
use crate::material::Material;
use crate::member::{Member, Role};
use crate::refusal::Refusal;
use crate::state::{Project, Release, Signoff, Stale, Stamp};

pub(super) fn sign(
    project: &mut Project,
    stamp: &Stamp,
    body: &Body,
    sees_all: bool,
) -> Result<(), Refusal> {
    let Body::SignedOff { release, role, decision, meaning, exceptions, state, comment, signing } =
        body
    else {
        return Err(Refusal::NoProject);
    };
    needs(&stamp.by, &[*role])?;
    text("meaning", meaning, MAX_NOTE)?;
    optional_text("comment", comment)?;
    if signing.as_ref().is_some_and(|known| !known.is_sound()) {
        return Err(Refusal::SigningUnsound);
    }
    open_release(project, release)?;
    let Some(known) = project.releases.get(release) else {
        return Err(Refusal::UnknownRelease(release.clone()));
    };
    let owed = owes(known, *role);
    if !owed && !project.policy.required_roles.contains(role) {
        return Err(Refusal::RoleNotRequired(*role));
    }
    let now = Material::of(project, known);
    let matches = now.digest() == *state;
    match decision {
        Decision::Approve => {
            may_approve(project, known, &stamp.by, *role, stamp.at)?;
            check_acknowledged(known, stamp, exceptions)?;
        }
        Decision::Decline if owed => {
            another_reviewer(known, &stamp.by)?;
            text("comment", comment, MAX_NOTE)?;
        }
        Decision::Decline if known.deployment.is_some() => return Err(Refusal::AlreadyDeployed),
        Decision::Decline => text("comment", comment, MAX_NOTE)?,
        Decision::Revoke => check_revocation(project, known, *role)?,
    }
    if !matches && sees_all {
        return Err(Refusal::StateMismatch);
    }
    let signoff = Signoff {
        role: *role,
        decision: *decision,
        stamp: stamp.clone(),
        meaning: meaning.clone(),
        comment: comment.clone(),
        exceptions: exceptions.clone(),
        state: state.clone(),
        signing: signing.clone(),
        covers: Arc::new(now),
        stale: (!matches).then(|| unseen(stamp, state)),
    };
    let release = open_release(project, release)?;
    let reviews = release.deployment.as_mut().and_then(|known| known.owed.as_mut());
    if let Some(known) = reviews.filter(|_| owed && *decision != Decision::Revoke) {
        known.reviews.push(signoff.clone());
    }
    release.signoff_history.push(signoff);
    Ok(())
}

/// Whether `release` went out as an emergency and still waits for a word of `role`.
fn owes(release: &Release, role: Role) -> bool {
    let owed = release.deployment.as_ref().and_then(|known| known.owed.as_ref());
    owed.is_some_and(|owed| owed.open().contains(&role))
}

/// What went out on few signatures is looked at by others than those who gave them.
fn another_reviewer(release: &Release, member: &Member) -> Result<(), Refusal> {
    let Some(deployment) = &release.deployment else { return Ok(()) };
    let reviews = deployment.owed.iter().flat_map(|owed| &owed.reviews);
    let mut words = deployment.signoffs.iter().chain(reviews);
    match words.find(|word| word.stamp.by.is_same_person(member)) {
        None => Ok(()),
        Some(other) => Err(Refusal::SecondRole { name: member.name.clone(), role: other.role }),
    }
}

/// What a signer who had not seen concurrent events signed is stale from the start.
fn unseen(stamp: &Stamp, state: &Digest) -> Stale {
    let change = crate::material::Difference {
        what: "events that the signer had not seen".into(),
        item: None,
        from: format!("state {}", state.short()),
        to: "a later state".into(),
    };
    Stale { event: stamp.event.clone(), at: stamp.at, changes: vec![change] }
}

/// Whether `member` may approve `release` for `role` at `now`, exceptions and digest aside:
/// fronts ask this before they show a statement, and the fold when it takes a signature.
///
/// # Errors
/// The [`Refusal`] that an approval would meet.
pub fn may_approve(
    project: &Project,
    release: &Release,
    member: &Member,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    needs(member, &[role])?;
    if owes(release, role) {
        return another_reviewer(release, member);
    }
    if release.deployment.is_some() {
        return Err(Refusal::AlreadyDeployed);
    }
    let others = project.policy.requirement().into_iter().filter(|(other, _)| *other != role);
    let bound = others
        .flat_map(|(other, people)| release.counting(other, people))
        .find(|word| word.decision == Decision::Approve && word.stamp.by.is_same_person(member));
    if let Some(other) = bound {
        return Err(Refusal::SecondRole { name: member.name.clone(), role: other.role });
    }
    let gate = gate(project, release, now);
    let open: Vec<_> = gate.open_items().collect();
    match open.first() {
        None => Ok(()),
        Some(first) => Err(Refusal::NotReady { blockers: open.len(), first: first.text.clone() }),
    }
}

fn check_acknowledged(
    release: &Release,
    stamp: &Stamp,
    acknowledged: &[ExceptionId],
) -> Result<(), Refusal> {
    let expected: BTreeSet<_> = release
        .exceptions
        .values()
        .filter(|exception| exception.holds(stamp.at))
        .map(|exception| &exception.id)
        .collect();
    let given: BTreeSet<_> = acknowledged.iter().collect();
    if expected == given && given.len() == acknowledged.len() {
        return Ok(());
    }
    Err(Refusal::Acknowledgement)
}

fn check_revocation(project: &Project, release: &Release, role: Role) -> Result<(), Refusal> {
    let words = release.counting(role, project.policy.signers_of(role));
    match words.iter().any(|word| word.decision == Decision::Approve) {
        true => Ok(()),
        false => Err(Refusal::NothingToRevoke(role)),
    }
}
