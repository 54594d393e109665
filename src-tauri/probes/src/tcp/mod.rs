//! Claims of the team's own about TCP ports: one that must open, one that must stay shut.

pub mod closed;
mod dial;
pub mod open;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] =
    &[&Erased::<closed::Closed>::new(), &Erased::<open::Open>::new()];
