//! Everything wrong at once: every planted fault is found, and nothing else.

use std::collections::BTreeSet;

use anyhow::Result;
use countersign_tests::{Fault, MailAgent, Monitoring, Stores};

use crate::ALONE;
use crate::planted::{APPLICATION, PROXY, Planted, SECRETS, SOURCE, STORES, TESTS};
use crate::release::Release;
use crate::stored::STORED;

/// Faults that another one leaves no room for. Behind a certificate that has ended the
/// socket's faults could not be seen: no token is sent to a server that is not trusted.
const EXCLUDED: [&str; 9] = [
    "the wildcard is allowed, with credentials",
    "another front end is allowed",
    "no token is good enough",
    "the certificate has ended",
    "the certificate is for another name",
    "nobody signed the certificate",
    "only the root is redirected",
    "one guard of two",
    ".env was committed once",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_vulnerable_deployment_fails_for_every_planted_fault_and_for_nothing_else() -> Result<()>
{
    let _alone = ALONE.lock().await;
    let tables = [APPLICATION, PROXY, STORES, SECRETS, SOURCE, STORED].into_iter().flatten();
    let all = tables.chain(TESTS.iter().map(|(planted, _)| planted));
    let (excluded, planted): (Vec<&Planted>, Vec<_>) =
        all.partition(|planted| EXCLUDED.contains(&planted.case));
    assert_eq!(excluded.len(), EXCLUDED.len(), "every name stands in a table");

    let faults: Vec<Fault> = planted.iter().map(|planted| planted.fault).collect();
    let mut fails: BTreeSet<_> =
        planted.iter().flat_map(|planted| planted.fails).copied().collect();
    fails.extend(["signoff.monitoring", "watch.traffic"]);
    let stores = Stores::start(&faults)?;
    let agent = MailAgent::start(&stores, &faults)?;
    let monitoring = Monitoring::deaf(&agent)?;
    let agent = monitoring.declared_by(agent);
    let run = Release::open(&agent)?.check(|_| true).await?;
    run.fails_exactly("vulnerable", &fails.into_iter().collect::<Vec<_>>());
    Ok(())
}
