//! Changes of the roster and the policy that need the roles which they touch: what an admin
//! may decree, and what is refused even to a genuine admin's key.

use super::Story;
use super::people::member;
use super::steps::{environment, policy};
use crate::event::Body;
use crate::gate::Verdict::Go;
use crate::member::ChangeRule::{self, Admin as Alone, Roles};
use crate::member::Policy;
use crate::member::Role::{self, Admin, Auditor, Devops, Management, Security};
use crate::refusal::Refusal;

impl Story {
    /// Ada founded a project whose changes need the roles; three hold one each.
    pub(crate) fn guarded() -> Self {
        Self::new()
            .found_with("ada", &[Admin], Policy::of_new_project())
            .enroll("ada", "ana", &[Security])
            .enroll("ada", "dan", &[Devops])
            .enroll("ada", "mia", &[Management])
    }

    pub(crate) fn found_with(self, who: &str, roles: &[Role], policy: Policy) -> Self {
        let body = Body::ProjectCreated {
            name: "Mail agent".into(),
            environments: vec![environment("production", "https://api.example.com")],
            policy,
            founder: member(who, roles),
        };
        self.act(who, body)
    }

    fn set_rule(self, who: &str, changes: ChangeRule) -> Self {
        let policy = Policy { changes, ..self.project().policy.clone() };
        self.act(who, Body::PolicySet { policy })
    }

    /// The last step was refused for want of exactly these roles.
    pub(super) fn expect_wanting(self, roles: &str) -> Self {
        let last = self.fold.trail().last().and_then(|entry| entry.refused.clone());
        let Some(Refusal::ConsentMissing { roles: missing, .. }) = &last else {
            panic!("expected a missing consent: {last:?}")
        };
        assert_eq!(missing, roles);
        self.expect_refused("consent-missing")
    }
}

#[test]
fn an_admin_alone_fills_roles_that_nobody_ever_held() {
    let story = Story::guarded();
    assert_eq!(story.project().members.len(), 4);
    assert_eq!(story.refusals(), []);
}

#[test]
fn a_role_that_somebody_holds_is_not_given_to_another_by_an_admin_alone() {
    Story::guarded()
        .enroll("ada", "eve", &[Security])
        .expect_wanting("security")
        .enroll("ada", "eve", &[Security, Management, Auditor])
        .expect_wanting("security, management")
        .tick("docs", "eve")
        .expect_refused("not-a-member");
}

#[test]
fn an_admin_gives_no_role_that_is_held_to_themselves_or_to_a_second_key_of_theirs() {
    let story =
        Story::guarded().enroll("ada", "ada", &[Admin, Security]).expect_wanting("security");
    let mut second = member("eve", &[Devops]);
    second.email = "Ada@Example.com".into();
    story.act("ada", Body::MemberEnrolled { member: second }).expect_wanting("devops");
}

#[test]
fn whoever_holds_the_role_consents_by_signing_but_not_about_themselves() {
    let founder = |roles: &[Role]| {
        Story::new().found_with("ada", roles, Policy::of_new_project()).enroll(
            "ada",
            "dan",
            &[Devops],
        )
    };
    founder(&[Admin, Security]).enroll("ada", "ana", &[Security]);
    founder(&[Admin]).enroll("ada", "ana", &[Admin]).enroll("ada", "ada", &[Admin, Security]);
    // Two admins: one cannot step up or down without the other.
    founder(&[Admin])
        .enroll("ada", "ana", &[Admin])
        .enroll("ada", "ada", &[Security])
        .expect_wanting("admin");
    founder(&[Admin, Security])
        .enroll("ada", "ana", &[Admin, Security])
        .enroll("ada", "ada", &[Admin])
        .expect_wanting("security");
}

#[test]
fn another_name_or_address_for_a_key_is_another_person() {
    let enroll = |change: fn(&mut crate::member::Member)| {
        let mut entry = member("ana", &[Security]);
        change(&mut entry);
        Story::guarded().act("ada", Body::MemberEnrolled { member: entry })
    };
    // Ana is the only holder: the other required roles stand in for hers.
    enroll(|entry| entry.name = "Eve Elsewhere".into()).expect_wanting("devops, management");
    enroll(|entry| entry.email = "eve@example.org".into()).expect_wanting("devops, management");
    enroll(|_| ()).open("dan");
}

/// A new key with Ana's address must not make her somebody whom the change is about, or her
/// role would count as one that nobody else holds.
#[test]
fn a_new_key_under_the_address_of_a_holder_needs_that_holder() {
    let story = Story::new().found_with("ada", &[Admin], policy(&[Security], &[Security], Roles));
    let story = story.enroll("ada", "ana", &[Security]);
    let mut puppet = member("eve", &[Security]);
    puppet.email = "ana@example.com".into();
    let story = story.act("ada", Body::MemberEnrolled { member: puppet.clone() });
    // Nor by way of an entry that touches nobody.
    puppet.roles = vec![Auditor];
    let story =
        story.expect_wanting("security").act("ada", Body::MemberEnrolled { member: puppet });
    let mut again = member("eve", &[Security]);
    again.email = "eve@example.org".into();
    story
        .act("ada", Body::MemberEnrolled { member: again })
        .expect_wanting("security")
        .expect_holders(Security, &["ana"]);
}

