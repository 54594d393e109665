//! The claims about secret stores, against servers that answer as the documents of AWS,
//! Azure and Vault say, and against servers that lie, refuse, redirect and stall.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod aws;
mod azure;
mod server;
#[path = "../servers/mod.rs"]
mod servers;
mod vault;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::json;

pub(crate) const REFUSED: Outcome = Outcome::Inconclusive(Reason::Refused);
pub(crate) const UNEXPECTED: Outcome = Outcome::Inconclusive(Reason::Unexpected);
pub(crate) const NEEDS_PERSON: Outcome = Outcome::Inconclusive(Reason::NeedsPerson);

/// A context over a store; every fact is given by the test.
pub(crate) fn context(
    store: &str,
    ca: Option<&str>,
    secrets: &[(&str, &str)],
    facts: &[(&str, &str)],
) -> Context {
    let targets = Targets {
        secret_store: Some(store.to_owned()),
        ca_file: ca.map(str::to_owned),
        ..Targets::default()
    };
    servers::context(targets, secrets, facts)
}

pub(crate) async fn exist(cx: &Context) -> Finding {
    servers::look(cx, "store.secrets-exist", json!({})).await
}

pub(crate) async fn rotation(cx: &Context) -> Finding {
    servers::look(cx, "store.rotation-scheduled", json!({})).await
}

#[tokio::test]
async fn what_is_not_declared_is_not_judged() {
    let not_configured = Outcome::Inconclusive(Reason::NotConfigured);
    let needs_credentials = Outcome::Inconclusive(Reason::NeedsCredentials);
    let names = ("stored_secrets", "app/jwt");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "")];
    let aws = "aws://eu-central-1?endpoint=http://127.0.0.1:1";
    for (case, cx, outcome) in [
        ("no store", servers::context(Targets::default(), &[], &[names]), not_configured),
        ("no names", context(aws, None, &keys, &[]), not_configured),
        ("a bad name", context(aws, None, &keys, &[("stored_secrets", "a b")]), not_configured),
        ("no keys", context(aws, None, &[], &[names]), needs_credentials),
        ("half of the keys", context(aws, None, &keys, &[names]), needs_credentials),
        (
            "no token",
            context("vault+http://127.0.0.1:1/kv", None, &[], &[names]),
            needs_credentials,
        ),
        (
            "days that are none",
            context(aws, None, &[], &[names, ("rotation_days", "soon")]),
            not_configured,
        ),
    ] {
        if case != "days that are none" {
            assert_eq!(exist(&cx).await.outcome, outcome, "{case}");
        }
        assert_eq!(rotation(&cx).await.outcome, outcome, "{case}");
    }
}
