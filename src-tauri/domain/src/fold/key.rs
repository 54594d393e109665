//! Events about a member's key: replaced by its owner, or revoked because it was lost or
//! stolen. Either way it signs nothing more, and what it signed before stays.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::roster::{admins, check_member};
use super::{MAX_NOTE, needs, text};
use crate::event::{ROTATION_NAMESPACE, rotation_statement};
use crate::id::Fingerprint;
use crate::material::Difference;
use crate::member::{Member, Role};
use crate::refusal::Refusal;
use crate::sshsig;
use crate::state::{Project, Retired, Revoked, Stale, Stamp};

/// Refuses a key that was replaced or revoked, whatever it is wanted for.
pub(super) fn in_use(project: &Project, key: &Fingerprint) -> Result<(), Refusal> {
    let Some(retired) = project.retired.get(key) else { return Ok(()) };
    let (key, name) = (key.clone(), retired.member.name.clone());
    if let Some(revoked) = &retired.revoked {
        let (at, reason) = (revoked.stamp.at, revoked.reason.clone());
        return Err(Refusal::KeyRevoked { key, name, at, reason });
    }
    let Some((stamp, by)) = &retired.replaced else { return Ok(()) };
    Err(Refusal::KeyReplaced { key, name, at: stamp.at, by: by.clone() })
}

pub(super) fn rotate(
    project: &mut Project,
    stamp: &Stamp,
    key: &Fingerprint,
    public_key: &str,
    proof: &str,
) -> Result<(), Refusal> {
    let old = &stamp.by.fingerprint;
    let member = Member {
        fingerprint: key.clone(),
        public_key: public_key.to_owned(),
        ..Member::clone(&stamp.by)
    };
    check_member(&member)?;
    in_use(project, key)?;
    // One key, one person, one predecessor: else it would not be clear whose doubt it inherits.
    if project.members.contains_key(key) || project.key_before(key).is_some() {
        return Err(Refusal::KeyTaken(key.clone()));
    }
    let no_proof = || Refusal::KeyProof(key.clone());
    let statement = rotation_statement(&project.id, old, key).map_err(|_| no_proof())?;
    sshsig::verify(key, ROTATION_NAMESPACE, &statement, proof).map_err(|_| no_proof())?;
    let retired = Retired {
        member: stamp.by.clone(),
        replaced: Some((stamp.clone(), key.clone())),
        revoked: None,
    };
    project.members.remove(old);
    project.retired.insert(old.clone(), retired);
    project.members.insert(key.clone(), member.into());
    Ok(())
}

/// `sees_all`: whether the admin knew of every event that comes before.
pub(super) fn revoke(
    project: &mut Project,
    stamp: &Stamp,
    key: &Fingerprint,
    reason: &str,
    since: Option<DateTime<Utc>>,
    sees_all: bool,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    text("reason", reason, MAX_NOTE)?;
    if let Some(since) = since.filter(|since| *since > stamp.at) {
        return Err(Refusal::DoubtAhead { since });
    }
    // Replaced behind the admin's back: whoever did that must not keep the roles.
    let key = if sees_all { key.clone() } else { project.last_key(key).clone() };
    let key = &key;
    let mut retired = match (project.members.get(key), project.retired.get(key)) {
        (Some(member), _) if member.holds(Role::Admin) && admins(project) == 1 => {
            return Err(Refusal::LastAdmin);
        }
        (Some(member), _) => Retired { member: member.clone(), replaced: None, revoked: None },
        (None, Some(retired)) => retired.clone(),
        (None, None) => return Err(Refusal::UnknownMember(key.clone())),
    };
    // Said twice, the earlier doubt holds.
    let known = retired.revoked.as_ref().and_then(|revoked| revoked.since);
    let earliest = known.into_iter().chain(since).min();
    retired.revoked =
        Some(Revoked { stamp: stamp.clone(), reason: reason.to_owned(), since: earliest });
    project.members.remove(key);
    project.retired.insert(key.clone(), retired);
    if let Some(since) = since {
        doubt(project, stamp, key, since, sees_all);
    }
    Ok(())
}

/// Makes the sign-offs stale that somebody else may have made: those since then, by the key
/// or by one that it took the place of. A thief can date an event as it pleases, so one that
/// the admin may not have known of counts as made since then, whatever its date.
fn doubt(
    project: &mut Project,
    stamp: &Stamp,
    key: &Fingerprint,
    since: DateTime<Utc>,
    sees_all: bool,
) {
    let keys: BTreeSet<_> = project.keys_until(key).into_iter().cloned().collect();
    let change = Difference {
        what: "trust in the key".into(),
        item: None,
        from: "its owner's alone".into(),
        to: format!("revoked, in doubt since {}", since.format("%Y-%m-%d %H:%M UTC")),
    };
    // Once it went out, what was approved is a record; the trail tells of the doubt.
    let releases = project.releases.values_mut();
    let open = releases.filter(|known| known.deployment.is_none() && known.closed.is_none());
    for release in open {
        let words = release.signoff_history.iter_mut();
        for signoff in words.filter(|known| known.stale.is_none()) {
            let by_it = keys.contains(&signoff.stamp.by.fingerprint);
            if by_it && (signoff.stamp.at >= since || !sees_all) {
                let changes = vec![change.clone()];
                signoff.stale = Some(Stale { event: stamp.event.clone(), at: stamp.at, changes });
            }
        }
    }
}
