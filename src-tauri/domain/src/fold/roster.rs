//! Changes of the roster and of the policy: which are sound, which an admin may decree, and
//! how each is made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{MAX_NAME, key, known_member, needs, text};
use crate::consent::{missing, role_codes, without_signer};
use crate::event::ProposedChange;
use crate::id::Fingerprint;
use crate::member::{ChangeRule, EmergencyRule, Member, Policy, Role};
use crate::refusal::Refusal;
use crate::sshsig;
use crate::state::{Project, Stamp};

/// Most people who may have to sign for one role.
const MAX_SIGNERS: u32 = 20;
/// Most hours that a policy may name: a year.
const MAX_HOURS: u32 = 8_784;

/// An admin's own signature makes the change, where nobody else's is needed.
/// `sees_all`: whether the admin knew of every event that comes before.
pub(super) fn decree(
    project: &mut Project,
    stamp: &Stamp,
    change: &ProposedChange,
    sees_all: bool,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    let change = sound(project, change, !sees_all)?;
    let missing = missing(project, &change, &stamp.by);
    if !missing.is_empty() {
        let what = what(&change);
        return Err(Refusal::ConsentMissing { what, roles: role_codes(&missing) });
    }
    make(project, change);
    Ok(())
}

/// The change as it would be made, if it can be. `follow`: whether an entry follows its key
/// to the one that replaced it.
pub(super) fn sound(
    project: &Project,
    change: &ProposedChange,
    follow: bool,
) -> Result<ProposedChange, Refusal> {
    let change = match change {
        ProposedChange::EnrollMember { member } => {
            ProposedChange::EnrollMember { member: sound_entry(project, member, follow)? }
        }
        ProposedChange::RemoveMember { member } => {
            let known = known_member(project, member)?;
            if known.holds(Role::Admin) && admins(project) == 1 {
                return Err(Refusal::LastAdmin);
            }
            ProposedChange::RemoveMember { member: known.fingerprint }
        }
        ProposedChange::SetPolicy { policy } => {
            check_policy(policy)?;
            if project.policy.changes == ChangeRule::Roles && policy.changes == ChangeRule::Admin {
                return Err(Refusal::ChangeRuleFixed);
            }
            change.clone()
        }
    };
    check_requirement(project, &change)?;
    Ok(change)
}

fn sound_entry(project: &Project, member: &Member, follow: bool) -> Result<Member, Refusal> {
    check_member(member)?;
    let mut member = member.clone();
    let now = project.members.get(project.last_key(&member.fingerprint));
    if let Some(now) = now.filter(|now| follow && now.fingerprint != member.fingerprint) {
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
    Ok(member)
}

/// Makes a change that is sound and has every consent.
pub(super) fn make(project: &mut Project, change: ProposedChange) {
    if let ProposedChange::EnrollMember { member } = &change {
        project.held.extend(&member.roles);
    }
    match change {
        ProposedChange::SetPolicy { policy } => project.policy = policy,
        other => change_members(&mut project.members, other),
    }
}

fn change_members(members: &mut BTreeMap<Fingerprint, Arc<Member>>, change: ProposedChange) {
    match change {
        ProposedChange::EnrollMember { member } => {
            members.insert(member.fingerprint.clone(), Arc::new(member));
        }
        ProposedChange::RemoveMember { member } => {
            members.remove(&member);
        }
        ProposedChange::SetPolicy { .. } => {}
    }
}

/// A requirement cannot exceed the members: nothing more may be asked for than different
/// people could sign, and nobody may go who is needed for that. While a project fills its
/// roles, what cannot be met yet stays as it is.
fn check_requirement(project: &Project, change: &ProposedChange) -> Result<(), Refusal> {
    let now = &project.policy;
    let on_roster = |policy: &Policy| without_signer(everybody(&project.members), &policy.seats());
    let left = match change {
        ProposedChange::SetPolicy { policy } => {
            let has = |(role, people): &(Role, usize)| {
                now.required_roles.contains(role) && now.signers_of(*role) >= *people
            };
            let asks_more = !policy.requirement().iter().all(has);
            if policy.changes == ChangeRule::Admin || !asks_more {
                return Ok(());
            }
            on_roster(policy)
        }
        _ if now.changes == ChangeRule::Admin => return Ok(()),
        _ if !on_roster(now).is_empty() => return Ok(()),
        _ => {
            let mut members = project.members.clone();
            change_members(&mut members, change.clone());
            without_signer(everybody(&members), &now.seats())
        }
    };
    if left.is_empty() {
        return Ok(());
    }
    Err(Refusal::RequirementImpossible { roles: role_codes(&left) })
}

fn everybody(members: &BTreeMap<Fingerprint, Arc<Member>>) -> impl Iterator<Item = &Member> {
    members.values().map(|member| &**member)
}

fn what(change: &ProposedChange) -> &'static str {
    match change {
        ProposedChange::SetPolicy { .. } => "policy",
        _ => "roster",
    }
}

pub(super) fn admins(project: &Project) -> usize {
    project.members.values().filter(|member| member.holds(Role::Admin)).count()
}

pub(super) fn check_policy(policy: &Policy) -> Result<(), Refusal> {
    let roles: BTreeSet<_> = policy.required_roles.iter().collect();
    let bad = roles.is_empty()
        || roles.len() != policy.required_roles.len()
        || roles.contains(&Role::Auditor)
        || policy.exception_approvers.contains(&Role::Auditor);
    if bad {
        return Err(Refusal::Policy);
    }
    let strays = policy.signers.keys().any(|role| !roles.contains(role));
    if strays || !policy.signers.values().all(|people| (1..=MAX_SIGNERS).contains(people)) {
        return Err(Refusal::PolicySigners { most: MAX_SIGNERS });
    }
    if policy.freshness_hours.is_some_and(|hours| !(1..=MAX_HOURS).contains(&hours)) {
        return Err(Refusal::PolicyHours { field: "freshness_hours", most: MAX_HOURS });
    }
    policy.emergency.as_ref().map_or(Ok(()), |rule| check_emergency(rule, &roles))
}

fn check_emergency(rule: &EmergencyRule, required: &BTreeSet<&Role>) -> Result<(), Refusal> {
    let roles: BTreeSet<_> = rule.roles.iter().collect();
    if roles.is_empty() || roles.len() != rule.roles.len() || !roles.is_subset(required) {
        return Err(Refusal::PolicyEmergency);
    }
    if !(1..=MAX_HOURS).contains(&rule.review_hours) {
        return Err(Refusal::PolicyHours { field: "review_hours", most: MAX_HOURS });
    }
    Ok(())
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
