//! A check run for pipelines: read back by other readers, and never better than the run.

use std::collections::BTreeMap;

use countersign_domain::event::Body;
use countersign_domain::finding::{Outcome, Reason};
use countersign_domain::id::RunId;
use countersign_export::ci::{CheckRun, Rule, junit, sarif};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use crate::support::{PROGRAM, Story, finding, item, people, release};

fn rules() -> Vec<Rule> {
    let names = ["git.env-ignored", "http.hsts", "http.redirects-to-https", "secrets.hex-value"];
    let rule = |name: &str| Rule {
        name: name.into(),
        claim: "The claim.".into(),
        why: "The reason.".into(),
        blind: "Much.".into(),
        remedy: "Repair it.".into(),
    };
    names.into_iter().map(rule).collect()
}

fn with_run(finish: bool) -> Story {
    let mut story = Story::new();
    story.create();
    story.open();
    let run = RunId::parse("run-1").expect("run id");
    let by = &people().dev;
    let items =
        ["secrets.signing-key", "secrets.env-ignored", "transport.redirect", "transport.hsts"];
    let items = items.map(item).to_vec();
    story.tell(by, Body::CheckStarted { release: release(), run: run.clone(), items });
    for (id, slot, probe, outcome) in [
        ("secrets.signing-key", 0, "secrets.hex-value", Outcome::Pass),
        ("secrets.env-ignored", 0, "git.env-never-committed", Outcome::Pass),
        (
            "transport.redirect",
            0,
            "http.redirects-to-https",
            Outcome::Inconclusive(Reason::TimedOut),
        ),
        ("transport.hsts", 0, "http.hsts", Outcome::Fail),
    ] {
        let mut found = finding(probe, outcome, story.clock);
        if probe == "http.hsts" {
            found.transcript.push("src/main.ts:12  hsts is off".into());
        }
        let (run, item) = (run.clone(), item(id));
        let body = Body::FindingRecorded { release: release(), run, item, slot, finding: found };
        story.tell(by, body);
    }
    if finish {
        story.tell(by, Body::CheckFinished { release: release(), run, cancelled: false });
    }
    story
}

fn of(story: &Story) -> CheckRun<'_> {
    let run = RunId::parse("run-1").expect("run id");
    CheckRun::of(&story.fold, &release(), &run).expect("the run")
}

#[test]
fn only_what_passed_is_a_success_in_junit() {
    let story = with_run(true);
    let text = junit(&of(&story)).expect("a report");
    assert_eq!(text, junit(&of(&story)).expect("a report"), "the same bytes each time");
    let report = Report::deserialize_from_str(&text).expect("another reader");
    assert_eq!((report.tests, report.failures, report.errors), (4, 1, 2));
    let suites: Vec<_> =
        report.test_suites.iter().map(|s| (s.tests, s.failures, s.errors)).collect();
    assert_eq!(suites, [(2, 0, 1), (2, 1, 1)]);
    let cases: BTreeMap<_, _> = report
        .test_suites
        .iter()
        .flat_map(|suite| &suite.test_cases)
        .map(|case| (case.name.as_str().split(':').next().unwrap_or_default(), case))
        .collect();
    let is = |id: &str, wanted: NonSuccessKind, kind: &str| match &cases[id].status {
        TestCaseStatus::NonSuccess { kind: found, ty, .. } => {
            *found == wanted && ty.as_ref().is_some_and(|ty| ty.as_str() == kind)
        }
        _ => false,
    };
    assert!(matches!(cases["secrets.signing-key"].status, TestCaseStatus::Success { .. }));
    assert!(is("transport.hsts", NonSuccessKind::Failure, "fail"), "{text}");
    assert!(is("transport.redirect", NonSuccessKind::Error, "inconclusive: timed out"), "{text}");
    assert!(is("secrets.env-ignored", NonSuccessKind::Error, "not-run"), "one of two claims");
    for told in [
        "expected: status 301",
        "observed: HTTP/1.1 200 OK",
        "reproduce: curl -sSI",
        "template-sha256",
        "2.3.0",
        "production",
        "time=\"0.041\"",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains("<script>"), "{text}");
}

