//! A sign-off covers what its signer saw. Whatever changes that makes it stale for good,
//! and nothing else does.

use super::Story;
use super::people::member;
use super::steps::environment;
use crate::event::Body;
use crate::event::Tick::{Done, NotApplicable, NotDone};
use crate::event::Verdict::Reject;
use crate::finding::Outcome::{Fail, Inconclusive, Pass};
use crate::finding::Reason;
use crate::gate::SignoffStanding::{Signed, Stale};
use crate::gate::Verdict::{Go, NoGo};
use crate::member::Role::{self, Auditor, Devops, Management, Security};

const ROLES: [Role; 3] = [Security, Devops, Management];

/// All three sign-offs are stale, the gate says No-go, and why.
#[track_caller]
fn all_stale(story: Story, what: &str, item: &str, from: &str, to: &str) -> Story {
    let of = if item.is_empty() { what.to_owned() } else { format!("{what} of {item}") };
    let words = format!("is stale: {of} changed from {from} to {to}");
    ROLES.into_iter().fold(story.expect_gate(NoGo), |story, role| {
        story.expect_signoff(role, Stale).expect_change(role, what, item, from, to).expect_words(
            role.code(),
            &words,
            "signs again",
        )
    })
}

#[test]
fn a_changed_verdict_makes_every_signature_stale() {
    all_stale(Story::signed().fail("suite"), "verdict", "suite", "pass", "fail");
    let doubt = Story::signed().finds(&["suite"], Inconclusive(Reason::TimedOut));
    all_stale(doubt, "verdict", "suite", "pass", "inconclusive: timed out");
    all_stale(Story::signed().fail("cache"), "verdict", "cache", "pass", "fail");
    let absent = Story::signed().finds(&["suite"], crate::finding::Outcome::NotApplicable);
    all_stale(absent, "verdict", "suite", "pass", "not applicable");
}

#[test]
fn a_reservation_that_appears_makes_every_signature_stale_and_moving_numbers_do_not() {
    let noted = [("expires-soon", "in 20 days")];
    let story = Story::signed().finds_with(&["tls"], Pass, &noted);
    all_stale(story, "verdict", "tls", "pass", "pass (expires-soon)");
    let base = Story::ready().finds_with(&["tls"], Pass, &noted);
    let signed = base.sign(Security, "ana").sign(Devops, "dan").sign(Management, "mia");
    let later = [("expires-soon", "in 19 days")];
    signed.expect_gate(Go).finds_with(&["tls"], Pass, &later).expect_gate(Go);
}

#[test]
fn a_changed_tick_or_note_makes_every_signature_stale() {
    let undone = Story::signed().says("dan", "training", NotDone, "");
    all_stale(undone, "tick", "training", "done", "not done");
    let noted = Story::signed().says("dan", "training", Done, "Except Finn");
    all_stale(noted, "tick", "training", "done", "done — Except Finn");
    let absent = Story::signed().says("dan", "training", NotApplicable, "A team of one");
    all_stale(absent, "tick", "training", "done", "not applicable — A team of one");
    all_stale(Story::signed().tick("suite", "dan"), "tick", "suite", "none", "done");
}

#[test]
fn new_evidence_makes_every_signature_stale() {
    let story = Story::signed().attach("dan", "backup", "log.txt");
    all_stale(story, "evidence", "backup", "0 file(s)", "1 file(s)");
}

#[test]
fn an_exception_makes_every_signature_stale_whatever_becomes_of_it() {
    let asked = Story::signed().ask("dan", "e1", "training");
    all_stale(asked, "exception", "training", "none", "requested");
    let story = Story::ready().ask("dan", "e1", "training");
    let signed = story.sign(Security, "ana").sign(Devops, "dan").sign(Management, "mia");
    let signed = signed.expect_gate(Go);
    let granted = signed.clone().grant("mia", "e1");
    all_stale(granted, "exception", "training", "requested", "approved");
    let rejected = signed.decide("mia", "e1", Reject);
    all_stale(rejected, "exception", "training", "requested", "rejected");
}

