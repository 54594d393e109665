//! Several people for one role, and how old a check may be in the whole project.

use chrono::Duration;

use super::Story;
use crate::event::Body;
use crate::gate::SignoffStanding::{Declined, Missing, Signed, Stale};
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::member::Role::{self, Devops, Management, Security};
use crate::member::{ChangeRule, Policy};

fn with(change: impl FnOnce(&mut Policy)) -> Story {
    let story = Story::ready();
    let mut policy = story.project().policy.clone();
    change(&mut policy);
    story.act("ada", Body::PolicySet { policy })
}

fn two(role: Role) -> Story {
    with(|policy| policy.signers = [(role, 2)].into())
}

/// The release with everything but the sign-offs of security.
fn two_of_security() -> Story {
    two(Security).sign(Devops, "dan").sign(Management, "mia")
}

#[test]
fn a_role_has_signed_once_as_many_people_did_as_it_takes() {
    two_of_security()
        .expect_words("security", "0 of 2 have signed", "Security reviews and signs")
        .sign(Security, "ana")
        .expect_signoff(Security, Missing)
        .expect_words("security", "1 of 2 have signed", "Somebody else of Security")
        .expect_gate(Ready)
        .deploy("dan", "dan", "cleo")
        .expect_refused("not-go")
        .sign(Security, "bob")
        .expect_signoff(Security, Signed)
        .expect_gate(Go)
        .deploy("dan", "dan", "cleo");
}

#[test]
fn one_person_signs_once_however_often_and_with_whichever_key() {
    two_of_security()
        .enroll("ada", "ana-laptop", &[Security])
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .sign(Security, "ana")
        .sign(Security, "ana")
        .sign(Security, "ana-laptop")
        .expect_signoff(Security, Missing)
        .sign(Devops, "ana")
        .expect_refused("second-role")
        .sign(Security, "bob")
        .expect_gate(Go);
}

#[test]
fn each_of_the_last_ones_to_speak_counts() {
    let story = two_of_security().sign(Security, "ana").sign(Security, "bob").expect_gate(Go);
    story
        .clone()
        .decline(Security, "bob", "I looked again")
        .expect_signoff(Security, Declined)
        .expect_gate(NoGo)
        .sign(Security, "bob")
        .expect_gate(Go);
    let story = story.revoke(Security, "ana").expect_gate(NoGo);
    // Ana may speak for another role then.
    story.sign(Devops, "ana").sign(Security, "bob").expect_gate(NoGo);
}

#[test]
fn a_stale_signature_is_renewed_by_whoever_gave_it_or_another() {
    two_of_security()
        .sign(Security, "ana")
        .attach("dan", "backup", "log.txt")
        .sign(Security, "bob")
        .expect_signoff(Security, Stale)
        .sign(Security, "ana")
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .expect_gate(Go);
}

#[test]
fn a_policy_names_as_many_signers_as_there_are_and_no_strays() {
    for (signers, code) in [
        ([(Management, 1)], None),
        ([(Security, 0)], Some("policy")),
        ([(Security, 21)], Some("policy")),
        ([(Role::Admin, 2)], Some("policy")),
    ] {
        let story = with(|policy| policy.signers = signers.into());
        match code {
            Some(code) => drop(story.expect_refused(code)),
            None => drop(story),
        }
    }
    let guarded = Story::guarded();
    let mut policy = guarded.project().policy.clone();
    policy.signers = [(Management, 2)].into();
    guarded.act("ada", Body::PolicySet { policy }).expect_refused("requirement-impossible");
}

#[test]
fn how_many_sign_is_a_matter_of_that_role_and_a_time_limit_of_all() {
    let story = Story::guarded();
    let now = &story.project().policy;
    let needed = |policy: Policy| {
        let change = crate::event::ProposedChange::SetPolicy { policy };
        crate::consent::needed(story.project(), &change).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(now.changes, ChangeRule::Roles);
    assert_eq!(needed(Policy { signers: [(Devops, 2)].into(), ..now.clone() }), [Devops]);
    let fresh = Policy { freshness_hours: Some(12), ..now.clone() };
    assert_eq!(needed(fresh), [Security, Devops, Management]);
}

#[test]
fn no_check_counts_longer_than_the_project_allows() {
    let story = with(|policy| policy.freshness_hours = Some(2));
    story.expect_gate(Ready).wait(Duration::hours(2)).expect_gate(NoGo).expect_words(
        "tls",
        "checked too long ago",
        "Run the check again",
    );
    // Nor longer than the item allows, whatever the project does.
    with(|policy| policy.freshness_hours = Some(8_000)).wait(Duration::hours(25)).expect_gate(NoGo);
    for hours in [0, 8_785] {
        with(|policy| policy.freshness_hours = Some(hours)).expect_refused("policy");
    }
}

#[test]
fn a_policy_of_before_keeps_its_bytes() {
    let old = r#"{"exception_approvers":["security"],"required_roles":["devops"]}"#;
    let read: Policy = serde_json::from_str(old).expect("a policy");
    assert_eq!(crate::canonical::bytes(&read).expect("canonical"), old.as_bytes());
}