#[test]
fn in_sarif_doubt_is_open_and_only_a_fail_has_a_level() {
    let story = with_run(true);
    let text = sarif(&of(&story), &rules(), PROGRAM);
    assert_eq!(text, sarif(&of(&story), &rules(), PROGRAM), "the same bytes each time");
    let log: Value = serde_json::from_str(&text).expect("JSON");
    structure(&log);
    let run = &log["runs"][0];
    let results: Vec<_> = run["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().expect("text").to_owned();
            (text("ruleId"), text("kind"), text("level"))
        })
        .collect();
    let is = |rule: &str, kind: &str, level: &str| (rule.into(), kind.into(), level.into());
    assert_eq!(
        results,
        [is("http.redirects-to-https", "open", "none"), is("http.hsts", "fail", "error")]
    );
    let hsts = &run["results"][1];
    let physical = &hsts["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "src/main.ts");
    assert_eq!(physical["region"]["startLine"], 12);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "one claim was not looked at");
    let text = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(text.as_str().is_some_and(|text| text.contains("secrets.env-ignored")), "{text}");
}

#[test]
fn a_run_that_did_not_end_is_no_success_anywhere() {
    let story = with_run(false);
    let log: Value = serde_json::from_str(&sarif(&of(&story), &rules(), PROGRAM)).expect("JSON");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let unknown = RunId::parse("run-7").expect("run id");
    assert!(CheckRun::of(&story.fold, &release(), &unknown).is_none());
}

#[test]
fn a_fingerprint_outlives_the_release_and_differs_between_claims() {
    let prints = |story: &Story| -> Vec<String> {
        let log: Value = serde_json::from_str(&sarif(&of(story), &rules(), PROGRAM)).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let print = |one: &Value| one["partialFingerprints"]["countersign/v1"].to_string();
        results.iter().map(print).collect()
    };
    let first = prints(&with_run(true));
    assert_eq!(first, prints(&with_run(false)));
    assert_ne!(first[0], first[1]);
}

/// What the schema of SARIF 2.1.0 asks of the parts that are used here: no other names, the
/// required ones, values of its lists, and a rule for each index.
fn structure(log: &Value) {
    let names = |value: &Value, known: &[&str]| {
        for name in value.as_object().expect("an object").keys() {
            assert!(known.contains(&name.as_str()), "{name} in {value}");
        }
    };
    names(log, &["$schema", "version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    names(
        run,
        &["tool", "automationDetails", "invocations", "columnKind", "results", "properties"],
    );
    names(&run["automationDetails"], &["id"]);
    let driver = &run["tool"]["driver"];
    names(driver, &["name", "version", "rules"]);
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        names(rule, &["id", "shortDescription", "fullDescription", "help"]);
    }
    for invocation in run["invocations"].as_array().expect("invocations") {
        names(
            invocation,
            &["executionSuccessful", "startTimeUtc", "endTimeUtc", "toolExecutionNotifications"],
        );
        assert!(invocation["executionSuccessful"].is_boolean());
    }
    for result in run["results"].as_array().expect("results") {
        names(
            result,
            &[
                "ruleId",
                "ruleIndex",
                "kind",
                "level",
                "message",
                "locations",
                "partialFingerprints",
                "properties",
            ],
        );
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let kind = result["kind"].as_str().expect("a kind");
        assert!(
            ["pass", "open", "informational", "notApplicable", "review", "fail"].contains(&kind)
        );
        // §3.27.10: whatever is no failure has the level none.
        assert_eq!(kind == "fail", result["level"] != "none", "{result}");
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        for location in result["locations"].as_array().expect("locations") {
            names(location, &["physicalLocation", "logicalLocations"]);
            for logical in location["logicalLocations"].as_array().expect("logical") {
                names(logical, &["name", "fullyQualifiedName", "kind"]);
            }
        }
    }
}
