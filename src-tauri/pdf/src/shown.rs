//! The record's texts as the page may show them: nothing hidden, nothing reordered, nothing
//! without a glyph, and no word too long to break.

use std::fmt::Write as _;

use countersign_domain::legible;
use serde_json::Value;

/// Characters of one text that are printed; the rest is counted.
const MOST: usize = 6_000;
/// Characters after which a word may break; a digest of 64 stays in one piece where it fits.
const WORD: usize = 16;
/// Where a word may break. Never left in a text that somebody wrote: it counts as hidden.
const BREAK: char = '\u{200b}';

/// Every text of `value`, made safe to show. `has` tells whether a font has the letter.
pub(crate) fn shown(value: &mut Value, has: &dyn Fn(char) -> bool) {
    match value {
        Value::String(text) => *text = text_shown(text, has),
        Value::Array(all) => all.iter_mut().for_each(|one| shown(one, has)),
        Value::Object(all) => all.values_mut().for_each(|one| shown(one, has)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One text, made safe to show.
pub(crate) fn text_shown(text: &str, has: &dyn Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len().min(MOST) + 8);
    let mut word = 0;
    let mut rest = text.chars();
    for c in rest.by_ref().take(MOST) {
        if c == '\n' || c == ' ' || c == '\t' {
            word = 0;
            out.push(if c == '\t' { ' ' } else { c });
            continue;
        }
        if word > 0 && word % WORD == 0 {
            out.push(BREAK);
        }
        word += 1;
        if legible::is_hidden(c) || !has(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩{BREAK}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    let left = rest.count();
    if left > 0 {
        let _ = write!(out, " ⟨{left} more characters stand in the attached record.json⟩");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_reorders_or_has_no_glyph_is_shown_as_a_code() {
        for (raw, told) in [
            ("plain\n#import \"x\" $a$", "plain\n#import \"x\" $a$"),
            ("a\u{202e}b", "a⟨U+202E⟩\u{200b}b"),
            ("\u{1b}[31m", "⟨U+001B⟩\u{200b}[31m"),
            ("zero\u{200b}width", "zero⟨U+200B⟩\u{200b}width"),
            ("क", "⟨U+0915⟩\u{200b}"),
            ("0123456789abcdefg", "0123456789abcdef\u{200b}g"),
        ] {
            assert_eq!(text_shown(raw, &|c| c != 'क'), told);
        }
        let long = text_shown(&"x ".repeat(500_000), &|_| true);
        assert!(long.ends_with("⟨994000 more characters stand in the attached record.json⟩"));
    }
}
