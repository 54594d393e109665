//! SARIF 2.1.0 (OASIS), the format of scanners. Results of level `error` count; those that
//! somebody suppressed do not, and are told.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Scan, Unread, document};

#[derive(Deserialize)]
struct Log {
    version: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    results: Option<Vec<Found>>,
    #[serde(default)]
    invocations: Vec<Invocation>,
    external_property_file_references: Option<Elsewhere>,
}

#[derive(Deserialize)]
struct Elsewhere {
    results: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(default)]
    rule_configuration_overrides: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Component,
    #[serde(default)]
    extensions: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    default_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<Level>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    level: Option<Level>,
    kind: Option<String>,
    #[serde(default)]
    suppressions: Vec<Suppression>,
}

#[derive(Deserialize)]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
enum Level {
    None,
    Note,
    Warning,
    Error,
}

/// What the report holds.
///
/// # Errors
/// [`Unread`]: why there are no numbers.
pub(super) fn scan(text: &str) -> Result<Scan, Unread> {
    let log: Log = serde_json::from_str(document(text, "runs")?)
        .map_err(|error| Unread::Broken(error.to_string()))?;
    if log.version != "2.1.0" {
        let version = log.version.chars().take(20).collect::<String>();
        return Err(Unread::Broken(format!("it is of version {version:?}, not 2.1.0")));
    }
    if log.runs.is_empty() {
        return Err(Unread::GaveUp("the report holds no run".into()));
    }
    let mut scan = Scan::default();
    for run in &log.runs {
        run.add_to(&mut scan)?;
    }
    Ok(scan)
}

impl Run {
    fn add_to(&self, scan: &mut Scan) -> Result<(), Unread> {
        if self.invocations.iter().any(|ran| !ran.execution_successful) {
            return Err(Unread::GaveUp("it says that its run was not successful".into()));
        }
        if self.external_property_file_references.as_ref().is_some_and(|at| at.results.is_some()) {
            return Err(Unread::Broken("its results are in other files".into()));
        }
        let Some(results) = &self.results else {
            return Err(Unread::GaveUp("a run holds no results: nothing was looked at".into()));
        };
        let levels = self.levels();
        for result in results {
            if result.is_suppressed() {
                scan.suppressed += 1;
            } else if self.level(result, &levels) == Level::Error {
                scan.errors += 1;
            } else {
                scan.others += 1;
            }
        }
        Ok(())
    }

    /// The worst default level of each rule's id.
    fn levels(&self) -> BTreeMap<&str, Level> {
        let mut levels = BTreeMap::new();
        for component in std::iter::once(&self.tool.driver).chain(&self.tool.extensions) {
            for rule in &component.rules {
                let level = rule.level();
                let known = levels.entry(rule.id.as_str()).or_insert(level);
                *known = level.max(*known);
            }
        }
        levels
    }

    /// The level of a result, §3.27.10. Overrides of a configuration are not followed: where
    /// there are some, a result without a level of its own counts as an error.
    fn level(&self, result: &Found, levels: &BTreeMap<&str, Level>) -> Level {
        if let Some(level) = result.level {
            return level;
        }
        if result.kind.as_deref().is_some_and(|kind| kind != "fail") {
            return Level::None;
        }
        if self.invocations.iter().any(|ran| !ran.rule_configuration_overrides.is_empty()) {
            return Level::Error;
        }
        let reference = result.rule.as_ref();
        let id = result.rule_id.as_deref().or(reference.and_then(|rule| rule.id.as_deref()));
        if let Some(id) = id {
            // `CA1000/1` is a part of `CA1000`.
            let parent = id.rsplit_once('/').map(|(parent, _)| parent);
            let known = levels.get(id).or_else(|| parent.and_then(|parent| levels.get(parent)));
            return known.copied().unwrap_or(Level::Warning);
        }
        let index = result.rule_index.or(reference.and_then(|rule| rule.index));
        let rule = index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.tool.driver.rules.get(index));
        // A rule that cannot be found may be one of an extension's, of any level.
        match (rule, index) {
            (Some(rule), _) => rule.level(),
            (None, Some(_)) => Level::Error,
            (None, None) => Level::Warning,
        }
    }
}

