//! Every way to change a bundle that we could think of: none is accepted, each is named.

use std::io::{Cursor, Write};

use chrono::{DateTime, Utc};
use countersign_domain::canonical;
use countersign_domain::event::{Body, Envelope};
use countersign_domain::finding::Outcome;
use countersign_domain::id::{Digest, EventId, RunId};
use countersign_export::Verdict;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::{
    Members, Story, broken, check, finding, fix_sums, good_bundle, item, pack, people, release,
    unpack,
};

fn members() -> Members {
    unpack(good_bundle())
}

fn events(members: &Members) -> Vec<String> {
    let is_event = |name: &&String| name.starts_with("events/") && name.ends_with(".json");
    members.keys().filter(is_event).cloned().collect()
}

fn number(event: &str) -> &str {
    &event[7..13]
}

#[test]
fn packing_the_same_members_again_gives_the_same_bundle() {
    assert_eq!(pack(&members()), good_bundle(), "or the stories below would show nothing");
}

/// Beginning, middle and end; of the many events, one place each, another in each event.
fn places(name: &str, bytes: &[u8]) -> Vec<usize> {
    let all = [0, bytes.len() / 2, bytes.len() - 1];
    match name.strip_prefix("events/").and_then(|file| file.get(5..6)?.parse::<usize>().ok()) {
        Some(digit) => vec![all[digit % all.len()]],
        None => all.to_vec(),
    }
}

#[test]
fn one_changed_byte_in_any_member_is_named() {
    let good = members();
    for (name, bytes) in &good {
        for at in places(name, bytes) {
            let mut bad = good.clone();
            bad.get_mut(name).expect("member")[at] ^= 0x01;
            let told = broken(&pack(&bad));
            assert!(told.contains(name.as_str()), "{name} at {at}: {told}");
        }
    }
}

#[test]
fn one_changed_byte_is_named_even_when_the_sums_were_made_to_fit() {
    let good = members();
    for (name, bytes) in good.iter().filter(|(name, _)| *name != "SHA256SUMS") {
        for at in places(name, bytes) {
            let mut bad = good.clone();
            bad.get_mut(name).expect("member")[at] ^= 0x01;
            fix_sums(&mut bad);
            let told = broken(&pack(&bad));
            // A changed signature is told with its event, which has the same stem.
            let stem = name.trim_end_matches(".sig");
            assert!(told.contains(stem), "{name} at {at}: {told}");
        }
    }
}

#[test]
fn a_changed_byte_anywhere_in_the_file_is_not_accepted() {
    let good = good_bundle();
    for at in (0..good.len()).step_by(6007).chain(good.len() - 60..good.len()) {
        let mut bad = good.to_vec();
        bad[at] ^= 0x20;
        broken(&bad);
    }
}

#[test]
fn a_dropped_event_is_named() {
    let good = members();
    for event in events(&good) {
        for fixed in [false, true] {
            let mut bad = good.clone();
            bad.remove(&event);
            bad.remove(&event.replace(".json", ".sig"));
            if fixed {
                fix_sums(&mut bad);
            }
            let told = broken(&pack(&bad));
            let last = Some(&event) == events(&good).last();
            let names = if last { "the end was cut off" } else { number(&event) };
            assert!(told.contains(names), "{event}: {told}");
        }
    }
}

#[test]
fn two_swapped_events_are_named() {
    let good = members();
    let all = events(&good);
    let (a, b) = (&all[9], &all[14]);
    // Under each other's names, and under each other's numbers.
    let mut bad = good.clone();
    for end in [".json", ".sig"] {
        let (a, b) = (a.replace(".json", end), b.replace(".json", end));
        let kept = bad[&a].clone();
        let other = bad.insert(b, kept).expect("member");
        bad.insert(a, other);
    }
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains("event 000010") && told.contains("event 000015"), "{told}");

    let mut bad = good;
    for end in [".json", ".sig"] {
        let (a, b) = (a.replace(".json", end), b.replace(".json", end));
        let (first, second) = (bad.remove(&a).expect("member"), bad.remove(&b).expect("member"));
        bad.insert(a.replace(number(&a), number(&b)), first);
        bad.insert(b.replace(number(&b), number(&a)), second);
    }
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains("event 000010") && told.contains("events were moved"), "{told}");
}

#[test]
fn a_repeated_event_is_named() {
    let mut bad = members();
    let first = events(&bad)[3].clone();
    for end in [".json", ".sig"] {
        let from = first.replace(".json", end);
        let to = from.replace(number(&from), "000099");
        let bytes = bad[&from].clone();
        bad.insert(to, bytes);
    }
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains("event 000099 stands in the bundle twice"), "{told}");
}

