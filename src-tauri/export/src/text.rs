//! Text from people and servers, made safe to show. What a reader sees must be what is
//! there: characters that hide, reorder or drive a terminal become visible codes.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use countersign_domain::legible;

/// A time for people, to the second.
pub(crate) fn utc(at: DateTime<Utc>) -> String {
    let year = at.year();
    if !(0..=9999).contains(&year) {
        return at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    }
    // Long trails hold many times, and reading a format for each costs more than all digits.
    let (month, day) = (at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A date for people.
pub(crate) fn date(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The text with every hidden character as `⟨U+202E⟩`. Line feeds and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| matches!(b, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) || !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What a report must not show as it is. Line feeds and tabs have their place there.
fn is_hidden(c: char) -> bool {
    legible::is_hidden(c) && c != '\n' && c != '\t'
}

/// The text for an HTML element or a quoted attribute.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    push_html(&mut out, text);
    out
}

/// As [`html`], at the end of `out`.
pub(crate) fn push_html(out: &mut String, text: &str) {
    let shown = visible(text);
    let mut rest = &*shown;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let mut after = after.chars();
        out.push_str(match after.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            _ => "&#39;",
        });
        rest = after.as_str();
    }
    out.push_str(rest);
}

/// The text for one line of Markdown, a table cell included: nothing in it is markup.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in visible(text).chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            // GFM turns bare addresses into links; an entity in their middle stops that.
            ':' => out.push_str("&#58;"),
            '@' => out.push_str("&#64;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// One cell of RFC 4180 CSV. A cell that a spreadsheet would take for a formula gets a
/// leading apostrophe (OWASP, CSV Injection).
pub(crate) fn csv(text: &str) -> String {
    let shown = visible(text);
    let first = shown.trim_start().chars().next();
    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'))
        || shown.starts_with(['\t', '\n']);
    let safe = if formula { format!("'{shown}") } else { shown.into_owned() };
    if safe.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_reordering_characters_are_shown_as_codes() {
        for (raw, shown) in [
            ("plain é 漢字 \n\t", "plain é 漢字 \n\t"),
            ("a\u{202e}b", "a⟨U+202E⟩b"),
            ("\u{1b}[31mred", "⟨U+001B⟩[31mred"),
            ("zero\u{200b}width", "zero⟨U+200B⟩width"),
            ("\u{feff}bom\r", "⟨U+FEFF⟩bom⟨U+000D⟩"),
            ("tag\u{e0041}", "tag⟨U+E0041⟩"),
        ] {
            assert_eq!(visible(raw), shown);
        }
    }

    #[test]
    fn a_time_is_told_the_same_way_in_every_year() {
        for (at, told) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (1_750_000_000, "2025-06-15 15:06:40 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
            (253_402_300_800, "+10000-01-01 00:00:00 UTC"),
            (-62_167_219_201, "-0001-12-31 23:59:59 UTC"),
        ] {
            let at = DateTime::from_timestamp(at, 999_000_000).expect("a time");
            assert_eq!(utc(at), told);
            assert_eq!(utc(at), at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
        }
    }

    #[test]
    fn markup_is_shown_as_text() {
        assert_eq!(
            html("<img src=x onerror='a()'>&\""),
            "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;"
        );
        assert_eq!(
            markdown("[a](javascript:b)|<b>\n# c"),
            "\\[a\\]\\(javascript&#58;b\\)&#124;&lt;b&gt; \\# c"
        );
    }

    #[test]
    fn a_cell_never_starts_a_formula_and_never_breaks_its_row() {
        for (raw, cell) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("  @SUM(A1)", "'  @SUM(A1)"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("\tcmd", "'\tcmd"),
            ("a,b", "\"a,b\""),
            ("say \"no\"\nthen", "\"say \"\"no\"\"\nthen\""),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(csv(raw), cell);
        }
    }
}
