//! Reads the whole ledger with suspicion: what the triggers forbid, somebody with the file in
//! hand can still do, and disks fail. Each problem is named; one never hides the next.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use countersign_domain::event::{Body, Event, SignedEvent};
use countersign_domain::id::Digest;
use rusqlite::{Connection, ErrorCode, Row};

use crate::database;
use crate::error::LedgerError;
use crate::problem::{Checked, Problem};
use crate::table::{MIGRATIONS, blob};

/// See [`crate::Ledger::check`].
pub(crate) fn check(
    path: &Path,
    progress: &mut dyn FnMut(Checked) -> bool,
) -> Result<Vec<Problem>, LedgerError> {
    let conn = database::open_read_only(path)?;
    let moment =
        conn.unchecked_transaction().map_err(|source| LedgerError::from_sqlite(path, source))?;
    let mut check = Check { conn: &moment, problems: Vec::new(), done: 0, total: 0, progress };
    let steps = [Check::structure, Check::schema, Check::size, Check::events, Check::blobs];
    for step in steps {
        if let Err(error) = step(&mut check) {
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
                return Err(LedgerError::Stopped);
            }
            // A damaged page ends one step; the others may still have something to say.
            let damaged = matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            );
            if !damaged {
                return Err(LedgerError::from_sqlite(path, error));
            }
            check.problems.push(Problem::Structure { detail: error.to_string() });
        }
    }
    let mut problems = check.problems;
    problems.dedup();
    Ok(problems)
}

struct Check<'a> {
    conn: &'a Connection,
    problems: Vec<Problem>,
    done: u64,
    total: u64,
    progress: &'a mut dyn FnMut(Checked) -> bool,
}

/// What the rows so far say: which project an event belongs to.
type Earlier = HashMap<String, String>;

/// Parents by event, as the parent table has them.
type ParentTable = HashMap<String, BTreeSet<String>>;

