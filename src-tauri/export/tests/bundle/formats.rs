//! The record in other people's formats: never better than the record, the same bytes each
//! time, and nobody's text is markup there. That they are what they claim to be is held by
//! others' readers in the workspace's own tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::event::{Body, Subject, Tick};
use countersign_domain::finding::{Outcome, Reason};
use countersign_domain::id::ReleaseId;
use countersign_export::formats::{NAMESPACE, PAYLOAD_TYPE, PREDICATE_TYPE, hdf, oscal, statement};
use countersign_export::{AuditRecord, ExportError, Source};
use serde_json::Value;

use crate::support::{HOSTILE_NOTE, PROGRAM, Story, journey, people, release};

fn record(story: &Story, of: &ReleaseId) -> AuditRecord {
    AuditRecord::build(&Source { fold: &story.fold, release: of, program: PROGRAM })
        .expect("a record")
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// As Heimdall tells a control's status from its results.
fn status(control: &Value) -> &'static str {
    let results = control["results"].as_array().expect("results");
    let any = |wanted: &str| results.iter().any(|result| result["status"] == wanted);
    if any("error") {
        "error"
    } else if control["impact"] == 0.0 {
        "not-applicable"
    } else if any("failed") {
        "failed"
    } else if any("passed") {
        "passed"
    } else if results.is_empty() {
        "error"
    } else {
        "skipped"
    }
}

fn hdf_status(story: &Story, item: &str) -> &'static str {
    let document = read(&hdf(&record(story, &release())).expect("HDF"));
    let controls = document["profiles"][0]["controls"].as_array().expect("controls").clone();
    status(controls.iter().find(|control| control["id"] == item).expect("the item"))
}

fn oscal_state(story: &Story, item: &str) -> String {
    let document = read(&oscal(&record(story, &release())).expect("OSCAL"));
    let findings = &document["assessment-results"]["results"][0]["findings"];
    let findings = findings.as_array().expect("findings");
    let found = findings.iter().find(|one| one["target"]["target-id"] == item).expect("the item");
    found["target"]["status"]["state"].as_str().expect("a state").to_owned()
}

fn opened() -> Story {
    let mut story = Story::new();
    story.create();
    story.open();
    story
}

const DOUBT: Outcome = Outcome::Inconclusive(Reason::TimedOut);
const IGNORED: &str = "secrets.env-ignored";
const REDIRECT: &str = "transport.redirect";

#[test]
fn nothing_open_or_in_doubt_is_a_pass_anywhere() {
    use Outcome::{Fail, Pass};
    type Case = (&'static str, &'static str, &'static [Outcome], Option<(Tick, &'static str)>);
    let cases: [(Case, &str, &str); 10] = [
        (("nobody looked", IGNORED, &[], None), "skipped", "not-satisfied"),
        (("one of two claims passed", IGNORED, &[Pass], None), "error", "not-satisfied"),
        (("no person has said so", IGNORED, &[Pass, Pass], None), "error", "not-satisfied"),
        (
            ("both passed, and a person ticked", IGNORED, &[Pass, Pass], Some((Tick::Done, ""))),
            "passed",
            "satisfied",
        ),
        (
            ("both passed, a person says no", IGNORED, &[Pass, Pass], Some((Tick::NotDone, ""))),
            "failed",
            "not-satisfied",
        ),
        (
            ("one failed, a person says yes", IGNORED, &[Fail, DOUBT], Some((Tick::Done, "Is so"))),
            "failed",
            "not-satisfied",
        ),
        (
            ("one in doubt, a person ticked", IGNORED, &[Pass, DOUBT], Some((Tick::Done, "Is so"))),
            "error",
            "not-satisfied",
        ),
        (("it could not tell", REDIRECT, &[DOUBT], None), "error", "not-satisfied"),
        (
            ("in doubt, ticked without a word", REDIRECT, &[DOUBT], Some((Tick::Done, ""))),
            "error",
            "not-satisfied",
        ),
        (
            ("in doubt, and seen by a person", REDIRECT, &[DOUBT], Some((Tick::Done, "Saw 301"))),
            "passed",
            "satisfied",
        ),
    ];
    for ((sentence, item, looks, tick), in_hdf, in_oscal) in cases {
        let mut story = opened();
        let probes = match item {
            REDIRECT => ["http.redirects-to-https", ""],
            _ => ["git.env-never-committed", "git.env-ignored"],
        };
        let looked = (0..).zip(looks).zip(probes);
        let named: Vec<_> =
            looked.map(|((slot, look), probe)| (item, slot, probe, *look)).collect();
        if !named.is_empty() {
            story.check("run-1", &named);
        }
        if let Some((tick, note)) = tick {
            story.tick(&people().dev, item, tick, note);
        }
        assert_eq!(hdf_status(&story, item), in_hdf, "{sentence}");
        assert_eq!(oscal_state(&story, item), in_oscal, "{sentence}");
    }
}

#[test]
fn what_passed_too_long_ago_is_no_pass() {
    let mut story = opened();
    let key = "secrets.signing-key";
    story.check("run-1", &[(key, 0, "secrets.hex-value", Outcome::Pass)]);
    assert_eq!(hdf_status(&story, key), "passed");
    assert_eq!(oscal_state(&story, key), "satisfied");
    story.clock += chrono::TimeDelta::hours(25);
    story.tick(&people().dev, "tests.unit", Tick::Done, "412 passed");
    assert_eq!(hdf_status(&story, key), "error");
    assert_eq!(oscal_state(&story, key), "not-satisfied");
}

