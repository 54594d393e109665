//! Changes of the roster and of the policy: made at once where the admin's signature is
//! enough, else proposed to the roles that they touch, who decide.

use countersign_domain::consent::{may_decide, missing, standing};
use countersign_domain::event::{Body, ProposedChange, Verdict};
use countersign_domain::fold::Fold;
use countersign_domain::id::{EventId, Fingerprint, ProjectId};
use countersign_domain::member::{EmergencyRule, Member, Policy, Role};
use countersign_domain::sshsig;
use countersign_ledger::keys::UnlockedKey;

use crate::error::Failure;
use crate::home::Home;
use crate::project::role_of;
use crate::query::no_project;
use crate::view::{ChangeAnswer, DecideChange, EnrollMember, ProjectView, RemoveMember, SetPolicy};

impl Home {
    /// Puts a person on the roster, or changes their entry; or proposes it.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Input`] for a key or role that cannot be read.
    pub fn enroll(
        &self,
        key: &UnlockedKey,
        request: &EnrollMember,
    ) -> Result<ChangeAnswer, Failure> {
        let project = ProjectId::parse(&request.project)?;
        let fields: Vec<_> = request.public_key.split_whitespace().take(2).collect();
        let public_key = fields.join(" ");
        let Some(fingerprint) = sshsig::fingerprint(&public_key) else {
            let hint = "Give one line of OpenSSH form: ssh-ed25519 AAAA…";
            let problem = "not a public key".to_owned();
            return Err(Failure::Input { field: "public_key", problem, hint });
        };
        let roles = request.roles.iter().map(|role| role_of(role)).collect::<Result<_, _>>()?;
        let member = Member {
            name: request.name.trim().to_owned(),
            email: request.email.trim().to_owned(),
            fingerprint,
            public_key,
            roles,
        };
        let change = ProposedChange::EnrollMember { member };
        self.change(key, &project, change, request.note.trim())
    }

    /// Takes a key off the roster; or proposes it.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn remove_member(
        &self,
        key: &UnlockedKey,
        request: &RemoveMember,
    ) -> Result<ChangeAnswer, Failure> {
        let project = ProjectId::parse(&request.project)?;
        let member = self.member(&project, &request.member)?;
        let change = ProposedChange::RemoveMember { member };
        self.change(key, &project, change, request.note.trim())
    }

    /// Sets what a release needs; or proposes it.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Input`] for a role that is none.
    pub fn set_policy(
        &self,
        key: &UnlockedKey,
        request: &SetPolicy,
    ) -> Result<ChangeAnswer, Failure> {
        let project = ProjectId::parse(&request.project)?;
        let changes =
            self.read(&project, |fold| Ok(fold.project().ok_or_else(no_project)?.policy.changes))?;
        let roles = |codes: &[String]| {
            codes.iter().map(|code| role_of(code)).collect::<Result<Vec<_>, _>>()
        };
        let signers = request.signers.iter().map(|(code, people)| Ok((role_of(code)?, *people)));
        let emergency = request.emergency.as_ref().map(|rule| {
            let roles = roles(&rule.roles)?;
            Ok::<_, Failure>(EmergencyRule { roles, review_hours: rule.review_hours })
        });
        let policy = Policy {
            required_roles: roles(&request.required_roles)?,
            signers: signers.collect::<Result<_, Failure>>()?,
            exception_approvers: roles(&request.exception_approvers)?,
            changes,
            freshness_hours: request.freshness_hours,
            emergency: emergency.transpose()?,
        };
        let change = ProposedChange::SetPolicy { policy };
        self.change(key, &project, change, request.note.trim())
    }

    /// Makes the change, or proposes it with `note` where others must consent. What waits for
    /// them already is not proposed twice.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub(crate) fn change(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        change: ProposedChange,
        note: &str,
    ) -> Result<ChangeAnswer, Failure> {
        let way = self.read(project, |fold| Ok(way(fold, key.fingerprint(), &change)))?;
        let proposed = match way {
            Way::Decree => {
                self.act(key, project, decree(change))?;
                None
            }
            Way::Waits(proposal) => Some(proposal),
            Way::Propose => {
                let note = note.to_owned();
                Some(self.act(key, project, Body::ChangeProposed { change, note })?)
            }
        };
        let project = self.project(project)?;
        let is_it = |id: &EventId| project.proposals.iter().find(|one| one.id == id.as_str());
        let proposed = proposed.and_then(|id| is_it(&id).cloned());
        Ok(ChangeAnswer { project, proposed })
    }

    /// Consents to a proposed change, in every role that it needs and the key's owner holds,
    /// or in the one that is named; or refuses it; or, as an admin, takes it back.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Id`]; [`Failure::Input`] for a role that is none.
    pub fn decide_change(
        &self,
        key: &UnlockedKey,
        request: &DecideChange,
    ) -> Result<ProjectView, Failure> {
        let project = ProjectId::parse(&request.project)?;
        let proposal = EventId::parse(&request.proposal)?;
        let verdict = if request.approve { Verdict::Approve } else { Verdict::Reject };
        let roles = match &request.role {
            Some(role) => vec![role_of(role)?],
            None => self.read(&project, |fold| {
                Ok(speaks_for(fold, key.fingerprint(), &proposal, verdict))
            })?,
        };
        for role in roles {
            let (proposal, note) = (proposal.clone(), request.note.trim().to_owned());
            self.act(key, &project, Body::ChangeDecided { proposal, role, verdict, note })?;
        }
        self.project(&project)
    }
}

