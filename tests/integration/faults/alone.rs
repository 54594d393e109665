//! One person with one release of items to tick, and what the ledger holds of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use countersign_domain::event::Body;
use countersign_ledger::Ledger;
use countersign_tests::Cli;
use tempfile::TempDir;

/// Items of the release.
pub(crate) const ITEMS: usize = 8;

const PROJECT: &str = "[project]\nname = \"Alone\"\n\n[policy]\nrequired_roles = [\"security\"]\n\
                       exception_approvers = [\"security\"]\n\n[[environment]]\n\
                       name = \"staging\"\n\n[environment.targets]\nsource = \"source\"\n";

pub(crate) struct Alone {
    pub(crate) cli: Cli,
    folder: TempDir,
}

impl Alone {
    /// A key, a project, an open release.
    pub(crate) fn begin() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("source"))?;
        let cli = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", "a passphrase for tests");
        cli.succeed(&["key", "create", "--owner", "Ana Ortiz", "--email", "ana@example.org"])?;
        let alone = Self { cli, folder };
        let project = alone.write("countersign.toml", PROJECT)?;
        alone.cli.succeed(&["project", "create", &project, "--role", "security"])?;
        let template = alone.write("short.toml", &template())?;
        alone.cli.succeed(&["template", "import", &template])?;
        let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
        alone.cli.succeed(&open)?;
        Ok(alone)
    }

    fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_str().context("a temporary path is UTF-8")?.to_owned())
    }

    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.cli.home().join("ledger.sqlite")
    }

    /// The words of every tick in the ledger.
    pub(crate) fn notes(&self) -> Result<BTreeSet<String>> {
        let ledger = Ledger::open_read_only(self.ledger_path())?;
        let mut notes = BTreeSet::new();
        for project in ledger.projects()? {
            for signed in ledger.events(&project)? {
                if let Body::ItemAttested { note, .. } = &signed.verify()?.envelope().body {
                    ensure!(notes.insert(note.clone()), "{note:?} stands there twice");
                }
            }
        }
        Ok(notes)
    }

    /// That every byte holds and that the events are one chain.
    pub(crate) fn is_whole(&self) -> Result<()> {
        let whole = self.cli.json(&["project", "check"])?;
        ensure!(whole["problems"] == serde_json::json!([]), "{whole}");
        let ledger = Ledger::open_read_only(self.ledger_path())?;
        for project in ledger.projects()? {
            ensure!(ledger.heads(&project)?.len() == 1, "more than one head");
        }
        Ok(())
    }
}

/// The arguments of one tick.
pub(crate) fn tick(number: usize, note: &str) -> [String; 5] {
    let item = format!("a.{}", number % ITEMS);
    let words = ["attest", &item, "--done", "--note", note];
    words.map(str::to_owned)
}

fn template() -> String {
    let mut text = "format = 1\nid = \"short\"\ntitle = \"Short\"\nversion = \"1\"\n[[section]]\n\
                    id = \"a\"\ntitle = \"A\"\nseverity = \"high\"\nphase = \"tests\"\n"
        .to_owned();
    for number in 0..ITEMS {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[section.item]]\nid = \"a.{number}\"\ntitle = \"Item {number}\"\nverify = \"person\"\n"
        );
    }
    text
}
