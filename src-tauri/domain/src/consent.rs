//! Whose consent a change of the roster or of the policy needs, and whether a requirement can
//! be met at all. The fold asks this before it makes a change, and whoever acts beforehand.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{ProposedChange, Verdict};
use crate::member::{ChangeRule, Member, Policy, Role};
use crate::refusal::Refusal;
use crate::state::{Project, Proposal, Stamp};

/// The roles that must consent to `change` as the project stands; none where an admin decides
/// alone. A role that somebody else holds consents itself. A role that was never held may be
/// filled by the admin, or no project could begin. For a role that was held and now has no
/// other holder, each other required role that has one consents in its place.
#[must_use]
pub fn needed(project: &Project, change: &ProposedChange) -> BTreeSet<Role> {
    if project.policy.changes == ChangeRule::Admin {
        return BTreeSet::new();
    }
    let held_by_others = |role: &Role| {
        let mut members = project.members.values();
        members.any(|member| member.holds(*role) && !concerns(project, change, member))
    };
    let consenting = |role: Role| {
        if held_by_others(&role) {
            return vec![role];
        }
        if !project.held.contains(&role) {
            return Vec::new();
        }
        let others = project.policy.required_roles.iter().copied();
        others.filter(|other| *other != role && held_by_others(other)).collect()
    };
    touched(project, change).into_iter().flat_map(consenting).collect()
}

/// The roles of [`needed`] that `by` does not speak for. Whoever signs speaks for each role
/// that they hold, but not about their own entry.
#[must_use]
pub fn missing(project: &Project, change: &ProposedChange, by: &Member) -> BTreeSet<Role> {
    let speaks = |role: &Role| by.holds(*role) && !concerns(project, change, by);
    needed(project, change).into_iter().filter(|role| !speaks(role)).collect()
}

/// The roles that a proposal needs now, each with who consented, if anybody did who holds the
/// role still. Where the proposer is no longer an admin, another must stand behind it.
#[must_use]
pub fn standing<'a>(
    project: &Project,
    proposal: &'a Proposal,
) -> BTreeMap<Role, Option<&'a Stamp>> {
    let mut roles = needed(project, &proposal.change);
    if !still_holds(project, &proposal.proposed, Role::Admin) {
        roles.insert(Role::Admin);
    }
    let speaks = |stamp: &Stamp, role: Role| {
        still_holds(project, stamp, role) && !concerns(project, &proposal.change, &stamp.by)
    };
    let consent = |role: Role| {
        let approvals = proposal.approvals.iter();
        let approved = approvals.filter(|(_, of, _)| *of == role).map(|(stamp, ..)| stamp);
        std::iter::once(&proposal.proposed).chain(approved).find(|stamp| speaks(stamp, role))
    };
    roles.into_iter().map(|role| (role, consent(role))).collect()
}

/// Whether `member` may consent to a proposed change, or refuse it, for `role` as the project
/// stands. Who proposed it, or another admin, withdraws it by refusing as admin.
///
/// # Errors
/// The [`Refusal`] that the decision would meet.
pub fn may_decide(
    project: &Project,
    proposal: &Proposal,
    member: &Member,
    role: Role,
    verdict: Verdict,
) -> Result<(), Refusal> {
    if !member.holds(role) {
        let needs = role.code().to_owned();
        return Err(Refusal::NotAuthorised { name: member.name.clone(), needs });
    }
    let withdraws = verdict == Verdict::Reject && role == Role::Admin;
    let is_proposer = proposal.proposed.by.is_same_person(member);
    if concerns(project, &proposal.change, member) && !(withdraws && is_proposer) {
        return Err(Refusal::OwnChange(member.name.clone()));
    }
    match standing(project, proposal).get(&role) {
        None if !withdraws => Err(Refusal::RoleNotConcerned(role)),
        Some(Some(_)) if verdict == Verdict::Approve => Err(Refusal::ConsentGiven(role)),
        _ => Ok(()),
    }
}

/// Whether `change` is about that person's entry. The key says so and not the address: a second
/// key of somebody who holds the role already gives them nothing, and an address that an admin
/// wrote must not make the real holder somebody who has no say.
#[must_use]
pub fn concerns(project: &Project, change: &ProposedChange, person: &Member) -> bool {
    let key = project.last_key(&person.fingerprint);
    entry(project, change).is_some_and(|known| known.fingerprint == *key)
}

