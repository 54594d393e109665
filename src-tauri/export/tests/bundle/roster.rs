//! A roster whose changes need the roles that they touch, on the record: who consented, what
//! waits, and what a genuine admin's key was refused.

use countersign_domain::event::{Body, ProposedChange, Verdict};
use countersign_domain::id::EventId;
use countersign_domain::member::{Policy, Role};
use countersign_export::Verdict as Verified;
use serde_json::Value;

use crate::support::{Members, Story, check, fix_sums, pack, people, unpack};

/// Ada tried to enroll Eve as DevOps alone, then proposed it.
fn told() -> (Story, EventId) {
    let all = people();
    let mut story = Story::new();
    story.create_with(&Policy::of_new_project());
    story.open();
    let forged = Body::MemberEnrolled { member: all.eve.member.clone() };
    let refused = story.take(&all.ada, forged).expect("Devon did not consent");
    assert_eq!(refused.code(), "consent-missing");
    let change = ProposedChange::EnrollMember { member: all.eve.member.clone() };
    story.tell(&all.ada, Body::ChangeProposed { change, note: "Night shifts".into() });
    let proposal = story.signed.last().expect("an event").id();
    (story, proposal)
}

fn consent(story: &mut Story, proposal: &EventId) {
    let body = Body::ChangeDecided {
        proposal: proposal.clone(),
        role: Role::Devops,
        verdict: Verdict::Approve,
        note: "Welcome".into(),
    };
    story.tell(&people().dev, body);
}

fn record(members: &Members) -> Value {
    serde_json::from_slice(&members["record.json"]).expect("a record")
}

fn text(members: &Members, name: &str) -> String {
    String::from_utf8(members[name].clone()).expect("text")
}

#[test]
fn an_enrollment_without_consent_stands_on_the_record_as_refused() {
    let (story, proposal) = told();
    let bundle = story.bundle();
    assert!(matches!(check(&bundle).verdict, Verified::Good), "{:?}", check(&bundle).verdict);
    let members = unpack(&bundle);
    let record = record(&members);
    let trail = record["trail"].as_array().expect("a trail");
    let refused = trail.iter().find(|row| row["refused"]["code"] == "consent-missing");
    let refused = refused.expect("in the trail");
    assert_eq!(refused["kind"], "member-enrolled");
    assert_eq!(
        refused["refused"]["reason"],
        "this change of the roster needs the consent of devops"
    );
    let waits = &record["administration"]["proposed"];
    assert_eq!(waits[0]["event"], proposal.as_str());
    assert_eq!(waits[0]["waits_for"], serde_json::json!(["devops"]));
    assert!(!record["administration"]["roster"].to_string().contains("eve*"), "not on the roster");
    let eve = people().eve.member.public_key.split_whitespace().nth(1).expect("a key");
    assert!(!text(&members, "allowed_signers").contains(eve));
    let html = text(&members, "report.html");
    assert!(html.contains("needs the consent of devops"));
    assert!(html.contains("with the consent of the roles that a change touches"));
    assert!(html.contains("waits for DevOps"));
}

#[test]
fn a_record_that_hides_the_refusal_is_broken() {
    let (story, _) = told();
    let mut members = unpack(&story.bundle());
    let forged = text(&members, "record.json").replacen("consent-missing", "consent-granted", 1);
    members.insert("record.json".into(), forged.into_bytes());
    fix_sums(&mut members);
    assert!(matches!(check(&pack(&members)).verdict, Verified::Broken(_)));
}

#[test]
fn whoever_came_by_consent_is_on_the_roster_and_among_the_signers() {
    let (mut story, proposal) = told();
    consent(&mut story, &proposal);
    let bundle = story.bundle();
    assert!(matches!(check(&bundle).verdict, Verified::Good), "{:?}", check(&bundle).verdict);
    let members = unpack(&bundle);
    let eve = people().eve.member.public_key.split_whitespace().nth(1).expect("a key");
    assert!(text(&members, "allowed_signers").contains(eve));
    let record = record(&members);
    assert!(record["administration"].get("proposed").is_none(), "nothing waits");
    let texts: Vec<_> = record["administration"]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|change| change["text"].as_str())
        .collect();
    let said = |words: &str| texts.iter().any(|text| text.contains(words));
    assert!(said("proposed to enroll") && said("Night shifts"), "{texts:?}");
    assert!(said("consented to the change") && said("as DevOps: Welcome"), "{texts:?}");
}
