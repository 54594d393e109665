//! The alert rules and the Alertmanagers, as Prometheus tells them (HTTP API, "Rules" and
//! "Alertmanagers").

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::http::visit::Answer;
use crate::metrics::api;
use crate::probe::Doubt;

/// Bytes of the list of rules that are read: it holds every rule with every alert.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;
/// Longest name or error that is kept, in characters.
const MAX_TEXT: usize = 120;
/// A rule that was last evaluated longer ago than this, and than three intervals, is idle.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// An alert rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Whether its last evaluation failed.
    pub broken: bool,
    /// Whether it was not evaluated yet, or long ago.
    pub idle: bool,
    /// Whether it has an alert that fires.
    pub firing: bool,
    /// What is wrong with it, in words.
    pub why: String,
}

#[derive(Deserialize)]
struct Told {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<ToldRule>,
    /// Seconds from one evaluation to the next.
    #[serde(default)]
    interval: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldRule {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    health: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    last_error: String,
    last_evaluation: DateTime<Utc>,
}

/// The alert rules of an answer; recording rules are left out.
pub(super) fn read(answer: &Answer, now: DateTime<Utc>) -> Result<Vec<Rule>, Doubt> {
    let told: Told = api::data(answer)?;
    let each = |group: Group| {
        let late = late(group.interval);
        let alerts = group.rules.into_iter().filter(|rule| rule.kind == "alerting");
        alerts.map(move |rule| judged(rule, now, late)).collect::<Vec<_>>()
    };
    Ok(told.groups.into_iter().flat_map(each).collect())
}

fn late(interval: f64) -> TimeDelta {
    let three = (interval * 3.0).clamp(0.0, 86_400.0);
    #[expect(clippy::cast_possible_truncation, reason = "within a day, by the line above")]
    TimeDelta::seconds(three as i64).max(LATE)
}

fn judged(rule: ToldRule, now: DateTime<Utc>, late: TimeDelta) -> Rule {
    let broken = rule.health == "err";
    let idle = !broken && (rule.health != "ok" || now - rule.last_evaluation > late);
    let why = match (broken, idle) {
        (true, _) => short(&rule.last_error),
        (false, true) => format!(
            "health {:?}, last evaluated {}",
            short(&rule.health),
            rule.last_evaluation.format("%F %T UTC")
        ),
        (false, false) => String::new(),
    };
    Rule { name: short(&rule.name), broken, idle, firing: rule.state == "firing", why }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managers {
    active_alertmanagers: Vec<IgnoredAny>,
}

/// How many Alertmanagers alerts are sent to.
pub(super) fn managers(answer: &Answer) -> Result<usize, Doubt> {
    let told: Managers = api::data(answer)?;
    Ok(told.active_alertmanagers.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture;
    use crate::http::visit::Channel;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn rule(health: &str, kind: &str, evaluated: &str) -> Vec<Rule> {
        let body = format!(
            r#"{{"status":"success","data":{{"groups":[{{"name":"g","interval":15,"rules":[
               {{"name":"Down","type":"{kind}","health":"{health}","state":"firing",
                "lastError":"many-to-many","lastEvaluation":"{evaluated}"}}]}}]}}}}"#
        );
        let answer = fixture::answer(200, Channel::Plain, &[]);
        let answer = Answer { body: body.into_bytes(), ..answer };
        read(&answer, at("2026-01-01T12:00:00Z")).expect("rules")
    }

    #[test]
    fn a_rule_is_good_only_when_it_was_just_evaluated() {
        let just = "2026-01-01T11:59:50.123456789Z";
        for (case, health, evaluated, broken, idle) in [
            ("good", "ok", just, false, false),
            ("an error", "err", just, true, false),
            ("not yet", "unknown", "0001-01-01T00:00:00Z", false, true),
            ("long ago", "ok", "2026-01-01T11:00:00Z", false, true),
            ("a health that nobody documents", "fine", just, false, true),
        ] {
            let rules = rule(health, "alerting", evaluated);
            assert_eq!((rules[0].broken, rules[0].idle), (broken, idle), "{case}");
            assert_eq!(rules[0].why.is_empty(), !broken && !idle, "{case}");
        }
        assert!(rule("ok", "recording", just).is_empty());
        assert_eq!(late(15.0), LATE);
        assert_eq!(late(f64::NAN), LATE);
        assert_eq!(late(1e300), TimeDelta::days(1));
    }
}
