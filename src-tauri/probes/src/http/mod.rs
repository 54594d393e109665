//! Claims about answers over HTTP, and the one fetch layer that all of them share.

pub mod every_page;
pub mod expect;
pub mod failure;
pub mod hsts;
pub mod pages;
pub mod rate_limit;
pub mod redirects_to_https;
pub mod reproduce;
pub mod target;
pub mod transport_security;
pub mod visit;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<expect::Expect>::new(),
    &Erased::<hsts::Hsts>::new(),
    &Erased::<rate_limit::RateLimit>::new(),
    &Erased::<redirects_to_https::RedirectsToHttps>::new(),
];
