//! Checks signatures as stock `ssh-keygen -Y verify` does (PROTOCOL.sshsig), so the record
//! never depends on this program to be believed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha512};
use ssh_key::{Algorithm, HashAlg, LineEnding, PublicKey, SshSig};

use crate::ed25519::ReadyKey;
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
    /// A security key signed, and nobody touched it.
    #[error(
        "made by a security key that nobody touched. Make the key without the option \
         no-touch-required, and sign again"
    )]
    NoPresence,
}

/// The bit that a security key sets when somebody touched it (PROTOCOL.u2f, SSH U2F
/// signatures; FIDO "user present").
const USER_PRESENT: u8 = 0x01;

/// What follows the 64 bytes of Ed25519 in a security key's signature: flags and counter.
const FLAGS_AT: usize = 64;

/// Checks that `signature` was made by the key `author` over `message` in `namespace`. Of a
/// security key it also has to say that somebody touched it: stock `ssh-keygen -Y verify`
/// does not ask for that, and a sign-off that malware on the machine can make is none.
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
    // The version is not among what is signed: another number would be a second spelling.
    if sig.version() != SshSig::VERSION {
        return Err(BadSignature::Form);
    }
    let key = PublicKey::from(sig.public_key().clone());
    let actual = key.fingerprint(HashAlg::Sha256).to_string();
    if actual != author.as_str() {
        return Err(BadSignature::OtherKey { expected: author.clone(), actual });
    }
    // What else the library can verify depends on what any crate in the build asks of it.
    if !matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::SkEd25519) {
        return Err(BadSignature::Form);
    }
    let by_security_key = key.algorithm() == Algorithm::SkEd25519;
    // The library does not compare the two, so the flags could stand in another form.
    if by_security_key && sig.signature().algorithm() != Algorithm::SkEd25519 {
        return Err(BadSignature::Form);
    }
    key.verify(namespace, message, &sig).map_err(|_| BadSignature::Mismatch)?;
    let flags = sig.signature_bytes().get(FLAGS_AT).copied().unwrap_or_default();
    if by_security_key && flags & USER_PRESENT == 0 {
        return Err(BadSignature::NoPresence);
    }
    Ok(())
}

/// Checks many signatures. What it learned from the first good one of an Ed25519 key (the
/// key made ready, and how everything before the signature proper is spelled) saves it that
/// work for the others; whatever is spelled otherwise goes the general way.
#[derive(Debug, Default)]
pub struct Checker {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    author: Fingerprint,
    namespace: String,
    key: ReadyKey,
    /// A good armored text: all others differ from it in the signature proper only.
    example: String,
    /// What is signed, up to the SHA-512 of the message (PROTOCOL.sshsig, 3).
    signed_head: Vec<u8>,
}

/// Checkers that threads take in turn, so that what one of them learned is not learned anew
/// for each piece of the work.
#[derive(Debug, Default)]
pub struct Checkers(Mutex<Vec<Checker>>);

