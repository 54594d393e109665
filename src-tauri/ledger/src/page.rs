//! Signed events as they lie in the file, many at a time. A long ledger is read at each start,
//! so they share two pieces of memory instead of having two each.

use countersign_domain::event::SignedEvent;

/// Some of a project's signed events, in the order of arrival.
#[derive(Debug, Default)]
pub struct Page {
    bytes: Vec<u8>,
    signatures: String,
    /// Sequence number, and where bytes and signature end.
    rows: Vec<(i64, usize, usize)>,
}

/// One event of a [`Page`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Its sequence number.
    pub seq: i64,
    /// The signed bytes.
    pub bytes: &'a [u8],
    /// The armored SSHSIG over them.
    pub signature: &'a str,
}

impl From<Stored<'_>> for SignedEvent {
    fn from(one: Stored<'_>) -> Self {
        Self { bytes: one.bytes.to_vec(), signature: one.signature.to_owned() }
    }
}

impl Page {
    pub(crate) fn push(&mut self, seq: i64, bytes: &[u8], signature: &str) {
        self.bytes.extend_from_slice(bytes);
        self.signatures.push_str(signature);
        self.rows.push((seq, self.bytes.len(), self.signatures.len()));
    }

    /// The events, in the order of arrival.
    #[must_use]
    pub fn stored(&self) -> Vec<Stored<'_>> {
        let mut start = (0, 0);
        let one = |&(seq, bytes, signature): &(i64, usize, usize)| {
            let stored = Stored {
                seq,
                bytes: self.bytes.get(start.0..bytes).unwrap_or_default(),
                signature: self.signatures.get(start.1..signature).unwrap_or_default(),
            };
            start = (bytes, signature);
            stored
        };
        self.rows.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_as_they_were_put_in() {
        let all = [(3, "{}", "one"), (4, "", ""), (9, "{\"a\":1}", "é")];
        let mut page = Page::default();
        assert_eq!(page.stored(), []);
        all.iter().for_each(|(seq, bytes, text)| page.push(*seq, bytes.as_bytes(), text));
        let same =
            all.map(|(seq, bytes, signature)| Stored { seq, bytes: bytes.as_bytes(), signature });
        assert_eq!(page.stored(), same);
    }
}
