//! Targets that misbehave on the wire: they accept and then say nothing, never stop
//! talking, talk nonsense, or hang up. A probe of any of them must end within its
//! deadline and call the outcome inconclusive.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

const POLL: Duration = Duration::from_millis(20);

/// What the target does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Accepts, reads, never answers.
    Silent,
    /// Sends an HTTP response whose body never ends.
    Endless,
    /// Sends bytes that no protocol knows, then closes.
    Garbage,
    /// Closes at once.
    HangsUp,
}

/// A misbehaving target on loopback, stopped when dropped.
#[derive(Debug)]
pub struct Hostile {
    port: u16,
    stop: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    acceptor: Option<JoinHandle<()>>,
}

impl Hostile {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(behaviour: Behaviour) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let stop = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let (stopped, counter) = (Arc::clone(&stop), Arc::clone(&connections));
        let acceptor = thread::spawn(move || accept(&listener, behaviour, &stopped, &counter));
        Ok(Self { port, stop, connections, acceptor: Some(acceptor) })
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many connections were accepted up to now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, how: Behaviour, stop: &Arc<AtomicBool>, count: &AtomicUsize) {
    while !stop.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(POLL);
            continue;
        };
        count.fetch_add(1, Ordering::SeqCst);
        let stop = Arc::clone(stop);
        // Not joined: each ends by itself soon after `stop`, and by an error at the
        // latest when its peer goes.
        thread::spawn(move || serve(stream, how, &stop));
    }
}

/// An error ends the connection, which is all that there is to do about it.
fn serve(mut stream: TcpStream, how: Behaviour, stop: &AtomicBool) {
    if stream.set_nonblocking(false).is_err() || stream.set_read_timeout(Some(POLL)).is_err() {
        return;
    }
    match how {
        Behaviour::HangsUp => {}
        Behaviour::Garbage => {
            let _ = stream.write_all(b"\x00\xff\xfe{[garbage\r\n\x07\x1b[31m\x80\x81\r\n\r\n");
        }
        Behaviour::Silent => {
            let mut heard = [0; 1024];
            while !stop.load(Ordering::SeqCst) && !matches!(stream.read(&mut heard), Ok(0)) {}
        }
        Behaviour::Endless => {
            // A peer that stops reading must not hold this thread.
            let _ = stream.set_write_timeout(Some(POLL));
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"");
            while !stop.load(Ordering::SeqCst) {
                match stream.write(&[b'a'; 8192]) {
                    Ok(_) => {}
                    Err(e) if is_timeout(&e) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
