//! The origins that an attacker would try. They are derived from the front end that the
//! team declared, not from the API's host: an allow-list that is a pattern or a prefix
//! gives way to names that look like the allowed one.

use url::Url;

/// The origin that stands for anybody at all.
pub const ANYBODY: &str = "https://foreign.example";
/// The origin of sandboxed frames and local files, which anybody can have.
pub const NULL: &str = "null";

/// A host where anybody can put pages; lists hold its like for demonstrations.
pub const SHARED: &str = "https://countersign-probe.github.io";

/// One origin to try, and the mistake that it would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trick {
    /// The value of the `Origin` header.
    pub origin: String,
    /// The mistake, in words.
    pub mistake: &'static str,
}

/// The front end's origin as a browser writes it.
#[must_use]
pub fn own(frontend: &Url) -> String {
    frontend.origin().ascii_serialization()
}

/// The origins to try against an allow-list that should hold `frontend` alone.
#[must_use]
pub fn tricks(frontend: &Url) -> Vec<Trick> {
    let own = own(frontend);
    let scheme = frontend.scheme();
    let host = frontend.host_str().unwrap_or_default();
    let port = frontend.port().map(|port| format!(":{port}")).unwrap_or_default();
    let at = |host: &str| format!("{scheme}://{host}{port}");
    let mut all = vec![
        (ANYBODY.to_owned(), "any origin is allowed"),
        (NULL.to_owned(), "`null` is allowed, which a sandboxed frame of anybody sends"),
        (at(&format!("{host}.evil.test")), "only the beginning of the origin is compared"),
        (at(&format!("evil{host}")), "only the end of the origin is compared"),
        (at(&format!("sub.{host}")), "every subdomain is allowed"),
        (at(&format!("{host}_.evil.test")), "an odd character ends the comparison"),
        (at(&format!("{host}`.evil.test")), "an odd character ends the comparison"),
        (other_port(scheme, host, frontend.port()), "the port is not compared"),
        ("http://localhost:3000".to_owned(), "a developer's machine is allowed"),
        (SHARED.to_owned(), "a host where anybody can put pages is allowed"),
    ];
    if let Some((_, parent)) = host.split_once('.').filter(|_| has_parent(frontend)) {
        all.push((at(&format!("evil{parent}")), "only the end of the domain is compared"));
    }
    if has_parent(frontend) || host.contains('.') {
        all.push((at(&host.replacen('.', "x", 1)), "a dot in a pattern stands for any character"));
    }
    if scheme == "https" {
        all.push((format!("http://{host}"), "the scheme is not compared"));
    }
    let mut tricks: Vec<Trick> = Vec::new();
    for (origin, mistake) in all {
        if origin != own && tricks.iter().all(|known| known.origin != origin) {
            tricks.push(Trick { origin, mistake });
        }
    }
    tricks
}

/// Whether there is a domain above the host that is not a top-level one.
fn has_parent(frontend: &Url) -> bool {
    matches!(frontend.host(), Some(url::Host::Domain(name)) if name.split('.').count() > 2)
}

fn other_port(scheme: &str, host: &str, port: Option<u16>) -> String {
    let other = if port == Some(8443) { 9443 } else { 8443 };
    format!("{scheme}://{host}:{other}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tricks_look_like_the_front_end_and_never_are_it() {
        let frontend = Url::parse("https://app.example.com/").expect("a URL");
        let tricks = tricks(&frontend);
        let origins: Vec<_> = tricks.iter().map(|trick| trick.origin.as_str()).collect();
        for expected in [
            "https://foreign.example",
            "null",
            "https://app.example.com.evil.test",
            "https://evilapp.example.com",
            "https://evilexample.com",
            "https://appxexample.com",
            "https://sub.app.example.com",
            "http://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            SHARED,
        ] {
            assert!(origins.contains(&expected), "{expected} in {origins:?}");
        }
        assert!(!origins.contains(&"https://app.example.com"));
        assert!(origins.len() <= 13);
    }

    #[test]
    fn a_front_end_on_this_machine_is_not_tried_against_itself() {
        let frontend = Url::parse("http://localhost:3000").expect("a URL");
        assert!(tricks(&frontend).iter().all(|trick| trick.origin != "http://localhost:3000"));
    }
}
