//! Keeps the end of an output, however much there is, and takes terminal colours out.

use std::collections::VecDeque;
use std::sync::LazyLock;

use regex::Regex;

/// Escape sequences of terminals: colours, cursor moves, links, titles.
static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])").ok()
});

/// The last bytes of an output.
pub(super) struct Tail {
    most: usize,
    kept: VecDeque<u8>,
    dropped: u64,
}

impl Tail {
    /// Keeps the last `most` bytes.
    pub(super) fn of(most: usize) -> Self {
        Self { most, kept: VecDeque::new(), dropped: 0 }
    }

    /// Adds what was just read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = match bytes.len().checked_sub(self.most) {
            Some(more) => {
                self.dropped += more as u64;
                &bytes[more..]
            }
            None => bytes,
        };
        let over = (self.kept.len() + bytes.len()).saturating_sub(self.most);
        self.kept.drain(..over);
        self.dropped += over as u64;
        self.kept.extend(bytes);
    }

    /// Bytes that are not kept.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The kept bytes as text without escape sequences. A line that a carriage return
    /// rewrote (a progress bar) counts as several.
    pub(super) fn text(&self) -> String {
        let (a, b) = self.kept.as_slices();
        plain(&String::from_utf8_lossy(&[a, b].concat()))
    }
}

/// The text without escape sequences, its lines ended in one way.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match ESCAPES.as_ref() {
        Some(escapes) => escapes.replace_all(&text, "").into_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: usize = 64 * 1024;

    #[test]
    fn the_end_is_kept_and_the_rest_is_counted() {
        let mut tail = Tail::of(KEPT);
        for _ in 0..100 {
            tail.push(&[b'x'; 1024]);
        }
        tail.push(b"the end");
        assert!(tail.text().ends_with("the end"));
        assert_eq!(tail.text().len(), KEPT);
        assert_eq!(tail.dropped(), 100 * 1024 + 7 - KEPT as u64);
        tail.push(&vec![b'y'; 2 * KEPT]);
        assert_eq!(tail.text(), "y".repeat(KEPT));
    }

    #[test]
    fn colours_titles_and_links_go() {
        let mut tail = Tail::of(KEPT);
        tail.push(b"\x1b[1m\x1b[31mTests:\x1b[39m\x1b[22m 1 failed\x1b]0;title\x07\r\n\x1b]8;;u\x1b\\link");
        assert_eq!(tail.text(), "Tests: 1 failed\nlink");
    }
}
