//! A process that is killed in the middle of a check loses nothing that it had said.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::wait_until;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::team::{PROJECT, Team};

/// Quick items before the one that is still running when the kill comes.
const QUICK: usize = 4;

fn template() -> String {
    let mut text =
        "[[section]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"high\"\nphase = \"tests\"\n"
            .to_owned();
    for number in 0..=QUICK {
        let seconds = if number == QUICK { "20".to_owned() } else { format!("0.0{number}1") };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[section.item]]\nid = \"a.{number}\"\ntitle = \"Item {number}\"\nverify = \"probe\"\n\
             probes = [{{ use = \"command.exit-zero\", run = [\"sleep\", \"{seconds}\"] }}]\n"
        );
    }
    text
}

#[test]
fn what_was_printed_before_a_kill_is_in_the_ledger_after_it() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, &template())?;
    let log = team.folder.path().join("log");
    let mut command = team.cli.command(&["check"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log)?)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let printed = || -> Vec<String> {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let verdicts = text.lines().filter(|line| line.contains("✓ pass"));
        let ids =
            verdicts.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("a.")));
        ids.map(str::to_owned).collect()
    };
    let waited = wait_until(Duration::from_secs(60), || printed().len() >= QUICK);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("its group")?;
    kill_process_group(group, Signal::KILL)?;
    let status = child.wait()?;
    ensure!(waited, "only {:?} came", printed());
    ensure!(!status.success(), "it must have been killed while it was at work");

    let whole = team.cli.json(&["project", "check"])?;
    ensure!(whole["problems"] == serde_json::json!([]), "{whole}");
    let release = team.cli.json(&["release", "show"])?;
    let rows = release["sections"][0]["items"].as_array().context("items")?;
    for id in printed() {
        let row = rows.iter().find(|row| row["id"] == id.as_str()).context("the item")?;
        ensure!(row["machine"]["outcome"] == "pass", "{id} was printed as passed: {row}");
    }
    let left = rows.iter().find(|row| row["id"] == "a.4").context("the slow item")?;
    ensure!(left["state"] == "open", "nobody saw the end of the slow one: {left}");

    // And work goes on.
    team.cli.succeed(&["check", "--item", "a.0"])?;
    Ok(())
}

#[test]
fn a_check_that_is_interrupted_ends_soon_and_keeps_what_it_saw() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, &template())?;
    let log = team.folder.path().join("log");
    let mut child = team
        .cli
        .command(&["check"])
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log)?)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let quick = || std::fs::read_to_string(&log).unwrap_or_default().matches("✓ pass").count();
    let waited = wait_until(Duration::from_secs(60), || quick() >= QUICK);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("its id")?;
    rustix::process::kill_process(pid, Signal::INT)?;
    let ended = wait_until(Duration::from_secs(10), || matches!(child.try_wait(), Ok(Some(_))));
    if !ended {
        kill_process_group(pid, Signal::KILL)?;
    }
    let code = child.wait()?.code();
    ensure!(waited && ended && code == Some(130), "{waited} {ended} {code:?}");
    let said = std::fs::read_to_string(&log)?;
    ensure!(said.contains("Stopped before the end"), "{said}");
    ensure!(team.cli.json(&["project", "check"])?["problems"] == serde_json::json!([]), "whole");
    Ok(())
}
