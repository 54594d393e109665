//! A bundle long enough that many threads verify it: what is wrong in any part of it is
//! named as in a short one, and what they build together is what one alone would build.

use std::sync::OnceLock;

use countersign_domain::canonical;
use countersign_domain::event::Tick;
use countersign_export::{AuditRecord, Source, Verdict};

use crate::support::{
    Members, PROGRAM, Story, broken, check, fix_sums, pack, people, release, unpack,
};

/// Several times what one thread takes at once, by two authors in turn.
const TICKS: usize = 400;

fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| {
        let mut story = Story::new();
        story.prepare();
        for number in 0..TICKS {
            let by = if number % 2 == 0 { &people().dev } else { &people().sam };
            story.tick(by, "tests.unit", Tick::Done, &format!("{number} passed"));
        }
        story
    })
}

fn members() -> &'static Members {
    static MEMBERS: OnceLock<Members> = OnceLock::new();
    MEMBERS.get_or_init(|| unpack(&story().bundle()))
}

/// The names of the tick's event and signature.
fn of_tick(number: usize) -> [String; 2] {
    let told = format!("\"{number} passed\"");
    let is_it = |bytes: &[u8]| bytes.windows(told.len()).any(|part| part == told.as_bytes());
    let mut events = members().iter().filter(|(name, _)| name.starts_with("events/"));
    let (event, _) = events.find(|(_, bytes)| is_it(bytes)).expect("the tick");
    [event.clone(), event.replace(".json", ".sig")]
}

#[test]
fn a_long_bundle_is_good() {
    let found = check(&story().bundle());
    assert_eq!(found.verdict, Verdict::Good, "{}", found.summary);
    let events = &found.steps[2];
    let count = story().signed.len();
    assert_eq!(events.detail, format!("{count} events, each signed by the key it names"));
}

#[test]
fn the_record_that_many_threads_write_is_canonical_json_of_it() {
    let story = story();
    let source = Source { fold: &story.fold, release: &release(), program: PROGRAM };
    let record = AuditRecord::build(&source).expect("a record");
    let mut whole = canonical::bytes(&record).expect("canonical");
    whole.push(b'\n');
    assert_eq!(record.to_json().expect("canonical"), whole);
    assert_eq!(members()["record.json"], whole);
}

#[test]
fn one_changed_byte_of_an_event_or_signature_is_named_wherever_it_stands() {
    for number in [0, 1, 99, 100, 250, TICKS - 1] {
        for name in of_tick(number) {
            let mut bad = members().clone();
            let bytes = bad.get_mut(&name).expect("member");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x01;
            fix_sums(&mut bad);
            let told = broken(&pack(&bad));
            assert!(told.contains(&name[..name.len() - 5]), "{name}: {told}");
        }
    }
}

#[test]
fn a_signature_of_another_event_by_the_same_key_is_named() {
    let mut bad = members().clone();
    let ([event, signature], [_, other]) = (of_tick(200), of_tick(300));
    let taken = bad[&other].clone();
    bad.insert(signature, taken);
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains(&format!("event {}", &event[7..13])), "{told}");
    assert!(told.contains("does not match the bytes"), "{told}");
}

#[test]
fn a_dropped_a_repeated_and_a_moved_event_are_named() {
    let [event, signature] = of_tick(150);
    let mut bad = members().clone();
    bad.remove(&event);
    bad.remove(&signature);
    fix_sums(&mut bad);
    assert!(broken(&pack(&bad)).contains(&format!("event {} is missing", &event[7..13])));

    let last = format!("{:06}", story().signed.len() + 1);
    let mut bad = members().clone();
    for name in [&event, &signature] {
        let bytes = bad[name].clone();
        bad.insert(name.replace(&event[7..13], &last), bytes);
    }
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains(&format!("event {last} stands in the bundle twice")), "{told}");

    let mut bad = members().clone();
    let [later, of_later] = of_tick(151);
    let (number, next) = (event[7..13].to_owned(), later[7..13].to_owned());
    for (name, from, to) in [
        (&event, &number, &next),
        (&signature, &number, &next),
        (&later, &next, &number),
        (&of_later, &next, &number),
    ] {
        let bytes = bad.remove(name).expect("member");
        bad.insert(name.replace(from, to), bytes);
    }
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains("events were moved") && told.contains(&number), "{told}");
}

#[test]
fn a_changed_value_in_the_record_is_named_by_its_path() {
    let mut bad = members().clone();
    let text = String::from_utf8(bad["record.json"].clone()).expect("text");
    let edited = text.replacen("\"note\":\"250 passed\"", "\"note\":\"251 passed\"", 1);
    assert_ne!(text, edited);
    bad.insert("record.json".into(), edited.into_bytes());
    fix_sums(&mut bad);
    let told = broken(&pack(&bad));
    assert!(told.contains("record.json: /sections/") && told.contains("/note is"), "{told}");
}
