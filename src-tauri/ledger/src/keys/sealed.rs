//! Reads a sealed private key file. Its public half is in the clear, so keys are listed
//! without any passphrase; everything that would make unlocking fail is said before one is
//! asked for.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use countersign_domain::id::Fingerprint;
use ssh_key::{Algorithm, Cipher, Error, HashAlg, Kdf, PrivateKey};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::unlocked::UnlockedKey;

/// No Ed25519 key file comes near this many bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Rounds of bcrypt-pbkdf beyond which a file would rather block the program: some 10 s.
const MAX_ROUNDS: u32 = 1000;

/// First line of an OpenSSH private key.
const HEADER: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";

/// A private key file that a passphrase can open.
pub(super) struct SealedKey {
    key: PrivateKey,
    pub(super) fingerprint: Fingerprint,
    pub(super) public_key: String,
    /// The file as it is.
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl SealedKey {
    /// Reads and judges the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io { path: path.to_owned(), source };
        let form = |detail: String| KeyError::Form { path: path.to_owned(), detail };
        let mut bytes = Zeroizing::new(Vec::new());
        let file = File::open(path).map_err(io)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(form(format!("larger than {MAX_FILE_BYTES} bytes")));
        }
        if !bytes.starts_with(HEADER) {
            return Err(form("it does not begin with BEGIN OPENSSH PRIVATE KEY".to_owned()));
        }
        let key = PrivateKey::from_openssh(&*bytes).map_err(|error| match error {
            Error::AlgorithmUnknown | Error::AlgorithmUnsupported { .. } => {
                KeyError::Algorithm { path: path.to_owned(), algorithm: error.to_string() }
            }
            other => form(other.to_string()),
        })?;
        judge(path.to_owned(), &key)?;
        let (fingerprint, public_key) = public_half(&key).map_err(KeyError::Crypto)?;
        Ok(Self { key, fingerprint, public_key, bytes })
    }

    /// Opens it. `name` is for the message.
    pub(super) fn unlock(self, name: &str, passphrase: &str) -> Result<UnlockedKey, KeyError> {
        let key = self.key.decrypt(passphrase).map_err(|error| match error {
            Error::Crypto => KeyError::WrongPassphrase { name: name.to_owned() },
            other => KeyError::Crypto(other),
        })?;
        Ok(UnlockedKey::new(key, self.fingerprint, self.public_key))
    }
}

fn judge(path: PathBuf, key: &PrivateKey) -> Result<(), KeyError> {
    let algorithm = key.algorithm();
    if algorithm != Algorithm::Ed25519 {
        return Err(KeyError::Algorithm { path, algorithm: algorithm.to_string() });
    }
    if !key.is_encrypted() {
        return Err(KeyError::Unsealed { path });
    }
    let cipher = key.cipher();
    if !matches!(cipher, Cipher::Aes256Ctr | Cipher::Aes256Cbc | Cipher::Aes256Gcm) {
        return Err(KeyError::Cipher { path, cipher: cipher.to_string() });
    }
    match key.kdf() {
        Kdf::Bcrypt { rounds, .. } if *rounds > MAX_ROUNDS => {
            Err(KeyError::TooManyRounds { path, rounds: *rounds, max: MAX_ROUNDS })
        }
        _ => Ok(()),
    }
}

/// Fingerprint and one-line public key, without comment.
pub(super) fn public_half(key: &PrivateKey) -> Result<(Fingerprint, String), Error> {
    let mut public = key.public_key().clone();
    public.set_comment("");
    let fingerprint = Fingerprint::parse(&public.fingerprint(HashAlg::Sha256).to_string())
        .map_err(|_| Error::PublicKey)?;
    Ok((fingerprint, public.to_openssh()?.trim_end().to_owned()))
}
