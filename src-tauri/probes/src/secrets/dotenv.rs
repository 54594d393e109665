//! Reads a `.env` file the way the `dotenv` package for Node does, because that is the
//! value the application will really run with. The grammar has sharp edges (`#` without a
//! blank cuts an unquoted value short; the last duplicate wins), and a kinder reader would
//! judge a value that the application never sees.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use zeroize::Zeroizing;

/// One assignment. A quoted value may span lines; an unquoted one ends at `#` or the
/// line's end. `${X}` is not expanded.
static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?mx)
        ^ \s* (?: export \s+ )?
        (?P<key> [A-Za-z0-9_.-]+ )
        (?: \s* = \s*? | : \s+? )
        (?P<value>
            \s* ' (?: \\' | [^'] )* '
          | \s* " (?: \\" | [^"] )* "
          | \s* ` (?: \\` | [^`] )* `
          | [^\#\r\n]+
        )?
        \s* (?: \#.* )? $"#,
    )
    .ok()
});

/// The keys and values of a dotenv text. Unreadable lines are skipped, as `dotenv` does.
#[must_use]
pub fn parse(text: &str) -> BTreeMap<String, Zeroizing<String>> {
    let text = Zeroizing::new(
        text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n"),
    );
    let Some(assignment) = ASSIGNMENT.as_ref() else { return BTreeMap::new() };
    assignment
        .captures_iter(&text)
        .map(|found| {
            let raw = found.name("value").map_or("", |value| value.as_str()).trim();
            (found["key"].to_owned(), unquote(raw))
        })
        .collect()
}

/// Takes the quotes off. Only double quotes understand `\n` and `\r`.
fn unquote(raw: &str) -> Zeroizing<String> {
    let quote = raw.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    let inner = quote.and_then(|quote| raw.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(raw);
    if quote == Some('"') {
        return Zeroizing::new(inner.replace("\\n", "\n").replace("\\r", "\r"));
    }
    Zeroizing::new(inner.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, key: &str) -> Option<String> {
        parse(text).get(key).map(|value| value.to_string())
    }

    #[test]
    fn a_value_is_what_node_would_see() {
        let cases: &[(&str, &str, &str)] = &[
            ("plain", "A=abc", "abc"),
            ("blanks around", "  A = abc  ", "abc"),
            ("export", "export A=abc", "abc"),
            ("colon with a blank", "A: abc", "abc"),
            ("single quotes keep #", "A='p@ss#word'", "p@ss#word"),
            ("double quotes keep #", "A=\"p@ss#word\"", "p@ss#word"),
            ("backquotes keep #", "A=`p@ss#word`", "p@ss#word"),
            ("# without a blank cuts", "A=p@ss#word", "p@ss"),
            ("comment after a blank", "A=abc # note", "abc"),
            ("comment after quotes", "A='abc' # note", "abc"),
            ("the last duplicate wins", "A=first\nA=second", "second"),
            ("no expansion", "A=${B}\nB=x", "${B}"),
            ("double quotes know \\n", "A=\"x\\ny\"", "x\ny"),
            ("single quotes do not", "A='x\\ny'", "x\\ny"),
            ("quotes span lines", "A=\"x\ny\"\nB=1", "x\ny"),
            ("empty", "A=\nB=1", ""),
            ("carriage returns", "A=abc\r\nB=1\r\n", "abc"),
            ("byte order mark", "\u{feff}A=abc", "abc"),
            ("equals signs inside", "A=YWJj==", "YWJj=="),
            ("an open quote is text", "A='abc", "'abc"),
        ];
        for (name, text, expected) in cases {
            assert_eq!(value(text, "A").as_deref(), Some(*expected), "{name}");
        }
    }

    #[test]
    fn a_commented_or_foreign_line_gives_nothing() {
        for text in ["# A=abc", "A", "just words here", "A:abc"] {
            assert_eq!(value(text, "A"), None, "{text}");
        }
    }

    #[test]
    fn a_file_made_to_be_slow_is_read_in_a_moment() {
        let start = std::time::Instant::now();
        for line in ["A='\n", "A=\"\\\"\n", "A=`x\n", "A=", " ", "A:", "\"", "export ", "A=#"] {
            let _ = parse(&line.repeat((16 << 10) / line.len()));
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_a_fault(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(vec![
                        "A", "=", ":", " ", "\n", "\r\n", "\r", "'", "\"", "`", "#", "\\", "export ",
                        "\\n", "é", "\u{feff}", "\0", "${A}",
                    ]).prop_map(str::to_owned),
                    any::<String>(),
                ], 0..30),
        ) {
            let text = parts.concat();
            for value in parse(&text).values() {
                prop_assert!(value.len() <= text.len());
            }
        }

        #[test]
        fn what_a_generator_makes_comes_back_as_it_is(value in "[A-Za-z0-9+/=_-]{1,100}") {
            for text in [format!("A={value}\n"), format!("A='{value}'"), format!("A=\"{value}\"")] {
                prop_assert_eq!(self::value(&text, "A"), Some(value.clone()));
            }
        }
    }
}
