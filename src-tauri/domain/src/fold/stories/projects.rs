//! The project: founded once, its roster kept by admins, its environments and policy sound.

use chrono::Duration;

use super::Story;
use super::people::member;
use super::steps::{environment, subject};
use super::story::{project_id, release_id};
use super::{checklist, people};
use crate::event::Body;
use crate::gate::Verdict::{Go, NoGo};
use crate::id::{Digest, EventId, ProjectId};
use crate::member::Role::{self, Admin, Auditor, Devops, Management, Security};

fn opening(version: &str, environment: &str, template: Digest) -> Body {
    Body::ReleaseOpened {
        release: release_id(),
        version: version.into(),
        environment: environment.into(),
        template,
        subject: subject('a'),
        planned_for: None,
    }
}

#[test]
fn nothing_happens_before_the_project_is_founded_by_an_admin_with_the_own_key() {
    let founding = |founder| Body::ProjectCreated {
        name: "Mail agent".into(),
        environments: vec![environment("production", "https://api.example.com")],
        policy: crate::member::Policy::default(),
        founder,
    };
    Story::new().enroll("ada", "ana", &[Security]).expect_refused("no-project");
    Story::new().act("ada", founding(member("ada", &[Security]))).expect_refused("not-authorised");
    Story::new().act("ana", founding(member("ada", &[Admin]))).expect_refused("key-mismatch");
}

#[test]
fn a_project_is_founded_once() {
    let founding = Story::new().found("ada").events[0].envelope().body.clone();
    let story = Story::team().act("ada", founding.clone()).expect_refused("project-exists");
    let mut rootless = story.envelope("ada", founding);
    rootless.parents.clear();
    story.take(rootless).expect_refused("project-exists");
}

#[test]
fn the_founding_event_builds_on_nothing() {
    let story = Story::new().tick("tls", "ada").expect_refused("no-project");
    story.found("ada").expect_refused("no-project");
}

#[test]
fn only_the_founding_event_may_stand_without_parents() {
    let story = Story::opened();
    let body = Body::ItemAttested {
        release: release_id(),
        item: super::steps::item("backup"),
        tick: crate::event::Tick::Done,
        note: String::new(),
    };
    let mut rootless = story.envelope("dan", body);
    rootless.parents.clear();
    story.take(rootless).expect_refused("missing-parent");
}

#[test]
fn an_event_of_another_project_or_on_unknown_ground_is_refused() {
    let story = Story::team();
    let mut foreign = story.envelope("dan", opening("1", "production", checklist::digest()));
    foreign.project = ProjectId::parse("p2").expect("a project id");
    let story = story.take(foreign).expect_refused("other-project");
    let mut groundless = story.envelope("dan", opening("1", "production", checklist::digest()));
    groundless.parents.push(EventId::of(b"never seen"));
    story.take(groundless).expect_refused("missing-parent");
}

#[test]
fn an_event_is_not_older_than_what_it_builds_on() {
    let story = Story::opened();
    let mut early = story.envelope("dan", opening("1", "production", checklist::digest()));
    early.at = story.at - Duration::milliseconds(1);
    story.take(early).expect_refused("time-backwards");
    let story = Story::team();
    let mut same = story.envelope("dan", opening("1", "production", checklist::digest()));
    same.at = story.at;
    story.take(same).expect_gate(NoGo);
}

#[test]
fn a_release_pins_a_known_checklist_and_an_environment_of_the_project() {
    let open = |body| Story::team().act("dan", body);
    let good = checklist::digest();
    open(opening("1", "production", Digest::of(b"lost"))).expect_refused("template-missing");
    open(opening("1", "moon", good.clone())).expect_refused("unknown-environment");
    open(opening(" ", "production", good.clone())).expect_refused("text");
    open(opening("1", "staging", good)).open("dan").expect_refused("release-exists");
}

#[test]
fn what_goes_out_is_named_by_a_full_commit() {
    for commit in ["", "abc", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
        let mut bad = subject('a');
        bad.commit = Some(commit.into());
        let body = Body::SubjectSet { release: release_id(), subject: bad };
        Story::opened().act("dan", body).expect_refused("text");
    }
}

#[test]
fn only_an_admin_keeps_the_roster_and_the_policy() {
    Story::team()
        .enroll("ana", "finn", &[Security])
        .expect_refused("not-authorised")
        .remove("mia", "dan")
        .expect_refused("not-authorised")
        .set_policy("mia", &[Management], &[Management])
        .expect_refused("not-authorised")
        .set_environments("ana", vec![environment("production", "https://api.example.com")])
        .set_environments("mia", vec![environment("production", "https://api.example.com")])
        .expect_refused("not-authorised")
        .remove("ada", "eve")
        .expect_refused("unknown-member");
}

