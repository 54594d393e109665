//! Claims about what Prometheus has measured, and whether it tells anybody.

pub mod alerting;
mod api;
pub mod expect;
mod samples;
pub mod signal;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<alerting::Alerting>::new(),
    &Erased::<expect::Expect>::new(),
    &Erased::<signal::Signal>::new(),
];
