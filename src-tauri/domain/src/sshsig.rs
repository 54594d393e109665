//! Checks signatures as stock `ssh-keygen -Y verify` does (PROTOCOL.sshsig), so the record
//! never depends on this program to be believed.

use ssh_key::{HashAlg, PublicKey, SshSig};

use crate::id::Fingerprint;

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Not an armored SSHSIG.
    #[error("not an SSH signature")]
    Form,
    /// Made with a key other than the one named.
    #[error("made by {actual}, not by {expected}")]
    OtherKey {
        /// The key that the event names.
        expected: Fingerprint,
        /// The key inside the signature.
        actual: String,
    },
    /// The bytes or the namespace differ from what was signed.
    #[error("does not match the bytes")]
    Mismatch,
}

/// Checks that `signature` was made by the key `author` over `message` in `namespace`.
///
/// # Errors
/// [`BadSignature`] for the first thing that is wrong.
pub fn verify(
    author: &Fingerprint,
    namespace: &str,
    message: &[u8],
    signature: &str,
) -> Result<(), BadSignature> {
    let sig = SshSig::from_pem(signature).map_err(|_| BadSignature::Form)?;
    let key = PublicKey::from(sig.public_key().clone());
    let actual = key.fingerprint(HashAlg::Sha256).to_string();
    if actual != author.as_str() {
        return Err(BadSignature::OtherKey { expected: author.clone(), actual });
    }
    key.verify(namespace, message, &sig).map_err(|_| BadSignature::Mismatch)
}

/// The fingerprint of a public key in OpenSSH form (`ssh-ed25519 AAAA… comment`).
#[must_use]
pub fn fingerprint(public_key: &str) -> Option<Fingerprint> {
    let key = PublicKey::from_openssh(public_key.trim()).ok()?;
    Fingerprint::parse(&key.fingerprint(HashAlg::Sha256).to_string()).ok()
}
