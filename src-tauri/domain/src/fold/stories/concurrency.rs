//! Two laptops that work apart and meet again.

use chrono::Duration;

use super::checklist;
use super::story::{Story, release_id};
use crate::conflict::{Matter, open};
use crate::event::Body;
use crate::event::Tick::{Done, NotDone};
use crate::event::Verdict as Says;
use crate::fold::{Fold, order};
use crate::gate::SignoffStanding::{Signed, Stale};
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::member::Role::{Devops, Management, Security};
use crate::refusal::Refusal;

/// Two have signed; Mia has yet to.
fn nearly() -> Story {
    Story::ready().sign(Security, "ana").sign(Devops, "dan")
}

#[test]
fn two_branches_merge_to_the_same_state_whoever_merges() {
    let base = Story::ready();
    let one = base.clone().says("dan", "training", NotDone, "").attach("dan", "backup", "a.txt");
    let other = base.wait(Duration::seconds(30)).tick("training", "ana").fail("cache");
    let (here, there) = (one.merged(&other), other.merged(&one));
    assert_eq!(here.fold.project(), there.fold.project());
    assert_eq!(here.fold.trail(), there.fold.trail());
    assert_eq!(here.fold.heads().len(), 2);
    // The later tick of the two counts, although neither had seen the other.
    let here = here.expect_gate(Ready).tick("docs", "mia");
    assert_eq!(here.fold.heads().len(), 1, "the next event builds on both");
}

#[test]
fn equal_times_are_told_apart_by_the_id_of_the_event() {
    let base = Story::ready();
    let one = base.clone().says("dan", "training", NotDone, "");
    let other = base.says("ana", "training", Done, "All of them");
    let merged = one.merged(&other);
    let [.., first, second] = merged.fold.trail() else { panic!("two events at least") };
    assert_eq!(first.event.envelope().at, second.event.envelope().at);
    assert!(first.event.id() < second.event.id());
}

#[test]
fn a_signature_is_stale_when_something_happened_elsewhere_meanwhile() {
    let base = nearly();
    let signs = base.clone().sign(Management, "mia").expect_gate(Go);
    let works = base.clone().wait(Duration::minutes(10)).attach("dan", "backup", "log.txt");
    let merged = signs.merged(&works).expect_gate(NoGo);
    let merged = merged.expect_signoff(Management, Stale).expect_signoff(Security, Stale);
    merged.expect_change(Management, "evidence", "backup", "0 file(s)", "1 file(s)");

    let works = base.clone().attach("dan", "backup", "log.txt");
    let signs = base.wait(Duration::minutes(10)).sign(Management, "mia").expect_gate(Go);
    let merged = signs.merged(&works).expect_gate(NoGo).expect_signoff(Management, Stale);
    merged
        .expect_words("management", "events that the signer had not seen", "signs again")
        .sign(Security, "ana")
        .sign(Devops, "dan")
        .sign(Management, "mia")
        .expect_gate(Go);
}

#[test]
fn a_signature_over_a_release_that_failed_elsewhere_before_is_refused() {
    let base = nearly();
    let fails = base.clone().fail("suite");
    let signs = base.wait(Duration::minutes(10)).sign(Management, "mia");
    let merged = signs.merged(&fails).expect_gate(NoGo);
    assert_eq!(merged.refusals(), [("signed-off", "not-ready")]);
}

#[test]
fn what_is_not_material_may_happen_elsewhere_while_somebody_signs() {
    let base = nearly();
    let body = Body::AttemptRefused {
        release: Some(release_id()),
        action: "sign".into(),
        code: "second-role".into(),
        reason: "Ana has signed already".into(),
    };
    let elsewhere = base.clone().act("ana", body).pass(&["suite"]);
    for pause in [0, 10] {
        let signs = base.clone().wait(Duration::minutes(pause)).sign(Management, "mia");
        signs.merged(&elsewhere).expect_gate(Go).expect_signoff(Management, Signed);
    }
}

#[test]
fn nobody_signs_for_two_roles_on_two_laptops() {
    let base = Story::ready();
    let one = base.clone().sign(Security, "ana");
    let other = base.wait(Duration::minutes(5)).sign(Devops, "ana");
    let merged = one.merged(&other);
    assert_eq!(merged.refusals(), [("signed-off", "second-role")]);
    merged
        .expect_signoff(Security, Signed)
        .expect_blockers(&[("devops", "signoff-missing"), ("management", "signoff-missing")]);
}

#[test]
fn a_deployment_recorded_on_what_had_failed_elsewhere_before_is_refused() {
    let base = Story::signed();
    let fails = base.clone().fail("suite");
    let deploys = base.clone().wait(Duration::minutes(30)).deploy("dan", "dan", "cleo");
    let merged = deploys.merged(&fails).expect_gate(NoGo);
    assert_eq!(merged.refusals(), [("deployment-recorded", "not-go")]);
    assert!(merged.release().deployment.is_none());
}

#[test]
fn whoever_was_removed_elsewhere_counts_until_that_moment() {
    let base = Story::opened();
    let removed = base.clone().wait(Duration::minutes(5)).remove("ada", "dan");
    let before = base.clone().tick("backup", "dan");
    let after = base.wait(Duration::minutes(10)).tick("backup", "dan");
    assert_eq!(removed.merged(&before).refusals(), []);
    assert_eq!(removed.merged(&after).refusals(), [("item-attested", "not-a-member")]);
}

