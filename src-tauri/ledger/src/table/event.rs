//! Signed events, byte for byte as they were signed, in the order they arrived.

use countersign_domain::event::SignedEvent;
use countersign_domain::id::{EventId, ProjectId};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::page::Page;

/// The largest armored signature that is kept; an RSA key of 16384 bits makes about 6 kB.
pub(crate) const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// The numbers are `APPLICATION_ID`, `MAX_EVENT_BYTES` and [`MAX_SIGNATURE_BYTES`]. The insert
/// trigger is needed because `INSERT OR REPLACE` deletes without asking the delete trigger
/// (sqlite.org/lang_conflict.html).
pub(crate) const MIGRATION: &str = "
PRAGMA application_id = 1129531214;
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    id          TEXT NOT NULL UNIQUE CHECK (length(id) = 64),
    project     TEXT NOT NULL CHECK (length(project) BETWEEN 1 AND 80),
    received_at TEXT NOT NULL,
    signature   TEXT NOT NULL CHECK (length(signature) <= 16384),
    bytes       BLOB NOT NULL CHECK (length(bytes) <= 262144)
) STRICT;
CREATE INDEX event_by_project ON event (project, seq, id);
CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
CREATE TRIGGER event_is_never_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id OR seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an event is never replaced'); END;
";

/// The bytes stored under `id`.
pub(crate) fn bytes(conn: &Connection, id: &EventId) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT bytes FROM event WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()
}

/// Whether `project` holds the event.
pub(crate) fn is_in(
    conn: &Connection,
    id: &EventId,
    project: &ProjectId,
) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND project = ?2")?
        .exists([id.as_str(), project.as_str()])
}

/// Adds an event behind all others. Within a write transaction only.
pub(crate) fn insert(
    conn: &Connection,
    id: &EventId,
    project: &ProjectId,
    signed: &SignedEvent,
    received_at: &str,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO event (seq, id, project, received_at, signature, bytes)
         SELECT coalesce(max(seq), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM event",
    )?
    .execute(params![
        id.as_str(),
        project.as_str(),
        received_at,
        signed.signature,
        signed.bytes
    ])?;
    Ok(())
}

/// Events of the project above `seq` that no other event names as parent.
pub(crate) fn childless_after(
    conn: &Connection,
    project: &ProjectId,
    seq: i64,
) -> rusqlite::Result<Vec<EventId>> {
    conn.prepare_cached(
        "SELECT id FROM event WHERE project = ?1 AND seq > ?2
         AND NOT EXISTS (SELECT 1 FROM parent WHERE parent_id = event.id)",
    )?
    .query_map(params![project.as_str(), seq], |row| parsed(row, EventId::parse))?
    .collect()
}

/// The ids of the project's events, in order of arrival.
pub(crate) fn ids(conn: &Connection, project: &ProjectId) -> rusqlite::Result<Vec<EventId>> {
    conn.prepare_cached("SELECT id FROM event WHERE project = ?1 ORDER BY seq")?
        .query_map([project.as_str()], |row| parsed(row, EventId::parse))?
        .collect()
}

/// The project's events after `seq`, no later than `last`, and no more than `most` of them,
/// in the order of arrival.
pub(crate) fn page(
    conn: &Connection,
    project: &ProjectId,
    (seq, last): (i64, i64),
    most: u32,
) -> rusqlite::Result<Page> {
    let mut query = conn.prepare_cached(
        "SELECT seq, bytes, signature FROM event
         WHERE project = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4",
    )?;
    let mut rows = query.query(params![project.as_str(), seq, last, most])?;
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        page.push(row.get(0)?, row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_str()?);
    }
    Ok(page)
}

/// The project's newest sequence number, 0 when it has none.
pub(crate) fn last_seq(conn: &Connection, project: &ProjectId) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM event WHERE project = ?1")?
        .query_row([project.as_str()], |row| row.get(0))
}

/// How many events the project has.
pub(crate) fn count(conn: &Connection, project: &ProjectId) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT count(*) FROM event WHERE project = ?1")?
        .query_row([project.as_str()], |row| row.get(0))
}

/// Every project, the oldest first.
pub(crate) fn projects(conn: &Connection) -> rusqlite::Result<Vec<ProjectId>> {
    conn.prepare_cached("SELECT project FROM event GROUP BY project ORDER BY min(seq)")?
        .query_map([], |row| parsed(row, ProjectId::parse))?
        .collect()
}

/// The first column as an id; another shape means that the file was changed from outside.
fn parsed<T, E>(row: &Row<'_>, parse: impl Fn(&str) -> Result<T, E>) -> rusqlite::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(0)?;
    parse(&text)
        .map_err(|bad| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(bad)))
}
