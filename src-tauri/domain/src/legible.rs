//! Which characters a reader cannot see, or be misled by. Hostile text comes from probed
//! servers and from people; every room that shows or keeps text asks here, so that none
//! forgets one.

/// Control characters (line feed and tab among them), and the format characters that hide
/// text or turn its direction (Unicode UAX #9 and UTS #39).
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_or_turns_the_text_is_hidden_and_letters_are_not() {
        for c in ['\u{1b}', '\n', '\u{9b}', '\u{202e}', '\u{200b}', '\u{2069}', '\u{e0041}'] {
            assert!(is_hidden(c), "{:04X}", u32::from(c));
        }
        for c in ['a', 'é', '日', ' ', '–', '✓', '🔒', '\u{301}'] {
            assert!(!is_hidden(c), "{c}");
        }
    }
}