impl Checkers {
    /// Lends out a checker for the length of `work`.
    pub fn lend<R>(&self, work: impl FnOnce(&mut Checker) -> R) -> R {
        let mut checker = self.idle().pop().unwrap_or_default();
        let made = work(&mut checker);
        self.idle().push(checker);
        made
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Checker>> {
        // The lock is held for a push or a pop only: there is no half-done state to fear.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys of which a checker keeps what it learned (less than a megabyte each): more than a
/// project has people, and few enough that a file with a key for each event gains nothing.
const MOST_KNOWN: usize = 32;

/// Base64 digits that spell the 64 bytes of an Ed25519 signature, padding included.
const SPELLED: usize = 88;

impl Checker {
    /// As [`verify`]; also tells whether the signature is spelled the one way that this
    /// program writes it.
    ///
    /// # Errors
    /// [`BadSignature`] for the first thing that is wrong.
    pub fn verify(
        &mut self,
        author: &Fingerprint,
        namespace: &str,
        message: &[u8],
        signature: &str,
    ) -> Result<bool, BadSignature> {
        let known = self.known.iter_mut().find(|one| one.author == *author);
        let is_new = known.is_none();
        if let Some(known) = known.filter(|one| one.namespace == namespace)
            && let Some(bytes) = known.signature_in(signature)
        {
            let signed = known.signed(message);
            let holds = known.key.holds(&signed, &bytes);
            return if holds { Ok(true) } else { Err(BadSignature::Mismatch) };
        }
        verify(author, namespace, message, signature)?;
        let Ok(sig) = SshSig::from_pem(signature) else { return Err(BadSignature::Form) };
        let plain = sig.to_pem(LineEnding::LF).is_ok_and(|text| text == signature);
        if plain && is_new && self.known.len() < MOST_KNOWN {
            self.known.extend(Known::of(author, namespace, signature, &sig));
        }
        Ok(plain)
    }
}

impl Known {
    /// What a good signature teaches; nothing for keys and hashes other than those that
    /// this program signs with.
    fn of(author: &Fingerprint, namespace: &str, armor: &str, sig: &SshSig) -> Option<Self> {
        let key = sig.public_key().ed25519()?;
        if sig.hash_alg() != HashAlg::Sha512 || !sig.reserved().is_empty() {
            return None;
        }
        let key = ReadyKey::new(VerifyingKey::try_from(key).ok()?);
        let digits: String = base64_of(armor)?.collect();
        let last = digits.get(digits.len().checked_sub(SPELLED)?..)?;
        // The bytes before the signature fill whole groups of digits, or this ends here.
        if decoded(last)?.to_bytes() != sig.signature_bytes() {
            return None;
        }
        let signed = SshSig::signed_data(namespace, HashAlg::Sha512, b"").ok()?;
        let signed_head = signed.get(..signed.len().checked_sub(64)?)?.to_vec();
        Some(Self {
            author: author.clone(),
            namespace: namespace.to_owned(),
            key,
            example: armor.to_owned(),
            signed_head,
        })
    }

    /// The signature proper, if all the rest of the armored text is as in the example.
    fn signature_in(&self, armor: &str) -> Option<Signature> {
        if armor.len() != self.example.len() {
            return None;
        }
        let (bytes, example) = (armor.as_bytes(), self.example.as_bytes());
        let end = example.len() - END.len();
        if bytes.get(end..)? != example.get(end..)? {
            return None;
        }
        let mut spelled = [0; SPELLED];
        let mut left = SPELLED;
        let mut at = end;
        // From the end, so that the head is compared in one go.
        while left > 0 {
            at = at.checked_sub(1)?;
            match (*bytes.get(at)?, *example.get(at)?) {
                (b'\n', b'\n') => {}
                (b'\n', _) | (_, b'\n') => return None,
                (digit, _) => {
                    left -= 1;
                    spelled[left] = digit;
                }
            }
        }
        if bytes.get(..at)? != example.get(..at)? {
            return None;
        }
        decoded(std::str::from_utf8(&spelled).ok()?)
    }

    fn signed(&self, message: &[u8]) -> Vec<u8> {
        let mut signed = self.signed_head.clone();
        signed.extend_from_slice(&Sha512::digest(message));
        signed
    }
}

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "\n-----END SSH SIGNATURE-----\n";

/// The digits between the armor's first and last line.
fn base64_of(armor: &str) -> Option<impl Iterator<Item = char>> {
    let inner = armor.strip_prefix(BEGIN)?.strip_suffix(END)?;
    Some(inner.chars().filter(|c| *c != '\n'))
}

/// Strict: full padding, and no bits left over (RFC 4648, 3.5), so one spelling only.
fn decoded(digits: &str) -> Option<Signature> {
    let bytes = STANDARD.decode(digits).ok()?;
    Signature::from_slice(&bytes).ok()
}

/// The fingerprint of a public key in OpenSSH form (`ssh-ed25519 AAAA… comment`).
#[must_use]
pub fn fingerprint(public_key: &str) -> Option<Fingerprint> {
    let key = PublicKey::from_openssh(public_key.trim()).ok()?;
    Fingerprint::parse(&key.fingerprint(HashAlg::Sha256).to_string()).ok()
}

/// The public key inside an armored signature, in OpenSSH form.
#[must_use]
pub fn public_key(signature: &str) -> Option<String> {
    let sig = SshSig::from_pem(signature).ok()?;
    PublicKey::from(sig.public_key().clone()).to_openssh().ok()
}

#[cfg(test)]
mod tests {
    use ssh_key::PrivateKey;
    use ssh_key::private::Ed25519Keypair;

    use super::*;

    const NAMESPACE: &str = "countersign-event-v1";

    fn key(seed: u8) -> (PrivateKey, Fingerprint) {
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
        let print = key.public_key().fingerprint(HashAlg::Sha256).to_string();
        (key, Fingerprint::parse(&print).expect("a fingerprint"))
    }

    fn sign(key: &PrivateKey, namespace: &str, hash: HashAlg, message: &[u8]) -> String {
        let signature = key.sign(namespace, hash, message).expect("sign");
        signature.to_pem(LineEnding::LF).expect("armor")
    }

    /// The same answer from a checker that knows the key, from one that does not, and from
    /// the general way; and whether it is spelled the one way.
    fn all_agree(known: &mut Checker, author: &Fingerprint, message: &[u8], armor: &str) -> bool {
        let general = verify(author, NAMESPACE, message, armor);
        let plain = SshSig::from_pem(armor)
            .is_ok_and(|sig| sig.to_pem(LineEnding::LF).is_ok_and(|text| text == armor));
        let expected = general.clone().map(|()| plain);
        assert_eq!(known.verify(author, NAMESPACE, message, armor), expected, "{armor}");
        assert_eq!(Checker::default().verify(author, NAMESPACE, message, armor), expected);
        general.is_ok()
    }

    #[test]
    fn a_checker_that_knows_the_key_answers_as_one_that_does_not() {
        let (ana, author) = key(1);
        let (dan, other) = key(2);
        let mut known = Checker::default();
        let good = sign(&ana, NAMESPACE, HashAlg::Sha512, b"first");
        assert_eq!(known.verify(&author, NAMESPACE, b"first", &good), Ok(true));
        assert_eq!(known.known.len(), 1, "or the rest shows nothing");

        let armor = sign(&ana, NAMESPACE, HashAlg::Sha512, b"second");
        assert!(all_agree(&mut known, &author, b"second", &armor));
        assert!(!all_agree(&mut known, &author, b"third", &armor), "another message");
        assert!(!all_agree(&mut known, &other, b"second", &armor), "another author");
        for (key, namespace, hash) in [
            (&dan, NAMESPACE, HashAlg::Sha512),
            (&ana, "file", HashAlg::Sha512),
            (&ana, NAMESPACE, HashAlg::Sha256),
        ] {
            let armor = sign(key, namespace, hash, b"second");
            let holds = hash == HashAlg::Sha256;
            assert_eq!(all_agree(&mut known, &author, b"second", &armor), holds);
        }
        for spelled in [
            armor.replace('\n', "\r\n"),
            armor.trim_end().to_owned(),
            format!("{armor}\n"),
            armor.replacen('\n', "", 2),
            String::new(),
        ] {
            all_agree(&mut known, &author, b"second", &spelled);
        }
    }

    #[test]
    fn a_signature_with_any_character_changed_gets_the_same_answer_both_ways() {
        let (ana, author) = key(1);
        let mut known = Checker::default();
        let good = sign(&ana, NAMESPACE, HashAlg::Sha512, b"first");
        assert_eq!(known.verify(&author, NAMESPACE, b"first", &good), Ok(true));
        for at in 0..good.len() {
            for new in ["A", "Q", "/", "=", "\n", " "] {
                let mut bad = good.clone();
                bad.replace_range(at..=at, new);
                if bad != good {
                    let holds = all_agree(&mut known, &author, b"first", &bad);
                    assert!(!holds || SshSig::from_pem(&bad) == SshSig::from_pem(&good), "{bad}");
                }
            }
        }
    }
}
