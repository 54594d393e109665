//! Reads what compilers and test runners print, because an exit code alone can lie: a
//! runner that found no test, or a script that ends well at 13 %, exits with zero.

use std::sync::LazyLock;

use regex::Regex;

/// Tests of a run, summed over its suites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tests {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were not run: skipped, pending, to do.
    pub skipped: u64,
}

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static TSC: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\berror TS\d+:"));
static TSC_TOTAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^Found (\d+) errors?\b"));
static PERCENT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(\d{1,9}(?:\.\d{1,9})?)\s?%"));
/// Jest: `Tests:  3 failed, 10 passed, 13 total`; Vitest: `Tests  3 failed | 10 passed (13)`.
static SUMMARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?m)^\s*Tests:?\s+((?:\d+ \w+(?:\s*[,|]\s*|\s*))+)(?:\(\d+\))?\s*$")
});
/// The parts of such a line, and Mocha's own lines: `10 passing (5ms)`.
static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(\d+) (\w+)"));
static MOCHA: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^\s*(\d+) (passing|failing|pending)\b"));
/// Node's own runner: `# pass 5` or `ℹ pass 5`.
static NODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?m)^\s*[#ℹ] (pass|fail|cancelled|skipped|todo) (\d+)\s*$"));
static NO_TESTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?im)^\s*no tests? (?:files? )?(?:were )?found\b"));

/// Errors that the TypeScript compiler named. Its own total counts when the start of the
/// output is lost.
#[must_use]
pub fn tsc_errors(text: &str) -> u64 {
    let listed = TSC.as_ref().map_or(0, |pattern| pattern.find_iter(text).count() as u64);
    let total = TSC_TOTAL
        .as_ref()
        .and_then(|pattern| pattern.captures_iter(text).last())
        .and_then(|found| found[1].parse().ok())
        .unwrap_or(0);
    listed.max(total)
}

/// The last percentage in the output.
#[must_use]
pub fn last_percent(text: &str) -> Option<f64> {
    PERCENT.as_ref()?.captures_iter(text).last()?[1].parse().ok()
}

/// The tests that a runner reports; `None` when no known summary is there.
#[must_use]
pub fn tests(text: &str) -> Option<Tests> {
    let mut tests = Tests::default();
    let mut known = NO_TESTS.as_ref().is_some_and(|pattern| pattern.is_match(text));
    let mut add = |count: &str, what: &str| {
        // A number too large to read must not turn into zero failures.
        let count = count.parse().unwrap_or(u64::MAX);
        let field = match what {
            "passed" | "passing" | "pass" => &mut tests.passed,
            "failed" | "failing" | "fail" | "cancelled" => &mut tests.failed,
            "skipped" | "pending" | "todo" => &mut tests.skipped,
            _ => return,
        };
        *field = field.saturating_add(count);
    };
    for line in SUMMARY.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        known = true;
        for part in COUNT.iter().flat_map(|pattern| pattern.captures_iter(&line[1])) {
            add(&part[1], &part[2]);
        }
    }
    for part in MOCHA.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        known = true;
        add(&part[1], &part[2]);
    }
    for part in NODE.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        known = true;
        add(&part[2], &part[1]);
    }
    known.then_some(tests)
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
            ("something else", "all fine, 10 things", None),
        ];
        for (name, text, expected) in cases {
            let expected =
                expected.map(|(passed, failed, skipped)| Tests { passed, failed, skipped });
            assert_eq!(tests(text), expected, "{name}");
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
