//! Claims about the headers that limit what a page may do in a browser. Their effect is
//! judged, not whether some package sets them.

pub mod content_type_options;
pub mod csp;
pub mod frame_options;
pub mod policy;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<content_type_options::ContentTypeOptions>::new(),
    &Erased::<csp::Csp>::new(),
    &Erased::<frame_options::FrameOptions>::new(),
];
