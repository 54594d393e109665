//! Which files are opened, which are refused untouched, and in which words.

use std::fs;

use countersign_ledger::{Ledger, LedgerError};
use rusqlite::Connection;

use crate::support::{Place, chain, check, now, project, raw, signed, temp};

#[test]
fn a_handle_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Ledger>();
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_new_ledger_and_its_companions() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let ledger = place.open();
    ledger.put_blob(b"x").expect("blob");
    let path = place.path();
    let mode =
        |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().expect("folder")), 0o700);
    for companion in ["", "-wal", "-shm"] {
        let file = format!("{}{companion}", path.display());
        assert_eq!(mode(file.as_ref()), 0o600, "{file}");
    }
}

#[test]
fn many_that_open_a_new_ledger_at_once_all_get_it() {
    for _ in 0..5 {
        let place = Place::new();
        std::thread::scope(|scope| {
            let threads = [(); 6].map(|()| scope.spawn(|| Ledger::open(place.path()).map(|_| ())));
            for thread in threads {
                thread.join().expect("thread").expect("opened");
            }
        });
        assert_eq!(check(&place.open()), []);
    }
}

#[test]
fn a_file_of_a_newer_program_is_refused_and_left_as_it_is() {
    let place = Place::new();
    drop(place.open());
    place.raw().pragma_update(None, "user_version", 99).expect("pragma");
    let before = fs::read(place.path()).expect("bytes");
    for open in [Ledger::open, Ledger::open_read_only] {
        let error = open(place.path()).expect_err("newer");
        assert!(matches!(error, LedgerError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("update Countersign"), "{error}");
    }
    assert_eq!(fs::read(place.path()).expect("bytes"), before);
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() {
    let folder = temp();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "shopping list\n".repeat(100)).expect("write");
    let other = folder.path().join("browser.sqlite");
    Connection::open(&other)
        .expect("open")
        .execute_batch("CREATE TABLE history (url TEXT); PRAGMA user_version = 2;")
        .expect("schema");
    let marked = folder.path().join("other.sqlite");
    raw(&marked).execute_batch("PRAGMA application_id = 1; CREATE TABLE t (a)").expect("schema");
    for path in [text, other, marked] {
        let before = fs::read(&path).expect("bytes");
        let error = Ledger::open(&path).expect_err("no ledger");
        assert!(matches!(error, LedgerError::NotALedger { .. }), "{error}");
        let words = error.to_string();
        assert!(words.contains(&path.display().to_string()) && words.contains("left as it is"));
        assert_eq!(fs::read(&path).expect("bytes"), before);
    }
}

#[test]
fn an_empty_file_becomes_a_ledger() {
    let folder = temp();
    let path = folder.path().join("ledger.sqlite");
    fs::write(&path, "").expect("write");
    let error = Ledger::open_read_only(&path).expect_err("nothing to read yet");
    assert!(matches!(error, LedgerError::Older { found: 0, .. }), "{error}");
    let ledger = Ledger::open(&path).expect("opens");
    chain(&ledger, &project("shop"), 1);
}

#[test]
fn a_ledger_opened_for_reading_reads_and_refuses_to_write() {
    let place = Place::new();
    let shop = project("shop");
    let missing = Ledger::open_read_only(place.path()).expect_err("not there");
    assert!(missing.to_string().contains("no ledger at"), "{missing}");
    assert!(!place.path().exists());
    let ids = chain(&place.open(), &shop, 2);
    let reader = Ledger::open_read_only(place.path()).expect("opens");
    assert_eq!(reader.count(&shop).expect("count"), 2);
    assert_eq!(check(&reader), []);
    let event = signed(&shop, &[ids[1].clone()], "write");
    let error = reader.append(&event, now()).expect_err("read only");
    assert!(matches!(error, LedgerError::ReadOnly(_)), "{error}");
    assert!(reader.put_blob(b"x").is_err());
}

/// `/sys` refuses new files even to root.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    for path in ["/sys/ledger.sqlite", "/sys/countersign/ledger.sqlite"] {
        let error = Ledger::open(path).expect_err("not writable");
        assert!(matches!(error, LedgerError::Create { .. }), "{error}");
        let words = error.to_string();
        assert!(words.contains("/sys/") && words.contains("permissions"), "{words}");
    }
}

#[test]
fn a_folder_in_place_of_the_file_is_refused() {
    let folder = temp();
    let error = Ledger::open(folder.path()).expect_err("a folder");
    assert!(matches!(error, LedgerError::CannotOpen { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path().display().to_string()));
}