#[test]
fn a_truncated_tail_is_named() {
    for cut in [1, 3, 10] {
        let mut bad = members();
        let all = events(&bad);
        for event in &all[all.len() - cut..] {
            bad.remove(event);
            bad.remove(&event.replace(".json", ".sig"));
        }
        fix_sums(&mut bad);
        let told = broken(&pack(&bad));
        assert!(told.contains("the end was cut off"), "{told}");
    }
}

/// Puts an event with other content in the place of one, signed by `by`, named rightly.
fn forge(members: &mut Members, event: &str, by: &crate::support::Person, keep_author: bool) {
    let mut envelope: Envelope = serde_json::from_slice(&members[event]).expect("event");
    if !keep_author {
        envelope.author = by.member.fingerprint.clone();
    }
    let text = canonical::bytes(&envelope).expect("canonical");
    let text = String::from_utf8(text).expect("text").replace("412 passed", "999 passed");
    let id = EventId::of(text.as_bytes());
    let name = format!("events/{}-{}.json", number(event), id.short());
    members.remove(event);
    members.remove(&event.replace(".json", ".sig"));
    members.insert(name.replace(".json", ".sig"), by.sign(text.as_bytes()).into_bytes());
    members.insert(name, text.into_bytes());
}

#[test]
fn a_forged_event_is_named() {
    let good = members();
    let is_target = |name: &&String| {
        let text = String::from_utf8_lossy(&good[*name]);
        text.contains("item-attested") && text.contains("412 passed")
    };
    let target = events(&good).iter().find(is_target).expect("the tick").clone();
    for (keep_author, expected) in [(true, "signature: made by"), (false, "is missing")] {
        let mut bad = good.clone();
        forge(&mut bad, &target, &people().stranger, keep_author);
        fix_sums(&mut bad);
        let told = broken(&pack(&bad));
        assert!(told.contains(expected), "{told}");
    }
    // Even the rightful owner cannot change what later events build on.
    let mut bad = good.clone();
    forge(&mut bad, &target, &people().dev, true);
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("is missing"));
}

#[test]
fn a_signature_by_another_key_over_the_same_bytes_is_named() {
    let mut bad = members();
    let event = events(&bad).last().expect("events").clone();
    let signature = people().stranger.sign(&bad[&event]);
    bad.insert(event.replace(".json", ".sig"), signature.into_bytes());
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(
        told.contains(&format!("event {}", number(&event))) && told.contains("made by"),
        "{told}"
    );
}

#[test]
fn another_spelling_of_the_same_signature_is_named() {
    let mut bad = members();
    let name = bad.keys().find(|name| name.ends_with(".sig")).expect("signature").clone();
    bad.get_mut(&name).expect("signature").extend_from_slice(b"\n\n");
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("event 000001"));
}

#[test]
fn replaced_evidence_is_named() {
    let mut bad = members();
    let name = bad.keys().find(|name| name.starts_with("evidence/")).expect("evidence").clone();
    bad.insert(name.clone(), b"999 passed".to_vec());
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains(&format!("{name}: its bytes hash to")));

    let mut bad = members();
    bad.remove(&name);
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("evidence file \"unit tests.log\""));

    let mut bad = members();
    let digest = Digest::of(b"planted");
    bad.insert(format!("evidence/{digest}"), b"planted".to_vec());
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("nothing in the events calls for it"));
}

#[test]
fn a_role_edited_in_the_record_is_named() {
    let mut bad = members();
    let text = String::from_utf8(bad["record.json"].clone()).expect("text");
    let edited = text.replacen("\"decision\":\"decline\"", "\"decision\":\"approve\"", 1);
    assert_ne!(text, edited);
    bad.insert("record.json".into(), edited.into_bytes());
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(
        told.contains("record.json: /signatures/history/0/decision is \"\\\"approve\\\"\""),
        "{told}"
    );
}

#[test]
fn a_record_that_names_other_heads_is_named() {
    let mut bad = members();
    let mut record: serde_json::Value = serde_json::from_slice(&bad["record.json"]).expect("json");
    record["integrity"]["heads"] = serde_json::json!(["0".repeat(64)]);
    bad.insert("record.json".into(), canonical::bytes(&record).expect("canonical"));
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("000000000000"));
}

