//! A release that cannot wait for every signature, through the command line: declared, gone
//! out, reviewed afterwards; and a role for which two people sign.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::desk::{Desk, PROJECT};
use crate::team::text;

const POLICY: &str = "\
[policy]
signers = { security = 1 }
freshness_hours = 12
emergency = { roles = [\"devops\"], review_hours = 24 }
";

const CHECKLIST: &str = "\
format = 1
id = \"short\"
title = \"Short\"
version = \"1\"

[[section]]
id = \"plan\"
title = \"Plan\"
phase = \"before\"
severity = \"high\"

[[section.item]]
id = \"plan.rollback\"
title = \"The way back was tried\"
verify = \"person\"
";

/// A release with everything settled but its signatures.
fn ready(policy: &str) -> Result<Desk> {
    let desk = Desk::of(&format!("{policy}{PROJECT}"))?;
    let template = desk.folder.path().join("short.toml");
    std::fs::write(&template, CHECKLIST)?;
    desk.cli.succeed(&["template", "import", text(&template)?])?;
    let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
    desk.by("ben", &open)?.with_code(0)?;
    desk.by("ben", &["attest", "plan.rollback", "--done"])?.with_code(0)?;
    Ok(desk)
}

fn gate(desk: &Desk, code: i32) -> Result<Value> {
    let ran = desk.cli.run(&["gate", "--json"])?.with_code(code)?;
    Ok(serde_json::from_str(&ran.stdout)?)
}

const DECLARE: [&str; 4] = ["release", "emergency", "--reason", "The queue is stuck"];

#[test]
fn an_emergency_goes_out_on_one_signature_and_owes_the_others() -> Result<()> {
    let desk = ready(POLICY)?;
    ensure!(gate(&desk, 3)?["emergency"].is_null());
    let refused = desk.by("mia", &DECLARE)?.with_code(77)?;
    ensure!(refused.stderr.contains("needs the role devops"), "{}", refused.stderr);
    let declared = desk.by("ben", &DECLARE)?.with_code(0)?.stdout;
    ensure!(declared.contains("The queue is stuck"), "{declared}");
    let signed = desk.by("ben", &["sign", "--role", "devops"])?.with_code(0)?;
    ensure!(signed.stdout.contains("as an emergency"), "the statement says so: {}", signed.stdout);
    let view = gate(&desk, 0)?;
    ensure!(view["summary"] == "Every sign-off that an emergency needs is current", "{view:#}");

    let deploy =
        ["deploy", "record", "--by", "ben@example.org", "--verified-by", "mia@example.org"];
    desk.by("ben", &deploy)?.with_code(0)?;
    desk.by("mia", &["deploy", "verify"])?.with_code(0)?;
    let owed = &gate(&desk, 0)?["emergency"]["owed"];
    ensure!(owed["roles"] == serde_json::json!(["security", "management"]), "{owed:#}");
    ensure!(owed["overdue"] == false, "{owed:#}");
    let early = desk.by("ben", &["release", "close"])?.with_code(77)?;
    ensure!(early.stderr.contains("security, management is still owed"), "{}", early.stderr);

    let ana = desk.by("ana", &["sign", "--role", "security"])?.with_code(0)?;
    ensure!(ana.stdout.contains("reviewed afterwards"), "{}", ana.stdout);
    let decline = ["sign", "--role", "management", "--decline", "--comment", "It could wait"];
    desk.by("mia", &decline)?.with_code(0)?;
    desk.by("ben", &["release", "close"])?.with_code(0)?;

    let bundle = desk.folder.path().join("bundle.zip");
    desk.cli.succeed(&["export", "--out", text(&bundle)?])?;
    desk.cli.succeed(&["verify", text(&bundle)?, "--require", "devops,security"])?;
    let unmet = desk.cli.run(&["verify", text(&bundle)?, "--require", "management"])?;
    ensure!(unmet.with_code(2)?.stdout.contains("management: declined"));
    Ok(())
}

#[test]
fn a_project_without_the_rule_knows_no_emergency() -> Result<()> {
    let desk = ready("")?;
    let refused = desk.by("ben", &DECLARE)?.with_code(77)?;
    ensure!(refused.stderr.contains("has no emergency rule"), "{}", refused.stderr);
    let bad = POLICY.replace("[\"devops\"]", "[\"admin\"]");
    let file = desk.file(&format!("{bad}{PROJECT}"))?;
    let refused = desk.by("ana", &["project", "configure", &file])?.with_code(77)?;
    ensure!(refused.stderr.contains("at least one of the required roles"), "{}", refused.stderr);
    Ok(())
}

#[test]
fn two_people_sign_for_a_role_that_asks_for_two() -> Result<()> {
    let desk = ready("[policy]\nrequired_roles = [\"devops\"]\nchanges = \"admin\"\n")?;
    desk.adds("ana", "eve", &["devops"])?.with_code(0)?;
    let two = "[policy]\nrequired_roles = [\"devops\"]\nsigners = { devops = 2 }\n";
    let file = desk.file(&format!("{two}{PROJECT}"))?;
    desk.by("ana", &["project", "configure", &file])?.with_code(0)?;
    let shown = desk.cli.succeed(&["project", "show"])?.stdout;
    ensure!(shown.contains("signed by 2 of DevOps"), "{shown}");
    desk.by("ben", &["sign", "--role", "devops"])?.with_code(0)?;
    let view = gate(&desk, 3)?;
    let blocker = view["blockers"][0]["text"].as_str().context("a blocker")?;
    ensure!(blocker == "DevOps: 1 of 2 have signed", "{blocker}");
    desk.by("eve", &["sign", "--role", "devops"])?.with_code(0)?;
    let view = gate(&desk, 0)?;
    let signers: Vec<_> = view["signoffs"]
        .as_array()
        .context("sign-offs")?
        .iter()
        .map(|one| (one["seat"].as_u64(), one["by"].as_str()))
        .collect();
    ensure!(signers == [(Some(1), Some("ben")), (Some(2), Some("eve"))], "{signers:?}");
    Ok(())
}
