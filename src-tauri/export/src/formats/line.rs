//! Text from people and servers in the two shapes that OSCAL knows.

use crate::text::{markdown, visible};

/// A line that begins and ends with something to see; `None` when there is nothing.
pub(super) fn line(text: &str) -> Option<String> {
    let words = visible(text);
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Markup in which every sign stands for itself; `None` when there is nothing.
pub(super) fn markup(text: &str) -> Option<String> {
    line(text).map(|line| markdown(&line))
}

/// Labelled texts as one line of markup; those that are empty are left out.
pub(super) fn labelled(parts: &[(&str, &str)]) -> Option<String> {
    let told = parts.iter().filter(|(_, text)| !text.trim().is_empty());
    let lines: Vec<_> = told
        .map(|(label, text)| match *label {
            "" => (*text).to_owned(),
            label => format!("{label}: {text}"),
        })
        .collect();
    markup(&lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_and_no_markup_is_left() {
        assert_eq!(line(" a\n\tb\u{202e} ").as_deref(), Some("a b⟨U+202E⟩"));
        assert_eq!(line(" \n "), None);
        assert_eq!(markup("<b>*x*").as_deref(), Some("&lt;b&gt;\\*x\\*"));
        let parts = [("", "seen"), ("Expected", ""), ("Observed", "200")];
        assert_eq!(labelled(&parts).as_deref(), Some("seen; Observed&#58; 200"));
    }
}
