//! Claims about who may see what over HTTP.

pub mod callers;
pub mod forged;
pub mod me;
pub mod record;
pub mod tokens;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[&Erased::<me::Me>::new()];
