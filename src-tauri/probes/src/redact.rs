//! The last door that every text of a finding goes through: known secret values become
//! dots, control characters become visible, and length is bounded. Probes try not to show
//! secrets; this makes sure.

use aho_corasick::AhoCorasick;
use countersign_domain::finding::Finding;
use countersign_domain::legible::is_hidden;
use zeroize::Zeroizing;

use crate::forms::forms;

/// Longest text kept in one field of a finding, in characters.
const MAX_TEXT: usize = 2_000;
/// Most lines kept of a transcript.
const MAX_LINES: usize = 60;
/// Longest line kept of a transcript, in characters.
const MAX_LINE: usize = 500;
/// A value shorter than this is not replaced: it would blot out ordinary words.
const MIN_SECRET: usize = 4;
/// A piece of a value shorter than this, cut off at the end of a line, is left: what is
/// meant to be shown of a find is four characters.
const MIN_PIECE: usize = 6;
/// What stands where a secret stood.
const MASK: &str = "••••";

/// Knows the secret values of a run, and takes them out of texts.
#[derive(Default)]
pub struct Redactor {
    forms: Vec<Zeroizing<String>>,
    whole: Option<AhoCorasick>,
}

impl Redactor {
    /// Takes out these values in every form in which they may be written, whatever the case
    /// of their letters.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = Zeroizing<String>>) -> Self {
        let mut all = Vec::new();
        for secret in secrets {
            if secret.len() >= MIN_SECRET {
                all.extend(forms(&secret, MIN_SECRET));
            }
        }
        let whole = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(all.iter().map(|form| form.as_bytes()))
            .ok();
        Self { forms: all, whole }
    }

    /// The text without secrets, without control characters, cut to `max` characters.
    #[must_use]
    pub fn text(&self, text: &str, max: usize) -> String {
        let clean = self.without_secrets(text);
        let mut out: String = clean.chars().map(visible).take(max).collect();
        if clean.chars().count() > max {
            out.push('…');
        }
        out
    }

    fn without_secrets(&self, text: &str) -> String {
        let hits = self.whole.iter().flat_map(|whole| whole.find_overlapping_iter(text));
        let mut ranges: Vec<_> = hits.map(|hit| hit.range()).collect();
        ranges.sort_by_key(|range| range.start);
        let mut clean = String::with_capacity(text.len());
        let mut kept = 0;
        // Values may overlap: what one of them covers is gone, whichever begins first.
        for range in ranges {
            if range.start >= kept {
                clean.push_str(text.get(kept..range.start).unwrap_or_default());
                clean.push_str(MASK);
            }
            kept = kept.max(range.end);
        }
        clean.push_str(text.get(kept..).unwrap_or_default());
        if self.forms.is_empty() {
            return clean;
        }
        clean.split_inclusive('\n').map(|line| self.without_pieces(line)).collect()
    }

    /// A value that was cut in two (at a line's end, or where a probe stopped reading) must
    /// not show its halves.
    fn without_pieces(&self, line: &str) -> String {
        let body = line.trim_end_matches(['\n', '\r', '…']);
        let ending = &line[body.len()..];
        let longest = |piece: &dyn Fn(&str) -> usize| {
            self.forms.iter().map(|form| piece(form)).max().unwrap_or(0)
        };
        let head = longest(&|form| overlap(form, body));
        let tail = longest(&|form| overlap(body, form));
        if head >= MIN_PIECE && head + tail >= body.len() {
            return format!("{MASK}{ending}");
        }
        let mut out = String::with_capacity(line.len());
        let from = if head >= MIN_PIECE { head } else { 0 };
        let to = if tail >= MIN_PIECE { body.len() - tail } else { body.len() };
        if from > 0 {
            out.push_str(MASK);
        }
        out.push_str(&body[from..to]);
        if to < body.len() {
            out.push_str(MASK);
        }
        out.push_str(ending);
        out
    }

    /// The finding with every text cleaned and bounded.
    #[must_use]
    pub fn clean(&self, mut finding: Finding) -> Finding {
        for field in [
            &mut finding.target,
            &mut finding.summary,
            &mut finding.expected,
            &mut finding.observed,
        ] {
            *field = self.text(field, MAX_TEXT);
        }
        finding.reproduce = finding.reproduce.map(|text| self.text(&text, MAX_TEXT));
        for note in &mut finding.notes {
            note.text = self.text(&note.text, MAX_LINE);
        }
        let dropped = finding.transcript.len().saturating_sub(MAX_LINES);
        finding.transcript.truncate(MAX_LINES);
        for line in &mut finding.transcript {
            *line = self.text(line, MAX_LINE);
        }
        if dropped > 0 {
            finding.transcript.push(format!("… {dropped} more lines not kept"));
        }
        finding
    }
}

/// Bytes of the longest end of `a` that `b` begins with, cut where characters begin. A whole
/// `a` does not count: that is no piece.
fn overlap(a: &str, b: &str) -> usize {
    let most = b.len().min(a.len().saturating_sub(1));
    (MIN_PIECE..=most)
        .rev()
        .find(|length| {
            let from = a.len() - length;
            a.is_char_boundary(from)
                && b.is_char_boundary(*length)
                && a.as_bytes()[from..].eq_ignore_ascii_case(&b.as_bytes()[..*length])
        })
        .unwrap_or(0)
}

fn visible(c: char) -> char {
    if is_hidden(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "p@ss/w0rd-of-ours";

    fn redactor(values: &[&str]) -> Redactor {
        Redactor::new(values.iter().map(|value| Zeroizing::new((*value).to_owned())))
    }

    #[test]
    fn a_secret_goes_in_every_form_that_a_url_or_header_may_carry() {
        let redactor = redactor(&["p@ss/w0rd"]);
        let text = redactor.text("a p@ss/w0rd b p%40ss%2Fw0rd c cEBzcy93MHJk d", 200);
        assert_eq!(text, "a •••• b •••• c •••• d");
        assert_eq!(redactor.text("P%40SS%2fW0RD", 200), "••••");
        assert_eq!(redactor.text("Basic YW5hOnBAc3MvdzByZA==", 200), "Basic YW5hOn••••A==");
    }

    #[test]
    fn a_value_inside_another_leaves_no_rest() {
        let redactor = redactor(&["inner", "an-inner-value", "inner-value-and-more"]);
        assert_eq!(redactor.text("x an-inner-value y inner z", 200), "x •••• y •••• z");
        assert_eq!(redactor.text("x an-inner-value-and-more y", 200), "x •••• y");
    }

    #[test]
    fn the_halves_of_a_value_that_was_cut_go_too() {
        let redactor = redactor(&[SECRET]);
        for (name, text, expected) in [
            ("at the end", "body: p@ss/w0rd-of", "body: ••••"),
            ("before the sign of a cut", "body: p@ss/w0rd-of…", "body: ••••…"),
            ("at the beginning", "w0rd-of-ours\" }", "••••\" }"),
            ("over two lines", "x p@ss/w0r\nd-of-ours y", "x ••••\n•••• y"),
            ("the mask of a find stays", "p@ss••••", "p@ss••••"),
        ] {
            assert_eq!(redactor.text(text, 200), expected, "{name}");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let redactor = redactor(&[SECRET, "naïve-wörd-ünd"]);
        for text in ["", "a naïve word", "ours", "line one\nline two\n", "é", "p@ss/x w0rd"] {
            assert_eq!(redactor.text(text, 200), text);
        }
    }

    #[test]
    fn control_and_direction_characters_do_not_reach_a_screen() {
        let text = Redactor::default().text("\u{1b}[31mred\u{202e}x", 200);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
