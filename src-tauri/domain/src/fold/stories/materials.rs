//! What a sign-off covers, compared piece by piece.

use super::Story;
use super::steps::environment;
use crate::event::Tick::NotDone;
use crate::finding::Outcome::{Fail, Pass};
use crate::material::Material;
use crate::member::Role::{Admin, Devops, Management, Security};

fn material(story: &Story) -> Material {
    Material::of(story.project(), story.release())
}

#[test]
fn the_differences_name_each_change_once() {
    let before = Story::ready();
    let after = before
        .clone()
        .aim_at("dan", 'b')
        .set_environments("dan", vec![environment("production", "https://new.example.com")])
        .set_policy("ada", &[Security, Devops], &[Security])
        .enroll("ada", "finn", &[Admin])
        .remove("ada", "cleo")
        .fail("headers")
        .says("dan", "training", NotDone, "Next month")
        .attach("dan", "backup", "log.txt")
        .ask("dan", "e1", "training");
    let changes = material(&before).differences(&material(&after));
    let named: Vec<_> = changes
        .iter()
        .map(|change| {
            let item = change.item.as_ref().map_or("", |id| id.as_str());
            (change.what.as_str(), item)
        })
        .collect();
    let mut sorted = named.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            ("environment", ""),
            ("evidence", "backup"),
            ("exception", "training"),
            ("policy", ""),
            ("roster", ""),
            ("roster", ""),
            ("tick", "training"),
            ("verdict", "headers"),
            ("what goes out", ""),
        ],
        "{changes:#?}"
    );
    assert!(changes.iter().all(|change| change.from != change.to), "{changes:#?}");
}

#[test]
fn a_verdict_of_several_probes_names_the_one_that_changed() {
    let before = Story::ready();
    let story = before.clone().start("dan", &["headers"]);
    let finding = super::steps::finding("headers.hsts", Fail, story.at);
    let after = story.record("dan", "headers", 1, finding).finish("dan");
    let changes = material(&before).differences(&material(&after));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].from, "headers.csp: pass; headers.hsts: pass");
    assert_eq!(changes[0].to, "headers.csp: pass; headers.hsts: fail");
}

#[test]
fn nothing_changed_is_no_difference_and_the_same_digest() {
    let before = Story::ready();
    let after = before.clone().finds(&["tls", "headers", "suite"], Pass).tick("training", "cleo");
    assert_eq!(material(&before).differences(&material(&after)), []);
    assert_eq!(material(&before).digest(), material(&after).digest());
}

#[test]
fn every_difference_changes_the_digest_that_is_signed() {
    let before = Story::ready();
    let digest = material(&before).digest();
    let changed = [
        before.clone().fail("suite"),
        before.clone().says("dan", "training", NotDone, ""),
        before.clone().attach("dan", "backup", "log.txt"),
        before.clone().ask("dan", "e1", "training"),
        before.clone().aim_at("dan", 'b'),
        before.clone().remove("ada", "otto"),
        before.clone().set_policy("ada", &[Management], &[]),
    ];
    for story in changed {
        assert_ne!(material(&story).digest(), digest);
        assert_ne!(material(&before).differences(&material(&story)), []);
    }
}

#[test]
fn what_a_signature_covers_is_what_its_digest_says() {
    let story = Story::signed();
    for signoff in &story.release().signoff_history {
        assert_eq!(signoff.covers.digest(), signoff.state);
    }
}
