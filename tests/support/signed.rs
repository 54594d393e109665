//! The story that every export is tried on: a pass, a failure under an exception, doubts,
//! ticks, a refusal to sign, and three signatures, made by the program as a user would.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use chrono::{TimeDelta, Utc};
use tempfile::TempDir;

use crate::cli::Cli;
use crate::process::Ran;
use crate::release::PASSPHRASE;

/// The SHA-256 of what the release delivers.
pub const ARTIFACT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const PROJECT: &str = "\
[project]
name = \"Shop <b>\"

[[environment]]
name = \"staging\"

[environment.targets]
source = \"source\"
";
const TEMPLATE: &str = r#"
format = 1
id = "short"
title = "Short"
version = "1"
[[section]]
id = "a"
title = "Critical"
severity = "critical"
phase = "before"
risk = "Anybody *signs in*."
controls = ["nist-800-53r5:IA-5(7)", "nist-800-53r5:SC-8", "asvs:v5.0.0-11.5.1"]
[[section.item]]
id = "a.good"
title = "Good"
verify = "probe"
probes = [{ use = "command.exit-zero", run = ["sh", "good.sh"] }]
freshness_hours = 24
[[section]]
id = "b"
title = "High"
severity = "high"
phase = "before"
controls = ["nist-800-53r5:CP-9"]
[[section.item]]
id = "b.bad"
title = "Bad & <dangerous>"
verify = "probe"
probes = [{ use = "command.exit-zero", run = ["sh", "bad.sh"] }]
[[section.item]]
id = "b.unsure"
title = "Unsure, and looked at by a person"
verify = "probe-or-person"
probes = [{ use = "redis.password-required" }, { use = "command.exit-zero", run = ["sh", "good.sh"] }]
[[section.item]]
id = "b.person"
title = "Only a person can tell"
verify = "person"
[[section.item]]
id = "b.other"
title = "Does not apply"
verify = "person"
[[section]]
id = "c"
title = "Afterwards"
severity = "recommended"
phase = "after"
[[section.item]]
id = "c.unsure"
title = "One claim passes, the other could not be told"
verify = "probe"
probes = [{ use = "command.exit-zero", run = ["sh", "good.sh"] }, { use = "redis.password-required" }]
[[section.item]]
id = "c.never"
title = "Nobody has looked"
verify = "person"
"#;

/// A release that three have signed, on one machine.
#[derive(Debug)]
pub struct Signed {
    /// The program, with everybody's keys in its home.
    pub cli: Cli,
    /// Where the project and its exports lie.
    pub folder: TempDir,
}

