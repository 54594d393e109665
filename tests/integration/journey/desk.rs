//! Four people at one desk, who work on one project.

use anyhow::{Context, Result, ensure};
use countersign_tests::{Cli, Ran};
use tempfile::TempDir;

use crate::team::{PASSPHRASE, text};

pub(crate) const PROJECT: &str = "\
[project]
name = \"Consent\"

[[environment]]
name = \"staging\"

[environment.targets]
api = \"http://127.0.0.1:1\"
";

/// People whose keys share one machine.
pub(crate) struct Desk {
    pub(crate) cli: Cli,
    pub(crate) folder: TempDir,
}

impl Desk {
    /// Ana is admin and Security, Ben DevOps, Mia Management; Eve is nobody yet.
    pub(crate) fn new() -> Result<Self> {
        Self::of(PROJECT)
    }

    /// The same people with another project file.
    pub(crate) fn of(project: &str) -> Result<Self> {
        let desk = Self {
            cli: Cli::new()?.env("COUNTERSIGN_PASSPHRASE", PASSPHRASE),
            folder: tempfile::tempdir()?,
        };
        for name in ["ana", "ben", "mia", "eve"] {
            let email = format!("{name}@example.org");
            desk.cli.succeed(&["key", "create", "--owner", name, "--email", &email])?;
        }
        let file = desk.file(project)?;
        desk.by("ana", &["project", "create", &file, "--role", "security"])?.with_code(0)?;
        for (name, role) in [("ben", "devops"), ("mia", "management")] {
            let added = desk.adds("ana", name, &[role])?.with_code(0)?;
            ensure!(!added.stderr.contains("Proposed"), "nobody held it: {}", added.stderr);
        }
        Ok(desk)
    }

    pub(crate) fn file(&self, project: &str) -> Result<String> {
        let path = self.folder.path().join("countersign.toml");
        std::fs::write(&path, project)?;
        Ok(text(&path)?.to_owned())
    }

    pub(crate) fn by(&self, name: &str, arguments: &[&str]) -> Result<Ran> {
        let key = format!("{name}@example.org");
        self.cli.run(&[&["--key", &key][..], arguments].concat())
    }

    pub(crate) fn adds(&self, admin: &str, name: &str, roles: &[&str]) -> Result<Ran> {
        let email = format!("{name}@example.org");
        let key = self.cli.succeed(&["key", "public", &email])?.stdout;
        let mut add = vec!["roster", "add", "--name", name, "--email", &email];
        add.extend(["--public-key", key.trim(), "--note", "For the nights"]);
        add.extend(roles.iter().flat_map(|role| ["--role", *role]));
        self.by(admin, &add)
    }

    pub(crate) fn on_roster(&self, name: &str) -> Result<bool> {
        let project = self.cli.json(&["roster", "list"])?;
        let members = project["members"].as_array().context("members")?;
        Ok(members.iter().any(|member| member["name"] == name))
    }
}
