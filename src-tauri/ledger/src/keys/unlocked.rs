//! A private key in memory, ready to sign. The library wipes the secret when it is dropped.

use std::fmt;

use countersign_domain::canonical;
use countersign_domain::event::{Envelope, NAMESPACE, SignedEvent};
use countersign_domain::id::Fingerprint;
use ed25519_dalek::Signer as _;
use ssh_key::{HashAlg, LineEnding, PrivateKey, Signature};

use super::error::KeyError;

/// A key whose passphrase was given. Keep it only as long as it is needed.
pub struct UnlockedKey {
    key: PrivateKey,
    fingerprint: Fingerprint,
    public_key: String,
}

/// Shows which key it is and nothing of the secret.
impl fmt::Debug for UnlockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnlockedKey")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl UnlockedKey {
    pub(super) fn new(key: PrivateKey, fingerprint: Fingerprint, public_key: String) -> Self {
        Self { key, fingerprint, public_key }
    }

    /// The fingerprint as `ssh-keygen -l` prints it.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// One line in OpenSSH form, without comment: `ssh-ed25519 AAAA…`.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Signs `message` as `ssh-keygen -Y sign -n namespace` does (PROTOCOL.sshsig, SHA-512).
    ///
    /// # Errors
    /// [`KeyError::Crypto`], for one when `namespace` is empty.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
        self.key
            .sign(namespace, HashAlg::Sha512, message)
            .and_then(|signature| signature.to_pem(LineEnding::LF))
            .map_err(KeyError::Crypto)
    }

    /// Signs a DSSE pre-authentication encoding as DSSE wants it: 64 bytes of Ed25519 over the
    /// bytes themselves, without the namespace that SSHSIG puts around a message. What does
    /// not begin as DSSE's encoding does is refused, so that no such signature can stand for
    /// an event, a card or a login.
    ///
    /// # Errors
    /// [`KeyError::NotDsse`]; [`KeyError::Crypto`].
    pub fn sign_dsse(&self, pae: &[u8]) -> Result<Vec<u8>, KeyError> {
        if !pae.starts_with(b"DSSEv1 ") {
            return Err(KeyError::NotDsse);
        }
        let signed: Result<Signature, _> = self.key.try_sign(pae);
        let signature = signed.map_err(|error| KeyError::Crypto(error.into()))?;
        Ok(signature.as_bytes().to_vec())
    }

    /// Writes the envelope in canonical form, signs it, and checks the result, so nothing
    /// leaves here that a ledger would refuse for its form.
    ///
    /// # Errors
    /// [`KeyError::OtherAuthor`] when the envelope names another key as author,
    /// [`KeyError::Event`] when the event is too large or of another version.
    pub fn sign_event(&self, envelope: &Envelope) -> Result<SignedEvent, KeyError> {
        if envelope.author != self.fingerprint {
            return Err(KeyError::OtherAuthor {
                author: envelope.author.clone(),
                own: self.fingerprint.clone(),
            });
        }
        let bytes = canonical::bytes(envelope)?;
        let signature = self.sign(NAMESPACE, &bytes)?;
        let signed = SignedEvent { bytes, signature };
        signed.verify()?;
        Ok(signed)
    }
}
