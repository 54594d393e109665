//! What `countersign export --format` writes, read by programs that are not ours: each must
//! take what we write, see in it what happened, and refuse a copy that was broken.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{TimeDelta, Utc};
use countersign_tests::{Cli, Ran, Validators};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSPHRASE: &str = "a passphrase for tests";
const ARTIFACT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
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
struct Signed {
    cli: Cli,
    folder: TempDir,
}

impl Signed {
    fn new() -> Result<Self> {
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

    fn by(&self, person: &str, arguments: &[&str]) -> Result<Ran> {
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
        self.by("ana", &["project", "create", text(&project)?, "--role", "security"])?;
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
        self.cli.succeed(&["template", "import", text(&template)?])?;
        Ok(())
    }

    fn open(&self, version: &str, more: &[&str]) -> Result<()> {
        let open = ["release", "open", version, "--environment", "staging", "--template", "short"];
        self.by("ben", &[&open[..], more].concat())?;
        Ok(())
    }

    /// Words of people, an exception, a refusal to sign, and then three signatures.
    fn settle(&self) -> Result<()> {
        let file = self.write("seen.txt", b"401 with an old password\n")?;
        let seen = ["--note", "Tried it by hand", "--file", text(&file)?];
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
    fn export(&self, format: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(format!("{format}.json"));
        let again = self.folder.path().join("again.json");
        for path in [&path, &again] {
            self.by("mia", &["export", "--format", format, "--out", text(path)?])?;
        }
        ensure!(std::fs::read(&path)? == std::fs::read(&again)?, "{format} differs");
        Ok(path)
    }

    /// A copy in which one text is replaced by another.
    fn broken(&self, path: &Path, from: &str, to: &str) -> Result<PathBuf> {
        let whole = std::fs::read_to_string(path)?;
        ensure!(whole.contains(from), "{from} is not in {whole}");
        self.write("broken.json", whole.replacen(from, to, 1).as_bytes())
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a temporary path is UTF-8")
}

fn refused(sentence: &str, ran: &Ran) -> Result<()> {
    ensure!(ran.code.is_some_and(|code| code != 0), "{sentence}: {}", ran.stdout);
    Ok(())
}

fn each(value: &Value, field: &str) -> Vec<Value> {
    value.as_array().into_iter().flatten().map(|one| one[field].clone()).collect()
}

#[test]
fn others_read_what_is_exported_and_refuse_what_was_broken() -> Result<()> {
    let validators = Validators::install()?;
    let signed = Signed::new()?;
    oscal(&validators, &signed)?;
    hdf(&validators, &signed)?;
    dsse(&validators, &signed)?;
    bundled(&signed)
}

fn oscal(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("oscal")?;
    let read = validators.oscal(&path)?.with_code(0)?.json()?;
    for (item, state, reason, methods, risks) in [
        ("a.good", "satisfied", "pass", json!(["TEST"]), json!([])),
        ("b.bad", "not-satisfied", "other", json!(["TEST"]), json!(["deviation-approved"])),
        ("b.unsure", "satisfied", "pass", json!(["EXAMINE", "EXAMINE", "TEST", "TEST"]), json!([])),
        ("b.person", "satisfied", "pass", json!(["EXAMINE"]), json!([])),
        ("b.other", "satisfied", "other", json!(["EXAMINE"]), json!([])),
        ("c.unsure", "not-satisfied", "other", json!(["TEST", "TEST"]), json!([])),
        ("c.never", "not-satisfied", "other", json!([]), json!([])),
    ] {
        let wanted =
            json!({ "state": state, "reason": reason, "methods": methods, "risks": risks });
        ensure!(read["findings"][item] == wanted, "{item}: {:#}", read["findings"][item]);
    }
    let actions = &read["actions"];
    let kinds = ["request-changes", "approval", "approval", "approval"];
    ensure!(each(actions, "type") == kinds, "{actions:#}");
    ensure!(each(actions, "role") == ["security", "security", "devops", "management"]);
    ensure!(each(actions, "by") == ["Ana Ortiz", "Ana Ortiz", "Ben Okoro", "Mia Sand"]);
    ensure!(read["controls"] == json!(["cp-9", "ia-5.7", "sc-8"]), "{read:#}");
    ensure!(read["deadlines"].as_array().is_some_and(|all| all.len() == 1), "{read:#}");
    for (sentence, from, to) in [
        ("a state that OSCAL does not know", "\"state\":\"satisfied\"", "\"state\":\"partly\""),
        ("no plan", "\"import-ap\"", "\"import-app\""),
        ("a role that nobody defined", "{\"id\":\"security\"", "{\"id\":\"king\""),
        ("a name that is no UUID", "\"observation-uuid\":\"", "\"observation-uuid\":\"x"),
        ("an observation without a time", "\"collected\"", "\"collect\""),
        ("another version", "\"oscal-version\":\"1.1.3\"", "\"oscal-version\":\"1.0.0\""),
    ] {
        refused(sentence, &validators.oscal(&signed.broken(&path, from, to)?)?)?;
    }
    Ok(())
}

fn hdf(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("hdf")?;
    let read = validators.hdf(&path)?.with_code(0)?.json()?;
    for (item, status, severity, attested, is_waived) in [
        ("a.good", "Passed", "critical", None, false),
        ("b.bad", "Failed", "high", None, true),
        ("b.unsure", "Passed", "high", Some("passed"), false),
        ("b.person", "Passed", "high", Some("passed"), false),
        ("b.other", "Not Applicable", "high", None, false),
        ("c.unsure", "Profile Error", "medium", None, false),
        ("c.never", "Not Reviewed", "medium", None, false),
    ] {
        let found = &read[item];
        ensure!(found["status"] == status, "{item}: {found}");
        ensure!(found["severity"] == severity, "{item}: {found}");
        ensure!(found["attested"] == json!(attested), "{item}: {found}");
        ensure!(found["waived"].is_string() == is_waived, "{item}: {found}");
    }
    ensure!(read["a.good"]["nist"] == json!(["IA-5(7)", "SC-8"]), "{}", read["a.good"]);
    ensure!(read["c.never"]["nist"] == json!(["UM-1"]), "{}", read["c.never"]);
    for (sentence, from, to) in [
        ("a status that HDF does not know", "\"status\":\"passed\"", "\"status\":\"fine\""),
        ("no platform", "\"platform\"", "\"platforms\""),
        ("a control without an impact", "\"impact\"", "\"impacts\""),
        ("a waiver that is a text", "\"waiver_data\":{", "\"waiver_data\":\"no\",\"was\":{"),
    ] {
        refused(sentence, &validators.hdf(&signed.broken(&path, from, to)?)?)?;
    }
    Ok(())
}

fn dsse(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("dsse")?;
    let keys = signed.cli.json(&["key", "list"])?;
    let key = |email: &str| -> Result<(String, String)> {
        let mut keys = keys.as_array().into_iter().flatten();
        let key = keys.find(|key| key["email"] == email).context("a key")?;
        let field = |name: &str| key[name].as_str().map(str::to_owned).context("a field");
        Ok((field("public_key")?, field("fingerprint")?))
    };
    let (mia, print) = key("mia@example.org")?;
    let read = validators.dsse(&path, &mia, &print)?.with_code(0)?.json()?;
    let subject = json!([{ "name": "app.tar", "digest": { "sha256": ARTIFACT } }]);
    ensure!(read["subject"] == subject, "{read:#}");
    let predicate = &read["predicate"];
    ensure!(predicate["gate"]["verdict"] == "go", "{predicate:#}");
    let roles = ["security", "devops", "management"];
    ensure!(each(&predicate["signOffs"], "role") == roles, "{predicate:#}");
    ensure!(each(&predicate["signOffs"], "standing") == ["signed"; 3], "{predicate:#}");
    ensure!(each(&predicate["exceptions"], "state") == ["approved"], "{predicate:#}");

    let (ana, of_ana) = key("ana@example.org")?;
    refused("the key of somebody else", &validators.dsse(&path, &ana, &print)?)?;
    refused("another name of the key", &validators.dsse(&path, &mia, &of_ana)?)?;
    for (sentence, from, to) in [
        ("another payload", "\"payload\":\"ey", "\"payload\":\"eX"),
        ("another payload type", "vnd.in-toto+json", "vnd.in-toto+yaml"),
        ("another signature", "\"sig\":\"", "\"sig\":\"AAAA"),
    ] {
        let broken = signed.broken(&path, from, to)?;
        refused(sentence, &validators.dsse(&broken, &mia, &print)?)?;
    }

    signed.open("1.1", &[])?;
    let arguments = ["--key", "mia@example.org", "export", "--format", "dsse"];
    let none = signed.cli.run(&arguments)?.with_code(65)?;
    ensure!(none.stderr.contains("--artifact"), "{}", none.stderr);
    Ok(())
}

/// The bundle holds the same two documents, and is refused when one of them was changed.
fn bundled(signed: &Signed) -> Result<()> {
    let path = signed.folder.path().join("bundle.zip");
    signed.by("mia", &["--release", "1.0", "export", "--out", text(&path)?])?;
    signed.cli.succeed(&["verify", text(&path)?])?;
    let mut bundle = zip::ZipArchive::new(std::fs::File::open(&path)?)?;
    for (member, format) in [("oscal.json", "oscal"), ("hdf.json", "hdf")] {
        let mut held = String::new();
        std::io::Read::read_to_string(&mut bundle.by_name(member)?, &mut held)?;
        let out = signed.folder.path().join(member);
        let export = ["--release", "1.0", "export", "--format", format, "--out", text(&out)?];
        signed.by("mia", &export)?;
        ensure!(held == std::fs::read_to_string(&out)?, "{member} is another");
    }
    Ok(())
}
