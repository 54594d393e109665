//! The claims about secret stores, against moto's AWS Secrets Manager: another program's
//! reading of what AWS documents.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use countersign_domain::environment::{Environment, SecretRef, Targets};
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use countersign_probes::registry;
use countersign_tests::Moto;
use zeroize::Zeroizing;

const REGION: &str = "eu-central-1";
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

fn context(store: &str, names: &str) -> Context {
    let environment = Environment {
        name: "test".to_owned(),
        production: false,
        demo: false,
        targets: Targets { secret_store: Some(store.to_owned()), ..Targets::default() },
        secrets: KEYS.map(|name| (name.to_owned(), SecretRef::Env(name.to_owned()))).into(),
        facts: BTreeMap::from([("stored_secrets".to_owned(), names.to_owned())]),
    };
    environment.check().expect("a sound environment");
    let secrets = KEYS.map(|name| (name.to_owned(), Zeroizing::new(format!("{name}-of-the-test"))));
    let clock = Arc::new(|| std::time::SystemTime::now().into());
    Context::new(environment, secrets.into(), clock, PathBuf::new())
}

async fn both(store: &str, names: &str) -> (Finding, Finding) {
    let cx = context(store, names);
    let look = async |name: &str| {
        let probe = registry::find(name).expect("a known probe");
        probe.run(&cx, &serde_json::Map::new()).await
    };
    (look("store.secrets-exist").await, look("store.rotation-scheduled").await)
}

#[tokio::test]
async fn secrets_manager_tells_what_is_there_and_what_is_replaced() -> Result<()> {
    let moto = tokio::task::spawn_blocking(Moto::start).await?.context("moto")?;
    let ask = |action: &str, body: &str| moto.secrets_manager(REGION, action, body);
    for (name, id) in [("app/jwt", "a"), ("app/redis", "b"), ("app/old", "c")] {
        let token = id.repeat(32);
        let body = format!(
            r#"{{"Name":"{name}","SecretString":"canary-of-the-test","ClientRequestToken":"{token}"}}"#
        );
        ask("CreateSecret", &body)?;
    }
    ask("RotateSecret", r#"{"SecretId":"app/jwt","RotationRules":{"AutomaticallyAfterDays":30}}"#)?;
    ask("DeleteSecret", r#"{"SecretId":"app/old","RecoveryWindowInDays":7}"#)?;
    let store = format!("aws://{REGION}?endpoint={}", moto.url());

    let not_configured = Outcome::Inconclusive(Reason::NotConfigured);
    for (case, names, there, scheduled) in [
        ("there and rotated", "app/jwt", Outcome::Pass, Outcome::Pass),
        ("there and not rotated", "app/jwt, app/redis", Outcome::Pass, Outcome::Fail),
        ("not there", "app/jwt, app/missing", Outcome::Fail, not_configured),
        ("deleted", "app/old", Outcome::Fail, not_configured),
    ] {
        let (exist, rotation) = both(&store, names).await;
        assert_eq!(exist.outcome, there, "{case}: {exist:?}");
        assert_eq!(rotation.outcome, scheduled, "{case}: {rotation:?}");
        let shown = format!("{exist:?}{rotation:?}");
        assert!(!shown.contains("canary") && !shown.contains("123456789012"), "{case}: {shown}");
    }

    let elsewhere = format!("aws://us-east-1?endpoint={}", moto.url());
    assert_eq!(both(&elsewhere, "app/jwt").await.0.outcome, Outcome::Fail, "another region");

    drop(moto);
    let unreachable = Outcome::Inconclusive(Reason::Unreachable);
    let (exist, rotation) = both(&store, "app/jwt").await;
    assert_eq!((exist.outcome, rotation.outcome), (unreachable, unreachable), "the store is gone");
    Ok(())
}
