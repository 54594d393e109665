//! What goes in comes out, once, in order, whoever else writes.

use std::collections::BTreeSet;
use std::slice::from_ref;

use countersign_domain::id::EventId;
use countersign_ledger::{Ledger, LedgerError};

use crate::support::{Place, chain, check, mara, new_key, now, project, signed};

#[test]
fn an_appended_event_comes_back_byte_for_byte_after_reopening() {
    let place = Place::new();
    let shop = project("shop");
    let event = signed(&shop, &[], "sign");
    let id = place.open().append(&event, now()).expect("append").id().clone();
    let ledger = place.open();
    assert_eq!(ledger.events(&shop).expect("read"), from_ref(&event));
    assert_eq!(ledger.heads(&shop).expect("heads"), from_ref(&id));
    assert_eq!(id, event.id());
    assert_eq!(check(&ledger), []);
}

#[test]
fn appending_the_same_event_again_changes_nothing() {
    let place = Place::new();
    let ledger = place.open();
    let shop = project("shop");
    let first = signed(&shop, &[], "first");
    ledger.append(&first, now()).expect("append");
    let second = signed(&shop, &[first.id()], "second");
    ledger.append(&second, now()).expect("append");
    ledger.append(&first, now()).expect("again");
    ledger.append_batch(&[first.clone(), second.clone()], now()).expect("again");
    assert_eq!(ledger.count(&shop).expect("count"), 2);
    assert_eq!(ledger.events(&shop).expect("read"), [first, second]);
}

#[test]
fn an_event_whose_parent_is_elsewhere_or_nowhere_is_refused() {
    let place = Place::new();
    let ledger = place.open();
    let (shop, mail) = (project("shop"), project("mail"));
    let in_shop = chain(&ledger, &shop, 1).remove(0);
    let in_mail = chain(&ledger, &mail, 1).remove(0);
    let unknown = signed(&shop, from_ref(&in_shop), "never appended").id();
    for (story, parent) in [("unknown", unknown), ("of another project", in_mail)] {
        let orphan = signed(&shop, &[in_shop.clone(), parent.clone()], story);
        let error = ledger.append(&orphan, now()).expect_err(story);
        assert!(
            matches!(&error, LedgerError::MissingParent { parent: p, .. } if **p == parent),
            "{story}: {error}"
        );
        assert!(error.to_string().contains(parent.short()), "{error}");
    }
    assert_eq!(ledger.count(&shop).expect("count"), 1);
}

#[test]
fn an_event_that_was_overtaken_is_not_added() {
    let place = Place::new();
    let (ledger, other) = (place.open(), place.open());
    let shop = project("shop");
    let first = signed(&shop, &[], "first");
    assert!(ledger.append_after(0, &first, now()).expect("nothing was there"));
    let seen = ledger.last_seq(&shop).expect("a number");
    chain(&other, &project("mail"), 1);
    let [mine, theirs] = ["mine", "theirs"].map(|word| signed(&shop, &[first.id()], word));
    other.append(&theirs, now()).expect("another process is quicker");
    assert!(!ledger.append_after(seen, &mine, now()).expect("no error"), "overtaken");
    assert_eq!(ledger.events(&shop).expect("read"), [first, theirs.clone()]);
    let anew = signed(&shop, &[theirs.id()], "mine");
    let seen = ledger.last_seq(&shop).expect("a number");
    assert!(ledger.append_after(seen, &anew, now()).expect("the next"));
    let mut bad = signed(&shop, &[anew.id()], "bad");
    bad.bytes.push(b' ');
    let seen = ledger.last_seq(&shop).expect("a number");
    let error = ledger.append_after(seen, &bad, now()).expect_err("not as it was signed");
    assert!(matches!(error, LedgerError::BadEvent { .. }), "{error}");
}

#[test]
fn a_project_begins_only_once() {
    let place = Place::new();
    let ledger = place.open();
    let shop = project("shop");
    chain(&ledger, &shop, 1);
    let error = ledger.append(&signed(&shop, &[], "again"), now()).expect_err("second beginning");
    assert!(matches!(error, LedgerError::SecondBeginning { .. }), "{error}");
}

#[test]
fn an_event_that_does_not_verify_is_refused() {
    let place = Place::new();
    let ledger = place.open();
    let good = signed(&project("shop"), &[], "sign");
    let mut changed = good.clone();
    let at = changed.bytes.iter().position(|b| *b == b'g').expect("a letter");
    changed.bytes[at] = b'k';
    let mut borrowed = good.clone();
    borrowed.signature = signed(&project("shop"), &[], "other").signature;
    let mut foreign = good.clone();
    foreign.signature = new_key("other")
        .sign(countersign_domain::event::NAMESPACE, &good.bytes)
        .expect("signature");
    let mut namespace = good.clone();
    namespace.signature = mara().sign("file", &good.bytes).expect("signature");
    let mut no_signature = good.clone();
    no_signature.signature.clear();
    let mut endless = good.clone();
    endless.signature.push_str(&"\n".repeat(20_000));
    let table = [
        ("one changed byte", changed, "signature"),
        ("the signature of another event", borrowed, "signature"),
        ("the signature of another key", foreign, "made by"),
        ("a signature for another purpose", namespace, "does not match"),
        ("no signature", no_signature, "not an SSH signature"),
        ("an endless signature", endless, "at most 16384"),
    ];
    for (story, event, words) in table {
        let error = ledger.append(&event, now()).expect_err(story).to_string();
        assert!(error.contains("is refused") && error.contains(words), "{story}: {error}");
    }
    assert_eq!(ledger.projects().expect("projects"), []);
}

