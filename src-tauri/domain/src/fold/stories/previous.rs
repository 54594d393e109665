//! What is different from the release that went out before.

use chrono::Duration;

use super::Story;
use super::checklist;
use super::steps::{exception, finding, item, run, subject};
use crate::event::{Body, Tick, Verdict};
use crate::finding::{Outcome, Reason};
use crate::id::ReleaseId;
use crate::member::Role;
use crate::previous::{Shift, as_signed, previous, since_previous};
use crate::standing::Standing;
use crate::state::Release;

fn next_id() -> ReleaseId {
    ReleaseId::parse("r2").expect("a release id")
}

/// A second release; its steps are those of the first, told of the second.
impl Story {
    fn open_next(self, environment: &str) -> Self {
        let body = Body::ReleaseOpened {
            release: next_id(),
            version: "1.5.0".into(),
            environment: environment.into(),
            template: checklist::digest(),
            subject: subject('b'),
            planned_for: None,
        };
        self.act("dan", body)
    }

    fn next_finds(mut self, id: &str, outcome: Outcome) -> Self {
        self.runs += 1;
        let (release, run, item) = (next_id(), run(self.runs), item(id));
        let items = vec![item.clone()];
        let started = Body::CheckStarted { release: release.clone(), run: run.clone(), items };
        let mut story = self.act("dan", started);
        let template = checklist::loaded().template;
        let (_, known) = template.item(&item).expect("an item of the checklist");
        for (slot, probe) in (0..).zip(&known.probes) {
            let finding = finding(&probe.name, outcome, story.at);
            let (release, run, item) = (release.clone(), run.clone(), item.clone());
            let body = Body::FindingRecorded { release, run, item, slot, finding };
            story = story.act("dan", body);
        }
        story.act("dan", Body::CheckFinished { release, run, cancelled: false })
    }

    fn next_tick(self, id: &str) -> Self {
        let (release, item, note) = (next_id(), item(id), String::new());
        self.act("dan", Body::ItemAttested { release, item, tick: Tick::Done, note })
    }

    fn next_excepts(self, id: &str) -> Self {
        let asked = Body::ExceptionRequested {
            release: next_id(),
            exception: exception("n1"),
            item: item(id),
            reason: "Next week".into(),
            compensating_control: "Watched".into(),
            owner: "Dan".into(),
            expires_at: self.at + Duration::days(3),
        };
        let decided = Body::ExceptionDecided {
            release: next_id(),
            exception: exception("n1"),
            verdict: Verdict::Approve,
            note: String::new(),
        };
        self.act("dan", asked).act("mia", decided)
    }

    fn next(&self) -> &Release {
        self.project().releases.get(&next_id()).expect("the second release")
    }

    /// Item, shift, then and now, of each item of the second release that stands differently.
    fn shifts(&self) -> Vec<(String, Shift, Option<Standing>, Option<Standing>)> {
        let since = since_previous(self.project(), self.next(), self.at).expect("one before");
        let told = since.items.into_iter();
        told.map(|one| (one.item.to_string(), one.shift, one.from, one.to)).collect()
    }

    #[track_caller]
    fn expect_shifts(self, expected: &[(&str, Shift)]) -> Self {
        let shifts = self.shifts();
        let found: Vec<_> =
            shifts.iter().map(|(item, shift, ..)| (item.as_str(), *shift)).collect();
        assert_eq!(found, expected);
        self
    }
}

/// The first release is out: `training` was excepted, everything else held.
fn first_is_out() -> Story {
    Story::ready()
        .says("dan", "training", Tick::NotDone, "Postponed")
        .ask("dan", "e1", "training")
        .grant("mia", "e1")
        .sign(Role::Security, "ana")
        .sign(Role::Devops, "dan")
        .sign(Role::Management, "mia")
        .deploy("dan", "dan", "cleo")
}

#[test]
fn the_first_release_to_an_environment_has_none_before_it() {
    let story = first_is_out();
    assert!(previous(story.project(), story.release(), story.at).is_none());
    assert!(since_previous(story.project(), story.release(), story.at).is_none());
    let story = story.open_next("staging");
    assert!(since_previous(story.project(), story.next(), story.at).is_none(), "another place");
}

#[test]
fn what_never_went_out_is_no_release_before() {
    let story = Story::signed().open_next("production");
    assert!(previous(story.project(), story.next(), story.at).is_none());
}

#[test]
fn what_nobody_has_looked_at_yet_has_not_regressed() {
    first_is_out().open_next("production").expect_shifts(&[]);
}

