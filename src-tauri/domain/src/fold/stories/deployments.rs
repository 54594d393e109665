//! Going out, being verified, being done.

use chrono::Duration;

use super::Story;
use crate::event::Tick::NotDone;
use crate::gate::Verdict::Go;
use crate::gate::{SignoffStanding, Verdict};
use crate::member::Role::{Devops, Management, Security};

fn deployed() -> Story {
    Story::signed().deploy("dan", "dan", "cleo")
}

fn closed() -> Story {
    deployed().pass(&["smoke"]).verify("cleo").tick("errors", "dan").close("mia")
}

#[test]
fn a_release_goes_out_is_verified_by_the_other_one_and_closed() {
    let story = closed();
    let deployment = story.release().deployment.as_ref().expect("deployed");
    assert_eq!(deployment.deployed_by.name, "Dan DevOps");
    assert_eq!(deployment.verified_by.name, "Cleo DevOps");
    assert_eq!(deployment.signoffs.len(), 3);
    assert!(deployment.verified.is_some() && story.release().closed.is_some());
}

#[test]
fn nothing_goes_out_before_go() {
    Story::opened().deploy("dan", "dan", "cleo").expect_refused("not-go");
    Story::ready().deploy("dan", "dan", "cleo").expect_refused("not-go");
    Story::signed().fail("tls").deploy("dan", "dan", "cleo").expect_refused("not-go");
    Story::signed().wait(Duration::hours(25)).deploy("dan", "dan", "cleo").expect_refused("not-go");
    let stale = Story::signed().attach("dan", "backup", "log.txt").deploy("dan", "dan", "cleo");
    stale.expect_refused("not-go");
}

#[test]
fn the_one_who_deploys_does_not_verify_with_whatever_key() {
    Story::signed().deploy("dan", "dan", "dan").expect_refused("same-person");
    let two_keys = Story::ready()
        .enroll("ada", "ana-laptop", &[Devops])
        .sign(Security, "bob")
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .expect_gate(Go);
    two_keys
        .deploy("dan", "ana", "ana-laptop")
        .expect_refused("same-person")
        .deploy("dan", "ana", "cleo");
}

#[test]
fn a_deployment_happened_after_the_last_signature_and_not_in_the_future() {
    let story = Story::signed();
    let last = story.at;
    let early = last - Duration::milliseconds(1);
    story
        .deploy_at("dan", "dan", "cleo", early)
        .expect_refused("deployment-time")
        .deploy_at("dan", "dan", "cleo", last + Duration::days(1))
        .expect_refused("deployment-time")
        .deploy_at("dan", "dan", "cleo", last);
}

#[test]
fn a_deployment_is_recorded_by_who_did_it_or_by_devops_and_names_people_who_work() {
    Story::signed()
        .deploy("mia", "dan", "cleo")
        .expect_refused("not-authorised")
        .deploy("otto", "dan", "cleo")
        .expect_refused("not-authorised")
        .deploy("dan", "otto", "cleo")
        .expect_refused("not-authorised")
        .deploy("dan", "dan", "otto")
        .expect_refused("not-authorised")
        .deploy("dan", "eve", "cleo")
        .expect_refused("unknown-member")
        .deploy("dan", "dan", "eve")
        .expect_refused("unknown-member")
        .deploy("mia", "mia", "cleo");
}

#[test]
fn a_release_goes_out_once_and_no_signature_changes_that() {
    deployed()
        .deploy("dan", "dan", "cleo")
        .expect_refused("already-deployed")
        .sign(Security, "ana")
        .expect_refused("already-deployed")
        .decline(Security, "ana", "Too late")
        .expect_refused("already-deployed")
        .aim_at("dan", 'b')
        .expect_refused("already-deployed");
}

#[test]
fn only_the_named_verifier_verifies_once_the_verification_items_are_settled() {
    Story::signed().verify("cleo").expect_refused("not-deployed");
    deployed()
        .verify("cleo")
        .expect_refused("items-open")
        .fail("smoke")
        .verify("cleo")
        .expect_refused("items-open")
        .pass(&["smoke"])
        .verify("dan")
        .expect_refused("not-the-verifier")
        .verify("mia")
        .expect_refused("not-the-verifier")
        .verify("cleo");
}

#[test]
fn closing_waits_for_the_verification_and_for_the_watch() {
    Story::signed().close("dan").expect_refused("not-deployed");
    deployed()
        .pass(&["smoke"])
        .tick("errors", "dan")
        .close("dan")
        .expect_refused("not-verified")
        .says("dan", "errors", NotDone, "")
        .verify("cleo")
        .close("dan")
        .expect_refused("items-open")
        .tick("errors", "dan")
        .close("otto")
        .expect_refused("not-authorised")
        .close("dan");
}

#[test]
fn the_watch_allows_an_exception_and_the_verification_of_a_critical_item_does_not() {
    deployed()
        .ask("dan", "e1", "smoke")
        .expect_refused("critical-exception")
        .pass(&["smoke"])
        .verify("cleo")
        .ask("dan", "e1", "errors")
        .grant("mia", "e1")
        .close("dan");
}

#[test]
fn a_closed_release_is_changed_by_nobody() {
    closed()
        .tick("docs", "dan")
        .expect_refused("closed")
        .attach("dan", "docs", "late.txt")
        .expect_refused("closed")
        .start("dan", &["tls"])
        .expect_refused("closed")
        .ask("dan", "e1", "training")
        .expect_refused("closed")
        .grant("mia", "e1")
        .expect_refused("closed")
        .sign(Security, "ana")
        .expect_refused("closed")
        .revoke(Security, "ana")
        .expect_refused("closed")
        .aim_at("dan", 'b')
        .expect_refused("closed")
        .deploy("dan", "dan", "cleo")
        .expect_refused("closed")
        .verify("cleo")
        .expect_refused("closed")
        .close("mia")
        .expect_refused("closed");
}

#[test]
fn who_joins_or_leaves_later_does_not_touch_the_signatures_of_a_closed_release() {
    closed()
        .enroll("ada", "finn", &[Security])
        .remove("ada", "dan")
        .set_environments("ada", vec![super::steps::environment("moon", "https://moon.example")])
        .expect_signoff(Security, SignoffStanding::Signed)
        .expect_signoff(Devops, SignoffStanding::Signed)
        .expect_signoff(Management, SignoffStanding::Signed);
}

#[test]
fn what_changes_after_the_deployment_leaves_its_signatures_as_they_were() {
    let story = deployed().fail("tls").expect_gate(Verdict::NoGo);
    let deployment = story.release().deployment.as_ref().expect("deployed");
    assert!(deployment.signoffs.iter().all(|signoff| signoff.stale.is_none()));
    story.expect_signoff(Security, SignoffStanding::Signed);
}
