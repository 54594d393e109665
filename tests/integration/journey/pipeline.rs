//! What a pipeline takes from a run: reports in files, single probes, a rerun of what failed.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::run;
use serde_json::Value;

use crate::team::{PROJECT, Team, text};

const ITEMS: &str = "
[[section]]
id = \"a\"
title = \"A <section>\"
severity = \"high\"
phase = \"tests\"
[[section.item]]
id = \"a.good\"
title = \"Good\"
verify = \"probe\"
probes = [{ use = \"command.exit-zero\", run = [\"sh\", \"good.sh\"], parse = \"tap\" }]
[[section.item]]
id = \"a.bad\"
title = \"Bad & <dangerous>\"
verify = \"probe\"
probes = [{ use = \"command.exit-zero\", run = [\"sh\", \"bad.sh\"], parse = \"tap\" }]
[[section.item]]
id = \"a.unsure\"
title = \"Unsure\"
verify = \"probe\"
probes = [{ use = \"redis.password-required\" }]
";

fn team() -> Result<Team> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEMS)?;
    team.write("source/good.sh", "echo 1..1; echo ok 1; echo run >> good.log\n")?;
    team.write("source/bad.sh", "echo 1..1; echo not ok 1; echo run >> bad.log; exit 1\n")?;
    Ok(team)
}

fn runs(team: &Team, log: &str) -> usize {
    let text = std::fs::read_to_string(team.folder.path().join("source").join(log));
    text.unwrap_or_default().lines().count()
}

#[test]
fn a_check_leaves_junit_and_sarif_that_are_no_better_than_the_run() -> Result<()> {
    let team = team()?;
    let junit = team.write("junit.xml", "<testsuites tests=\"1\"/>")?;
    let sarif = team.folder.path().join("run.sarif");
    let check = ["check", "--junit", text(&junit)?, "--sarif", text(&sarif)?, "--verbose"];
    let ran = team.cli.run(&check)?.with_code(1)?;
    ensure!(ran.stdout.contains("✗ FAIL"), "{}", ran.stdout);

    let xml = std::fs::read_to_string(&junit)?;
    for part in [
        "tests=\"3\"",
        "failures=\"1\"",
        "errors=\"1\"",
        "name=\"A &lt;section&gt;\"",
        "inconclusive: not configured",
        "name=\"release\" value=\"1.0\"",
    ] {
        ensure!(xml.contains(part), "{part} is not in\n{xml}");
    }
    let log: Value = serde_json::from_str(&std::fs::read_to_string(&sarif)?)?;
    let results = log["runs"][0]["results"].as_array().context("results")?;
    let kinds: Vec<_> = results.iter().map(|one| one["kind"].as_str().unwrap_or("")).collect();
    ensure!(kinds == ["fail", "open"], "{log:#}");

    let nowhere = ["check", "--junit", "/nowhere/at/all.xml"];
    let refused = team.cli.run(&nowhere)?.with_code(74)?;
    ensure!(refused.stderr.contains("/nowhere/at/all.xml"), "{}", refused.stderr);
    ensure!(runs(&team, "good.log") == 1, "nothing ran for a report that has no place");
    Ok(())
}

#[test]
fn only_what_failed_or_could_not_be_told_is_run_again() -> Result<()> {
    let team = team()?;
    team.cli.run(&["check"])?.with_code(1)?;
    let again = team.cli.json(&["check", "--failed"])?;
    let items = again["items"].as_array().context("items")?;
    let ids: Vec<_> = items.iter().map(|one| one["id"].as_str().unwrap_or("")).collect();
    ensure!(ids == ["a.bad", "a.unsure"], "{again:#}");
    ensure!((runs(&team, "good.log"), runs(&team, "bad.log")) == (1, 2));
    team.cli.run(&["check", "--item", "a.good"])?.with_code(0)?;
    ensure!((runs(&team, "good.log"), runs(&team, "bad.log")) == (2, 2));
    Ok(())
}

#[test]
fn a_probe_is_tried_without_ledger_and_key() -> Result<()> {
    let team = team()?;
    let home = tempfile::tempdir()?;
    let countersign = |arguments: &[&str], code: i32| {
        let mut command = Command::new(team.cli.program());
        command.args(arguments).current_dir(team.folder.path());
        command.env("COUNTERSIGN_HOME", home.path().join("none"));
        run(&mut command, Duration::from_secs(60))?.with_code(code)
    };
    let good = ["probe", "try", "command.exit-zero", "--param", "run=[\"sh\", \"good.sh\"]"];
    let refused = countersign(&good, 2)?;
    ensure!(refused.stdout.contains("needs your consent"), "{}", refused.stdout);
    ensure!(runs(&team, "good.log") == 0, "nothing ran");

    let parse = ["--param", "parse=tap", "--allow-active"];
    let told = countersign(&[&good[..], &parse].concat(), 0)?;
    for part in ["✓ pass", "1 tests: 1 passed", "reproduce", "nothing was recorded"] {
        ensure!(told.stdout.contains(part), "{part} is not in\n{}", told.stdout);
    }
    let bad = ["probe", "try", "command.exit-zero", "--param", "run=[\"sh\", \"bad.sh\"]"];
    let told = countersign(&[&bad[..], &parse, &["--json"]].concat(), 1)?;
    let value: Value = serde_json::from_str(&told.stdout)?;
    ensure!(value["outcome"] == "fail" && value["transcript"][0] == "1..1", "{value:#}");

    let one = "name = \"here\"\n[targets]\nsource = \"source\"\n";
    team.write("here.toml", one)?;
    let env = ["--env", "here.toml"];
    countersign(&[&good[..], &parse, &env].concat(), 0)?;
    for (sentence, arguments, code, named) in [
        ("an unknown probe", &["probe", "try", "tls.magic"][..], 65, "tls.magic"),
        ("an unknown probe to show", &["probe", "show", "tls.magic"], 65, "tls.magic"),
        ("a parameter that is none", &["probe", "try", "http.hsts", "--param", "x=1"], 65, "`x`"),
        ("no value", &["probe", "try", "http.hsts", "--param", "x"], 65, "name=value"),
        (
            "an environment that is none",
            &["probe", "try", "http.hsts", "--environment", "moon"],
            65,
            "moon",
        ),
        (
            "a file that is not there",
            &["probe", "try", "http.hsts", "--env", "no.toml"],
            74,
            "no.toml",
        ),
        ("a target that is not named", &["probe", "try", "http.hsts"], 2, ""),
    ] {
        let ran = countersign(arguments, code).with_context(|| sentence.to_owned())?;
        ensure!(ran.stderr.contains(named), "{sentence}: {}", ran.stderr);
    }
    let list = countersign(&["probe", "list"], 0)?;
    ensure!(list.stdout.contains("tls.legacy-refused"), "{}", list.stdout);
    let show = countersign(&["probe", "show", "tls.legacy-refused"], 0)?;
    ensure!(show.stdout.contains("What it cannot see"), "{}", show.stdout);
    ensure!(!home.path().join("none").exists(), "no home was made");
    Ok(())
}
