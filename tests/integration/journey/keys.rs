//! Keys that are replaced or revoked, on the machine where that happens and on another that
//! learns of it by a packet.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::Cli;
use serde_json::Value;

use crate::team::{BY_STOCK_TOOLS, PASSPHRASE, PROJECT, Team, text};

const ITEMS: &str = "
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
[[section.item]]
id = \"a.one\"
title = \"One\"
verify = \"person\"
";

const LIMIT: Duration = Duration::from_secs(60);

/// Ana's release is signed by her alone; Ben is a second admin.
struct Two {
    team: Team,
    ben: Cli,
}

impl Two {
    fn new() -> Result<Self> {
        let team = Team::of_one()?;
        team.open(PROJECT, ITEMS)?;
        let ben = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", PASSPHRASE);
        ben.succeed(&["key", "create", "--owner", "Ben Okoro", "--email", "ben@example.org"])?;
        let card = team.folder.path().join("ben.card.json");
        ben.succeed(&["key", "card", "--out", text(&card)?])?;
        let roles = ["--role", "admin", "--role", "security"];
        team.cli.succeed(&[&["roster", "add", "--card", text(&card)?][..], &roles].concat())?;
        let two = Self { team, ben };
        two.pass(&two.team.cli, &two.ben, &["--trust", &two.key_of_ana()?])?;
        Ok(two)
    }

    fn key_of_ana(&self) -> Result<String> {
        let keys = self.team.cli.json(&["key", "list"])?;
        Ok(keys[0]["fingerprint"].as_str().context("a key")?.to_owned())
    }

    fn pass(&self, from: &Cli, to: &Cli, trust: &[&str]) -> Result<Value> {
        let file = self.team.folder.path().join("packet.zip");
        from.succeed(&["packet", "write", "--out", text(&file)?])?;
        to.json(&[&["packet", "open", text(&file)?][..], trust].concat())
    }

    /// Ticks the one item and signs.
    fn sign(&self) -> Result<()> {
        self.team.cli.succeed(&["attest", "a.one", "--done", "--note", "Seen"])?;
        self.team.cli.succeed(&["sign", "--role", "security"])?;
        self.team.cli.run(&["gate"])?.with_code(0)?;
        Ok(())
    }
}

#[test]
fn a_replaced_key_signs_nothing_more_and_its_signatures_stay_good() -> Result<()> {
    let two = Two::new()?;
    two.sign()?;
    let ana = &two.team.cli;
    let old = two.key_of_ana()?;
    let saved = two.team.folder.path().join("old");
    std::fs::copy(ana.home().join("keys/ana-example-org"), &saved)?;

    let done = ana.json(&["key", "rotate"])?;
    ensure!(done["replaced"] == old.as_str() && done["projects"][0] == "Alone", "{done:#}");
    ensure!(done["key"]["name"] == "ana-example-org-2", "{done:#}");
    let kept = done["kept"].as_str().context("where it is kept")?;
    ensure!(std::path::Path::new(kept).is_file(), "{kept}");
    let new = two.key_of_ana()?;
    ensure!(new != old, "there is one key, the new one");
    ana.run(&["gate"])?.with_code(0)?;
    let roster = ana.succeed(&["roster", "list"])?.stdout;
    ensure!(roster.contains(&format!("{old} of Ana Ortiz: replaced")), "{roster}");

    // The old key is still somewhere.
    ana.succeed(&["key", "import", "old", text(&saved)?])?;
    let tick = ["attest", "a.one", "--done", "--key", "old"];
    let refused = ana.run(&tick)?.with_code(77)?;
    ensure!(refused.stderr.contains("may sign nothing more"), "{}", refused.stderr);
    let again = ana.run(&["key", "rotate", "--key", "old"])?.with_code(65)?;
    ensure!(again.stderr.contains("on no project's roster"), "{}", again.stderr);

    // Ben's machine learns of it, and takes what the new key signs.
    let ana_2 = ["--key", "ana-example-org-2"];
    ana.succeed(&[&["attest", "a.one", "--done", "--note", "Again"][..], &ana_2].concat())?;
    let merged = two.pass(ana, &two.ben, &[])?;
    ensure!(merged["waiting"] == 0 && merged["refused"].as_array().is_some_and(Vec::is_empty));
    ana.succeed(&[&["sign", "--role", "security"][..], &ana_2].concat())?;
    two.pass(ana, &two.ben, &[])?;
    two.ben.run(&["gate"])?.with_code(0)?;

    // The record holds both keys: our verifier and stock ssh-keygen agree on every event.
    let bundle = two.team.folder.path().join("bundle.zip");
    ana.succeed(&["export", "--out", text(&bundle)?])?;
    ana.succeed(&["verify", text(&bundle)?, "--require", "security"])?;
    let mut stock = Command::new("sh");
    stock.args(["-eu", "-c", BY_STOCK_TOOLS]).current_dir(two.team.folder.path());
    let said = countersign_tests::run(&mut stock, LIMIT)?.with_code(0)?.stdout;
    for key in [&old, &new] {
        ensure!(said.contains(key.as_str()), "{key} signed something: {said}");
    }
    Ok(())
}

