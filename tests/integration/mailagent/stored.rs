//! The secret store: what is wrong in it, and code that does not read from it any more.

use anyhow::{Context, Result};
use countersign_tests::{Fault, MailAgent, Stores, replace};
use countersign_workflow::view::OutcomeCode;

use crate::ALONE;
use crate::planted::Planted;
use crate::release::Release;

/// In the secret store.
pub(crate) const STORED: &[Planted] = &[
    Planted {
        case: "a secret was deleted from the store",
        fault: Fault::Stored(|store| store.delete("encryption-key")),
        fails: &["secret-store.vault"],
    },
    Planted {
        case: "nothing replaces a password",
        fault: Fault::Stored(|store| store.unschedule("redis-password")),
        fails: &["secret-store.rotation"],
    },
];

/// Code without a store is no fault for certain: a platform may hand the secrets over.
const FROM_VARIABLES: Fault = Fault::Source(|tree| {
    let file = "backend/src/common/secrets.ts";
    let read = "await client.send(new GetSecretValueCommand({ SecretId: `${store}/${name}` }))";
    replace(tree, file, read, "{ SecretString: process.env[name] }")
});

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_secret_store_fails_its_own_items() -> Result<()> {
    let _alone = ALONE.lock().await;
    let stores = Stores::shared()?;
    let mut agent = MailAgent::start(&stores, &[])?;
    let look = async |agent: &MailAgent| {
        Release::open(agent)?.check(|id| id.starts_with("secret-store.")).await
    };
    for Planted { case, fault, fails } in STORED {
        agent = agent.again(&stores, &[*fault]).context(*case)?;
        look(&agent).await?.fails_exactly(case, fails);
    }

    agent = agent.again(&stores, &[])?;
    let sound = look(&agent).await?;
    sound.fails_exactly("what was wrong is mended", &[]);
    assert!(sound.with(OutcomeCode::Pass).contains("secret-store.retrieval"));

    agent = agent.again(&stores, &[FROM_VARIABLES])?;
    let run = look(&agent).await?;
    run.fails_exactly("the code reads variables", &[]);
    let unclear = run.with(OutcomeCode::Inconclusive);
    assert_eq!(unclear.into_iter().collect::<Vec<_>>(), ["secret-store.retrieval"]);
    Ok(())
}
