//! Claims about git: that `.env` files are kept out of the repository, now and in its
//! history. The repository is read as git reads it, without running git: no hook, filter or
//! alias of the tree is executed.

pub(crate) mod blobs;
mod commit;
pub mod env_ignored;
pub mod env_never_committed;
pub mod history;
mod names;
mod open;

pub use commit::commit;
pub(crate) use names::is_env_file;
pub(crate) use open::tracked;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<env_ignored::EnvIgnored>::new(),
    &Erased::<env_never_committed::EnvNeverCommitted>::new(),
];
