//! The programs that ours are measured beside. Those from PyPI come into a virtual
//! environment of the bench's own, in one fixed version each; those of the system must be
//! there, and `./dev bench` sees to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// Searches text; Debian package `ripgrep`.
pub(crate) const RIPGREP: (&str, &str) = ("rg", "ripgrep");
/// Tests TLS servers; Debian package `testssl.sh`.
pub(crate) const TESTSSL: (&str, &str) = ("testssl", "testssl.sh");
/// Scans for secrets; from PyPI.
pub(crate) const DETECT_SECRETS: &str = "detect-secrets==1.5.0";
/// Tests TLS servers; from PyPI.
pub(crate) const SSLYZE: &str = "sslyze==6.3.1";

/// Where the bench keeps what takes long to make: peers and made-up trees.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set, or the folder cannot be made.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let folder = base.join("countersign/bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    Ok(folder)
}

/// The path of a program of the system.
///
/// # Errors
/// It is not on PATH; names the package to install.
pub(crate) fn system((program, package): (&str, &str)) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program));
    found.into_iter().find(|file| file.is_file()).with_context(|| {
        format!("`{program}` is missing: install the package {package} (./dev bench does)")
    })
}

/// The folder of programs of a virtual environment with these packages, made once.
///
/// # Errors
/// There is no python3 with venv, or pip could not install.
pub(crate) fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = cache()?.join(name);
    let programs = folder.join("bin");
    let stamp = folder.join("installed");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    run(&mut venv, "install the package python3-venv (./dev bench does)")?;
    let mut pip = Command::new(programs.join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(packages);
    run(&mut pip, "pip needs the network once")?;
    std::fs::write(&stamp, wanted)?;
    Ok(programs)
}

fn run(command: &mut Command, advice: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{program}: {status}; {advice}"),
        Err(error) => bail!("{program}: {error}; {advice}"),
    }
}

/// A folder below the cache that `make` fills once; `version` changes when `make` does.
///
/// # Errors
/// `make` fails.
pub(crate) fn made(
    name: &str,
    version: &str,
    make: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<PathBuf> {
    let folder = cache()?.join(name);
    let stamp = cache()?.join(format!("{name}.made"));
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == version) && folder.is_dir() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    make(&folder)?;
    ensure!(folder.is_dir(), "{} was not made", folder.display());
    std::fs::write(&stamp, version)?;
    Ok(folder)
}
