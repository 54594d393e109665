//! The addresses of the environment as URLs. No probe contacts a host that does not come
//! out of here.

use countersign_domain::finding::Reason;
use url::Url;

use crate::context::Context;
use crate::probe::Doubt;

/// The base URL of the API.
///
/// # Errors
/// A doubt when it is not configured, lacks a secret or is not a URL.
pub fn api(cx: &Context) -> Result<Url, Doubt> {
    base(cx, "api", cx.environment().targets.api.as_deref())
}

/// The base URL of the API in the clear: as configured, or port 80 of the same host.
///
/// # Errors
/// As [`api`].
pub fn api_plain(cx: &Context) -> Result<Url, Doubt> {
    let targets = &cx.environment().targets;
    if targets.api_plain.is_some() {
        return base(cx, "api_plain", targets.api_plain.as_deref());
    }
    let mut url = api(cx)?;
    if url.scheme() == "https" {
        // Both calls only fail for URLs without a host, which `base` refuses.
        let _ = url.set_scheme("http");
        let _ = url.set_port(None);
    }
    Ok(url)
}

/// The origin of the front end, as a browser would write it (`https://example.com`).
///
/// # Errors
/// As [`api`].
pub fn frontend(cx: &Context) -> Result<Url, Doubt> {
    base(cx, "frontend", cx.environment().targets.frontend.as_deref())
}

/// The base URL of the Prometheus server.
///
/// # Errors
/// As [`api`].
pub fn metrics(cx: &Context) -> Result<Url, Doubt> {
    base(cx, "metrics", cx.environment().targets.metrics.as_deref())
}

fn base(cx: &Context, name: &str, target: Option<&str>) -> Result<Url, Doubt> {
    let bad = |why: String| Doubt::new(Reason::NotConfigured, why);
    let Some(target) = target else {
        return Err(bad(format!("the environment names no `{name}`")));
    };
    let resolved = cx.resolve(target).map_err(|secret| {
        Doubt::new(Reason::NeedsCredentials, format!("`{name}` needs the secret `{secret}`"))
    })?;
    let url =
        Url::parse(&resolved).map_err(|error| bad(format!("`{name}` is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad(format!("`{name}`: expected an http:// or https:// URL with a host")));
    }
    Ok(url)
}

/// `path` (with its query, if any) below the base URL, which may have a path of its own.
#[must_use]
pub fn join(base: &Url, path: &str) -> Url {
    let (path, query) =
        path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    let prefix = base.path().trim_end_matches('/');
    url.set_path(&format!("{prefix}/{}", path.trim_start_matches('/')));
    url.set_query(query);
    url.set_fragment(None);
    url
}

/// A URL of its own in a template: only hosts of the environment are accepted.
///
/// # Errors
/// A doubt that names the host when the environment does not.
pub fn configured(cx: &Context, url: &str) -> Result<Url, Doubt> {
    let wanted = base(cx, "url", Some(url))?;
    let known = [api(cx), api_plain(cx), frontend(cx)];
    if known.iter().flatten().any(|known| known.host_str() == wanted.host_str()) {
        return Ok(wanted);
    }
    let host = wanted.host_str().unwrap_or_default();
    let seen = format!("`{host}` is no host of this environment; only those are contacted");
    Err(Doubt::new(Reason::NotConfigured, seen))
}

/// The URL as it is shown: without user and password.
#[must_use]
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// Whether the host is this machine: what is sent there crosses no network.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_on_the_host_and_below_the_base() {
        let base = Url::parse("https://api.example.com/v1/").expect("a URL");
        for (path, expected) in [
            ("/health", "https://api.example.com/v1/health"),
            ("health?deep=1", "https://api.example.com/v1/health?deep=1"),
            ("//evil.test/x", "https://api.example.com/v1/evil.test/x"),
            ("https://evil.test/", "https://api.example.com/v1/https://evil.test/"),
        ] {
            assert_eq!(join(&base, path).as_str(), expected, "{path}");
        }
    }

    #[test]
    fn a_shown_url_holds_no_password() {
        let url = Url::parse("https://user:pw@api.example.com/").expect("a URL");
        assert_eq!(shown(&url), "https://api.example.com/");
    }
}
