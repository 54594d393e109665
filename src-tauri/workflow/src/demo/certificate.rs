//! The demo's own certificate authority, made anew at every start. Its key and the
//! server's never leave memory, and it can vouch for nothing but 127.0.0.1.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Days, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;

use super::folder::{Folder, put};
use crate::error::Failure;

/// Days that the certificates are valid; long enough for every limit of the checklist.
const DAYS: u64 = 365;

/// What the server shows.
pub(super) struct Identity {
    /// The authority's certificate, PEM.
    pub(super) ca: String,
    /// The server's side of TLS 1.2 and 1.3.
    pub(super) tls: Arc<ServerConfig>,
}

/// A new authority and a certificate for 127.0.0.1 by it.
///
/// # Errors
/// [`Failure::Demo`] when the cryptographic library refuses.
pub(super) fn identity(now: DateTime<Utc>) -> Result<Identity, Failure> {
    let failed = |error: rcgen::Error| Failure::Demo(format!("certificate: {error}"));
    let mut ca = params("Countersign demo authority", now);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let this_machine = CidrSubnet::from_v4_prefix(Ipv4Addr::LOCALHOST.octets(), 32);
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::IpAddress(this_machine)],
        excluded_subtrees: vec![],
    });
    let key = KeyPair::generate().map_err(failed)?;
    let issuer = CertifiedIssuer::self_signed(ca, key).map_err(failed)?;

    let mut own = params("Countersign demo target", now);
    own.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = own.signed_by(&key, &issuer).map_err(failed)?;

    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let tls = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(vec![certificate.der().clone()], private))
        .map_err(|error| Failure::Demo(format!("TLS: {error}")))?;
    Ok(Identity { ca: issuer.pem(), tls: Arc::new(tls) })
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn params(name: &str, now: DateTime<Utc>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let day = |at: DateTime<Utc>| {
        // Month and day of a date fit.
        let [month, day] = [at.month(), at.day()].map(|part| u8::try_from(part).unwrap_or(1));
        date_time_ymd(at.year(), month, day)
    };
    params.not_before = day(now.checked_sub_days(Days::new(1)).unwrap_or(now));
    params.not_after = day(now.checked_add_days(Days::new(DAYS)).unwrap_or(now));
    params
}

impl Folder {
    /// Publishes the authority, for probes and for other processes of this home.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub(super) fn publish(&self, identity: &Identity) -> Result<(), Failure> {
        put(&self.ca_file(), &identity.ca)
    }

    /// Whether the server at that port is this home's own target, started by another
    /// process: only the holder of the published authority's key can show its certificate.
    pub(super) async fn is_own(&self, port: u16) -> bool {
        self.handshake(port).await.is_some()
    }

    async fn handshake(&self, port: u16) -> Option<()> {
        let ca = CertificateDer::from_pem_file(self.ca_file()).ok()?;
        let mut roots = RootCertStore::empty();
        roots.add(ca).ok()?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        let look = async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
            let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
            connector.connect(name, stream).await.ok().map(|_| ())
        };
        tokio::time::timeout(std::time::Duration::from_secs(2), look).await.ok()?
    }
}
