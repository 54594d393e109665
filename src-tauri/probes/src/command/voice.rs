//! Lets people hear a command while it runs: its latest line, a few times a second.

use std::time::Duration;

use tokio::time::Instant;

use super::tail::plain;
use crate::said;

/// Time between two lines that are passed on.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of one line that are looked at; the rest of a longer one is not.
const LONGEST: usize = 4 * 1024;

/// The latest line of a command that has not been passed on yet.
pub(super) struct Voice {
    /// The beginnings of lines: of standard output, and of standard error.
    begun: [Vec<u8>; 2],
    latest: Option<String>,
    next: Instant,
}

impl Voice {
    pub(super) fn new() -> Self {
        Self { begun: [Vec::new(), Vec::new()], latest: None, next: Instant::now() }
    }

    /// Takes what was just read.
    pub(super) fn hear(&mut self, bytes: &[u8], from_out: bool) {
        let begun = &mut self.begun[usize::from(!from_out)];
        let mut parts = bytes.split(|byte| *byte == b'\n' || *byte == b'\r').peekable();
        while let Some(part) = parts.next() {
            let room = LONGEST.saturating_sub(begun.len());
            begun.extend_from_slice(&part[..part.len().min(room)]);
            if parts.peek().is_some() {
                let line = plain(&String::from_utf8_lossy(&std::mem::take(begun)));
                let line = line.trim();
                if !line.is_empty() {
                    self.latest = Some(line.to_owned());
                }
            }
        }
    }

    /// Waits until there is something to pass on and the pause is over.
    pub(super) async fn due(&self) {
        if self.latest.is_none() {
            return std::future::pending().await;
        }
        tokio::time::sleep_until(self.next).await;
    }

    /// Passes the latest line on.
    pub(super) fn speak(&mut self) {
        if let Some(line) = self.latest.take() {
            self.next = Instant::now() + PAUSE;
            said::say(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_heard_whichever_way_they_are_cut() {
        let mut voice = Voice::new();
        voice.hear(b"one\ntw", true);
        assert_eq!(voice.latest.as_deref(), Some("one"));
        voice.hear(b"warning: \x1b[31mred\x1b[0m\n", false);
        assert_eq!(voice.latest.as_deref(), Some("warning: red"));
        voice.hear(b"o\n\n", true);
        assert_eq!(voice.latest.as_deref(), Some("two"));
        voice.hear(&[b'x'; 100_000], true);
        assert_eq!(voice.latest.as_deref(), Some("two"), "a line that does not end");
        assert_eq!(voice.begun[0].len(), LONGEST);
        voice.hear(b"10 %\r", false);
        assert_eq!(voice.latest.as_deref(), Some("10 %"), "a progress bar");
    }
}
