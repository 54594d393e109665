//! What may be recorded about an item, by whom, and what stays in sight of it.

use chrono::Duration;

use super::Story;
use super::steps::{finding, item, run};
use super::story::release_id;
use crate::event::Body;
use crate::event::Tick::{Done, NotDone};
use crate::finding::Outcome::{Fail, Pass};
use crate::member::Role::{Auditor, Devops, Security};

#[test]
fn a_finding_needs_an_open_run_that_looks_at_the_item() {
    let story = Story::opened();
    let seen = finding("tls.modern", Pass, story.at);
    story
        .record("dan", "tls", 0, seen.clone())
        .expect_refused("no-such-probe")
        .start("dan", &["headers"])
        .record("dan", "tls", 0, seen.clone())
        .expect_refused("no-such-probe")
        .start("dan", &["tls"])
        .record("dan", "tls", 0, seen.clone())
        .finish("dan")
        .record("dan", "tls", 0, seen)
        .expect_refused("no-such-probe");
}

#[test]
fn a_finding_must_be_of_the_probe_that_stands_in_that_place() {
    let story = Story::opened().start("dan", &["tls", "headers", "training"]);
    let at = story.at;
    story
        .record("dan", "tls", 1, finding("tls.modern", Pass, at))
        .expect_refused("no-such-probe")
        .record("dan", "headers", 1, finding("headers.csp", Pass, at))
        .expect_refused("no-such-probe")
        .record("dan", "headers", u32::MAX, finding("headers.csp", Pass, at))
        .expect_refused("no-such-probe")
        .record("dan", "training", 0, finding("tls.modern", Pass, at))
        .expect_refused("no-such-probe")
        .record("dan", "nothing", 0, finding("tls.modern", Pass, at))
        .expect_refused("unknown-item");
}

#[test]
fn a_run_belongs_to_the_one_who_started_it() {
    let story = Story::opened().start("dan", &["tls"]);
    let seen = finding("tls.modern", Pass, story.at);
    let story = story
        .record("cleo", "tls", 0, seen.clone())
        .expect_refused("no-such-probe")
        .finish("cleo")
        .expect_refused("unknown-run");
    // More roles do not make Dan another person in the middle of a run.
    story
        .enroll("ada", "dan", &[Devops, Security])
        .record("dan", "tls", 0, seen)
        .finish("dan")
        .finish("dan")
        .expect_refused("unknown-run");
}

#[test]
fn a_run_looks_at_items_of_the_checklist_under_a_name_of_its_own() {
    let body = Body::CheckStarted { release: release_id(), run: run(1), items: vec![item("tls")] };
    Story::opened()
        .start("dan", &["tls"])
        .act("cleo", body)
        .expect_refused("run-exists")
        .start("dan", &["tls", "nothing"])
        .expect_refused("unknown-item");
}

#[test]
fn a_look_from_the_future_is_refused_since_it_would_never_grow_old() {
    let story = Story::opened().start("dan", &["tls"]);
    let at = story.at;
    story
        .record("dan", "tls", 0, finding("tls.modern", Pass, at + Duration::days(365)))
        .expect_refused("finding-time")
        // A clock may have been set back a little between the look and its event.
        .record("dan", "tls", 0, finding("tls.modern", Pass, at + Duration::minutes(3)));
}

#[test]
fn a_computed_line_is_not_ticked() {
    for id in ["all-critical", "after-settled", "security-signed"] {
        Story::opened().tick(id, "dan").expect_refused("computed-item");
    }
    Story::opened().tick("nothing", "dan").expect_refused("unknown-item");
}

#[test]
fn an_auditor_reads_and_changes_nothing() {
    let story = Story::opened();
    let look = finding("tls.modern", Pass, story.at);
    story
        .tick("backup", "otto")
        .expect_refused("not-authorised")
        .attach("otto", "backup", "log.txt")
        .expect_refused("not-authorised")
        .start("otto", &["tls"])
        .expect_refused("not-authorised")
        .record("otto", "tls", 0, look)
        .expect_refused("not-authorised")
        .ask("otto", "e1", "training")
        .expect_refused("not-authorised")
        .aim_at("otto", 'b')
        .expect_refused("not-authorised")
        .sign(Security, "otto")
        .expect_refused("not-authorised")
        .enroll("otto", "finn", &[Auditor])
        .expect_refused("not-authorised");
    Story::team().open("otto").expect_refused("not-authorised");
}

#[test]
fn somebody_who_is_not_on_the_roster_changes_nothing() {
    Story::opened()
        .tick("backup", "eve")
        .expect_refused("not-a-member")
        .sign(Security, "eve")
        .expect_refused("not-a-member")
        .enroll("eve", "eve", &[Security])
        .expect_refused("not-a-member");
}

#[test]
fn a_file_is_attached_under_a_plain_name() {
    for name in ["", "../passwd", "a/b.txt", "a\\b.txt", ".hidden", "two\nlines"] {
        Story::opened().attach("dan", "backup", name).expect_refused("text");
    }
    Story::opened().attach("dan", "nothing", "log.txt").expect_refused("unknown-item").attach(
        "dan",
        "backup",
        "restore log.txt",
    );
}

#[test]
fn every_value_that_an_item_ever_had_stays_in_sight() {
    let story = Story::opened()
        .fail("tls")
        .pass(&["tls"])
        .pass(&["tls"])
        .says("ana", "tls", Done, "Seen")
        .attach("ana", "tls", "scan.txt")
        .says("dan", "tls", NotDone, "Wrong host");
    let history = &story.release().items[&item("tls")].history;
    let told: Vec<_> = history
        .iter()
        .map(|change| (change.what, change.from.as_str(), change.to.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("verdict", "", "fail"),
            ("verdict", "fail", "pass"),
            ("tick", "", "done"),
            ("evidence", "", "scan.txt"),
            ("tick", "done", "not done"),
        ],
        "a run that confirms a verdict is no change"
    );
}

#[test]
fn a_run_counts_its_findings_and_knows_when_it_ended() {
    let story = Story::opened().finds(&["tls", "headers"], Fail);
    let run = &story.release().runs[0];
    assert_eq!((run.findings, run.finished), (3, Some((story.at, false))));
}

#[test]
fn a_tick_does_not_stand_in_for_a_probe_that_never_ran() {
    for id in ["tls", "headers", "keys", "logs"] {
        Story::opened().says("dan", id, Done, "I looked").expect_words(
            id,
            "never checked",
            "Run the check",
        );
    }
}
