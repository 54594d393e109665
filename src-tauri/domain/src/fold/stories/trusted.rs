//! Good, unknown, bad: what each signature of a story is worth, and why.

use chrono::Duration;

use super::Story;
use super::keys::{new, print_of, ticks};
use crate::event::{BadEvent, Event};
use crate::fold::Fold;
use crate::member::Role::{Devops, Management};
use crate::sshsig::BadSignature;
use crate::trust::Trust::{Bad, Good, Unknown};
use crate::trust::{Judge, Judgement, of_bad};

/// The judgement of the event that was told last.
fn last(story: &Story) -> Judgement {
    let id = story.events.last().map(Event::id).expect("an event");
    let trail = story.fold.trail();
    let entry = trail.iter().find(|entry| entry.event.id() == id).expect("in the trail");
    Judge::new(&story.fold).of(entry)
}

#[test]
fn each_signature_is_good_unknown_or_bad_for_a_reason_in_words() {
    let hour = Some(Duration::hours(1));
    let revoked = |since| Story::opened().revokes("ada", &print_of("dan"), since);
    for (sentence, story, trust, words) in [
        ("a member", Story::opened().tick("backup", "dan"), Good, "Dan DevOps <dan@example.com>"),
        ("the founder's first event", Story::new().found("ada"), Good, "Ada Admin"),
        (
            "a member whom the rules refuse: the signature is good all the same",
            Story::opened().sign(Management, "dan").whatever_came(),
            Good,
            "as devops",
        ),
        ("a stranger", Story::opened().act("eve", ticks("")).whatever_came(), Unknown, "vouches"),
        (
            "somebody who was removed",
            Story::opened().remove("ada", "dan").tick("backup", "dan").whatever_came(),
            Unknown,
            "not on the roster",
        ),
        (
            "a revoked key, by somebody who had seen that",
            revoked(None).tick("backup", "dan").whatever_came(),
            Bad,
            "revoked: The laptop was stolen",
        ),
        (
            "a replaced key, by somebody who had seen that",
            Story::opened().rotates("dan", &new(1)).tick("backup", "dan").whatever_came(),
            Bad,
            "signed with it later",
        ),
        (
            "the key that took its place",
            Story::opened().rotates("dan", &new(1)).act_with(&new(1), ticks("")),
            Good,
            "Dan DevOps",
        ),
        ("others after a revocation", revoked(hour).tick("backup", "cleo"), Good, "Cleo DevOps"),
    ] {
        let found = last(&story);
        assert_eq!(found.trust, trust, "{sentence}: {}", found.why);
        assert!(found.why.contains(words), "{sentence}: {}", found.why);
    }
}

#[test]
fn what_a_key_signed_before_stays_good_unless_it_is_in_doubt_since() {
    let first = |story: &Story| {
        let mut ticked = story.fold.trail().iter();
        let entry = ticked.find(|entry| entry.event.envelope().body.kind() == "item-attested");
        Judge::new(&story.fold).of(entry.expect("a tick"))
    };
    let ticked = Story::opened().tick("backup", "dan");
    let dan = print_of("dan");
    for (sentence, story, trust, words) in [
        ("never retired", ticked.clone(), Good, "as devops"),
        ("lost later", ticked.clone().revokes("ada", &dan, None), Good, "revoked later"),
        ("replaced later", ticked.clone().rotates("dan", &new(1)), Good, "replaced by its owner"),
        (
            "stolen before",
            ticked.clone().revokes("ada", &dan, Some(Duration::hours(1))),
            Unknown,
            "in doubt since",
        ),
        (
            "stolen after",
            ticked.clone().wait(Duration::minutes(5)).revokes("ada", &dan, Some(Duration::zero())),
            Good,
            "revoked later",
        ),
    ] {
        let found = first(&story);
        assert_eq!(found.trust, trust, "{sentence}: {}", found.why);
        assert!(found.why.contains(words), "{sentence}: {}", found.why);
    }
}

#[test]
fn a_retired_key_on_a_machine_that_had_not_heard_of_it_is_unknown() {
    let base = Story::opened();
    let late = base.clone().wait(Duration::minutes(10)).tick("backup", "dan");
    for apart in
        [base.clone().rotates("dan", &new(1)), base.clone().revokes("ada", &print_of("dan"), None)]
    {
        let merged = apart.merged(&late);
        let found = last(&merged);
        assert_eq!(found.trust, Unknown, "{}", found.why);
        assert!(found.why.contains("on another machine"), "{}", found.why);
        let aware = merged.tick("docs", "dan").whatever_came();
        assert_eq!(last(&aware).trust, Bad, "the same key, after the histories met");
    }
    let before = base.clone().tick("backup", "dan");
    let later = base.wait(Duration::minutes(10)).rotates("dan", &new(1));
    assert_eq!(last(&later.merged(&before)).trust, Good, "the fold puts it before");
    let cleo = later.merged(&before.tick("docs", "cleo"));
    assert_eq!(last(&cleo).trust, Good, "nobody else's key");
    assert!(cleo.holds_devops("cleo"));
}

impl Story {
    fn holds_devops(&self, who: &str) -> bool {
        self.project().members.get(&print_of(who)).is_some_and(|known| known.holds(Devops))
    }
}

#[test]
fn what_builds_on_something_missing_is_unknown() {
    let story = Story::opened().tick("backup", "dan").tick("docs", "dan");
    let cut: Vec<_> =
        story.events.iter().rev().skip(2).rev().chain(story.events.last()).cloned().collect();
    let fold = Fold::of(super::checklist::templates(), cut);
    let entry = fold.trail().last().expect("the last event");
    let found = Judge::new(&fold).of(entry);
    assert_eq!((found.trust, found.why.contains("missing or damaged")), (Unknown, true));
}

#[test]
fn bytes_that_do_not_verify_are_bad_and_those_of_a_newer_program_unknown() {
    for (bad, trust) in [
        (BadEvent::Signature(BadSignature::Mismatch), Bad),
        (BadEvent::Signature(BadSignature::Form), Bad),
        (BadEvent::NotCanonical, Bad),
        (BadEvent::TooLarge(9), Bad),
        (BadEvent::Kind("praise".into()), Unknown),
        (BadEvent::Version(2), Unknown),
    ] {
        let found = of_bad(&bad);
        assert_eq!(found.trust, trust, "{}", found.why);
        assert!(found.why.contains(&bad.to_string()), "{}", found.why);
    }
}
