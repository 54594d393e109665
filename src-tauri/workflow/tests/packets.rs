//! Packets between machines: whatever order they come in, however often, everybody ends up
//! with the same; and what a stranger signed waits until an admin has enrolled the key.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::TimeDelta;
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, SignedEvent};
use countersign_domain::id::{Fingerprint, ProjectId, ReleaseId};
use countersign_domain::member::{Member, Role};
use countersign_export::{read_packet, write_packet};
use countersign_workflow::view::{Attest, EnrollMember, MergeView, OpenRelease, TickCode};
use countersign_workflow::{Cancel, DEFAULT_TEMPLATE, Home, ProjectFile, UnlockedKey, World};
use proptest::prelude::*;
use zeroize::Zeroizing;

const PROJECT: &str = "[project]\nname = \"Apart\"\n[[environment]]\nname = \"staging\"\n\
                       [environment.targets]\napi = \"http://127.0.0.1:1\"\n";
const ITEMS: [&str; 3] =
    ["signoff.documentation", "signoff.rollback-tested", "secret-store.rotation"];

/// A project with a release and three members, as a packet; and everybody's key.
struct Start {
    folder: tempfile::TempDir,
    keys: Vec<UnlockedKey>,
    stranger: UnlockedKey,
    project: ProjectId,
    release: ReleaseId,
}

static START: LazyLock<Start> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(&folder.path().join("home"), World::real()).expect("a home");
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    let key = |name: &str| {
        let email = format!("{name}@example.invalid");
        let made = home.create_key(None, name, &email, &passphrase).expect("a key");
        home.unlock(&made.fingerprint, &passphrase).expect("unlocked")
    };
    let keys = vec![key("Ana"), key("Ben"), key("Mia")];
    let stranger = key("Eve");
    let file = ProjectFile::parse(PROJECT, folder.path()).expect("a project file");
    let project = home.create_project(&keys[0], file, &[]).expect("a project");
    // What comes from behind must be able to be dated before it.
    std::thread::sleep(std::time::Duration::from_millis(20));
    for (key, role) in keys.iter().zip(["security", "devops", "management"]).skip(1) {
        enroll(&home, &keys[0], &project.id, key, role);
    }
    let release = home
        .open_release(
            &keys[0],
            &OpenRelease {
                project: project.id.clone(),
                version: "1.0.0".into(),
                environment: "staging".into(),
                template: Some(DEFAULT_TEMPLATE.into()),
                artifacts: Vec::new(),
                ticket: String::new(),
                reason: String::new(),
                planned_for: None,
            },
        )
        .expect("a release");
    let project = ProjectId::parse(&project.id).expect("an id");
    let release = ReleaseId::parse(&release.row.id).expect("an id");
    home.write_packet(&project, &[], Some(&folder.path().join("base.zip"))).expect("a packet");
    Start { folder, keys, stranger, project, release }
});

fn enroll(home: &Home, admin: &UnlockedKey, project: &str, key: &UnlockedKey, role: &str) {
    let request = EnrollMember {
        project: project.to_owned(),
        name: format!("Holder of {role}"),
        email: format!("{}@example.invalid", &key.fingerprint().as_str()[7..15].to_lowercase()),
        public_key: key.public_key().to_owned(),
        roles: vec![role.to_owned()],
        note: String::new(),
    };
    home.enroll(admin, &request).expect("enrolled");
}