#[test]
fn an_exception_leaves_its_item_failed_and_says_until_when() {
    let story = journey();
    assert_eq!(hdf_status(story, "transport.hsts"), "failed");
    assert_eq!(oscal_state(story, "transport.hsts"), "not-satisfied");
    assert_eq!(hdf_status(story, "transport.tunnel"), "not-applicable");
    let mut story = Story::new();
    story.prepare();
    let document = read(&oscal(&record(&story, &release())).expect("OSCAL"));
    let risk = &document["assessment-results"]["results"][0]["risks"][0];
    assert_eq!(risk["status"], "deviation-approved");
    assert!(risk["deadline"].is_string() && risk["mitigating-factors"].is_array());
    let before = oscal(&record(&story, &release())).expect("OSCAL");
    story.clock += chrono::TimeDelta::days(15);
    story.tick(&people().dev, "tests.unit", Tick::Done, "413 passed");
    let after = read(&oscal(&record(&story, &release())).expect("OSCAL"));
    let risk = &after["assessment-results"]["results"][0]["risks"][0];
    assert_eq!(risk["status"], "open", "it has run out");
    let name = |document: &Value| document["assessment-results"]["uuid"].clone();
    assert_eq!(name(&after), name(&read(&before)), "one subject, one name");
}

#[test]
fn only_an_approval_that_counted_is_an_approval() {
    let document = read(&oscal(&record(journey(), &release())).expect("OSCAL"));
    let actions = document["assessment-results"]["metadata"]["actions"].clone();
    let kinds: Vec<_> = actions.as_array().expect("actions").iter().map(|a| &a["type"]).collect();
    let lapsed = "lapsed-approval";
    let wanted = ["request-changes", lapsed, lapsed, lapsed, "approval", "approval", "approval"];
    assert_eq!(kinds, wanted, "the first three went stale before the release went out");
}

#[test]
fn the_same_events_give_the_same_bytes_and_every_name_is_there_once() {
    let record = record(journey(), &release());
    let bytes = oscal(&record).expect("OSCAL");
    assert_eq!(bytes, oscal(&record).expect("OSCAL"));
    assert_eq!(hdf(&record).expect("HDF"), hdf(&record).expect("HDF"));
    let mut names = Vec::new();
    collect(&read(&bytes), &mut names);
    let count = names.len();
    names.sort();
    names.dedup();
    assert!(count > 30 && names.len() == count, "{count} names, {} of them once", names.len());
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            names.extend(fields.get("uuid").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, names));
        }
        Value::Array(all) => all.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

#[test]
fn no_text_of_people_or_servers_is_markup_or_hidden() {
    let record = record(journey(), &release());
    let oscal = String::from_utf8(oscal(&record).expect("OSCAL")).expect("UTF-8");
    let hdf = String::from_utf8(hdf(&record).expect("HDF")).expect("UTF-8");
    assert!(HOSTILE_NOTE.contains("<img"), "or nothing is tried");
    assert!(!oscal.contains("<img") && !oscal.contains("](javascript:"), "OSCAL is Markdown");
    for text in [&oscal, &hdf] {
        assert!(!text.contains('\u{202e}') && !text.contains("\\u001b"), "{text}");
        assert!(text.contains("⟨U+202E⟩"), "the name of Eve is there, made visible");
    }
}

#[test]
fn a_statement_names_artifacts_else_a_clean_commit_else_nothing() {
    let mut story = Story::new();
    story.create();
    let commit = "3f2a9c0d5b7e41a68c90d2e4f6a8b0c2d4e6f801";
    let cases = [
        ("r-clean", Some(commit), false, Some("gitCommit")),
        ("r-dirty", Some(commit), true, None),
        ("r-none", None, false, None),
    ];
    for (id, commit, dirty, wanted) in cases {
        let id = ReleaseId::parse(id).expect("release id");
        let subject = Subject {
            commit: commit.map(str::to_owned),
            dirty,
            artifacts: Vec::new(),
            ticket: String::new(),
            reason: String::new(),
        };
        let body = Body::ReleaseOpened {
            release: id.clone(),
            version: id.to_string(),
            environment: "production".into(),
            template: story.template.clone(),
            subject,
            planned_for: None,
        };
        story.tell(&people().dev, body);
        match (statement(&record(&story, &id)), wanted) {
            (Ok(made), Some(kind)) => {
                let text = String::from_utf8(made.pae()).expect("UTF-8");
                assert!(text.contains(&format!("\"digest\":{{\"{kind}\":")), "{text}");
            }
            (Err(ExportError::NoSubject { version, .. }), None) => {
                assert_eq!(version, id.to_string());
            }
            (other, _) => panic!("{id}: {other:?}"),
        }
    }
}

#[test]
fn what_is_signed_is_the_payload_with_its_type_and_both_lengths() {
    let made = statement(&record(journey(), &release())).expect("a statement");
    let print = &people().sam.member.fingerprint;
    let envelope = read(&made.envelope(print, b"signature").expect("an envelope"));
    let payload = STANDARD.decode(envelope["payload"].as_str().expect("text")).expect("base64");
    let head = format!("DSSEv1 28 {PAYLOAD_TYPE} {} ", payload.len());
    assert_eq!(made.pae(), [head.as_bytes(), &payload].concat());
    assert_eq!(envelope["signatures"][0]["keyid"], print.as_str());
    assert_eq!(envelope["signatures"][0]["sig"], STANDARD.encode(b"signature"));
    let predicate = &read(&payload)["predicate"];
    assert_eq!(predicate["gate"]["verdict"], "no-go", "verdicts aged");
    assert_eq!(predicate["deployment"]["gate"]["verdict"], "go", "and were fresh then");
    assert_eq!(read(&payload)["predicateType"], PREDICATE_TYPE);
    assert!(PREDICATE_TYPE.starts_with(NAMESPACE), "one place for the names of our own");
    assert_eq!(read(&payload)["subject"][0]["name"], "mailagent.tar.zst");
}
