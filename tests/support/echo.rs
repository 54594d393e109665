//! A server that gives back all that it is sent: as an error of Redis, as an error of
//! PostgreSQL behind a request for the password in the clear, or as the body and a header
//! of an answer over HTTP. What it was told must not come out of a probe again.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;

const POLL: Duration = Duration::from_millis(20);
/// A client that says nothing for so long is answered no more.
const IDLE: Duration = Duration::from_secs(2);
/// `SSLRequest` of PostgreSQL's protocol (Message Formats, chapter 55.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// `AuthenticationCleartextPassword`, in the same chapter.
const PASSWORD_PLEASE: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];

/// A running server on loopback, stopped when dropped.
#[derive(Debug)]
pub struct Echo {
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Echo {
    /// Listens on a free port; `always` is said with every answer.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(always: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (stop, heard) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (stopped, kept, always) = (stop.clone(), Arc::clone(&heard), always.to_owned());
        let acceptor = thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let Ok((stream, _)) = listener.accept() else {
                    thread::sleep(POLL);
                    continue;
                };
                let (kept, always) = (Arc::clone(&kept), always.clone());
                // A client that hangs up has heard enough.
                thread::spawn(move || answer(stream, &always, &kept).ok());
            }
        });
        Ok(Self { port, heard, stop, acceptor: Some(acceptor) })
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All that it was sent, of every connection.
    #[must_use]
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn answer(mut stream: TcpStream, always: &str, heard: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(IDLE))?;
    let mut buffer = [0; 16 * 1024];
    let mut is_postgres = false;
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let said = &buffer[..read];
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(said);
        if said == SSL_REQUEST {
            stream.write_all(b"N")?;
            continue;
        }
        // A start-up message begins with its length, which is short.
        if said.starts_with(&[0, 0]) {
            is_postgres = true;
            stream.write_all(&PASSWORD_PLEASE)?;
            continue;
        }
        let text = String::from_utf8_lossy(said).replace(['\r', '\n', '\0'], " ");
        let text = format!("{text} {always}");
        if is_postgres {
            let fields = format!("SFATAL\0C28P01\0M{text}\0\0");
            let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
            stream.write_all(&[b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat())?;
            return Ok(());
        }
        if said.windows(6).any(|part| part == b"HTTP/1") {
            let body = serde_json::json!({ "status": text, "errors": [text] }).to_string();
            write!(
                stream,
                "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\nx-echo: {text}\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )?;
            return Ok(());
        }
        write!(stream, "-ERR {text}\r\n")?;
    }
}