/// A machine that has opened the base packet.
struct Machine {
    home: Home,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::open(folder.path(), World::real()).expect("a home");
        let machine = Self { home, folder };
        let founder = START.keys[0].fingerprint();
        machine.opens(&START.folder.path().join("base.zip"), Some(founder));
        machine
    }

    fn opens(&self, packet: &Path, trust: Option<&Fingerprint>) -> MergeView {
        self.home.open_packet(packet, trust, false).expect("a packet that holds")
    }

    fn writes(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        self.home.write_packet(&START.project, &[], Some(&path)).expect("a packet");
        path
    }

    fn says(&self, who: usize, item: usize, done: bool) {
        let request = Attest {
            project: START.project.to_string(),
            release: START.release.to_string(),
            item: ITEMS[item].to_owned(),
            tick: if done { TickCode::Done } else { TickCode::NotDone },
            note: format!("Said by {who}"),
        };
        self.home.attest(&START.keys[who], &request).expect("allowed");
    }

    /// The record as bytes: it holds the order, what was refused, and the state.
    fn record(&self) -> String {
        let out = self.folder.path().join("record.zip");
        let bundle =
            self.home.export_bundle(&START.project, &START.release, Some(&out)).expect("a record");
        bundle.sha256
    }
}

/// What happens on one of three machines.
#[derive(Debug, Clone)]
enum Step {
    Says {
        at: usize,
        item: usize,
        done: bool,
    },
    Writes {
        at: usize,
    },
    /// Opens one of the packets that were written so far, old ones and its own included.
    Opens {
        at: usize,
        packet: prop::sample::Index,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3usize, 0..3usize, any::<bool>())
            .prop_map(|(at, item, done)| Step::Says { at, item, done }),
        2 => (0..3usize).prop_map(|at| Step::Writes { at }),
        3 => (0..3usize, any::<prop::sample::Index>())
            .prop_map(|(at, packet)| Step::Opens { at, packet }),
    ];
    prop::collection::vec(step, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_of_packets_and_any_number_of_each_gives_one_record(steps in steps()) {
        let machines = [Machine::new(), Machine::new(), Machine::new()];
        let mut packets = vec![START.folder.path().join("base.zip")];
        for step in steps {
            match step {
                Step::Says { at, item, done } => machines[at].says(at, item, done),
                Step::Writes { at } => {
                    packets.push(machines[at].writes(&format!("{}.zip", packets.len())));
                }
                Step::Opens { at, packet } => {
                    machines[at].opens(&packets[packet.index(packets.len())], None);
                }
            }
        }
        let last: Vec<_> = machines.iter().map(|machine| machine.writes("last.zip")).collect();
        for (machine, turn) in machines.iter().zip(0..) {
            for packet in last.iter().cycle().skip(turn).take(6) {
                machine.opens(packet, None);
            }
        }
        let records: Vec<_> = machines.iter().map(Machine::record).collect();
        prop_assert!(records.iter().all(|record| *record == records[0]), "{records:?}");
        for machine in &machines {
            let problems = machine.home.check_ledger(&Cancel::new(), &mut |_| {}).expect("readable").problems;
            prop_assert!(problems.is_empty(), "{problems:?}");
        }
    }
}

/// A packet with further events, each by one of these keys and so long after the one before.
fn extended(base: &Path, out: &Path, keys: &[&UnlockedKey], after: TimeDelta) {
    let packet = read_packet(&std::fs::read(base).expect("the base")).expect("a packet");
    let mut signed: Vec<SignedEvent> = packet.events.iter().map(|(one, _)| one.clone()).collect();
    for key in keys {
        let last = signed.last().expect("an event").verify().expect("holds");
        let envelope = Envelope {
            version: ENVELOPE_VERSION,
            project: START.project.clone(),
            parents: vec![last.id().clone()],
            author: key.fingerprint().clone(),
            at: last.envelope().at + after,
            body: Body::AttemptRefused {
                release: None,
                action: "sign".into(),
                code: "locked".into(),
                reason: "No key was unlocked".into(),
            },
        };
        signed.push(key.sign_event(&envelope).expect("signed"));
    }
    let bytes = write_packet(&START.project, &[], &signed, &BTreeMap::new()).expect("a packet");
    std::fs::write(out, bytes).expect("written");
}

