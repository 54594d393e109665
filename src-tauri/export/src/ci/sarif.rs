//! A check run as SARIF 2.1.0 (OASIS). A rule is a claim, a result is a finding that is no
//! pass: `fail` with a level, or, where it could not be told, `open` or `review` without one
//! (§3.27.9 and §3.27.10).

use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_domain::id::Digest;
use countersign_domain::template::Severity;
use serde_json::{Value, json};

use super::{CheckRun, Checked, Rule};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The run as SARIF. `program` is name and version; `rules` are those of every probe, and
/// the ones that this run used are taken out of them.
#[must_use]
pub fn sarif(run: &CheckRun<'_>, rules: &[Rule], program: &str) -> String {
    let used: Vec<&Rule> = rules
        .iter()
        .filter(|rule| {
            let mut uses = run.items.iter().flat_map(|checked| &checked.item.probes);
            uses.any(|probe| probe.name == rule.name)
        })
        .collect();
    let (name, version) = program.split_once(' ').unwrap_or((program, ""));
    let results: Vec<Value> = run
        .items
        .iter()
        .flat_map(|checked| checked.findings.iter().map(move |found| (checked, found)))
        .filter_map(|(checked, (slot, finding))| result(run, checked, *slot, finding, &used))
        .collect();
    let release = run.release;
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": name,
                "version": version,
                "rules": used.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "automationDetails": {
                "id": format!("{}/{}/{}", run.project_name, release.environment, run.run.id),
            },
            "invocations": [invocation(run)],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "project": run.project_name,
                "release": release.version,
                "environment": release.environment,
                "commit": release.subject.commit,
                "template": release.template.id,
                "templateSha256": release.template_digest.to_string(),
            },
        }],
    });
    format!("{log:#}\n")
}

fn invocation(run: &CheckRun<'_>) -> Value {
    let mut invocation = json!({
        "executionSuccessful": run.is_whole(),
        "startTimeUtc": stamp(run.run.started.at),
    });
    if let Some((ended, _)) = run.run.finished {
        invocation["endTimeUtc"] = json!(stamp(ended));
    }
    let missing: Vec<_> = run.items.iter().filter(|checked| !checked.is_whole()).collect();
    if !missing.is_empty() {
        let told = missing.iter().map(|checked| {
            let text = format!("{}: not every claim was looked at", checked.item.id);
            json!({ "level": "error", "message": { "text": text } })
        });
        invocation["toolExecutionNotifications"] = told.collect();
    }
    invocation
}

fn described(rule: &Rule) -> Value {
    let help = format!("{}\n\nWhat it cannot see: {}", rule.remedy, rule.blind);
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.claim },
        "fullDescription": { "text": format!("{} {}", rule.claim, rule.why) },
        "help": { "text": help },
    })
}

fn result(
    run: &CheckRun<'_>,
    checked: &Checked<'_>,
    slot: u32,
    finding: &Finding,
    rules: &[&Rule],
) -> Option<Value> {
    let severity = checked.item.severity_in(checked.section);
    let (kind, level) = match (finding.outcome, severity) {
        (Outcome::Pass | Outcome::NotApplicable, _) => return None,
        (Outcome::Fail, Severity::Critical | Severity::High) => ("fail", "error"),
        (Outcome::Fail, Severity::Recommended) => ("fail", "warning"),
        (Outcome::Inconclusive(Reason::NeedsPerson), _) => ("review", "none"),
        (Outcome::Inconclusive(_), _) => ("open", "none"),
    };
    let mut result = json!({
        "ruleId": finding.probe,
        "kind": kind,
        "level": level,
        "message": { "text": message(checked, finding) },
        "locations": locations(run, checked, finding),
        "partialFingerprints": { "countersign/v1": fingerprint(run, checked, slot, finding) },
        "properties": {
            "item": checked.item.id.as_str(),
            "severity": severity.code(),
            "expected": finding.expected,
            "observed": finding.observed,
            "reproduce": finding.reproduce,
            "reason": finding.outcome.reason().map(Reason::words),
            "rules": finding.rules,
        },
    });
    if let Some(index) = rules.iter().position(|rule| rule.name == finding.probe) {
        result["ruleIndex"] = json!(index);
    }
    Some(result)
}

