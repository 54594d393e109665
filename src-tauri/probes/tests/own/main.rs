//! The team's own probes against servers that behave, that lie and that are not there.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod dns;
mod file;
mod metrics;
mod promql;
#[path = "../store/server.rs"]
mod server;
#[path = "../servers/mod.rs"]
mod servers;
mod tcp;
mod templates;
mod tls;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};

pub(crate) const NOT_CONFIGURED: Outcome = Outcome::Inconclusive(Reason::NotConfigured);
pub(crate) const TIMED_OUT: Outcome = Outcome::Inconclusive(Reason::TimedOut);
pub(crate) const UNREACHABLE: Outcome = Outcome::Inconclusive(Reason::Unreachable);
pub(crate) const UNEXPECTED: Outcome = Outcome::Inconclusive(Reason::Unexpected);

/// Targets with this API and nothing else.
pub(crate) fn api(url: &str) -> Targets {
    Targets { api: Some(url.to_owned()), ..Targets::default() }
}