#[test]
fn an_item_regresses_is_fixed_or_is_excepted_and_is_listed_once() {
    let story = first_is_out()
        .open_next("production")
        .next_finds("tls", Outcome::Fail)
        .next_finds("cache", Outcome::Fail)
        .next_finds("logs", Outcome::Inconclusive(Reason::TimedOut))
        .next_finds("suite", Outcome::Pass)
        .next_tick("training")
        .next_finds("headers", Outcome::Fail)
        .next_excepts("headers")
        .expect_shifts(&[
            ("tls", Shift::Regressed),
            ("logs", Shift::Regressed),
            ("cache", Shift::Regressed),
            ("headers", Shift::Excepted),
            ("training", Shift::Fixed),
        ]);
    let (_, _, from, to) = story.shifts().remove(3);
    assert_eq!((from, to), (Some(Standing::Settled), Some(Standing::Excepted)));
    let (_, _, from, to) = story.shifts().remove(4);
    assert_eq!((from, to), (Some(Standing::Excepted), Some(Standing::Settled)));
}

#[test]
fn what_counts_of_the_release_before_is_what_was_signed() {
    // Seen to fail after it went out: those who signed saw it hold.
    let story =
        first_is_out().fail("suite").says("dan", "docs", Tick::NotDone, "").open_next("production");
    story
        .next_finds("suite", Outcome::Pass)
        .next_tick("docs")
        .expect_shifts(&[])
        .next_finds("suite", Outcome::Fail)
        .expect_shifts(&[("suite", Shift::Regressed)]);
}

#[test]
fn an_item_that_only_one_of_the_checklists_asks_for_is_added_or_removed() {
    let story = first_is_out().open_next("production").next_finds("tls", Outcome::Pass);
    let mut project = story.project().clone();
    let next = project.releases.get_mut(&next_id()).expect("the second release");
    let mut template = crate::template::Template::clone(&next.template);
    let core = &mut template.sections[0].items;
    core.retain(|known| known.id.as_str() != "backup");
    let mut more = core[0].clone();
    more.id = item("tls-more");
    core.push(more);
    next.template = std::sync::Arc::new(template);
    let next = next.clone();
    let since = since_previous(&project, &next, story.at).expect("one before");
    let found: Vec<_> =
        since.items.iter().map(|one| (one.item.as_str(), one.shift, &one.from)).collect();
    assert_eq!(
        found,
        [("backup", Shift::Removed, &Some(Standing::Settled)), ("tls-more", Shift::Added, &None),]
    );
}

#[test]
fn beside_the_items_the_configuration_is_compared_but_not_what_names_the_release() {
    let story = first_is_out().open_next("production");
    let rest = |story: &Story| -> Vec<String> {
        let since = since_previous(story.project(), story.next(), story.at).expect("one before");
        since.rest.into_iter().map(|one| one.what).collect()
    };
    assert_eq!(rest(&story), [""; 0]);
    let story = story.enroll("ada", "finn", &[Role::Security]);
    assert_eq!(rest(&story), ["roster"]);
}

#[test]
fn of_several_the_last_one_before_counts() {
    let story = first_is_out();
    let mut project = story.project().clone();
    let first = story.release().clone();
    let again = |id: &str, later: i64| {
        let mut copy = first.clone();
        copy.id = ReleaseId::parse(id).expect("a release id");
        let out = copy.deployment.as_mut().expect("deployed");
        out.deployed_at += Duration::hours(later);
        copy
    };
    for copy in [again("r0", 2), again("r9", 1)] {
        project.releases.insert(copy.id.clone(), copy);
    }
    let mut own = first.clone();
    own.id = next_id();
    own.deployment = None;
    let id =
        |own: &Release, now| previous(&project, own, now).map(|(known, _)| known.id.to_string());
    let now = story.at + Duration::hours(5);
    assert_eq!(id(&own, now).as_deref(), Some("r0"), "the last one to go out, not the last id");
    assert_eq!(id(&own, story.at + Duration::minutes(90)).as_deref(), Some("r9"));
    let r9 = project.releases.values().find(|known| known.id.as_str() == "r9").expect("it");
    assert_eq!(id(r9, now).as_deref(), Some("r1"), "of one that is out, what was before it");
    let signed = as_signed(first.deployment.as_ref().expect("deployed")).expect("signed");
    assert_eq!(signed, &*first.signoff_history.last().expect("a sign-off").covers);
}
