//! Claims about the headers that limit what a page may do in a browser. Their effect is
//! judged, not whether some package sets them.

pub mod content_type_options;
pub mod cookies;
pub mod csp;
pub mod frame_options;
pub mod no_leak;
pub mod policy;
pub mod referrer_policy;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<content_type_options::ContentTypeOptions>::new(),
    &Erased::<cookies::Cookies>::new(),
    &Erased::<csp::Csp>::new(),
    &Erased::<frame_options::FrameOptions>::new(),
    &Erased::<no_leak::NoLeak>::new(),
    &Erased::<referrer_policy::ReferrerPolicy>::new(),
];