#[test]
fn a_member_that_is_not_listed_or_not_called_for_is_named() {
    for fixed in [false, true] {
        let mut bad = members();
        bad.insert("notes.txt".into(), b"hello".to_vec());
        if fixed {
            fix_sums(&mut bad);
        }
        assert!(broken(&pack(&bad)).contains("notes.txt"));
    }
    for name in members().keys() {
        let mut bad = members();
        bad.remove(name);
        assert!(broken(&pack(&bad)).contains(name.as_str()), "{name} removed");
    }
}

#[test]
fn an_added_signer_is_named() {
    let mut bad = members();
    let line = format!("ada@example.org {}\n", people().stranger.member.public_key);
    bad.get_mut("allowed_signers").expect("signers").extend_from_slice(line.as_bytes());
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains("allowed_signers: line"));
}

fn zip(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(method);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, options).expect("member");
        zip.write_all(bytes).expect("content");
    }
    zip.finish().expect("zip").into_inner()
}

#[test]
fn a_hostile_archive_is_refused_within_bounds() {
    let bomb = zip(&[("record.json", vec![0; 65 << 20])], CompressionMethod::Deflated);
    assert!(bomb.len() < 1 << 20, "it packs well");
    assert!(broken(&bomb).contains("64 MiB in one member"));

    for name in ["../../etc/cron.d/x", "/etc/passwd", "a\\..\\b", "a\u{202e}b"] {
        let told = broken(&zip(&[(name, b"x".to_vec())], CompressionMethod::Stored));
        assert!(told.contains("has a name that no bundle uses"), "{told}");
    }
    for bytes in [&b""[..], b"PK", b"not a zip at all", &good_bundle()[..good_bundle().len() / 2]] {
        assert!(broken(bytes).contains("not a zip archive"));
    }
    // Garbage with a zip's ending.
    let mut garbage = vec![0x5a; 4096];
    garbage.extend_from_slice(&good_bundle()[good_bundle().len() - 22..]);
    broken(&garbage);
}

#[test]
fn a_name_that_stands_twice_is_named() {
    // The writer refuses a repeated name, so one is made equal to the other afterwards.
    let mut members: Vec<_> = members().into_iter().collect();
    members.push(("xecord.json".into(), b"{}".to_vec()));
    let pairs: Vec<_> =
        members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let mut bytes = zip(&pairs, CompressionMethod::Stored);
    let needle = b"xecord.json";
    let places: Vec<_> =
        (0..bytes.len() - needle.len()).filter(|at| bytes[*at..].starts_with(needle)).collect();
    for at in places {
        bytes[at] = b'r';
    }
    assert!(broken(&bytes).contains("\"record.json\" stands 2 times"));
}

#[test]
fn bytes_outside_the_members_are_named() {
    let tail = [good_bundle(), b"tail"].concat();
    let head = [b"MZ head", good_bundle()].concat();
    let packed_anew: Vec<_> = members().into_iter().collect();
    let pairs: Vec<_> =
        packed_anew.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let packed_anew = zip(&pairs, CompressionMethod::Deflated);
    for bytes in [tail, head, packed_anew] {
        let told = broken(&bytes);
        assert!(told.contains("packed anew, or bytes outside"), "{told}");
    }
}

#[test]
fn a_record_of_a_newer_format_asks_for_its_own_program() {
    let mut bad = members();
    let mut record: Value = serde_json::from_slice(&bad["record.json"]).expect("a record");
    let format = record["format"].take();
    record["format"] = 99.into();
    bad.insert("record.json".into(), record.to_string().into_bytes());
    fix_sums(&mut bad);
    let expected = format!("format 99, this program reads format {format}");
    assert!(broken(&pack(&bad)).contains(&expected));
}

#[test]
fn a_broken_bundle_never_speaks_of_requirements() {
    let mut bad = members();
    bad.remove("report.md");
    let verification = check(&pack(&bad));
    assert!(verification.steps.iter().any(|step| !step.good));
    assert!(verification.summary.starts_with("Broken: "), "{}", verification.summary);
}

/// Signed by a rightful member, and still hostile: the verifier must end with a verdict.
#[test]
fn a_finding_dated_at_the_end_of_time_is_taken_without_harm() {
    let mut story = Story::new();
    story.create();
    story.open();
    let run = RunId::parse("run-1").expect("run id");
    let target = item("secrets.signing-key");
    story.tell(
        &people().dev,
        Body::CheckStarted { release: release(), run: run.clone(), items: vec![target.clone()] },
    );
    let finding = finding("secrets.hex-value", Outcome::Pass, DateTime::<Utc>::MAX_UTC);
    let body = Body::FindingRecorded { release: release(), run, item: target, slot: 0, finding };
    story.take(&people().dev, body);
    assert_eq!(check(&story.bundle()).verdict, Verdict::Good);
}
