//! With a part gone, nothing about it passes.

use anyhow::Result;
use countersign_tests::{MailAgent, Stores, free_port};
use countersign_workflow::view::OutcomeCode;

use crate::release::{self, Release, Run};

fn none_passes(run: &Run, items: &[&str]) {
    assert!(!items.is_empty(), "no such item was looked at");
    let passed = run.with(OutcomeCode::Pass);
    let wrong: Vec<_> = items.iter().filter(|id| passed.contains(*id)).collect();
    assert!(wrong.is_empty(), "{wrong:?} passed:\n{}", run.told(OutcomeCode::Pass));
}

async fn looked_at(agent: &MailAgent) -> Result<Run> {
    Release::open(agent)?.check(|id| !id.starts_with(release::TESTS)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_application_nothing_passes_that_it_answers() -> Result<()> {
    let stores = Stores::shared()?;
    let mut agent = MailAgent::start(&stores, &[])?;
    agent.process.stop();
    // nginx is there still, with its certificate and its redirect.
    let answered = ["cors.", "headers.csp", "headers.hsts", "headers.frame", "headers.content"];
    let answered = [&answered[..], &["tls.hsts", "websocket.", "deployed."]].concat();
    let run = looked_at(&agent).await?;
    let about: Vec<_> = run.about(&answered).filter(|id| *id != "deployed.https").collect();
    none_passes(&run, &about);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nothing_passes_that_is_about_it() -> Result<()> {
    let mut stores = Stores::start(&[])?;
    let agent = MailAgent::start(&stores, &[])?;
    stores.redis.stop();
    let run = looked_at(&agent).await?;
    let about: Vec<_> = run
        .about(&["redis-", "deployed.health"])
        .filter(|id| *id != "redis-auth.configured")
        .collect();
    none_passes(&run, &about);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_nothing_passes_that_is_about_it() -> Result<()> {
    let mut stores = Stores::start(&[])?;
    let agent = MailAgent::start(&stores, &[])?;
    stores.postgres.stop();
    let run = looked_at(&agent).await?;
    let about: Vec<_> =
        run.about(&["database.", "deployed.health", "deployed.authentication"]).collect();
    none_passes(&run, &about);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_nothing_passes() -> Result<()> {
    let port = free_port()?;
    let project = format!(
        r#"[project]
name = "Nothing"
[[environment]]
name = "staging"
[environment.targets]
api = "https://127.0.0.1:{port}"
api_plain = "http://127.0.0.1:{port}"
frontend = "https://app.example.com"
websocket = "wss://127.0.0.1:{port}/socket.io/"
redis = "redis://:${{REDIS_PASSWORD}}@127.0.0.1:{port}"
database = "postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/app"
secret_store = "aws://eu-central-1?endpoint=http://127.0.0.1:{port}"
[environment.secrets]
REDIS_PASSWORD = "env:REDIS_PASSWORD"
DB_PASSWORD = "env:DB_PASSWORD"
AUTH_TOKEN = "env:AUTH_TOKEN"
AWS_ACCESS_KEY_ID = "env:AUTH_TOKEN"
AWS_SECRET_ACCESS_KEY = "env:AUTH_TOKEN"
[environment.facts]
stored_secrets = "app/jwt"
"#
    );
    let secrets = [("DB_PASSWORD", "Vd8sPq2LmX7zRt4W"), ("AUTH_TOKEN", "0123456789abcdef")];
    let run = Release::over(&project, secrets.into_iter())?.check(|_| true).await?;
    // A closed port is, by the checklist, as good as a redirect; all else is unclear.
    let mut passed = run.with(OutcomeCode::Pass);
    passed.retain(|id| !["tls.redirect", "deployed.https"].contains(id));
    assert!(passed.is_empty(), "{}", run.told(OutcomeCode::Pass));
    assert!(run.with(OutcomeCode::Inconclusive).len() >= 25);
    Ok(())
}
