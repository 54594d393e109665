//! Looks at the world. Every probe is one claim, split in two: `observe` does the I/O and
//! never fails (what went wrong is an observation too), `judge` is pure and can be tested
//! over recorded facts. Nothing here stores, signs or decides.

pub mod auth;
pub mod code;
pub mod command;
pub mod conditions;
pub mod context;
pub mod cors;
pub mod dns;
pub mod file;
mod forms;
pub mod git;
pub mod headers;
mod hosts;
pub mod http;
mod link;
pub mod metrics;
mod offload;
mod partly;
pub mod postgres;
pub mod probe;
pub mod redact;
pub mod redis;
pub mod registry;
pub mod run;
mod said;
pub mod secrets;
mod source;
pub mod store;
pub mod tcp;
pub mod tls;
pub mod websocket;
