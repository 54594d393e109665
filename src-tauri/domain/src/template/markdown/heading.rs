//! What a heading says beside its name: how much it matters, when it is due, how long it
//! takes. Emoji and numbers in front of it are decoration.

use crate::template::{Phase, Severity};

/// A heading taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// Its name, without decoration; may be empty.
    pub(super) title: String,
    pub(super) severity: Option<Severity>,
    pub(super) phase: Option<Phase>,
    pub(super) minutes: Option<(u32, u32)>,
}

impl Heading {
    pub(super) fn read(text: &str) -> Self {
        let (rest, minutes) = take_minutes(text);
        Self { title: undecorated(&rest), severity: severity(text), phase: phase(text), minutes }
    }
}

/// The text without emoji, ordinals in front and a colon behind.
pub(super) fn undecorated(text: &str) -> String {
    let plain = without_emoji(text);
    let edge = |c: char| c.is_whitespace() || "-–—|·:•".contains(c);
    let mut title = plain.trim_matches(edge);
    while let Some(rest) = without_ordinal(title) {
        title = rest.trim_matches(edge);
    }
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn without_emoji(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        // A key cap is a digit, a variation selector and U+20E3.
        if character.is_ascii_digit() && characters.peek() == Some(&'\u{FE0F}') {
            continue;
        }
        if !is_emoji(character) {
            out.push(character);
        }
    }
    out
}

/// Symbols of the Unicode blocks that emoji come from, and what joins and colours them.
fn is_emoji(character: char) -> bool {
    matches!(u32::from(character),
        0x1F000..=0x1FAFF | 0x2300..=0x23FF | 0x25A0..=0x27BF | 0x2B00..=0x2BFF
        | 0xFE0E | 0xFE0F | 0x200D | 0x20E3 | 0xFFFD | 0xE0020..=0xE007F)
}

/// The text behind `1. `, `2) ` or `3.1 `.
fn without_ordinal(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !".)".contains(c))?;
    let (ordinal, rest) = text.split_at(end);
    let is_ordinal = ordinal.starts_with(|c: char| c.is_ascii_digit())
        && ordinal.contains(['.', ')'])
        && rest.starts_with(char::is_whitespace);
    is_ordinal.then(|| rest.trim_start())
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

fn has_word(words: &[&str], wanted: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(wanted))
}

fn has_pair(words: &[&str], first: &str, second: &str) -> bool {
    words
        .windows(2)
        .any(|pair| pair[0].eq_ignore_ascii_case(first) && pair[1].eq_ignore_ascii_case(second))
}

/// The severity that a heading or a risk names. "High" counts in capitals, alone, or with
/// priority, severity or risk: "High availability" names none.
pub(super) fn severity(text: &str) -> Option<Severity> {
    let words = words(text);
    if has_word(&words, "critical") {
        return Some(Severity::Critical);
    }
    let high = words.contains(&"HIGH")
        || (words.len() == 1 && has_word(&words, "high"))
        || ["priority", "severity", "risk"].iter().any(|of| has_pair(&words, "high", of));
    if high {
        return Some(Severity::High);
    }
    let recommended = has_word(&words, "recommended") || has_pair(&words, "best", "practices");
    recommended.then_some(Severity::Recommended)
}

/// The phase that a heading names.
fn phase(text: &str) -> Option<Phase> {
    let words = words(text);
    if has_pair(&words, "sign", "off") || has_word(&words, "signoff") {
        Some(Phase::SignOff)
    } else if has_word(&words, "monitoring") {
        Some(Phase::Watch)
    } else if has_pair(&words, "after", "deployment")
        || has_pair(&words, "deployment", "verification")
        || has_pair(&words, "post", "deployment")
    {
        Some(Phase::After)
    } else if ["test", "tests", "testing"].iter().any(|word| has_word(&words, word)) {
        Some(Phase::Tests)
    } else {
        None
    }
}

/// Words before a time that make it a deadline or an interval, not a duration.
const NOT_A_DURATION: [&str; 16] = [
    "within", "every", "for", "in", "after", "per", "of", "next", "last", "first", "over", "under",
    "than", "each", "before", "until",
];

/// Minutes at the end of the text (`⏱️ 5 minutes`, `(15 min)`, `30-60 minutes`,
/// `1 hour`), and the text before them.
pub(super) fn take_minutes(text: &str) -> (String, Option<(u32, u32)>) {
    let clock = text.contains(['\u{23F1}', '\u{23F0}', '\u{23F3}', '\u{231B}']);
    let plain = without_emoji(text);
    match ending_minutes(&plain, clock) {
        Some((rest, minutes)) => {
            let edge = |c: char| c.is_whitespace() || "([~≈-–—,:|·".contains(c);
            (rest.trim_end_matches(edge).to_owned(), Some(minutes))
        }
        None => (plain, None),
    }
}

