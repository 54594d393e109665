//! Reads redis.conf as Redis does: one directive a line, `#` comments only at its start,
//! quotes with escapes, and what comes later replaces what came before.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(named)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(named)?;
    if text.len() as u64 > MAX_FILE {
        return Err(format!("{}: larger than {MAX_FILE} bytes", path.display()));
    }
    Ok(text)
}

/// The directives of a file, in order: each a list of words, the first in lower case.
#[must_use]
pub fn directives(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(words)
        .map(|mut words| {
            words[0].make_ascii_lowercase();
            words
        })
        .collect()
}

/// The last arguments of a directive.
#[must_use]
pub fn last<'a>(directives: &'a [Vec<String>], name: &str) -> Option<&'a [String]> {
    directives.iter().rev().find(|words| words[0] == name).map(|words| &words[1..])
}

/// Splits a line into words; `None` for none, or for quotes that do not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let Some(first) = rest.peek().copied() else { break };
        let quote = matches!(first, '"' | '\'').then_some(first);
        if quote.is_some() {
            rest.next();
        }
        let mut word = String::new();
        loop {
            match (rest.next(), quote) {
                (None, Some(_)) => return None,
                (None, None) => break,
                (Some(c), Some(end)) if c == end => break,
                (Some(c), None) if c.is_whitespace() => break,
                (Some('\\'), Some('"')) => word.push(escaped(&mut rest)?),
                (Some('\\'), Some('\'')) if rest.peek() == Some(&'\'') => word.extend(rest.next()),
                (Some(c), _) => word.push(c),
            }
        }
        words.push(word);
    }
    (!words.is_empty()).then_some(words)
}

fn escaped(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'x' => {
            let digits: String = [rest.next()?, rest.next()?].iter().collect();
            char::from(u8::from_str_radix(&digits, 16).ok()?)
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_redis_reads_it() {
        for (name, line, expected) in [
            ("plain", "requirepass abc", vec!["requirepass", "abc"]),
            ("any case", "RequirePass aBc", vec!["requirepass", "aBc"]),
            ("quotes", "requirepass \"a b\\x41\\\"\"", vec!["requirepass", "a bA\""]),
            ("single quotes", "requirepass 'a#b'", vec!["requirepass", "a#b"]),
            ("# later in the line is text", "requirepass a#b", vec!["requirepass", "a#b"]),
            ("empty", "rename-command CONFIG \"\"", vec!["rename-command", "CONFIG", ""]),
        ] {
            assert_eq!(directives(line), [expected], "{name}");
        }
    }

    #[test]
    fn a_comment_or_broken_line_gives_nothing_and_the_last_one_wins() {
        assert!(directives("# requirepass abc\n\n  # x\nrequirepass \"open").is_empty());
        let two = directives("requirepass a\nrequirepass b");
        assert_eq!(last(&two, "requirepass"), Some(&["b".to_owned()][..]));
        assert_eq!(last(&two, "aclfile"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "([a-zA-Z]{1,9}|[\"'\\\\# \t\r\n]|\\\\x[0-9a-g]{0,2}|\\PC){0,200}") {
            let lines = directives(&text);
            proptest::prop_assert!(lines.len() <= text.lines().count());
            proptest::prop_assert!(lines.iter().all(|words| !words.is_empty()));
        }
    }
}
