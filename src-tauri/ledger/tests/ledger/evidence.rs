//! Evidence files: stored once, given out only as they came in.

use countersign_domain::event::{Body, Evidence};
use countersign_domain::id::{Digest, ItemId, ReleaseId};
use countersign_ledger::{LedgerError, MAX_BLOB_BYTES, Problem};

use crate::support::{Place, check, envelope, mara, now, project};

#[test]
fn evidence_is_stored_once_and_comes_back_unchanged() {
    let place = Place::new();
    let ledger = place.open();
    for bytes in [&b""[..], b"a screenshot", &[0, 255, 10]] {
        let digest = ledger.put_blob(bytes).expect("put");
        assert_eq!(digest, Digest::of(bytes));
        assert_eq!(ledger.put_blob(bytes).expect("again"), digest);
        assert!(ledger.has_blob(&digest).expect("has"));
        assert_eq!(place.open().blob(&digest).expect("get").as_deref(), Some(bytes));
    }
    let unknown = Digest::of(b"never stored");
    assert_eq!(ledger.blob(&unknown).expect("get"), None);
    assert!(!ledger.has_blob(&unknown).expect("has"));
    let count: i64 =
        place.raw().query_row("SELECT count(*) FROM blob", [], |row| row.get(0)).expect("count");
    assert_eq!(count, 3);
}

#[test]
fn evidence_above_the_limit_is_refused_with_the_limit_named() {
    let place = Place::new();
    let ledger = place.open();
    let error = ledger.put_blob(&vec![0; MAX_BLOB_BYTES + 1]).expect_err("too large");
    assert!(matches!(error, LedgerError::BlobTooLarge(_)));
    assert!(error.to_string().contains("25 MiB"), "{error}");
    ledger.put_blob(&vec![0; MAX_BLOB_BYTES]).expect("just fits");
}

#[test]
fn evidence_changed_in_the_file_is_never_given_out() {
    let place = Place::new();
    let ledger = place.open();
    let digest = ledger.put_blob(b"all tests passed").expect("put");
    place
        .raw()
        .execute_batch("DROP TRIGGER blob_is_never_updated; UPDATE blob SET bytes = x'6f6f7073';")
        .expect("tamper");
    for error in [
        ledger.blob(&digest).map(|_| ()).expect_err("changed"),
        ledger.put_blob(b"all tests passed").map(|_| ()).expect_err("in the way"),
    ] {
        assert!(matches!(&error, LedgerError::BlobChanged { digest: d, .. } if *d == digest));
        assert!(error.to_string().contains(digest.short()), "{error}");
    }
    let problems = check(&ledger);
    let actual = Digest::of(b"oops").to_string();
    assert!(problems.contains(&Problem::Blob { stored: digest.to_string(), actual }));
    assert!(problems.contains(&Problem::Schema { object: "blob_is_never_updated".to_owned() }));
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn evidence_that_an_event_names_and_nobody_stored_is_missed() {
    let place = Place::new();
    let ledger = place.open();
    let sha256 = Digest::of(b"report");
    let mut attached = envelope(&project("shop"), &[], "");
    attached.body = Body::EvidenceAttached {
        release: ReleaseId::parse("r1").expect("id"),
        item: ItemId::parse("redis.auth").expect("id"),
        evidence: Evidence {
            name: "report.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size: 6,
            sha256: sha256.clone(),
            observed_at: now(),
        },
    };
    let event = mara().sign_event(&attached).expect("signed");
    let id = ledger.append(&event, now()).expect("append").id().to_string();
    let sha256 = sha256.to_string();
    assert_eq!(check(&ledger), [Problem::MissingBlob { seq: 1, id, sha256 }]);
    ledger.put_blob(b"report").expect("put");
    assert_eq!(check(&ledger), []);
}
