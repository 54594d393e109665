//! The journey from the first start to the exported record by keyboard alone. Keys are all
//! that this file sends; scripts only look where the focus is.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use countersign_tests::Cli;
use thirtyfour::Key;

use crate::driver::{Window, selector};
use crate::{ALONE, layout};

/// More stops than any screen has.
const STOPS: usize = 150;
/// How long a key may take to show.
const SHORTLY: Duration = Duration::from_secs(20);

/// Counts what a mouse would do, from the first screen on.
const COUNT_CLICKS: &str = "window.clicks = 0; \
    for (const kind of ['pointerdown', 'mousedown', 'touchstart']) \
    addEventListener(kind, () => (window.clicks += 1), true); return 'counting'";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_by_keyboard_alone() -> Result<()> {
    let _alone = ALONE.lock().await;
    let home = tempfile::tempdir()?;
    let window = Window::open(home.path()).await?;
    window.see("welcome").await?;
    window.ask(COUNT_CLICKS).await?;
    let keyboard = Keyboard { window: &window };

    keyboard.creates_a_key().await?;
    keyboard.starts_the_demo_and_finds_faults().await?;
    keyboard.repairs_them_and_runs_again().await?;
    keyboard.ticks_and_notes().await?;
    keyboard.asks_for_an_exception_and_another_decides().await?;
    keyboard.three_people_sign().await?;
    keyboard.records_the_deployment().await?;
    let bundle = keyboard.exports().await?;
    let clicks = window.ask("return String(window.clicks)").await?;
    ensure!(clicks == "0", "a mouse was used {clicks} times");
    window.close().await?;

    let roles = "security,devops,management";
    Cli::new()?.succeed(&["verify", bundle.as_str(), "--require", roles])?;
    Ok(())
}

struct Keyboard<'w> {
    window: &'w Window,
}

