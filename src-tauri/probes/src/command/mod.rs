//! Claims that a command of the user's own settles: the compiler, the tests, a scanner.

pub mod exit_zero;
mod fresh;
mod group;
mod params;
pub mod report;
mod run;
mod tail;
mod verdict;
mod voice;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[&Erased::<exit_zero::ExitZero>::new()];
