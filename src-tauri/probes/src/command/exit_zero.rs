//! Claim: a command of the user's own ends well, and its report says so, too.

use std::time::Duration;

use countersign_domain::finding::Reason;

use super::fresh::Before;
pub use super::params::{Params, Parse};
pub use super::report::Printed;
use super::run::{Ended, Keep, run};
use super::verdict::{ending, report, verdict};
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe, Turn};

/// Lines of output that are kept as evidence.
const LINES: usize = 40;

/// `command.exit-zero`
pub struct ExitZero;

/// How the command ended.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed, without colours.
    pub printed: Printed,
    /// The report that it wrote, where one was asked for, or why there is none.
    pub file: Option<Result<String, String>>,
}

impl Probe for ExitZero {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "command.exit-zero",
        rules: 2,
        claim: "The command ends well, and its own report says so too.",
        why: "The project's compiler and tests know more about it than any outside look.",
        how: "Runs the command without a shell in the source tree, with your rights, without \
              input, with PATH, HOME, LANG, NODE_OPTIONS and the variables that are named; \
              ends it and all that it started at the deadline. Reads its report as `parse` \
              says (tsc, jest, vitest, tap, junit, sarif, percent), from what it prints or from \
              the file `report`, which must be written in this run; keeps the last lines of \
              output. At least one test must run, `required_percent` of them must pass, and \
              exit code and report must agree.",
        blind: "Trusts what the command reports. Cannot see what it changed.",
        remedy: "Run the command by hand as shown and repair what it reports.",
        active: true,
    };

    const TURN: Turn = Turn::InLine;

    fn expected(params: &Params) -> String {
        let rate = params.required_percent;
        match params.parse {
            Parse::Exit => "exit code 0".to_owned(),
            Parse::Tsc => "exit code 0 and no `error TS`".to_owned(),
            Parse::Sarif => "exit code 0 and no result of level error".to_owned(),
            Parse::Percent => format!("exit code 0 and {rate} % at the end"),
            _ if rate < 100.0 => format!("at least one test, {rate} % of them passed"),
            _ => "exit code 0, at least one test, none failed".to_owned(),
        }
    }

    fn deadline(params: &Params) -> Duration {
        Duration::from_secs(params.timeout_s.saturating_add(5))
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
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
        let file = params.report.as_ref().map(|file| Before::look(dir.join(file)));
        let keep = if params.parse == Parse::Exit { Keep::Lines } else { Keep::Report };
        let ran = run(&params.run, &dir, &params.env, limit, keep).await;
        let transcript = last_lines(&ran.printed.both);
        let facts = match ran.ended {
            Ended::By(status) => Ok(Facts {
                code: status.code(),
                printed: ran.printed,
                file: file.map(|file| file.written_since()),
            }),
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
        let verdict = verdict(facts, params);
        let mut observed = ending(facts.code);
        if let Ok(report) = report(facts, params) {
            observed.push_str(&format!("; {report}"));
        }
        if facts.printed.dropped > 0 {
            let dropped = facts.printed.dropped;
            observed.push_str(&format!("; the first {dropped} bytes of output were not kept"));
        }
        Judgement::new(verdict.outcome, verdict.summary, Self::expected(params), observed)
            .notes(verdict.notes)
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
