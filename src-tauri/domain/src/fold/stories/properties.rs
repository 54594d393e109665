//! Whatever anybody sends, in whatever order: the fold answers, refused events change
//! nothing (checked by every step of a story), and what must never be true is not.

use std::collections::BTreeSet;

use chrono::Duration;

use super::invariants::must_hold;
use super::people::member;
use super::shuffle::Disorder;
use super::steps::{environment, exception, finding, item, run, subject};
use super::story::{Story, release_id};
use crate::event::{
    Body, Decision, Envelope, Event, Evidence, ProposedChange, Tick, Verdict as Says,
};
use crate::finding::{Outcome, Reason};
use crate::id::{Digest, EventId, Fingerprint, ReleaseId};
use crate::member::{ChangeRule, EmergencyRule, Member, Policy, Role};

const PEOPLE: [&str; 9] = ["ada", "ana", "ana-laptop", "bob", "cleo", "dan", "eve", "mia", "otto"];
const ITEMS: [&str; 10] = [
    "tls",
    "backup",
    "headers",
    "keys",
    "logs",
    "training",
    "audit-trail",
    "smoke",
    "errors",
    "all-critical",
];
const PROBES: [(&str, u32, &str); 8] = [
    ("tls", 0, "tls.modern"),
    ("headers", 0, "headers.csp"),
    ("headers", 1, "headers.hsts"),
    ("headers", 0, "headers.hsts"),
    ("keys", 0, "keys.length"),
    ("logs", 0, "logs.redacted"),
    ("logs", 9, "logs.redacted"),
    ("smoke", 0, "http.health"),
];
const OUTCOMES: [Outcome; 4] = [
    Outcome::Pass,
    Outcome::Fail,
    Outcome::NotApplicable,
    Outcome::Inconclusive(Reason::NeedsPerson),
];

fn release(chance: &mut Disorder) -> ReleaseId {
    if chance.below(12) > 0 { release_id() } else { ReleaseId::parse("r2").expect("an id") }
}

fn of_project(story: &Story, chance: &mut Disorder) -> Body {
    let who = chance.pick(&PEOPLE);
    match chance.below(11) {
        8 => Body::ChangeProposed { change: change(story, chance), note: String::new() },
        9 | 10 => Body::ChangeDecided {
            proposal: proposal(story, chance),
            role: chance.pick(&Role::ALL),
            verdict: chance.pick(&[Says::Approve, Says::Approve, Says::Reject]),
            note: String::new(),
        },
        6 => Body::KeyRevoked {
            member: member(who, &[]).fingerprint,
            reason: "Lost".into(),
            since: chance.pick(&[None, Some(story.at - Duration::minutes(5))]),
        },
        7 => {
            let new = member(chance.pick(&PEOPLE), &[]);
            Body::KeyRotated {
                key: new.fingerprint,
                public_key: new.public_key,
                proof: "None".into(),
            }
        }
        0 => Body::MemberRemoved { member: member(who, &[]).fingerprint },
        1 => Body::MemberEnrolled { member: member(who, &[chance.pick(&Role::ALL)]) },
        2 => Body::PolicySet { policy: any_policy(chance) },
        3 => {
            let name = chance.pick(&["production", "staging", ""]);
            Body::EnvironmentsSet { environments: vec![environment(name, "https://x.example")] }
        }
        4 => story.events[0].envelope().body.clone(),
        _ => Body::SubjectSet {
            release: release(chance),
            subject: subject(chance.pick(&['a', 'b'])),
        },
    }
}

fn any_policy(chance: &mut Disorder) -> Policy {
    let required_roles = vec![chance.pick(&Role::ALL), chance.pick(&Role::ALL)];
    let rule = EmergencyRule { roles: vec![required_roles[0]], review_hours: 24 };
    Policy {
        signers: [(required_roles[1], chance.pick(&[1, 2, 50]))].into(),
        exception_approvers: vec![chance.pick(&Role::ALL)],
        changes: chance.pick(&[ChangeRule::Admin, ChangeRule::Roles]),
        freshness_hours: chance.pick(&[None, Some(0), Some(12)]),
        emergency: chance.pick(&[true, false]).then_some(rule),
        required_roles,
    }
}

fn change(story: &Story, chance: &mut Disorder) -> ProposedChange {
    let who = member(chance.pick(&PEOPLE), &[chance.pick(&Role::ALL)]);
    match chance.below(3) {
        0 => ProposedChange::RemoveMember { member: who.fingerprint },
        1 => ProposedChange::EnrollMember { member: who },
        _ => {
            let mut policy = story.project().policy.clone();
            policy.required_roles.pop();
            policy.required_roles.push(chance.pick(&Role::ALL));
            ProposedChange::SetPolicy { policy }
        }
    }
}

