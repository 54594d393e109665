//! Every claim by name. A template refers to claims by name only, so this list decides
//! what a template may say, and the reference is generated from it.

use std::sync::LazyLock;

use countersign_domain::template::ProbeUse;

use crate::probe::{AnyProbe, Definition};
use crate::{
    auth, code, command, cors, dns, file, git, headers, http, metrics, postgres, redis, secrets,
    store, tcp, tls, websocket,
};

static ALL: LazyLock<Vec<&'static dyn AnyProbe>> = LazyLock::new(|| {
    let mut all: Vec<_> = [
        secrets::PROBES,
        git::PROBES,
        redis::PROBES,
        postgres::PROBES,
        tls::PROBES,
        http::PROBES,
        cors::PROBES,
        headers::PROBES,
        auth::PROBES,
        command::PROBES,
        websocket::PROBES,
        store::PROBES,
        tcp::PROBES,
        dns::PROBES,
        file::PROBES,
        metrics::PROBES,
        code::PROBES,
    ]
    .concat();
    all.sort_by_key(|probe| probe.definition().name);
    all
});

/// Every claim, sorted by name.
#[must_use]
pub fn all() -> &'static [&'static dyn AnyProbe] {
    &ALL
}

/// The claim of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn AnyProbe> {
    let at = ALL.binary_search_by_key(&name, |probe| probe.definition().name).ok()?;
    ALL.get(at).copied()
}

/// What a reader needs to know about the claim of that name.
#[must_use]
pub fn definition(name: &str) -> Option<&'static Definition> {
    find(name).map(AnyProbe::definition)
}

/// Checks one line of a template: the claim exists and understands its parameters.
///
/// # Errors
/// What is wrong, in words that name the claim and the parameter.
pub fn check_use(probe: &ProbeUse) -> Result<(), String> {
    let name = &probe.name;
    let Some(found) = find(name) else {
        let known: Vec<_> = ALL.iter().map(|probe| probe.definition().name).collect();
        return Err(format!("no probe is called `{name}`: expected one of {}", known.join(", ")));
    };
    found.check(&probe.params).map_err(|error| format!("probe `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_unique_and_says_family_and_claim() {
        for pair in all().windows(2) {
            assert_ne!(pair[0].definition().name, pair[1].definition().name);
        }
        for probe in all() {
            let name = probe.definition().name;
            assert_eq!(name.split('.').filter(|part| !part.is_empty()).count(), 2, "{name}");
        }
    }

    #[test]
    fn a_template_line_with_an_unknown_probe_is_told_what_exists() {
        let line = ProbeUse { name: "tls.magic".into(), params: serde_json::Map::new() };
        assert!(check_use(&line).expect_err("unknown").contains("`tls.magic`"));
    }
}