fn message(checked: &Checked<'_>, finding: &Finding) -> String {
    let mut text = format!("{}: {}.", checked.item.title, finding.summary.trim_end_matches('.'));
    for (name, more) in [("Expected", &finding.expected), ("Observed", &finding.observed)] {
        if !more.is_empty() {
            text.push_str(&format!(" {name}: {more}."));
        }
    }
    text
}

/// The lines of source that a finding names, else what was looked at.
fn locations(run: &CheckRun<'_>, checked: &Checked<'_>, finding: &Finding) -> Vec<Value> {
    let environment = &run.release.environment;
    let name = if finding.target.is_empty() { &finding.probe } else { &finding.target };
    let logical = json!([{
        "name": name,
        "fullyQualifiedName": format!("{environment}/{}", checked.item.id),
        "kind": "resource",
    }]);
    let places: Vec<_> = finding.transcript.iter().filter_map(|line| place(line)).collect();
    if places.is_empty() {
        return vec![json!({ "logicalLocations": logical })];
    }
    let physical = places.into_iter().map(|(path, line)| {
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(path), "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": line },
            },
            "logicalLocations": logical,
        })
    });
    physical.collect()
}

/// `path:line` at the beginning of a line, as looks at source write it. An address with a
/// port is no path: a path here has a folder or an ending.
fn place(line: &str) -> Option<(&str, u32)> {
    let (path, rest) = line.split_once(':')?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let number: u32 = digits.parse().ok().filter(|number| *number > 0)?;
    let ends = rest[digits.len()..].is_empty() || rest[digits.len()..].starts_with([' ', ':']);
    let relative = !path.starts_with(['/', '.', '<', '>']) && !path.contains([' ', '\\', '"']);
    let last = path.rsplit('/').next()?;
    let ending = last.rsplit_once('.').map(|(_, ending)| ending);
    let file = ending.is_some_and(|ending| {
        ending.starts_with(|c: char| c.is_ascii_alphabetic()) && ending.len() <= 5
    });
    (ends && relative && (file && path.contains('/') || is_source(ending)))
        .then_some((path, number))
}

/// Endings of source files, for those that lie in no folder.
fn is_source(ending: Option<&str>) -> bool {
    ending.is_some_and(|ending| {
        ["ts", "js", "tsx", "jsx", "json", "yml", "yaml", "toml", "env", "md", "rs", "conf"]
            .contains(&ending)
    })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The same for the same claim on the same environment, whatever the release.
fn fingerprint(run: &CheckRun<'_>, checked: &Checked<'_>, slot: u32, finding: &Finding) -> String {
    let parts = [
        run.project.as_str(),
        &run.release.environment,
        checked.item.id.as_str(),
        &slot.to_string(),
        &finding.probe,
    ];
    Digest::of(parts.join("\n").as_bytes()).to_string()
}

fn stamp(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_source_is_told_from_an_address() {
        for (line, expected) in [
            ("src/config.ts:12  jwt  ab••••", Some(("src/config.ts", 12))),
            ("main.ts:3", Some(("main.ts", 3))),
            ("a b.ts:3", None),
            ("api.example.com:443  refused", None),
            ("127.0.0.1:6379 answered", None),
            ("/etc/redis.conf:7", None),
            ("../x.ts:7", None),
            ("https://api.example.com:443/x", None),
            ("HTTP/1.1 200 OK", None),
            ("src/config.ts:0", None),
            ("src/config.ts:99999999999", None),
            ("< x:1", None),
        ] {
            assert_eq!(place(line), expected, "{line}");
        }
        assert_eq!(uri("src/ä b#.ts"), "src/%C3%A4%20b%23.ts");
    }
}