/// What a person does.
impl Keyboard<'_> {
    async fn creates_a_key(&self) -> Result<()> {
        self.enter("begin-key").await?;
        for (field, text) in [
            ("key-owner", "Ana Alvarez"),
            ("key-email", "ana@shop.example"),
            ("passphrase", "correct horse battery"),
            ("passphrase-again", "correct horse battery"),
        ] {
            self.write(field, text).await?;
        }
        self.press(Key::Enter).await?;
        self.window.see("project-toml").await?;
        Ok(())
    }

    async fn starts_the_demo_and_finds_faults(&self) -> Result<()> {
        self.enter("start-demo").await?;
        self.window.see("item-row[data-outcome=\"fail\"]").await?;
        crate::run_has_ended(self.window).await?;
        self.window.see("gate[data-verdict=\"no-go\"]").await?;
        // Searching leads to the item, Enter opens it, Escape goes back to its row.
        self.search("headers.csp").await?;
        self.press(Key::Enter).await?;
        self.window.see("item-detail[data-item=\"headers.csp\"]").await?;
        self.window.see("finding[data-outcome=\"fail\"]").await?;
        layout::list_is_sound(self.window).await?;
        self.press(Key::Escape).await?;
        self.window.see_none("item-detail").await?;
        self.focus_comes_to("item-row[data-item=\"headers.csp\"]").await?;
        self.clear_the_search().await
    }

    async fn repairs_them_and_runs_again(&self) -> Result<()> {
        self.enter("demo-target").await?;
        self.choose_in_menu("Repair").await?;
        self.window.see("toast").await?;
        self.window.keys("R").await?;
        self.window.see_none("item-row[data-outcome=\"fail\"]").await?;
        crate::run_has_ended(self.window).await
    }

    async fn ticks_and_notes(&self) -> Result<()> {
        // Down and up again by one: j and k are each other's way back.
        let first = self.row_after("j").await?;
        let second = self.row_after("j").await?;
        ensure!(first != second, "j stays on {first}");
        ensure!(self.row_after("k").await? == first, "k does not lead back to {first}");
        self.window.keys("t").await?;
        self.focus_comes_to("tick-done").await?;
        self.press(Key::Enter).await?;
        self.window.see(&format!("item-row[data-item=\"{first}\"][data-tick=\"done\"]")).await?;

        self.walk_to("websocket.jwt").await?;
        self.window.keys("n").await?;
        self.focus_comes_to("tick-note").await?;
        self.window.keys("Seen in the demo").await?;
        self.window.control(Key::Enter.value()).await?;
        self.window.see("item-row[data-item=\"websocket.jwt\"][data-state=\"settled\"]").await?;
        self.press(Key::Escape).await?;
        self.press(Key::Escape).await?;
        self.focus_comes_to("item-row[data-item=\"websocket.jwt\"]").await
    }

    async fn asks_for_an_exception_and_another_decides(&self) -> Result<()> {
        self.walk_to("signoff.rollback-tested").await?;
        self.window.keys("x").await?;
        self.window.see("exception-dialog").await?;
        self.write("exception-reason", "It is tried on Monday").await?;
        self.write("exception-control", "The last version stays warm").await?;
        self.enter("send-exception").await?;
        self.window.see("exception[data-state=\"requested\"]").await?;

        self.enter("switch-person").await?;
        self.choose_in_menu("Lena").await?;
        self.unlock().await?;
        self.focus_comes_to("switch-person").await?;
        self.enter("approve-exception").await?;
        self.window.see("exception[data-state=\"approved\"]").await?;
        self.window.see("gate[data-verdict=\"ready\"]").await?;
        self.window.keep_picture("keyboard-ready").await
    }

    async fn three_people_sign(&self) -> Result<()> {
        self.go_to("s", "signoff-card").await?;
        // Who decided on the exception is still there, and begins.
        for role in ["management", "devops", "security"] {
            let card = format!("signoff-card[data-role=\"{role}\"]");
            self.enter(&format!("sign-button[data-role=\"{role}\"]")).await?;
            if role != "management" {
                self.unlock().await?;
            }
            self.window.see("statement").await?;
            for _ in 0..self.window.count("acknowledge").await? {
                self.tab_to("acknowledge").await?;
                self.press(Key::Space).await?;
            }
            self.enter("use-demo-passphrase").await?;
            self.enter("confirm-sign").await?;
            self.window.see("receipt").await?;
            self.enter("close-receipt").await?;
            self.window.see(&format!("{card}[data-state=\"signed\"]")).await?;
        }
        self.window.see("gate[data-verdict=\"go\"]").await?;
        self.window.keep_picture("keyboard-go").await
    }

    async fn records_the_deployment(&self) -> Result<()> {
        self.go_to("d", "deployment-form").await?;
        self.choose("deployed-by", "devops").await?;
        self.choose("verified-by", "security").await?;
        self.enter("record-deployment").await?;
        self.unlock().await?;
        self.window.see("deployment").await?;
        self.enter("run-after").await?;
        self.window
            .see("item-row[data-item=\"deployed.rate-limit\"][data-state=\"settled\"]")
            .await?;
        crate::run_has_ended(self.window).await?;
        self.write("verify-note", "All five hold").await?;
        self.enter("verify-deployment").await?;
        self.unlock().await?;
        self.window.see_none("verify-deployment").await?;
        self.enter("close-release").await?;
        self.window.see_none("close-release").await
    }

    async fn exports(&self) -> Result<String> {
        self.enter("export-bundle").await?;
        let path = self.window.read("bundle-path").await?;
        self.window.keep_picture("keyboard-exported").await?;
        Ok(path.trim().to_owned())
    }
}

