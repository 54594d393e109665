//! The claims over HTTP and TLS against servers that behave, that lie, that stall and that
//! are not there. Every server runs on loopback inside the test.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken test set-up ends the test")]

mod answers;
mod caps;
mod certificates;
mod clients;
mod hostile;
mod nearly;
mod odd;
mod scheduler;
mod server;
mod suites;
mod versions;
