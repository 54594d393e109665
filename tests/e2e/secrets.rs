//! The secrets bench in the real window: what lies in its clipboard, and for how long. Other
//! web views let a page at the clipboard only in the moment of a key press.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::driver::Window;

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_secret_is_cleared_in_time_and_what_was_copied_since_stays() -> Result<()> {
    let _alone = crate::ALONE.lock().await;
    let home = tempfile::tempdir()?;
    let window = Window::open(home.path()).await?;
    window.click("open-secrets").await?;
    window.click("make-secret").await?;
    window.see("verdict[data-strong=\"true\"]").await?;
    window.click("show-secret").await?;
    let value = window.read("secret-value").await?;
    ensure!(value.len() == 128, "{} characters", value.len());
    window.click("show-secret").await?;

    window.click("copy-secret").await?;
    window.see("clipboard[data-state=\"copied\"]").await?;
    ensure!(clipboard(&window).await? == value, "the value was copied");
    window.see("clipboard[data-state=\"cleared\"]").await?;
    ensure!(clipboard(&window).await?.is_empty(), "nothing is left of it");

    window.click("copy-secret").await?;
    window.see("clipboard[data-state=\"copied\"]").await?;
    copy(&window, "a recipe").await?;
    window.see("clipboard[data-state=\"replaced\"]").await?;
    ensure!(clipboard(&window).await? == "a recipe", "what was copied since is left alone");

    window.click("copy-secret").await?;
    window.see("clipboard[data-state=\"copied\"]").await?;
    window.ask("location.hash = '#/board'; return ''").await?;
    window.see_none("secrets").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    ensure!(clipboard(&window).await?.is_empty(), "leaving the page clears it");
    ensure!(!window.log().contains(&value), "the value is in the log");
    window.close().await
}

async fn copy(window: &Window, text: &str) -> Result<()> {
    let write =
        format!("navigator.clipboard.writeText('{text}').then(() => (window.wrote = 'yes'))");
    window.ask(&format!("window.wrote = ''; {write}; return ''")).await?;
    eventually(window, "return window.wrote || ''").await.map(drop)
}

/// What lies in the clipboard, as the page reads it.
async fn clipboard(window: &Window) -> Result<String> {
    let read = "navigator.clipboard.readText().then((text) => (window.lay = `:${text}`), (no) => (window.lay = `!${no}`))";
    window.ask(&format!("window.lay = ''; {read}; return ''")).await?;
    let lay = eventually(window, "return window.lay || ''").await?;
    match lay.strip_prefix(':') {
        Some(text) => Ok(text.to_owned()),
        None => bail!("the clipboard cannot be read: {lay}"),
    }
}

async fn eventually(window: &Window, script: &str) -> Result<String> {
    let started = Instant::now();
    loop {
        let answer = window.ask(script).await?;
        if !answer.is_empty() {
            return Ok(answer);
        }
        ensure!(started.elapsed() < Duration::from_secs(20), "{script} gave nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
