//! What is exported, and that it verifies.

use countersign_domain::id::{Digest, ReleaseId};
use countersign_export::{
    AuditRecord, ExportError, Source, Verdict, required_evidence, required_templates, write,
};
use serde_json::Value;

use crate::support::{Story, check, good_bundle, journey, people, release, unpack};

#[test]
fn a_release_from_opening_to_closing_verifies() {
    let verification = check(good_bundle());
    assert_eq!(verification.verdict, Verdict::Good, "{}", verification.summary);
    assert!(verification.steps.iter().all(|step| step.good));
    let contents = verification.contents.expect("contents");
    assert_eq!((contents.version.as_str(), contents.gate), ("2.3.0", "no-go"), "verdicts aged");
    assert_eq!(contents.signed.len(), 3);
    assert!(contents.deployed_at.is_some());
    for person in [&people().sam, &people().dev, &people().max, &people().stranger] {
        let print = person.member.fingerprint.as_str();
        assert!(verification.summary.contains(print), "{print} is named");
    }
}

#[test]
fn a_release_that_is_only_open_verifies_too() {
    let mut story = Story::new();
    story.create();
    story.open();
    assert_eq!(check(&story.bundle()).verdict, Verdict::Good);
}

#[test]
fn the_same_events_give_the_same_bytes() {
    assert_eq!(journey().bundle(), good_bundle());
}

#[test]
fn the_bundle_holds_what_it_promises() {
    let members = unpack(good_bundle());
    for name in [
        "record.json",
        "oscal.json",
        "hdf.json",
        "report.html",
        "report.md",
        "items.csv",
        "checklist.md",
        "allowed_signers",
        "VERIFY.md",
        "SHA256SUMS",
    ] {
        assert!(members.contains_key(name), "{name}");
    }
    let events = members.keys().filter(|name| name.starts_with("events/")).count();
    assert_eq!(events, 2 * journey().signed.len());
    for digest in required_templates(&journey().fold) {
        assert!(members.contains_key(&format!("templates/{digest}.toml")));
    }
    for digest in required_evidence(&journey().fold, &release()) {
        assert!(members.contains_key(&format!("evidence/{digest}")));
    }
}

fn record() -> Value {
    serde_json::from_slice(&unpack(good_bundle())["record.json"]).expect("json")
}

fn entry<'a>(record: &'a Value, id: &str) -> &'a Value {
    record["sections"]
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|section| section["items"].as_array().expect("items"))
        .find(|item| item["id"] == id)
        .expect("the item")
}

#[test]
fn the_machine_and_the_person_are_kept_apart() {
    let record = record();
    let item = entry(&record, "transport.redirect");
    assert_eq!(item["machine"]["outcome"], "inconclusive");
    assert_eq!(item["machine"]["reason"], "timed out");
    assert_eq!(item["human"]["tick"], "done");
    assert_eq!(entry(&record, "transport.tunnel")["machine"], Value::Null);
    assert_eq!(entry(&record, "transport.hsts")["human"], Value::Null);
}

#[test]
fn a_check_that_failed_before_it_passed_shows_both() {
    let record = record();
    let item = entry(&record, "secrets.signing-key");
    let finding = &item["findings"][0];
    assert_eq!(finding["looks"], serde_json::json!({"fail": 1, "pass": 1}));
    assert_eq!((&finding["run"], &finding["parameters"]["bytes"]), (&"run-2".into(), &64.into()));
    let values: Vec<_> =
        item["history"].as_array().expect("history").iter().map(|one| &one["to"]).collect();
    assert_eq!(values, ["fail", "pass"]);
}

#[test]
fn each_role_has_a_full_block_and_every_earlier_word_stays() {
    let record = record();
    let blocks = record["signatures"]["required"].as_array().expect("blocks");
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        assert_eq!(block["standing"], "signed");
        let one = &block["signature"];
        for field in ["meaning", "state", "public_key", "algorithm", "signature_file"] {
            assert!(one[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
        assert_eq!(one["acknowledged"][0]["exception"], "ex-1");
        assert_eq!(one["signer"]["event"], block["at_deployment"]);
    }
    let history = record["signatures"]["history"].as_array().expect("history");
    let decisions: Vec<_> = history.iter().map(|one| one["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions[0], "decline");
    assert_eq!(decisions.len(), 7);
    for check in record["signatures"]["separation"].as_array().expect("checks") {
        assert_eq!(check["holds"], true, "{check}");
    }
}

#[test]
fn a_stale_signature_says_what_changed() {
    let mut story = Story::new();
    story.prepare();
    story.sign_all();
    story.tick(&people().dev, "tests.unit", countersign_domain::event::Tick::NotDone, "one fails");
    let source = Source { fold: &story.fold, release: &release(), program: "countersign 0.1.0" };
    let record = AuditRecord::build(&source).expect("a record");
    for block in &record.signatures.required {
        assert_eq!(block.standing, "stale");
        let stale = block.signature.as_ref().and_then(|one| one.stale.as_ref()).expect("why");
        assert_eq!(stale.changes[0].item.as_ref().map(|item| item.as_str()), Some("tests.unit"));
    }
    assert_eq!(check(&story.bundle()).verdict, Verdict::Good);
}

#[test]
fn the_gate_is_read_at_the_deployment_and_at_the_end() {
    let record = record();
    assert_eq!(record["gate"]["at_deployment"]["verdict"], "go");
    assert_eq!(record["gate"]["at_deployment"]["blockers"], serde_json::json!([]));
    assert_eq!(record["gate"]["now"]["verdict"], "no-go");
    let score = &record["gate"]["at_deployment"]["score"];
    assert!(score["now"].as_u64() > score["without_exceptions"].as_u64(), "{score}");
    let item = entry(&record, "secrets.signing-key");
    assert_eq!(item["standing_at_deployment"]["code"], "settled");
    assert_eq!(item["standing"]["missing"], "checked too long ago");
    assert_eq!(record["gate"]["at_deployment"]["counts"]["high"]["excepted"], 1);
    assert_eq!(record["deployment"]["approved_before"], true);
    assert_eq!(record["watch"]["hours"], 48);
}

#[test]
fn what_was_refused_stands_in_the_trail() {
    let record = record();
    let refused: Vec<_> = record["trail"]
        .as_array()
        .expect("trail")
        .iter()
        .filter_map(|row| row["refused"]["code"].as_str())
        .collect();
    assert_eq!(refused, ["not-a-member", "own-exception"]);
}

#[test]
fn nothing_is_exported_in_part() {
    let story = journey();
    let nowhere = ReleaseId::parse("r-9").expect("id");
    let mut input = story.input();
    input.release = &nowhere;
    assert!(matches!(write(&input), Err(ExportError::UnknownRelease(_))));

    let mut input = story.input();
    input.program = "countersign\n<script>";
    assert!(matches!(write(&input), Err(ExportError::Program(_))));

    let none = std::collections::BTreeMap::new();
    let mut input = story.input();
    input.template_texts = &none;
    assert!(matches!(write(&input), Err(ExportError::Template(_))));

    let other = std::collections::BTreeMap::from([(Digest::of(b"x"), b"y".to_vec())]);
    let mut input = story.input();
    input.evidence = &other;
    assert!(matches!(write(&input), Err(ExportError::Evidence { .. })));

    let mut input = story.input();
    input.signed = &story.signed[1..];
    assert!(matches!(write(&input), Err(ExportError::OtherEvents { .. })));
}
