//! Changes that an admin proposes and the roles concerned decide on. The last consent that is
//! needed makes the change, as the project stands then; one refusal ends it.

use super::{needs, optional_text, roster};
use crate::consent::{may_decide, standing};
use crate::event::{ProposedChange, Verdict};
use crate::id::EventId;
use crate::member::Role;
use crate::refusal::Refusal;
use crate::state::{Ended, Ending, Project, Proposal, Stamp};

pub(super) fn propose(
    project: &mut Project,
    stamp: &Stamp,
    change: &ProposedChange,
    note: &str,
    sees_all: bool,
) -> Result<(), Refusal> {
    needs(&stamp.by, &[Role::Admin])?;
    optional_text("note", note)?;
    let change = roster::sound(project, change, !sees_all)?;
    let proposal = Proposal {
        change,
        proposed: stamp.clone(),
        note: note.to_owned(),
        approvals: Vec::new(),
        ended: None,
    };
    settle(project, stamp, &stamp.event, proposal)
}

pub(super) fn decide(
    project: &mut Project,
    stamp: &Stamp,
    id: &EventId,
    role: Role,
    verdict: Verdict,
    note: &str,
) -> Result<(), Refusal> {
    let proposal = project.proposals.get(id).ok_or_else(|| Refusal::UnknownProposal(id.clone()))?;
    if proposal.ended.is_some() {
        return Err(Refusal::ProposalEnded(id.clone()));
    }
    may_decide(project, proposal, &stamp.by, role, verdict)?;
    optional_text("note", note)?;
    let mut proposal = proposal.clone();
    match verdict {
        Verdict::Approve => proposal.approvals.push((stamp.clone(), role, note.to_owned())),
        Verdict::Reject => {
            let withdraws = role == Role::Admin;
            let how = if withdraws { Ending::Withdrawn } else { Ending::Rejected };
            proposal.ended = Some(Ended { how, stamp: stamp.clone(), note: note.to_owned() });
        }
    }
    settle(project, stamp, id, proposal)
}

/// Keeps the proposal, and makes its change once nobody's consent is missing. A change that
/// has become impossible is refused, and then nothing has changed.
fn settle(
    project: &mut Project,
    stamp: &Stamp,
    id: &EventId,
    mut proposal: Proposal,
) -> Result<(), Refusal> {
    let complete = standing(project, &proposal).values().all(Option::is_some);
    if proposal.ended.is_none() && complete {
        let change = roster::sound(project, &proposal.change, true)?;
        roster::make(project, change);
        let stamp = stamp.clone();
        proposal.ended = Some(Ended { how: Ending::Made, stamp, note: String::new() });
    }
    project.proposals.insert(id.clone(), proposal);
    Ok(())
}
