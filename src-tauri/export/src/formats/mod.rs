//! The record in forms that other people's tools read: OSCAL, HDF, and an in-toto statement
//! in a DSSE envelope. Each says the same as the record or less, and never more: what is
//! open, in doubt or excepted is nowhere a pass. docs/formats.md is the table.

mod conclusion;
mod controls;
mod dsse;
mod hdf;
mod line;
mod oscal;

pub use dsse::{PAYLOAD_TYPE, PREDICATE_TYPE, Statement, statement};
pub use hdf::hdf;
pub use oscal::{OSCAL_VERSION, oscal};

/// Where the names of this program's own begin: properties, kinds of actions, the type of
/// the statement. The top-level domain is kept for examples (RFC 2606): no name there can be
/// somebody else's, and none leads anywhere.
pub const NAMESPACE: &str = "https://countersign.example/ns";
