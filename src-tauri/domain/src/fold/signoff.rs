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
    if !project.policy.required_roles.contains(role) {
        return Err(Refusal::RoleNotRequired(*role));
    }
    open_release(project, release)?;
    let Some(known) = project.releases.get(release) else {
        return Err(Refusal::UnknownRelease(release.clone()));
    };
    let now = Material::of(project, known);
    let matches = now.digest() == *state;
    match decision {
        Decision::Approve => {
            may_approve(project, known, &stamp.by, *role, stamp.at)?;
            check_acknowledged(known, stamp, exceptions)?;
        }
        Decision::Decline if known.deployment.is_some() => return Err(Refusal::AlreadyDeployed),
        Decision::Decline => text("comment", comment, MAX_NOTE)?,
        Decision::Revoke => check_revocation(known, *role)?,
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
    release.signoff_history.push(signoff.clone());
    release.signoffs.insert(*role, signoff);
    Ok(())
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
    if release.deployment.is_some() {
        return Err(Refusal::AlreadyDeployed);
    }
    let other = release.signoffs.values().find(|signoff| {
        signoff.role != role
            && signoff.decision == Decision::Approve
            && signoff.stamp.by.is_same_person(member)
            && project.policy.required_roles.contains(&signoff.role)
    });
    if let Some(other) = other {
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

fn check_revocation(release: &Release, role: Role) -> Result<(), Refusal> {
    match release.signoffs.get(&role) {
        Some(signoff) if signoff.decision == Decision::Approve => Ok(()),
        _ => Err(Refusal::NothingToRevoke(role)),
    }
}
