//! The folder of keys: `NAME` (mode 0600; a sealed private key, or a public key that refers to
//! one in ssh-agent) and `NAME.pub` for each.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use countersign_domain::id::Fingerprint;
use countersign_domain::sshsig;
use serde::Serialize;
use ssh_key::rand_core::CryptoRngCore;
use ssh_key::{Algorithm, Cipher, Kdf, LineEnding, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::agent::{Agent, AgentError, AgentKey};
use super::error::KeyError;
use super::reference::Reference;
use super::sealed::{SealedKey, public_half};
use super::unlocked::UnlockedKey;
use super::{MIN_PASSPHRASE_CHARS, SEALING_ROUNDS};
use crate::private_file;

/// What ssh-keygen reads at most from a prompt, rounded down.
const MAX_PASSPHRASE_BYTES: usize = 1000;

/// The largest public key file that is looked at, in bytes.
pub(super) const MAX_PUBLIC_FILE_BYTES: u64 = 16 * 1024;

/// The keys of one machine.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
}

/// Where a private key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// In a file of the key folder, sealed by a passphrase.
    Sealed,
    /// In ssh-agent, or in a security key behind it; the folder refers to it.
    Agent,
}

/// A key that is there, still sealed or in the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyEntry {
    /// File name in the folder.
    pub name: String,
    /// As `ssh-keygen -l` prints it.
    pub fingerprint: Fingerprint,
    /// One line in OpenSSH form, without comment: `ssh-ed25519 AAAA…`.
    pub public_key: String,
    /// From the `.pub` file; usually whose key it is. Nobody signed it.
    pub comment: String,
    /// Where the private half lives.
    pub held: Held,
}

