//! Claims about TLS: which versions a server speaks, and whether its certificate is to be
//! believed. Also the certificate checks that other families make their connections with.

pub mod certificate;
pub mod certificate_trusted;
pub mod expect;
pub mod hello;
pub mod legacy_refused;
pub mod modern_accepted;
pub mod recorder;
pub mod suites;
pub mod trust;
pub mod versions;
pub mod weak_suites;

use std::sync::Arc;

use url::Url;

use crate::context::Context;
use crate::http::reproduce;
use crate::http::target;
use crate::probe::{AnyProbe, Doubt, Erased, Observation};
use crate::tls::versions::Versions;

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<certificate_trusted::CertificateTrusted>::new(),
    &Erased::<expect::Expect>::new(),
    &Erased::<legacy_refused::LegacyRefused>::new(),
    &Erased::<modern_accepted::ModernAccepted>::new(),
    &Erased::<weak_suites::WeakSuitesRefused>::new(),
];

/// Host and port of the API when its address is `https://`.
fn https_address(url: &Url) -> Option<(String, u16)> {
    (url.scheme() == "https").then(|| {
        (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(443))
    })
}

/// Looks at the versions; `None` when the API's address is not `https://`.
async fn observe_versions(cx: &Context, options: &str) -> Observation<Option<Arc<Versions>>> {
    let url = match target::api(cx) {
        Ok(url) => url,
        Err(doubt) => return Observation::new("api", Err(doubt)),
    };
    let Some((host, port)) = https_address(&url) else {
        return Observation::new(target::shown(&url), Ok(None));
    };
    let versions = cx.tls_versions(&host, port).await;
    let all_quiet = !versions.any_modern();
    let doubt: Option<Doubt> = versions.doubt().filter(|_| all_quiet);
    Observation {
        target: format!("{host}:{port}"),
        transcript: versions.lines(),
        reproduce: Some(reproduce::s_client(&host, port, options)),
        facts: doubt.map_or(Ok(Some(versions)), Err),
    }
}
