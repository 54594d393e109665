//! A certificate check that remembers what it saw. A plain check only says no; this one
//! keeps the chain and every fault, and can let the handshake go on, so that claims that
//! are not about the certificate can still be looked at.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::tls::trust::Trust;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is made out to other names.
    WrongName,
    /// It vouches for itself.
    SelfSigned,
    /// No authority that we trust vouches for it.
    UnknownIssuer,
    /// The certificate of this issuer is neither sent nor trusted: an intermediate is
    /// missing, or the authority is not one of ours.
    MissingIssuer(String),
    /// It names an authority that we trust, which did not sign it.
    ForgedIssuer,
    /// It is not made for servers.
    WrongPurpose,
    /// It was taken back.
    Revoked,
    /// Its key or signature is of a kind that is no longer accepted.
    Weak(String),
    /// Anything else, in the words of the check.
    Other(String),
}

impl Fault {
    /// The fault as a reader is told it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Expired => "expired".to_owned(),
            Self::NotYetValid => "not valid yet".to_owned(),
            Self::WrongName => "made out to another name".to_owned(),
            Self::SelfSigned => "self-signed".to_owned(),
            Self::UnknownIssuer => "issued by an authority that is not trusted".to_owned(),
            Self::MissingIssuer(issuer) => format!(
                "issued by an authority that is not trusted: the certificate of `{issuer}` is not \
                 sent (an intermediate is missing, or the authority belongs in `ca_file`)"
            ),
            Self::ForgedIssuer => {
                "issued in the name of an authority whose key did not sign it".to_owned()
            }
            Self::WrongPurpose => "not made for servers".to_owned(),
            Self::Revoked => "revoked".to_owned(),
            Self::Weak(what) => format!("weak: {what}"),
            Self::Other(what) => what.clone(),
        }
    }

    fn of(error: &Error) -> Self {
        use CertificateError as C;
        let Error::InvalidCertificate(error) = error else {
            return Self::Other(error.to_string());
        };
        match error {
            C::Expired | C::ExpiredContext { .. } => Self::Expired,
            C::NotValidYet | C::NotValidYetContext { .. } => Self::NotYetValid,
            C::NotValidForName | C::NotValidForNameContext { .. } => Self::WrongName,
            C::UnknownIssuer => Self::UnknownIssuer,
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => Self::WrongPurpose,
            C::Revoked => Self::Revoked,
            C::BadSignature => Self::ForgedIssuer,
            // A signature of one kind was not made by a key of another.
            C::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: signature,
                public_key_algorithm_id: key,
            } if kind(signature) != kind(key) => Self::ForgedIssuer,
            C::UnsupportedSignatureAlgorithmContext { .. }
            | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                Self::Weak("signature algorithm".to_owned())
            }
            other => Self::Other(other.to_string()),
        }
    }
}

/// The kind of key that an algorithm's identifier (DER) speaks of: elliptic curves
/// (1.2.840.10045, RFC 5480), RSA (1.2.840.113549.1.1, RFC 8017), or neither.
fn kind(algorithm: &[u8]) -> Option<usize> {
    const KINDS: [&[u8]; 2] =
        [&[0x2a, 0x86, 0x48, 0xce, 0x3d], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]];
    KINDS.iter().position(|arc| algorithm.windows(arc.len()).any(|part| part == *arc))
}

/// Several faults in one line.
#[must_use]
pub fn words(faults: &[Fault]) -> String {
    faults.iter().map(Fault::words).collect::<Vec<_>>().join("; ")
}

/// What a handshake showed.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The certificates sent, the server's own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// What is wrong; empty when the chain is trusted for this name now.
    pub faults: Vec<Fault>,
    /// The time that it was checked against.
    pub at: DateTime<Utc>,
}

/// Checks and remembers.
#[derive(Debug)]
pub struct Recorder {
    check: Arc<WebPkiServerVerifier>,
    strict: bool,
    seen: Mutex<Option<Seen>>,
}

impl Recorder {
    /// A check against `trust`. A strict one ends the handshake at the first fault.
    ///
    /// # Errors
    /// Our own mistake: an empty store.
    pub fn new(trust: &Trust, strict: bool) -> Result<Arc<Self>, Error> {
        let (roots, provider) = (trust.roots().clone(), trust.provider().clone());
        let check = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Arc::new(Self { check, strict, seen: Mutex::default() }))
    }

    /// What the handshake showed; nothing before a certificate came.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, fault: Fault) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen.as_mut() {
            seen.faults.push(fault);
        }
    }

    fn signature(
        &self,
        verdict: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let Err(error) = verdict else { return verdict };
        self.add(Fault::Weak(format!("the server's signature was not accepted ({error})")));
        if self.strict { Err(error) } else { Ok(HandshakeSignatureValid::assertion()) }
    }
}

fn faults(
    verdict: &Result<ServerCertVerified, Error>,
    certificate: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    at: DateTime<Utc>,
) -> Vec<Fault> {
    let Err(error) = verdict else { return Vec::new() };
    let mut faults = Vec::new();
    let mut add = |fault: Fault| {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    };
    // The check stops at one fault; the others are looked up, so that nobody mends them
    // one at a time.
    let own = x509_parser::parse_x509_certificate(certificate).ok().map(|(_, own)| own);
    let self_signed = own.as_ref().is_some_and(|own| own.subject() == own.issuer());
    match Fault::of(error) {
        Fault::UnknownIssuer | Fault::ForgedIssuer | Fault::Other(_) if self_signed => {
            add(Fault::SelfSigned);
        }
        Fault::UnknownIssuer => add(missing_issuer(certificate, intermediates)
            .map_or(Fault::UnknownIssuer, Fault::MissingIssuer)),
        fault => add(fault),
    }
    if let Some(validity) = own.as_ref().map(|own| own.validity()) {
        if at.timestamp() > validity.not_after.timestamp() {
            add(Fault::Expired);
        }
        if at.timestamp() < validity.not_before.timestamp() {
            add(Fault::NotYetValid);
        }
    }
    let named = rustls::server::ParsedCertificate::try_from(certificate)
        .and_then(|parsed| rustls::client::verify_server_name(&parsed, name));
    if named.is_err_and(|error| Fault::of(&error) == Fault::WrongName) {
        add(Fault::WrongName);
    }
    faults
}

/// The issuer at which the chain breaks off; `None` when it ends in a certificate that
/// vouches for itself, which then is not trusted.
fn missing_issuer(
    certificate: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Option<String> {
    let read = |der| x509_parser::parse_x509_certificate(der).ok().map(|(_, read)| read);
    let mut last = read(certificate)?;
    let others: Vec<_> = intermediates.iter().filter_map(|der| read(der)).collect();
    // As many steps as there are certificates: a chain that runs in a circle ends too.
    for _ in 0..=others.len() {
        if last.subject() == last.issuer() {
            return None;
        }
        match others.iter().find(|other| other.subject() == last.issuer()) {
            Some(next) => last = next.clone(),
            None => return Some(last.issuer().to_string()),
        }
    }
    None
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.check.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let at = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let chain = std::iter::once(end_entity).chain(intermediates);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen {
            chain: chain.map(|der| der.clone().into_owned()).collect(),
            faults: faults(&verdict, end_entity, intermediates, name, at),
            at,
        });
        if self.strict { verdict } else { Ok(ServerCertVerified::assertion()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(self.check.verify_tls12_signature(message, certificate, signed))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(self.check.verify_tls13_signature(message, certificate, signed))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.check.supported_verify_schemes()
    }
}
