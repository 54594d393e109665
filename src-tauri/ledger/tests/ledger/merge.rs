//! Folders that work apart and give each other what they have: whatever the order, the gaps
//! and the repetitions, they end with the same events and the same state.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use countersign_domain::environment::Environment;
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, SignedEvent};
use countersign_domain::fold::{Fold, Templates};
use countersign_domain::id::{Digest, ProjectId};
use countersign_domain::member::{Member, Policy, Role};
use countersign_ledger::keys::UnlockedKey;
use countersign_ledger::{Ledger, LedgerError, MAX_AHEAD, Merged};
use proptest::prelude::*;

use crate::support::{Place, check, new_key, now, project};

/// Three people, each with a folder of their own.
fn people() -> &'static [UnlockedKey; 3] {
    static KEYS: OnceLock<[UnlockedKey; 3]> = OnceLock::new();
    KEYS.get_or_init(|| ["ana", "dan", "mia"].map(new_key))
}

fn member(who: usize, roles: &[Role]) -> Member {
    let key = &people()[who];
    Member {
        name: format!("Person {who}"),
        email: format!("person{who}@example.org"),
        fingerprint: key.fingerprint().clone(),
        public_key: key.public_key().to_owned(),
        roles: roles.to_vec(),
    }
}

/// One person's folder.
struct Folder {
    place: Place,
    ledger: Ledger,
    who: usize,
}

impl Folder {
    fn of(who: usize) -> Self {
        let place = Place::new();
        let ledger = place.open();
        Self { place, ledger, who }
    }

    /// Signs on the heads that are here.
    fn act(&self, at: DateTime<Utc>, body: Body) -> SignedEvent {
        let shop = project("shop");
        let signed = people()[self.who]
            .sign_event(&Envelope {
                version: ENVELOPE_VERSION,
                project: shop.clone(),
                parents: self.ledger.heads(&shop).expect("heads"),
                author: people()[self.who].fingerprint().clone(),
                at,
                body,
            })
            .expect("own envelope");
        self.ledger.append(&signed, at).expect("own event");
        signed
    }

    fn events(&self) -> Vec<SignedEvent> {
        self.ledger.events(&project("shop")).expect("read")
    }

    fn take(&self, packet: &[SignedEvent]) -> Result<Merged, LedgerError> {
        self.ledger.merge(&project("shop"), packet, now() + TimeDelta::hours(9))
    }

    /// Digest of everything that the events give: state, trail with refusals, heads.
    fn state(&self) -> Digest {
        let events = self.events().iter().map(|one| one.verify().expect("good")).collect();
        let fold = Fold::of(Templates::new(), events);
        let heads = fold.heads().iter().cloned().collect::<Vec<_>>();
        assert_eq!(self.ledger.heads(&project("shop")).expect("heads"), heads);
        Digest::of(format!("{:?}", (fold.project(), fold.trail(), heads)).as_bytes())
    }
}

/// The project, with all three on its roster, in every folder.
fn begun() -> [Folder; 3] {
    let folders = [0, 1, 2].map(Folder::of);
    folders[0].act(
        now(),
        Body::ProjectCreated {
            name: "Shop".into(),
            environments: vec![environment("staging")],
            policy: Policy::default(),
            founder: member(0, &[Role::Admin]),
        },
    );
    for who in [1, 2] {
        let member = member(who, &[Role::Admin, Role::Devops]);
        folders[0].act(now(), Body::MemberEnrolled { member });
    }
    for other in &folders[1..] {
        let merged = other.take(&folders[0].events()).expect("a first packet");
        assert_eq!(merged, Merged { added: 3, known: 0 });
    }
    folders
}

fn environment(name: &str) -> Environment {
    serde_json::from_value(serde_json::json!({"name": name, "targets": {}})).expect("environment")
}

