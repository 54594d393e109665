//! Proposed changes that wait, in words: what is to change, and who has yet to consent.

use countersign_domain::consent::{entry, may_decide, standing};
use countersign_domain::event::{ProposedChange, Verdict};
use countersign_domain::id::EventId;
use countersign_domain::member::{Member, Role};
use countersign_domain::state::{Project, Proposal};

use super::stamp;
use crate::view::{ConsentView, ProposalView};

/// Those that wait, oldest first.
pub(super) fn waiting(project: &Project) -> Vec<ProposalView> {
    let mut open: Vec<_> =
        project.proposals.iter().filter(|(_, proposal)| proposal.ended.is_none()).collect();
    open.sort_by_key(|(id, proposal)| (proposal.proposed.at, *id));
    open.into_iter().map(|(id, proposal)| view(project, id, proposal)).collect()
}

fn view(project: &Project, id: &EventId, proposal: &Proposal) -> ProposalView {
    let consent = |(role, by): (Role, Option<&countersign_domain::state::Stamp>)| ConsentView {
        role: role.code().to_owned(),
        by: by.map(|stamp| stamp.by.name.clone()),
        at: by.map(|by| stamp(by.at)),
    };
    ProposalView {
        id: id.to_string(),
        change: text(project, &proposal.change),
        note: proposal.note.clone(),
        proposed_by: proposal.proposed.by.name.clone(),
        proposer: project.last_key(&proposal.proposed.by.fingerprint).to_string(),
        proposed_at: stamp(proposal.proposed.at),
        about: entry(project, &proposal.change).map(|known| known.fingerprint.to_string()),
        needs: standing(project, proposal).into_iter().map(consent).collect(),
        approvers: deciders(project, proposal, Verdict::Approve),
        rejecters: deciders(project, proposal, Verdict::Reject),
    }
}

fn deciders(project: &Project, proposal: &Proposal, verdict: Verdict) -> Vec<String> {
    let may = |member: &Member| {
        Role::ALL
            .into_iter()
            .any(|role| may_decide(project, proposal, member, role, verdict).is_ok())
    };
    let members = project.members.values().filter(|member| may(member));
    members.map(|member| member.fingerprint.to_string()).collect()
}

fn text(project: &Project, change: &ProposedChange) -> String {
    let before = entry(project, change);
    match (change, before) {
        (ProposedChange::EnrollMember { member }, None) => {
            format!("Enroll {} <{}> as {}", member.name, member.email, roles(&member.roles))
        }
        (ProposedChange::EnrollMember { member }, Some(now)) => {
            let renamed = now.name != member.name || now.email != member.email;
            let new = if renamed {
                format!(", as {} <{}>", member.name, member.email)
            } else {
                String::new()
            };
            let (from, to) = (roles(&now.roles), roles(&member.roles));
            format!("Change {} <{}>{new} from {from} to {to}", now.name, now.email)
        }
        (ProposedChange::RemoveMember { .. }, Some(now)) => {
            format!("Remove {} <{}>, {}", now.name, now.email, roles(&now.roles))
        }
        (ProposedChange::RemoveMember { member }, None) => {
            format!("Remove the key {member}, which is not on the roster any more")
        }
        (ProposedChange::SetPolicy { policy }, _) => {
            let now = &project.policy;
            format!("Policy: {}. Now: {}", policy.rules_beside(now), now.rules_beside(policy))
        }
    }
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.words()).collect::<Vec<_>>().join(", ")
}
