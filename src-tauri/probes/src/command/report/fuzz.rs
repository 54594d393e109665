//! Reports are hostile: whatever bytes they hold, reading ends soon, and a damaged report
//! never tells of more passes than tests.

use proptest::prelude::*;

use super::{Printed, Report, Unread, read_file, read_printed};
use crate::command::params::Parse;

const JEST: &str = r#"{"numTotalTests":3,"numPassedTests":2,"numFailedTests":0,"numPendingTests":1,"numTodoTests":0,"success":true,"testResults":[{"status":"passed","assertionResults":[{"status":"passed","title":"ä"},{"status":"passed"},{"status":"pending"}]}]}"#;
const TAP: &str = "TAP version 13\n1..3\nok 1 - a\nok 2 - b\nok 3 - c # SKIP later\n# done";
const JUNIT: &str = r#"<?xml version="1.0"?><testsuites tests="3" failures="0"><testsuite name="a" tests="3" failures="0"><testcase name="x"/><testcase name="y"></testcase><testcase name="z"><skipped/></testcase></testsuite></testsuites>"#;
const SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t","rules":[{"id":"R"}]}},"results":[{"ruleId":"R","level":"note"}]}]}"#;
const TEXTS: [&str; 5] = [
    "Test Suites: 1 passed, 1 total\nTests:       1 skipped, 2 passed, 3 total\nTime: 1 s\n",
    " Test Files  1 passed (1)\n      Tests  2 passed | 1 skipped (3)\n",
    "  2 passing (5ms)\n  1 pending\n",
    "# tests 3\n# pass 2\n# fail 0\n# skipped 1\n",
    "a.ts(1,1): error TS2322: x\nFound 1 error.\n100%",
];
const ALL: [Parse; 7] = [
    Parse::Tsc,
    Parse::Jest,
    Parse::Vitest,
    Parse::Tap,
    Parse::Junit,
    Parse::Sarif,
    Parse::Percent,
];
const WHOLE: [(Parse, &str); 4] =
    [(Parse::Jest, JEST), (Parse::Tap, TAP), (Parse::Junit, JUNIT), (Parse::Sarif, SARIF)];

fn every_reading(text: &str) -> Vec<Result<Report, Unread>> {
    let printed = Printed { both: text.into(), out: text.into(), ..Printed::default() };
    let printed = ALL.iter().map(|parse| read_printed(*parse, &printed));
    printed.chain(ALL.iter().map(|parse| read_file(*parse, text))).collect()
}

fn hold(text: &str) -> Result<(), TestCaseError> {
    let start = std::time::Instant::now();
    for report in every_reading(text) {
        if let Ok(Report::Tests(tests)) = report {
            let parts = u128::from(tests.passed) + u128::from(tests.failed);
            prop_assert!(parts <= u128::from(tests.total), "{tests:?} of {text}");
        }
    }
    prop_assert!(start.elapsed() < std::time::Duration::from_secs(2), "{}", text.len());
    Ok(())
}

/// A report with a piece taken out, doubled, or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let whole: Vec<&str> = WHOLE.iter().map(|(_, text)| *text).chain(TEXTS).collect();
    (prop::sample::select(whole), 0.0..1.0, 0.0..1.0, "[\\x00-\\x7f]{0,6}|[0-9]{1,25}", 0..3)
        .prop_map(|(text, from, length, with, how): (&str, f64, f64, String, i32)| {
            let chars: Vec<char> = text.chars().collect();
            let from = (from * chars.len() as f64) as usize;
            let to = (from + (length * 40.0) as usize).min(chars.len());
            let (before, cut, after) = (&chars[..from], &chars[from..to], &chars[to..]);
            let middle: Vec<char> = match how {
                0 => Vec::new(),
                1 => [cut, cut].concat(),
                _ => with.chars().collect(),
            };
            [before, &middle, after].concat().into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_reader(text in "(?s).{0,2000}") {
        hold(&text)?;
    }

    #[test]
    fn no_text_of_the_words_of_reports_breaks_a_reader(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "<testsuite", " tests=\"1\"", ">", "/>", "<testcase", "</testsuite>", "<!DOCTYPE",
                "<![CDATA[", "&a;", "{", "}", "[", "]", "\"runs\":", "\"numTotalTests\":", "ok ",
                "not ok ", "1..", "# SKIP", "18446744073709551615", "1e999", "Tests: ", "1 passed",
                ", ", " total", "\n", "%", "error TS1:", "Found 9 errors", "ℹ pass 1", "\u{0}",
            ]),
            0..200,
        ),
    ) {
        hold(&words.concat())?;
    }

    #[test]
    fn a_damaged_report_never_has_more_passes_than_tests(text in damaged()) {
        hold(&text)?;
    }

    #[test]
    fn a_report_that_ends_before_its_end_has_no_numbers(
        which in 0..WHOLE.len(),
        at in 0.0..1.0,
    ) {
        let (parse, whole) = WHOLE[which];
        let end = (at * whole.len() as f64) as usize;
        let end = (0..=end).rev().find(|end| whole.is_char_boundary(*end)).unwrap_or(0);
        let read = read_file(parse, &whole[..end]);
        // After its last test, TAP has nothing left to lose.
        let complete = parse == Parse::Tap && whole[..end].contains("ok 3");
        prop_assert!(complete || read.is_err(), "{read:?} of {}", &whole[..end]);
    }
}

#[test]
fn whole_reports_are_read() {
    for (parse, text) in WHOLE {
        assert!(read_file(parse, text).is_ok(), "{parse:?}");
    }
}

#[test]
fn long_hostile_reports_are_read_in_bounded_time() {
    for text in [
        "{".repeat(1 << 15),
        "[".repeat(1 << 15),
        "<testsuite>".repeat(1 << 14),
        format!("<testsuite>{}", "<testcase/>".repeat(1 << 14)),
        "ok\n".repeat(1 << 14),
        "Tests: ".repeat(1 << 14),
        format!("Tests: {}", "1 passed, ".repeat(1 << 14)),
        "\n".repeat(1 << 15),
        "\\#".repeat(1 << 15),
        "1%".repeat(1 << 14),
    ] {
        let start = std::time::Instant::now();
        every_reading(&text);
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