/// One of those that were proposed, or none.
fn proposal(story: &Story, chance: &mut Disorder) -> EventId {
    let known: Vec<_> = story.project().proposals.keys().collect();
    if known.is_empty() { EventId::of(b"none") } else { chance.pick(&known).clone() }
}

fn of_item(story: &Story, chance: &mut Disorder) -> Body {
    let (release, id) = (release(chance), item(chance.pick(&ITEMS)));
    let run = run(u32::try_from(chance.below(6)).expect("small"));
    match chance.below(8) {
        0 => {
            let items = PROBES.iter().map(|(probed, ..)| item(probed)).chain([id]).collect();
            Body::CheckStarted { release, run, items }
        }
        1 => Body::CheckFinished { release, run, cancelled: true },
        2 | 3 => {
            let late = Duration::minutes(i64::from(chance.pick(&[-60, 0, 0, 600])));
            let (probed, slot, probe) = chance.pick(&PROBES);
            let finding = finding(probe, chance.pick(&OUTCOMES), story.at + late);
            let open = story.release().runs.iter().find(|known| known.finished.is_none());
            let run = open.map_or(run, |known| known.id.clone());
            Body::FindingRecorded { release, run, item: item(probed), slot, finding }
        }
        4 | 5 => {
            let tick = chance.pick(&[Tick::Done, Tick::Done, Tick::NotDone, Tick::NotApplicable]);
            let note = chance.pick(&["", "Seen"]).to_owned();
            Body::ItemAttested { release, item: id, tick, note }
        }
        6 => {
            let expires_at = story.at + Duration::hours(i64::from(chance.pick(&[-1, 1, 48])));
            Body::ExceptionRequested {
                release,
                exception: exception(chance.pick(&["e1", "e2"])),
                item: id,
                reason: "Reason".into(),
                compensating_control: "Control".into(),
                owner: "Owner".into(),
                expires_at,
            }
        }
        _ => Body::EvidenceAttached {
            release,
            item: id,
            evidence: Evidence {
                name: chance.pick(&["a.txt", "../a"]).into(),
                media_type: "text/plain".into(),
                size: 1,
                sha256: Digest::of(b"a"),
                observed_at: story.at,
            },
        },
    }
}

fn of_release(story: &Story, chance: &mut Disorder) -> Body {
    let role = chance.pick(&Role::ALL);
    match chance.below(12) {
        0 => {
            let verdict = chance.pick(&[Says::Approve, Says::Reject]);
            let exception = exception(chance.pick(&["e1", "e2"]));
            Body::ExceptionDecided {
                release: release(chance),
                exception,
                verdict,
                note: String::new(),
            }
        }
        1 => Body::DeploymentRecorded {
            release: release(chance),
            deployed_at: story.at + Duration::minutes(i64::from(chance.pick(&[-600, 0, 1]))),
            deployed_by: member(chance.pick(&PEOPLE), &[]).fingerprint,
            verified_by: member(chance.pick(&PEOPLE), &[]).fingerprint,
            reference: String::new(),
        },
        2 => Body::DeploymentVerified { release: release(chance), note: String::new() },
        3 => Body::ReleaseClosed { release: release(chance), note: String::new() },
        4 => story.statement(role, Decision::Revoke, ""),
        5 => Body::EmergencyDeclared { release: release(chance), reason: "It burns".into() },
        6 => Body::EmergencyWithdrawn { release: release(chance), reason: "It does not".into() },
        7 => story.statement(role, Decision::Decline, "No"),
        _ => story.statement(role, Decision::Approve, ""),
    }
}

/// One more event by anybody about anything, now and then on strange ground. Most of what
/// chance comes up with is refused, so half of the time it has a few tries for one that is not.
fn step(story: Story, chance: &mut Disorder) -> Story {
    let mut envelope = any(&story, chance);
    for _ in 0..chance.pick(&[0, 8]) {
        if story.fold.try_event(&Event::unsigned(envelope.clone())).is_ok() {
            break;
        }
        envelope = any(&story, chance);
    }
    story.take(envelope).whatever_came()
}

