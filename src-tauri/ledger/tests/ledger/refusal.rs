//! What the file itself refuses, also to a program that is not ours.

use countersign_domain::event::MAX_EVENT_BYTES;
use countersign_ledger::MAX_BLOB_BYTES;
use rusqlite::params;

use crate::support::{Place, chain, check, project};

#[test]
fn raw_sql_cannot_change_delete_or_replace_what_is_there() {
    let place = Place::new();
    let ledger = place.open();
    chain(&ledger, &project("shop"), 2);
    ledger.put_blob(b"screenshot").expect("blob");
    let raw = place.raw();
    let table = [
        ("UPDATE event SET bytes = x'00'", "an event is never changed"),
        ("UPDATE event SET received_at = ''", "an event is never changed"),
        ("DELETE FROM event", "an event is never deleted"),
        ("DELETE FROM event WHERE seq = 2", "an event is never deleted"),
        (
            "INSERT OR REPLACE INTO event SELECT seq, id, 'other', '', '', x'' FROM event",
            "an event is never replaced",
        ),
        (
            "INSERT OR REPLACE INTO event SELECT seq, hex(zeroblob(32)), 'p', '', '', x'' FROM event",
            "an event is never replaced",
        ),
        ("UPDATE parent SET event_id = parent_id", "a parent is never changed"),
        ("DELETE FROM parent", "a parent is never deleted"),
        ("UPDATE blob SET bytes = x'00'", "evidence is never changed"),
        ("DELETE FROM blob", "evidence is never deleted"),
        (
            "INSERT OR REPLACE INTO blob SELECT sha256, x'00' FROM blob",
            "evidence is never replaced",
        ),
        (
            "INSERT OR REPLACE INTO blob (rowid, sha256, bytes)
             SELECT rowid, hex(zeroblob(32)), x'00' FROM blob",
            "evidence is never replaced",
        ),
    ];
    for (sql, words) in table {
        let error = raw.execute(sql, []).expect_err(sql).to_string();
        assert!(error.contains(words), "{sql}: {error}");
    }
    assert_eq!(check(&ledger), []);
}

fn sql(bytes: usize) -> i64 {
    i64::try_from(bytes).expect("a small number")
}

#[test]
fn the_limits_of_the_tables_are_the_limits_of_the_program() {
    let place = Place::new();
    drop(place.open());
    let raw = place.raw();
    let event = "INSERT INTO event VALUES (?1, hex(zeroblob(32)), 'p', '', ?2, zeroblob(?3))";
    let signature = 16 * 1024;
    let table = [
        ("an event one byte too long", 1, signature, MAX_EVENT_BYTES + 1, false),
        ("a signature one byte too long", 1, signature + 1, 10, false),
        ("sequence number 0", 0, 10, 10, false),
        ("the largest event", 1, signature, MAX_EVENT_BYTES, true),
    ];
    for (story, seq, signature, bytes, is_ok) in table {
        let result = raw.execute(event, params![seq, "s".repeat(signature), sql(bytes)]);
        assert_eq!(result.is_ok(), is_ok, "{story}: {result:?}");
    }
    let blob = "INSERT INTO blob VALUES (?1, zeroblob(?2))";
    let table = [
        ("evidence one byte too long", "a".repeat(64), MAX_BLOB_BYTES + 1, false),
        ("a short digest", "a".repeat(63), 1, false),
        ("the largest evidence", "a".repeat(64), MAX_BLOB_BYTES, true),
    ];
    for (story, digest, bytes, is_ok) in table {
        let result = raw.execute(blob, params![digest, sql(bytes)]);
        assert_eq!(result.is_ok(), is_ok, "{story}: {result:?}");
    }
}
