//! A requirement cannot exceed the members: nothing is asked for that different people could
//! not sign, and nobody goes who is needed for that.

use super::Story;
use super::people::member;
use super::steps::policy;
use crate::consent::without_signer;
use crate::member::ChangeRule::{Admin as Alone, Roles};
use crate::member::Role::{self, Admin, Auditor, Devops, Management, Security};
use crate::refusal::Refusal;

/// The roles that are left when these people sign for those.
fn left(people: &[(&str, &[Role])], required: &[Role]) -> Vec<Role> {
    let members: Vec<_> = people.iter().map(|(who, roles)| member(who, roles)).collect();
    without_signer(&members, required)
}

#[test]
fn each_required_role_needs_a_person_of_its_own() {
    let all = [Security, Devops, Management];
    let both: &[Role] = &[Security, Devops];
    assert_eq!(left(&[("ana", both), ("mia", &[Management])], &all), [Devops]);
    assert_eq!(left(&[("ana", both), ("dan", &[Devops]), ("mia", &[Management])], &all), []);
    // Whoever comes first is moved where that helps.
    assert_eq!(left(&[("ana", both), ("bob", &[Security])], &[Security, Devops]), []);
    assert_eq!(left(&[("bob", &[Security]), ("ana", both)], &[Devops, Security]), []);
    // Two keys of one person are one person.
    assert_eq!(left(&[("ana", both), ("ana-laptop", both)], &[Security, Devops]), [Devops]);
    assert_eq!(left(&[("otto", &[Auditor])], &[Security]), [Security]);
    assert_eq!(left(&[], &all), all);
}

#[test]
fn a_policy_asks_for_no_more_than_different_people_can_sign() {
    let all = [Security, Devops, Management];
    let two =
        || {
            Story::new()
                .found_with("ada", &[Admin], policy(&[Security], &[Security], Roles))
                .enroll("ada", "ana", &[Security, Devops])
        };
    let story = two().set_policy("ada", &[Security, Devops], &[Security]);
    let Some(Refusal::RequirementImpossible { roles }) =
        story.fold.trail().last().and_then(|entry| entry.refused.clone())
    else {
        panic!("one person cannot sign for two roles")
    };
    assert_eq!(roles, "devops");
    let story = story.expect_refused("requirement-impossible");
    story
        .set_policy("ada", &all, &[Security])
        .expect_refused("requirement-impossible")
        .set_policy("ada", &[Security, Admin], &[Security])
        .enroll("ada", "mia", &[Management])
        .set_policy("ada", &[Security, Admin, Management], &[Security])
        .expect_wanting("management");
    // Where an admin decides alone it is as it was.
    let old = Story::new().found_with("ada", &[Admin], policy(&[Security], &[Security], Alone));
    old.set_policy("ada", &all, &[Security]);
}

#[test]
fn nobody_goes_who_is_needed_to_sign() {
    let story = Story::guarded();
    let story = story.remove("ada", "ana").expect_refused("requirement-impossible");
    let story = story.enroll("ada", "dan", &[Auditor]).expect_refused("requirement-impossible");
    let mut same = member("mia", &[Management]);
    same.email = "dan@example.com".into();
    let body = crate::event::Body::MemberEnrolled { member: same };
    let story = story.act("ada", body).expect_refused("requirement-impossible");
    // A lost key cannot wait for a successor.
    let story = story.revoke_key("ada", "ana");
    // Now that it cannot be met, others may go.
    story.remove("ada", "dan").expect_wanting("management");
}

#[test]
fn a_young_project_fills_its_roles_in_any_order() {
    let story =
        Story::new().found_with("ada", &[Admin, Security], crate::member::Policy::of_new_project());
    story
        .enroll("ada", "ada", &[Admin, Security, Management])
        .enroll("ada", "ada", &[Admin, Security])
        .enroll("ada", "mia", &[Management])
        .whatever_came();
}
