//! One fault at a time: exactly its own items fail.

use std::sync::Arc;

use anyhow::{Context, Result};
use countersign_tests::{MailAgent, Stores};
use tokio::task::JoinSet;

use crate::ALONE;
use crate::planted::{APPLICATION, PROXY, Planted, SECRETS, SOURCE, STORES, TESTS};
use crate::release::{self, Release};

/// Deployments, each with an application of its own, that are looked at at the same time: a look mostly waits.
const AT_ONCE: usize = 3;

/// Each fault in an application of its own.
async fn each(table: &'static [Planted]) -> Result<()> {
    let _alone = ALONE.lock().await;
    let shared = Stores::shared()?;
    for some in table.chunks(AT_ONCE) {
        let mut looks = JoinSet::new();
        for planted in some {
            looks.spawn(look(planted, shared.clone()));
        }
        while let Some(done) = looks.join_next().await {
            done.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()))?;
        }
    }
    Ok(())
}

/// All but what takes long and sees one thing only, unless that is what must fail: the
/// backend's own tests, and the pool, which is watched when all else is done.
fn is_quick(id: &str, fails: &[&str]) -> bool {
    fails.contains(&id) || !(id.starts_with(release::TESTS) || id == "database.pooling")
}

async fn look(planted: &'static Planted, shared: Arc<Stores>) -> Result<()> {
    let Planted { case, fault, fails } = planted;
    let deploy = move || -> Result<_> {
        let stores =
            if fault.is_in_stores() { Arc::new(Stores::start(&[*fault])?) } else { shared };
        let agent = MailAgent::start(&stores, &[*fault]).context(*case)?;
        let release = Release::open(&agent)?;
        Ok((stores, agent, release))
    };
    let (_stores, _agent, release) = tokio::task::spawn_blocking(deploy).await??;
    release.check(|id| is_quick(id, fails)).await?.fails_exactly(case, fails);
    Ok(())
}

/// The same with one application for all, for faults that are not in it.
async fn each_around_one(table: &'static [Planted]) -> Result<()> {
    let _alone = ALONE.lock().await;
    let stores = Stores::shared()?;
    let mut agent = MailAgent::start(&stores, &[])?;
    for Planted { case, fault, fails } in table {
        agent = agent.again(&stores, &[*fault]).context(*case)?;
        let run = Release::open(&agent)?.check(|id| is_quick(id, fails)).await?;
        run.fails_exactly(case, fails);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_application_fails_its_own_items() -> Result<()> {
    each(APPLICATION).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_proxy_fails_its_own_items() -> Result<()> {
    each_around_one(PROXY).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_redis_or_postgresql_fails_its_own_items() -> Result<()> {
    each(STORES).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_secret_fails_its_own_item() -> Result<()> {
    each(SECRETS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_source_fails_its_own_items() -> Result<()> {
    each_around_one(SOURCE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_the_backends_own_tests_see_fails_their_item() -> Result<()> {
    let _alone = ALONE.lock().await;
    let stores = Stores::shared()?;
    let mut agent = MailAgent::start(&stores, &[])?;
    for (Planted { case, fault, fails }, items) in TESTS {
        agent = agent.again(&stores, &[*fault]).context(*case)?;
        let run = Release::open(&agent)?.check(|id| items.contains(&id)).await?;
        run.fails_exactly(case, fails);
    }
    Ok(())
}
