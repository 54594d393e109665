//! Claims about cross-origin requests: which front ends a browser lets read the API's
//! answers. The tricks that an attacker would try are derived from the declared front end.

pub mod allowed_origin_exact;
pub mod credentials;
pub mod foreign_origins_refused;
pub mod look;
pub mod methods;
pub mod origins;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<allowed_origin_exact::AllowedOriginExact>::new(),
    &Erased::<credentials::Credentials>::new(),
    &Erased::<foreign_origins_refused::ForeignOriginsRefused>::new(),
    &Erased::<methods::Methods>::new(),
];
