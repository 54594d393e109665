//! What only somebody inside can bring about: a full disk, a writer that never lets go, a
//! panic in the middle.

use std::time::Duration;

use super::*;

fn ledger(folder: &tempfile::TempDir) -> Ledger {
    Ledger::open(folder.path().join("ledger.sqlite")).expect("a new ledger")
}

#[test]
fn a_full_disk_is_named_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("temp folder");
    let ledger = ledger(&folder);
    ledger.lock().conn.pragma_update(None, "max_page_count", 40).expect("a small disk");
    let error = ledger.put_blob(&[7; 400_000]).expect_err("no room");
    assert!(matches!(error, LedgerError::DiskFull(_)), "{error}");
    assert!(error.to_string().contains("free some disk space"), "{error}");
    assert!(!ledger.has_blob(&Digest::of(&[7; 400_000])).expect("readable"));
    ledger.put_blob(b"small").expect("the ledger still works");
}

#[test]
fn a_writer_that_never_lets_go_is_reported_and_not_waited_for_forever() {
    let folder = tempfile::tempdir().expect("temp folder");
    let ledger = ledger(&folder);
    ledger.lock().conn.busy_timeout(Duration::from_millis(50)).expect("a short wait");
    let other = Connection::open(ledger.path()).expect("second connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("write lock");
    let error = ledger.put_blob(b"x").expect_err("locked");
    assert!(matches!(error, LedgerError::Busy(_)), "{error}");
    other.execute_batch("ROLLBACK").expect("let go");
    ledger.put_blob(b"x").expect("free again");
}

#[test]
fn a_panic_in_one_thread_does_not_lock_the_others_out() {
    let folder = tempfile::tempdir().expect("temp folder");
    let ledger = ledger(&folder);
    let panicked = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            ledger.write(|conn| {
                blob::insert(conn, &Digest::of(b"half"), b"half").expect("insert");
                panic!("in the middle of a transaction")
            })
        });
        thread.join().is_err()
    });
    assert!(panicked);
    assert!(!ledger.has_blob(&Digest::of(b"half")).expect("readable"), "rolled back");
    ledger.put_blob(b"whole").expect("writable");
}

#[test]
fn every_commit_is_synced_and_the_schema_is_not_trusted() {
    let folder = tempfile::tempdir().expect("temp folder");
    let ledger = ledger(&folder);
    let store = ledger.lock();
    let conn = &store.conn;
    let number = |pragma: &str| -> i64 {
        conn.pragma_query_value(None, pragma, |row| row.get(0)).expect("pragma")
    };
    let mode: String =
        conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("pragma");
    assert_eq!(mode, "wal");
    assert_eq!(number("synchronous"), 2, "FULL");
    assert_eq!(number("foreign_keys"), 1);
    assert_eq!(number("trusted_schema"), 0);
    assert_eq!(number("application_id"), crate::table::APPLICATION_ID);
}
