//! Ids out of titles: the same document always gives the same ids.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

/// Lower-case letters, digits and hyphens, at most `most` bytes, cut between words where
/// possible. Empty when the text has no Latin letter or digit.
pub(super) fn slug(text: &str, most: usize) -> String {
    let mut out = String::new();
    for character in text.nfkd().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            out.push(character);
        } else if !('\u{300}'..='\u{36f}').contains(&character) && !out.ends_with('-') {
            out.push('-');
        }
    }
    let trimmed = out.trim_matches('-');
    let Some(cut) = trimmed.get(..most).filter(|_| trimmed.len() > most) else {
        return trimmed.to_owned();
    };
    let at_word = trimmed.as_bytes()[most] == b'-';
    let words = if at_word { Some(cut) } else { cut.rfind('-').map(|hyphen| &cut[..hyphen]) };
    words.unwrap_or(cut).trim_matches('-').to_owned()
}

/// Hands out ids, each once.
#[derive(Default)]
pub(super) struct Ids {
    next: HashMap<String, usize>,
}

impl Ids {
    /// `wanted`, or `wanted-2`, `wanted-3` … when it is taken.
    pub(super) fn unique(&mut self, wanted: String) -> String {
        if !self.next.contains_key(&wanted) {
            self.next.insert(wanted.clone(), 2);
            return wanted;
        }
        loop {
            let count = self.next.entry(wanted.clone()).or_insert(2);
            let candidate = format!("{wanted}-{count}");
            *count += 1;
            if !self.next.contains_key(&candidate) {
                self.next.insert(candidate.clone(), 2);
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_the_words_that_can_be_written() {
        for (text, expected) in [
            ("JWT_SECRET is 128 characters", "jwt-secret-is-128-characters"),
            ("`.env` file, ignored!", "env-file-ignored"),
            ("Réseau privé", "reseau-prive"),
            ("Ключ", ""),
            ("  --  ", ""),
        ] {
            assert_eq!(slug(text, 40), expected);
        }
    }

    #[test]
    fn a_long_slug_is_cut_between_words() {
        assert_eq!(slug("one two three", 8), "one-two");
        assert_eq!(slug("one two three", 7), "one-two");
        assert_eq!(slug("abcdefghijk", 8), "abcdefgh");
    }

    #[test]
    fn no_id_is_handed_out_twice() {
        let mut ids = Ids::default();
        let got: Vec<_> =
            ["a", "a", "a-2", "a", "b"].map(|wanted| ids.unique(wanted.to_owned())).to_vec();
        assert_eq!(got, ["a", "a-2", "a-2-2", "a-3", "b"]);
    }
}
