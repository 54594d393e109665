//! What must hold whatever came before: chance may try what it likes.

use super::story::Story;
use crate::event::{Body, Decision, ProposedChange};
use crate::gate::{Verdict, requirement};
use crate::id::EventId;
use crate::member::{ChangeRule, Member};
use crate::standing::{Standing, standing};
use crate::state::{Ending, Signoff};
use crate::template::Severity;

fn distinct(signoffs: &[&Signoff]) -> bool {
    signoffs.iter().enumerate().all(|(place, one)| {
        signoffs[..place].iter().all(|other| !one.stamp.by.is_same_person(&other.stamp.by))
    })
}

/// What no sequence of events may bring about.
pub(super) fn must_hold(story: &Story) {
    let (project, release) = (story.project(), story.release());
    let gate = story.gate();
    if gate.verdict == Verdict::Go {
        let needed = requirement(project, release);
        let signoffs: Vec<_> =
            needed.iter().flat_map(|(role, people)| release.counting(*role, *people)).collect();
        assert_eq!(signoffs.len(), needed.iter().map(|(_, people)| people).sum::<usize>());
        assert!(distinct(&signoffs), "one person gave two signatures");
        assert!(
            signoffs.iter().all(|one| one.decision == Decision::Approve && one.stale.is_none())
        );
    }
    for (section, known) in release.template.items() {
        let stands = standing(project, release, section, known, story.at);
        let critical = known.severity_in(section) == Severity::Critical;
        assert!(!(critical && stands == Standing::Excepted), "{} is excepted", known.id);
    }
    for exception in release.exceptions.values() {
        let own = |decider: &Member| exception.requested.by.is_same_person(decider);
        assert!(!exception.decided.as_ref().is_some_and(|(stamp, ..)| own(&stamp.by)));
    }
    if let Some(deployment) = &release.deployment {
        assert!(!deployment.deployed_by.is_same_person(&deployment.verified_by));
        let signoffs: Vec<_> = deployment.signoffs.iter().collect();
        assert!(distinct(&signoffs) && signoffs.iter().all(|one| one.stale.is_none()));
        assert!(signoffs.iter().all(|one| one.stamp.at <= deployment.deployed_at));
        let owed = deployment.owed.as_ref();
        assert!(owed.is_none() || release.emergency.is_some(), "only an emergency owes");
        let reviews = owed.into_iter().flat_map(|owed| &owed.reviews);
        assert!(distinct(&signoffs.into_iter().chain(reviews).collect::<Vec<_>>()));
        assert!(release.closed.is_none() || owed.is_none_or(|owed| owed.open().is_empty()));
    }
    assert_eq!(project.policy.changes == ChangeRule::Roles, is_guarded(story));
    let score = gate.score;
    assert!(score.without_exceptions <= score.now && score.now <= score.projected);
}

/// Whether somebody with the right to it ever said that changes need the roles.
fn is_guarded(story: &Story) -> bool {
    let made = |id: &EventId| {
        let proposal = story.project().proposals.get(id);
        let ended = proposal.and_then(|known| known.ended.as_ref());
        ended.is_some_and(|ended| ended.how == Ending::Made)
    };
    story.fold.trail().iter().filter(|entry| entry.refused.is_none()).any(|entry| {
        let policy = match &entry.event.envelope().body {
            Body::ProjectCreated { policy, .. } | Body::PolicySet { policy } => policy,
            Body::ChangeProposed { change: ProposedChange::SetPolicy { policy }, .. }
                if made(entry.event.id()) =>
            {
                policy
            }
            _ => return false,
        };
        policy.changes == ChangeRule::Roles
    })
}
