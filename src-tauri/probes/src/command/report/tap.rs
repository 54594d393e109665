//! The Test Anything Protocol (testanything.org, versions 12 to 14). Tests of the outermost
//! level count; a nested one that fails makes the one around it fail.

use super::{Tests, Unread};

enum Directive {
    None,
    Skip,
    Todo,
}

/// The tests of a report.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub(super) fn tests(text: &str) -> Result<Tests, Unread> {
    let mut plan: Option<u64> = None;
    let mut tests = Tests::default();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.split_inclusive('\n') {
        let ended = line.ends_with('\n');
        let line = line.trim_end();
        if let Some(why) = line.strip_prefix("Bail out!") {
            return Err(Unread::GaveUp(format!("Bail out!{}", short(why))));
        }
        let planned = planned(line);
        // `ok 3 # SK` might have become `ok 3 # SKIP`, and `1..3` might have become `1..30`.
        if !ended && (planned.is_some() || test_line(line).is_some()) {
            return Err(Unread::Broken("its last line does not end".into()));
        }
        if let Some(count) = planned {
            if plan.replace(count).is_some() {
                return Err(Unread::Contradicts("it has more than one plan".into()));
            }
            continue;
        }
        let Some((good, rest)) = test_line(line) else { continue };
        tests.total += 1;
        let number = number(rest).unwrap_or(tests.total);
        if !seen.insert(number) {
            return Err(Unread::Contradicts(format!("test {number} is there twice")));
        }
        match (directive(rest), good) {
            (Directive::Skip | Directive::Todo, _) => tests.skipped += 1,
            (Directive::None, true) => tests.passed += 1,
            (Directive::None, false) => tests.failed += 1,
        }
    }
    match plan {
        None if tests.total == 0 => Err(Unread::Absent),
        None => Err(Unread::Broken("its plan (1..N) is missing".into())),
        Some(planned) if planned == tests.total && seen.last().is_none_or(|n| *n <= planned) => {
            tests.consistent()
        }
        Some(planned) => Err(Unread::Broken(format!(
            "{planned} tests are planned, and {} are reported",
            tests.total
        ))),
    }
}

fn planned(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("1..")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let after = rest[digits.len()..].trim_start();
    if !after.is_empty() && !after.starts_with('#') {
        return None;
    }
    digits.parse().ok()
}

/// Whether it says `ok`, and what follows.
fn test_line(line: &str) -> Option<(bool, &str)> {
    let (good, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok")?),
    };
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((good, rest.trim_start()))
}

fn number(rest: &str) -> Option<u64> {
    let word = rest.split_whitespace().next()?;
    word.parse().ok()
}

/// The directive after the first `#` that is not escaped.
fn directive(rest: &str) -> Directive {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '\\' => escaped = !escaped,
            '#' if !escaped => {
                let word = rest[at + 1..].trim_start().to_ascii_lowercase();
                if word.starts_with("skip") {
                    return Directive::Skip;
                }
                if word.starts_with("todo") {
                    return Directive::Todo;
                }
            }
            _ => escaped = false,
        }
    }
    Directive::None
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_and_the_plan_must_hold() {
        let broken = Unread::Broken(String::new());
        let contradicts = Unread::Contradicts(String::new());
        let cases = [
            ("two pass", "TAP version 14\n1..2\nok 1 - a\nok 2 - b\n", Ok((2, 0, 0))),
            ("plan at the end", "ok 1\nnot ok 2\n1..2\n", Ok((1, 1, 0))),
            ("without numbers", "1..2\nok\nok\n", Ok((2, 0, 0))),
            ("skipped and to do", "1..3\nok 1 # SKIP x\nnot ok 2 # TODO y\nok 3\n", Ok((1, 0, 2))),
            ("an escaped number sign", "1..1\nnot ok 1 - C\\# SKIP\n", Ok((0, 1, 0))),
            (
                "nested",
                "1..1\n# Subtest: a\n    ok 1 - x\n    not ok 2 - y\n    1..2\nnot ok 1 - a\n  ---\n  ok: 1\n  ...\n",
                Ok((0, 1, 0)),
            ),
            ("lines around it", "\n> app@1 test\n> tap\n\nok 1\n1..1\nokay then\n", Ok((1, 0, 0))),
            ("none planned", "1..0 # SKIP no database\n", Ok((0, 0, 0))),
            ("cut off", "1..3\nok 1\nok 2\n", Err(broken.clone())),
            ("cut off in its last line", "1..2\nok 1\nok 2 # SKI", Err(broken.clone())),
            ("cut off in its plan", "ok 1\n1..1", Err(broken.clone())),
            ("no plan", "ok 1\nok 2\n", Err(broken.clone())),
            ("more than planned", "1..1\nok 1\nok 2\n", Err(broken.clone())),
            ("a number beyond the plan", "1..1\nok 7\n", Err(broken)),
            ("one twice", "1..2\nok 1\nok 1\n", Err(contradicts.clone())),
            ("two plans", "1..1\nok 1\n1..1\n", Err(contradicts)),
            ("gave up", "1..2\nok 1\nBail out! no database\n", Err(Unread::GaveUp(String::new()))),
            ("something else", "all is well\n", Err(Unread::Absent)),
        ];
        for (name, text, expected) in cases {
            let read = tests(text).map(|tests| (tests.passed, tests.failed, tests.skipped));
            match (&read, &expected) {
                (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{name}"),
                (Err(read), Err(expected)) => assert_eq!(
                    std::mem::discriminant(read),
                    std::mem::discriminant(expected),
                    "{name}: {read}"
                ),
                _ => panic!("{name}: {read:?}"),
            }
        }
    }
}
