//! Finds where one of many texts may begin, at the speed at which a text can be read. Each
//! text is known by four of its bytes: few short patterns are looked for with the
//! processor's vector instructions, and only what follows a find is read closely.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, BuildError, Input, MatchKind};

/// Bytes by which a text is known.
pub(super) const ANCHOR: usize = 4;
/// Most patterns that one vectorised search takes.
const PER_SEARCH: usize = 48;

/// Places where something begins, each with what may begin there.
pub(super) struct Anchors<T> {
    searches: Vec<(AhoCorasick, Vec<Vec<T>>)>,
}

impl<T> Anchors<T> {
    /// One search for all of these; equal bytes may stand for several things.
    pub(super) fn new(
        all: impl IntoIterator<Item = ([u8; ANCHOR], T)>,
    ) -> Result<Self, BuildError> {
        let mut by_bytes: BTreeMap<[u8; ANCHOR], Vec<T>> = BTreeMap::new();
        for (bytes, thing) in all {
            by_bytes.entry(bytes).or_default().push(thing);
        }
        let mut rest = by_bytes.into_iter().peekable();
        let mut searches = Vec::new();
        while rest.peek().is_some() {
            let (bytes, things): (Vec<_>, Vec<_>) = rest.by_ref().take(PER_SEARCH).unzip();
            // Leftmost matching is what the vectorised search needs.
            let search =
                AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(bytes)?;
            searches.push((search, things));
        }
        Ok(Self { searches })
    }

    /// Tells each place and each thing that may begin there, overlapping ones too.
    pub(super) fn each(&self, text: &[u8], mut on: impl FnMut(usize, &T)) {
        for (search, things) in &self.searches {
            let mut from = 0;
            while let Some(hit) = search.find(Input::new(text).span(from..text.len())) {
                for thing in things.get(hit.pattern().as_usize()).into_iter().flatten() {
                    on(hit.start(), thing);
                }
                from = hit.start() + 1;
            }
        }
    }
}

/// The first bytes of `text`, if it has as many.
pub(super) fn anchor(text: &[u8]) -> Option<[u8; ANCHOR]> {
    text.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_and_equal_places_are_all_told() {
        let all = [(*b"abab", 1), (*b"baba", 2), (*b"abab", 3)];
        let anchors = Anchors::new(all).expect("anchors");
        let mut seen = Vec::new();
        anchors.each(b"xababab", |at, thing| seen.push((at, *thing)));
        assert_eq!(seen, [(1, 1), (1, 3), (2, 2), (3, 1), (3, 3)]);
    }

    #[test]
    fn more_patterns_than_one_search_takes_are_all_found() {
        let all: Vec<[u8; ANCHOR]> = (0..200_u32).map(u32::to_le_bytes).collect();
        let anchors = Anchors::new(all.iter().map(|bytes| (*bytes, *bytes))).expect("anchors");
        for bytes in &all {
            let mut found = false;
            anchors.each(bytes, |at, thing| found |= at == 0 && thing == bytes);
            assert!(found, "{bytes:?}");
        }
    }
}
