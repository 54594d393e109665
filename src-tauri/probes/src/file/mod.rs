//! Claims of the team's own about files of the source tree.

pub mod expect;
mod read;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[&Erased::<expect::Expect>::new()];
