//! JUnit XML in the dialects of its many writers. Test cases are counted one by one; what a
//! suite says of itself may make the result worse, never better. No document type is read,
//! so no entity can be defined, and text is never unfolded.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::{Tests, Unread, from_line};

/// Deepest nesting that is followed.
const DEEPEST: usize = 64;

#[derive(Default)]
struct Suite {
    counted: Tests,
    tests: Option<u64>,
    failed: u64,
}

#[derive(Default)]
struct Case {
    failed: bool,
    skipped: bool,
}

enum Open {
    Suite(Suite),
    Case(Case),
    Other,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    sum: Tests,
    said_failed: u64,
    ended: bool,
}

/// The tests of a report.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub(super) fn tests(text: &str) -> Result<Tests, Unread> {
    let text = from_line(text, "<").ok_or(Unread::Absent)?;
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    while !walk.ended {
        match reader.read_event().map_err(|error| Unread::Broken(error.to_string()))? {
            Event::Start(start) => walk.start(&start)?,
            Event::Empty(start) => {
                walk.start(&start)?;
                walk.end()?;
            }
            Event::End(_) => walk.end()?,
            Event::DocType(_) => {
                return Err(Unread::Broken("it has a document type, which is not read".into()));
            }
            Event::Eof if walk.open.is_empty() => return Err(Unread::Absent),
            Event::Eof => return Err(Unread::Broken("it ends before its end".into())),
            _ => {}
        }
    }
    let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    if text.get(end..).is_some_and(|rest| rest.contains("<testsuite")) {
        return Err(Unread::Several);
    }
    let failed = walk.sum.failed.max(walk.said_failed);
    let more = failed - walk.sum.failed;
    Tests { failed, total: walk.sum.total.saturating_add(more), ..walk.sum }.consistent()
}