impl Check<'_> {
    /// `integrity_check` rather than `quick_check`: only it compares indexes with their tables.
    fn structure(&mut self) -> rusqlite::Result<()> {
        let mut query = self.conn.prepare("PRAGMA integrity_check")?;
        let lines: Vec<String> =
            query.query_map([], |row| text(row, 0))?.collect::<Result<_, _>>()?;
        let found = lines.into_iter().filter(|line| line != "ok");
        self.problems.extend(found.map(|detail| Problem::Structure { detail }));
        Ok(())
    }

    /// Compares with a fresh ledger in memory: a missing trigger means that changes were possible.
    fn schema(&mut self) -> rusqlite::Result<()> {
        let mut fresh = Connection::open_in_memory()?;
        MIGRATIONS.to_latest(&mut fresh).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err,
            other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
        })?;
        let expected = objects(&fresh)?;
        let actual = objects(self.conn)?;
        let differing: BTreeSet<_> =
            expected.symmetric_difference(&actual).map(|(name, _)| name.clone()).collect();
        self.problems.extend(differing.into_iter().map(|object| Problem::Schema { object }));
        Ok(())
    }

    fn size(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM blob)";
        let total: i64 = self.conn.query_row(sql, [], |row| row.get(0))?;
        self.total = total.unsigned_abs();
        Ok(())
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        self.done += 1;
        let now = Checked { done: self.done, total: self.total.max(self.done) };
        if (self.progress)(now) {
            return Ok(());
        }
        let stopped = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
        Err(rusqlite::Error::SqliteFailure(stopped, None))
    }

    fn events(&mut self) -> rusqlite::Result<()> {
        let mut table = parent_table(self.conn)?;
        let mut earlier = Earlier::new();
        let mut query = self
            .conn
            .prepare("SELECT seq, id, project, signature, bytes FROM event ORDER BY seq")?;
        let mut rows = query.query([])?;
        let mut expected = 1;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            if seq > expected {
                self.problems.push(Problem::Gap { from: expected, to: seq - 1 });
            }
            expected = seq + 1;
            self.event(seq, row, &mut earlier, &mut table)?;
            self.step()?;
        }
        let strangers = table.into_keys().map(|id| Problem::ParentTable { id });
        self.problems.extend(strangers);
        Ok(())
    }

    fn event(
        &mut self,
        seq: i64,
        row: &Row<'_>,
        earlier: &mut Earlier,
        table: &mut ParentTable,
    ) -> rusqlite::Result<()> {
        let id = text(row, 1)?;
        let project = text(row, 2)?;
        let noted = table.remove(&id).unwrap_or_default();
        let signed = match (row.get(4), row.get(3)) {
            (Ok(bytes), Ok(signature)) => SignedEvent { bytes, signature },
            (Err(error), _) | (_, Err(error)) => {
                self.problems.push(Problem::Unreadable { seq, detail: error.to_string() });
                return Ok(());
            }
        };
        earlier.insert(id.clone(), project.clone());
        let actual = signed.id();
        if actual.as_str() != id {
            let actual = actual.to_string();
            self.problems.push(Problem::EventId { seq, stored: id.clone(), actual });
        }
        match signed.verify() {
            Err(bad) => self.problems.push(Problem::Event { seq, id, reason: bad.to_string() }),
            Ok(event) => self.meaning(seq, &id, &project, &event, earlier, &noted)?,
        }
        Ok(())
    }

    /// Compares the columns beside the bytes with what was signed.
    fn meaning(
        &mut self,
        seq: i64,
        id: &str,
        project: &str,
        event: &Event,
        earlier: &Earlier,
        noted: &BTreeSet<String>,
    ) -> rusqlite::Result<()> {
        let envelope = event.envelope();
        let own = || id.to_owned();
        if envelope.project.as_str() != project {
            let (stored, signed) = (project.to_owned(), envelope.project.to_string());
            self.problems.push(Problem::Project { seq, id: own(), stored, signed });
        }
        let parents: BTreeSet<String> = envelope.parents.iter().map(ToString::to_string).collect();
        if parents != *noted {
            self.problems.push(Problem::ParentTable { id: own() });
        }
        for parent in parents {
            if parent == id || earlier.get(&parent).map(String::as_str) != Some(project) {
                self.problems.push(Problem::MissingParent { seq, id: own(), parent });
            }
        }
        if let Body::EvidenceAttached { evidence, .. } = &envelope.body
            && !blob::exists(self.conn, &evidence.sha256)?
        {
            let sha256 = evidence.sha256.to_string();
            self.problems.push(Problem::MissingBlob { seq, id: own(), sha256 });
        }
        Ok(())
    }

    fn blobs(&mut self) -> rusqlite::Result<()> {
        let mut query = self.conn.prepare("SELECT sha256, bytes FROM blob ORDER BY rowid")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let stored = text(row, 0)?;
            let actual = Digest::of(row.get_ref(1)?.as_bytes().unwrap_or_default());
            if actual.as_str() != stored {
                self.problems.push(Problem::Blob { stored, actual: actual.to_string() });
            }
            self.step()?;
        }
        Ok(())
    }
}

/// A text column; what is no text comes back as its bytes, repaired, so damage is shown
/// instead of ending the check.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes_or_null().ok().flatten().unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Name and definition of everything in the schema that has a definition.
fn objects(conn: &Connection) -> rusqlite::Result<BTreeSet<(String, String)>> {
    conn.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?
        .query_map([], |row| Ok((text(row, 0)?, text(row, 1)?)))?
        .collect()
}

fn parent_table(conn: &Connection) -> rusqlite::Result<ParentTable> {
    let mut table = ParentTable::new();
    let mut query = conn.prepare("SELECT event_id, parent_id FROM parent")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        table.entry(text(row, 0)?).or_default().insert(text(row, 1)?);
    }
    Ok(table)
}
