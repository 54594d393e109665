//! A private key, ready to sign: in memory, where the library wipes the secret when it is
//! dropped, or in an ssh-agent that is asked for each signature.

use std::fmt;

use countersign_domain::canonical;
use countersign_domain::event::{Envelope, NAMESPACE, SignedEvent};
use countersign_domain::id::Fingerprint;
use countersign_domain::sshsig::{self, BadSignature};
use ed25519_dalek::{Signer as _, Verifier as _};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use super::agent::{Agent, AgentError};
use super::error::KeyError;
use super::reference::Reference;

/// A key whose passphrase was given, or that an agent holds. Keep it only as long as it is
/// needed.
pub struct UnlockedKey {
    signer: Signer,
    fingerprint: Fingerprint,
    public_key: String,
}

enum Signer {
    Here(Box<PrivateKey>),
    Agent(Agent, Box<PublicKey>),
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
        Self { signer: Signer::Here(Box::new(key)), fingerprint, public_key }
    }

    pub(super) fn in_agent(agent: Agent, key: Reference) -> Self {
        let Reference { key, fingerprint, public_key, .. } = key;
        Self { signer: Signer::Agent(agent, Box::new(key)), fingerprint, public_key }
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

    /// Whether an ssh-agent signs: that may take as long as somebody needs to touch the key
    /// or to confirm.
    #[must_use]
    pub fn is_in_agent(&self) -> bool {
        matches!(self.signer, Signer::Agent(..))
    }

    /// Whether it is a security key, so that each signature takes a touch and proves it.
    #[must_use]
    pub fn needs_touch(&self) -> bool {
        matches!(&self.signer, Signer::Agent(_, key) if key.algorithm() == Algorithm::SkEd25519)
    }

    /// Signs `message` as `ssh-keygen -Y sign -n namespace` does (PROTOCOL.sshsig, SHA-512).
    /// What an agent returned is verified first.
    ///
    /// # Errors
    /// [`KeyError::Crypto`], for one when `namespace` is empty; [`KeyError::Agent`].
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, KeyError> {
        let (agent, key) = match &self.signer {
            Signer::Agent(agent, key) => (agent, key),
            Signer::Here(key) => {
                let signature = key.sign(namespace, HashAlg::Sha512, message);
                return signature
                    .and_then(|signature| signature.to_pem(LineEnding::LF))
                    .map_err(KeyError::Crypto);
            }
        };
        let data = SshSig::signed_data(namespace, HashAlg::Sha512, message);
        let signature = agent.sign(key, &self.fingerprint, &data.map_err(KeyError::Crypto)?)?;
        let whole = SshSig::new(key.key_data().clone(), namespace, HashAlg::Sha512, signature);
        let armor = whole.and_then(|whole| whole.to_pem(LineEnding::LF));
        let armor = armor.map_err(KeyError::Crypto)?;
        sshsig::verify(&self.fingerprint, namespace, message, &armor).map_err(AgentError::from)?;
        Ok(armor)
    }

    /// Signs a DSSE pre-authentication encoding as DSSE wants it: 64 bytes of Ed25519 over the
    /// bytes themselves, without the namespace that SSHSIG puts around a message. What does
    /// not begin as DSSE's encoding does is refused, so that no such signature can stand for
    /// an event, a card or a login.
    ///
    /// # Errors
    /// [`KeyError::NotDsse`]; [`KeyError::Crypto`]; [`KeyError::Agent`], for one with a
    /// security key, whose signatures DSSE does not know.
    pub fn sign_dsse(&self, pae: &[u8]) -> Result<Vec<u8>, KeyError> {
        if !pae.starts_with(b"DSSEv1 ") {
            return Err(KeyError::NotDsse);
        }
        if self.needs_touch() {
            return Err(AgentError::SecurityKeyStatement.into());
        }
        let signature = match &self.signer {
            Signer::Here(key) => {
                let signed: Result<Signature, _> = key.try_sign(pae);
                signed.map_err(|error| KeyError::Crypto(error.into()))?
            }
            Signer::Agent(agent, key) => {
                let signature = agent.sign(key, &self.fingerprint, pae)?;
                let holds = key.key_data().verify(pae, &signature);
                holds.map_err(|_| AgentError::from(BadSignature::Mismatch))?;
                signature
            }
        };
        Ok(signature.as_bytes().to_vec())
    }

    /// Writes the envelope in canonical form, signs it, and checks the result, so nothing
    /// leaves here that a ledger would refuse for its form.
    ///
    /// # Errors
    /// [`KeyError::OtherAuthor`] when the envelope names another key as author,
    /// [`KeyError::Event`] when the event is too large or of another version;
    /// [`KeyError::Agent`].
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
