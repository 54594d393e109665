//! A reference to a key that lives in an ssh-agent: a file that holds the public key where
//! others hold the sealed private one. Stock `ssh-keygen -Y sign -f` asks the agent for such
//! a file, too.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use countersign_domain::id::Fingerprint;
use countersign_domain::sshsig;
use ssh_key::PublicKey;

use super::agent::is_usable;
use super::error::KeyError;
use super::folder::{MAX_PUBLIC_FILE_BYTES, judge_comment};

/// What such a file says.
pub(super) struct Reference {
    pub(super) key: PublicKey,
    pub(super) fingerprint: Fingerprint,
    /// One line in OpenSSH form, without comment.
    pub(super) public_key: String,
    pub(super) comment: String,
}

impl Reference {
    /// The reference at `path`; nothing when the file is something else.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, KeyError> {
        let io = |source| KeyError::Io { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(io)?;
        file.take(MAX_PUBLIC_FILE_BYTES).read_to_end(&mut bytes).map_err(io)?;
        Ok(String::from_utf8(bytes).ok().and_then(|line| Self::parse(line.trim_end())))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut key = PublicKey::from_openssh(line).ok()?;
        if !is_usable(&key.algorithm()) {
            return None;
        }
        let comment = key.comment().to_owned();
        judge_comment(&comment).ok()?;
        key.set_comment("");
        let public_key = key.to_openssh().ok()?.trim_end().to_owned();
        Some(Self { fingerprint: sshsig::fingerprint(&public_key)?, key, public_key, comment })
    }
}
