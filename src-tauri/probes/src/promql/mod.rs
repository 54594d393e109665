//! Claims of the team's own about what Prometheus has measured.

pub mod expect;
mod samples;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[&Erased::<expect::Expect>::new()];
