//! The last door that every text of a finding goes through: known secret values become
//! dots, control characters become visible, and length is bounded. Probes try not to show
//! secrets; this makes sure.

use countersign_domain::finding::Finding;
use countersign_domain::legible::is_hidden;
use zeroize::Zeroizing;

/// Longest text kept in one field of a finding, in characters.
const MAX_TEXT: usize = 2_000;
/// Most lines kept of a transcript.
const MAX_LINES: usize = 60;
/// Longest line kept of a transcript, in characters.
const MAX_LINE: usize = 500;
/// A value shorter than this is not replaced: it would blot out ordinary words.
const MIN_SECRET: usize = 4;
/// What stands where a secret stood.
const MASK: &str = "••••";

/// Knows the secret values of a run, and takes them out of texts.
#[derive(Default)]
pub struct Redactor {
    values: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Takes out these values, and their percent-encoded and base64 forms.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = Zeroizing<String>>) -> Self {
        use base64::Engine as _;
        let mut values = Vec::new();
        for secret in secrets {
            if secret.len() < MIN_SECRET {
                continue;
            }
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let base64 = base64::engine::general_purpose::STANDARD.encode(secret.as_bytes());
            values.push(Zeroizing::new(encoded));
            values.push(Zeroizing::new(base64));
            values.push(secret);
        }
        // Longest first, so that a value inside another leaves no rest.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    /// The text without secrets, without control characters, cut to `max` characters.
    #[must_use]
    pub fn text(&self, text: &str, max: usize) -> String {
        let mut clean = text.to_owned();
        for value in &self.values {
            if clean.contains(value.as_str()) {
                clean = clean.replace(value.as_str(), MASK);
            }
        }
        let mut out: String = clean.chars().map(visible).take(max).collect();
        if clean.chars().count() > max {
            out.push('…');
        }
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

fn visible(c: char) -> char {
    if is_hidden(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_in_every_form_that_a_url_or_header_may_carry() {
        let redactor = Redactor::new([Zeroizing::new("p@ss/w0rd".to_owned())]);
        let text = redactor.text("a p@ss/w0rd b p%40ss%2Fw0rd c cEBzcy93MHJk d", 200);
        assert_eq!(text, "a •••• b •••• c •••• d");
    }

    #[test]
    fn control_and_direction_characters_do_not_reach_a_screen() {
        let text = Redactor::default().text("\u{1b}[31mred\u{202e}x", 200);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
