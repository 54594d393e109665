//! The window: Tauri's shell around `workflow`. It holds who is signed in, passes commands
//! on, and shows nothing but what the fold says. A command that is not declared in
//! `command_list.in` and granted in `capabilities/` is refused before it gets here.

mod commands;
mod error;
mod session;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use countersign_workflow::{Home, World, default_home};
use tauri::{AppHandle, Builder, Manager as _, Runtime, WebviewWindowBuilder};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

pub use session::{Clock, LOCK_AFTER, Session};

/// Between two looks at what other processes wrote.
const FOLLOW: Duration = Duration::from_secs(1);

macro_rules! with_commands {
    ($($name:ident),* $(,)?) => { tauri::generate_handler![$(commands::$name),*] };
}

/// A Tauri application that answers the window's commands out of `session`.
pub fn builder<R: Runtime>(builder: Builder<R>, session: Session) -> Builder<R> {
    builder.manage(session).invoke_handler(include!("command_list.in"))
}

/// The window's configuration, assets and permissions.
#[must_use]
pub fn context<R: Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

/// Writes what `COUNTERSIGN_LOG` asks for to standard error. Of other people's crates only
/// their warnings: at trace level they write down what goes over the wire, tokens included.
fn start_log() {
    let quiet = filter_fn(|of| {
        of.target().starts_with("countersign") || *of.level() <= tracing::Level::WARN
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(quiet);
    let wanted = tracing_subscriber::EnvFilter::from_env("COUNTERSIGN_LOG");
    tracing_subscriber::registry().with(lines).with(wanted).init();
}

/// Opens the home and the window, and stays until the window closes.
#[must_use]
pub fn run() -> ExitCode {
    start_log();
    tracing::info!("countersign-desktop {} starts", env!("CARGO_PKG_VERSION"));
    let home = match home_folder()
        .and_then(|path| Home::open(&path, World::real()).map_err(|failure| failure.to_string()))
    {
        Ok(home) => home,
        Err(message) => {
            tracing::error!("{message}");
            eprintln!("countersign-desktop: {message}");
            return ExitCode::from(74);
        }
    };
    let home = Arc::new(home);
    let app = builder(Builder::default(), Session::new(home.clone())).setup(move |app| {
        follow(app.handle().clone(), home);
        open_window(app)?;
        Ok(())
    });
    match app.run(context()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign-desktop: {error}");
            ExitCode::from(70)
        }
    }
}

/// Opens the configured window. Only so can a page reach the clipboard later than in the
/// moment of a key press: the secrets bench clears it after a while, and looks first whether
/// what lies there is still its own.
fn open_window(app: &tauri::App) -> tauri::Result<()> {
    for window in &app.config().app.windows {
        WebviewWindowBuilder::from_config(app, window)?.enable_clipboard_access().build()?;
    }
    Ok(())
}

/// Tells the window when another process (the command line, a second window) has written,
/// and locks a key that is idle.
/// Begins before the window asks for the first time, so that nothing falls in between.
fn follow(app: AppHandle, home: Arc<Home>) {
    let mut seen = home.position().ok();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(FOLLOW);
            let now = home.position().ok();
            // A key that locked is news too: the window shows who is signed in.
            let locked = app.state::<Session>().lock_when_idle();
            if now != seen || locked {
                commands::changed(&app);
            }
            seen = now;
        }
    });
}

/// `--home DIR`, `COUNTERSIGN_HOME`, or the platform's data folder.
fn home_folder() -> Result<PathBuf, String> {
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--home" {
            return args.next().map(PathBuf::from).ok_or_else(|| "--home needs a folder".into());
        }
    }
    default_home().map_err(|failure| failure.to_string())
}
