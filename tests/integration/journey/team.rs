//! One person with one project and one open release: what most cases begin with.

use std::path::PathBuf;

use anyhow::{Context, Result};
use countersign_tests::Cli;
use tempfile::TempDir;

/// As VERIFY.md tells it, for every event instead of one.
pub(crate) const BY_STOCK_TOOLS: &str = r#"
unzip -q bundle.zip -d bundle
cd bundle
for event in events/*.json; do
  sig=${event%.json}.sig
  signer=$(ssh-keygen -Y find-principals -s "$sig" -f allowed_signers | head -n 1)
  ssh-keygen -Y verify -n countersign-event-v1 -f allowed_signers -I "$signer" -s "$sig" < "$event"
done
"#;

/// The passphrase of the one key.
pub(crate) const PASSPHRASE: &str = "a passphrase for tests";

/// One person, their home, and the folder of their project.
pub(crate) struct Team {
    pub(crate) cli: Cli,
    pub(crate) folder: TempDir,
}

impl Team {
    /// Ana with her key, and a folder with an empty source tree.
    pub(crate) fn of_one() -> Result<Self> {
        Self::with_passphrase(PASSPHRASE)
    }

    /// The same with a key that another passphrase opens.
    pub(crate) fn with_passphrase(passphrase: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("source"))?;
        let cli = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", passphrase);
        cli.succeed(&["key", "create", "--owner", "Ana Ortiz", "--email", "ana@example.org"])?;
        Ok(Self { cli, folder })
    }

    /// Writes a file into the project's folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// Starts the project and opens a release of `items`, the sections of a template.
    pub(crate) fn open(&self, project: &str, items: &str) -> Result<()> {
        let project = self.write("countersign.toml", project)?;
        self.cli.succeed(&["project", "create", text(&project)?, "--role", "security"])?;
        let head = "format = 1\nid = \"short\"\ntitle = \"Short\"\nversion = \"1\"\n";
        let template = self.write("short.toml", &format!("{head}{items}"))?;
        self.cli.succeed(&["template", "import", text(&template)?])?;
        let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
        self.cli.succeed(&open)?;
        Ok(())
    }
}

/// A path as an argument.
pub(crate) fn text(path: &std::path::Path) -> Result<&str> {
    path.to_str().context("a temporary path is UTF-8")
}

/// A project of one environment, whose one signer is security.
pub(crate) const PROJECT: &str = "\
[project]
name = \"Alone\"

[policy]
required_roles = [\"security\"]
exception_approvers = [\"security\"]

[[environment]]
name = \"staging\"

[environment.targets]
source = \"source\"
";
