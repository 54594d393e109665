//! Opens the SQLite file so that a commit is on disk when it returns, several processes may
//! use it at once, and a file that is not ours is never touched.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::LedgerError;
use crate::private_file;
use crate::table::{self, APPLICATION_ID, MIGRATIONS};

/// How long a writer waits for another process to finish. One append takes milliseconds.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// How often a step is tried again that SQLite does not wait in.
const RETRIES: u32 = 200;

/// Opens the ledger for reading and writing, creating it and its folder when missing.
pub(crate) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let created = |source| LedgerError::Create { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        private_file::create_folder(folder)
            .map_err(|source| LedgerError::Create { path: folder.to_owned(), source })?;
    }
    private_file::create_empty(path).map_err(created)?;

    let fail = |source| LedgerError::from_sqlite(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(fail)?;
    harden(&conn).map_err(fail)?;
    let version = schema_version(path, &conn)?;
    // SQLite quietly opens a write-protected file for reading.
    if conn.is_readonly(rusqlite::MAIN_DB).map_err(fail)? {
        return Err(LedgerError::ReadOnly(path.to_owned()));
    }
    make_durable(&conn).map_err(fail)?;
    if version < table::VERSION {
        migrate(path, &mut conn)?;
    }
    Ok(conn)
}

/// Opens an existing ledger; nothing can be written through it.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing(path.to_owned()));
    }
    let fail = |source| LedgerError::from_sqlite(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(fail)?;
    harden(&conn).map_err(fail)?;
    let found = schema_version(path, &conn)?;
    if found < table::VERSION {
        let supported = table::VERSION;
        return Err(LedgerError::Older { path: path.to_owned(), found, supported });
    }
    Ok(conn)
}

/// Settings that change nothing in the file. They follow SQLite's advice for files from
/// elsewhere (sqlite.org/security.html): the schema may run no functions with side effects,
/// and nobody may write it by hand through this connection.
fn harden(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_WAIT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    conn.pragma_update(None, "cell_size_check", true)
}

/// WAL lets readers and one writer work at once; FULL syncs at every commit, and `fullfsync`
/// makes that reach the platter on macOS (sqlite.org/pragma.html).
fn make_durable(conn: &Connection) -> rusqlite::Result<()> {
    // The busy handler is not asked when two processes switch a new file to WAL at once.
    let mut tries = 0;
    loop {
        match conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(_) => break,
            Err(error) if is_busy(&error) && tries < RETRIES => tries += 1,
            Err(error) => return Err(error),
        }
        thread::sleep(BUSY_WAIT / RETRIES);
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "fullfsync", true)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Version of the schema in the file: 0 for a new one.
///
/// # Errors
/// Refuses files of other programs and of newer versions of this one.
fn schema_version(path: &Path, conn: &Connection) -> Result<usize, LedgerError> {
    let (version, application, is_empty) =
        header(conn).map_err(|source| LedgerError::from_sqlite(path, source))?;
    let is_new = application == 0 && version == 0 && is_empty;
    if application != APPLICATION_ID && !is_new {
        let detail = "a SQLite file of another program".to_owned();
        return Err(LedgerError::NotALedger { path: path.to_owned(), detail });
    }
    let Ok(found) = usize::try_from(version) else {
        let detail = format!("schema version {version}");
        return Err(LedgerError::Damaged { path: path.to_owned(), detail });
    };
    if found > table::VERSION {
        let supported = table::VERSION;
        return Err(LedgerError::Newer { path: path.to_owned(), found, supported });
    }
    Ok(found)
}

/// Schema version, application id and whether there are no tables, as of one moment.
fn header(conn: &Connection) -> rusqlite::Result<(i64, i64, bool)> {
    let moment = conn.unchecked_transaction()?;
    let number = |sql| moment.query_row(sql, [], |row| row.get::<_, i64>(0));
    Ok((
        number("PRAGMA user_version")?,
        number("PRAGMA application_id")?,
        number("SELECT count(*) FROM sqlite_schema")? == 0,
    ))
}

/// Brings the schema up to date, in one transaction.
fn migrate(path: &Path, conn: &mut Connection) -> Result<(), LedgerError> {
    conn.set_transaction_behavior(TransactionBehavior::Immediate);
    let Err(error) = MIGRATIONS.to_latest(conn) else {
        return Ok(());
    };
    // Another process may have done it between our look and our turn.
    if schema_version(path, conn)? == table::VERSION {
        return Ok(());
    }
    Err(match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => LedgerError::from_sqlite(path, err),
        other => LedgerError::Damaged { path: path.to_owned(), detail: other.to_string() },
    })
}