fn ending_minutes(plain: &str, clock: bool) -> Option<(&str, (u32, u32))> {
    let edge = |c: char| c.is_whitespace() || ")].:".contains(c);
    let text = plain.trim_end_matches(edge);
    let unit_at = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let factor = match text[unit_at..].to_ascii_lowercase().as_str() {
        "min" | "mins" | "minute" | "minutes" => 1,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60,
        _ => return None,
    };
    let (before, to) = ending_number(&text[..unit_at])?;
    let range = before.trim_end();
    let range = range.strip_suffix(['-', '–', '—']).or_else(|| range.strip_suffix(" to"));
    let (rest, from) = range.and_then(ending_number).unwrap_or((before, to));
    let last_word = rest.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
    let is_word_of_deadline =
        NOT_A_DURATION.iter().any(|word| last_word.eq_ignore_ascii_case(word));
    let glued = rest.ends_with(|c: char| c.is_alphanumeric() || c == '.');
    if from > to || to > 1_000 || glued || (is_word_of_deadline && !clock) {
        return None;
    }
    Some((rest, (from * factor, to * factor)))
}

fn ending_number(text: &str) -> Option<(&str, u32)> {
    let text = text.trim_end();
    let at = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    Some((&text[..at], text[at..].parse().ok()?))
}

/// Minutes when the whole line says nothing else (`⏱️ 5 minutes`, `Estimated time: 1 hour`).
pub(super) fn only_minutes(line: &str) -> Option<(u32, u32)> {
    let (rest, minutes) = take_minutes(line);
    let label = words(&rest).join(" ").to_ascii_lowercase();
    let is_label = [
        "",
        "time",
        "duration",
        "estimate",
        "estimated time",
        "time estimate",
        "time needed",
        "time required",
        "effort",
    ]
    .contains(&label.as_str());
    minutes.filter(|_| is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_tells_severity_phase_and_minutes() {
        use Phase::{After, SignOff, Tests, Watch};
        use Severity::{Critical, High, Recommended};
        type Case =
            (&'static str, &'static str, Option<Severity>, Option<Phase>, Option<(u32, u32)>);
        let cases: [Case; 22] = [
            ("🚨 CRITICAL - BLOCKERS", "CRITICAL - BLOCKERS", Some(Critical), None, None),
            (
                "⚠️ HIGH PRIORITY - Strongly Recommended",
                "HIGH PRIORITY - Strongly Recommended",
                Some(High),
                None,
                None,
            ),
            (
                "📋 RECOMMENDED - Best Practices",
                "RECOMMENDED - Best Practices",
                Some(Recommended),
                None,
                None,
            ),
            ("Best practices", "Best practices", Some(Recommended), None, None),
            ("High", "High", Some(High), None, None),
            ("High availability", "High availability", None, None, None),
            ("1. Make secrets ⏱️ 2 minutes", "Make secrets", None, None, Some((2, 2))),
            ("10. Store ⏱️ 30-60 minutes", "Store", None, None, Some((30, 60))),
            ("3.1 Database (15 min)", "Database", None, None, Some((15, 15))),
            ("Audit: 1 hour", "Audit", None, None, Some((60, 60))),
            ("Audit – 1 to 2 hours", "Audit", None, None, Some((60, 120))),
            ("Fix within 4 hours", "Fix within 4 hours", None, None, None),
            ("Logs of the last 48 hours", "Logs of the last 48 hours", None, None, None),
            ("Upgrade to v1.5 h", "Upgrade to v1.5 h", None, None, None),
            ("2️⃣ Redis:", "Redis", None, None, None),
            ("2FA is on", "2FA is on", None, None, None),
            ("🧪 PRE-DEPLOYMENT TESTING", "PRE-DEPLOYMENT TESTING", None, Some(Tests), None),
            ("📊 DEPLOYMENT VERIFICATION", "DEPLOYMENT VERIFICATION", None, Some(After), None),
            ("After deployment", "After deployment", None, Some(After), None),
            ("✅ FINAL SIGN-OFF", "FINAL SIGN-OFF", None, Some(SignOff), None),
            (
                "📈 POST-DEPLOYMENT MONITORING",
                "POST-DEPLOYMENT MONITORING",
                None,
                Some(Watch),
                None,
            ),
            ("Latest contested attestations", "Latest contested attestations", None, None, None),
        ];
        for (text, title, severity, phase, minutes) in cases {
            let expected = Heading { title: title.to_owned(), severity, phase, minutes };
            assert_eq!(Heading::read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_of_its_own_may_tell_the_minutes() {
        assert_eq!(only_minutes("⏱️ 5 minutes"), Some((5, 5)));
        assert_eq!(only_minutes("Estimated time: 1 hour"), Some((60, 60)));
        assert_eq!(only_minutes("The restart takes 5 minutes"), None);
    }
}
