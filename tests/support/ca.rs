//! A certificate authority that only the tests trust, and server certificates of every
//! kind that a probe must tell apart: good, expired, not yet valid, for another name,
//! signed by nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

/// A throw-away certificate authority.
#[derive(Debug)]
pub struct TestCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: TempDir,
}

impl TestCa {
    /// A new authority with a key of its own, valid from yesterday for ten years.
    ///
    /// # Errors
    /// When the key or the temporary folder can't be made.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "Countersign test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, -1, 3650)?;
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let dir = tempfile::tempdir()?;
        fs::write(dir.path().join("ca.pem"), issuer.pem())?;
        Ok(Self { issuer, dir })
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A file that holds [`pem`](Self::pem), for as long as this value lives.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A good certificate for `localhost` and `127.0.0.1`, valid for a year.
    ///
    /// # Errors
    /// When signing fails.
    pub fn server(&self) -> Result<Leaf> {
        self.issue(&LeafOptions::default())
    }

    /// A certificate for `localhost` and `127.0.0.1` that ended yesterday.
    ///
    /// # Errors
    /// When signing fails.
    pub fn expired(&self) -> Result<Leaf> {
        self.issue(&LeafOptions { from_days: -30, to_days: -1, ..LeafOptions::default() })
    }

    /// A certificate of this authority with these names and dates.
    ///
    /// # Errors
    /// When a name is not a DNS name or address, or signing fails.
    pub fn issue(&self, options: &LeafOptions) -> Result<Leaf> {
        let key = KeyPair::generate()?;
        let certificate = options.params()?.signed_by(&key, &self.issuer)?;
        Ok(Leaf { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}

/// Names and dates of a server certificate.
#[derive(Debug, Clone)]
pub struct LeafOptions {
    /// DNS names and IP addresses (subject alternative names).
    pub names: Vec<String>,
    /// First day of validity, in days from today (UTC, from midnight).
    pub from_days: i64,
    /// Last day of validity, in days from today (UTC, to midnight).
    pub to_days: i64,
}

impl Default for LeafOptions {
    fn default() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Self { names, from_days: -1, to_days: 365 }
    }
}

impl LeafOptions {
    fn params(&self) -> Result<CertificateParams> {
        let mut params = CertificateParams::new(self.names.clone())?;
        let name = self.names.first().map_or("nameless", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, self.from_days, self.to_days)?;
        Ok(params)
    }
}

/// A server certificate and its key, PEM.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The certificate.
    pub certificate_pem: String,
    /// The private key, PKCS #8.
    pub key_pem: String,
}

impl Leaf {
    /// A certificate for `localhost` that no authority signed.
    ///
    /// # Errors
    /// When the key can't be made.
    pub fn self_signed() -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = LeafOptions::default().params()?.self_signed(&key)?;
        Ok(Self { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// Writes `server.pem` and `server.key` (mode 0600) into `dir`; returns both paths.
    ///
    /// # Errors
    /// When `dir` can't be written.
    pub fn write(&self, dir: &Path) -> Result<(PathBuf, PathBuf)> {
        let (certificate, key) = (dir.join("server.pem"), dir.join("server.key"));
        fs::write(&certificate, &self.certificate_pem)?;
        fs::write(&key, &self.key_pem)?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        Ok((certificate, key))
    }
}

fn set_validity(params: &mut CertificateParams, from_days: i64, to_days: i64) -> Result<()> {
    let day = |offset| -> Result<_> {
        let delta = TimeDelta::try_days(offset).context("days out of range")?;
        let date = Utc::now().checked_add_signed(delta).context("days out of range")?.date_naive();
        Ok(date_time_ymd(date.year(), u8::try_from(date.month())?, u8::try_from(date.day())?))
    };
    params.not_before = day(from_days)?;
    params.not_after = day(to_days)?;
    Ok(())
}
