//! As the checklist wants it: nothing fails, and nothing stays unclear.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use countersign_tests::{MailAgent, Monitoring, Stores};
use countersign_workflow::view::OutcomeCode;

use crate::ALONE;
use crate::release::Release;

/// A client of Redis counts from an age of 30 s on: younger ones may be somebody's look.
const UNTIL_IT_COUNTS: Duration = Duration::from_secs(31);

#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_deployment_fails_nothing_and_leaves_nothing_unclear() -> Result<()> {
    let _alone = ALONE.lock().await;
    let stores = Stores::shared()?;
    let agent = MailAgent::start(&stores, &[])?;
    let monitoring = Monitoring::of(&agent)?;
    let agent = monitoring.declared_by(agent);
    tokio::time::sleep(UNTIL_IT_COUNTS).await;
    let release = Release::open(&agent)?;
    let run = release.check(|_| true).await?;

    run.fails_exactly("hardened", &[]);
    let unclear = run.with(OutcomeCode::Inconclusive);
    assert!(unclear.is_empty(), "unclear:\n{}", run.told(OutcomeCode::Inconclusive));
    let passed = run.with(OutcomeCode::Pass);
    for item in ["typescript", "api-scan", "penetration", "unit", "e2e"] {
        assert!(passed.contains(format!("tests.{item}").as_str()), "tests.{item} passes");
    }
    for item in ["vault", "retrieval", "rotation"] {
        let id = format!("secret-store.{item}");
        assert!(passed.contains(id.as_str()), "{id} passes");
    }
    assert!(passed.len() >= 53, "only {} pass", passed.len());
    nothing_secret_was_kept(release.folder(), &agent)
}

/// Reads every file of the ledger's folder and looks for the values, as they are.
fn nothing_secret_was_kept(home: &Path, agent: &MailAgent) -> Result<()> {
    let mut folders = vec![PathBuf::from(home)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)?;
            for (name, value) in agent.secrets.iter() {
                let found = bytes.windows(value.len()).any(|window| window == value.as_bytes());
                assert!(!found, "{name} stands in {}", path.display());
            }
        }
    }
    Ok(())
}
