//! What a reader may ask for beyond an unbroken bundle.

use chrono::TimeDelta;
use countersign_domain::event::Decision;
use countersign_domain::id::{Digest, EventId};
use countersign_domain::member::Role;
use countersign_export::{Age, Requirements, Verdict, fingerprints, verify};

use crate::support::{Story, good_bundle, journey, people, unpack};

fn unmet(bytes: &[u8], requirements: &Requirements) -> Vec<String> {
    match verify(bytes, requirements).verdict {
        Verdict::Good => Vec::new(),
        Verdict::Unmet(unmet) => unmet,
        Verdict::Broken(problems) => panic!("broken: {problems:?}"),
    }
}

const THREE: [Role; 3] = [Role::Security, Role::Devops, Role::Management];

#[test]
fn each_requirement_is_met_or_told() {
    let story = journey();
    let heads: Vec<_> = story.fold.heads().iter().cloned().collect();
    let file = unpack(good_bundle())["allowed_signers"].clone();
    let all = fingerprints(&String::from_utf8(file).expect("text")).expect("keys");
    let without_max: Vec<_> =
        all.iter().filter(|key| **key != people().max.member.fingerprint).cloned().collect();
    let age = |hours| Some(Age { limit: TimeDelta::hours(hours), now: story.clock });
    let base = Requirements::default;
    for (case, requirements, told) in [
        ("nothing", base(), None),
        ("three roles", Requirements { roles: THREE.to_vec(), ..base() }, None),
        (
            "a role that the policy does not ask for",
            Requirements { roles: vec![Role::Auditor], ..base() },
            Some("no current sign-off by auditor: not required"),
        ),
        ("the artifact", Requirements { subject: Some(Digest::of(b"artifact")), ..base() }, None),
        (
            "another artifact",
            Requirements { subject: Some(Digest::of(b"other")), ..base() },
            Some("the release is not about"),
        ),
        ("a week", Requirements { max_age: age(168), ..base() }, None),
        ("a day", Requirements { max_age: age(24), ..base() }, Some("is too old")),
        (
            "a reader whose clock is behind",
            Requirements {
                max_age: Some(Age {
                    limit: TimeDelta::days(999),
                    now: story.clock - TimeDelta::days(9),
                }),
                ..base()
            },
            Some("dated in the future"),
        ),
        ("the roster's keys", Requirements { roster: Some(all), ..base() }, None),
        (
            "a roster without the manager",
            Requirements { roster: Some(without_max), ..base() },
            Some("not among the known keys"),
        ),
        ("the head", Requirements { head: heads.first().cloned(), ..base() }, None),
        ("an earlier head", Requirements { head: Some(story.signed[4].id()), ..base() }, None),
        (
            "a head that came later",
            Requirements { head: Some(EventId::of(b"later")), ..base() },
            Some("its end was cut off"),
        ),
    ] {
        let unmet = unmet(good_bundle(), &requirements).join("\n");
        match told {
            None => assert_eq!(unmet, "", "{case}"),
            Some(told) => assert!(unmet.contains(told), "{case}: {unmet}"),
        }
    }
}

#[test]
fn a_role_that_has_not_signed_or_whose_word_does_not_count_is_told() {
    let mut story = Story::new();
    story.prepare();
    let three = Requirements { roles: THREE.to_vec(), ..Requirements::default() };
    assert_eq!(unmet(&story.bundle(), &three).len(), 3, "nobody has signed");
    story.sign_all();
    assert_eq!(unmet(&story.bundle(), &three), [""; 0]);
    story.sign(&people().max, Role::Management, Decision::Revoke, "I saw the wrong build");
    assert_eq!(unmet(&story.bundle(), &three), ["no current sign-off by management: revoked"]);
    story.attach(&people().dev, "tests.unit", "more.log", b"more");
    assert_eq!(
        unmet(&story.bundle(), &three),
        [
            "no current sign-off by security: stale",
            "no current sign-off by devops: stale",
            "no current sign-off by management: revoked"
        ]
    );
}

#[test]
fn a_cut_that_was_exported_anew_is_only_seen_with_a_head_from_elsewhere() {
    let mut story = Story::new();
    story.prepare();
    story.sign_all();
    let cut = story.bundle();
    story.sign(&people().max, Role::Management, Decision::Revoke, "");
    let head = story.signed.last().expect("events").id();
    let three = Requirements { roles: THREE.to_vec(), ..Requirements::default() };
    assert_eq!(unmet(&cut, &three), [""; 0], "nothing inside can show it");
    let with_head = Requirements { head: Some(head), ..three };
    assert_eq!(unmet(&cut, &with_head).len(), 1);
}

#[test]
fn a_signers_file_of_any_usual_form_is_read() {
    let key = &people().sam.member;
    let text = format!(
        "# our people\n\nsam@example.org {k}\nsam@example.org,s@x namespaces=\"a,b\",valid-after=\"20250101\" {k} laptop\n",
        k = key.public_key
    );
    assert_eq!(fingerprints(&text), Ok(vec![key.fingerprint.clone(); 2]));
    let told = fingerprints("a@b ssh-ed25519 AAAAnonsense\n").expect_err("no key").to_string();
    assert!(told.contains("line 1"), "{told}");
}
