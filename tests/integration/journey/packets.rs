//! Three people, three machines, no network: a release goes to and fro in packets until all
//! have signed, and each holds the same record.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::Cli;
use serde_json::Value;
use tempfile::TempDir;

use crate::team::{PASSPHRASE, text};

const PROJECT: &str = "\
[project]
name = \"Apart\"

[[environment]]
name = \"staging\"

[environment.targets]
api = \"http://127.0.0.1:1\"
";
const TEMPLATE: &str = "\
format = 1
id = \"short\"
title = \"Short\"
version = \"1\"
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
[[section.item]]
id = \"a.one\"
title = \"One\"
verify = \"person\"
[[section.item]]
id = \"a.two\"
title = \"Two\"
verify = \"person\"
[[section]]
id = \"signoff\"
title = \"Sign-off\"
severity = \"critical\"
phase = \"sign-off\"
[[section.item]]
id = \"signoff.security\"
title = \"Security\"
verify = \"computed\"
computed = { role = \"security\" }
";

/// Somebody with a machine.
struct Person {
    cli: Cli,
    email: &'static str,
}

/// The folder that they carry their files in.
struct Table {
    folder: TempDir,
}

impl Person {
    fn new(owner: &str, email: &'static str) -> Result<Self> {
        let cli = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", PASSPHRASE);
        cli.succeed(&["key", "create", "--owner", owner, "--email", email])?;
        Ok(Self { cli, email })
    }

    /// With a clock that shows the time of another place (POSIX TZ).
    fn in_zone(self, zone: &str) -> Self {
        Self { cli: self.cli.env("TZ", zone), email: self.email }
    }

    fn says(&self, item: &str, tick: &str, note: &str) -> Result<()> {
        self.cli.succeed(&["attest", item, tick, "--note", note])?;
        Ok(())
    }

    fn signs(&self, role: &str) -> Result<()> {
        self.cli.succeed(&["sign", "--role", role])?;
        Ok(())
    }
}

impl Table {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One writes a packet, the other opens it; what became of it.
    fn pass(&self, from: &Person, to: &Person, trust: &[&str]) -> Result<Value> {
        let file = self.path("packet.zip");
        from.cli.succeed(&["packet", "write", "--out", text(&file)?])?;
        let open = [&["packet", "open", text(&file)?], trust].concat();
        to.cli.json(&open)
    }

    fn pass_round(&self, people: &[&Person]) -> Result<()> {
        for from in people {
            for to in people.iter().filter(|to| to.email != from.email) {
                self.pass(from, to, &[])?;
            }
        }
        Ok(())
    }
}

fn number(value: &Value, field: &str) -> Result<u64> {
    value[field].as_u64().with_context(|| format!("{field} in {value:#}"))
}

#[test]
fn three_people_on_three_machines_sign_one_release() -> Result<()> {
    let table = Table { folder: tempfile::tempdir()? };
    let ana = Person::new("Ana Ortiz", "ana@example.org")?.in_zone("XAA-5:30");
    let ben = Person::new("Ben Okoro", "ben@example.org")?.in_zone("XBB3");
    let mia = Person::new("Mia Sand", "mia@example.org")?.in_zone("UTC0");

    // Cards: who somebody is, signed by the key.
    for (person, role) in [(&ben, "devops"), (&mia, "management")] {
        let card = table.path(&format!("{role}.card.json"));
        let written = person.cli.json(&["key", "card", "--out", text(&card)?])?;
        let phrase = written["phrase"].as_str().context("a phrase")?.to_owned();
        ensure!(phrase.split(' ').count() == 6, "{phrase}");
        if role == "devops" {
            std::fs::write(table.path("countersign.toml"), PROJECT)?;
            std::fs::write(table.path("short.toml"), TEMPLATE)?;
            let file = table.path("countersign.toml");
            ana.cli.succeed(&["project", "create", text(&file)?, "--role", "security"])?;
            ana.cli.succeed(&["template", "import", text(&table.path("short.toml"))?])?;
            let forged = std::fs::read_to_string(&card)?.replace("Ben Okoro", "Ben Okora");
            std::fs::write(table.path("forged.json"), forged)?;
            let forged = table.path("forged.json");
            let add = ["roster", "add", "--card", text(&forged)?, "--role", role];
            let refused = ana.cli.run(&add)?.with_code(65)?;
            ensure!(refused.stderr.contains("does not match"), "{}", refused.stderr);
        }
        let add = ["roster", "add", "--card", text(&card)?, "--role", role];
        let added = ana.cli.succeed(&add)?;
        ensure!(added.stderr.contains(&phrase), "{}", added.stderr);
    }
    let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
    ana.cli.succeed(&open)?;

    // Nobody on Ben's machine knows Ana's key.
    let packet = table.path("packet.zip");
    ana.cli.succeed(&["packet", "write", "--out", text(&packet)?])?;
    let stranger = ben.cli.run(&["packet", "open", text(&packet)?])?.with_code(77)?;
    let hint = stranger.stderr.split("--trust ").nth(1).context("the founder's key")?;
    let key = hint.split_whitespace().next().context("a key")?.to_owned();
    let none = ben.cli.json(&["project", "list"])?;
    ensure!(none["projects"].as_array().is_some_and(Vec::is_empty), "{none:#}");
    let wrong = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDJ0UKYAtwI/TwQfhs";
    ben.cli.run(&["packet", "open", text(&packet)?, "--trust", wrong])?.with_code(77)?;
    let merged = table.pass(&ana, &ben, &["--trust", &key])?;
    ensure!(number(&merged, "merged")? >= 4 && number(&merged, "files")? == 1, "{merged:#}");
    let again = table.pass(&ana, &ben, &[])?;
    ensure!(number(&again, "merged")? == 0 && number(&again, "files")? == 0, "{again:#}");
    table.pass(&ben, &mia, &["--trust", &key])?;

    // Two say different things about one item, neither knowing of the other.
    ana.says("a.one", "--done", "Seen by Ana")?;
    ben.says("a.one", "--not-done", "Ben saw that it is not")?;
    mia.says("a.two", "--done", "Seen by Mia")?;
    let here = table.pass(&ben, &ana, &[])?;
    ensure!(here["conflicts"][0]["matter"] == "the item a.one", "{here:#}");
    ensure!(here["conflicts"][0]["by"].as_array().is_some_and(|by| by.len() == 2), "{here:#}");
    table.pass_round(&[&ana, &ben, &mia])?;
    ana.says("a.one", "--done", "Ben and Ana looked together")?;
    let settled = table.pass(&ana, &mia, &[])?;
    ensure!(settled["conflicts"].as_array().is_some_and(Vec::is_empty), "{settled:#}");

    table.pass_round(&[&ana, &ben, &mia])?;
    for (person, role) in [(&ana, "security"), (&ben, "devops"), (&mia, "management")] {
        person.signs(role)?;
        table.pass_round(&[&mia, &ana, &ben])?;
    }

    // The record is a function of the events: three machines, one file.
    let mut sums = Vec::new();
    for person in [&ana, &ben, &mia] {
        person.cli.run(&["gate"])?.with_code(0)?;
        let file = table.path(&format!("{}.zip", person.email));
        let written = person.cli.json(&["export", "--out", text(&file)?])?;
        sums.push(written["sha256"].as_str().context("a digest")?.to_owned());
        let roles = "security,devops,management";
        person.cli.succeed(&["verify", text(&file)?, "--require", roles])?;
    }
    ensure!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    let record = unzipped(&table.path(&format!("{}.zip", ana.email)), "record.json")?;
    let record: Value = serde_json::from_str(&record)?;
    for (role, offset) in [("security", "+05:30"), ("devops", "-03:00"), ("management", "+00:00")] {
        let blocks = record["signatures"]["required"].as_array().context("blocks")?;
        let block = blocks.iter().find(|block| block["role"] == role).context(role)?;
        let told = |name: &str| block["signature"][name].as_str().unwrap_or_default();
        ensure!(told("local_time").ends_with(offset), "{role}: {block:#}");
        ensure!(told("authenticated").contains("its passphrase for this act"), "{block:#}");
    }
    Ok(())
}

#[test]
fn a_packet_that_is_cut_changed_or_of_something_else_is_refused_whole() -> Result<()> {
    let table = Table { folder: tempfile::tempdir()? };
    let ana = Person::new("Ana Ortiz", "ana@example.org")?;
    let ben = Person::new("Ben Okoro", "ben@example.org")?;
    std::fs::write(table.path("countersign.toml"), PROJECT)?;
    let file = table.path("countersign.toml");
    ana.cli.succeed(&["project", "create", text(&file)?, "--role", "security"])?;
    let packet = table.path("packet.zip");
    let first = ana.cli.json(&["packet", "write", "--out", text(&packet)?])?;
    let key = ana.cli.json(&["key", "list"])?[0]["fingerprint"].as_str().context("key")?.to_owned();
    let whole = std::fs::read(&packet)?;
    let other = table.path("other.zip");
    let open = |bytes: &[u8]| -> Result<String> {
        std::fs::write(&other, bytes)?;
        let ran =
            ben.cli.run(&["packet", "open", text(&other)?, "--trust", &key])?.with_code(65)?;
        Ok(ran.stderr)
    };
    for place in (0..whole.len()).step_by(97) {
        let mut changed = whole.clone();
        changed[place] ^= 0x20;
        open(&changed)?;
    }
    open(&whole[..whole.len() / 2])?;
    open(b"")?;
    ensure!(open(b"PK")?.contains("damaged"));
    let none = ben.cli.json(&["project", "list"])?;
    ensure!(none["projects"].as_array().is_some_and(Vec::is_empty), "{none:#}");

    // What came later, without what it builds on.
    let head = first["heads"][0].as_str().context("a head")?;
    let nothing = ana.cli.run(&["packet", "write", "--since", head])?.with_code(65)?;
    ensure!(nothing.stderr.contains("nothing is new"), "{}", nothing.stderr);
    std::fs::write(table.path("short.toml"), TEMPLATE)?;
    ana.cli.succeed(&["template", "import", text(&table.path("short.toml"))?])?;
    let release = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
    ana.cli.succeed(&release)?;
    let later = ana.cli.json(&["packet", "write", "--since", head, "--out", text(&packet)?])?;
    ensure!(number(&later, "events")? == 1, "{later:#}");
    ensure!(open(&std::fs::read(&packet)?)?.contains("neither here nor in it"));
    std::fs::write(&other, &whole)?;
    ben.cli.succeed(&["packet", "open", text(&other)?, "--trust", &key])?;
    ben.cli.succeed(&["packet", "open", text(&packet)?])?;
    let here = ben.cli.json(&["packet", "write", "--out", text(&other)?])?;
    ensure!(here["heads"] == later["heads"], "{here:#}");
    Ok(())
}

/// A member of the bundle `file`, as stock unzip gives it.
fn unzipped(file: &Path, member: &str) -> Result<String> {
    let mut unzip = Command::new("unzip");
    unzip.args(["-p", text(file)?, member]);
    Ok(countersign_tests::run(&mut unzip, Duration::from_secs(20))?.stdout)
}
