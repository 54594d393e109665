//! Who may sign, when, and over what.

use chrono::Duration;

use super::Story;
use super::people::member;
use super::steps::exception;
use crate::event::Tick::NotDone;
use crate::event::{Body, Decision, Signing};
use crate::gate::SignoffStanding::{Declined, Revoked, Signed, Stale};
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::id::{Digest, ExceptionId};
use crate::member::Role::{Devops, Management, Security};

/// A statement with something changed in it.
fn changed(
    body: Body,
    change: impl FnOnce(&mut Vec<ExceptionId>, &mut Digest, &mut String),
) -> Body {
    let Body::SignedOff {
        release,
        role,
        decision,
        mut meaning,
        mut exceptions,
        mut state,
        comment,
        signing,
    } = body
    else {
        panic!("a sign-off");
    };
    change(&mut exceptions, &mut state, &mut meaning);
    Body::SignedOff { release, role, decision, meaning, exceptions, state, comment, signing }
}

#[test]
fn one_person_signs_for_one_required_role() {
    Story::ready()
        .sign(Security, "ana")
        .sign(Devops, "ana")
        .expect_refused("second-role")
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .expect_gate(Go);
}

#[test]
fn a_second_key_under_the_same_address_is_the_same_person() {
    Story::ready()
        .enroll("ada", "ana-laptop", &[Devops])
        .sign(Security, "ana")
        .sign(Devops, "ana-laptop")
        .expect_refused("second-role");
}

#[test]
fn a_new_address_for_the_same_key_is_the_same_person_and_makes_the_roster_another() {
    let mut renamed = member("ana", &[Security, Devops]);
    renamed.email = "other@example.com".into();
    Story::ready()
        .sign(Security, "ana")
        .act("ada", Body::MemberEnrolled { member: renamed })
        .expect_signoff(Security, Stale)
        .sign(Devops, "ana")
        .expect_refused("second-role");
}

#[test]
fn a_stale_signature_still_binds_its_signer_until_it_is_taken_back() {
    let story = Story::ready().sign(Security, "ana").attach("dan", "backup", "log.txt");
    story
        .sign(Devops, "ana")
        .expect_refused("second-role")
        .revoke(Security, "ana")
        .sign(Devops, "ana")
        .sign(Security, "bob")
        .sign(Management, "mia")
        .expect_gate(Go);
}

#[test]
fn a_moment_of_signing_is_kept_and_one_that_cannot_be_is_refused() {
    for (utc_offset, opened, sound) in [
        (0, "passphrase", true),
        (-18 * 60, "a-newer-way", true),
        (18 * 60 + 1, "passphrase", false),
        (i32::MIN, "passphrase", false),
        (0, "", false),
        (0, "With a Passphrase", false),
        (0, "a-word-that-is-longer-than-any-plain-word", false),
    ] {
        let story = Story::ready();
        let mut body = story.statement(Security, Decision::Approve, "");
        let told = Signing { utc_offset, opened: opened.into() };
        if let Body::SignedOff { signing, .. } = &mut body {
            *signing = Some(told.clone());
        }
        let story = story.act("ana", body);
        if sound {
            let story = story.expect_signoff(Security, Signed);
            assert_eq!(story.release().latest(Security).expect("a word").signing, Some(told));
        } else {
            story.expect_refused("signing-unsound");
        }
    }
}

#[test]
fn a_role_signs_only_through_those_who_hold_it() {
    Story::ready()
        .sign(Security, "dan")
        .expect_refused("not-authorised")
        .sign(Management, "ana")
        .expect_refused("not-authorised")
        .decline(Security, "mia", "No")
        .expect_refused("not-authorised")
        .sign(Security, "ana")
        .revoke(Security, "dan")
        .expect_refused("not-authorised");
}

