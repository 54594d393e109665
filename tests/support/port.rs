//! Free loopback ports. A port is chosen by letting the system bind one and giving it
//! back; another process may take it before the server does, so starting is tried again
//! if exactly that happened.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// A loopback port that was free a moment ago.
///
/// # Errors
/// When the system has no port to give.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free loopback port")?;
    Ok(listener.local_addr()?.port())
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
