//! Claims about PostgreSQL. Nothing is created, changed or dropped: privileges are read
//! from the catalogue in a read-only transaction, and no password is sent before TLS.

pub mod expect;
pub mod least_privilege;
pub mod no_createdb;
pub mod plaintext_refused;
pub mod pooled;
mod psql;
pub mod role;
mod session;
pub mod target;
pub mod tls;
mod wire;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<tls::Tls>::new(),
    &Erased::<plaintext_refused::PlaintextRefused>::new(),
    &Erased::<least_privilege::LeastPrivilege>::new(),
    &Erased::<no_createdb::NoCreatedb>::new(),
    &Erased::<pooled::Pooled>::new(),
    &Erased::<expect::Expect>::new(),
];
