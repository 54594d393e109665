//! When a release may go out, and what is said when it may not.

use chrono::Duration;

use super::Story;
use super::steps::{finding, item};
use crate::event::Tick::{Done, NotApplicable, NotDone};
use crate::finding::Outcome::{Fail, Inconclusive, Pass};
use crate::finding::{Outcome, Reason};
use crate::gate::Verdict::{Go, NoGo, Ready};
use crate::gate::{SignoffStanding, item_blockers};
use crate::member::Role::{Devops, Management, Security};
use crate::standing::{Standing, standing};

const NOBODY_SIGNED: [(&str, &str); 3] = [
    ("security", "signoff-missing"),
    ("devops", "signoff-missing"),
    ("management", "signoff-missing"),
];

fn and_nobody_signed<'a>(items: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    items.iter().copied().chain(NOBODY_SIGNED).collect()
}

fn stands(story: &Story, id: &str) -> Standing {
    let release = story.release();
    let (section, known) = release.template.item(&item(id)).expect("an item of the checklist");
    standing(story.project(), release, section, known, story.at)
}

#[test]
fn a_new_release_names_everything_that_is_missing_critical_and_quick_things_first() {
    Story::opened()
        .expect_gate(NoGo)
        .expect_blockers(&and_nobody_signed(&[
            ("tls", "item-not-run"),
            ("backup", "item-open"),
            ("reviewed", "item-open"),
            ("headers", "item-not-run"),
            ("keys", "item-not-run"),
            ("logs", "item-not-run"),
            ("training", "item-open"),
            ("audit-trail", "item-open"),
            ("suite", "item-not-run"),
        ]))
        .expect_words("tls", "Only modern TLS: never checked", "Run the check")
        .expect_words("backup", "not ticked", "Do it, then tick it")
        .expect_words("security", "Security has not signed", "Security reviews and signs");
}

#[test]
fn an_item_takes_its_share_of_the_longest_time_that_its_section_may_take() {
    let story = Story::opened();
    let minutes = |place: usize| story.gate().blockers[place].minutes;
    assert_eq!(minutes(0), Some(15), "30 minutes for two core items");
    assert_eq!(minutes(2), None, "the sign-off block has no estimate");
    assert_eq!(minutes(3), Some(8), "40 minutes for five items");
}

#[test]
fn ready_when_nothing_but_signatures_is_missing_and_go_once_all_three_are_there() {
    Story::ready()
        .expect_gate(Ready)
        .expect_blockers(&NOBODY_SIGNED)
        .sign(Security, "ana")
        .expect_gate(Ready)
        .sign(Management, "mia")
        .expect_gate(Ready)
        .expect_blockers(&[("devops", "signoff-missing")])
        .sign(Devops, "dan")
        .expect_gate(Go)
        .expect_blockers(&[]);
}

#[test]
fn a_role_that_nobody_holds_is_told_to_be_filled() {
    Story::ready().remove("ada", "mia").expect_gate(Ready).expect_words(
        "management",
        "nobody on the roster holds that role",
        "Enroll a member with the role management",
    );
}

#[test]
fn a_recommended_item_never_blocks() {
    Story::signed().says("dan", "docs", NotDone, "No time").fail("cache").expect_blockers(&[
        ("security", "signoff-stale"),
        ("devops", "signoff-stale"),
        ("management", "signoff-stale"),
    ]);
    Story::ready().says("dan", "docs", NotDone, "No time").fail("cache").expect_gate(Ready);
}

#[test]
fn items_of_later_phases_do_not_keep_a_release_from_going_out() {
    let story = Story::signed().fail("smoke").says("dan", "errors", NotDone, "").expect_gate(Go);
    let later = item_blockers(story.project(), story.release(), story.at, |phase| {
        !phase.gates_deployment()
    });
    let codes: Vec<_> = later.iter().map(|blocker| blocker.code).collect();
    assert_eq!(codes, ["item-failed", "item-not-done"]);
}

#[test]
fn what_the_machine_saw_fail_cannot_be_ticked_away() {
    for id in ["tls", "headers", "keys", "logs", "suite"] {
        let failed = Story::ready().fail(id).expect_gate(NoGo);
        let ticked = failed.says("dan", id, Done, "I have looked at it, it is fine");
        let blockers = and_nobody_signed(&[(id, "item-failed")]);
        let ticked = ticked.expect_blockers(&blockers).expect_words(
            id,
            "the check failed",
            "Fix it, then run the check again",
        );
        if id != "tls" {
            ticked
                .says("dan", id, NotApplicable, "Not for us")
                .expect_blockers(&blockers)
                .pass(&[id]);
        }
    }
}

#[test]
fn doubt_never_counts_as_a_pass() {
    let reasons = [
        Reason::Unreachable,
        Reason::Refused,
        Reason::TimedOut,
        Reason::NeedsCredentials,
        Reason::NotConfigured,
        Reason::Unexpected,
        Reason::NeedsPerson,
        Reason::Cancelled,
        Reason::Internal,
    ];
    let cases =
        [("tls", "item-inconclusive"), ("keys", "item-inconclusive"), ("logs", "item-undecided")];
    for reason in reasons {
        for (id, code) in cases {
            Story::ready()
                .finds(&[id], Inconclusive(reason))
                .expect_gate(NoGo)
                .expect_blockers(&and_nobody_signed(&[(id, code)]));
        }
    }
}

