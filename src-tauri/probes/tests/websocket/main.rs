//! The claims about sockets against servers that behave, that lie, that stall and that are
//! not there. Every server runs on loopback inside the test.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken test set-up ends the test")]

mod admission;
mod odd;
mod origins;
mod plain;
mod rooms;
mod server;
#[path = "../servers/mod.rs"]
mod servers;