#[test]
fn an_auditor_decides_nothing_and_comes_and_goes_by_an_admin_alone() {
    Story::guarded()
        .enroll("ada", "otto", &[Auditor])
        .enroll("ada", "finn", &[Auditor])
        .remove("ada", "otto")
        .enroll("ada", "finn", &[Auditor, Devops])
        .expect_wanting("devops");
}

#[test]
fn a_role_is_not_taken_away_without_it() {
    // With a second holder of security, the first one is not needed for the requirement.
    let story =
        Story::guarded().proposes_entry("ada", "bob", &[Security]).consents("ana", Security);
    story
        .remove("ada", "bob")
        .expect_wanting("security")
        .enroll("ada", "bob", &[Auditor])
        .expect_wanting("security")
        .enroll("ada", "bob", &[Security, Devops])
        .expect_wanting("devops");
}

#[test]
fn a_vacancy_is_not_refilled_by_the_admin_alone_while_others_sign() {
    let vacant = Story::guarded().revoke_key("ada", "ana");
    let story = vacant.enroll("ada", "eve", &[Security]).expect_wanting("devops, management");
    let story = story.proposes_entry("ada", "eve", &[Security]);
    let story = story.consents("dan", Devops).expect_holders(Security, &[]);
    story.consents("mia", Management).expect_holders(Security, &["eve"]);
    // Where nobody else signs, there is nobody to ask.
    let alone = Story::new()
        .found_with("ada", &[Admin], policy(&[Security], &[Security], Roles))
        .enroll("ada", "ana", &[Security])
        .revoke_key("ada", "ana");
    alone.enroll("ada", "bob", &[Security]).expect_holders(Security, &["bob"]);
}

#[test]
fn the_policy_is_not_lowered_without_the_role_that_would_no_longer_sign() {
    let all = [Security, Devops, Management];
    let story = Story::guarded().set_policy("ada", &all[1..], &[Security, Management]);
    let story = story.expect_wanting("security");
    // Who approves exceptions concerns those who do, and whom it would be given to.
    let story = story.set_policy("ada", &all, &[Security]).expect_wanting("security, management");
    let story = story.set_policy("ada", &all, &[Security, Management, Admin]);
    let story = story.expect_wanting("security, management");
    let story = story.set_policy("ada", &[Management, Devops, Security], &[Management, Security]);
    assert_eq!(story.project().policy.required_roles, [Management, Devops, Security]);
}

#[test]
fn that_changes_need_the_roles_can_be_said_and_never_unsaid() {
    let story = Story::team().enroll("ada", "finn", &[Security]).set_rule("ada", Roles);
    story
        .enroll("ada", "eve", &[Security])
        .expect_wanting("security")
        .set_rule("ada", Alone)
        .expect_refused("change-rule-fixed")
        .act(
            "ada",
            Body::ChangeProposed {
                change: crate::event::ProposedChange::SetPolicy { policy: Policy::default() },
                note: String::new(),
            },
        )
        .expect_refused("change-rule-fixed");
}

#[test]
fn only_an_admin_proposes_or_decrees() {
    Story::guarded()
        .enroll("ana", "bob", &[Security])
        .expect_refused("not-authorised")
        .proposes_entry("ana", "bob", &[Security])
        .expect_refused("not-authorised")
        .remove("ana", "dan")
        .expect_refused("not-authorised");
}

#[test]
fn what_older_programs_wrote_keeps_its_bytes_and_its_meaning() {
    let old = r#"{"exception_approvers":["security"],"required_roles":["devops"]}"#;
    let read: Policy = serde_json::from_str(old).expect("a policy of an older program");
    assert_eq!(read.changes, Alone);
    assert_eq!(crate::canonical::bytes(&read).expect("canonical"), old.as_bytes());
    let new = Policy { changes: Roles, ..read };
    let bytes = crate::canonical::bytes(&new).expect("canonical");
    assert!(String::from_utf8_lossy(&bytes).contains(r#""changes":"roles""#));
    // An admin of an older project goes on alone.
    let story = Story::signed().enroll("ada", "eve", &[Security]).remove("ada", "dan");
    assert!(story.project().proposals.is_empty());
}

#[test]
fn the_rule_of_changes_is_part_of_what_is_signed() {
    Story::signed().expect_gate(Go).set_rule("ada", Roles).expect_change(
        Security,
        "policy",
        "",
        "an admin alone changes roster and policy",
        "changes need the roles that they touch",
    );
}
