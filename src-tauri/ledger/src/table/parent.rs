//! Which event builds on which. It repeats what the events themselves say, so that heads are
//! found without reading them all; the integrity check compares the two.

use countersign_domain::id::EventId;
use rusqlite::Connection;

/// Keyed by the parent first, as heads ask "does anything build on this?".
pub(crate) const MIGRATION: &str = "
CREATE TABLE parent (
    parent_id TEXT NOT NULL REFERENCES event (id),
    event_id  TEXT NOT NULL REFERENCES event (id),
    PRIMARY KEY (parent_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER parent_is_never_updated BEFORE UPDATE ON parent
BEGIN SELECT RAISE(ABORT, 'a parent is never changed'); END;
CREATE TRIGGER parent_is_never_deleted BEFORE DELETE ON parent
BEGIN SELECT RAISE(ABORT, 'a parent is never deleted'); END;
";

/// Notes that `event` builds on `parent`.
pub(crate) fn insert(conn: &Connection, event: &EventId, parent: &EventId) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO parent (parent_id, event_id) VALUES (?1, ?2)")?
        .execute([parent.as_str(), event.as_str()])?;
    Ok(())
}

/// Whether any event builds on `parent`.
pub(crate) fn has_child(conn: &Connection, parent: &EventId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM parent WHERE parent_id = ?1")?.exists([parent.as_str()])
}