impl Rule {
    fn level(&self) -> Level {
        let configured = self.default_configuration.as_ref().and_then(|known| known.level);
        configured.unwrap_or(Level::Warning)
    }
}

impl Found {
    /// §3.35: suppressed when there are suppressions and none is rejected or under review.
    fn is_suppressed(&self) -> bool {
        let accepted = |status: &Suppression| {
            status.status.as_deref().is_none_or(|status| status == "accepted")
        };
        !self.suppressions.is_empty() && self.suppressions.iter().all(accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(results: &str) -> String {
        format!(
            r#"{{"$schema": "x", "version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "t", "rules": [
               {{"id": "R1", "defaultConfiguration": {{"level": "error"}}}}, {{"id": "R2"}}]}}}}, "results": {results}}}]}}"#
        )
    }

    #[test]
    fn errors_count_and_accepted_suppressions_do_not() {
        let cases = [
            ("nothing found", "[]", (0, 0, 0)),
            ("an error", r#"[{"level": "error", "message": {"text": "x"}}]"#, (1, 0, 0)),
            ("a warning and a note", r#"[{"level": "warning"}, {"level": "note"}]"#, (0, 2, 0)),
            ("no level and no rule is a warning", r#"[{"message": {}}]"#, (0, 1, 0)),
            ("the level of the rule", r#"[{"ruleId": "R1"}, {"ruleId": "R1/2"}]"#, (2, 0, 0)),
            ("the rule by its place", r#"[{"ruleIndex": 0}, {"ruleIndex": 1}]"#, (1, 1, 0)),
            ("a rule that is not there", r#"[{"rule": {"index": 9}}]"#, (1, 0, 0)),
            ("a pass is no error", r#"[{"ruleId": "R1", "kind": "pass"}]"#, (0, 1, 0)),
            (
                "suppressed",
                r#"[{"level": "error", "suppressions": [{"kind": "inSource"}]}]"#,
                (0, 0, 1),
            ),
            (
                "a suppression that was rejected",
                r#"[{"level": "error", "suppressions": [{"kind": "external", "status": "accepted"}, {"kind": "external", "status": "rejected"}]}]"#,
                (1, 0, 0),
            ),
            ("no suppression", r#"[{"level": "error", "suppressions": []}]"#, (1, 0, 0)),
        ];
        for (name, results, (errors, others, suppressed)) in cases {
            assert_eq!(scan(&log(results)), Ok(Scan { errors, others, suppressed }), "{name}");
        }
    }

    #[test]
    fn a_scan_that_did_not_happen_has_no_numbers() {
        assert!(matches!(scan(&log("null")), Err(Unread::GaveUp(_))));
        assert!(matches!(scan(r#"{"version": "2.1.0", "runs": []}"#), Err(Unread::GaveUp(_))));
        let broke = log("[]").replace(
            r#""results""#,
            r#""invocations": [{"executionSuccessful": false}], "results""#,
        );
        assert!(matches!(scan(&broke), Err(Unread::GaveUp(_))));
        let elsewhere = log("[]").replace(
            r#""results""#,
            r#""externalPropertyFileReferences": {"results": [{}]}, "results""#,
        );
        assert!(matches!(scan(&elsewhere), Err(Unread::Broken(_))));
        let old = log("[]").replace("2.1.0", "2.0.0");
        assert!(matches!(scan(&old), Err(Unread::Broken(_))));
        let two = format!("{}\n{}", log("[]"), log(r#"[{"level": "error"}]"#));
        assert_eq!(scan(&two), Err(Unread::Several));
        let cut = log("[]");
        assert!(matches!(scan(&cut[..cut.len() - 1]), Err(Unread::Broken(_))));
        assert_eq!(scan("{}"), Err(Unread::Absent));
        assert_eq!(scan("nothing"), Err(Unread::Absent));
    }
}