#[test]
fn a_rotation_goes_to_a_key_of_the_own_choice_or_fails_before_anything_is_made() -> Result<()> {
    let two = Two::new()?;
    let ana = &two.team.cli;
    let make = ["key", "create", "--owner", "Ana Ortiz", "--email", "ana@token.example"];
    ana.succeed(&make)?;
    let unknown = ana.run(&["key", "rotate", "--key", "ana@token.example"])?.with_code(65)?;
    ensure!(unknown.stderr.contains("on no project's roster"), "{}", unknown.stderr);
    let missing = ["key", "rotate", "--key", "ana@example.org", "--to", "nobody"];
    ana.run(&missing)?.with_code(65)?;
    let keys = ana.json(&["key", "list"])?;
    ensure!(keys.as_array().is_some_and(|keys| keys.len() == 2), "{keys:#}");
    let to = ["key", "rotate", "--key", "ana@example.org", "--to", "ana@token.example"];
    let done = ana.json(&to)?;
    ensure!(done["key"]["email"] == "ana@token.example", "{done:#}");
    // The person keeps the name and address that the roster knows.
    let roster = ana.json(&["roster", "list"])?;
    let people = roster["members"].as_array().context("people")?;
    let known = people.iter().find(|one| one["email"] == "ana@example.org").context("Ana")?;
    ensure!(known["fingerprint"] == done["key"]["fingerprint"], "{roster:#}");
    Ok(())
}

#[test]
fn a_stolen_key_is_refused_everywhere_and_what_it_signed_since_is_named() -> Result<()> {
    let two = Two::new()?;
    let before = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    two.sign()?;
    two.pass(&two.team.cli, &two.ben, &[])?;
    let revoke = ["roster", "revoke", "ana@example.org", "--reason", "The laptop was stolen"];
    let ahead = [&revoke[..], &["--since", "2199-01-01"]].concat();
    two.ben.run(&ahead)?.with_code(65)?;
    let done = two.ben.json(&[&revoke[..], &["--since", &before]].concat())?;
    ensure!(done["doubtful"][0]["role"] == "security", "{done:#}");
    ensure!(done["doubtful"][0]["gone_out"] == false, "{done:#}");
    let gate = two.ben.run(&["gate"])?.with_code(1)?;
    ensure!(gate.stdout.contains("in doubt since"), "{}", gate.stdout);
    let list = two.ben.succeed(&["roster", "list"])?.stdout;
    ensure!(list.contains("revoked") && list.contains("The laptop was stolen"), "{list}");

    // Whoever has the laptop goes on; Ben's machine takes it in as refused.
    two.team.cli.succeed(&["attest", "a.one", "--not-done", "--note", "By the thief"])?;
    let merged = two.pass(&two.team.cli, &two.ben, &[])?;
    let reason = merged["refused"][0]["reason"].as_str().context("a refusal")?;
    ensure!(reason.contains("was revoked at"), "{merged:#}");
    two.pass(&two.ben, &two.team.cli, &[])?;
    let stopped = two.team.cli.run(&["attest", "a.one", "--done"])?.with_code(77)?;
    ensure!(stopped.stderr.contains("may sign nothing more"), "{}", stopped.stderr);

    // Ben signs instead, and the record that says all this verifies.
    two.ben.succeed(&["sign", "--role", "security"])?;
    two.ben.run(&["gate"])?.with_code(0)?;
    let bundle = two.team.folder.path().join("bundle.zip");
    two.ben.succeed(&["export", "--out", text(&bundle)?])?;
    two.ben.succeed(&["verify", text(&bundle)?, "--require", "security"])?;
    Ok(())
}

#[test]
fn only_an_admin_revokes_and_the_attempt_of_another_is_kept() -> Result<()> {
    let two = Two::new()?;
    let ana = &two.team.cli;
    let card = two.team.folder.path().join("ben.card.json");
    let fewer = ["roster", "add", "--card", text(&card)?, "--role", "security"];
    ana.succeed(&fewer)?;
    two.pass(ana, &two.ben, &[])?;
    let revoke = ["roster", "revoke", "ana@example.org", "--reason", "I want it"];
    let refused = two.ben.run(&revoke)?.with_code(77)?;
    ensure!(refused.stderr.contains("needs the role admin"), "{}", refused.stderr);
    let last = ana.run(&revoke)?.with_code(77)?;
    ensure!(last.stderr.contains("last admin"), "{}", last.stderr);
    let bundle = two.team.folder.path().join("bundle.zip");
    two.ben.succeed(&["export", "--out", text(&bundle)?])?;
    let mut unzip = Command::new("unzip");
    unzip.args(["-p", text(&bundle)?, "record.json"]);
    let record = countersign_tests::run(&mut unzip, LIMIT)?;
    ensure!(record.stdout.contains("attempt refused: key-revoked"), "in the trail");
    Ok(())
}
