//! Looks at the world. Every probe is one claim, split in two: `observe` does the I/O and
//! never fails (what went wrong is an observation too), `judge` is pure and can be tested
//! over recorded facts. Nothing here stores, signs or decides.

pub mod context;
pub mod probe;
pub mod redact;
