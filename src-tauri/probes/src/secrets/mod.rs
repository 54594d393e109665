//! Claims about secrets: that each is long and random enough, and that none of them stands
//! in the source tree or in its history. Values are found by reference, judged in memory and never shown.

pub(crate) mod beside;
pub mod dotenv;
pub mod generate;
pub mod hex_value;
mod hits;
pub mod judge;
pub mod not_in_history;
pub mod not_in_source;
mod place;
pub mod resolve;
mod rules;
pub mod strong_value;
mod tree;
mod value;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<hex_value::HexValue>::new(),
    &Erased::<strong_value::StrongValue>::new(),
    &Erased::<not_in_source::NotInSource>::new(),
    &Erased::<not_in_history::NotInHistory>::new(),
];