#[test]
fn a_batch_is_added_whole_or_not_at_all() {
    let place = Place::new();
    let ledger = place.open();
    let shop = project("shop");
    let first = signed(&shop, &[], "first");
    let second = signed(&shop, &[first.id()], "second");
    let third = signed(&shop, &[second.id()], "third");
    let gap = [first.clone(), third.clone()];
    let error = ledger.append_batch(&gap, now()).expect_err("second is missing");
    assert!(matches!(error, LedgerError::MissingParent { .. }), "{error}");
    assert_eq!(ledger.count(&shop).expect("count"), 0);
    let events = ledger.append_batch(&[first, second, third.clone()], now()).expect("whole");
    assert_eq!(events.len(), 3);
    assert_eq!(ledger.heads(&shop).expect("heads"), [third.id()]);
}

#[test]
fn two_that_wrote_apart_leave_two_heads_until_one_event_joins_them() {
    let place = Place::new();
    let ledger = place.open();
    let shop = project("shop");
    let root = chain(&ledger, &shop, 1).remove(0);
    let other_handle = place.open();
    let left = signed(&shop, from_ref(&root), "left");
    let right = signed(&shop, from_ref(&root), "right");
    ledger.append(&left, now()).expect("append");
    assert_eq!(ledger.heads(&shop).expect("heads"), [left.id()]);
    other_handle.append(&right, now()).expect("append");
    let mut both = vec![left.id(), right.id()];
    both.sort();
    assert_eq!(ledger.heads(&shop).expect("heads"), both);
    // A parent named twice is one parent.
    let join = signed(&shop, &[left.id(), right.id(), left.id()], "join");
    ledger.append(&join, now()).expect("append");
    assert_eq!(ledger.heads(&shop).expect("heads"), [join.id()]);
    assert_eq!(check(&ledger), []);
}

#[test]
fn a_reader_goes_on_where_it_stopped_in_its_own_project() {
    let place = Place::new();
    let ledger = place.open();
    let (shop, mail) = (project("shop"), project("mail"));
    chain(&ledger, &shop, 2);
    let mark = ledger.last_seq(&shop).expect("seq");
    chain(&ledger, &mail, 3);
    let later = chain(&ledger, &shop, 2);
    let page = ledger.page(&shop, (mark, i64::MAX), 100).expect("news");
    let news = page.stored();
    assert_eq!(news.iter().map(|one| EventId::of(one.bytes)).collect::<Vec<_>>(), later);
    assert!(news.is_sorted_by_key(|one| one.seq) && news[0].seq > mark);
    assert_eq!(news[1].seq, ledger.last_seq(&shop).expect("seq"));
    assert_eq!(ledger.projects().expect("projects"), [shop.clone(), mail.clone()]);
    assert_eq!((ledger.count(&shop).expect("n"), ledger.count(&mail).expect("n")), (4, 3));
    let unknown = project("unknown");
    assert_eq!(ledger.last_seq(&unknown).expect("seq"), 0);
    assert_eq!(ledger.heads(&unknown).expect("heads"), []);
}

#[test]
fn window_and_command_line_append_at_once_and_lose_nothing() {
    const EACH: usize = 20;
    let place = Place::new();
    let shop = project("shop");
    let window = place.open();
    chain(&window, &shop, 1);
    let command = place.open();
    let write = |ledger: &Ledger, who: &str| -> Vec<_> {
        (0..EACH)
            .map(|n| {
                let parents = ledger.heads(&shop).expect("heads");
                let event = signed(&shop, &parents, &format!("{who} {n}"));
                ledger.append(&event, now()).expect("append").id().clone()
            })
            .collect()
    };
    let acknowledged: BTreeSet<_> = std::thread::scope(|scope| {
        let writers = [("w1", &window), ("w2", &window), ("c1", &command), ("c2", &command)];
        let threads = writers.map(|(who, ledger)| scope.spawn(move || write(ledger, who)));
        threads.into_iter().flat_map(|thread| thread.join().expect("writer")).collect()
    });
    assert_eq!(acknowledged.len(), 4 * EACH);
    let ledger = place.open();
    let stored: BTreeSet<_> =
        ledger.events(&shop).expect("read").iter().map(|event| event.id()).collect();
    assert!(acknowledged.is_subset(&stored));
    assert_eq!(stored.len(), 4 * EACH + 1);
    assert_eq!(check(&ledger), []);
}
