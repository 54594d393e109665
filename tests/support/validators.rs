//! Readers of the export formats that are not ours: trestle for OSCAL, MITRE's inspecjs for
//! HDF, securesystemslib and in-toto's own messages for statements. The scripts that drive
//! them lie in tests/validators.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::process::{Ran, run};
use crate::venv::{node_modules, venv};

/// Importing trestle takes seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// The readers, installed. What each prints is in its script's first lines.
#[derive(Debug)]
pub struct Validators {
    scripts: PathBuf,
    python: PathBuf,
    modules: PathBuf,
}

impl Validators {
    /// Installs them where they are not.
    ///
    /// # Errors
    /// When Python, npm or the packages cannot be had.
    pub fn install() -> Result<Self> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("validators");
        let requirements = scripts.join("requirements.txt");
        let name = |lock: &Path| -> Result<String> {
            let sum = hex::encode(Sha256::digest(std::fs::read(lock)?));
            Ok(format!("validators-{}", &sum[..12]))
        };
        let wanted = ["--requirement".to_owned(), requirements.display().to_string()];
        let python = venv(&name(&requirements)?, &wanted)?;
        let modules = node_modules(&name(&scripts.join("package-lock.json"))?, &scripts)?;
        Ok(Self { scripts, python, modules })
    }

    /// Reads OSCAL assessment results; another exit code than 0 means that it is none.
    ///
    /// # Errors
    /// When the reader does not start or end.
    pub fn oscal(&self, file: &Path) -> Result<Ran> {
        run(Command::new(&self.python).arg(self.scripts.join("oscal.py")).arg(file), LIMIT)
    }

    /// Reads HDF; another exit code than 0 means that it is none.
    ///
    /// # Errors
    /// When the reader does not start or end.
    pub fn hdf(&self, file: &Path) -> Result<Ran> {
        let mut node = Command::new("node");
        node.arg(self.scripts.join("hdf.cjs")).arg(file).env("NODE_PATH", &self.modules);
        run(&mut node, LIMIT)
    }

    /// Verifies a DSSE envelope with a public key in OpenSSH form, and reads the statement;
    /// another exit code than 0 means that one of them is none.
    ///
    /// # Errors
    /// When the reader does not start or end.
    pub fn dsse(&self, file: &Path, public_key: &str, fingerprint: &str) -> Result<Ran> {
        let mut python = Command::new(&self.python);
        python.arg(self.scripts.join("dsse.py")).arg(file).args([public_key, fingerprint]);
        run(&mut python, LIMIT)
    }
}
