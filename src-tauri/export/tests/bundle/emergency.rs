//! A release that went out as an emergency, and several signers for one role: what the record
//! and every page say of it.

use countersign_domain::member::Role;
use countersign_export::{Requirements, Verdict, verify};
use serde_json::Value;

use crate::support::{Members, check, unpack};
use crate::urgent::{declared, reviewed};

fn record(members: &Members) -> Value {
    serde_json::from_slice(&members["record.json"]).expect("a record")
}

fn page(members: &Members, name: &str) -> String {
    String::from_utf8(members[name].clone()).expect("text")
}

#[test]
fn the_record_keeps_what_was_owed_and_who_looked_when() {
    let bundle = reviewed().bundle();
    assert_eq!(check(&bundle).verdict, Verdict::Good);
    let record = record(&unpack(&bundle));
    let emergency = &record["gate"]["emergency"];
    assert_eq!(emergency["declared"]["note"], "The <b>queue</b> is stuck");
    assert_eq!(emergency["declared"]["by"]["name"], "Devon Ops");
    assert_eq!(emergency["owed"], serde_json::json!(["security", "devops", "management"]));
    assert_eq!(emergency["open"], serde_json::json!(["devops"]));
    let told: Vec<_> = emergency["reviews"].as_array().expect("reviews").iter().collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["decision"], &told[0]["in_time"]), (&"approve".into(), &true.into()));
    assert_eq!((&told[1]["decision"], &told[1]["in_time"]), (&"decline".into(), &false.into()));
    assert_eq!(record["gate"]["at_deployment"]["verdict"], "go");
    assert_eq!(record["administration"]["policy"]["freshness_hours"], 20);
}

#[test]
fn each_required_signature_has_a_block_of_its_own() {
    let record = record(&unpack(&reviewed().bundle()));
    let blocks = record["signatures"]["required"].as_array().expect("blocks");
    let told: Vec<_> = blocks
        .iter()
        .map(|block| {
            let role = block["role"].as_str().expect("a role");
            (role, block["people"].as_u64(), block["standing"].as_str().expect("a standing"))
        })
        .collect();
    let expected = [
        ("security", Some(1), "signed"),
        ("devops", Some(2), "signed"),
        ("devops", Some(2), "missing"),
        ("management", Some(1), "declined"),
    ];
    assert_eq!(told, expected);
    assert!(blocks[0]["at_deployment"].is_null(), "security looked afterwards");
    assert_eq!(blocks[1]["at_deployment"], blocks[1]["signature"]["signer"]["event"]);
}

#[test]
fn every_page_tells_of_the_emergency_as_text() {
    for (story, still) in [(declared(), None), (reviewed(), Some("DevOps"))] {
        let members = unpack(&story.bundle());
        let (html, markdown) = (page(&members, "report.html"), page(&members, "report.md"));
        assert!(html.contains("The &lt;b&gt;queue&lt;/b&gt; is stuck"), "escaped");
        assert!(!html.contains("<b>queue"), "never as markup");
        for text in [&html, &markdown] {
            assert!(text.to_lowercase().contains("emergency"));
            let owed = still.map(|role| text.contains(&format!("till owed: {role}")));
            assert_ne!(owed, Some(false), "what is owed");
        }
        assert!(html.contains("2 of DevOps") && html.contains("20 hours"), "the policy");
    }
}

#[test]
fn a_reader_who_asks_for_a_role_asks_for_all_its_signers() {
    let bundle = reviewed().bundle();
    let ask = |roles: &[Role]| {
        let requirements = Requirements { roles: roles.to_vec(), ..Requirements::default() };
        verify(&bundle, &requirements)
    };
    assert_eq!(ask(&[Role::Security]).verdict, Verdict::Good);
    let Verdict::Unmet(problems) = ask(&[Role::Devops, Role::Management]).verdict else {
        panic!("a missing signer was not missed");
    };
    let expected = [
        "no current sign-off by devops: missing, 1 of 2 signed",
        "no current sign-off by management: declined",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn an_ordinary_release_says_nothing_of_emergencies() {
    let members = unpack(crate::support::good_bundle());
    assert!(record(&members)["gate"]["emergency"].is_null());
    assert!(!page(&members, "report.md").to_lowercase().contains("- emergency"));
}
