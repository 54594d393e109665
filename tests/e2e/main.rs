//! One release in the real window, from the first start to an exported bundle that
//! verifies: what a newcomer does, by mouse here, by keyboard alone in [`keyboard`].
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod driver;
mod keyboard;
mod layout;
mod secrets;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use countersign_domain::member::Role;
use countersign_tests::{Behaviour, Canaries, Hostile, PASSPHRASE, open_release};
use countersign_workflow::{Home, Requirements, World, verify_file};
use driver::Window;

/// Held by each test: one window at a time, or the answers of both are late.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_from_first_start_to_an_exported_record() -> Result<()> {
    let _alone = ALONE.lock().await;
    let home = tempfile::tempdir()?;
    let window = Window::open(home.path()).await?;

    finds_the_planted_faults(&window).await?;
    repairs_them_and_is_ready(&window).await?;
    three_people_sign(&window).await?;
    the_deployment_is_recorded_and_verified(&window).await?;
    let bundle = exports(&window).await?;
    no_secret_is_in_the_log(&window, home.path())?;
    window.close().await?;

    let requirements = Requirements {
        roles: vec![Role::Security, Role::Devops, Role::Management],
        ..Requirements::default()
    };
    let verified = verify_file(bundle.as_ref(), &requirements)?;
    ensure!(verified.verdict == "good", "{}: {:?}", verified.summary, verified.unmet);

    comes_back_after_a_restart(home.path()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_never_answers_leaves_the_window_alive_and_nothing_passes() -> Result<()> {
    let _alone = ALONE.lock().await;
    let silent = Hostile::start(Behaviour::Silent)?;
    let folder = tempfile::tempdir()?;
    let home = Home::open(folder.path(), World::real())?;
    let port = silent.port();
    let text = format!(
        "[project]\nname = \"Silent\"\n[[environment]]\nname = \"staging\"\n\
         [environment.targets]\napi = \"https://127.0.0.1:{port}\"\n\
         redis = \"redis://127.0.0.1:{port}\"\nfrontend = \"https://app.example.invalid\"\n"
    );
    open_release(&home, &text, folder.path())?;

    let window = Window::open(folder.path()).await?;
    window.click("release-row").await?;
    window.click("run-checks").await?;
    window.see("unlock-dialog").await?;
    window.write("passphrase", PASSPHRASE).await?;
    window.click("confirm-unlock").await?;
    window.see("item-row[data-outcome=\"running\"]").await?;
    // While the target keeps silent, the window answers.
    let clicked = Instant::now();
    window.click("item-row[data-item=\"tls.hsts\"]").await?;
    window.see("item-detail[data-item=\"tls.hsts\"]").await?;
    // On a busy machine the driver alone takes seconds; a window that hung would do so until
    // the last probe had given up, and then there were nothing left to cancel.
    ensure!(clicked.elapsed() < Duration::from_secs(8), "answered after {:?}", clicked.elapsed());
    window.see("cancel-check").await?;
    window.see("progress[aria-valuenow]").await?;
    layout::bar_is_true(&window).await?;
    layout::list_is_sound(&window).await?;
    run_has_ended(&window).await?;
    ensure!(window.count("item-row[data-outcome=\"inconclusive\"]").await? >= 20);
    ensure!(!window.is_there("item-row[data-outcome=\"pass\"]").await?, "something passed");
    window.see("gate[data-verdict=\"no-go\"]").await?;
    window.close().await
}

/// The window logs all that it ever would, and the demo's secrets went through its hands.
fn no_secret_is_in_the_log(window: &Window, home: &std::path::Path) -> Result<()> {
    let env_file = home.join("demo/source/.env");
    let text =
        std::fs::read_to_string(&env_file).with_context(|| env_file.display().to_string())?;
    let secrets: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).collect();
    ensure!(secrets.len() >= 3, "only {} secrets in {}", secrets.len(), env_file.display());
    let canaries = Canaries::new(secrets)?;
    ensure!(!canaries.within(text.as_bytes()).is_empty(), "the search finds nothing at all");
    let log = window.log();
    ensure!(log.contains("countersign"), "the window's own lines are not in its log:\n{log}");
    let found = canaries.within(log.as_bytes());
    ensure!(found.is_empty(), "in the window's log: {found:?}");
    Ok(())
}

async fn finds_the_planted_faults(window: &Window) -> Result<()> {
    window.see("welcome").await?;
    window.keep_picture("welcome").await?;
    window.click("start-demo").await?;
    window.see("item-row[data-outcome=\"fail\"]").await?;
    layout::list_is_sound(window).await?;
    window.keep_picture("streaming").await?;
    run_has_ended(window).await?;
    let failed = window.count("item-row[data-outcome=\"fail\"]").await?;
    ensure!(failed >= 8, "only {failed} items failed");
    window.see("gate[data-verdict=\"no-go\"]").await?;
    window.see("demo-banner").await?;
    window.click("item-row[data-item=\"headers.csp\"]").await?;
    window.see("finding[data-outcome=\"fail\"]").await?;
    layout::list_is_sound(window).await?;
    window.keep_picture("faults").await
}