#[test]
fn an_event_of_the_future_is_not_taken_in() {
    let machine = Machine::new();
    let (base, record) = (machine.writes("base.zip"), machine.record());
    let packet = machine.folder.path().join("future.zip");
    extended(&base, &packet, &[&START.keys[1]], TimeDelta::days(1));
    let refused = machine.home.open_packet(&packet, None, false).expect_err("of tomorrow");
    assert!(refused.to_string().contains("clock"), "{refused}");
    assert_eq!(machine.record(), record);
}

#[test]
fn what_a_stranger_signed_waits_until_an_admin_enrolls_the_key() {
    let machine = Machine::new();
    let base = machine.writes("base.zip");
    let record = machine.record();
    let packet = machine.folder.path().join("strangers.zip");
    extended(&base, &packet, &[&START.stranger, &START.keys[1]], TimeDelta::zero());
    let stranger = START.stranger.fingerprint();

    let opened = machine.opens(&packet, None);
    assert_eq!((opened.merged, opened.waiting), (0, 2), "{opened:#?}");
    let [one] = &opened.strangers[..] else { panic!("one stranger: {opened:#?}") };
    assert_eq!((one.fingerprint.as_str(), one.events), (stranger.as_str(), 1));
    assert_eq!(machine.record(), record, "nothing entered the ledger");
    let waiting = std::fs::read_dir(machine.folder.path().join("quarantine")).expect("kept");
    assert_eq!(waiting.count(), 1);

    enroll(&machine.home, &START.keys[0], START.project.as_str(), &START.stranger, "auditor");
    let opened = machine.opens(&packet, None);
    assert_eq!((opened.merged, opened.waiting), (2, 0), "{opened:#?}");
    // It was signed before the key had any right, and stays in the trail as that.
    assert_eq!(opened.refused.len(), 1, "{opened:#?}");
    assert!(opened.refused[0].reason.contains("roster"), "{opened:#?}");
}

#[test]
fn a_roster_that_was_changed_from_behind_is_not_taken_in_unasked() {
    let machine = Machine::new();
    let (base, record) = (machine.writes("base.zip"), machine.record());
    let packet = read_packet(&std::fs::read(&base).expect("the base")).expect("a packet");
    let mut signed: Vec<SignedEvent> = packet.events.iter().map(|(one, _)| one.clone()).collect();
    let (_, first) = &packet.events[0];
    // The admin dates it before anybody held the role that Ben holds.
    let envelope = Envelope {
        version: ENVELOPE_VERSION,
        project: START.project.clone(),
        parents: vec![first.id().clone()],
        author: START.keys[0].fingerprint().clone(),
        at: first.envelope().at + TimeDelta::milliseconds(1),
        body: Body::MemberEnrolled {
            member: Member {
                name: "Eve".into(),
                email: "eve@example.invalid".into(),
                fingerprint: START.stranger.fingerprint().clone(),
                public_key: START.stranger.public_key().to_owned(),
                roles: vec![Role::Devops],
            },
        },
    };
    signed.push(START.keys[0].sign_event(&envelope).expect("signed"));
    let forged = machine.folder.path().join("forged.zip");
    let bytes = write_packet(&START.project, &[], &signed, &BTreeMap::new()).expect("a packet");
    std::fs::write(&forged, bytes).expect("written");

    let refused = machine.home.open_packet(&forged, None, false).expect_err("from behind");
    assert_eq!(refused.code(), "roster-fork");
    assert!(refused.to_string().contains("would undo"), "{refused}");
    assert!(refused.to_string().contains("Holder of devops"), "{refused}");
    assert!(refused.hint().contains("--accept-roster-fork"), "{}", refused.hint());
    assert_eq!(machine.record(), record, "nothing was taken in");

    let opened = machine.home.open_packet(&forged, None, true).expect("asked for");
    assert_eq!(opened.merged, 1);
    let reason = "needs the consent of devops";
    let rows = machine.home.timeline(&START.project).expect("rows");
    let undone = rows.iter().find(|row| row.refused.as_deref().is_some_and(|r| r.contains(reason)));
    assert!(undone.expect("refused now").text.contains("Holder of devops"));
}
