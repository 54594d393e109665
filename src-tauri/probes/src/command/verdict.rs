//! What an exit code and a report say together. They must agree: a report without failures
//! does not excuse a command that failed, and a command that ended well does not excuse a
//! report with failures.

use countersign_domain::finding::{Note, Outcome, Reason};

use super::exit_zero::Facts;
use super::params::{Params, Parse};
use super::report::{Report, Scan, Tests, Unread, read_file, read_printed};

/// The code by which a script's shell says that a program is missing.
const NOT_FOUND: i32 = 127;
/// Above this, a code is a shell's own, and says that a signal ended the program.
const LAST_OWN_CODE: i32 = 125;

/// A verdict, its sentence, and its reservations.
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) summary: String,
    pub(super) notes: Vec<Note>,
}

impl Verdict {
    fn new(outcome: Outcome, summary: impl Into<String>) -> Self {
        Self { outcome, summary: summary.into(), notes: Vec::new() }
    }

    fn fail(summary: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, summary)
    }

    fn doubt(summary: impl Into<String>) -> Self {
        Self::new(Outcome::Inconclusive(Reason::Unexpected), summary)
    }

    fn note(mut self, code: &str, count: u64, text: &str) -> Self {
        if count > 0 {
            self.notes.push(Note { code: code.into(), text: format!("{count} {text}") });
        }
        self
    }
}

/// How the command ended, in words.
pub(super) fn ending(code: Option<i32>) -> String {
    code.map_or_else(|| "ended by a signal".into(), |code| format!("exit code {code}"))
}

/// The numbers of the report, when there is one.
pub(super) fn report(facts: &Facts, params: &Params) -> Result<Report, Unread> {
    match &facts.file {
        None => read_printed(params.parse, &facts.printed),
        Some(Ok(text)) => read_file(params.parse, text),
        Some(Err(why)) => Err(Unread::Broken(why.clone())),
    }
}

/// Judges code and report.
pub(super) fn verdict(facts: &Facts, params: &Params) -> Verdict {
    let ended = ending(facts.code);
    if facts.code == Some(NOT_FOUND) {
        return Verdict::new(
            Outcome::Inconclusive(Reason::NotConfigured),
            "A program that the command needs is not installed (exit code 127)",
        );
    }
    if params.parse == Parse::Exit {
        return match facts.code {
            Some(0) => Verdict::new(Outcome::Pass, "The command ended well"),
            _ => Verdict::fail(format!("The command failed: {ended}")),
        };
    }
    match report(facts, params) {
        Ok(Report::Tests(tests)) => by_tests(&tests, facts.code, params.required_percent),
        Ok(Report::Scan(scan)) if params.parse == Parse::Tsc => by_compiler(&scan, facts.code),
        Ok(Report::Scan(scan)) => by_scan(&scan, facts.code),
        Ok(Report::Rate(rate)) => by_rate(rate, facts.code, params.required_percent),
        // Which report is missing does not matter when the command failed before writing it.
        Err(Unread::Absent) if facts.code != Some(0) => {
            Verdict::fail(format!("The command failed: {ended}"))
        }
        Err(Unread::Absent) => Verdict::doubt(format!(
            "The command ended well, but {} that is known",
            if params.parse == Parse::Percent { "prints no percentage" } else { "gives no report" }
        )),
        Err(unread) => Verdict::doubt(format!("Could not read the result ({ended}): {unread}")),
    }
}

fn by_compiler(scan: &Scan, code: Option<i32>) -> Verdict {
    match (scan.errors, code) {
        (0, Some(0)) => Verdict::new(Outcome::Pass, "The compiler found no error"),
        // npx says so when the compiler is not there, and it is no verdict on the code.
        (0, _) => Verdict::doubt(format!(
            "The compiler named no error, yet: {}. Is it installed?",
            ending(code)
        )),
        (errors, _) => Verdict::fail(format!("The compiler found {errors} errors")),
    }
}

fn by_scan(scan: &Scan, code: Option<i32>) -> Verdict {
    let verdict = match (scan.errors, code) {
        (0, Some(0)) => Verdict::new(Outcome::Pass, "The scan found no error"),
        (0, _) => Verdict::fail(format!(
            "The scan found no error, yet the command failed: {}",
            ending(code)
        )),
        (errors, _) => Verdict::fail(format!("The scan found {errors} errors")),
    };
    verdict.note("lesser-results", scan.others, "results are of a lower level than error").note(
        "suppressed-results",
        scan.suppressed,
        "results were suppressed by somebody",
    )
}

