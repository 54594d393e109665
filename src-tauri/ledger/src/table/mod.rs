//! The tables of the ledger, one file each with its migration and its queries. A migration
//! that was released is never edited; a change is a new entry at the end of the list.

pub(crate) mod blob;
pub(crate) mod event;
pub(crate) mod parent;

use std::sync::LazyLock;

use rusqlite_migration::{M, Migrations};

/// `CSGN`: marks the file as ours (sqlite.org/pragma.html#pragma_application_id). Set by the
/// first migration.
pub(crate) const APPLICATION_ID: i64 = 0x4353_474e;

const TEXTS: [&str; 3] = [event::MIGRATION, parent::MIGRATION, blob::MIGRATION];

/// Version of the schema that this program reads and writes.
pub(crate) const VERSION: usize = TEXTS.len();

/// Every migration, in order.
pub(crate) static MIGRATIONS: LazyLock<Migrations<'static>> =
    LazyLock::new(|| TEXTS.into_iter().map(M::up).collect());
