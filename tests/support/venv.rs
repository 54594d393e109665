//! Programs of others from PyPI and npm, each in a folder of its own in the cache, made
//! once. What is installed is pinned by the caller.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::run;

/// Some ten megabytes, on a slow line.
const INSTALL: Duration = Duration::from_secs(300);

/// The Python of a virtual environment that pip filled with `wanted`, its arguments. `name`
/// must be another one whenever they are.
///
/// # Errors
/// When Python, its module venv, or the packages cannot be had.
pub(crate) fn venv(name: &str, wanted: &[String]) -> Result<PathBuf> {
    let folder = once(name, "bin/python", |made| {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(made);
        run(&mut venv, INSTALL)?
            .with_code(0)
            .context("python3 -m venv (the package python3-venv; ./dev setup installs it)")?;
        let mut pip = Command::new(made.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(wanted);
        run(&mut pip, INSTALL)?.with_code(0).with_context(|| format!("pip install for {name}"))?;
        Ok(())
    })?;
    Ok(folder.join("bin/python"))
}

/// The `node_modules` that npm makes of the lock file in `source`. No package's own script
/// is run.
///
/// # Errors
/// When npm or the packages cannot be had.
pub(crate) fn node_modules(name: &str, source: &Path) -> Result<PathBuf> {
    let folder = once(name, "node_modules", |made| {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(file), made.join(file))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(made);
        run(&mut npm, INSTALL)?.with_code(0).with_context(|| format!("npm ci for {name}"))?;
        Ok(())
    })?;
    Ok(folder.join("node_modules"))
}

/// Made aside and moved in place: a run that is broken off leaves no half of one.
fn once(name: &str, proof: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = cache();
    let folder = cache.join(name);
    if folder.join(proof).exists() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&cache)?;
    let made: TempDir = tempfile::Builder::new().prefix(name).tempdir_in(&cache)?;
    fill(made.path())?;
    // Another test may have been quicker; then its folder is as good.
    if std::fs::rename(made.path(), &folder).is_ok() {
        let _moved = made.keep();
    }
    ensure!(folder.join(proof).exists(), "{} could not be made", folder.display());
    Ok(folder)
}

fn cache() -> PathBuf {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("countersign")
}
