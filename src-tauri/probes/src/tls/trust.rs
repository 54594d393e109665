//! Whom we believe: the system's certificate authorities, and the one that the
//! environment names beside them.

use std::path::PathBuf;
use std::sync::Arc;

use countersign_domain::finding::Reason;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::probe::Doubt;
use crate::tls::recorder::Recorder;

/// The certificate authorities of one run.
#[derive(Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    /// The system's roots (Mozilla's when the system has none) and those in `file` (PEM).
    ///
    /// # Errors
    /// A doubt that names `file` when it cannot be read or holds no certificate.
    pub async fn load(file: Option<PathBuf>) -> Result<Arc<Self>, Doubt> {
        tokio::task::spawn_blocking(move || Self::load_blocking(file))
            .await
            .map_err(|error| Doubt::new(Reason::Internal, format!("certificate store: {error}")))?
    }

    fn load_blocking(file: Option<PathBuf>) -> Result<Arc<Self>, Doubt> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        if let Some(file) = file {
            let name = file.display();
            let bad = |what: String| {
                Doubt::new(Reason::NotConfigured, format!("`ca_file` {name}: {what}"))
            };
            let certificates = CertificateDer::pem_file_iter(&file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| bad(format!("expected a readable PEM file: {error}")))?;
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(bad("holds no usable certificate".to_owned()));
            }
        }
        let provider = Arc::new(ring::default_provider());
        Ok(Arc::new(Self { roots: Arc::new(roots), provider }))
    }

    /// The certificate authorities.
    #[must_use]
    pub fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    /// The cryptography in use.
    #[must_use]
    pub fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// A client of these TLS versions whose handshakes `recorder` watches.
    ///
    /// # Errors
    /// Our own mistake: versions that the provider does not have.
    pub fn client(
        &self,
        recorder: Arc<Recorder>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(versions)?;
        Ok(builder.dangerous().with_custom_certificate_verifier(recorder).with_no_client_auth())
    }
}
