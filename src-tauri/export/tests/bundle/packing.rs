//! Bundles taken apart and put together again, as an honest program and as a forger would.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;

use countersign_domain::id::Digest;
use countersign_export::{Requirements, Verdict as Verified, Verification, verify};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::support::journey;

pub(crate) fn good_bundle() -> &'static [u8] {
    static BUNDLE: OnceLock<Vec<u8>> = OnceLock::new();
    BUNDLE.get_or_init(|| journey().bundle())
}

pub(crate) type Members = BTreeMap<String, Vec<u8>>;

pub(crate) fn unpack(bytes: &[u8]) -> Members {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("zip");
    let mut members = Members::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("member");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("content");
        members.insert(file.name().to_owned(), content);
    }
    members
}

/// The archive as the program packs it, so that only the members differ.
pub(crate) fn pack(members: &Members) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644)
        .system(zip::System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), options).expect("member");
        zip.write_all(bytes).expect("content");
    }
    zip.finish().expect("zip").into_inner()
}

/// Makes SHA256SUMS fit what there is now, as a careful forger would.
pub(crate) fn fix_sums(members: &mut Members) {
    members.remove("SHA256SUMS");
    let lines: String =
        members.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes))).collect();
    members.insert("SHA256SUMS".into(), lines.into_bytes());
}

pub(crate) fn check(bytes: &[u8]) -> Verification {
    verify(bytes, &Requirements::default())
}

/// What broke, as one text; the bundle must not be accepted.
pub(crate) fn broken(bytes: &[u8]) -> String {
    match check(bytes).verdict {
        Verified::Broken(problems) => problems.join("\n"),
        other => panic!("accepted: {other:?}"),
    }
}
