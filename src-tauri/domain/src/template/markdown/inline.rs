//! One line of Markdown as plain text and back. Code keeps its backticks, links become
//! their text, emphasis goes.

use pulldown_cmark::{Event, Options, Parser};

/// The dialect: CommonMark and task lists.
pub(super) const DIALECT: Options = Options::ENABLE_TASKLISTS;

/// Plain text that grows from inline events.
#[derive(Debug, Default)]
pub(super) struct Plain(String);

impl Plain {
    /// Takes an inline event; block events add nothing.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) | Event::InlineHtml(text) => self.0.push_str(text),
            Event::Code(code) => {
                self.0.push('`');
                self.0.push_str(code);
                self.0.push('`');
            }
            Event::SoftBreak | Event::HardBreak => self.0.push(' '),
            _ => {}
        }
    }

    /// The text with runs of white space as one space.
    pub(super) fn line(&self) -> String {
        self.0.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What a reader makes of the text after `prefix` (such as `- [ ] ` or `## `).
fn read_back(prefix: &str, line: &str) -> (String, usize) {
    let mut plain = Plain::default();
    let mut blocks = 0;
    let source = format!("{prefix}{line}\n");
    for event in Parser::new_ext(&source, DIALECT) {
        blocks += usize::from(matches!(event, Event::Start(_) | Event::Rule | Event::Html(_)));
        plain.take(&event);
    }
    (plain.line(), blocks)
}

/// The line as Markdown that reads back to the same line: as it is where possible, else
/// with its punctuation escaped.
pub(super) fn written(prefix: &str, line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (sample, expected_blocks) = read_back(prefix, "x");
    let before = sample.strip_suffix('x').unwrap_or_default();
    let (text, blocks) = read_back(prefix, &line);
    // Emphasis and links add blocks even where the text happens to stay the same.
    if blocks == expected_blocks && text.strip_prefix(before) == Some(&line) {
        return line;
    }
    let mut escaped = String::with_capacity(line.len() + 8);
    for character in line.chars() {
        if character.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        for prefix in ["- [ ] ", "## ", "**Risk if skipped**: "] {
            for line in [
                "JWT_SECRET is 128 characters",
                "`.env` is in `.gitignore`",
                "no *stars* or __bars__ or [links](here) <b>html</b>",
                "a ` lone backtick, `` `two` `` and \\ backslash",
                "&amp; entity, a # hash #",
                "[x] not a box",
                "1. not a list",
                "<https://example.com>",
            ] {
                let (text, _) = read_back(prefix, &written(prefix, line));
                let (sample, _) = read_back(prefix, "x");
                let before = sample.strip_suffix('x').expect("the sample");
                assert_eq!(text.strip_prefix(before), Some(line), "after {prefix:?}");
            }
        }
    }

    #[test]
    fn a_line_without_markup_is_left_alone() {
        assert_eq!(
            written("- [ ] ", "`redis.conf` has `requirepass` set"),
            "`redis.conf` has `requirepass` set"
        );
        assert_eq!(written("- [ ] ", "MY_SECRET_KEY is set, 5 * 3"), "MY_SECRET_KEY is set, 5 * 3");
    }
}
