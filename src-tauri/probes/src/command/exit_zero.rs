//! Claim: a command of the user's own ends well.

use std::path::{Component, Path};
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::report::{last_percent, tests, tsc_errors};
use super::run::{Ended, run};
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Lines of output that are kept as evidence.
const LINES: usize = 40;
/// Longest run that a template may ask for, in seconds.
const LONGEST: u64 = 3_600;
/// The code by which a script's shell says that a program is missing.
const NOT_FOUND: i32 = 127;

/// `command.exit-zero`
pub struct ExitZero;

/// How the output is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parse {
    /// Not at all: the exit code decides.
    #[default]
    Exit,
    /// As the TypeScript compiler's.
    Tsc,
    /// As a test runner's: Jest, Vitest, Mocha, or Node's own.
    Jest,
    /// Its last percentage must be 100.
    Percent,
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
    /// How the output is read.
    #[serde(default)]
    pub parse: Parse,
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

fn five_minutes() -> u64 {
    300
}

/// How the command ended.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The end of what it printed, without colours.
    pub output: String,
    /// Bytes of output that were not kept.
    pub dropped: u64,
}

impl Probe for ExitZero {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "command.exit-zero",
        rules: 1,
        claim: "The command ends well, and its own report says so too.",
        why: "The project's compiler and tests know more about it than any outside look.",
        how: "Runs the command without a shell in the source tree, with your rights, without \
              input, with PATH, HOME, LANG, NODE_OPTIONS and the variables that are named; \
              ends it and all that it started at the deadline; keeps the last 64 KiB of output.",
        blind: "Trusts what the command prints. Cannot see what it changed.",
        remedy: "Run the command by hand as shown and repair what it reports.",
        active: true,
    };

    fn expected(params: &Params) -> String {
        match params.parse {
            Parse::Exit => "exit code 0",
            Parse::Tsc => "exit code 0 and no `error TS`",
            Parse::Jest => "exit code 0, at least one test, none failed",
            Parse::Percent => "exit code 0 and 100 % at the end",
        }
        .to_owned()
    }

    fn deadline(params: &Params) -> Duration {
        Duration::from_secs(params.timeout_s.saturating_add(5))
    }

    fn check(params: &Params) -> Result<(), String> {
        if params.run.first().is_none_or(|program| program.trim().is_empty()) {
            return Err("`run` is empty: expected a program and its arguments as a list".into());
        }
        let leaves = |part| !matches!(part, Component::Normal(_) | Component::CurDir);
        if Path::new(&params.dir).components().any(leaves) {
            return Err(format!(
                "`dir` is {:?}: expected a folder inside the source tree",
                params.dir
            ));
        }
        if !(1..=LONGEST).contains(&params.timeout_s) {
            return Err(format!("`timeout_s` is {}: expected 1 to {LONGEST}", params.timeout_s));
        }
        Ok(())
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Some(source) = cx.environment().targets.source.as_deref() else {
            return Observation::not_configured("source");
        };
        let words = params.run.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let target = format!("{words} (in {source}/{})", params.dir);
        if let Err(wrong) = Self::check(params) {
            return Observation::new(target, Err(Doubt::new(Reason::NotConfigured, wrong)));
        }
        let dir = cx.path(source).join(&params.dir);
        if !dir.is_dir() {
            let seen = format!("{} is not a folder", dir.display());
            return Observation::new(target, Err(Doubt::new(Reason::NotConfigured, seen)));
        }
        let limit = Duration::from_secs(params.timeout_s);
        let (ended, tail) = run(&params.run, &dir, &params.env, limit).await;
        let output = tail.text();
        let transcript = last_lines(&output);
        let facts = match ended {
            Ended::By(status) => Ok(Facts { code: status.code(), output, dropped: tail.dropped() }),
            Ended::AtDeadline => Err(Doubt::new(
                Reason::TimedOut,
                format!(
                    "still running after {} s; ended with all that it had started",
                    params.timeout_s
                ),
            )),
            Ended::Failed(error) => Err(not_started(&params.run, &error)),
        };
        let reproduce =
            Some(format!("cd {} && {words}", quoted(&format!("{source}/{}", params.dir))));
        Observation { target, facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = match facts.code {
            Some(NOT_FOUND) => (
                Outcome::Inconclusive(Reason::NotConfigured),
                "A program that the command needs is not installed (exit code 127)".to_owned(),
            ),
            _ => match params.parse {
                Parse::Exit => by_code(facts),
                Parse::Tsc => by_compiler(facts),
                Parse::Jest => by_tests(facts),
                Parse::Percent => by_percent(facts),
            },
        };
        let mut notes = Vec::new();
        if let Some(skipped) = skipped(facts, params).filter(|count| *count > 0) {
            notes.push(Note {
                code: "tests-skipped".into(),
                text: format!("{skipped} tests were not run"),
            });
        }
        let mut observed = ending(facts);
        if facts.dropped > 0 {
            observed
                .push_str(&format!("; the first {} bytes of output were not kept", facts.dropped));
        }
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }
}

