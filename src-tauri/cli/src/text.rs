//! Text from people and servers, made safe to print: what would drive a terminal, hide
//! text or turn its direction is shown as a code.

use std::fmt::Write as _;

use countersign_domain::legible::is_hidden;

/// The text with every hidden character as `⟨U+001B⟩`, line feeds and tabs included.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// JSON whose strings hold no character that drives a terminal: RFC 8259 lets every
/// character be written as its escape, and means the same by it.
pub(crate) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_drive_a_terminal_is_shown_as_a_code() {
        for (sentence, text, shown) in [
            ("plain text stays", "café 日本 ✓", "café 日本 ✓"),
            ("an escape sequence", "\u{1b}[2Jgone", "⟨U+001B⟩[2Jgone"),
            ("the eight-bit form of it", "\u{9b}31m", "⟨U+009B⟩31m"),
            ("a line that would forge another", "ok\nPASS", "ok⟨U+000A⟩PASS"),
            ("text turned around", "abc\u{202e}txt.exe", "abc⟨U+202E⟩txt.exe"),
            ("a tag character", "a\u{e0041}", "a⟨U+E0041⟩"),
        ] {
            assert_eq!(visible(text), shown, "{sentence}");
        }
    }

    #[test]
    fn json_says_the_same_after_it_was_made_safe() {
        let value = serde_json::json!({"a": "\u{9b}2J\u{202e}\u{e0041}\u{7f}é", "b": [1, 2]});
        let text = serde_json::to_string_pretty(&value).expect("it is JSON");
        let safe = visible_json(&text);
        assert!(!safe.chars().any(|c| c != '\n' && is_hidden(c)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("still JSON"), value);
    }
}
