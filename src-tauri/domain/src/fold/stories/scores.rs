//! The number in the headline. The checklist weighs 35, 15 of it critical.

use super::Story;
use super::checklist::{GATING, loaded};
use super::steps::item;
use crate::event::Tick::{NotApplicable, NotDone};
use crate::finding::{Outcome, Reason};

#[test]
fn the_checklist_weighs_what_these_stories_say() {
    let template = loaded().template;
    let weights = GATING.map(|id| {
        let (section, known) = template.item(&item(id)).expect("an item of the checklist");
        known.severity_in(section).weight()
    });
    assert_eq!(weights, [5, 5, 3, 3, 3, 3, 3, 1, 1, 3, 5]);
}

#[test]
fn points_are_rounded_down_and_the_projection_settles_every_critical_item() {
    Story::opened()
        // 0, 0 and 15 of 35.
        .expect_score(0, 0, 42)
        .tick("backup", "dan")
        // 5 of 35 is 14.29.
        .expect_score(14, 14, 42)
        .tick("training", "dan")
        // 8 of 35 is 22.86; 18 of 35 is 51.43.
        .expect_score(22, 22, 51)
        .tick("docs", "dan")
        // 9 of 35 is 25.71; 19 of 35 is 54.29.
        .expect_score(25, 25, 54);
}

#[test]
fn everything_settled_is_a_hundred_and_signatures_and_later_phases_weigh_nothing() {
    Story::ready().expect_score(100, 100, 100).fail("smoke").expect_score(100, 100, 100);
    Story::signed().expect_score(100, 100, 100);
}

#[test]
fn an_exception_counts_now_and_not_in_the_score_without_exceptions() {
    let asked = Story::ready().says("dan", "training", NotDone, "").ask("dan", "e1", "training");
    asked
        // 32 of 35 is 91.43.
        .expect_score(91, 91, 91)
        .grant("mia", "e1")
        .expect_score(100, 91, 100)
        .wait(chrono::Duration::days(1))
        // The TLS verdict is 24 hours old too: 27 of 35 is 77.14.
        .expect_score(77, 77, 91);
}

#[test]
fn what_does_not_apply_is_left_out_whoever_says_so() {
    let story = Story::opened().tick("backup", "dan");
    // 5 of 32 is 15.63; 15 of 32 is 46.88.
    story.clone().says("dan", "training", NotApplicable, "A team of one").expect_score(15, 15, 46);
    story.finds(&["headers"], Outcome::NotApplicable).expect_score(15, 15, 46);
}

#[test]
fn doubt_and_failure_score_nothing() {
    let reason = Outcome::Inconclusive(Reason::TimedOut);
    Story::ready().finds(&["headers"], reason).expect_score(91, 91, 91);
    Story::ready().fail("headers").expect_score(91, 91, 91);
    Story::ready().finds(&["tls"], reason).expect_score(85, 85, 100);
}
