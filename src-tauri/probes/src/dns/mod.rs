//! Claims of the team's own about DNS records.

pub mod expect;
mod lookup;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[&Erased::<expect::Expect>::new()];