impl KeyFolder {
    /// Opens the folder, creating it (mode 0700) when missing.
    ///
    /// # Errors
    /// [`KeyError::Io`] when it cannot be created or is no folder.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref().to_owned();
        private_file::create_folder(&path)
            .map_err(|source| KeyError::Io { path: path.clone(), source })?;
        Ok(Self { path })
    }

    /// Where the keys lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes an Ed25519 key and seals it with `passphrase` (aes256-ctr, bcrypt-pbkdf with
    /// [`SEALING_ROUNDS`]). The secret reaches the disk only sealed.
    ///
    /// # Errors
    /// A name, comment or passphrase of the wrong form, a name that is taken, or trouble with
    /// the folder.
    pub fn create(
        &self,
        name: &str,
        comment: &str,
        passphrase: &Zeroizing<String>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<KeyEntry, KeyError> {
        let path = self.free_path(name)?;
        judge_comment(comment)?;
        judge_passphrase(passphrase)?;
        let mut key = PrivateKey::random(rng, Algorithm::Ed25519).map_err(KeyError::Crypto)?;
        // Sealed inside the file too, where `ssh-keygen -y` finds it.
        key.set_comment(comment);
        let (fingerprint, public_key) = public_half(&key).map_err(KeyError::Crypto)?;
        let mut salt = vec![0; 16];
        rng.fill_bytes(&mut salt);
        let kdf = Kdf::Bcrypt { salt, rounds: SEALING_ROUNDS };
        let file = key
            .encrypt_with(Cipher::Aes256Ctr, kdf, rng.next_u32(), passphrase.as_bytes())
            .and_then(|sealed| sealed.to_openssh(LineEnding::LF))
            .map_err(KeyError::Crypto)?;
        let (name, comment) = (name.to_owned(), comment.to_owned());
        let entry = KeyEntry { name, fingerprint, public_key, comment, held: Held::Sealed };
        self.store(&path, file.as_bytes(), &entry)?;
        Ok(entry)
    }

    /// Copies an OpenSSH Ed25519 key from elsewhere as it is, still sealed; the comment comes
    /// from the `.pub` file beside it, if there is one.
    ///
    /// # Errors
    /// A file that is no such key, has no passphrase, or is here already; a name that is taken.
    pub fn import(&self, name: &str, file: &Path) -> Result<KeyEntry, KeyError> {
        let path = self.free_path(name)?;
        let sealed = SealedKey::read(file)?;
        self.judge_new(&sealed.fingerprint)?;
        let entry = entry(name, file, &sealed);
        self.store(&path, &sealed.bytes, &entry)?;
        Ok(entry)
    }

    /// Refers to a key that lives in an ssh-agent. Nothing secret is written.
    ///
    /// # Errors
    /// A name or comment of the wrong form, a name that is taken, a type that signs nothing
    /// here, a key that is here already, or trouble with the folder.
    pub fn refer(&self, name: &str, comment: &str, key: &AgentKey) -> Result<KeyEntry, KeyError> {
        let path = self.free_path(name)?;
        judge_comment(comment)?;
        let Some(public_key) = key.public_key.clone() else {
            return Err(AgentError::Type { algorithm: key.algorithm.clone() }.into());
        };
        self.judge_new(&key.fingerprint)?;
        let entry = KeyEntry {
            name: name.to_owned(),
            fingerprint: key.fingerprint.clone(),
            public_key,
            comment: comment.to_owned(),
            held: Held::Agent,
        };
        self.store(&path, line_of(&entry).as_bytes(), &entry)?;
        Ok(entry)
    }

    fn judge_new(&self, fingerprint: &Fingerprint) -> Result<(), KeyError> {
        match self.list()?.into_iter().find(|known| known.fingerprint == *fingerprint) {
            Some(known) => Err(KeyError::AlreadyHere { name: known.name }),
            None => Ok(()),
        }
    }

    /// Every usable key, sorted by name. Files that are no usable key are left out:
    /// [`KeyFolder::unusable`] says why.
    ///
    /// # Errors
    /// [`KeyError::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<KeyEntry>, KeyError> {
        Ok(self.scan()?.into_iter().filter_map(Result::ok).collect())
    }

    /// Why each remaining file with a key's name is not listed.
    ///
    /// # Errors
    /// [`KeyError::Io`] when the folder cannot be read.
    pub fn unusable(&self) -> Result<Vec<KeyError>, KeyError> {
        Ok(self.scan()?.into_iter().filter_map(Result::err).collect())
    }

    /// The key with this name or fingerprint.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], or what is wrong with the file of that name.
    pub fn find(&self, wanted: &str) -> Result<KeyEntry, KeyError> {
        if is_name(wanted) && self.path.join(wanted).is_file() {
            return self.read(wanted);
        }
        let found = self.list()?.into_iter().find(|key| key.fingerprint.as_str() == wanted);
        found.ok_or_else(|| KeyError::NotFound {
            wanted: wanted.chars().take(80).collect(),
            folder: self.path.clone(),
        })
    }

    /// Opens a key. Takes as long as its sealing: see [`SEALING_ROUNDS`].
    ///
    /// # Errors
    /// [`KeyError::WrongPassphrase`]; [`KeyError::Replaced`] when the file is another key than
    /// the entry; or what is wrong with the file.
    pub fn unlock(
        &self,
        entry: &KeyEntry,
        passphrase: &Zeroizing<String>,
    ) -> Result<UnlockedKey, KeyError> {
        let sealed = SealedKey::read(&self.path_of(&entry.name)?)?;
        if sealed.fingerprint != entry.fingerprint {
            let (name, expected) = (entry.name.clone(), entry.fingerprint.clone());
            return Err(KeyError::Replaced { name, expected });
        }
        sealed.unlock(&entry.name, passphrase)
    }

    /// Makes ready a key that lives in `agent`, which must hold it. Nothing is signed yet.
    ///
    /// # Errors
    /// [`KeyError::Agent`]; [`KeyError::Replaced`] when the file is another key than the
    /// entry, or is no reference.
    pub fn reach(&self, entry: &KeyEntry, agent: &Agent) -> Result<UnlockedKey, KeyError> {
        let found = Reference::read(&self.path_of(&entry.name)?)?;
        let Some(found) = found.filter(|found| found.fingerprint == entry.fingerprint) else {
            let (name, expected) = (entry.name.clone(), entry.fingerprint.clone());
            return Err(KeyError::Replaced { name, expected });
        };
        agent.holds(&found.fingerprint)?;
        Ok(UnlockedKey::in_agent(agent.clone(), found))
    }

    /// Moves a key that is no longer used into the folder `replaced`, as it is, so that it
    /// is neither listed nor lost; the path of its file there.
    ///
    /// # Errors
    /// [`KeyError::Io`] for trouble with the folder; the key is where it was then.
    pub fn set_aside(&self, entry: &KeyEntry) -> Result<PathBuf, KeyError> {
        let from = self.path_of(&entry.name)?;
        let aside = Self::open(self.path.join("replaced"))?;
        let names = (2..).map(|number| format!("{}.{number}", entry.name));
        let free = |name: String| match aside.free_path(&name) {
            Err(KeyError::NameTaken { .. }) => None,
            found => Some(found),
        };
        // One of that name may have been moved before.
        let to = std::iter::once(entry.name.clone()).chain(names).find_map(free);
        let to = to.unwrap_or_else(|| Err(self.name_taken(&entry.name)))?;
        let moves = [(public_file(&from), public_file(&to)), (from, to.clone())];
        for (from, to) in moves.iter().filter(|(from, _)| from.exists()) {
            fs::rename(from, to).map_err(|source| KeyError::Io { path: from.clone(), source })?;
        }
        Ok(to)
    }

    fn path_of(&self, name: &str) -> Result<PathBuf, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name { name: name.chars().take(80).collect() });
        }
        Ok(self.path.join(name))
    }

    fn free_path(&self, name: &str) -> Result<PathBuf, KeyError> {
        let path = self.path_of(name)?;
        if path.symlink_metadata().is_ok() || public_file(&path).symlink_metadata().is_ok() {
            return Err(self.name_taken(name));
        }
        Ok(path)
    }

    fn name_taken(&self, name: &str) -> KeyError {
        KeyError::NameTaken { name: name.to_owned(), folder: self.path.clone() }
    }

    /// Writes both files, or none: a private key whose public half could not be written is
    /// taken back.
    fn store(&self, path: &Path, sealed: &[u8], entry: &KeyEntry) -> Result<(), KeyError> {
        let failed = |at: &Path, source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => self.name_taken(&entry.name),
            _ => KeyError::Io { path: at.to_owned(), source },
        };
        private_file::write_new(path, sealed).map_err(|source| failed(path, source))?;
        let public = public_file(path);
        let written = private_file::write_new(&public, line_of(entry).as_bytes());
        written.map_err(|source| {
            let _ = fs::remove_file(path);
            failed(&public, source)
        })
    }

    fn scan(&self) -> Result<Vec<Result<KeyEntry, KeyError>>, KeyError> {
        let io = |source| KeyError::Io { path: self.path.clone(), source };
        let mut names = Vec::new();
        for file in fs::read_dir(&self.path).map_err(io)? {
            let name = file.map_err(io)?.file_name();
            names.extend(name.to_str().filter(|name| is_name(name)).map(str::to_owned));
        }
        names.sort();
        names.retain(|name| self.path.join(name).is_file());
        Ok(names.iter().map(|name| self.read(name)).collect())
    }

    fn read(&self, name: &str) -> Result<KeyEntry, KeyError> {
        let path = self.path_of(name)?;
        if let Some(Reference { fingerprint, public_key, comment, .. }) = Reference::read(&path)? {
            let name = name.to_owned();
            return Ok(KeyEntry { name, fingerprint, public_key, comment, held: Held::Agent });
        }
        let sealed = SealedKey::read(&path)?;
        Ok(entry(name, &path, &sealed))
    }
}

