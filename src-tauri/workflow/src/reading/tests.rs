//! What a new process believes without checking, and what it never does.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use chrono::Utc;
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, Event, SignedEvent};
use countersign_domain::id::ProjectId;
use countersign_ledger::Ledger;
use countersign_ledger::keys::UnlockedKey;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{Reading, WORTH_KEEPING};
use crate::error::Failure;
use crate::home::{Home, World};
use crate::project::ProjectFile;
use crate::verified::Verified;

const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Enough events to be worth keeping, and some more.
const EVENTS: usize = WORTH_KEEPING as usize + 100;

/// A home whose ledger was never opened since its events came in.
struct Start {
    folder: TempDir,
    key: UnlockedKey,
    project: ProjectId,
    signed: Vec<SignedEvent>,
}

static START: LazyLock<Start> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(folder.path(), World::real()).expect("a home");
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    let made = home.create_key(None, "Ana", "ana@example.invalid", &passphrase).expect("a key");
    let key = home.unlock(&made.fingerprint, &passphrase).expect("unlocked");
    let text = "[project]\nname = \"Long\"\n[[environment]]\nname = \"staging\"\n";
    let file = ProjectFile::parse(text, folder.path()).expect("a project file");
    let project = home.create_project(&key, file, &[]).expect("a project");
    let project = ProjectId::parse(&project.id).expect("an id");
    let known = home.ledger.count(&project).expect("a count") as usize;
    let signed = attempts(&home.ledger, &key, &project, EVENTS - known, "step");
    drop(home);
    Start { folder, key, project, signed }
});

/// Adds a chain of events that change nothing.
fn attempts(
    ledger: &Ledger,
    key: &UnlockedKey,
    project: &ProjectId,
    count: usize,
    word: &str,
) -> Vec<SignedEvent> {
    let mut parents = ledger.heads(project).expect("heads");
    let mut signed = Vec::new();
    for number in 0..count {
        let event = key
            .sign_event(&Envelope {
                version: ENVELOPE_VERSION,
                project: project.clone(),
                parents,
                author: key.fingerprint().clone(),
                at: Utc::now(),
                body: Body::AttemptRefused {
                    release: None,
                    action: format!("{word} {number:04}"),
                    code: "none".into(),
                    reason: "None".into(),
                },
            })
            .expect("own event");
        parents = vec![event.id()];
        signed.push(event);
    }
    ledger.append_batch(&signed, Utc::now()).expect("appended");
    signed
}

/// A folder of one's own with the same ledger, and nothing kept yet.
fn copied() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "ledger.sqlite";
    fs::copy(START.folder.path().join(name), folder.path().join(name)).expect("a copy");
    folder
}

/// As [`copied`], opened once by this program, so that what was verified is kept.
fn opened() -> TempDir {
    let folder = copied();
    look(folder.path()).expect("a sound ledger");
    assert!(folder.path().join("verified.json").exists());
    folder
}

/// What a person would see: the project's name, and how many events there are.
fn look(folder: &Path) -> Result<(String, u32), Failure> {
    let home = Home::open(folder, World::real())?;
    let first = home.project(&START.project).map(|view| (view.name, view.events));
    let second = home.project(&START.project).map(|view| (view.name, view.events));
    assert_eq!(
        first.as_ref().map_err(ToString::to_string),
        second.as_ref().map_err(ToString::to_string)
    );
    first
}

/// How many signatures a new process of `program` checks, and what it then has.
fn checked(folder: &Path, program: &'static str) -> (u64, Reading) {
    let ledger = Ledger::open(folder.join("ledger.sqlite")).expect("a ledger");
    let verified = Verified::of(folder, &folder.join("keys"), program);
    let mut reading = Reading::of(&ledger, &START.project, &verified).expect("readable");
    reading.go_on(&ledger, &START.project).expect("a sound ledger");
    (reading.checked, reading)
}

/// Puts `new` in the place of `old`, which stands once in the ledger's file.
fn edit(folder: &Path, old: &[u8], new: &[u8]) {
    let path = folder.join("ledger.sqlite");
    let mut file = fs::read(&path).expect("bytes");
    let places: Vec<_> =
        (0..file.len() - old.len()).filter(|at| file[*at..].starts_with(old)).collect();
    assert_eq!(places.len(), 1, "or this would edit something else");
    file[places[0]..places[0] + old.len()].copy_from_slice(new);
    fs::write(path, file).expect("write");
}

