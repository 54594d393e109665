//! Brings the stand-in's packages and its compiled form, once for all test processes.

use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::run;

/// npm may have to fetch everything over a slow line.
const LIMIT: Duration = Duration::from_secs(600);

/// The stand-in's own folder in this repository.
pub(super) fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/mailagent")
}

/// The backend with `node_modules/` and `dist/`, in the build's folder. A second process
/// waits for the first one.
///
/// # Errors
/// When there is no Node.js, or npm can't install.
pub(super) fn installed() -> Result<PathBuf> {
    static DONE: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(backend) = &*done {
        return Ok(backend.clone());
    }
    let backend = install()?;
    Ok(done.insert(backend).clone())
}

fn install() -> Result<PathBuf> {
    let cache = cache()?;
    create_dir_all(&cache)?;
    let lock = File::create(cache.join("lock"))?;
    lock.lock().context("waiting for another installation")?;
    let ran = run(Command::new(target().join("install")).arg(&cache), LIMIT)?
        .with_code(0)
        .context("installing the packages of tests/targets/mailagent (Node and npm are needed)")?;
    Ok(PathBuf::from(ran.stdout.trim_end()).join("backend"))
}

/// In cargo's target folder, where `./dev` puts it and `cargo clean` takes it away:
/// PROFILE/deps/TEST and PROFILE/PROGRAM lie in it.
fn cache() -> Result<PathBuf> {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    if let Some(target) = named.filter(|target| target.is_absolute()) {
        return Ok(target.join("mailagent"));
    }
    let program = std::env::current_exe()?;
    let mut folders = program.ancestors().skip(1).filter(|folder| !folder.ends_with("deps"));
    let target = folders.nth(1).context("the test lies in no target folder")?;
    Ok(target.join("mailagent"))
}