/// How it is done with keys.
impl Keyboard<'_> {
    async fn press(&self, key: Key) -> Result<()> {
        self.window.keys(key).await
    }

    /// Goes there by Tab and presses Enter.
    async fn enter(&self, id: &str) -> Result<()> {
        self.tab_to(id).await?;
        self.press(Key::Enter).await
    }

    /// Goes there by Tab and types.
    async fn write(&self, id: &str, text: &str) -> Result<()> {
        self.tab_to(id).await?;
        self.window.keys(text).await
    }

    /// Presses Tab until the focus is there, at most once around the screen.
    async fn tab_to(&self, id: &str) -> Result<()> {
        self.window.see(id).await?;
        let mut passed = Vec::new();
        for _ in 0..STOPS {
            if self.is_focused(id).await? {
                return Ok(());
            }
            self.press(Key::Tab).await?;
            passed.push(self.focus().await?);
        }
        self.window.keep_picture("failed").await?;
        bail!("Tab does not lead to {id}, only to: {}", passed.join(", "))
    }

    /// Waits until the focus has been put there.
    async fn focus_comes_to(&self, id: &str) -> Result<()> {
        let started = Instant::now();
        while !self.is_focused(id).await? {
            if started.elapsed() > SHORTLY {
                self.window.keep_picture("failed").await?;
                bail!("the focus is on {}, not on {id}", self.focus().await?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn is_focused(&self, id: &str) -> Result<bool> {
        let css = serde_json::to_string(&selector(id))?;
        let script = format!("return String(document.activeElement?.matches({css}) ?? false)");
        Ok(self.window.ask(&script).await? == "true")
    }

    /// What has the focus, for a person to read.
    async fn focus(&self) -> Result<String> {
        let script = "const at = document.activeElement; \
            return at?.dataset?.testid ?? at?.textContent?.trim().slice(0, 20) ?? 'nothing'";
        self.window.ask(script).await
    }

    /// Goes to a part of the release by g and its letter.
    async fn go_to(&self, letter: &str, seen: &str) -> Result<()> {
        self.window.keys(format!("g{letter}")).await?;
        self.window.see(seen).await?;
        Ok(())
    }

    /// Searches from anywhere and goes to what was found.
    async fn search(&self, text: &str) -> Result<()> {
        self.window.keys("/").await?;
        self.focus_comes_to("item-search").await?;
        self.window.keys(text).await?;
        self.press(Key::Enter).await?;
        self.focus_comes_to(&format!("item-row[data-item=\"{text}\"]")).await
    }

    async fn clear_the_search(&self) -> Result<()> {
        self.window.keys("/").await?;
        self.focus_comes_to("item-search").await?;
        self.press(Key::Escape).await?;
        self.press(Key::Escape).await?;
        self.window.see("item-row[data-item]:focus").await?;
        Ok(())
    }

    /// The row that one more key leads to.
    async fn row_after(&self, key: &str) -> Result<String> {
        self.window.keys(key).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.window.ask("return document.activeElement?.dataset?.item ?? ''").await
    }

    /// Walks the list by j to its end and back by k, until that item has the focus.
    async fn walk_to(&self, item: &str) -> Result<()> {
        for key in ["j", "k"] {
            let mut before = String::new();
            loop {
                let now = self.row_after(key).await?;
                if now == item {
                    return Ok(());
                }
                if now == before {
                    break;
                }
                before = now;
            }
        }
        bail!("neither j nor k leads to {item}")
    }

    /// Chooses the entry of the open menu whose text holds `part`.
    async fn choose_in_menu(&self, part: &str) -> Result<()> {
        let script = "const at = document.activeElement; \
            return at?.getAttribute('role') === 'menuitem' ? at.textContent : ''";
        for _ in 0..STOPS {
            if self.window.ask(script).await?.contains(part) {
                self.press(Key::Enter).await?;
                return self.menu_is_gone().await;
            }
            self.press(Key::Down).await?;
        }
        bail!("the arrow keys do not lead to {part:?} in the menu")
    }

    /// While a menu is there, the keys are its own.
    async fn menu_is_gone(&self) -> Result<()> {
        let script = "return String(document.querySelector('[role=menu]') === null)";
        let started = Instant::now();
        while self.window.ask(script).await? != "true" {
            ensure!(started.elapsed() < SHORTLY, "the menu stays");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Chooses the option of a list whose text holds `part`.
    async fn choose(&self, id: &str, part: &str) -> Result<()> {
        self.tab_to(id).await?;
        let script = "return document.activeElement.selectedOptions?.[0]?.textContent ?? ''";
        for _ in 0..STOPS {
            if self.window.ask(script).await?.contains(part) {
                return Ok(());
            }
            self.press(Key::Down).await?;
        }
        bail!("the arrow keys choose nothing with {part:?} in {id}")
    }

    /// Answers the dialog that asks the person whose turn it is for their passphrase.
    async fn unlock(&self) -> Result<()> {
        self.window.see("unlock-dialog").await.context("nobody is asked for a passphrase")?;
        self.enter("use-demo-passphrase").await?;
        self.enter("confirm-unlock").await?;
        self.window.see_none("unlock-dialog").await
    }
}