#[test]
fn where_the_machine_cannot_tell_only_an_item_for_either_is_settled_by_a_person_with_a_note() {
    let doubt = Inconclusive(Reason::NeedsPerson);
    for id in ["tls", "headers", "keys", "suite"] {
        Story::ready()
            .finds(&[id], doubt)
            .says("dan", id, Done, "Seen with my own eyes")
            .expect_blockers(&and_nobody_signed(&[(id, "item-inconclusive")]));
    }
    Story::ready()
        .finds(&["logs"], doubt)
        .expect_words("logs", "nobody has looked", "tick it with a note")
        .tick("logs", "dan")
        .expect_blockers(&and_nobody_signed(&[("logs", "item-undecided")]))
        .says("dan", "logs", Done, "Read 200 lines, found none")
        .expect_gate(Ready);
}

#[test]
fn an_item_for_both_needs_the_machine_and_the_person() {
    let story = Story::ready().says("dan", "keys", NotDone, "");
    story
        .expect_blockers(&and_nobody_signed(&[("keys", "item-not-done")]))
        .tick("keys", "dan")
        .expect_gate(Ready);
    Story::opened().pass(&["keys"]).expect_words("keys", "not ticked", "tick it");
    Story::opened().tick("keys", "dan").expect_words("keys", "never checked", "Run the check");
}

#[test]
fn an_item_of_two_probes_needs_both_and_one_failure_is_enough() {
    let half = |outcome: Outcome| {
        let story = Story::opened().start("dan", &["headers"]);
        let finding = finding("headers.csp", outcome, story.at);
        story.record("dan", "headers", 0, finding).finish("dan")
    };
    half(Pass).expect_words("headers", "never checked", "Run the check");
    half(Fail).expect_words("headers", "the check failed", "Fix it");
    half(Inconclusive(Reason::TimedOut)).expect_words("headers", "never checked", "Run the check");
}

#[test]
fn an_item_does_not_apply_only_with_a_note_and_never_when_critical() {
    Story::ready()
        .says("dan", "training", NotApplicable, "")
        .expect_refused("text")
        .says("dan", "training", NotApplicable, "   ")
        .expect_refused("text")
        .says("dan", "training", NotApplicable, "A team of one")
        .expect_gate(Ready);
    for id in ["tls", "backup", "reviewed", "smoke"] {
        Story::ready()
            .says("dan", id, NotApplicable, "We have none")
            .expect_refused("critical-applies");
    }
}

#[test]
fn an_old_verdict_blocks_and_a_run_that_confirms_it_cures_without_new_signatures() {
    let story = Story::signed().wait(Duration::hours(25));
    story
        .expect_gate(NoGo)
        .expect_blockers(&[("tls", "item-stale")])
        .expect_words("tls", "checked too long ago", "no new signature is needed")
        .expect_signoff(Security, SignoffStanding::Signed)
        .pass(&["tls"])
        .expect_gate(Go);
}

#[test]
fn a_verdict_is_fresh_to_the_last_moment_of_its_hours() {
    let story = Story::ready();
    let seen = story.release().items[&item("tls")].findings[&0].1.started_at;
    let limit = seen + Duration::hours(24) - story.at;
    story
        .wait(limit)
        .expect_gate(Ready)
        .wait(Duration::milliseconds(1))
        .expect_blockers(&and_nobody_signed(&[("tls", "item-stale")]));
}

#[test]
fn a_verdict_dated_beyond_the_calendar_does_not_break_the_gate() {
    let mut story = Story::ready();
    story.at = chrono::DateTime::<chrono::Utc>::MAX_UTC - Duration::hours(1);
    story.pass(&["tls"]).expect_gate(NoGo);
}

#[test]
fn computed_lines_follow_from_the_rest() {
    let settled = |story: &Story, id: &str| stands(story, id).is_settled();
    let story = Story::opened();
    for id in ["all-critical", "after-settled", "security-signed"] {
        assert!(!settled(&story, id), "{id}");
    }
    let story = story.pass(&["tls"]).tick("backup", "dan").tick("reviewed", "dan");
    assert!(settled(&story, "all-critical"), "high items are open, critical ones are not");
    let story = Story::signed();
    assert!(settled(&story, "security-signed") && !settled(&story, "after-settled"));
    let story = story.pass(&["smoke"]);
    assert!(settled(&story, "after-settled"), "its section is of a later phase");
    let story = story.fail("tls");
    assert!(!settled(&story, "all-critical") && !settled(&story, "security-signed"));
}

#[test]
fn a_policy_with_other_roles_asks_for_exactly_those() {
    Story::team()
        .set_policy("ada", &[Management], &[])
        .open("dan")
        .expect_gate(NoGo)
        .pass(&["tls", "headers", "keys", "logs", "suite"])
        .tick("backup", "dan")
        .tick("keys", "dan")
        .tick("training", "dan")
        .tick("audit-trail", "dan")
        .tick("reviewed", "dan")
        .expect_blockers(&[("management", "signoff-missing")])
        .sign(Security, "ana")
        .expect_refused("role-not-required")
        .sign(Management, "mia")
        .expect_gate(Go);
}
