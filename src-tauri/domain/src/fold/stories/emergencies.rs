//! Going out on fewer signatures, and what is owed for it.

use chrono::Duration;

use super::Story;
use super::story::release_id;
use crate::event::{Body, Decision};
use crate::gate::SignoffStanding::{Signed, Stale};
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::member::EmergencyRule;
use crate::member::Role::{self, Devops, Management, Security};

fn rule(roles: &[Role], review_hours: u32) -> EmergencyRule {
    EmergencyRule { roles: roles.to_vec(), review_hours }
}

fn allowing(rule: EmergencyRule) -> Story {
    let story = Story::ready();
    let mut policy = story.project().policy.clone();
    policy.emergency = Some(rule);
    story.act("ada", Body::PolicySet { policy })
}

/// Ready, where Devops alone suffices in an emergency.
fn ready() -> Story {
    allowing(rule(&[Devops], 24))
}

impl Story {
    fn declares(self, who: &str) -> Self {
        let reason = "The shop is down".to_owned();
        self.act(who, Body::EmergencyDeclared { release: release_id(), reason })
    }

    fn withdraws(self, who: &str) -> Self {
        let reason = "It can wait".to_owned();
        self.act(who, Body::EmergencyWithdrawn { release: release_id(), reason })
    }

    /// The roles that are still owed.
    fn owed(&self) -> Vec<Role> {
        let deployment = self.release().deployment.as_ref().expect("deployed");
        deployment.owed.as_ref().map(crate::state::Owed::open).unwrap_or_default()
    }

    fn verified(self) -> Self {
        self.pass(&["smoke"]).verify("cleo").tick("errors", "dan")
    }
}

fn deployed() -> Story {
    ready().declares("dan").sign(Devops, "dan").deploy("dan", "dan", "cleo")
}

#[test]
fn an_emergency_goes_out_on_what_its_rule_asks_for() {
    let story = ready().sign(Devops, "dan").expect_gate(Ready);
    let story = story.declares("dan").expect_signoff(Devops, Stale).expect_gate(NoGo);
    let story = story.sign(Devops, "dan").expect_gate(Go).deploy("dan", "dan", "cleo");
    assert_eq!(story.owed(), [Security, Management]);
    let deployment = story.release().deployment.as_ref().expect("deployed");
    let due = deployment.owed.as_ref().expect("owed").due;
    assert_eq!(due, deployment.deployed_at + Duration::hours(24));
}

#[test]
fn it_skips_no_check() {
    ready().declares("dan").fail("tls").sign(Devops, "dan").expect_refused("not-ready");
}

#[test]
fn what_is_owed_is_given_by_others_and_ends_what_is_left() {
    let story = deployed().verified().close("mia").expect_refused("signoffs-owed");
    let story = story
        .sign(Devops, "cleo")
        .expect_refused("already-deployed")
        .sign(Security, "dan")
        .expect_refused("not-authorised")
        .sign(Security, "ana")
        .sign(Security, "bob")
        .expect_refused("already-deployed")
        .decline(Management, "mia", "")
        .expect_refused("text")
        .decline(Management, "mia", "It could have waited");
    assert_eq!(story.owed(), []);
    let reviews = &story.release().deployment.as_ref().expect("deployed").owed;
    let told: Vec<_> = reviews.iter().flat_map(|owed| &owed.reviews).collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].decision, Decision::Decline);
    story.close("mia");
}

#[test]
fn a_review_comes_late_though_checks_are_old_and_things_have_changed() {
    let story = deployed().wait(Duration::days(3)).sign(Security, "ana");
    assert_eq!(story.owed(), [Management]);
    story.expect_signoff(Security, Signed);
}

#[test]
fn nobody_who_signed_before_reviews_afterwards() {
    deployed()
        .enroll("ada", "dan", &[Devops, Security])
        .sign(Security, "dan")
        .expect_refused("second-role");
    let both = deployed().enroll("ada", "ana", &[Security, Management]).sign(Management, "ana");
    both.decline(Security, "ana", "Again").expect_refused("second-role");
}

#[test]
fn who_had_signed_before_the_deployment_owes_nothing() {
    let story = ready().declares("dan").sign(Devops, "dan").sign(Security, "ana");
    assert_eq!(story.deploy("dan", "dan", "cleo").owed(), [Management]);
    let all = ready().declares("dan").sign(Devops, "dan").sign(Security, "ana");
    let story = all.sign(Management, "mia").deploy("dan", "dan", "cleo");
    assert_eq!(story.release().deployment.as_ref().expect("deployed").owed, None);
}

#[test]
fn several_signers_are_owed_one_by_one() {
    let story = Story::ready();
    let mut policy = story.project().policy.clone();
    policy.signers = [(Devops, 2)].into();
    policy.emergency = Some(rule(&[Devops], 1));
    let story = story
        .act("ada", Body::PolicySet { policy })
        .declares("dan")
        .sign(Devops, "dan")
        .expect_gate(Go)
        .deploy("dan", "dan", "cleo");
    assert_eq!(story.owed(), [Security, Devops, Management]);
    let story = story.sign(Devops, "dan").expect_refused("second-role").sign(Devops, "cleo");
    assert_eq!(story.owed(), [Security, Management]);
}

#[test]
fn an_emergency_is_taken_back_and_then_all_must_sign() {
    ready()
        .withdraws("mia")
        .expect_refused("no-emergency")
        .declares("dan")
        .declares("cleo")
        .expect_refused("emergency-declared")
        .sign(Devops, "dan")
        .expect_gate(Go)
        .withdraws("mia")
        .expect_gate(NoGo)
        .sign(Devops, "dan")
        .expect_gate(Ready)
        .declares("dan")
        .withdraws("otto")
        .expect_refused("not-authorised");
    deployed().withdraws("dan").expect_refused("already-deployed");
}

#[test]
fn it_takes_a_rule_and_somebody_whom_it_names() {
    Story::ready().declares("dan").expect_refused("no-emergency-rule");
    ready().declares("mia").expect_refused("not-authorised");
    // A rule that goes away takes the emergency with it.
    let story =
        ready().declares("dan").set_policy("ada", &[Security, Devops, Management], &[Security]);
    story.sign(Devops, "dan").expect_gate(Ready);
}

#[test]
fn a_rule_names_required_roles_and_hours() {
    for bad in [
        rule(&[], 24),
        rule(&[Devops, Devops], 24),
        rule(&[Role::Admin], 24),
        rule(&[Devops], 0),
        rule(&[Devops], 8_785),
    ] {
        allowing(bad).expect_refused("policy");
    }
}
