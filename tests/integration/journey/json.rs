//! What `--json` prints is what docs/schemas says, command by command.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::team::{PROJECT, Team, text};

const ITEMS: &str = "
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
minutes = [1, 2]
[[section.item]]
id = \"a.machine\"
title = \"The machine looks\"
verify = \"probe\"
freshness_hours = 1
probes = [{ use = \"command.exit-zero\", run = [\"true\"] }]
[[section.item]]
id = \"a.person\"
title = \"A person looks\"
verify = \"person\"
[[section.item]]
id = \"a.late\"
title = \"It is late\"
verify = \"person\"
";

fn schema(name: &str) -> Result<Value> {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?)
        .join("../docs/schemas")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn matches(sentence: &str, name: &str, value: &Value) -> Result<()> {
    let validator = jsonschema::validator_for(&schema(name)?)?;
    let wrong: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    ensure!(wrong.is_empty(), "{sentence} is not of {name}.json: {wrong:?}\n{value:#}");
    Ok(())
}

#[test]
fn every_answer_has_the_shape_that_its_schema_describes() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEMS)?;
    let bundle = team.folder.path().join("bundle.zip");
    let file = team.write("seen.txt", "seen\n")?;
    let markdown = team.write("list.md", "# A\n\n- [ ] One\n- [ ] Two\n")?;
    // In the order in which they are possible.
    let cases: &[(&str, &[&str])] = &[
        ("key", &["key", "public", "ana@example.org"]),
        ("keys", &["key", "list"]),
        ("project", &["project", "show"]),
        ("project", &["roster", "list"]),
        ("board", &["project", "list"]),
        ("board", &["release", "list"]),
        ("templates", &["template", "list"]),
        ("template", &["template", "show", "production-security"]),
        ("template", &["template", "import", text(&markdown)?, "--dry-run"]),
        ("check", &["check"]),
        ("item", &["attest", "a.person", "--done", "--note", "Seen", "--file", text(&file)?]),
        (
            "item",
            &[
                "except",
                "request",
                "a.late",
                "--reason",
                "R",
                "--control",
                "C",
                "--owner",
                "O",
                "--expires",
                "2999-01-01",
            ],
        ),
        ("exceptions", &["except", "list"]),
        ("probes", &["probe", "list"]),
        ("probe", &["probe", "show", "http.hsts"]),
        ("probe-trial", &["probe", "try", "http.hsts", "--project", "Alone"]),
        ("gate", &["gate"]),
        ("item", &["attest", "a.late", "--done"]),
        ("signoff", &["sign", "--role", "security"]),
        ("gate", &["gate"]),
        ("release", &["release", "show"]),
        ("export", &["export", "--out", text(&bundle)?]),
        ("verify", &["verify", text(&bundle)?, "--require", "security"]),
        ("verify", &["verify", text(&file)?]),
        ("ledger", &["project", "check"]),
    ];
    for (name, arguments) in cases {
        let value = team.cli.json(arguments)?;
        matches(&arguments.join(" "), name, &value)?;
    }
    let refused = team.cli.run(&["deploy", "verify", "--json"])?.with_code(77)?;
    matches("a refusal", "failure", &serde_json::from_str(&refused.stderr)?)?;
    let usage = team.cli.run(&["gate", "--json", "--frobnicate"])?.with_code(64)?;
    matches("a usage error", "failure", &serde_json::from_str(&usage.stderr)?)
}

#[test]
fn check_and_gate_have_the_fields_that_pipelines_read() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEMS)?;
    let check = team.cli.json(&["check"])?;
    let item = check["items"][0].as_object().context("an item")?;
    for field in ["id", "severity", "outcome", "reason", "summary", "expected", "observed"] {
        ensure!(item.contains_key(field), "{field} is missing in {check}");
    }
    let gate = team.cli.json(&["gate"])?;
    ensure!(gate["verdict"] == "no-go", "{gate}");
    ensure!(gate["blockers"].as_array().is_some_and(|all| !all.is_empty()), "{gate}");
    ensure!(gate["signoffs"][0]["role"] == "security", "{gate}");
    for field in ["now", "without_exceptions", "projected"] {
        ensure!(gate["score"][field].is_u64(), "{field} is missing in {gate}");
    }
    Ok(())
}

#[test]
fn the_schemas_refuse_what_is_not_of_their_shape() -> Result<()> {
    for name in ["gate", "check", "signoff", "template", "failure"] {
        let wrong = serde_json::json!({ "verdict": "perhaps" });
        let validator = jsonschema::validator_for(&schema(name)?)?;
        ensure!(!validator.is_valid(&wrong), "{name}.json takes anything");
    }
    Ok(())
}