impl Signed {
    /// Enrolls three people, checks, settles every item and signs for every role.
    ///
    /// # Errors
    /// When a command does not do as it should.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cli = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", PASSPHRASE);
        let signed = Self { cli, folder };
        signed.enroll()?;
        let artifact = format!("app.tar={ARTIFACT}");
        signed.open("1.0", &["--artifact", &artifact])?;
        signed.cli.run(&["--key", "ben@example.org", "check", "--after"])?.with_code(1)?;
        signed.settle()?;
        Ok(signed)
    }

    /// Runs a command as one of `ana`, `ben` and `mia`.
    ///
    /// # Errors
    /// When it fails.
    pub fn by(&self, person: &str, arguments: &[&str]) -> Result<Ran> {
        let key = format!("{person}@example.org");
        self.cli.succeed(&[&["--key", &key], arguments].concat())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    fn enroll(&self) -> Result<()> {
        std::fs::create_dir(self.folder.path().join("source"))?;
        self.write("source/good.sh", b"exit 0\n")?;
        self.write("source/bad.sh", b"exit 1\n")?;
        for (owner, email) in [
            ("Ana Ortiz", "ana@example.org"),
            ("Ben Okoro", "ben@example.org"),
            ("Mia Sand", "mia@example.org"),
        ] {
            self.cli.succeed(&["key", "create", "--owner", owner, "--email", email])?;
        }
        let project = self.write("countersign.toml", PROJECT.as_bytes())?;
        self.by("ana", &["project", "create", path_text(&project)?, "--role", "security"])?;
        for (owner, email, role) in [
            ("Ben Okoro", "ben@example.org", "devops"),
            ("Mia Sand", "mia@example.org", "management"),
        ] {
            let key = self.cli.succeed(&["key", "public", email])?.stdout;
            let key = ["--public-key", key.trim()];
            let who = ["roster", "add", "--name", owner, "--email", email, "--role", role];
            self.by("ana", &[&who[..], &key].concat())?;
        }
        let template = self.write("short.toml", TEMPLATE.as_bytes())?;
        self.cli.succeed(&["template", "import", path_text(&template)?])?;
        Ok(())
    }

    /// Opens a release as Ben.
    ///
    /// # Errors
    /// When that fails.
    pub fn open(&self, version: &str, more: &[&str]) -> Result<()> {
        let open = ["release", "open", version, "--environment", "staging", "--template", "short"];
        self.by("ben", &[&open[..], more].concat())?;
        Ok(())
    }

    /// Words of people, an exception, a refusal to sign, and then three signatures.
    fn settle(&self) -> Result<()> {
        let file = self.write("seen.txt", b"401 with an old password\n")?;
        let seen = ["--note", "Tried it by hand", "--file", path_text(&file)?];
        self.by("ben", &[&["attest", "b.unsure", "--done"], &seen[..]].concat())?;
        self.by("ben", &["attest", "b.person", "--done"])?;
        let why = "There is no <cache>";
        self.by("ben", &["attest", "b.other", "--not-applicable", "--note", why])?;
        let expires = (Utc::now() + TimeDelta::days(7)).format("%Y-%m-%d").to_string();
        self.by(
            "ben",
            &[
                "except",
                "request",
                "b.bad",
                "--reason",
                "The store is new",
                "--control",
                "Two replicas",
                "--owner",
                "ben@example.org",
                "--expires",
                &expires,
            ],
        )?;
        let exceptions = self.cli.json(&["except", "list"])?;
        let exception = exceptions[0]["id"].as_str().context("an exception")?.to_owned();
        self.by("mia", &["except", "approve", &exception, "--note", "For a week"])?;
        let no = ["sign", "--role", "security", "--decline", "--comment", "Where is the log?"];
        self.by("ana", &no)?;
        for (person, role) in [("ana", "security"), ("ben", "devops"), ("mia", "management")] {
            self.by(person, &["sign", "--role", role, "--acknowledge", &exception])?;
        }
        self.cli.run(&["gate"])?.with_code(0)?;
        Ok(())
    }

    /// Exports twice, which must give the same bytes.
    ///
    /// # Errors
    /// When it fails, or the bytes differ.
    pub fn export(&self, format: &str) -> Result<PathBuf> {
        let ending = if format == "pdf" { "pdf" } else { "json" };
        let path = self.folder.path().join(format!("{format}.{ending}"));
        let again = self.folder.path().join("again");
        for path in [&path, &again] {
            self.by("mia", &["export", "--format", format, "--out", path_text(path)?])?;
        }
        ensure!(std::fs::read(&path)? == std::fs::read(&again)?, "{format} differs");
        Ok(path)
    }

    /// A copy in which one text is replaced by another.
    ///
    /// # Errors
    /// When the text is not there.
    pub fn broken(&self, path: &Path, from: &str, to: &str) -> Result<PathBuf> {
        let whole = std::fs::read_to_string(path)?;
        ensure!(whole.contains(from), "{from} is not in {whole}");
        self.write("broken.json", whole.replacen(from, to, 1).as_bytes())
    }
}

/// A path as an argument.
///
/// # Errors
/// When it is not UTF-8.
pub fn path_text(path: &Path) -> Result<&str> {
    path.to_str().context("a temporary path is UTF-8")
}