impl Walk {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Unread> {
        if self.open.len() >= DEEPEST {
            return Err(Unread::Broken(format!("it is nested deeper than {DEEPEST}")));
        }
        let name = start.local_name();
        let opened = match name.as_ref() {
            "testsuites" | "testsuite" => Open::Suite(Suite {
                tests: number(start, "tests")?,
                failed: number(start, "failures")?
                    .unwrap_or(0)
                    .saturating_add(number(start, "errors")?.unwrap_or(0)),
                ..Suite::default()
            }),
            _ if self.open.is_empty() => return Err(Unread::Absent),
            "testcase" => Open::Case(case(start)?),
            "failure" | "error" => {
                self.mark_failed();
                Open::Other
            }
            "skipped" => {
                if let Some(Open::Case(case)) = self.open.last_mut() {
                    case.skipped = true;
                }
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(opened);
        Ok(())
    }

    fn mark_failed(&mut self) {
        match self.open.last_mut() {
            Some(Open::Case(case)) => case.failed = true,
            // A suite that could not be set up has no case to fail.
            Some(Open::Suite(suite)) => {
                suite.counted.failed += 1;
                suite.counted.total += 1;
                self.sum.failed += 1;
                self.sum.total += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self) -> Result<(), Unread> {
        match self.open.pop() {
            Some(Open::Case(case)) => self.count(&case),
            Some(Open::Suite(suite)) => {
                self.close(&suite)?;
                self.ended = self.open.is_empty();
            }
            Some(Open::Other) | None => {}
        }
        Ok(())
    }

    fn count(&mut self, case: &Case) {
        let one = |tests: &mut Tests| {
            tests.total += 1;
            match (case.failed, case.skipped) {
                (true, _) => tests.failed += 1,
                (false, true) => tests.skipped += 1,
                (false, false) => tests.passed += 1,
            }
        };
        one(&mut self.sum);
        for open in &mut self.open {
            if let Open::Suite(suite) = open {
                one(&mut suite.counted);
            }
        }
    }

    fn close(&mut self, suite: &Suite) -> Result<(), Unread> {
        let Suite { counted, tests, failed } = suite;
        self.said_failed = self.said_failed.max(*failed);
        let Some(said) = *tests else { return Ok(()) };
        // Some writers leave skipped tests out, some leave out what failed around the tests.
        let fits = said == counted.total
            || said == counted.run()
            || said == counted.total.saturating_sub(counted.failed);
        if fits {
            return Ok(());
        }
        Err(Unread::Contradicts(format!(
            "a suite says it has {said} tests, and holds {}",
            counted.total
        )))
    }
}

fn case(start: &BytesStart<'_>) -> Result<Case, Unread> {
    let mut case = Case::default();
    for name in ["status", "result"] {
        let value = attribute(start, name)?.unwrap_or_default().to_ascii_lowercase();
        match value.as_str() {
            "notrun" | "disabled" | "skipped" | "ignored" | "pending" | "suppressed" | "todo" => {
                case.skipped = true;
            }
            "failed" | "failure" | "error" | "broken" => case.failed = true,
            _ => {}
        }
    }
    Ok(case)
}

fn number(start: &BytesStart<'_>, name: &str) -> Result<Option<u64>, Unread> {
    let Some(text) = attribute(start, name)? else { return Ok(None) };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = |_| Unread::Broken(format!("{name} is no number"));
    text.trim().parse().map(Some).map_err(wrong)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Unread> {
    let found = start.try_get_attribute(name).map_err(|error| Unread::Broken(error.to_string()))?;
    Ok(found.map(|found| found.value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u64, u64, u64), Unread> {
        tests(text).map(|tests| (tests.passed, tests.failed, tests.skipped))
    }

    #[test]
    fn the_dialects_are_read() {
        let cases = [
            (
                "jest-junit",
                r#"<?xml version="1.0"?><testsuites name="jest tests" tests="3" failures="1" errors="0" time="1.5">
                   <testsuite name="a" errors="0" failures="1" skipped="1" tests="3">
                   <testcase classname="a" name="x" time="0.1"/>
                   <testcase name="y"><failure>Error: &lt;b&gt;</failure></testcase>
                   <testcase name="z"><skipped/></testcase></testsuite></testsuites>"#,
                (1, 1, 1),
            ),
            (
                "pytest, with an error around a test",
                r#"<testsuites><testsuite name="pytest" errors="1" failures="0" skipped="0" tests="1">
                   <testcase name="x"><error message="in setup"/></testcase></testsuite></testsuites>"#,
                (0, 1, 0),
            ),
            (
                "GoogleTest",
                r#"<testsuites tests="2" failures="0" disabled="1"><testsuite tests="2" disabled="1">
                   <testcase name="x" status="run" result="completed"/>
                   <testcase name="y" status="notrun" result="suppressed"/></testsuite></testsuites>"#,
                (1, 0, 1),
            ),
            (
                "Surefire, one suite without a frame",
                r#"<testsuite tests="1" failures="0"><properties><property name="a" value="b"/></properties>
                   <testcase name="x"><flakyFailure/><system-out><![CDATA[<failure>]]></system-out></testcase></testsuite>"#,
                (1, 0, 0),
            ),
            (
                "a suite that failed before its tests",
                r#"<testsuites><testsuite tests="0"><error message="no database"/></testsuite></testsuites>"#,
                (0, 1, 0),
            ),
            ("no test", r#"<testsuites tests="0"></testsuites>"#, (0, 0, 0)),
            (
                "a failure that only the suite knows",
                r#"<testsuite tests="1" failures="1"><testcase name="x"/></testsuite>"#,
                (1, 1, 0),
            ),
        ];
        for (name, text, expected) in cases {
            assert_eq!(read(text), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_is_cut_off_contradicts_itself_or_defines_entities_has_no_numbers() {
        let good = r#"<testsuite tests="2"><testcase name="x"/><testcase name="y"/></testsuite>"#;
        assert_eq!(read(good), Ok((2, 0, 0)));
        for end in 1..good.len() {
            assert!(read(&good[..end]).is_err(), "{}", &good[..end]);
        }
        let fewer = good.replace(r#"<testcase name="y"/>"#, "");
        assert!(matches!(read(&fewer), Err(Unread::Contradicts(_))));
        let failing =
            good.replace("<testcase name=\"y\"/>", "<testcase name=\"y\"><error/></testcase>");
        assert_eq!(read(&format!("{good}\n{failing}")), Err(Unread::Several));
        let bomb = format!(
            r#"<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>{}"#,
            good.replace("name=\"x\"", "name=\"&b;\"")
        );
        assert!(matches!(read(&bomb), Err(Unread::Broken(_))));
        let deep = "<testsuite>".repeat(100_000);
        assert!(matches!(read(&deep), Err(Unread::Broken(_))));
        assert_eq!(read("<html><body>404</body></html>"), Err(Unread::Absent));
        assert_eq!(read("no report"), Err(Unread::Absent));
    }
}
