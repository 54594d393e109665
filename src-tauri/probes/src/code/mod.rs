//! Claims about the source code itself, by real parsing: what stands in a comment or a
//! string is not code. Code shows what was meant; the live claims show what is.

mod app_guards;
mod classes;
pub mod guarded;
mod guards;
pub mod helmet_applied;
mod language;
mod names;
pub mod ownership;
pub mod pattern;
pub mod pooled;
pub mod reads_secret_store;
pub mod redis_password;
mod roles;
mod settings;
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
    &Erased::<redis_password::RedisPassword>::new(),
    &Erased::<pooled::Pooled>::new(),
    &Erased::<helmet_applied::HelmetApplied>::new(),
    &Erased::<reads_secret_store::ReadsSecretStore>::new(),
];
