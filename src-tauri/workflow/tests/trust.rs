//! The ledger under suspicion: one changed byte is shown as bad and named, everything else
//! stays visible, and what the window prints to check one event by hand does so.

#![allow(clippy::expect_used, reason = "a test that cannot go on must break off")]

use std::path::Path;
use std::process::Command;

use countersign_domain::id::{EventId, ProjectId};
use countersign_workflow::view::{CheckedView, TimelineRow, TrustCode};
use countersign_workflow::{Cancel, Home, ProjectFile, World};
use zeroize::Zeroizing;

const PROJECT: &str = "[project]\nname = \"It's a shop\"\n[[environment]]\nname = \"staging\"\n\
                       [environment.targets]\napi = \"https://staging.example.org\"\n";

/// A home with one project of two events.
fn home(folder: &Path) -> (Home, ProjectId) {
    let home = Home::open(folder, World::real()).expect("opens");
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    let email = "ada@example.org";
    let view = home.create_key(None, "Ada O'Hara", email, &passphrase).expect("a key");
    let key = home.unlock(&view.fingerprint, &passphrase).expect("the passphrase");
    let file = ProjectFile::parse(PROJECT, folder).expect("a project");
    let view = home.create_project(&key, file, &[]).expect("created");
    let project = ProjectId::parse(&view.id).expect("an id");
    let again =
        ProjectFile::parse(&PROJECT.replace("//staging.", "//other."), folder).expect("good");
    home.configure_project(&key, &project, again).expect("configured");
    (home, project)
}

/// Changes one byte of the file where `text` stands first.
fn corrupt(file: &Path, text: &[u8], to: u8) {
    let mut bytes = std::fs::read(file).expect("the ledger");
    let at = bytes.windows(text.len()).position(|part| part == text).expect("it is there");
    bytes[at + text.len() - 1] = to;
    std::fs::write(file, bytes).expect("written");
}

fn trusts(rows: &[TimelineRow]) -> Vec<TrustCode> {
    rows.iter().map(|row| row.trust).collect()
}

#[test]
fn one_changed_byte_is_bad_by_name_and_hides_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, project) = home(folder.path());
    let rows = home.timeline(&project).expect("rows");
    assert!(rows.len() >= 2 && trusts(&rows).iter().all(|trust| *trust == TrustCode::Good));
    let mut told = Vec::new();
    let whole = home.check_ledger(&Cancel::new(), &mut |now| told.push(now)).expect("readable");
    assert_eq!((whole.damage.len(), whole.problems.len()), (0, 0));
    let total = whole.events + whole.files;
    assert_eq!(told.last(), Some(&CheckedView { done: total, total }));
    let last = rows.first().expect("the newest").event.clone();
    drop(home);

    corrupt(&folder.path().join("ledger.sqlite"), b"https://other", b'z');
    let home = Home::open(folder.path(), World::real()).expect("opens");
    let after = home.timeline(&project).expect("still shown");
    assert_eq!(after.len(), rows.len(), "nothing is hidden");
    assert_eq!((after[0].event.as_str(), after[0].trust), (last.as_str(), TrustCode::Bad));
    assert!(after[0].why.contains("verify") && after[0].text.starts_with("claims: "));
    assert!(trusts(&after[1..]).iter().all(|trust| *trust == TrustCode::Good));
    let whole = home.check_ledger(&Cancel::new(), &mut |_| {}).expect("readable");
    assert!(!whole.damage.is_empty());
    for damage in &whole.damage {
        assert_eq!(damage.event.as_deref(), Some(last.as_str()), "{damage:?}");
        assert_eq!(damage.project.as_deref(), Some(project.as_str()));
        assert!(damage.cure.contains("backup"), "{damage:?}");
    }
}

#[test]
fn a_stopped_check_says_nothing_rather_than_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, _) = home(folder.path());
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = home.check_ledger(&cancel, &mut |_| {}).expect_err("stopped");
    assert_eq!(stopped.code(), "stopped");
}

#[test]
fn the_commands_for_one_event_hold_with_stock_ssh_keygen_and_break_with_one_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, project) = home(folder.path());
    for row in home.timeline(&project).expect("rows") {
        let id = EventId::parse(&row.event).expect("an id");
        let view = home.event(&project, &id).expect("found");
        assert_eq!(EventId::of(view.text.as_bytes()), id, "the signed bytes, as they are");
        let commands = view.commands.expect("commands");
        let run = |commands: &str| {
            let out = Command::new("sh").args(["-ec", commands]).output().expect("a shell");
            (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned())
        };
        let (good, said) = run(&commands);
        assert!(good && said.contains("Good \"countersign-event-v1\""), "{said}");
        assert!(said.contains(&row.fingerprint), "it prints whose key it is: {said}");
        let (good, said) = run(&commands.replacen("example.org", "example.net", 1));
        assert!(!good, "{said}");
    }
    let none = EventId::of(b"none");
    assert_eq!(home.event(&project, &none).expect_err("none").code(), "not-found");
}