fn ending(facts: &Facts) -> String {
    facts.code.map_or_else(|| "ended by a signal".into(), |code| format!("exit code {code}"))
}

fn skipped(facts: &Facts, params: &Params) -> Option<u64> {
    if params.parse == Parse::Jest { tests(&facts.output).map(|tests| tests.skipped) } else { None }
}

fn by_code(facts: &Facts) -> (Outcome, String) {
    match facts.code {
        Some(0) => (Outcome::Pass, "The command ended well".into()),
        _ => (Outcome::Fail, format!("The command failed: {}", ending(facts))),
    }
}

fn by_compiler(facts: &Facts) -> (Outcome, String) {
    match (tsc_errors(&facts.output), facts.code) {
        (0, Some(0)) => (Outcome::Pass, "The compiler found no error".into()),
        // npx says so when the compiler is not there, and it is no verdict on the code.
        (0, _) => (
            Outcome::Inconclusive(Reason::Unexpected),
            format!("The compiler named no error, yet: {}. Is it installed?", ending(facts)),
        ),
        (errors, _) => (Outcome::Fail, format!("The compiler found {errors} errors")),
    }
}

fn by_tests(facts: &Facts) -> (Outcome, String) {
    let Some(tests) = tests(&facts.output) else {
        return match facts.code {
            Some(0) => (
                Outcome::Inconclusive(Reason::Unexpected),
                "The command ended well, but prints no summary of tests that is known".into(),
            ),
            _ => (Outcome::Fail, format!("The test run failed: {}", ending(facts))),
        };
    };
    let run = tests.passed.saturating_add(tests.failed);
    match (tests.failed, run, facts.code) {
        (0, 0, _) => (Outcome::Fail, "No test was run".into()),
        (0, _, Some(0)) => (Outcome::Pass, format!("All {run} tests passed")),
        (0, _, _) => (
            Outcome::Fail,
            format!("All {run} tests passed, yet the run failed: {}", ending(facts)),
        ),
        (failed, _, _) => (Outcome::Fail, format!("{failed} of {run} tests failed")),
    }
}

fn by_percent(facts: &Facts) -> (Outcome, String) {
    match (last_percent(&facts.output), facts.code) {
        (Some(100.0), Some(0)) => (Outcome::Pass, "100 % at the end".into()),
        (Some(rate), code) if code == Some(0) || rate < 100.0 => {
            (Outcome::Fail, format!("{rate} % at the end, not 100 %"))
        }
        (Some(_), _) => {
            (Outcome::Fail, format!("100 %, yet the command failed: {}", ending(facts)))
        }
        (None, Some(0)) => (
            Outcome::Inconclusive(Reason::Unexpected),
            "The command ended well, but prints no percentage".into(),
        ),
        (None, _) => (Outcome::Fail, format!("The command failed: {}", ending(facts))),
    }
}