/// How a change comes about.
enum Way {
    Decree,
    Propose,
    /// It waits already, by that proposal.
    Waits(EventId),
}

fn way(fold: &Fold, by: &Fingerprint, change: &ProposedChange) -> Way {
    let admin = fold.project().and_then(|project| {
        let member = project.members.get(by).filter(|member| member.holds(Role::Admin))?;
        Some((project, member))
    });
    // Who is no admin is told so by the rules, and the attempt is kept.
    let Some((project, admin)) = admin else { return Way::Decree };
    if missing(project, change, admin).is_empty() {
        return Way::Decree;
    }
    let waits = |known: &countersign_domain::state::Proposal| {
        known.ended.is_none() && known.change == *change
    };
    let mut known = project.proposals.iter();
    let waiting = known.find(|(_, proposal)| waits(proposal));
    waiting.map_or(Way::Propose, |(id, _)| Way::Waits(id.clone()))
}

fn decree(change: ProposedChange) -> Body {
    match change {
        ProposedChange::EnrollMember { member } => Body::MemberEnrolled { member },
        ProposedChange::RemoveMember { member } => Body::MemberRemoved { member },
        ProposedChange::SetPolicy { policy } => Body::PolicySet { policy },
    }
}

/// The roles in which the key's owner decides: all that are waited for, and one to refuse.
/// Where there is none, one by which the rules can say why.
fn speaks_for(fold: &Fold, by: &Fingerprint, proposal: &EventId, verdict: Verdict) -> Vec<Role> {
    let found = fold.project().and_then(|project| {
        Some((project, project.proposals.get(proposal)?, project.members.get(by)?))
    });
    let Some((project, proposal, member)) = found else { return vec![Role::Admin] };
    let may = |role: &Role| may_decide(project, proposal, member, *role, verdict).is_ok();
    let roles: Vec<_> = Role::ALL.into_iter().filter(may).collect();
    match (verdict, roles.first()) {
        (Verdict::Approve, Some(_)) => roles,
        (Verdict::Reject, Some(first)) => vec![*first],
        (_, None) => {
            let needed: Vec<_> = standing(project, proposal).into_keys().collect();
            let held = needed.iter().find(|role| member.holds(**role));
            vec![*held.or(needed.first()).unwrap_or(&Role::Admin)]
        }
    }
}
