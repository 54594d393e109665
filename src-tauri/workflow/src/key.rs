//! Keys of the people who use this machine.

use countersign_domain::id::Fingerprint;
use countersign_ledger::keys::{Held, KeyEntry, UnlockedKey};
use zeroize::Zeroizing;

use crate::agent::held_view;
use crate::error::Failure;
use crate::home::Home;
use crate::view::KeyView;

impl Home {
    /// Makes a key for `owner <email>`, sealed by `passphrase`.
    ///
    /// # Errors
    /// [`Failure::Input`] for a name or e-mail that cannot stand on a record;
    /// [`Failure::Key`] for a weak passphrase or a name that is taken.
    pub fn create_key(
        &self,
        name: Option<&str>,
        owner: &str,
        email: &str,
        passphrase: &Zeroizing<String>,
    ) -> Result<KeyView, Failure> {
        let comment = comment_of(owner, email)?;
        let name = key_name(name, email.trim());
        let mut rng = ssh_rng();
        Ok(key_view(&self.keys.create(&name, &comment, passphrase, &mut rng)?))
    }

    /// Copies an OpenSSH key from elsewhere, still sealed.
    ///
    /// # Errors
    /// [`Failure::Key`] for a key without passphrase, of another type, or here already.
    pub fn import_key(&self, name: &str, file: &std::path::Path) -> Result<KeyView, Failure> {
        Ok(key_view(&self.keys.import(name, file)?))
    }

    /// Keys on this machine.
    ///
    /// # Errors
    /// [`Failure::Key`] when the folder cannot be read.
    pub fn key_list(&self) -> Result<Vec<KeyView>, Failure> {
        Ok(self.keys.list()?.iter().map(key_view).collect())
    }

    /// Opens the key of that name, fingerprint or owner's e-mail. One that ssh-agent holds
    /// takes no passphrase.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::Key`] for a wrong passphrase, or an agent that does
    /// not hold the key.
    pub fn unlock(
        &self,
        wanted: &str,
        passphrase: &Zeroizing<String>,
    ) -> Result<UnlockedKey, Failure> {
        let entry = self.find_key(wanted)?;
        match entry.held {
            Held::Agent => self.reach(&entry),
            Held::Sealed => Ok(self.keys.unlock(&entry, passphrase)?),
        }
    }

    /// The key of that name, fingerprint or owner's e-mail.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub fn find_key(&self, wanted: &str) -> Result<KeyEntry, Failure> {
        let keys = self.keys.list()?;
        let named = |key: &&KeyEntry| {
            let (_, email) = owner_of(&key.comment);
            key.name == wanted || key.fingerprint.as_str() == wanted || email == wanted
        };
        let found = keys.iter().find(named).cloned();
        found.ok_or_else(|| Failure::NotFound {
            what: "key",
            name: wanted.chars().take(80).collect(),
            hint: "`countersign key list` shows the keys of this machine",
        })
    }

    /// The key's view by fingerprint.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub fn key_by(&self, fingerprint: &Fingerprint) -> Result<KeyView, Failure> {
        self.find_key(fingerprint.as_str()).map(|entry| key_view(&entry))
    }
}

fn ssh_rng() -> impl countersign_ledger::keys::CryptoRngCore {
    countersign_ledger::keys::OsRng
}

/// The comment of a key, which says whose it is.
///
/// # Errors
/// [`Failure::Input`] for a name or e-mail that cannot stand on a record.
pub(crate) fn comment_of(owner: &str, email: &str) -> Result<String, Failure> {
    let (owner, email) = (owner.trim(), email.trim());
    if owner.is_empty() || owner.contains(['<', '>']) || owner.chars().any(char::is_control) {
        let hint = "Write your name as it should stand on the record";
        return Err(Failure::Input { field: "owner", problem: "not a name".into(), hint });
    }
    if !email.contains('@') || email.contains(['<', '>', ' ', ',']) {
        let problem = format!("{email:?} is not an e-mail address");
        let hint = "Write it as ana@example.com";
        return Err(Failure::Input { field: "email", problem, hint });
    }
    Ok(format!("{owner} <{email}>"))
}

/// The name of a key's file: the one that was given, or one from the e-mail.
pub(crate) fn key_name(given: Option<&str>, email: &str) -> String {
    given.map_or_else(|| file_name(email), str::to_owned)
}

fn file_name(email: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    email.to_ascii_lowercase().chars().map(plain).collect()
}

/// Name and e-mail from a key's comment, `Name <email>`.
pub(crate) fn owner_of(comment: &str) -> (&str, &str) {
    match comment.split_once('<') {
        Some((name, rest)) => (name.trim(), rest.trim_end_matches('>').trim()),
        None if comment.contains('@') => ("", comment.trim()),
        None => (comment.trim(), ""),
    }
}

pub(crate) fn key_view(entry: &KeyEntry) -> KeyView {
    let (owner, email) = owner_of(&entry.comment);
    KeyView {
        name: entry.name.clone(),
        owner: owner.to_owned(),
        email: email.to_owned(),
        fingerprint: entry.fingerprint.to_string(),
        public_key: entry.public_key.clone(),
        held: held_view(entry.held),
    }
}
