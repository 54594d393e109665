//! The words and the rules of a deployment sign-off. Pure: no I/O, no clock, no
//! randomness, no async. Whatever a rule needs to know comes in as an argument, so each
//! can be told as a short story in a test.

pub mod canonical;
pub mod conflict;
pub mod consent;
mod ed25519;
pub mod environment;
pub mod event;
pub mod finding;
pub mod fold;
pub mod gate;
pub mod id;
pub mod legible;
pub mod material;
pub mod member;
pub mod previous;
pub mod recovered;
pub mod refusal;
pub mod rewrite;
pub mod score;
pub mod sshsig;
pub mod standing;
pub mod state;
pub mod template;
pub mod trust;