/// Names that are safe as a file name everywhere and as an argument to ssh-keygen.
fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    bytes.len() <= 64
        && bytes.iter().all(|b| inner(*b))
        && edge(bytes.first())
        && edge(bytes.last())
        && !name.to_ascii_lowercase().ends_with(".pub")
}

pub(super) fn judge_comment(comment: &str) -> Result<(), KeyError> {
    if comment.chars().count() > 200 || comment.contains(char::is_control) {
        return Err(KeyError::Comment);
    }
    Ok(())
}

fn judge_passphrase(passphrase: &str) -> Result<(), KeyError> {
    if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
        return Err(KeyError::PassphraseTooShort);
    }
    if passphrase.len() > MAX_PASSPHRASE_BYTES || passphrase.contains(char::is_control) {
        return Err(KeyError::PassphraseForm);
    }
    Ok(())
}

fn public_file(private: &Path) -> PathBuf {
    let mut name = private.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn entry(name: &str, file: &Path, sealed: &SealedKey) -> KeyEntry {
    KeyEntry {
        name: name.to_owned(),
        fingerprint: sealed.fingerprint.clone(),
        public_key: sealed.public_key.clone(),
        comment: comment_beside(file, &sealed.fingerprint).unwrap_or_default(),
        held: Held::Sealed,
    }
}

/// The key as a line of a public key file.
fn line_of(entry: &KeyEntry) -> String {
    format!("{}\n", format!("{} {}", entry.public_key, entry.comment).trim_end())
}

/// The comment in the `.pub` file, if that file is about the same key.
fn comment_beside(private: &Path, fingerprint: &Fingerprint) -> Option<String> {
    let mut line = String::new();
    let file = fs::File::open(public_file(private)).ok()?;
    file.take(MAX_PUBLIC_FILE_BYTES).read_to_string(&mut line).ok()?;
    if sshsig::fingerprint(&line)? != *fingerprint {
        return None;
    }
    let comment = PublicKey::from_openssh(line.trim()).ok()?.comment().to_owned();
    judge_comment(&comment).ok().map(|()| comment)
}
