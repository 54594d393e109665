//! What a template may say about a command, and what it may not.

use std::path::{Component, Path};

use serde::Deserialize;

/// Longest run that a template may ask for, in seconds.
const LONGEST: u64 = 3_600;

/// How the report of a command is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parse {
    /// Not at all: the exit code decides.
    #[default]
    Exit,
    /// As the TypeScript compiler's.
    Tsc,
    /// As that of Jest (its summary, or `--json`), Mocha or Node's own runner.
    Jest,
    /// As that of Vitest: its summary, or `--reporter=json`.
    Vitest,
    /// As the Test Anything Protocol, versions 12 to 14.
    Tap,
    /// As JUnit XML.
    Junit,
    /// As SARIF 2.1.0.
    Sarif,
    /// Its last percentage is the rate.
    Percent,
}

impl Parse {
    /// Whether it counts tests.
    pub(super) fn counts_tests(self) -> bool {
        matches!(self, Self::Jest | Self::Vitest | Self::Tap | Self::Junit)
    }
}

/// What to run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Program and arguments. No shell reads them.
    pub run: Vec<String>,
    /// Folder to run in, from the root of the source tree.
    #[serde(default = "here")]
    pub dir: String,
    /// How the report is read.
    #[serde(default)]
    pub parse: Parse,
    /// File that the command writes its report to, from `dir`; what it prints when absent.
    #[serde(default)]
    pub report: Option<String>,
    /// Tests that must pass, or the rate that must be printed, in percent.
    #[serde(default = "all")]
    pub required_percent: f64,
    /// Seconds until it is ended.
    #[serde(default = "five_minutes")]
    pub timeout_s: u64,
    /// Names of further variables that it may see.
    #[serde(default)]
    pub env: Vec<String>,
}

fn here() -> String {
    ".".to_owned()
}

fn all() -> f64 {
    100.0
}

fn five_minutes() -> u64 {
    300
}

impl Params {
    /// Checks what types do not hold.
    ///
    /// # Errors
    /// What is wrong, in words that name the parameter.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.run.first().is_none_or(|program| program.trim().is_empty()) {
            return Err("`run` is empty: expected a program and its arguments as a list".into());
        }
        if leaves(&self.dir) {
            return Err(format!(
                "`dir` is {:?}: expected a folder inside the source tree",
                self.dir
            ));
        }
        if !(1..=LONGEST).contains(&self.timeout_s) {
            return Err(format!("`timeout_s` is {}: expected 1 to {LONGEST}", self.timeout_s));
        }
        self.check_report()
    }

    fn check_report(&self) -> Result<(), String> {
        if let Some(file) = &self.report {
            if file.is_empty() || leaves(file) {
                return Err(format!("`report` is {file:?}: expected a file inside `dir`"));
            }
            if !self.parse.counts_tests() && self.parse != Parse::Sarif {
                return Err(
                    "`report` is a file, and `parse` does not say how to read it: expected \
                            jest, vitest, tap, junit or sarif"
                        .into(),
                );
            }
        }
        let rate = self.required_percent;
        if !(rate > 0.0 && rate <= 100.0) {
            return Err(format!("`required_percent` is {rate}: expected above 0, at most 100"));
        }
        if rate < 100.0 && !self.parse.counts_tests() && self.parse != Parse::Percent {
            return Err("`required_percent` is given, and `parse` reads no rate: expected jest, \
                        vitest, tap, junit or percent"
                .into());
        }
        Ok(())
    }
}

fn leaves(path: &str) -> bool {
    let leaves = |part| !matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().any(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_may_not_leave_the_source_tree_run_for_ever_or_ask_for_what_nobody_reads() {
        let cases = [
            ("a folder", r#"{"run": ["npx"], "dir": "backend/app"}"#, ""),
            ("outside", r#"{"run": ["npx"], "dir": "../other"}"#, "`dir`"),
            ("absolute", r#"{"run": ["npx"], "dir": "/etc"}"#, "`dir`"),
            ("no time", r#"{"run": ["npx"], "timeout_s": 0}"#, "`timeout_s`"),
            ("no program", r#"{"run": []}"#, "`run`"),
            ("a report", r#"{"run": ["npx"], "parse": "junit", "report": "out/junit.xml"}"#, ""),
            (
                "a report outside",
                r#"{"run": ["npx"], "parse": "junit", "report": "../junit.xml"}"#,
                "`report`",
            ),
            ("a report unread", r#"{"run": ["npx"], "report": "junit.xml"}"#, "`report`"),
            ("a rate", r#"{"run": ["npx"], "parse": "tap", "required_percent": 95}"#, ""),
            (
                "no rate at all",
                r#"{"run": ["npx"], "parse": "tap", "required_percent": 0}"#,
                "`required_percent`",
            ),
            (
                "a rate of errors",
                r#"{"run": ["npx"], "parse": "tsc", "required_percent": 95}"#,
                "`required_percent`",
            ),
        ];
        for (name, text, wrong) in cases {
            let params: Params = serde_json::from_str(text).expect(name);
            match params.check() {
                Ok(()) => assert!(wrong.is_empty(), "{name}"),
                Err(error) => {
                    assert!(!wrong.is_empty() && error.starts_with(wrong), "{name}: {error}")
                }
            }
        }
    }
}