fn any(story: &Story, chance: &mut Disorder) -> Envelope {
    let body = match chance.below(12) {
        0 => of_project(story, chance),
        1..=5 => of_item(story, chance),
        _ => of_release(story, chance),
    };
    let author = author(story, &body, chance);
    let mut envelope = story.envelope(chance.pick(&PEOPLE), body);
    envelope.author = author.unwrap_or(envelope.author);
    match chance.below(20) {
        0 => envelope.parents = vec![EventId::of(b"lost")],
        1 => envelope.parents = Vec::new(),
        2 => envelope.at -= Duration::hours(2),
        3 | 4 => {
            let place = chance.below(story.events.len());
            envelope.parents = vec![story.events[place].id().clone()];
        }
        _ => {}
    }
    envelope
}

/// Mostly somebody on the roster who may have a right to it.
fn author(story: &Story, body: &Body, chance: &mut Disorder) -> Option<Fingerprint> {
    if chance.below(4) == 0 {
        return None;
    }
    let fits = |known: &Member| match body {
        Body::SignedOff { role, .. } | Body::ChangeDecided { role, .. } => known.holds(*role),
        Body::ChangeProposed { .. } => known.holds(Role::Admin),
        Body::FindingRecorded { run, .. } | Body::CheckFinished { run, .. } => {
            let runs = &story.release().runs;
            runs.iter().any(|open| open.id == *run && open.started.by.is_same_person(known))
        }
        _ => !known.holds(Role::Auditor),
    };
    let fitting: Vec<_> = story.project().members.values().filter(|known| fits(known)).collect();
    (!fitting.is_empty()).then(|| chance.pick(&fitting).fingerprint.clone())
}

#[test]
fn whatever_comes_the_fold_answers_and_what_must_never_be_true_is_not() {
    let deployed = Story::signed().deploy("dan", "dan", "cleo").pass(&["smoke"]);
    let guarded = Story::guarded().open("dan");
    let starts = [Story::opened(), Story::ready(), Story::signed(), deployed, guarded];
    let (mut kinds, mut codes, mut accepted) = (BTreeSet::new(), BTreeSet::new(), 0);
    for seed in 0..40 {
        let mut chance = Disorder::seeded(seed);
        let mut story = starts[chance.below(starts.len())].clone();
        let known = story.events.len();
        for _ in 0..25 {
            story = step(story, &mut chance);
            must_hold(&story);
        }
        for entry in &story.fold.trail()[known..] {
            match &entry.refused {
                None => {
                    accepted += 1;
                    kinds.insert(entry.event.envelope().body.kind());
                }
                Some(why) => {
                    codes.insert(why.code());
                }
            }
        }
    }
    // The disorder is worth something only if much of it is let through, and much is not.
    assert!(accepted > 300, "{accepted} events were accepted");
    assert!(kinds.len() >= 12, "accepted: {kinds:?}");
    assert!(codes.len() >= 20, "refused: {codes:?}");
}

/// Who holds which of the roles that sign.
fn signers(story: &Story) -> BTreeSet<(Role, String)> {
    let members = story.project().members.values();
    let of = |known: &Member| {
        let email = known.email.to_ascii_lowercase();
        let roles = [Role::Security, Role::Devops, Role::Management].into_iter();
        roles
            .filter(|role| known.holds(*role))
            .map(|role| (role, email.clone()))
            .collect::<Vec<_>>()
    };
    members.flat_map(|known| of(known)).collect()
}

/// Security, DevOps and management are held by three people, none of whom is an admin.
#[test]
fn without_a_consent_or_a_lost_key_nobody_gains_or_loses_a_role_that_signs() {
    let start = Story::guarded().open("dan");
    let (before, known) = (signers(&start), start.events.len());
    let (mut quiet, mut moved) = (0, 0);
    for seed in 100..160 {
        let mut chance = Disorder::seeded(seed);
        let mut story = start.clone();
        for _ in 0..25 {
            let body = of_project(&story, &mut chance);
            let author = author(&story, &body, &mut chance);
            let mut envelope = story.envelope("ada", body);
            envelope.author = author.unwrap_or(envelope.author);
            story = story.take(envelope).whatever_came();
            must_hold(&story);
            let spoke = story.fold.trail()[known..].iter().any(|entry| {
                let body = &entry.event.envelope().body;
                let consent = matches!(body, Body::ChangeDecided { .. } | Body::KeyRevoked { .. });
                consent && entry.refused.is_none()
            });
            if spoke {
                moved += usize::from(signers(&story) != before);
            } else {
                quiet += 1;
                assert_eq!(signers(&story), before, "seed {seed}");
            }
        }
    }
    assert!(quiet > 100 && moved > 100, "{quiet} steps without a consent, {moved} after a change");
}