fn by_tests(tests: &Tests, code: Option<i32>, required: f64) -> Verdict {
    let run = tests.run();
    let ended = ending(code);
    // Rounding must not make a failure disappear.
    let enough = required < 100.0 && rate(tests) >= required;
    let verdict = match (tests.failed, run, code) {
        (_, 0, _) => Verdict::fail("No test was run"),
        (0, _, Some(0)) => Verdict::new(Outcome::Pass, format!("All {run} tests passed")),
        (0, _, _) => Verdict::fail(format!("All {run} tests passed, yet the run failed: {ended}")),
        (failed, _, Some(1..=LAST_OWN_CODE)) if enough => {
            Verdict::new(Outcome::Pass, format!("{} of {run} tests passed", tests.passed)).note(
                "tests-failed",
                failed,
                &format!("of {run} tests failed, which the checklist allows ({required} %)"),
            )
        }
        (failed, _, Some(0)) => {
            Verdict::fail(format!("{failed} of {run} tests failed, though the command ended well"))
        }
        (failed, _, _) => Verdict::fail(format!("{failed} of {run} tests failed")),
    };
    verdict.note("tests-skipped", tests.skipped, "tests were not run")
}

#[allow(clippy::cast_precision_loss, reason = "a rate of tests is exact far beyond any suite")]
fn rate(tests: &Tests) -> f64 {
    100.0 * tests.passed as f64 / tests.run() as f64
}

