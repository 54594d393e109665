//! The real window under a display of its own, driven through WebKit's WebDriver. Every
//! wait has an end, and everything that was started is stopped, whatever a step does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use countersign_tests::{Process, free_port};
use thirtyfour::prelude::*;

/// How long a step may take. The slowest is a check run on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const POLL: Duration = Duration::from_millis(100);

/// The window, and the processes around it.
pub(crate) struct Window {
    driver: WebDriver,
    webdriver: Process,
    _display: Process,
    _folder: tempfile::TempDir,
}

impl Window {
    /// Opens the built program on the data folder `home`.
    pub(crate) async fn open(home: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (display, name) = display(folder.path())?;
        let port = free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            .env("DISPLAY", &name)
            .env("COUNTERSIGN_HOME", home)
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("COUNTERSIGN_LOG", "trace")
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CACHE_HOME", folder.path());
        let log = folder.path().join("webdriver.log");
        let mut webdriver = Process::spawn("WebKitWebDriver", &mut command, &log)?;
        webdriver.wait_ready(Duration::from_secs(20), || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        })?;
        // The client of the driver asks for one even to speak plain HTTP; a second window
        // finds it installed.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut capabilities = Capabilities::new();
        let options = serde_json::json!({ "binary": program()?, "args": [] });
        capabilities.set("webkitgtk:browserOptions", options)?;
        let opening = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities);
        let driver = tokio::time::timeout(Duration::from_secs(60), opening)
            .await
            .context("the window did not open")??;
        Ok(Self { driver, webdriver, _display: display, _folder: folder })
    }

    /// What the window and its driver wrote to their log, every line that they have.
    pub(crate) fn log(&self) -> String {
        self.webdriver.log()
    }

    /// Closes the window.
    pub(crate) async fn close(self) -> Result<()> {
        self.driver.quit().await.context("the window did not close")
    }

    /// Waits for the element of that test id (and attributes, as CSS).
    pub(crate) async fn see(&self, id: &str) -> Result<WebElement> {
        let css = selector(id);
        let started = Instant::now();
        loop {
            if let Ok(element) = self.driver.find(By::Css(css.as_str())).await {
                return Ok(element);
            }
            if started.elapsed() > PATIENCE {
                self.keep_picture("failed").await?;
                bail!("{css} did not appear; the window says:\n{}", self.text().await?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until nothing matches.
    pub(crate) async fn see_none(&self, id: &str) -> Result<()> {
        let started = Instant::now();
        while self.count(id).await? > 0 {
            if started.elapsed() > PATIENCE {
                self.keep_picture("failed").await?;
                bail!("{} is still there; the window says:\n{}", selector(id), self.text().await?);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// How many match now.
    pub(crate) async fn count(&self, id: &str) -> Result<usize> {
        Ok(self.driver.find_all(By::Css(selector(id).as_str())).await?.len())
    }

    /// Whether it is there now.
    pub(crate) async fn is_there(&self, id: &str) -> Result<bool> {
        Ok(self.count(id).await? > 0)
    }

    /// Clicks as a mouse does, once the element lets itself be clicked.
    pub(crate) async fn click(&self, id: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            let element = self.see(id).await?;
            element.scroll_into_view().await.ok();
            match element.click().await {
                Ok(()) => return Ok(()),
                Err(error) if started.elapsed() > PATIENCE => {
                    self.keep_picture("failed").await?;
                    bail!("{id} cannot be clicked: {error}");
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Types into a field.
    pub(crate) async fn write(&self, id: &str, text: &str) -> Result<()> {
        let field = self.see(id).await?;
        field.clear().await?;
        field.send_keys(text).await.context("typing")
    }

    /// Chooses the first option of a list whose text holds `part`.
    pub(crate) async fn choose(&self, id: &str, part: &str) -> Result<()> {
        let list = self.see(id).await?;
        for option in list.find_all(By::Tag("option")).await? {
            if option.text().await?.contains(part) {
                return option.click().await.context("choosing");
            }
        }
        bail!("{id} offers nothing with {part:?}")
    }

    /// The text that the element shows.
    pub(crate) async fn read(&self, id: &str) -> Result<String> {
        Ok(self.see(id).await?.text().await?)
    }

    /// The text that a script of ours gives back.
    pub(crate) async fn ask(&self, script: &str) -> Result<String> {
        let answer = self.driver.execute(script, Vec::new()).await?;
        answer.json().as_str().map(str::to_owned).context("the script gave no text")
    }

    /// Presses keys one after the other, wherever the focus is: no element is named.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) -> Result<()> {
        self.driver.action_chain().send_keys(keys).perform().await.context("pressing keys")
    }

    /// Presses a key while Control is held.
    pub(crate) async fn control(&self, key: char) -> Result<()> {
        let chain = self.driver.action_chain().key_down(Key::Control).send_keys(key.to_string());
        chain.key_up(Key::Control).perform().await.context("pressing Control")
    }

    /// Everything that the window shows, for a failure's message.
    pub(crate) async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Tag("body")).await?.text().await?)
    }

    /// Keeps a picture in the folder that `COUNTERSIGN_SHOTS` names, if it names one.
    pub(crate) async fn keep_picture(&self, name: &str) -> Result<()> {
        let Some(folder) = std::env::var_os("COUNTERSIGN_SHOTS").map(PathBuf::from) else {
            return Ok(());
        };
        std::fs::create_dir_all(&folder)?;
        // Two frames, so that what was clicked is painted.
        tokio::time::sleep(Duration::from_millis(120)).await;
        let picture = self.driver.screenshot_as_png().await?;
        std::fs::write(folder.join(format!("{name}.png")), picture).context("picture")
    }
}

/// `item-row[data-item="a"]` stands for the test id with attributes.
pub(crate) fn selector(id: &str) -> String {
    let (name, rest) = id.find('[').map_or((id, ""), |at| id.split_at(at));
    format!("[data-testid=\"{name}\"]{rest}")
}

fn program() -> Result<PathBuf> {
    let path = std::env::var_os("COUNTERSIGN_DESKTOP").map(PathBuf::from).map_or_else(
        || Ok(std::env::current_exe()?.with_file_name("../countersign-desktop")),
        Ok::<_, std::io::Error>,
    )?;
    path.canonicalize().with_context(|| {
        format!("{}: build it with `./dev run`, or run the tests with `./dev test`", path.display())
    })
}

/// A display of our own, so that nobody's screen is needed or disturbed. Xvfb takes a free
/// number itself and says which.
fn display(folder: &Path) -> Result<(Process, String)> {
    let log = folder.join("xvfb.log");
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"]);
    let mut display = Process::spawn("Xvfb", &mut command, &log)?;
    let number = || {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        said.lines().find_map(|line| line.trim().parse::<u32>().ok())
    };
    display.wait_ready(Duration::from_secs(20), || number().is_some())?;
    let number = number().context("Xvfb named no display")?;
    Ok((display, format!(":{number}")))
}
