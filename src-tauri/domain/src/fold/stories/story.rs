//! A story under way: its events so far, its clock, and what may be asked of it.

use chrono::{DateTime, Duration, TimeZone, Utc};

use super::checklist;
use super::people::{TEAM, member};
use super::shuffle::Disorder;
use crate::event::{Body, ENVELOPE_VERSION, Envelope, Event};
use crate::fold::Fold;
use crate::gate::{self, Gate, SignoffStanding, Subject, Verdict, signoff_standing};
use crate::id::{ProjectId, ReleaseId};
use crate::material::Difference;
use crate::member::Role;
use crate::refusal::Refusal;
use crate::score::Score;
use crate::state::{Project, Release, TrailEntry};

/// Each step takes a minute. A refused step must be expected by the next call, else the
/// story fails.
#[derive(Clone)]
pub(crate) struct Story {
    pub(super) fold: Fold,
    pub(super) at: DateTime<Utc>,
    pub(super) events: Vec<Event>,
    pub(super) runs: u32,
    refused: Option<Refusal>,
}

pub(super) fn release_id() -> ReleaseId {
    ReleaseId::parse("r1").expect("a release id")
}

pub(super) fn project_id() -> ProjectId {
    ProjectId::parse("p1").expect("a project id")
}

impl Story {
    /// Nobody has done anything yet.
    pub(crate) fn new() -> Self {
        let at = Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).single().expect("a date");
        let fold = Fold::new(checklist::templates());
        Self { fold, at, events: Vec::new(), runs: 0, refused: None }
    }

    /// Ada founded the project, and the team is on the roster.
    pub(crate) fn team() -> Self {
        TEAM.into_iter()
            .fold(Self::new().found("ada"), |story, (who, roles)| story.enroll("ada", who, roles))
    }

    /// The team, and a release.
    pub(crate) fn opened() -> Self {
        Self::team().open("dan")
    }

    /// Everything that gates the deployment is settled.
    pub(crate) fn ready() -> Self {
        let people = ["backup", "keys", "training", "audit-trail", "docs", "reviewed"];
        let probed = ["tls", "headers", "keys", "logs", "cache", "suite"];
        let story = people.into_iter().fold(Self::opened(), |story, item| story.tick(item, "dan"));
        story.pass(&probed).expect_gate(Verdict::Ready)
    }

    /// The three roles have signed too.
    pub(crate) fn signed() -> Self {
        Self::ready()
            .sign(Role::Security, "ana")
            .sign(Role::Devops, "dan")
            .sign(Role::Management, "mia")
            .expect_gate(Verdict::Go)
    }

    /// `who` does `body`, having seen everything.
    pub(crate) fn act(self, who: &str, body: Body) -> Self {
        let parents = self.fold.heads().iter().cloned().collect();
        let at = self.at + Duration::minutes(1);
        let author = member(who, &[]).fingerprint;
        let project = project_id();
        self.take(Envelope { version: ENVELOPE_VERSION, project, parents, author, at, body })
    }

    /// Any envelope. Trial and deed must agree, and a refused event must change nothing.
    pub(crate) fn take(mut self, envelope: Envelope) -> Self {
        self.must_be_heard();
        self.at = self.at.max(envelope.at);
        let event = Event::unsigned(envelope);
        let before = self.fold.project().cloned();
        let trial = self.fold.try_event(&event);
        let admitted = self.fold.clone().admit(event.clone());
        let refused = self.fold.push(event.clone()).cloned();
        assert_eq!(trial.err(), refused, "a trial says the same as the deed");
        assert_eq!(admitted.err(), refused, "what is admitted is what is not refused");
        if refused.is_some() {
            assert_eq!(self.fold.project().cloned(), before, "a refused event changes nothing");
        }
        assert!(self.fold.heads().contains(event.id()), "every event is a head at first");
        self.events.push(event);
        self.refused = refused;
        self
    }

    pub(crate) fn wait(mut self, time: Duration) -> Self {
        self.at += time;
        self
    }

    /// What two people know once each has the other's events.
    pub(crate) fn merged(&self, other: &Self) -> Self {
        let mut story = self.clone();
        story.events.extend(other.events.iter().cloned());
        story.at = self.at.max(other.at);
        story.fold = Fold::of(checklist::templates(), story.events.clone());
        story
    }

    pub(super) fn project(&self) -> &Project {
        self.fold.project().expect("a project")
    }

    pub(super) fn release(&self) -> &Release {
        self.project().releases.get(&release_id()).expect("a release")
    }

    pub(super) fn standing(&self, role: Role) -> SignoffStanding {
        signoff_standing(self.release(), role, self.project().policy.signers_of(role))
    }

    pub(super) fn gate(&self) -> Gate {
        gate::gate(self.project(), self.release(), self.at)
    }

    /// The refused events of the trail, by kind and code.
    pub(super) fn refusals(&self) -> Vec<(&'static str, &'static str)> {
        let refused = |entry: &TrailEntry| {
            entry.refused.as_ref().map(|why| (entry.event.envelope().body.kind(), why.code()))
        };
        self.fold.trail().iter().filter_map(refused).collect()
    }

    /// Item or role, and code, of each blocker in order.
    pub(super) fn blockers(&self) -> Vec<(String, &'static str)> {
        let name = |subject: &Subject| match subject {
            Subject::Item { item, .. } => item.to_string(),
            Subject::Role { role, .. } => role.code().to_owned(),
        };
        self.gate().blockers.iter().map(|one| (name(&one.subject), one.code)).collect()
    }

    pub(crate) fn expect_refused(mut self, code: &str) -> Self {
        let refused = self.refused.take();
        assert_eq!(refused.as_ref().map(Refusal::code), Some(code), "{refused:?}");
        self
    }

    /// The last step may have been refused, or not.
    pub(super) fn whatever_came(mut self) -> Self {
        self.refused = None;
        self
    }

    #[track_caller]
    pub(crate) fn expect_gate(self, verdict: Verdict) -> Self {
        self.must_be_heard();
        let gate = self.gate();
        assert_eq!(gate.verdict, verdict, "{:#?}", gate.blockers);
        self
    }

    /// Exactly these block, in this order.
    #[track_caller]
    pub(crate) fn expect_blockers(self, expected: &[(&str, &str)]) -> Self {
        self.must_be_heard();
        let blockers = self.blockers();
        let found: Vec<_> = blockers.iter().map(|(name, code)| (name.as_str(), *code)).collect();
        assert_eq!(found, expected);
        self
    }

    /// The blocker of that item or role says so, and names that cure.
    #[track_caller]
    pub(crate) fn expect_words(self, name: &str, text: &str, cure: &str) -> Self {
        let place = self.blockers().iter().position(|(known, _)| known == name);
        let gate = self.gate();
        let blocker = &gate.blockers[place.expect("something blocks by that name")];
        assert!(blocker.text.contains(text), "{}", blocker.text);
        assert!(blocker.cure.contains(cure), "{}", blocker.cure);
        self
    }

    #[track_caller]
    pub(crate) fn expect_score(self, now: u8, without_exceptions: u8, projected: u8) -> Self {
        self.must_be_heard();
        assert_eq!(self.gate().score, Score { now, without_exceptions, projected });
        self
    }

    #[track_caller]
    pub(crate) fn expect_signoff(self, role: Role, standing: SignoffStanding) -> Self {
        self.must_be_heard();
        assert_eq!(self.standing(role), standing, "{}", role.code());
        self
    }

    /// What made the sign-off stale: word, item, before and after.
    #[track_caller]
    pub(crate) fn expect_change(
        self,
        role: Role,
        what: &str,
        item: &str,
        from: &str,
        to: &str,
    ) -> Self {
        let stale = self.release().latest(role).and_then(|one| one.stale.as_ref());
        let words = |change: &Difference| {
            let item = change.item.as_ref().map_or_else(String::new, ToString::to_string);
            (change.what.clone(), item, change.from.clone(), change.to.clone())
        };
        let found: Vec<_> = stale.expect("a stale sign-off").changes.iter().map(words).collect();
        assert_eq!(found, [(what.to_owned(), item.to_owned(), from.to_owned(), to.to_owned())]);
        self
    }

    #[track_caller]
    fn must_be_heard(&self) {
        assert_eq!(self.refused, None, "the last step was refused");
    }
}

/// However a story ends, its events must fold to the same state in any order of arrival,
/// and arriving twice.
impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.must_be_heard();
        let told = Fold::of(checklist::templates(), self.events.clone());
        for seed in 0..3 {
            let mut events = self.events.clone();
            events.extend(self.events.iter().cloned());
            Disorder::seeded(seed).shuffle(&mut events);
            let shuffled = Fold::of(checklist::templates(), events);
            same(&shuffled, &told);
        }
        same(&self.fold.refolded(), &told);
    }
}

fn same(one: &Fold, other: &Fold) {
    assert_eq!(one.project(), other.project());
    assert_eq!(one.trail(), other.trail());
    assert_eq!(one.heads(), other.heads());
}
