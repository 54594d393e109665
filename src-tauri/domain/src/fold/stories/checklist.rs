//! A checklist with one item of every kind.

use std::sync::Arc;

use crate::fold::Templates;
use crate::id::Digest;
use crate::template::Loaded;

/// Every item that gates the deployment and is not computed, in order. Weights: 5 each for
/// `tls`, `backup` and `reviewed`, 1 each for `docs` and `cache`, 3 each for the other six:
/// 35 in all.
pub(super) const GATING: [&str; 11] = [
    "tls",
    "backup",
    "headers",
    "keys",
    "logs",
    "training",
    "audit-trail",
    "docs",
    "cache",
    "suite",
    "reviewed",
];

const TEXT: &str = r#"
format = 1
id = "stories"
title = "A small checklist"
version = "1"

[[section]]
id = "core"
title = "Core"
severity = "critical"
phase = "before"
minutes = [10, 30]
[[section.item]]
id = "tls"
title = "Only modern TLS"
verify = "probe"
probes = [{ use = "tls.modern" }]
freshness_hours = 24
[[section.item]]
id = "backup"
title = "A backup was restored"
verify = "person"

[[section]]
id = "hardening"
title = "Hardening"
severity = "high"
phase = "before"
minutes = [20, 40]
[[section.item]]
id = "headers"
title = "Security headers are set"
verify = "probe"
probes = [{ use = "headers.csp" }, { use = "headers.hsts" }]
[[section.item]]
id = "keys"
title = "Keys are long and rotated"
verify = "both"
probes = [{ use = "keys.length" }]
[[section.item]]
id = "logs"
title = "Logs hold no secrets"
verify = "probe-or-person"
probes = [{ use = "logs.redacted" }]
[[section.item]]
id = "training"
title = "The team was trained"
verify = "person"
[[section.item]]
id = "audit-trail"
title = "The audit trail is on"
verify = "person"
exception = false

[[section]]
id = "nice"
title = "Nice to have"
severity = "recommended"
phase = "before"
[[section.item]]
id = "docs"
title = "The manual is current"
verify = "person"
[[section.item]]
id = "cache"
title = "Caching is on"
verify = "probe"
probes = [{ use = "http.cache" }]

[[section]]
id = "tests"
title = "Test results"
severity = "high"
phase = "tests"
[[section.item]]
id = "suite"
title = "The test suite passes"
verify = "probe"
probes = [{ use = "command.suite" }]

[[section]]
id = "final"
title = "Final sign-off"
severity = "critical"
phase = "sign-off"
[[section.item]]
id = "all-critical"
title = "All critical items are settled"
verify = "computed"
computed = { severity = "critical" }
[[section.item]]
id = "after-settled"
title = "The verifications are settled"
verify = "computed"
computed = { sections = ["after"] }
[[section.item]]
id = "security-signed"
title = "Security has signed"
verify = "computed"
computed = { role = "security" }
[[section.item]]
id = "reviewed"
title = "The change was reviewed"
verify = "person"

[[section]]
id = "after"
title = "After the deployment"
severity = "critical"
phase = "after"
[[section.item]]
id = "smoke"
title = "The health check answers"
verify = "probe"
probes = [{ use = "http.health" }]

[[section]]
id = "watch"
title = "Watch"
severity = "high"
phase = "watch"
[[section.item]]
id = "errors"
title = "Errors stay low"
verify = "person"
"#;

/// The checklist by its digest.
pub(super) fn loaded() -> Loaded {
    Loaded::parse(TEXT).expect("the checklist of the stories")
}

/// What releases in stories may pin.
pub(super) fn templates() -> Templates {
    let Loaded { template, digest, .. } = loaded();
    Templates::from([(digest, Arc::new(template))])
}

pub(super) fn digest() -> Digest {
    loaded().digest
}
