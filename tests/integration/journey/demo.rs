//! The first minute of a newcomer without a display: real probes find the planted faults,
//! and find them gone once they are repaired.

use anyhow::{Result, ensure};
use countersign_tests::Cli;

#[test]
fn the_demo_shows_faults_the_gate_and_where_to_go_on() -> Result<()> {
    let cli = Cli::new()?;
    let said = cli.succeed(&["demo"])?.stdout;
    let ledger = cli.home().join("ledger.sqlite").display().to_string();
    for part in
        ["DEMO", "✗ FAIL", "✓ pass", "✗ NO-GO", "score ", "Sign-offs", "demo --repair", &ledger]
    {
        ensure!(said.contains(part), "{part:?} is not in\n{said}");
    }

    let failures = |release: &serde_json::Value| release["row"]["counts"]["fail"].as_u64();
    let faulty = cli.json(&["release", "show"])?;
    ensure!(failures(&faulty).is_some_and(|count| count > 5), "{}", faulty["row"]);
    let repaired = cli.json(&["demo", "--repair"])?;
    ensure!(failures(&repaired) == Some(0), "{}", repaired["row"]);
    ensure!(repaired["row"]["demo"] == true, "it says that it is a demo");
    let again = cli.json(&["demo", "--break"])?;
    ensure!(failures(&again) == failures(&faulty), "{}", again["row"]);
    ensure!(again["row"]["id"] == faulty["row"]["id"], "a second start makes no second demo");
    Ok(())
}

#[test]
fn what_the_demo_proposes_can_be_done() -> Result<()> {
    let cli = Cli::new()?;
    let said = cli.succeed(&["demo", "--repair"])?.stdout;
    let open: Vec<_> = said.lines().filter(|line| line.contains(": not ticked")).collect();
    ensure!(!open.is_empty(), "there is something for a person in\n{said}");
    let cli = cli.env("COUNTERSIGN_PASSPHRASE", "demo-passphrase");
    for line in open {
        let item = line.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
        cli.succeed(&["attest", item, "--done", "--note", "Seen", "--key", "demo-security"])?;
    }
    cli.run(&["gate"])?.with_code(3)?;
    for line in said.lines().filter(|line| line.contains("countersign sign --role")) {
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        cli.succeed(&words)?;
    }
    cli.run(&["gate"])?.with_code(0)?;
    Ok(())
}
