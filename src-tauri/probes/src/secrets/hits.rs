//! Finds of the scan for secrets, in the tree and in history alike: how one is kept, which
//! of them count, and what is said of those that do not.

use countersign_domain::finding::Note;
use serde::Deserialize;

use super::place::{is_made_up, place};
use super::rules::{self, Rules};

/// Files beyond this size, in bytes, are not read.
pub(super) const MAX_FILE: u64 = 2 * 1024 * 1024;
/// Finds that are kept; more are only counted.
const MAX_HITS: usize = 200;
/// How much of a file decides whether it is text.
const SNIFF: usize = 8_192;

/// Places that were looked at and found harmless; nothing else to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Finds that are shown but do not count.
    pub allow: Vec<Allowed>,
}

/// Finds that are known and harmless.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// A file or folder, from the root of the tree.
    pub path: String,
    /// The rule whose finds are meant; without it, those of every rule.
    #[serde(default)]
    pub rule: Option<String>,
    /// Why they are harmless.
    pub reason: String,
}

impl Params {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// What is wrong, in words that name the parameter.
    pub(super) fn check(&self) -> Result<(), String> {
        let known = rules::names();
        for place in &self.allow {
            if place.reason.trim().is_empty() {
                return Err(format!("`allow` of {:?} has no reason", place.path));
            }
            if trimmed(&place.path).is_empty() {
                return Err("`allow` has an empty path: name a file or a folder".to_owned());
            }
            if let Some(rule) = place.rule.as_deref().filter(|rule| !known.contains(rule)) {
                let known = known.join(", ");
                return Err(format!("`allow` has no rule {rule:?}: expected one of {known}"));
            }
        }
        Ok(())
    }

    /// Whether some finds at `path` do not count, so that the same text elsewhere must be
    /// reported there.
    pub(super) fn spares(&self, path: &str) -> bool {
        is_made_up(path) || self.allow.iter().any(|place| covers(&place.path, path))
    }
}

impl Allowed {
    fn covers(&self, hit: &Hit) -> bool {
        covers(&self.path, &hit.path) && self.rule.as_deref().is_none_or(|rule| rule == hit.rule)
    }
}

fn trimmed(place: &str) -> &str {
    place.trim_start_matches("./").trim_end_matches('/')
}

/// Whether `path` is `place` or below it.
fn covers(place: &str, path: &str) -> bool {
    let rest = path.strip_prefix(trimmed(place));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One find.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Where, from the root of the tree.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Which rule saw it.
    pub rule: &'static str,
    /// At most its first four characters.
    pub mask: String,
    /// A commit that holds it; empty for a find in the work tree.
    pub commit: String,
}

impl Hit {
    /// The find as one line of the transcript.
    #[must_use]
    pub fn words(&self) -> String {
        let commit = self.commit.get(..12).unwrap_or(&self.commit);
        let place = format!("{}:{}  {}  {}", self.path, self.line, self.rule, self.mask);
        if commit.is_empty() { place } else { format!("{commit}  {place}") }
    }
}

/// What was read, and what was found in it.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Finds, in order of path.
    pub hits: Vec<Hit>,
    /// Finds beyond those that are kept.
    pub more: usize,
    /// Files read.
    pub read: usize,
    /// Files that are not text.
    pub binary: usize,
    /// Files that are too large.
    pub large: usize,
    /// Files and folders that could not be read.
    pub unreadable: usize,
}

impl Tally {
    /// Reads one file's bytes, which stand at `path` (in `commit`).
    pub(super) fn read(&mut self, rules: &Rules, path: &str, commit: &str, bytes: &[u8]) {
        if bytes.len() as u64 > MAX_FILE {
            self.large += 1;
            return;
        }
        let decoded = utf16(bytes);
        let text = decoded.as_deref().map_or(bytes, str::as_bytes);
        if text[..text.len().min(SNIFF)].contains(&0) {
            self.binary += 1;
            return;
        }
        self.read += 1;
        let (mut line, mut counted) = (1, 0);
        for hit in rules.matches(text, place(path)) {
            line += text[counted..hit.range.start].iter().filter(|byte| **byte == b'\n').count();
            counted = hit.range.start;
            let mask = mask(&text[hit.range]);
            let (path, commit) = (path.to_owned(), commit.to_owned());
            self.hits.push(Hit { path, line, rule: hit.rule, mask, commit });
        }
        if self.hits.len() > MAX_HITS * 2 {
            self.settle();
        }
    }

    /// Adds what another thread read.
    pub(super) fn add(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.more += other.more;
        self.read += other.read;
        self.binary += other.binary;
        self.large += other.large;
        self.unreadable += other.unreadable;
    }

    /// Puts the finds in order and drops those that are too many.
    pub(super) fn settle(&mut self) {
        self.hits.sort();
        self.more += self.hits.len().saturating_sub(MAX_HITS);
        self.hits.truncate(MAX_HITS);
    }

