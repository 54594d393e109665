//! A software key that makes the bytes of a security key (PROTOCOL.u2f, SSH U2F signatures):
//! tests have no hardware.

use countersign_domain::id::Fingerprint;
use countersign_domain::sshsig;
use ed25519_dalek::{Signer as _, SigningKey};
use ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
use ssh_key::{HashAlg, PublicKey};

/// User present.
pub(crate) const TOUCHED: u8 = 0x01;

pub(crate) struct SoftKey(SigningKey);

impl SoftKey {
    pub(crate) fn new() -> Self {
        Self(SigningKey::from_bytes(&[7; 32]))
    }

    pub(crate) fn data(&self) -> KeyData {
        let point = Ed25519PublicKey(self.0.verifying_key().to_bytes());
        KeyData::SkEd25519(SkEd25519::new(point, "ssh:"))
    }

    pub(crate) fn line(&self) -> String {
        PublicKey::from(self.data()).to_openssh().expect("a line").trim_end().to_owned()
    }

    pub(crate) fn author(&self) -> Fingerprint {
        sshsig::fingerprint(&self.line()).expect("a fingerprint")
    }

    /// The 64 bytes over `data`, then flags and counter, which may claim other flags than
    /// were signed.
    pub(crate) fn over(&self, data: &[u8], signed_flags: u8, claimed: u8) -> Vec<u8> {
        let counter = 9_u32.to_be_bytes();
        let mut signed = HashAlg::Sha256.digest(b"ssh:");
        signed.push(signed_flags);
        signed.extend(counter);
        signed.extend(HashAlg::Sha256.digest(data));
        let mut bytes = self.0.sign(&signed).to_bytes().to_vec();
        bytes.push(claimed);
        bytes.extend(counter);
        bytes
    }
}
