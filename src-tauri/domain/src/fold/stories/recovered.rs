//! Items that failed before they held.

use chrono::Duration;

use super::Story;
use crate::event::Tick::{Done, NotApplicable, NotDone};
use crate::finding::{Outcome, Reason};
use crate::recovered::{Recovered, recovered};

impl Story {
    fn recovered(&self) -> Vec<Recovered> {
        recovered(&self.fold, self.release(), self.at)
    }

    /// Item, failures, what it failed by and what settled it, in their words.
    #[track_caller]
    fn expect_recovered(self, expected: &[(&str, u32, &str, &str)]) -> Self {
        let told = |one: Recovered| {
            (one.item.to_string(), one.failures, one.failed.value, one.settled.value)
        };
        let found: Vec<_> = self.recovered().into_iter().map(told).collect();
        let found: Vec<_> =
            found.iter().map(|(a, b, c, d)| (a.as_str(), *b, c.as_str(), d.as_str())).collect();
        assert_eq!(found, expected);
        self
    }
}

#[test]
fn an_item_that_fails_and_then_passes_says_when_and_by_whom() {
    let story = Story::opened().fail("tls");
    let failed_at = story.at - Duration::minutes(1);
    let story = story.expect_recovered(&[]).wait(Duration::hours(3)).pass(&["tls"]);
    let one = story.recovered().remove(0);
    assert_eq!((one.failed.at, one.failed.probe.as_deref()), (failed_at, Some("tls.modern")));
    assert!(one.settled.at >= failed_at + Duration::hours(3));
    assert_eq!(one.settled.by.expect("somebody").name, "Dan DevOps");
    assert_eq!((one.settled.value.as_str(), one.settled.words.as_str()), ("pass", "Looked at it"));
    assert_eq!(one.title, "Only modern TLS");
    story.fail("tls").expect_recovered(&[]);
}

#[test]
fn what_always_held_is_not_listed() {
    Story::ready().expect_recovered(&[]).pass(&["tls", "headers"]).expect_recovered(&[]);
    let unsure = Outcome::Inconclusive(Reason::TimedOut);
    Story::opened().finds(&["tls"], unsure).pass(&["tls"]).expect_recovered(&[]);
}

#[test]
fn each_time_counts_and_the_last_one_is_shown() {
    let story = Story::opened().fail("suite").pass(&["suite"]).fail("suite").fail("suite");
    story.expect_recovered(&[]).pass(&["suite"]).expect_recovered(&[("suite", 2, "fail", "pass")]);
}

#[test]
fn a_confirmation_later_is_not_what_settled_it() {
    let story = Story::opened().fail("tls").pass(&["tls"]);
    let settled = story.recovered().remove(0).settled;
    let story = story.wait(Duration::hours(1)).pass(&["tls"]);
    assert_eq!(story.recovered().remove(0).settled, settled);
}

#[test]
fn one_of_two_probes_that_fails_fails_the_item_until_both_hold() {
    let story = Story::opened()
        .start("dan", &["headers"])
        .record("dan", "headers", 0, probe("headers.csp", Outcome::Fail))
        .record("dan", "headers", 1, probe("headers.hsts", Outcome::Pass))
        .finish("dan")
        .expect_recovered(&[])
        .pass(&["headers"]);
    let one = story.recovered().remove(0);
    assert_eq!(one.failed.probe.as_deref(), Some("headers.csp"));
    assert_eq!(one.settled.probe.as_deref(), Some("headers.csp"), "the other one held all along");
}

#[test]
fn a_person_who_said_not_done_is_remembered_too() {
    Story::opened()
        .says("dan", "backup", NotDone, "The disk is full")
        .says("dan", "backup", Done, "Restored on Monday")
        .expect_recovered(&[("backup", 1, "not done", "done")])
        .says("dan", "training", NotDone, "")
        .says("mia", "training", NotApplicable, "Nobody is new")
        .expect_recovered(&[
            ("backup", 1, "not done", "done"),
            ("training", 1, "not done", "not applicable"),
        ]);
}

#[test]
fn what_the_tick_of_a_person_settled_says_so() {
    // A look that fails, one that cannot tell, and a person who looked.
    Story::opened()
        .fail("logs")
        .finds(&["logs"], Outcome::Inconclusive(Reason::TimedOut))
        .expect_recovered(&[])
        .says("dan", "logs", Done, "Read them all")
        .expect_recovered(&[("logs", 1, "fail", "done")]);
    // The machine alone settles this one: what a person says of it is kept beside.
    Story::opened().pass(&["tls"]).says("dan", "tls", NotDone, "").expect_recovered(&[]);
}

#[test]
fn what_an_exception_covers_or_what_grew_too_old_has_not_recovered() {
    Story::opened()
        .says("dan", "training", NotDone, "")
        .ask("dan", "e1", "training")
        .grant("mia", "e1")
        .expect_recovered(&[]);
    Story::opened()
        .fail("tls")
        .pass(&["tls"])
        .wait(Duration::hours(25))
        .expect_recovered(&[])
        .pass(&["tls"])
        .expect_recovered(&[("tls", 1, "fail", "pass")]);
}

fn probe(name: &str, outcome: Outcome) -> crate::finding::Finding {
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    super::steps::finding(name, outcome, at)
}
