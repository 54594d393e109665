//! What was verified before, so that a new process need not check every signature of a long
//! ledger again: the home's `verified.json` says for each project how far its stored events
//! were checked, with a digest over every byte of them. An HMAC under a key in the key
//! folder shows that this program wrote it.
//!
//! It guards against whoever can write the ledger's file or `verified.json`, but cannot read
//! the key folder: one changed byte, and every signature is checked anew. It does not guard
//! against somebody who can read the key folder, who could as well change this program; for
//! that case `project check`, packets and bundles verify every signature without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign_domain::canonical;
use countersign_domain::id::ProjectId;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::record::write_whole;

/// Version of the file.
const FORMAT: u32 = 1;

/// In the home.
const FILE: &str = "verified.json";

/// In the key folder; no name of a person's key begins with a dot.
const KEY: &str = ".verified.key";

/// How far a project's events were verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// Sequence number of the last one.
    pub(crate) seq: i64,
    /// How many there are up to it.
    pub(crate) events: u64,
    /// SHA-256 over sequence number, id and signature of each, in hex.
    pub(crate) digest: String,
}

/// The heads of all projects, as they are kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    program: String,
    heads: BTreeMap<ProjectId, Head>,
    mac: String,
}

/// The file and its key.
#[derive(Debug)]
pub(crate) struct Verified {
    file: PathBuf,
    key: PathBuf,
    /// Another version may judge events otherwise, and so starts anew.
    program: &'static str,
}

impl Verified {
    pub(crate) fn of(home: &Path, keys: &Path, program: &'static str) -> Self {
        Self { file: home.join(FILE), key: keys.join(KEY), program }
    }

    /// How far the project was verified; nothing where the file is missing, was changed, or
    /// is of another program.
    pub(crate) fn head(&self, project: &ProjectId) -> Option<Head> {
        self.heads(&self.key()?)?.remove(project)
    }

    /// Keeps it. A file that cannot be written costs time at the next start, and no more.
    pub(crate) fn keep(&self, project: &ProjectId, head: Head, random: impl Fn(&mut [u8])) {
        let Some(key) = self.key().or_else(|| self.new_key(random)) else { return };
        let mut heads = self.heads(&key).unwrap_or_default();
        heads.insert(project.clone(), head);
        let Some(mac) = self.mac(&key, &heads) else { return };
        let kept = Kept {
            format: FORMAT,
            program: self.program.to_owned(),
            heads,
            mac: hex::encode(mac.finalize().into_bytes()),
        };
        let written = serde_json::to_vec(&kept).map(|bytes| write_whole(&self.file, &bytes));
        if !matches!(written, Ok(Ok(()))) {
            tracing::debug!(file = %self.file.display(), "what was verified could not be kept");
        }
    }

    fn heads(&self, key: &[u8; 32]) -> Option<BTreeMap<ProjectId, Head>> {
        let kept: Kept = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        if kept.format != FORMAT || kept.program != self.program {
            return None;
        }
        let mac = self.mac(key, &kept.heads)?;
        mac.verify_slice(&hex::decode(&kept.mac).ok()?).ok()?;
        Some(kept.heads)
    }

    fn mac(&self, key: &[u8; 32], heads: &BTreeMap<ProjectId, Head>) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(&canonical::bytes(&("countersign-verified", FORMAT, self.program, heads)).ok()?);
        Some(mac)
    }

    fn key(&self) -> Option<[u8; 32]> {
        std::fs::read(&self.key).ok()?.try_into().ok()
    }

    fn new_key(&self, random: impl Fn(&mut [u8])) -> Option<[u8; 32]> {
        let mut key = [0; 32];
        random(&mut key);
        write_whole(&self.key, &key).ok().map(|()| key)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn project(name: &str) -> ProjectId {
        ProjectId::parse(name).expect("an id")
    }

    fn head(seq: i64) -> Head {
        Head { seq, events: 7, digest: "00ff".into() }
    }

    fn ones(bytes: &mut [u8]) {
        bytes.fill(1);
    }

    #[test]
    fn what_was_kept_is_found_again_for_each_project() {
        let folder = tempfile::tempdir().expect("a folder");
        let verified = Verified::of(folder.path(), &folder.path().join("keys"), "program 1");
        assert_eq!(verified.head(&project("a")), None);
        verified.keep(&project("a"), head(1), ones);
        verified.keep(&project("b"), head(2), |_| panic!("the key is there already"));
        verified.keep(&project("a"), head(3), |_| panic!("the key is there already"));
        assert_eq!(verified.head(&project("a")), Some(head(3)));
        assert_eq!(verified.head(&project("b")), Some(head(2)));
        assert_eq!(verified.head(&project("c")), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_key_and_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let verified = Verified::of(folder.path(), folder.path(), "program 1");
        verified.keep(&project("a"), head(1), ones);
        for path in [&verified.file, &verified.key] {
            let mode = fs::metadata(path).expect("written").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }

    #[test]
    fn a_file_with_any_byte_changed_vouches_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let verified = Verified::of(folder.path(), folder.path(), "program 1");
        verified.keep(&project("a"), head(1), ones);
        let good = fs::read(&verified.file).expect("written");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&verified.file, bad).expect("write");
            assert_eq!(verified.head(&project("a")), None, "byte {at}");
        }
        fs::write(&verified.file, good).expect("write");
        assert_eq!(verified.head(&project("a")), Some(head(1)));
    }

    #[test]
    fn another_key_another_program_or_no_file_vouches_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let verified = Verified::of(folder.path(), folder.path(), "program 1");
        verified.keep(&project("a"), head(1), ones);
        let newer = Verified::of(folder.path(), folder.path(), "program 2");
        assert_eq!(newer.head(&project("a")), None);
        fs::write(&verified.key, [2; 32]).expect("write");
        assert_eq!(verified.head(&project("a")), None, "another key");
        fs::write(&verified.key, [1; 31]).expect("write");
        assert_eq!(verified.head(&project("a")), None, "half a key");
        fs::write(&verified.key, [1; 32]).expect("write");
        assert_eq!(verified.head(&project("a")), Some(head(1)));
        fs::remove_file(&verified.file).expect("remove");
        assert_eq!(verified.head(&project("a")), None, "no file");
    }

    #[test]
    fn a_newer_program_keeps_its_own_and_drops_what_it_did_not_verify() {
        let folder = tempfile::tempdir().expect("a folder");
        let older = Verified::of(folder.path(), folder.path(), "program 1");
        older.keep(&project("a"), head(1), ones);
        let newer = Verified::of(folder.path(), folder.path(), "program 2");
        newer.keep(&project("b"), head(2), ones);
        assert_eq!((newer.head(&project("a")), newer.head(&project("b"))), (None, Some(head(2))));
        assert_eq!(older.head(&project("a")), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, b"").expect("write");
        let verified = Verified::of(&file, &file, "program 1");
        verified.keep(&project("a"), head(1), ones);
        assert_eq!(verified.head(&project("a")), None);
    }
}