async fn repairs_them_and_is_ready(window: &Window) -> Result<()> {
    window.click("demo-target").await?;
    window.click("repair-demo").await?;
    window.see("toast").await?;
    window.click("run-checks").await?;
    window.see_none("item-row[data-outcome=\"fail\"]").await?;
    run_has_ended(window).await?;
    for item in ["websocket.jwt", "signoff.rollback-tested"] {
        window.click(&format!("item-row[data-item=\"{item}\"]")).await?;
        window.see(&format!("item-detail[data-item=\"{item}\"]")).await?;
        window.write("tick-note", "Seen in the demo").await?;
        window.click("tick-done").await?;
        window.see(&format!("item-row[data-item=\"{item}\"][data-state=\"settled\"]")).await?;
    }
    window.see("gate[data-verdict=\"ready\"]").await?;
    window.keep_picture("ready").await
}

/// Two sign beside each other's cards; the manager reads one page and signs there.
async fn three_people_sign(window: &Window) -> Result<()> {
    window.click("tab-signoff").await?;
    for role in ["security", "devops"] {
        window.click(&format!("sign-button[data-role=\"{role}\"]")).await?;
        if role != "security" {
            unlock(window).await?;
        }
        window.see("statement").await?;
        window.click("use-demo-passphrase").await?;
        window.keep_picture(&format!("sign-{role}")).await?;
        window.click("confirm-sign").await?;
        window.see("receipt").await?;
        window.click("close-receipt").await?;
        window.see(&format!("signoff-card[data-role=\"{role}\"][data-state=\"signed\"]")).await?;
    }
    window.click("tab-approve").await?;
    window.see("first-release").await?;
    window.see("recovered[data-item=\"secrets.jwt-secret\"]").await?;
    window.click("become[data-role=\"management\"]").await?;
    unlock(window).await?;
    window.see("decision[data-role=\"management\"]").await?;
    window.see("statement").await?;
    window.click("use-demo-passphrase").await?;
    window.keep_picture("approval").await?;
    window.click("confirm-sign").await?;
    window.see("receipt").await?;
    let receipt = window.read("receipt").await?;
    ensure!(receipt.contains("SHA256:"), "no fingerprint in: {receipt}");
    window.see("signature[data-role=\"management\"][data-state=\"signed\"]").await?;
    window.keep_picture("approval-receipt").await?;
    window.see("gate[data-verdict=\"go\"]").await?;
    window.keep_picture("go").await
}

async fn the_deployment_is_recorded_and_verified(window: &Window) -> Result<()> {
    window.click("tab-deployment").await?;
    window.choose("deployed-by", "devops").await?;
    window.choose("verified-by", "security").await?;
    window.click("record-deployment").await?;
    unlock(window).await?;
    window.see("deployment").await?;
    window.click("run-after").await?;
    window.see("item-row[data-item=\"deployed.rate-limit\"][data-state=\"settled\"]").await?;
    run_has_ended(window).await?;
    window.write("verify-note", "All five hold").await?;
    window.click("verify-deployment").await?;
    unlock(window).await?;
    window.see_none("verify-deployment").await?;
    window.click("close-release").await?;
    window.see_none("close-release").await?;
    window.keep_picture("deployed").await
}

async fn exports(window: &Window) -> Result<String> {
    window.click("export-bundle").await?;
    let path = window.read("bundle-path").await?;
    window.keep_picture("exported").await?;
    Ok(path.trim().to_owned())
}

async fn comes_back_after_a_restart(home: &std::path::Path) -> Result<()> {
    let window = Window::open(home).await?;
    window.see("release-row[data-stage=\"closed\"]").await?;
    window.keep_picture("board").await?;

    // What another process writes shows by itself.
    let other = Home::open(home, World::real())?;
    other.start_demo().await?;
    window.see("release-row[data-stage=\"open\"]").await?;
    window.close().await
}

/// Answers the dialog that asks the person whose turn it is for their passphrase.
async fn unlock(window: &Window) -> Result<()> {
    window.see("unlock-dialog").await?;
    window.click("use-demo-passphrase").await?;
    window.click("confirm-unlock").await?;
    window.see_none("unlock-dialog").await
}

async fn run_has_ended(window: &Window) -> Result<()> {
    window.see_none("item-row[data-outcome=\"running\"]").await?;
    window.see_none("cancel-check").await?;
    ensure!(!window.is_there("toast[data-tone=\"fail\"]").await?, "the run failed");
    Ok(())
}