/// The entry of the roster that `change` would change.
#[must_use]
pub fn entry<'a>(project: &'a Project, change: &ProposedChange) -> Option<&'a Member> {
    let key = match change {
        ProposedChange::EnrollMember { member } => &member.fingerprint,
        ProposedChange::RemoveMember { member } => member,
        ProposedChange::SetPolicy { .. } => return None,
    };
    project.members.get(project.last_key(key)).map(|known| &**known)
}

/// Held when it was signed, and still: replaced keys change nothing about it.
fn still_holds(project: &Project, stamp: &Stamp, role: Role) -> bool {
    let now = project.members.get(project.last_key(&stamp.by.fingerprint));
    stamp.by.holds(role) && now.is_some_and(|now| now.holds(role))
}

/// The roles whose holders or duties `change` changes. An auditor decides nothing, so to give
/// or to take that role touches nobody.
fn touched(project: &Project, change: &ProposedChange) -> BTreeSet<Role> {
    let set = |roles: &[Role]| roles.iter().copied().collect::<BTreeSet<_>>();
    let before = entry(project, change);
    let held = before.map(|member| set(&member.roles)).unwrap_or_default();
    let mut roles = match change {
        ProposedChange::RemoveMember { .. } => held,
        ProposedChange::EnrollMember { member } => {
            let wanted = set(&member.roles);
            // Another name or address is another person, whatever the key.
            let same =
                before.is_none_or(|now| now.name == member.name && now.email == member.email);
            if same { &held ^ &wanted } else { &held | &wanted }
        }
        ProposedChange::SetPolicy { policy } => {
            let now = &project.policy;
            let mut roles = &set(&now.required_roles) ^ &set(&policy.required_roles);
            let approvers = set(&now.exception_approvers);
            let changed = &approvers ^ &set(&policy.exception_approvers);
            if !changed.is_empty() {
                // Each approver's word weighs less or more then.
                roles.extend(&changed | &approvers);
            }
            let counts = |role: &Role| now.signers_of(*role) != policy.signers_of(*role);
            roles.extend(policy.required_roles.iter().filter(|role| counts(role)));
            let rules = |policy: &Policy| {
                (policy.changes, policy.freshness_hours, policy.emergency.clone())
            };
            if rules(now) != rules(policy) {
                roles.extend(&now.required_roles);
            }
            roles
        }
    };
    roles.remove(&Role::Auditor);
    roles
}

/// Those of `required` for which nobody could sign when each other one is signed by another
/// person: what a largest matching of roles and people leaves over (Kuhn's algorithm).
#[must_use]
pub fn without_signer<'a>(
    members: impl IntoIterator<Item = &'a Member>,
    required: &[Role],
) -> Vec<Role> {
    let mut people: Vec<Vec<&Member>> = Vec::new();
    for member in members {
        let same = |known: &&mut Vec<&Member>| known.iter().any(|one| one.is_same_person(member));
        match people.iter_mut().find(same) {
            Some(person) => person.push(member),
            None => people.push(vec![member]),
        }
    }
    let mut taken = vec![None; people.len()];
    let mut seats = |role: &Role| seat(*role, &people, &mut taken, &mut BTreeSet::new());
    required.iter().copied().filter(|role| !seats(role)).collect()
}

/// Finds a person for `role`, moving others to another one where that helps.
fn seat(
    role: Role,
    people: &[Vec<&Member>],
    taken: &mut Vec<Option<Role>>,
    tried: &mut BTreeSet<usize>,
) -> bool {
    for (place, person) in people.iter().enumerate() {
        if !person.iter().any(|entry| entry.holds(role)) || !tried.insert(place) {
            continue;
        }
        if taken[place].is_none_or(|other| seat(other, people, taken, tried)) {
            taken[place] = Some(role);
            return true;
        }
    }
    false
}

/// Roles as a text names them.
#[must_use]
pub fn role_codes<'a>(roles: impl IntoIterator<Item = &'a Role>) -> String {
    roles.into_iter().map(|role| role.code()).collect::<Vec<_>>().join(", ")
}