fn last_lines(output: &str) -> Vec<String> {
    let lines: Vec<_> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

fn not_started(argv: &[String], error: &std::io::Error) -> Doubt {
    let program = argv.first().map_or("", String::as_str);
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            let seen = format!("`{program}` was not found: install it, or correct the PATH");
            Doubt::new(Reason::NotConfigured, seen)
        }
        std::io::ErrorKind::PermissionDenied => {
            Doubt::new(Reason::Refused, format!("`{program}` may not be executed"))
        }
        _ => Doubt::new(Reason::Unexpected, format!("`{program}`: {error}")),
    }
}

/// A word as a shell would need it, for the command that a person may repeat.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(parse: Parse, code: Option<i32>, output: &str) -> Outcome {
        let params =
            Params { run: vec!["x".into()], dir: here(), parse, timeout_s: 1, env: Vec::new() };
        ExitZero::judge(&Facts { code, output: output.into(), dropped: 0 }, &params).outcome
    }

    #[test]
    fn the_exit_code_and_the_report_must_agree() {
        use Outcome::{Fail, Inconclusive, Pass};
        let unknown = Inconclusive(Reason::Unexpected);
        let missing = Inconclusive(Reason::NotConfigured);
        let cases = [
            ("ends well", Parse::Exit, Some(0), "", Pass),
            ("ends badly", Parse::Exit, Some(1), "", Fail),
            ("killed", Parse::Exit, None, "", Fail),
            (
                "program missing inside a script",
                Parse::Exit,
                Some(127),
                "sh: tsc: not found",
                missing,
            ),
            ("compiles", Parse::Tsc, Some(0), "", Pass),
            ("two errors", Parse::Tsc, Some(2), "a.ts(1,1): error TS1: x", Fail),
            ("errors but exit 0", Parse::Tsc, Some(0), "a.ts(1,1): error TS1: x", Fail),
            ("no compiler", Parse::Tsc, Some(1), "This is not the tsc command", unknown),
            ("tests pass", Parse::Jest, Some(0), "Tests: 2 passed, 2 total", Pass),
            ("one fails", Parse::Jest, Some(1), "Tests: 1 failed, 2 passed, 3 total", Fail),
            ("one fails but exit 0", Parse::Jest, Some(0), "Tests: 1 failed, 1 total", Fail),
            ("no test", Parse::Jest, Some(0), "No tests found, exiting with code 0", Fail),
            ("all skipped", Parse::Jest, Some(0), "Tests: 3 skipped, 3 total", Fail),
            ("no summary", Parse::Jest, Some(0), "done", unknown),
            (
                "coverage below its threshold",
                Parse::Jest,
                Some(1),
                "Tests: 2 passed, 2 total",
                Fail,
            ),
            ("100 %", Parse::Percent, Some(0), "rate: 100%", Pass),
            ("13 % but exit 0", Parse::Percent, Some(0), "rate: 13%", Fail),
            ("150 %", Parse::Percent, Some(0), "150%", Fail),
            ("100 % but failed", Parse::Percent, Some(1), "100%", Fail),
            ("no percentage", Parse::Percent, Some(0), "done", unknown),
        ];
        for (name, parse, code, output, expected) in cases {
            assert_eq!(verdict(parse, code, output), expected, "{name}");
        }
    }

    #[test]
    fn a_template_may_not_leave_the_source_tree_or_run_for_ever() {
        let with = |dir: &str, timeout_s, run: &[&str]| {
            let run = run.iter().map(|word| (*word).to_owned()).collect();
            ExitZero::check(&Params {
                run,
                dir: dir.into(),
                parse: Parse::Exit,
                timeout_s,
                env: vec![],
            })
        };
        assert!(with("backend/app", 300, &["npx"]).is_ok());
        assert!(with("../other", 300, &["npx"]).is_err());
        assert!(with("/etc", 300, &["npx"]).is_err());
        assert!(with(".", 0, &["npx"]).is_err());
        assert!(with(".", 300, &[]).is_err());
    }
}
