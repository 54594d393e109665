//! What stands in a certificate, in words.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Names of one certificate that are kept; a certificate may carry thousands.
const MAX_NAMES: usize = 20;

/// What stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is made out to.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// The names that it is good for (subject alternative names).
    pub names: Vec<String>,
    /// Start of its validity.
    pub not_before: DateTime<Utc>,
    /// End of its validity.
    pub not_after: DateTime<Utc>,
    /// Kind of its key: `RSA`, `EC`, `Ed25519`.
    pub key: &'static str,
    /// Size of its key in bits.
    pub key_bits: usize,
    /// The algorithm of the issuer's signature, by name or OID.
    pub signature: String,
    /// SHA-256 over the whole certificate, in hex.
    pub sha256: String,
}

impl Certificate {
    /// Reads a DER certificate; `None` when it is not one.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, own) = X509Certificate::from_der(der).ok()?;
        let (key, key_bits) = key(&own);
        Some(Self {
            subject: own.subject().to_string(),
            issuer: own.issuer().to_string(),
            names: names(&own),
            not_before: DateTime::from_timestamp(own.validity().not_before.timestamp(), 0)?,
            not_after: DateTime::from_timestamp(own.validity().not_after.timestamp(), 0)?,
            key,
            key_bits,
            signature: signature(&own.signature_algorithm.algorithm.to_id_string()),
            sha256: hex::encode(Sha256::digest(der)),
        })
    }

    /// Why its key or signature is too weak to trust, if it is (NIST SP 800-131A: RSA of
    /// 2048 bits, curves of 224, no SHA-1; the CA/B baseline requirements 6.1.5 have no DSA).
    #[must_use]
    pub fn weakness(&self) -> Option<String> {
        match (self.key, self.key_bits) {
            ("RSA", bits) if bits < 2048 => {
                return Some(format!("an RSA key of {bits} bits (2048 is the least)"));
            }
            ("EC", bits) if bits < 224 => {
                return Some(format!("an elliptic curve key of {bits} bits (224 is the least)"));
            }
            ("DSA", _) => return Some("a DSA key".to_owned()),
            _ => {}
        }
        let old = self.signature.contains("SHA-1") || self.signature.contains("MD5");
        old.then(|| format!("signed with {}", self.signature))
    }

    /// Whether it vouches for itself.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }

    /// Why it is not good for `host`, for somebody who wonders because it looks right:
    /// common names are not looked at (RFC 9525, 2), an asterisk stands for one label
    /// (6.3), and an address needs a name of its own kind (RFC 5280, 4.2.1.6).
    #[must_use]
    pub fn why_not_for(&self, host: &str) -> &'static str {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if self.names.is_empty() {
            return "it has no subject alternative names, and common names are not looked at";
        }
        if bare.parse::<std::net::IpAddr>().is_ok() {
            return "an address must stand in it as an IP address";
        }
        let host = bare.to_ascii_lowercase();
        let deep = self.names.iter().filter_map(|name| name.strip_prefix("*.")).any(|rest| {
            let rest = format!(".{}", rest.to_ascii_lowercase());
            host.strip_suffix(&rest).is_some_and(|labels| labels.contains('.'))
        });
        if deep { "an asterisk stands for one label only" } else { "the names are others" }
    }
}

fn names(own: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = own.subject_alternative_name() else { return Vec::new() };
    let shown = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    shown.take(MAX_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|all| std::net::Ipv6Addr::from(all).to_string())
}

fn key(own: &X509Certificate<'_>) -> (&'static str, usize) {
    let info = own.public_key();
    // RFC 8410: Ed25519 keys have no parameters and 32 bytes.
    if info.algorithm.algorithm.to_id_string() == "1.3.101.112" {
        return ("Ed25519", 256);
    }
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => ("RSA", key.key_size()),
        Ok(PublicKey::EC(point)) => ("EC", point.key_size()),
        Ok(PublicKey::DSA(_)) => ("DSA", 0),
        _ => ("unknown", 0),
    }
}

fn signature(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.4" => "MD5 with RSA",
        "1.2.840.113549.1.1.5" => "SHA-1 with RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "SHA-256 with RSA",
        "1.2.840.113549.1.1.12" => "SHA-384 with RSA",
        "1.2.840.113549.1.1.13" => "SHA-512 with RSA",
        "1.2.840.10045.4.1" => "SHA-1 with ECDSA",
        "1.2.840.10045.4.3.2" => "SHA-256 with ECDSA",
        "1.2.840.10045.4.3.3" => "SHA-384 with ECDSA",
        "1.2.840.10045.4.3.4" => "SHA-512 with ECDSA",
        "1.3.101.112" => "Ed25519",
        other => other,
    };
    name.to_owned()
}
