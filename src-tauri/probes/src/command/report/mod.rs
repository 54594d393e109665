//! Reads what compilers, test runners and scanners report, because an exit code alone can
//! lie: a runner that found no test, or a script that ends well at 13 %, exits with zero.
//! Reports are read, never believed: one that is cut off or contradicts itself has no
//! numbers.

mod json;
mod junit;
mod sarif;
mod tap;
mod text;

#[cfg(test)]
mod fuzz;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::params::Parse;

/// Tests of a run, summed over its suites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tests {
    /// Tests that the report says there are.
    pub total: u64,
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were not run: skipped, pending, to do.
    pub skipped: u64,
}

impl Tests {
    /// Tests that were run.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    /// The same, when its parts make up its total.
    fn consistent(self) -> Result<Self, Unread> {
        let sum = self.run().saturating_add(self.skipped);
        if sum == self.total {
            return Ok(self);
        }
        Err(Unread::Contradicts(format!(
            "{} passed, {} failed, {} not run, and {} in all",
            self.passed, self.failed, self.skipped, self.total
        )))
    }
}

/// What a scanner found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scan {
    /// Results of level `error` that nobody suppressed.
    pub errors: u64,
    /// Results of lower levels that nobody suppressed.
    pub others: u64,
    /// Results that somebody suppressed.
    pub suppressed: u64,
}

/// A report as numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Report {
    /// Of tests.
    Tests(Tests),
    /// Of a compiler or scanner.
    Scan(Scan),
    /// A rate in percent.
    Rate(f64),
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tests(Tests { total, passed, failed, skipped }) => {
                write!(f, "{total} tests: {passed} passed, {failed} failed, {skipped} not run")
            }
            Self::Scan(Scan { errors, others, suppressed }) => {
                write!(f, "{errors} errors")?;
                if others + suppressed > 0 {
                    write!(f, ", {others} lesser results, {suppressed} suppressed")?;
                }
                Ok(())
            }
            Self::Rate(rate) => write!(f, "{rate} %"),
        }
    }
}

/// Why a report has no numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// There is nothing of that format.
    #[error("there is no report of that format")]
    Absent,
    /// It ends before its end, or its syntax is broken.
    #[error("the report is cut off or broken: {0}")]
    Broken(String),
    /// Its numbers do not fit together.
    #[error("the report contradicts itself: {0}")]
    Contradicts(String),
    /// There is more than one of them, and the others might say something else.
    #[error("there is more than one report; let each be a command of its own")]
    Several,
    /// The tool says itself that it could not do its work.
    #[error("the tool gave up: {0}")]
    GaveUp(String),
}

/// What a command printed.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// Both outputs, as they came.
    pub both: String,
    /// Standard output alone.
    pub out: String,
    /// Bytes at the beginning of both that were not kept.
    pub dropped: u64,
    /// Bytes at the beginning of standard output that were not kept.
    pub out_dropped: u64,
}

/// Reads what was printed.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub fn read_printed(parse: Parse, printed: &Printed) -> Result<Report, Unread> {
    let (report, dropped) = match parse {
        Parse::Exit => (Err(Unread::Absent), 0),
        Parse::Tsc => {
            let errors = text::tsc_errors(&printed.both);
            (Ok(Report::Scan(Scan { errors, ..Scan::default() })), printed.dropped)
        }
        // The rate is the last word of the output, whatever came before.
        Parse::Percent => {
            (text::last_percent(&printed.both).map(Report::Rate).ok_or(Unread::Absent), 0)
        }
        Parse::Jest | Parse::Vitest => match json::tests(&printed.out) {
            Err(Unread::Absent) => (text::tests(&printed.both).map(Report::Tests), printed.dropped),
            other => (other.map(Report::Tests), printed.out_dropped),
        },
        Parse::Tap | Parse::Junit | Parse::Sarif => {
            (read_file(parse, &printed.out), printed.out_dropped)
        }
    };
    let failed = match &report {
        Ok(Report::Tests(tests)) => tests.failed > 0,
        Ok(Report::Scan(scan)) => scan.errors > 0,
        Ok(Report::Rate(_)) | Err(_) => false,
    };
    if dropped > 0 && !failed {
        return Err(Unread::Broken(format!(
            "there was so much output that its first {dropped} bytes were not kept; let the \
             command write its report to a file, and name that as `report`"
        )));
    }
    report
}

/// Reads a report that was written to a file.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub fn read_file(parse: Parse, text: &str) -> Result<Report, Unread> {
    match parse {
        Parse::Jest | Parse::Vitest => json::tests(text).map(Report::Tests),
        Parse::Tap => tap::tests(text).map(Report::Tests),
        Parse::Junit => junit::tests(text).map(Report::Tests),
        Parse::Sarif => sarif::scan(text).map(Report::Scan),
        Parse::Exit | Parse::Tsc | Parse::Percent => Err(Unread::Absent),
    }
}

/// The JSON document that has the name `key`: package managers print lines of their own
/// first, and loggers print documents of theirs.
///
/// # Errors
/// [`Unread::Absent`], [`Unread::Broken`] or [`Unread::Several`].
fn document<'a>(text: &'a str, key: &str) -> Result<&'a str, Unread> {
    let key = format!("\"{key}\"");
    let mut rest = from_line(text, "{").ok_or(Unread::Absent)?;
    loop {
        let mut documents = Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        let ended = match documents.next() {
            Some(Ok(_)) => documents.byte_offset(),
            Some(Err(error)) if rest.contains(&key) => {
                return Err(Unread::Broken(error.to_string()));
            }
            _ => return Err(Unread::Absent),
        };
        let (found, after) = rest.split_at(ended);
        if found.contains(&key) {
            return if after.contains(&key) { Err(Unread::Several) } else { Ok(found) };
        }
        rest = from_line(after, "{").ok_or(Unread::Absent)?;
    }
}

/// The part of `text` from the first line that begins with `mark`.
fn from_line<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(mark) {
        return Some(text.trim_start());
    }
    let mut lines = text.match_indices('\n').map(|(at, _)| text[at + 1..].trim_start_matches(' '));
    lines.find(|rest| rest.starts_with(mark))
}