#[test]
fn another_commit_makes_every_signature_stale() {
    let words = |commit: &str| format!("{}, 0 artifact(s)", commit.repeat(12));
    let story = Story::signed().aim_at("dan", 'b');
    all_stale(story, "what goes out", "", &words("a"), &words("b"));
}

#[test]
fn a_changed_roster_makes_every_signature_stale() {
    let key = |who: &str| format!("{} not on it", member(who, &[]).fingerprint);
    let joined = Story::signed().enroll("ada", "finn", &[Auditor]);
    all_stale(joined, "roster", "", &key("finn"), "finn@example.com as auditor");
    let left = Story::signed().remove("ada", "otto");
    all_stale(left, "roster", "", "otto@example.com as auditor", &key("otto"));
    let promoted = Story::signed().enroll("ada", "cleo", &[Security, Devops]);
    let (from, to) = ("cleo@example.com as devops", "cleo@example.com as security, devops");
    all_stale(promoted, "roster", "", from, to);
    let mut renamed = member("mia", &[Management]);
    renamed.email = "mia@example.org".into();
    let renamed = Story::signed().act("ada", Body::MemberEnrolled { member: renamed });
    let (from, to) = ("mia@example.com as management", "mia@example.org as management");
    all_stale(renamed, "roster", "", from, to);
}

#[test]
fn a_changed_policy_makes_every_signature_stale() {
    let story = Story::signed().set_policy("ada", &ROLES, &[Management]);
    let before = "exceptions approved by Security, Management";
    all_stale(story, "policy", "", before, "exceptions approved by Management");
}

#[test]
fn a_reconfigured_environment_makes_every_signature_stale_and_another_one_does_not() {
    let production = "https://api.example.com";
    let set = |api: &str, staging: &str| {
        let list = vec![environment("production", api), environment("staging", staging)];
        Story::signed().set_environments("dan", list)
    };
    let moved = set("https://other.example.com", "https://staging.example.com");
    all_stale(moved, "environment", "", "production as signed", "another configuration");
    set(production, "https://elsewhere.example.com").expect_gate(Go);
}

#[test]
fn what_does_not_change_what_was_signed_leaves_the_signatures_current() {
    Story::signed()
        .pass(&["tls", "headers", "keys", "logs", "cache", "suite"])
        .expect_gate(Go)
        .tick("training", "cleo")
        .expect_gate(Go)
        .enroll("ada", "ana", &[Devops, Security])
        .expect_gate(Go)
        .aim_at("dan", 'a')
        .expect_gate(Go)
        .finds(&["smoke"], Fail)
        .says("dan", "errors", NotDone, "Too many")
        .attach("dan", "errors", "graph.txt")
        .expect_gate(Go)
        .tick("backup", "otto")
        .expect_refused("not-authorised")
        .expect_gate(Go);
}

#[test]
fn only_the_signatures_that_did_not_cover_the_change_are_stale() {
    let story = Story::ready()
        .sign(Security, "ana")
        .attach("dan", "backup", "log.txt")
        .sign(Devops, "dan")
        .sign(Management, "mia");
    story
        .expect_signoff(Devops, Signed)
        .expect_signoff(Management, Signed)
        .expect_blockers(&[("security", "signoff-stale")])
        .sign(Security, "ana")
        .expect_gate(Go);
}

#[test]
fn what_was_changed_back_is_still_not_what_the_signer_saw() {
    let failed = Story::signed().fail("suite");
    let back = all_stale(failed.pass(&["suite"]), "verdict", "suite", "pass", "fail");
    ROLES
        .into_iter()
        .zip(["ana", "dan", "mia"])
        .fold(back, |story, (role, who)| story.sign(role, who))
        .expect_gate(Go);
}

#[test]
fn the_first_change_is_named_with_its_event_and_several_are_counted() {
    let policy = Story::signed().set_policy("ada", &ROLES, &[Security]);
    let event = policy.events.last().expect("an event").id().clone();
    let stale = policy.release().latest(Security).expect("a word").stale.clone().expect("stale");
    assert_eq!((stale.event, stale.at), (event, policy.at));
    let later = policy.fail("suite");
    let kept = later.release().latest(Security).expect("a word").stale.clone().expect("stale");
    assert_eq!(kept.changes, stale.changes, "the first change is what made it stale");
}
