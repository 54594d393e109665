//! Stories of a bundle: written from real signatures, tampered with, checked with stock
//! tools, read by people.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod ci;
mod emergency;
mod formats;
mod founding;
mod journey;
mod long;
mod packing;
mod recipe;
mod reports;
mod requirements;
mod roster;
mod support;
mod tampering;
mod urgent;
