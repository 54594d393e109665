//! What somebody with the file in hand, or a failing disk, does is noticed and named.

use std::fs;

use countersign_ledger::{Checked, Ledger, LedgerError, Problem};

use crate::support::{Place, chain, check, now, project, signed};

/// A closed ledger with a chain of five events and one file of evidence.
fn five() -> (Place, Vec<String>) {
    let place = Place::new();
    let ledger = place.open();
    let ids = chain(&ledger, &project("shop"), 5);
    ledger.put_blob(b"screenshot").expect("blob");
    (place, ids.iter().map(ToString::to_string).collect())
}

#[test]
fn a_sound_ledger_has_no_problem_and_every_entry_is_counted() {
    let (place, _) = five();
    let mut steps = Vec::new();
    let problems = place.open().check(&mut |step| steps.push(step)).expect("check");
    assert_eq!(problems, []);
    let expected: Vec<_> = (1..=6).map(|done| Checked { done, total: 6 }).collect();
    assert_eq!(steps, expected);
}

#[test]
fn one_changed_byte_of_an_event_is_found() {
    let (place, ids) = five();
    let mut file = fs::read(place.path()).expect("bytes");
    let at = file.windows(6).position(|window| window == b"step 2").expect("the third event");
    file[at + 5] = b'7';
    fs::write(place.path(), file).expect("write");
    let ledger = place.open();
    let problems = check(&ledger);
    assert!(
        matches!(&problems[0], Problem::EventId { seq: 3, stored, .. } if *stored == ids[2]),
        "{problems:?}"
    );
    assert!(
        matches!(&problems[1], Problem::Event { seq: 3, reason, .. } if reason.contains("signature"))
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    // The fold sees it as well, since it verifies what it reads.
    let events = ledger.events(&project("shop")).expect("read");
    assert!(events[2].verify().is_err() && events[3].verify().is_ok());
}

#[test]
fn what_tampering_with_sql_leaves_behind_is_named() {
    type Expect = fn(&[String]) -> Vec<Problem>;
    let table: [(&str, &str, Expect); 6] = [
        (
            "an event taken out of the middle",
            "DROP TRIGGER event_is_never_deleted; DELETE FROM event WHERE seq = 3;",
            |ids| {
                vec![
                    Problem::Gap { from: 3, to: 3 },
                    Problem::MissingParent { seq: 4, id: ids[3].clone(), parent: ids[2].clone() },
                    Problem::ParentTable { id: ids[2].clone() },
                    Problem::Schema { object: "event_is_never_deleted".to_owned() },
                ]
            },
        ),
        (
            "a signature swapped for another",
            "DROP TRIGGER event_is_never_updated;
             UPDATE event SET signature = (SELECT signature FROM event WHERE seq = 1) WHERE seq = 2;
             CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;",
            |ids| {
                let reason = "signature: does not match the bytes".to_owned();
                vec![Problem::Event { seq: 2, id: ids[1].clone(), reason }]
            },
        ),
        (
            "an event filed under another project",
            "DROP TRIGGER event_is_never_updated; UPDATE event SET project = 'x' WHERE seq = 5;",
            |ids| {
                vec![
                    Problem::Project {
                        seq: 5,
                        id: ids[4].clone(),
                        stored: "x".to_owned(),
                        signed: "shop".to_owned(),
                    },
                    Problem::MissingParent { seq: 5, id: ids[4].clone(), parent: ids[3].clone() },
                    Problem::Schema { object: "event_is_never_updated".to_owned() },
                ]
            },
        ),
        (
            "a head hidden by an invented child",
            "INSERT INTO parent SELECT a.id, b.id FROM event a, event b WHERE a.seq = 5 AND b.seq = 1",
            |ids| vec![Problem::ParentTable { id: ids[0].clone() }],
        ),
        (
            "a trigger that lets nothing through any more",
            "CREATE TRIGGER extra BEFORE INSERT ON blob BEGIN SELECT RAISE(IGNORE); END;",
            |_| vec![Problem::Schema { object: "extra".to_owned() }],
        ),
        (
            "text in place of an event's bytes",
            "DROP TRIGGER event_is_never_updated;
             UPDATE event SET bytes = CAST('{}' AS BLOB) WHERE seq = 5;",
            |ids| {
                let actual =
                    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned();
                vec![
                    Problem::EventId { seq: 5, stored: ids[4].clone(), actual },
                    Problem::Event {
                        seq: 5,
                        id: ids[4].clone(),
                        reason: "not an event of this version: missing field `version` at line 1 \
                                 column 2"
                            .to_owned(),
                    },
                    Problem::Schema { object: "event_is_never_updated".to_owned() },
                ]
            },
        ),
    ];
    for (story, sql, expect) in table {
        let (place, ids) = five();
        place.raw().execute_batch(sql).expect(story);
        let mut found = check(&place.open());
        let mut expected = expect(&ids);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{story}");
    }
}

#[test]
fn an_event_whose_stored_bytes_changed_is_not_taken_for_the_same() {
    let place = Place::new();
    let ledger = place.open();
    let event = signed(&project("shop"), &[], "first");
    ledger.append(&event, now()).expect("append");
    place
        .raw()
        .execute_batch("DROP TRIGGER event_is_never_updated; UPDATE event SET bytes = x'00';")
        .expect("tamper");
    let error = ledger.append(&event, now()).expect_err("other bytes");
    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("restore a copy from a backup"), "{error}");
}

#[test]
fn a_page_of_noise_is_reported_wherever_it_falls() {
    let (place, _) = five();
    let sound = fs::read(place.path()).expect("bytes");
    let page = usize::from(u16::from_be_bytes([sound[16], sound[17]]));
    for number in 0..sound.len() / page {
        let mut noisy = sound.clone();
        noisy[number * page..][..page].fill(0xA5);
        fs::write(place.path(), noisy).expect("write");
        let words = match Ledger::open(place.path()) {
            Err(error) => error.to_string(),
            Ok(ledger) => match ledger.check(&mut |_| {}) {
                Err(error) => error.to_string(),
                Ok(problems) => {
                    assert!(!problems.is_empty(), "page {number} is noise and nobody noticed");
                    problems[0].to_string()
                }
            },
        };
        assert!(
            words.contains("damaged") || words.contains("not a Countersign ledger"),
            "page {number}: {words}"
        );
    }
}

#[test]
fn a_file_cut_short_is_reported() {
    let (place, _) = five();
    let sound = fs::read(place.path()).expect("bytes");
    for (story, keep) in [("half", sound.len() / 2), ("a torn page", sound.len() - 100)] {
        fs::write(place.path(), &sound[..keep]).expect("write");
        let noticed = match Ledger::open(place.path()) {
            Err(error) => matches!(error, LedgerError::Damaged { .. }),
            Ok(ledger) => ledger.check(&mut |_| {}).map_or(true, |problems| !problems.is_empty()),
        };
        assert!(noticed, "{story} of the file went unnoticed");
    }
}