/// What somebody does. Rights come and go, so that much is refused in some orders.
fn body(kind: u8, number: usize) -> Body {
    let about = number % 3;
    match kind % 6 {
        0 => Body::MemberRemoved { member: people()[about].fingerprint().clone() },
        1 => Body::MemberEnrolled { member: member(about, &[Role::Admin]) },
        2 => Body::MemberEnrolled { member: member(about, &[Role::Security]) },
        3 => Body::PolicySet {
            policy: Policy {
                required_roles: vec![[Role::Security, Role::Devops, Role::Management][about]],
                exception_approvers: vec![Role::Security],
                ..Policy::default()
            },
        },
        4 => Body::EnvironmentsSet { environments: vec![environment(&format!("e{number}"))] },
        _ => Body::AttemptRefused {
            release: None,
            action: format!("attempt {number}"),
            code: "none".into(),
            reason: "None".into(),
        },
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody does something, so many seconds later.
    Act { who: usize, kind: u8, later: i64 },
    /// One gives another a part of what it has, in some order, some of it twice.
    Send { from: usize, to: usize, skip: usize, order: u64, twice: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_usize, any::<u8>(), 0..3_i64).prop_map(|(who, kind, later)| Step::Act {
            who,
            kind,
            later
        }),
        (0..3_usize, 0..3_usize, 0..12_usize, any::<u64>(), 0..4_usize)
            .prop_map(|(from, to, skip, order, twice)| Step::Send { from, to, skip, order, twice }),
    ]
}

/// Sorts by a digest that `order` seeds: some order, the same each time.
fn disordered(mut packet: Vec<SignedEvent>, order: u64) -> Vec<SignedEvent> {
    packet.sort_by_key(|one| Digest::of(format!("{order}{}", one.id()).as_bytes()));
    packet
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_of_packets_ends_in_one_state(
        steps in prop::collection::vec(step(), 1..24),
        last in any::<u64>(),
    ) {
        let folders = begun();
        let mut at = now();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Act { who, kind, later } => {
                    at += TimeDelta::seconds(later);
                    folders[who].act(at, body(kind, number));
                }
                Step::Send { from, to, skip, order, twice } => {
                    let events = folders[from].events();
                    let mut packet: Vec<_> = events.iter().skip(skip).cloned().collect();
                    packet.extend(events.iter().rev().take(twice).cloned());
                    let before = folders[to].events();
                    match folders[to].take(&disordered(packet, order)) {
                        Ok(merged) => {
                            prop_assert_eq!(folders[to].events().len(), before.len() + merged.added);
                        }
                        // What lacks a parent is refused as a whole.
                        Err(LedgerError::MissingParent { .. }) => {
                            prop_assert_eq!(folders[to].events(), before);
                        }
                        Err(other) => prop_assert!(false, "{}", other),
                    }
                }
            }
        }
        for round in 0..2 {
            for (from, to) in [(0, 1), (2, 1), (1, 0), (1, 2), (0, 2)] {
                let packet = disordered(folders[from].events(), last);
                let merged = folders[to].take(&packet).expect("a whole packet fits");
                prop_assert!(round == 0 || merged.added == 0, "the second time adds nothing");
            }
        }
        let states = [0, 1, 2].map(|who| folders[who].state());
        prop_assert!(states.iter().all(|one| *one == states[0]), "{:?}", states);
        for folder in &folders {
            prop_assert_eq!(check(&folder.place.open()), []);
        }
    }
}

#[test]
fn an_event_of_the_future_is_refused_with_all_that_came_with_it() {
    let shop: ProjectId = project("shop");
    let [ana, dan, _] = begun();
    let here = dan.ledger.count(&shop).expect("count");
    let honest = ana.act(now(), body(5, 1));
    let ahead = ana.act(now() + MAX_AHEAD + TimeDelta::seconds(1), body(5, 2));
    let error = dan.ledger.merge(&shop, &ana.events(), now()).expect_err("the future");
    assert!(matches!(&error, LedgerError::AheadOfClock { id, .. } if *id == ahead.id()), "{error}");
    let words = error.to_string();
    for part in ["this machine's clock", "Nothing was added", ahead.id().short()] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(dan.ledger.count(&shop).expect("count"), here);

    // What is not ahead is taken, and once the time has come so is the rest.
    let merged = dan.ledger.merge(&shop, &[honest], now()).expect("not ahead");
    assert_eq!(merged, Merged { added: 1, known: 0 });
    let later = now() + TimeDelta::seconds(1);
    let merged = dan.ledger.merge(&shop, &ana.events(), later).expect("just within");
    assert_eq!(merged.added, 1);
    assert_eq!(dan.state(), ana.state());
}

#[test]
fn events_of_another_project_are_not_taken_in() {
    let [ana, ..] = begun();
    let other = Folder::of(1);
    let mail = project("mail");
    let error = other.ledger.merge(&mail, &ana.events(), now()).expect_err("another project");
    assert!(matches!(error, LedgerError::OtherProject { .. }), "{error}");
    assert_eq!(other.ledger.projects().expect("projects"), []);
}