#[test]
fn nobody_approves_while_something_else_is_missing() {
    Story::opened().sign(Security, "ana").expect_refused("not-ready");
    Story::ready().fail("suite").sign(Security, "ana").expect_refused("not-ready");
    let old = Story::ready().wait(Duration::hours(25)).sign(Security, "ana");
    let old = old.expect_refused("not-ready");
    let [.., last] = old.fold.trail() else { panic!("a trail") };
    assert_eq!(
        last.refused.as_ref().map(ToString::to_string).unwrap_or_default(),
        "the release is not ready: 1 thing(s) block, first: Only modern TLS: checked too long ago"
    );
}

#[test]
fn every_exception_in_force_is_acknowledged_and_no_other() {
    let story = Story::ready()
        .says("dan", "training", NotDone, "")
        .ask("dan", "e1", "training")
        .grant("mia", "e1")
        .ask("dan", "e2", "docs")
        .expect_gate(Ready);
    let body = story.statement(Security, Decision::Approve, "");
    let e1 = exception("e1");
    let lists = [
        vec![],
        vec![exception("e2")],
        vec![e1.clone(), exception("e2")],
        vec![e1.clone(), e1.clone()],
    ];
    for list in lists {
        let body = changed(body.clone(), |exceptions, _, _| *exceptions = list);
        story.clone().act("ana", body).expect_refused("acknowledgement");
    }
    let story = story.act("ana", body).expect_signoff(Security, Signed);
    assert_eq!(story.release().latest(Security).expect("a word").exceptions, [e1]);
}

#[test]
fn who_has_seen_everything_signs_exactly_what_there_is() {
    let story = Story::ready();
    let other = changed(story.statement(Security, Decision::Approve, ""), |_, state, _| {
        *state = Digest::of(b"another state");
    });
    let silent = changed(story.statement(Security, Decision::Approve, ""), |_, _, meaning| {
        meaning.clear();
    });
    story
        .act("ana", other)
        .expect_refused("state-mismatch")
        .act("ana", silent)
        .expect_refused("text");
}

#[test]
fn a_statement_that_was_shown_before_something_changed_is_not_signed() {
    let story = Story::ready();
    let shown = story.statement(Security, Decision::Approve, "");
    story.attach("dan", "backup", "log.txt").act("ana", shown).expect_refused("state-mismatch");
}

#[test]
fn a_decline_says_why_and_blocks_until_the_role_approves() {
    Story::signed()
        .decline(Security, "bob", "")
        .expect_refused("text")
        .decline(Security, "bob", "The key rotation is missing")
        .expect_gate(NoGo)
        .expect_signoff(Security, Declined)
        .expect_blockers(&[("security", "signoff-declined")])
        .expect_words("security", "(Bob Security) declined", "Settle what Bob Security asks for")
        .sign(Security, "bob")
        .expect_gate(Go);
}

#[test]
fn a_role_may_decline_although_the_release_is_not_ready() {
    Story::opened().decline(Security, "ana", "Far from it").expect_signoff(Security, Declined);
}

#[test]
fn a_revocation_takes_an_approval_back_and_blocks() {
    Story::signed()
        .revoke(Management, "mia")
        .expect_gate(NoGo)
        .expect_signoff(Management, Revoked)
        .expect_words("management", "took the sign-off back", "then Management signs")
        .revoke(Management, "mia")
        .expect_refused("nothing-to-revoke")
        .sign(Management, "mia")
        .expect_gate(Go);
    Story::ready().revoke(Security, "ana").expect_refused("nothing-to-revoke");
    let declined = Story::ready().decline(Security, "ana", "No");
    declined.revoke(Security, "ana").expect_refused("nothing-to-revoke");
}

#[test]
fn every_word_of_every_role_is_kept() {
    let story = Story::ready()
        .sign(Security, "ana")
        .revoke(Security, "ana")
        .decline(Security, "bob", "No")
        .sign(Security, "bob");
    let told: Vec<_> = story.release().signoff_history.iter().map(|word| word.decision).collect();
    let expected = [Decision::Approve, Decision::Revoke, Decision::Decline, Decision::Approve];
    assert_eq!(told, expected);
}