/// The number of an event in the middle, and how it tells on itself.
const EDITED: usize = 300;

fn edit_event(folder: &Path) {
    edit(folder, b"step 0300", b"step 9300");
}

fn edit_signature(folder: &Path) {
    let old = &START.signed[EDITED].signature;
    let at = old.len() - 60;
    let other = if old.as_bytes()[at] == b'A' { "B" } else { "A" };
    let mut new = old.clone();
    new.replace_range(at..=at, other);
    edit(folder, old.as_bytes(), new.as_bytes());
}

#[test]
fn a_second_process_checks_no_signature_and_has_the_same() {
    let folder = copied();
    let (all, first) = checked(folder.path(), PROGRAM);
    assert_eq!(all, EVENTS as u64, "nothing is kept yet");
    look(folder.path()).expect("a sound ledger");
    let (none, second) = checked(folder.path(), PROGRAM);
    assert_eq!(none, 0);
    assert_eq!(second.fold.project(), first.fold.project());
    assert_eq!(second.fold.trail(), first.fold.trail());
    assert_eq!(second.fold.heads(), first.fold.heads());
    assert_eq!(second.head(), first.head());
}

#[test]
fn an_edited_event_or_signature_is_caught_although_the_ledger_was_verified_before() {
    for edit in [edit_event, edit_signature] {
        let folder = opened();
        edit(folder.path());
        let error = look(folder.path()).expect_err("edited").to_string();
        assert!(error.contains("signature") || error.contains("does not match"), "{error}");
    }
}

#[test]
fn a_forged_file_changes_nothing_that_is_shown_or_verified() {
    let folder = opened();
    let sound = look(folder.path()).expect("a sound ledger");
    edit_event(folder.path());
    // All that somebody can do who may write every file but not read the key folder: the
    // right digest of the edited events, under a key of their own.
    let ledger = Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    let mut forged = Reading::default();
    forged
        .read(&ledger, &START.project, i64::MAX, |_, stored| Event::vouched(stored.bytes))
        .expect("it can be read");
    assert_eq!(forged.events, EVENTS as u64);
    drop(ledger);
    let forger = Verified::of(folder.path(), &folder.path().join("other"), PROGRAM);
    forger.keep(&START.project, forged.head(), |bytes| bytes.fill(7));
    assert_eq!(forger.head(&START.project), Some(forged.head()));
    assert!(look(folder.path()).is_err(), "the edited event is named all the same");
    edit(folder.path(), b"step 9300", b"step 0300");
    assert_eq!(look(folder.path()).expect("as it was"), sound);
    let (none, _) = checked(folder.path(), PROGRAM);
    assert_eq!(none, 0, "verified anew, and kept");
}

#[test]
fn another_version_of_the_program_verifies_anew() {
    let folder = opened();
    let (all, _) = checked(folder.path(), "0.0.0");
    assert_eq!(all, EVENTS as u64);
}

#[test]
fn a_deleted_file_is_made_anew() {
    let folder = opened();
    let path = folder.path().join("verified.json");
    let kept = fs::read(&path).expect("kept");
    fs::remove_file(&path).expect("remove");
    assert_eq!(checked(folder.path(), PROGRAM).0, EVENTS as u64);
    look(folder.path()).expect("a sound ledger");
    assert_eq!(fs::read(&path).expect("kept again"), kept);
}

#[test]
fn what_came_after_it_was_kept_is_checked() {
    let folder = opened();
    let ledger = Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    attempts(&ledger, &START.key, &START.project, 10, "later");
    drop(ledger);
    let (new, reading) = checked(folder.path(), PROGRAM);
    assert_eq!((new, reading.events), (10, EVENTS as u64 + 10));
    edit(folder.path(), b"later 0004", b"later 9004");
    let error = look(folder.path()).expect_err("edited").to_string();
    assert!(error.contains("does not match"), "{error}");
}

#[test]
fn a_short_ledger_is_not_worth_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "ledger.sqlite";
    let ledger = Ledger::open(folder.path().join(name)).expect("a ledger");
    let all = Ledger::open_read_only(START.folder.path().join(name)).expect("a ledger");
    let few: Vec<_> = all.events(&START.project).expect("read").into_iter().take(20).collect();
    ledger.append_batch(&few, Utc::now()).expect("appended");
    drop(ledger);
    assert_eq!(look(folder.path()).expect("a sound ledger").1, 20);
    assert!(!folder.path().join("verified.json").exists());
}
