//! Evidence files, each stored once under the SHA-256 of its bytes.

use countersign_domain::id::Digest;
use rusqlite::{Connection, OptionalExtension, params};

/// The largest evidence file that is kept, in bytes: 25 MiB.
pub const MAX_BLOB_BYTES: usize = 25 * 1024 * 1024;

/// The size is [`MAX_BLOB_BYTES`]. For the insert trigger see the event table.
pub(crate) const MIGRATION: &str = "
CREATE TABLE blob (
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    bytes  BLOB NOT NULL CHECK (length(bytes) <= 26214400)
) STRICT;
CREATE TRIGGER blob_is_never_updated BEFORE UPDATE ON blob
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;
CREATE TRIGGER blob_is_never_deleted BEFORE DELETE ON blob
BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END;
CREATE TRIGGER blob_is_never_replaced BEFORE INSERT ON blob
WHEN EXISTS (SELECT 1 FROM blob WHERE sha256 = NEW.sha256 OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'evidence is never replaced'); END;
";

/// The bytes stored under `digest`, not hashed again.
pub(crate) fn bytes(conn: &Connection, digest: &Digest) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT bytes FROM blob WHERE sha256 = ?1")?
        .query_row([digest.as_str()], |row| row.get(0))
        .optional()
}

/// Whether something is stored under `digest`.
pub(crate) fn exists(conn: &Connection, digest: &Digest) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM blob WHERE sha256 = ?1")?.exists([digest.as_str()])
}

/// Stores `bytes` under `digest`.
pub(crate) fn insert(conn: &Connection, digest: &Digest, bytes: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO blob (sha256, bytes) VALUES (?1, ?2)")?
        .execute(params![digest.as_str(), bytes])?;
    Ok(())
}
