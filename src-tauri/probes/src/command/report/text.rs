//! The words that compilers and test runners end with, for people.

use std::sync::LazyLock;

use regex::Regex;

use super::{Tests, Unread};

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static TSC: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\berror TS\d+:"));
static TSC_TOTAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^Found (\d+) errors?\b"));
static PERCENT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(\d{1,9}(?:\.\d{1,9})?)\s?%"));
/// Jest: `Tests:  3 failed, 10 passed, 13 total`; Vitest: `Tests  3 failed | 10 passed (13)`.
static SUMMARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?m)^\s*Tests:?\s+((?:\d+ (?:expected fail|\w+)(?:\s*[,|]\s*|\s*))+)(?:\((\d+)\))?\s*$",
    )
});
/// The parts of such a line, and Mocha's own lines: `10 passing (5ms)`.
static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(\d+) (expected fail|\w+)"));
static MOCHA: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^\s*(\d+) (passing|failing|pending)\b"));
/// Node's own runner: `# pass 5` or `ℹ pass 5`.
static NODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^\s*[#ℹ] (tests|pass|fail|cancelled|skipped|todo) (\d+)\s*$"));
static NO_TESTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?im)^\s*no tests? (?:files? )?(?:were )?found\b"));

/// Errors that the TypeScript compiler named. Its own total counts when the start of the
/// output is lost.
pub(super) fn tsc_errors(text: &str) -> u64 {
    let listed = TSC.as_ref().map_or(0, |pattern| pattern.find_iter(text).count() as u64);
    let total = TSC_TOTAL
        .as_ref()
        .and_then(|pattern| pattern.captures_iter(text).last())
        .and_then(|found| found[1].parse().ok())
        .unwrap_or(0);
    listed.max(total)
}

/// The last percentage in the output.
pub(super) fn last_percent(text: &str) -> Option<f64> {
    PERCENT.as_ref()?.captures_iter(text).last()?[1].parse().ok()
}

/// The tests that a runner reports, summed over its summaries.
///
/// # Errors
/// [`Unread::Absent`] when no known summary is there; [`Unread::Contradicts`] when one does
/// not add up.
pub(super) fn tests(text: &str) -> Result<Tests, Unread> {
    let mut parts: Vec<Tests> = Vec::new();
    for line in SUMMARY.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let counts = COUNT.iter().flat_map(|pattern| pattern.captures_iter(&line[1]));
        let mut tests =
            summed(counts.map(|part| part.extract().1).map(|[count, what]| (count, what)));
        if let Some(total) = line.get(2) {
            tests.total = number(total.as_str());
        }
        parts.push(tests);
    }
    let mocha = MOCHA.iter().flat_map(|pattern| pattern.captures_iter(text));
    parts.push(summed(mocha.map(|part| part.extract().1).map(|[count, what]| (count, what))));
    let node = NODE.iter().flat_map(|pattern| pattern.captures_iter(text));
    parts.push(summed(node.map(|part| part.extract().1).map(|[what, count]| (count, what))));
    let known = NO_TESTS.iter().any(|pattern| pattern.is_match(text))
        || [&SUMMARY, &MOCHA, &NODE].into_iter().flat_map(|p| p.iter()).any(|p| p.is_match(text));
    if !known {
        return Err(Unread::Absent);
    }
    let mut sum = Tests::default();
    for tests in parts {
        let tests = tests.consistent()?;
        sum.total = sum.total.saturating_add(tests.total);
        sum.passed = sum.passed.saturating_add(tests.passed);
        sum.failed = sum.failed.saturating_add(tests.failed);
        sum.skipped = sum.skipped.saturating_add(tests.skipped);
    }
    Ok(sum)
}

/// Counts by what they count. Where no total is given, it is their sum.
fn summed<'a>(counts: impl Iterator<Item = (&'a str, &'a str)>) -> Tests {
    let mut tests = Tests::default();
    let mut total: Option<u64> = None;
    for (count, what) in counts {
        let count = number(count);
        let field = match what {
            "passed" | "passing" | "pass" | "expected fail" => &mut tests.passed,
            "failed" | "failing" | "fail" | "cancelled" => &mut tests.failed,
            "skipped" | "pending" | "todo" => &mut tests.skipped,
            "total" | "tests" => total.get_or_insert_default(),
            _ => continue,
        };
        *field = field.saturating_add(count);
    }
    let sum = tests.run().saturating_add(tests.skipped);
    Tests { total: total.unwrap_or(sum), ..tests }
}

/// A number too large to read must not turn into zero failures.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runners_summary_is_read() {
        let cases = [
            (
                "jest",
                "Test Suites: 1 failed, 1 total\nTests:       3 failed, 10 passed, 13 total\n",
                Some((10, 3, 0)),
            ),
            ("jest, all well", "Tests:       13 passed, 13 total", Some((13, 0, 0))),
            ("jest, skipped", "Tests:       1 skipped, 2 todo, 4 passed, 7 total", Some((4, 0, 3))),
            (
                "jest, two packages",
                "Tests: 2 passed, 2 total\nTests: 1 failed, 1 total",
                Some((2, 1, 0)),
            ),
            ("jest, none", "No tests found, exiting with code 0", Some((0, 0, 0))),
            (
                "vitest",
                " Test Files  1 failed (1)\n      Tests  3 failed | 10 passed (13)\n",
                Some((10, 3, 0)),
            ),
            ("vitest, skipped", "      Tests  10 passed | 2 skipped (12)", Some((10, 0, 2))),
            ("vitest, none", "No test files found, exiting with code 0", Some((0, 0, 0))),
            ("mocha", "  10 passing (5ms)\n  1 pending\n  2 failing\n", Some((10, 2, 1))),
            ("node", "# tests 6\n# pass 5\n# fail 1\n# skipped 0\n", Some((5, 1, 0))),
            ("node, pretty", "ℹ tests 5\nℹ pass 5\nℹ fail 0\n", Some((5, 0, 0))),
            ("node, none", "# tests 0\n# pass 0\n# fail 0\n", Some((0, 0, 0))),
            (
                "vitest, expected to fail",
                "      Tests  3 passed | 1 expected fail | 1 todo (5)",
                Some((4, 0, 1)),
            ),
            ("something else", "all fine, 10 things", None),
            ("jest, a sum that is wrong", "Tests:       2 passed, 13 total", None),
            ("vitest, a sum that is wrong", "      Tests  2 passed (13)", None),
            ("node, a sum that is wrong", "# tests 6\n# pass 5\n# fail 0\n", None),
        ];
        for (name, text, expected) in cases {
            let expected = expected.map(|(passed, failed, skipped)| Tests {
                total: passed + failed + skipped,
                passed,
                failed,
                skipped,
            });
            assert_eq!(tests(text).ok(), expected, "{name}");
        }
    }

    #[test]
    fn a_compilers_errors_are_counted_in_both_of_its_forms() {
        let plain = "src/a.ts(3,5): error TS2322: Type\nsrc/b.ts(1,1): error TS2304: Cannot find\n";
        assert_eq!(tsc_errors(plain), 2);
        let pretty = "src/a.ts:3:5 - error TS2322: Type\n\nFound 31 errors in 4 files.\n";
        assert_eq!(tsc_errors(pretty), 31);
        assert_eq!(tsc_errors("// error TS is only mentioned"), 0);
    }

    #[test]
    fn the_last_percentage_counts() {
        assert_eq!(last_percent("50 %\npassed: 100%\nrate 13.5% done"), Some(13.5));
        assert_eq!(last_percent("100 of 100"), None);
    }
}