    /// Which finds count, and a reservation for each kind that does not.
    pub(super) fn weigh(&self, params: &Params) -> (Vec<&Hit>, Vec<Note>) {
        let mut notes = Vec::new();
        let allowed = |hit: &&Hit| params.allow.iter().any(|place| place.covers(hit));
        let (known, rest): (Vec<&Hit>, Vec<&Hit>) = self.hits.iter().partition(allowed);
        let (made_up, counted): (Vec<&Hit>, Vec<&Hit>) =
            rest.into_iter().partition(|hit| rules::is_soft(hit.rule) && is_made_up(&hit.path));
        if !made_up.is_empty() {
            let text = format!("{} literals in test files were not counted", made_up.len());
            notes.push(Note { code: "literals-in-tests".into(), text });
        }
        for place in &params.allow {
            let many = known.iter().filter(|hit| place.covers(hit)).count();
            if many > 0 {
                let rule = place.rule.as_deref().unwrap_or("any rule");
                let text = format!("{} ({rule}), {many} not counted: {}", place.path, place.reason);
                notes.push(Note { code: "allowed-path".into(), text });
            }
        }
        (counted, notes)
    }

    /// Files that were not read, in words; a value may stand in them.
    pub(super) fn skipped(&self) -> String {
        format!("{} binary, {} over 2 MiB, {} unreadable", self.binary, self.large, self.unreadable)
    }

    /// A reservation about files that were not read.
    pub(super) fn skipped_note(&self) -> Option<Note> {
        let many = self.binary + self.large + self.unreadable;
        let text = format!("{many} files were not read and could hold a value: {}", self.skipped());
        (many > 0).then(|| Note { code: "files-not-read".into(), text })
    }
}

/// Reservations about the values that were looked for.
pub(super) fn value_notes(values: usize, too_short: usize) -> Vec<Note> {
    let mut notes = Vec::new();
    if values == 0 {
        let text = "no secret of the environment has a value: only shapes were looked for".into();
        notes.push(Note { code: "no-values".into(), text });
    }
    if too_short > 0 {
        let text = format!("{too_short} values are too short to be looked for");
        notes.push(Note { code: "short-values".into(), text });
    }
    notes
}

/// The text of a file that begins with a UTF-16 byte order mark, as PowerShell writes them.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes[2..].as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
}

/// The first four characters, or fewer of a short one, and dots.
fn mask(found: &[u8]) -> String {
    let text = String::from_utf8_lossy(found);
    let shown: String = text.chars().take((text.chars().count() / 4).min(4)).collect();
    format!("{shown}••••")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, bytes: &[u8]) -> Tally {
        let rules = Rules::new(["Zx81-spectrum-value"].into_iter()).expect("rules");
        let mut tally = Tally::default();
        tally.read(&rules, path, "", bytes);
        tally.settle();
        tally
    }

    #[test]
    fn a_find_has_its_line_and_four_characters() {
        let tally = read("a.ts", b"one\ntwo\nx = 'Zx81-spectrum-value'\n");
        assert_eq!(tally.hits[0].words(), "a.ts:3  value-of-a-secret  Zx81••••");
    }

    #[test]
    fn text_in_utf_16_is_read_and_other_binary_is_counted() {
        let text: Vec<u8> =
            "\u{feff}a\nZx81-spectrum-value".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(".env", &text).hits[0].line, 2);
        let binary = read("a.png", b"\x89PNG\0Zx81-spectrum-value");
        assert_eq!((binary.binary, binary.hits.len()), (1, 0));
        assert!(binary.skipped_note().is_some_and(|note| note.text.contains("1 binary")));
    }

    #[test]
    fn more_finds_than_are_kept_are_counted() {
        let tally = read("a.ts", &b"Zx81-spectrum-value\n".repeat(1_000));
        assert_eq!((tally.hits.len(), tally.more), (MAX_HITS, 800));
    }

    #[test]
    fn an_allowed_place_needs_a_reason_a_path_and_a_rule_that_exists() {
        let params = |path: &str, rule: Option<&str>, reason: &str| {
            let (path, reason) = (path.to_owned(), reason.to_owned());
            Params { allow: vec![Allowed { path, rule: rule.map(str::to_owned), reason }] }
        };
        assert!(params("docs/", None, "an example").check().is_ok());
        assert!(params("docs/", Some("json-web-token"), "an example").check().is_ok());
        for (params, words) in [
            (params("docs", None, " "), "no reason"),
            (params("./", None, "all"), "empty path"),
            (params("docs", Some("aws"), "an example"), "aws-access-key"),
        ] {
            let error = params.check().expect_err("refused");
            assert!(error.contains(words), "{error}");
        }
    }
}