#[test]
fn two_who_take_the_same_id_apart_do_not_overwrite_each_other() {
    let base = Story::ready();
    let one = base.clone().ask("dan", "e1", "training");
    let other = base.wait(Duration::minutes(5)).ask("ana", "e1", "headers");
    let merged = one.merged(&other);
    assert_eq!(merged.refusals(), [("exception-requested", "exception-exists")]);
    let kept = merged.release().exceptions.values().next().expect("an exception");
    assert_eq!(kept.item.as_str(), "training");
}

#[test]
fn an_event_that_comes_twice_changes_nothing_and_gets_the_same_answer() {
    let story = Story::ready().tick("docs", "otto").expect_refused("not-authorised");
    let mut fold = story.fold.clone();
    for event in story.events.clone() {
        assert!(fold.knows(event.id()));
        let trial = fold.try_event(&event).err();
        let admitted = fold.admit(event.clone()).err();
        let answer = fold.push(event.clone()).cloned();
        assert_eq!((&trial, &admitted), (&answer, &answer));
        let otto = event == *story.events.last().expect("an event");
        assert_eq!(answer.as_ref().map(Refusal::code), otto.then_some("not-authorised"));
    }
    assert_eq!(fold.project(), story.fold.project());
    assert_eq!(fold.trail(), story.fold.trail());
    assert_eq!(fold.heads(), story.fold.heads());
}

#[test]
fn an_event_comes_last_in_order_when_it_builds_on_everything() {
    let base = Story::ready();
    let one = base.clone().tick("docs", "dan");
    let other = base.clone().wait(Duration::minutes(5)).tick("docs", "ana");
    let last = |story: &Story| story.events.last().expect("an event").clone();
    assert!(base.fold.is_next(&last(&one)));
    assert!(!one.fold.is_next(&last(&other)), "it had not seen what Dan did");
    let merged = one.merged(&other);
    let next = merged.clone().tick("docs", "mia");
    assert!(merged.fold.is_next(&last(&next)));
}

#[test]
fn a_hole_in_the_ledger_is_told_and_what_builds_on_it_comes_in_order() {
    let mut story = Story::opened();
    for _ in 0..6 {
        // All in one moment, so that only the parents can tell the order.
        let body = Body::AttemptRefused {
            release: None,
            action: format!("attempt {}", story.events.len()),
            code: "none".into(),
            reason: "None".into(),
        };
        let mut envelope = story.envelope("dan", body);
        envelope.at = story.at;
        story = story.take(envelope);
    }
    let ids = |events: &[crate::event::Event]| -> Vec<_> {
        events.iter().map(|event| event.id().clone()).collect()
    };
    for hole in 1..story.events.len() {
        let mut events = story.events.clone();
        events.remove(hole);
        let expected = ids(&events);
        events.reverse();
        assert_eq!(ids(&order(events.clone())), expected, "without event {hole}");
        let fold = Fold::of(checklist::templates(), events);
        let first = fold.trail().iter().find_map(|entry| entry.refused.as_ref());
        let expected = (hole + 1 < story.events.len()).then_some("missing-parent");
        assert_eq!(first.map(Refusal::code), expected, "without event {hole}");
    }
}

/// What is in conflict, in words.
fn conflicts(story: &Story) -> Vec<String> {
    let words = |conflict: &crate::conflict::Conflict| {
        let matter = match &conflict.matter {
            Matter::Item(item) => item.to_string(),
            Matter::Exception(exception) => exception.to_string(),
            Matter::SignOff(role) => role.code().to_owned(),
            Matter::Subject => "subject".to_owned(),
        };
        format!("{matter}: {}", conflict.events.len())
    };
    open(&story.fold).iter().map(words).collect()
}

#[test]
fn what_was_decided_apart_is_told_until_somebody_who_knows_both_decides() {
    let base = Story::ready();
    let ticked = base.clone().tick("training", "ana");
    let not = base.clone().wait(Duration::minutes(5)).says("dan", "training", NotDone, "");
    let merged = ticked.merged(&not);
    assert_eq!(conflicts(&merged), ["training: 2"]);
    assert_eq!(conflicts(&not.merged(&ticked)), ["training: 2"], "whoever merges");
    assert_eq!(conflicts(&merged.clone().tick("docs", "mia")), ["training: 2"], "not about it");
    assert_eq!(conflicts(&merged.tick("training", "mia")), [""; 0], "settled");
    assert_eq!(conflicts(&ticked), [""; 0], "nobody else");
    let later = base.clone().tick("training", "ana").says("dan", "training", NotDone, "");
    let elsewhere = base.clone().wait(Duration::minutes(1)).tick("docs", "mia");
    assert_eq!(conflicts(&later.merged(&elsewhere)), [""; 0], "one knew of the other");
    let same = base.clone().wait(Duration::minutes(5)).tick("training", "dan");
    let same = conflicts(&base.tick("training", "ana").merged(&same));
    assert_eq!(same, [""; 0], "they agree");
}

#[test]
fn an_exception_that_one_granted_and_another_refused_apart_is_told() {
    let base = Story::ready().ask("dan", "e1", "training");
    let granted = base.clone().grant("ana", "e1");
    let refused = base.wait(Duration::minutes(5)).decide("mia", "e1", Says::Reject);
    let merged = granted.merged(&refused);
    assert_eq!(merged.refusals().len(), 1, "the first decision counts");
    assert_eq!(conflicts(&merged).len(), 1, "{:?}", conflicts(&merged));
}
