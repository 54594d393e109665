//! Claims about the source code itself, by real parsing: what stands in a comment or a
//! string is not code. Code shows what was meant; the live claims show what is.

mod app_guards;
mod classes;
pub mod guarded;
mod guards;
mod language;
mod names;
pub mod ownership;
pub mod pattern;
mod roles;
mod source;
mod syntax;
#[cfg(test)]
mod trial;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<guarded::Guarded>::new(),
    &Erased::<ownership::OwnershipChecked>::new(),
    &Erased::<pattern::CodePattern>::new(),
];
