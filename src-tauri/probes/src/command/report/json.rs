//! The JSON report of Jest (`--json`), which Vitest (`--reporter=json`) writes, too.

use serde::Deserialize;

use super::{Tests, Unread, document};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Root {
    num_total_tests: u64,
    num_passed_tests: u64,
    num_failed_tests: u64,
    num_pending_tests: u64,
    #[serde(default)]
    num_todo_tests: u64,
    #[serde(default)]
    num_failed_test_suites: u64,
    #[serde(default)]
    num_runtime_error_test_suites: u64,
    #[serde(default)]
    was_interrupted: bool,
    success: bool,
    test_results: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    status: String,
    #[serde(default)]
    assertion_results: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    status: String,
}

/// The tests of a report.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub(super) fn tests(text: &str) -> Result<Tests, Unread> {
    let root: Root = serde_json::from_str(document(text, "numTotalTests")?)
        .map_err(|error| Unread::Broken(error.to_string()))?;
    if root.was_interrupted {
        return Err(Unread::GaveUp("the run was interrupted".into()));
    }
    let tests = Tests {
        total: root.num_total_tests,
        passed: root.num_passed_tests,
        failed: root.num_failed_tests,
        skipped: root.num_pending_tests.saturating_add(root.num_todo_tests),
    }
    .consistent()?;
    let cases = || root.test_results.iter().flat_map(|file| &file.assertion_results);
    let count = |status| cases().filter(|case| case.status == status).count() as u64;
    if count("passed") != tests.passed || count("failed") != tests.failed {
        return Err(Unread::Contradicts(format!(
            "{} passed and {} failed, and {} and {} in its list",
            tests.passed,
            tests.failed,
            count("passed"),
            count("failed")
        )));
    }
    // A file that does not even load has no tests that could fail.
    let listed = root.test_results.iter().filter(|file| file.status == "failed").count() as u64;
    let suites = root.num_failed_test_suites.max(root.num_runtime_error_test_suites).max(listed);
    if tests.failed > 0 {
        return Ok(tests);
    }
    match (suites, root.success) {
        (0, true) => Ok(tests),
        (0, false) if tests.total == 0 => Ok(tests),
        (0, false) => Err(Unread::Contradicts("no test failed, and `success` is false".into())),
        (suites, _) => {
            Ok(Tests { failed: suites, total: tests.total.saturating_add(suites), ..tests })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(numbers: &str, statuses: &[&str], file: &str, success: bool) -> String {
        let cases: Vec<_> =
            statuses.iter().map(|s| format!(r#"{{"status":"{s}","title":"t"}}"#)).collect();
        format!(
            r#"{{{numbers},"success":{success},"snapshot":{{"added":0}},"testResults":[{{"status":"{file}","assertionResults":[{}]}}]}}"#,
            cases.join(",")
        )
    }

    const TWO: &str = r#""numTotalTests":2,"numPassedTests":2,"numFailedTests":0,"numPendingTests":0,"numTodoTests":0"#;

    #[test]
    fn counts_are_read_and_must_fit_the_list() {
        let good = report(TWO, &["passed", "passed"], "passed", true);
        let two = Tests { total: 2, passed: 2, failed: 0, skipped: 0 };
        assert_eq!(tests(&good), Ok(two));
        let npm = format!("\n> backend@1.0.0 test\n> jest --json\n\n{good}\nnpm notice\n");
        assert_eq!(tests(&npm), Ok(two), "lines of a package manager around it");

        let logged = format!("{{\"level\":30,\"msg\":\"up\"}}\n{{}}\n{good}");
        assert_eq!(tests(&logged), Ok(two), "lines of a logger before it");
        assert_eq!(tests(&format!("{good}\n{good}")), Err(Unread::Several), "two packages");

        let mixed = r#""numTotalTests":4,"numPassedTests":1,"numFailedTests":1,"numPendingTests":1,"numTodoTests":1"#;
        let mixed = report(mixed, &["passed", "failed", "pending", "todo"], "failed", false);
        assert_eq!(tests(&mixed), Ok(Tests { total: 4, passed: 1, failed: 1, skipped: 2 }));

        let claims_more = report(TWO, &["passed"], "passed", true);
        assert!(matches!(tests(&claims_more), Err(Unread::Contradicts(_))));
        let hides_one = report(TWO, &["passed", "passed", "failed"], "failed", true);
        assert!(matches!(tests(&hides_one), Err(Unread::Contradicts(_))));
        let wrong_total = TWO.replace("Tests\":2,\"numPassed", "Tests\":3,\"numPassed");
        let wrong_total = report(&wrong_total, &["passed", "passed"], "passed", true);
        assert!(matches!(tests(&wrong_total), Err(Unread::Contradicts(_))));
    }

    #[test]
    fn a_file_that_does_not_load_is_a_failure() {
        let numbers = format!(r#"{TWO},"numFailedTestSuites":1,"numRuntimeErrorTestSuites":1"#);
        let report = report(&numbers, &["passed", "passed"], "failed", false);
        assert_eq!(tests(&report), Ok(Tests { total: 3, passed: 2, failed: 1, skipped: 0 }));
    }

    #[test]
    fn what_is_cut_off_interrupted_or_another_json_has_no_numbers() {
        let good = report(TWO, &["passed", "passed"], "passed", true);
        let cut = &good[..good.len() - 1];
        assert!(matches!(tests(cut), Err(Unread::Broken(_))));
        let stopped = good.replacen('{', r#"{"wasInterrupted":true,"#, 1);
        assert!(matches!(tests(&stopped), Err(Unread::GaveUp(_))));
        assert_eq!(tests(r#"{"passed": 7}"#), Err(Unread::Absent));
        assert_eq!(tests("Tests: 2 passed"), Err(Unread::Absent));
    }
}
