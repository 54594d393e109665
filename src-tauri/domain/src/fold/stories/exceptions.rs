//! Exceptions: asked for by one, decided by another, never for ever.

use chrono::Duration;

use super::Story;
use super::steps::{exception, item};
use crate::event::Tick::NotDone;
use crate::event::Verdict::{Approve, Reject};
use crate::gate::SignoffStanding;
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::member::Role::{Devops, Management, Security};

fn untrained() -> Story {
    Story::ready().says("dan", "training", NotDone, "Next month").expect_gate(NoGo)
}

fn excepted() -> Story {
    untrained().ask("dan", "e1", "training").grant("mia", "e1").expect_gate(Ready)
}

#[test]
fn a_request_settles_nothing_an_approval_does_and_a_rejection_does_not() {
    untrained()
        .ask("dan", "e1", "training")
        .expect_gate(NoGo)
        .grant("ana", "e1")
        .expect_gate(Ready);
    let rejected = untrained().ask("dan", "e1", "training").decide("ana", "e1", Reject);
    rejected.expect_gate(NoGo).expect_words("training", "marked as not done", "Do it");
}

#[test]
fn an_exception_covers_what_the_machine_saw_fail() {
    Story::ready()
        .fail("headers")
        .ask("dan", "e1", "headers")
        .grant("mia", "e1")
        .expect_gate(Ready);
}

#[test]
fn an_exception_holds_until_the_moment_it_expires_and_then_the_item_blocks_again() {
    let story = untrained();
    let expires_at = story.at + Duration::hours(2);
    let story = story.ask_until("dan", "e1", "training", expires_at).grant("mia", "e1");
    let left = expires_at - story.at - Duration::milliseconds(1);
    story
        .wait(left)
        .expect_gate(Ready)
        .wait(Duration::milliseconds(1))
        .expect_gate(NoGo)
        .expect_words("training", "its exception has expired", "ask for a new exception");
}

#[test]
fn an_exception_that_runs_out_after_the_signatures_blocks_by_itself() {
    let story = excepted().sign(Security, "ana").sign(Devops, "dan").sign(Management, "mia");
    let story = story.expect_gate(Go).wait(Duration::days(1)).pass(&["tls"]);
    let story = story
        .expect_blockers(&[("training", "exception-expired")])
        .expect_signoff(Security, SignoffStanding::Signed);
    let again = story.ask("dan", "e2", "training").grant("mia", "e2");
    again
        .expect_blockers(&[
            ("security", "signoff-stale"),
            ("devops", "signoff-stale"),
            ("management", "signoff-stale"),
        ])
        .sign(Security, "ana")
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .expect_gate(Go);
}

#[test]
fn an_expired_exception_is_named_even_while_a_new_one_is_asked_for() {
    let story = excepted().wait(Duration::days(1)).ask("dan", "e2", "training");
    story.expect_words("training", "its exception has expired", "new exception");
}

#[test]
fn nobody_decides_on_their_own_exception_with_whatever_key() {
    untrained()
        .ask("ana", "e1", "training")
        .grant("ana", "e1")
        .expect_refused("own-exception")
        .enroll("ada", "ana-laptop", &[Security])
        .grant("ana-laptop", "e1")
        .expect_refused("own-exception")
        .decide("ana-laptop", "e1", Reject)
        .expect_refused("own-exception")
        .grant("bob", "e1")
        .expect_gate(Ready);
}

#[test]
fn a_changed_address_does_not_make_the_same_key_another_person() {
    let mut renamed = super::people::member("ana", &[Security]);
    renamed.email = "other@example.com".into();
    untrained()
        .ask("ana", "e1", "training")
        .act("ada", crate::event::Body::MemberEnrolled { member: renamed })
        .grant("ana", "e1")
        .expect_refused("own-exception");
}

#[test]
fn no_exception_where_it_must_not_be() {
    for id in ["tls", "backup", "reviewed", "smoke"] {
        Story::opened().ask("dan", "e1", id).expect_refused("critical-exception");
    }
    Story::opened()
        .ask("dan", "e1", "audit-trail")
        .expect_refused("no-exception")
        .ask("dan", "e1", "nothing")
        .expect_refused("unknown-item");
}

#[test]
fn a_computed_line_allows_no_exception() {
    Story::opened().ask("dan", "e1", "all-critical").expect_refused("critical-exception");
}

#[test]
fn an_exception_needs_a_future_end_and_its_own_name() {
    let story = untrained();
    let now = story.at + Duration::minutes(1);
    story
        .ask_until("dan", "e1", "training", now)
        .expect_refused("expiry-past")
        .ask("dan", "e1", "training")
        .ask("dan", "e1", "headers")
        .expect_refused("exception-exists");
}

#[test]
fn an_exception_needs_words() {
    for field in ["reason", "compensating_control", "owner"] {
        let story = untrained();
        let expires_at = story.at + Duration::days(1);
        let words = |name: &str| if name == field { " ".to_owned() } else { "Words".into() };
        let body = crate::event::Body::ExceptionRequested {
            release: super::story::release_id(),
            exception: exception("e1"),
            item: item("training"),
            reason: words("reason"),
            compensating_control: words("compensating_control"),
            owner: words("owner"),
            expires_at,
        };
        story.act("dan", body).expect_refused("text");
    }
}

#[test]
fn an_exception_is_decided_once_by_somebody_who_may() {
    untrained()
        .ask("dan", "e1", "training")
        .grant("cleo", "e1")
        .expect_refused("not-authorised")
        .grant("otto", "e1")
        .expect_refused("not-authorised")
        .grant("mia", "e2")
        .expect_refused("unknown-exception")
        .decide("mia", "e1", Approve)
        .decide("ana", "e1", Reject)
        .expect_refused("decided")
        .expect_gate(Ready);
}

#[test]
fn the_item_tells_who_asked_and_who_decided() {
    let story = excepted();
    let history = &story.release().items[&item("training")].history;
    let told: Vec<_> = history
        .iter()
        .map(|change| (change.what, change.to.as_str(), change.stamp.by.name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("tick", "done", "Dan DevOps"),
            ("tick", "not done", "Dan DevOps"),
            ("exception", "requested", "Dan DevOps"),
            ("exception", "approved", "Mia Manager"),
        ]
    );
}
