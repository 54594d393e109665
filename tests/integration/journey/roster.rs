//! A change of the roster or the policy through the command line: proposed, decided, refused.

use anyhow::{Context, Result, ensure};

use crate::desk::{Desk, PROJECT};

#[test]
fn a_second_holder_of_a_role_comes_with_the_consent_of_the_first() -> Result<()> {
    let desk = Desk::new()?;
    let proposed = desk.adds("ana", "eve", &["devops", "management"])?.with_code(0)?;
    ensure!(proposed.stderr.contains("Proposed: needs devops, management"), "{}", proposed.stderr);
    ensure!(proposed.stderr.contains("countersign roster decide "), "{}", proposed.stderr);
    ensure!(!desk.on_roster("eve")?, "nobody has consented");
    let waiting = desk.cli.json(&["roster", "proposals"])?;
    let id = waiting[0]["id"].as_str().context("an id")?.to_owned();
    ensure!(waiting[0]["note"] == "For the nights", "{waiting:#}");
    let short = &id[..12];
    let listed = desk.cli.succeed(&["roster", "proposals"])?.stdout;
    ensure!(listed.contains(short) && listed.contains("waits for"), "{listed}");

    let decide = ["roster", "decide", short, "--approve"];
    let own = desk.by("ana", &decide)?.with_code(77)?;
    ensure!(own.stderr.contains("needs the role devops"), "{}", own.stderr);
    desk.by("eve", &decide)?.with_code(77)?;
    desk.by("ben", &["roster", "decide", "ffff", "--approve"])?.with_code(65)?;
    desk.by("ben", &["roster", "decide", short])?.with_code(64)?;
    desk.by("ben", &decide)?.with_code(0)?;
    ensure!(!desk.on_roster("eve")?, "Mia has not consented");
    desk.by("mia", &decide)?.with_code(0)?;
    ensure!(desk.on_roster("eve")?, "both have");
    let none = desk.cli.succeed(&["roster", "proposals"])?.stdout;
    ensure!(none.contains("No change waits"), "{none}");
    Ok(())
}

#[test]
fn a_refusal_ends_it_and_a_removal_that_cannot_be_is_refused_at_once() -> Result<()> {
    let desk = Desk::new()?;
    desk.adds("ana", "eve", &["devops"])?.with_code(0)?;
    let id = desk.cli.json(&["roster", "proposals"])?[0]["id"].as_str().context("id")?.to_owned();
    desk.by("ben", &["roster", "decide", &id, "--reject", "--note", "Not yet"])?.with_code(0)?;
    ensure!(!desk.on_roster("eve")?);
    let removal = desk.by("ana", &["roster", "remove", "ben@example.org"])?.with_code(77)?;
    ensure!(removal.stderr.contains("could sign for devops"), "{}", removal.stderr);
    ensure!(desk.on_roster("ben")?);
    Ok(())
}

#[test]
fn a_lower_policy_is_proposed_and_the_file_cannot_turn_the_rule_off() -> Result<()> {
    let desk = Desk::new()?;
    let shown = desk.cli.succeed(&["project", "show"])?.stdout;
    ensure!(shown.contains("changes need the roles that they touch"), "{shown}");
    let lower = format!(
        "{PROJECT}\n[policy]\nrequired_roles = [\"security\", \"devops\"]\n\
         exception_approvers = [\"security\", \"management\"]\n"
    );
    let file = desk.file(&lower)?;
    let proposed = desk.by("ana", &["project", "configure", &file])?.with_code(0)?;
    ensure!(proposed.stderr.contains("Proposed: needs management"), "{}", proposed.stderr);
    ensure!(proposed.stdout.contains("signed by Security, DevOps, Management"));
    let off = desk.file(&format!("{lower}changes = \"admin\"\n"))?;
    let refused = desk.by("ana", &["project", "configure", &off])?.with_code(77)?;
    ensure!(refused.stderr.contains("cannot be undone"), "{}", refused.stderr);
    Ok(())
}
