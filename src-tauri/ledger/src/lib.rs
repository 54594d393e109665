//! Remembers, signs, proves. The ledger keeps every signed event and every evidence file of
//! one or several projects in one SQLite file that only ever grows; the key folder holds the
//! private keys of the people who sign on this machine, in OpenSSH's own file format.
//!
//! Nothing here decides what an event means: a fold in `domain` does. This room only promises
//! that what was acknowledged stays, byte for byte, and that damage is noticed and named.

mod allowed_signers;
mod database;
mod error;
mod heads;
mod integrity;
pub mod keys;
mod ledger;
mod merge;
mod page;
mod private_file;
mod problem;
mod table;

pub use allowed_signers::{BadSigner, allowed_signers};
pub use error::LedgerError;
pub use ledger::Ledger;
pub use merge::{MAX_AHEAD, Merged};
pub use page::{Page, Stored};
pub use problem::{Checked, Problem};
pub use table::blob::MAX_BLOB_BYTES;