#[test]
fn the_last_admin_can_neither_leave_nor_step_down() {
    Story::team()
        .remove("ada", "ada")
        .expect_refused("last-admin")
        .enroll("ada", "ada", &[Security])
        .expect_refused("last-admin")
        .enroll("ada", "finn", &[Admin])
        .enroll("ada", "ada", &[Security])
        .remove("finn", "ada")
        .remove("finn", "finn")
        .expect_refused("last-admin");
}

#[test]
fn a_member_comes_with_the_key_of_the_stated_fingerprint() {
    let enroll = |change: fn(&mut crate::member::Member)| {
        let mut member = member("finn", &[Security]);
        change(&mut member);
        Story::team().act("ada", Body::MemberEnrolled { member })
    };
    enroll(|m| m.fingerprint = people::member("eve", &[]).fingerprint)
        .expect_refused("key-mismatch");
    enroll(|m| m.public_key = "ssh-ed25519 nonsense".into()).expect_refused("key-mismatch");
    // A line break would smuggle a second signer into an allowed_signers file.
    enroll(|m| m.public_key.push_str(" x\neve@example.org ssh-ed25519 AAAA"))
        .expect_refused("key-mismatch");
    enroll(|m| m.email = "nobody".into()).expect_refused("text");
    enroll(|m| m.email = "a@b.c,d@e.f".into()).expect_refused("text");
    enroll(|m| m.name = " ".into()).expect_refused("text");
    enroll(|m| m.name = "Finn\u{1b}[2J".into()).expect_refused("text");
    enroll(|m| m.roles.clear()).expect_refused("text");
}

#[test]
fn a_policy_asks_for_something_once_and_never_for_an_auditor() {
    let cases: [(&[Role], &[Role]); 4] = [
        (&[], &[Security]),
        (&[Security, Security], &[Security]),
        (&[Security, Auditor], &[Security]),
        (&[Security], &[Auditor]),
    ];
    for (required, approvers) in cases {
        Story::team().set_policy("ada", required, approvers).expect_refused("policy");
    }
}

#[test]
fn environments_have_names_of_their_own_and_addresses_that_can_be_looked_at() {
    let twice = vec![environment("a", "https://a.example"), environment("a", "https://b.example")];
    Story::team()
        .set_environments("dan", Vec::new())
        .expect_refused("environment")
        .set_environments("dan", twice)
        .expect_refused("environment")
        .set_environments("dan", vec![environment("a", "https://u:secret@a.example")])
        .expect_refused("environment")
        .set_environments("dan", vec![environment("a", "gopher://a.example")])
        .expect_refused("environment");
}

#[test]
fn an_environment_cannot_go_while_a_release_is_open_for_it() {
    let staging = || vec![environment("staging", "https://staging.example.com")];
    Story::team().set_environments("dan", staging());
    Story::opened().set_environments("dan", staging()).expect_refused("environment-in-use");
}

#[test]
fn whoever_left_may_not_act_and_what_they_signed_stays() {
    let story = Story::signed().remove("ada", "dan").tick("docs", "dan");
    let story = story.expect_refused("not-a-member");
    let signoff = &story.release().latest(Devops).expect("a word");
    assert_eq!(signoff.stamp.by.name, "Dan DevOps");
    assert_eq!(story.release().signoff_history.len(), 3);
    let story = story
        .sign(Security, "ana")
        .sign(Management, "mia")
        .expect_blockers(&[("devops", "signoff-stale")]);
    story.sign(Devops, "cleo").expect_gate(Go);
}

#[test]
fn a_refused_event_stays_in_the_trail_with_its_author_and_reason() {
    let story = Story::opened().tick("backup", "otto").expect_refused("not-authorised");
    let story = story.tick("backup", "eve").expect_refused("not-a-member");
    let [.., by_otto, by_eve] = story.fold.trail() else { panic!("two refused events at least") };
    assert_eq!(by_otto.by.as_ref().map(|member| member.name.as_str()), Some("Otto Auditor"));
    assert!(by_eve.by.is_none());
    let reason = by_otto.refused.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(
        reason,
        "this needs the role security or devops or management or admin, \
         which Otto Auditor does not hold"
    );
    // Whoever comes next builds on it like on any other.
    let story = story.tick("backup", "dan");
    assert_eq!(story.fold.heads().len(), 1);
    assert_eq!(
        story.refusals(),
        [("item-attested", "not-authorised"), ("item-attested", "not-a-member")]
    );
    assert_eq!(story.project().id, project_id());
}

#[test]
fn a_refused_attempt_is_kept_and_changes_nothing_but_the_time_of_the_last_event() {
    let body = Body::AttemptRefused {
        release: Some(release_id()),
        action: "sign".into(),
        code: "not-ready".into(),
        reason: "11 things block".into(),
    };
    Story::signed().act("otto", body).expect_gate(Go);
}
