//! One question to an ssh-agent and its answer, as messages of draft-miller-ssh-agent. Two
//! messages are all that signing takes. They are spelled here, over a stream with a
//! deadline, because the crates for it neither end a wait nor pass over a key that they
//! cannot read, and both make the verifier accept further kinds of signatures.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::AgentError;

/// The largest answer that is read, in bytes; OpenSSH's agent sends none beyond it.
const MAX_ANSWER: usize = 256 * 1024;

/// An answer of the agent: its type, and what follows.
pub(super) struct Answer {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

/// Sends `question` and waits for the answer, for all in all at most `patience`.
pub(super) fn ask(
    socket: &Path,
    patience: Duration,
    question: &[u8],
) -> Result<Answer, AgentError> {
    let until = Instant::now() + patience;
    let ended = |source: io::Error| match source.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            AgentError::TimedOut { seconds: patience.as_secs() }
        }
        _ => AgentError::Unreachable { socket: socket.to_owned(), source },
    };
    let garbled = |detail| AgentError::Garbled { socket: socket.to_owned(), detail };
    let mut stream = stream::connect(socket, until)?.map_err(ended)?;
    let mut message = Vec::new();
    put_text(&mut message, question);
    stream.write_all(&message).map_err(ended)?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).map_err(ended)?;
    let [a, b, c, d, kind] = head;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length == 0 || length > MAX_ANSWER {
        return Err(garbled("an answer of no or of a huge length"));
    }
    let mut body = vec![0; length - 1];
    stream.read_exact(&mut body).map_err(ended)?;
    Ok(Answer { kind, body })
}

/// Appends a `string` of RFC 4251, section 5. What is sent here is far below 4 GiB.
pub(super) fn put_text(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend(bytes);
}

/// Takes a `uint32` off the front.
pub(super) fn take_number(from: &mut &[u8]) -> Option<u32> {
    let (head, rest) = from.split_first_chunk::<4>()?;
    *from = rest;
    Some(u32::from_be_bytes(*head))
}

/// Takes a `string` off the front.
pub(super) fn take_text<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_number(from)? as usize;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(text)
}

#[cfg(unix)]
mod stream {
    //! A socket whose reads and writes end at one moment, however slowly bytes trickle in.

    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::AgentError;

    pub(super) struct Timed {
        stream: UnixStream,
        until: Instant,
    }

    /// connect(2) waits while the agent's queue is full, and takes no deadline; so a thread
    /// of its own waits there.
    pub(super) fn connect(socket: &Path, until: Instant) -> Result<io::Result<Timed>, AgentError> {
        let (tell, heard) = mpsc::channel();
        let path = socket.to_owned();
        let connect = move || {
            // Whoever asked may have gone.
            let _gone = tell.send(UnixStream::connect(path));
        };
        if let Err(error) = thread::Builder::new().name("ssh-agent".into()).spawn(connect) {
            return Ok(Err(error));
        }
        let left = until.saturating_duration_since(Instant::now());
        let connected = heard.recv_timeout(left).unwrap_or(Err(io::ErrorKind::TimedOut.into()));
        Ok(connected.map(|stream| Timed { stream, until }))
    }

    impl Timed {
        fn left(&self) -> io::Result<Option<Duration>> {
            let left = self.until.saturating_duration_since(Instant::now());
            // Zero would mean for ever.
            if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
        }
    }

    impl Read for Timed {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.stream.set_read_timeout(self.left()?)?;
            self.stream.read(into)
        }
    }

    impl Write for Timed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.stream.set_write_timeout(self.left()?)?;
            self.stream.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.stream.flush()
        }
    }
}

#[cfg(not(unix))]
mod stream {
    //! No sockets of that kind here.

    use std::io;
    use std::path::Path;
    use std::time::Instant;

    use super::AgentError;

    pub(super) fn connect(_: &Path, _: Instant) -> Result<io::Result<io::Empty>, AgentError> {
        Err(AgentError::Unsupported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_its_length_and_a_wrong_length_is_no_text() {
        let mut bytes = Vec::new();
        put_text(&mut bytes, b"ssh");
        assert_eq!(bytes, b"\0\0\0\x03ssh");
        let mut rest = &bytes[..];
        assert_eq!(take_text(&mut rest), Some(&b"ssh"[..]));
        assert!(rest.is_empty());
        for cut in [&b""[..], b"\0\0\0", b"\0\0\0\x04ssh", b"\xff\xff\xff\xffssh"] {
            assert_eq!(take_text(&mut &*cut), None, "{cut:?}");
        }
    }
}
