//! Free loopback ports, below those that the system gives out by itself, and each time
//! another one: no listener of another test comes upon a port that is meant to stay shut.
//! Another process may still take one before the server does, so starting is tried again
//! if exactly that happened.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

/// The ports that are given: this many, from the first.
const FIRST: u16 = 27_000;
const RANGE: u16 = 5_000;

/// A loopback port that was free a moment ago.
///
/// # Errors
/// When every port of the range is taken.
pub fn free_port() -> Result<u16> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % u32::from(RANGE))?;
    for _ in 0..RANGE {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed) % RANGE;
        let port = FIRST + (start + step) % RANGE;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free loopback port between {FIRST} and {}", FIRST + RANGE)
}

/// Starts a server on a free port; when that fails and somebody else holds the port by
/// then, starts it on another one.
pub(crate) fn on_free_port<T>(mut start: impl FnMut(u16) -> Result<T>) -> Result<T> {
    let mut attempts_left = 3;
    loop {
        let port = free_port()?;
        attempts_left -= 1;
        match start(port) {
            Err(_) if attempts_left > 0 && is_taken(port) => {}
            result => return result,
        }
    }
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}
