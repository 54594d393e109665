//! What can go wrong with keys. No message ever holds a passphrase or secret bytes.

use std::io;
use std::path::PathBuf;

use countersign_domain::event::BadEvent;
use countersign_domain::id::Fingerprint;

use super::MIN_PASSPHRASE_CHARS;
use super::agent::AgentError;

/// Why a key could not be made, found, unlocked or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key folder or a file in it could not be read or written.
    #[error("{}: {source}. Check the permissions of the key folder and its files", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name could be mistaken for a path, an option or a public key file.
    #[error(
        "{name:?} cannot name a key: use 1 to 64 letters, digits, '.', '-' or '_', beginning and \
         ending with a letter or digit, and not ending in .pub"
    )]
    Name {
        /// The name given.
        name: String,
    },
    /// The comment would not stay on one line.
    #[error("a key's comment is one line of at most 200 characters, without control characters")]
    Comment,
    /// A key of this name is there; nothing was written.
    #[error("a key named {name} is already in {}: choose another name", folder.display())]
    NameTaken {
        /// The name.
        name: String,
        /// The key folder.
        folder: PathBuf,
    },
    /// The same key is there under another name.
    #[error("this key is already here, under the name {name}")]
    AlreadyHere {
        /// The name.
        name: String,
    },
    /// Nothing here has this name or fingerprint.
    #[error("no key named {wanted:?}, and none with that fingerprint, in {}", folder.display())]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// The key folder.
        folder: PathBuf,
    },
    /// The passphrase is too short to seal a key.
    #[error("the passphrase is too short: at least {MIN_PASSPHRASE_CHARS} characters")]
    PassphraseTooShort,
    /// The passphrase could not be typed into ssh-keygen again.
    #[error(
        "the passphrase holds a line break or another control character, or is longer than 1000 \
         bytes: choose one that can be typed"
    )]
    PassphraseForm,
    /// The passphrase does not open this key.
    #[error("wrong passphrase for key {name}")]
    WrongPassphrase {
        /// The key.
        name: String,
    },
    /// Not an OpenSSH private key, or a damaged one.
    #[error(
        "{} is not a readable OpenSSH private key ({detail}). A key in another form is converted \
         by: ssh-keygen -p -f FILE", path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// Another kind of key than Ed25519.
    #[error(
        "{} is not an ssh-ed25519 key ({algorithm}), and Countersign signs with no other: make one \
         with: ssh-keygen -t ed25519", path.display()
    )]
    Algorithm {
        /// The file.
        path: PathBuf,
        /// Its type, as far as it is known here.
        algorithm: String,
    },
    /// Anybody who has the file could sign.
    #[error(
        "{} has no passphrase: seal it first with: ssh-keygen -p -f {}",
        path.display(), path.display()
    )]
    Unsealed {
        /// The file.
        path: PathBuf,
    },
    /// Sealed with a cipher that cannot be opened here.
    #[error(
        "{} is sealed with {cipher}, which cannot be opened here: seal it anew with: ssh-keygen \
         -p -Z aes256-ctr -f {}", path.display(), path.display()
    )]
    Cipher {
        /// The file.
        path: PathBuf,
        /// The cipher.
        cipher: String,
    },
    /// Opening it would take unreasonably long.
    #[error(
        "{} is sealed with {rounds} rounds, at most {max} are tried: seal it anew with: \
         ssh-keygen -p -a 24 -f {}", path.display(), path.display()
    )]
    TooManyRounds {
        /// The file.
        path: PathBuf,
        /// Rounds of bcrypt-pbkdf.
        rounds: u32,
        /// The limit.
        max: u32,
    },
    /// The file under this name now holds another key than the one listed.
    #[error("the key {name} is no longer {expected}: list the keys again")]
    Replaced {
        /// The key.
        name: String,
        /// The fingerprint that was listed.
        expected: Fingerprint,
    },
    /// Signing for somebody else.
    #[error("the event names {author} as its author, the unlocked key is {own}")]
    OtherAuthor {
        /// The author in the envelope.
        author: Fingerprint,
        /// The key's own fingerprint.
        own: Fingerprint,
    },
    /// The event would not be accepted by any ledger.
    #[error("the event cannot be signed: {0}")]
    Event(#[from] BadEvent),
    /// The event has no canonical form.
    #[error("the event cannot be signed: {0}")]
    NotCanonical(#[from] countersign_domain::canonical::NotCanonical),
    /// The bytes are not what DSSE signs.
    #[error("only a DSSE pre-authentication encoding is signed without a namespace")]
    NotDsse,
    /// The key lives in ssh-agent, and that did not sign.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The cryptographic library refused.
    #[error("signing or sealing failed: {0}")]
    Crypto(ssh_key::Error),
}