fn by_rate(rate: f64, code: Option<i32>, required: f64) -> Verdict {
    if !(required..=100.0).contains(&rate) {
        return Verdict::fail(format!("{rate} % at the end, not {required} %"));
    }
    match code {
        Some(0) => Verdict::new(Outcome::Pass, format!("{rate} % at the end")),
        _ => Verdict::fail(format!("{rate} %, yet the command failed: {}", ending(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::report::Printed;

    fn judged(parse: &str, more: &str, code: Option<i32>, out: &str) -> Verdict {
        let params = format!(r#"{{"run": ["x"], "parse": "{parse}"{more}}}"#);
        let params: Params = serde_json::from_str(&params).expect("parameters");
        let printed = Printed { both: out.into(), out: out.into(), ..Printed::default() };
        verdict(&Facts { code, printed, file: None }, &params)
    }

    const JEST_2: &str = "Tests: 2 passed, 2 total";
    const JEST_1_OF_3: &str = "Tests: 1 failed, 2 passed, 3 total";
    const SARIF: &str =
        r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[]}]}"#;

    #[test]
    fn the_exit_code_and_the_report_must_agree() {
        use Outcome::{Fail, Inconclusive, Pass};
        let unknown = Inconclusive(Reason::Unexpected);
        let missing = Inconclusive(Reason::NotConfigured);
        let error = SARIF.replace("[]}]", r#"[{"level":"error"}]}]"#);
        let suite = r#"<testsuite tests="1"><testcase name="x"/></testsuite>"#;
        let cases = [
            ("ends well", "exit", Some(0), "", Pass),
            ("ends badly", "exit", Some(1), "", Fail),
            ("killed", "exit", None, "", Fail),
            ("program missing inside a script", "exit", Some(127), "sh: tsc: not found", missing),
            ("compiles", "tsc", Some(0), "", Pass),
            ("two errors", "tsc", Some(2), "a.ts(1,1): error TS1: x", Fail),
            ("errors but exit 0", "tsc", Some(0), "a.ts(1,1): error TS1: x", Fail),
            ("no compiler", "tsc", Some(1), "This is not the tsc command", unknown),
            ("tests pass", "jest", Some(0), JEST_2, Pass),
            ("one fails", "jest", Some(1), JEST_1_OF_3, Fail),
            ("one fails but exit 0", "jest", Some(0), JEST_1_OF_3, Fail),
            ("no test", "jest", Some(0), "No tests found, exiting with code 0", Fail),
            ("all skipped", "jest", Some(0), "Tests: 3 skipped, 3 total", Fail),
            ("no summary", "jest", Some(0), "done", unknown),
            ("no summary, exit 1", "jest", Some(1), "npm error Missing script", Fail),
            ("coverage below its threshold", "jest", Some(1), JEST_2, Fail),
            ("a sum that is wrong", "jest", Some(0), "Tests: 2 passed, 3 total", unknown),
            ("vitest", "vitest", Some(0), " Tests  2 passed (2)", Pass),
            ("TAP", "tap", Some(0), "1..1\nok 1\n", Pass),
            ("TAP, exit 1", "tap", Some(1), "1..1\nok 1\n", Fail),
            ("TAP, cut off", "tap", Some(0), "1..2\nok 1\n", unknown),
            ("TAP, nothing planned", "tap", Some(0), "1..0 # SKIP\n", Fail),
            ("JUnit", "junit", Some(0), suite, Pass),
            ("JUnit, no case", "junit", Some(0), "<testsuites/>", Fail),
            ("JUnit, cut off", "junit", Some(0), &suite[..40], unknown),
            ("SARIF", "sarif", Some(0), SARIF, Pass),
            ("SARIF with an error", "sarif", Some(1), &error, Fail),
            ("SARIF with an error, exit 0", "sarif", Some(0), &error, Fail),
            ("SARIF without, exit 2", "sarif", Some(2), SARIF, Fail),
            ("100 %", "percent", Some(0), "rate: 100%", Pass),
            ("13 % but exit 0", "percent", Some(0), "rate: 13%", Fail),
            ("150 %", "percent", Some(0), "150%", Fail),
            ("100 % but failed", "percent", Some(1), "100%", Fail),
            ("no percentage", "percent", Some(0), "done", unknown),
        ];
        for (name, parse, code, out, expected) in cases {
            let verdict = judged(parse, "", code, out);
            assert_eq!(verdict.outcome, expected, "{name}: {}", verdict.summary);
        }
    }

    #[test]
    fn a_rate_below_all_is_allowed_where_the_checklist_says_so() {
        use Outcome::{Fail, Pass};
        for (name, parse, rate, code, out, expected) in [
            ("two thirds of 60 %", "jest", 60.0, Some(1), JEST_1_OF_3, Pass),
            ("two thirds of 70 %", "jest", 70.0, Some(1), JEST_1_OF_3, Fail),
            ("though it ended well", "jest", 60.0, Some(0), JEST_1_OF_3, Fail),
            ("killed", "jest", 60.0, None, JEST_1_OF_3, Fail),
            ("a crash after the report", "jest", 60.0, Some(134), JEST_1_OF_3, Fail),
            ("all pass, and it failed", "jest", 60.0, Some(1), JEST_2, Fail),
            ("95 % of 90 %", "percent", 90.0, Some(0), "95%", Pass),
            ("95 % of 96 %", "percent", 96.0, Some(0), "95%", Fail),
        ] {
            let verdict = judged(parse, &format!(r#", "required_percent": {rate}"#), code, out);
            assert_eq!(verdict.outcome, expected, "{name}: {}", verdict.summary);
        }
        let verdict = judged("jest", r#", "required_percent": 60"#, Some(1), JEST_1_OF_3);
        assert_eq!(verdict.notes[0].code, "tests-failed");
        let near = Tests { total: 1 << 60, passed: (1 << 60) - 1, failed: 1, skipped: 0 };
        assert_eq!(by_tests(&near, Some(1), 100.0).outcome, Fail, "one of very many");
    }

    #[test]
    fn output_that_was_lost_can_fail_and_cannot_pass() {
        let params: Params =
            serde_json::from_str(r#"{"run": ["x"], "parse": "jest"}"#).expect("parameters");
        for (out, expected) in
            [(JEST_2, Outcome::Inconclusive(Reason::Unexpected)), (JEST_1_OF_3, Outcome::Fail)]
        {
            let printed = Printed { both: out.into(), dropped: 1, ..Printed::default() };
            let facts = Facts { code: Some(0), printed, file: None };
            assert_eq!(verdict(&facts, &params).outcome, expected, "{out}");
        }
    }

    #[test]
    fn a_report_that_is_missing_is_not_replaced_by_what_was_printed() {
        let params = r#"{"run": ["x"], "parse": "jest", "report": "r.json"}"#;
        let params: Params = serde_json::from_str(params).expect("parameters");
        let printed = Printed { both: JEST_2.into(), ..Printed::default() };
        let file = Some(Err("it is an older report".to_owned()));
        let judged = verdict(&Facts { code: Some(0), printed, file }, &params);
        assert_eq!(judged.outcome, Outcome::Inconclusive(Reason::Unexpected));
        assert!(judged.summary.contains("older report"), "{}", judged.summary);
    }

    #[test]
    fn what_was_not_run_or_suppressed_is_told() {
        let skipped = judged("jest", "", Some(0), "Tests: 1 skipped, 1 todo, 1 passed, 3 total");
        assert_eq!(skipped.outcome, Outcome::Pass);
        assert_eq!(skipped.notes[0].text, "2 tests were not run");
        let report = SARIF.replace("[]}]", r#"[{"level":"error","suppressions":[{}]}]}]"#);
        let suppressed = judged("sarif", "", Some(0), &report);
        assert_eq!(suppressed.outcome, Outcome::Pass);
        assert_eq!(suppressed.notes[0].code, "suppressed-results");
    }
}
