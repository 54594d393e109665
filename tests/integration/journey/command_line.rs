//! What scripts rely on: exit codes, JSON on the right stream, no panic when a reader
//! leaves, nothing that drives a terminal.

use std::io::Read as _;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use countersign_tests::Cli;

use crate::team::{PROJECT, Team, text};

const ITEM: &str = "
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
[[section.item]]
id = \"a.b\"
title = \"B\"
verify = \"person\"
";

#[test]
fn each_kind_of_failure_has_the_exit_code_that_help_promises() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEM)?;
    let bad_template = team.write("bad.toml", "format = 1\nid = \"x\"\nsections = 3\n")?;
    let bad_project = team.write("bad-project.toml", "[project]\nname = 1\n")?;
    let no_boxes = team.write("no-boxes.md", "# Nothing to tick\n")?;
    let cases: &[(&str, &[&str], i32, &str)] = &[
        ("an unknown command", &["frobnicate"], 64, "frobnicate"),
        ("an option that is missing", &["release", "open", "1"], 64, "--environment"),
        ("nothing to attest", &["attest", "a.b"], 64, "nothing to record"),
        ("a passphrase as an argument", &["key", "list", "--passphrase", "x"], 64, "--passphrase"),
        (
            "a descriptor that is closed",
            &["--passphrase-fd", "77", "check"],
            64,
            "--passphrase-fd 77",
        ),
        (
            "a template that is none",
            &["template", "import", text(&bad_template)?],
            65,
            "line 3, column 1",
        ),
        (
            "a project that is none",
            &["project", "create", text(&bad_project)?],
            65,
            "line 2, column 8",
        ),
        ("a checklist without boxes", &["template", "import", text(&no_boxes)?], 65, "box"),
        ("a role that is none", &["sign", "--role", "king"], 65, "king"),
        ("an item that is none", &["check", "--item", "no.such"], 65, "no.such"),
        ("an item without a probe", &["check", "--item", "a.b"], 65, "no probe"),
        ("a project that nobody has", &["--project", "Other", "gate"], 65, "Other"),
        (
            "an environment that is none",
            &["release", "open", "9", "--environment", "moon"],
            65,
            "moon",
        ),
        ("a no without a word", &["sign", "--role", "security", "--decline"], 65, "comment"),
        ("a kind of secret that is none", &["secrets", "generate", "pin"], 65, "pin"),
        ("a file that is not there", &["verify", "missing.zip"], 74, "missing.zip"),
        ("the rules refuse", &["sign", "--role", "security"], 77, "not ready"),
        (
            "a home that cannot be",
            &["--home", "/proc/countersign", "key", "list"],
            74,
            "/proc/countersign",
        ),
    ];
    for (sentence, arguments, code, named) in cases {
        let ran =
            team.cli.run(arguments)?.with_code(*code).with_context(|| (*sentence).to_owned())?;
        ensure!(ran.stderr.contains(named), "{sentence}: {named:?} is not in\n{}", ran.stderr);
        ensure!(ran.stderr.starts_with("error: "), "{sentence}: {}", ran.stderr);

        let ran = team.cli.run(&[*arguments, &["--json"]].concat())?.with_code(*code)?;
        let failure: serde_json::Value = serde_json::from_str(&ran.stderr)
            .with_context(|| format!("{sentence}: not JSON on stderr: {}", ran.stderr))?;
        let part = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
        let said = format!("{} {}", part("message"), part("hint"));
        ensure!(said.contains(named), "{sentence}: {failure}");
        ensure!(failure["code"].is_string() && ran.stdout.is_empty(), "{sentence}: {}", ran.stdout);
    }
    Ok(())
}

#[test]
fn a_wrong_passphrase_and_a_missing_one_are_told_apart() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEM)?;
    let mut wrong = team.cli.command(&["attest", "a.b", "--done"]);
    wrong.env("COUNTERSIGN_PASSPHRASE", "something else");
    let limit = std::time::Duration::from_secs(60);
    let ran = countersign_tests::run(&mut wrong, limit)?.with_code(77)?;
    ensure!(ran.stderr.contains("passphrase"), "{}", ran.stderr);
    let mut missing = team.cli.command(&["attest", "a.b", "--done"]);
    missing.env_remove("COUNTERSIGN_PASSPHRASE");
    let ran = countersign_tests::run(&mut missing, limit)?.with_code(64)?;
    ensure!(ran.stderr.contains("--passphrase-fd"), "{}", ran.stderr);
    Ok(())
}

#[test]
fn help_and_version_go_to_standard_output_and_list_the_exit_codes() -> Result<()> {
    let cli = Cli::new()?;
    let help = cli.succeed(&["--help"])?.stdout;
    for line in ["Exit codes:", "   64  ", "   65  ", "   77  ", "gate: ready"] {
        ensure!(help.contains(line), "{line:?} is not in\n{help}");
    }
    ensure!(cli.succeed(&["--version"])?.stdout.starts_with("countersign "), "the version");
    ensure!(!cli.home().join("ledger.sqlite").exists(), "help makes no home");
    Ok(())
}

/// A pipeline's machine has no web view, and should need none.
#[test]
fn the_command_line_stands_on_the_c_library_alone() -> Result<()> {
    let cli = Cli::new()?;
    let ldd = countersign_tests::run(
        std::process::Command::new("ldd").arg(cli.program()),
        std::time::Duration::from_secs(20),
    )?
    .with_code(0)?;
    let of_libc = ["linux-vdso", "libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libdl.so"];
    for line in ldd.stdout.lines().filter(|line| !line.contains("statically linked")) {
        ensure!(of_libc.iter().any(|name| line.contains(name)), "{line} is more than that");
    }
    Ok(())
}

#[test]
fn a_markdown_checklist_is_read_to_its_last_box_and_kept_nowhere() -> Result<()> {
    let cli = Cli::new()?;
    let file = format!("{}/journey/checklist.md", std::env::var("CARGO_MANIFEST_DIR")?);
    let document = cli.json(&["template", "import", &file, "--dry-run"])?;
    let sections = document["sections"].as_array().context("sections")?;
    let items: Vec<_> = sections.iter().flat_map(|s| s["items"].as_array()).flatten().collect();
    let titles: Vec<_> = items.iter().filter_map(|item| item["title"].as_str()).collect();
    ensure!(
        titles
            == [
                "The database asks for a password",
                "The cache asks for a password",
                "The last version can be put back with one command",
                "A backup was restored",
            ],
        "{titles:?}"
    );
    ensure!(items[0]["severity"] == "critical" && items[3]["severity"] == "high", "{document}");
    ensure!(items[0]["guidance"].to_string().contains("try without one"), "{document}");
    ensure!(sections[0]["minutes"] == serde_json::json!([5, 5]), "{document}");
    ensure!(sections[1]["minutes"] == serde_json::json!([10, 20]), "{document}");
    ensure!(!cli.home().join("templates").exists(), "a dry run keeps nothing");

    cli.succeed(&["template", "import", &file, "--id", "live"])?;
    let kept = cli.json(&["template", "show", "live"])?;
    ensure!(kept["sections"] == document["sections"], "kept as it was read: {kept}");
    let markdown = cli.succeed(&["template", "export", "live", "--markdown"])?.stdout;
    ensure!(markdown.matches("- [ ] ").count() == 4, "four open boxes in\n{markdown}");
    Ok(())
}

#[test]
fn the_exported_template_is_the_pinned_file_to_the_byte() -> Result<()> {
    let cli = Cli::new()?;
    let id = "production-security";
    let wanted = cli.json(&["template", "show", id])?["sha256"].clone();
    let text = cli.succeed(&["template", "export", id])?.stdout;
    use sha2::Digest as _;
    let digest = hex::encode(sha2::Sha256::digest(text.as_bytes()));
    ensure!(wanted == digest.as_str(), "{wanted} is pinned, {digest} was printed");
    Ok(())
}

#[test]
fn a_reader_who_leaves_early_breaks_nothing() -> Result<()> {
    let cli = Cli::new()?;
    let mut command = cli.command(&["template", "export", "production-security"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().context("its stderr")?.read_to_string(&mut said)?;
    let status = child.wait()?;
    ensure!(status.success() && said.is_empty(), "{status}: {said}");
    Ok(())
}

#[test]
fn names_that_would_drive_a_terminal_are_shown_as_codes() -> Result<()> {
    let team = Team::of_one()?;
    team.open(PROJECT, ITEM)?;
    let hostile = "seen\u{1b}[2J\u{202e}\nPASS";
    team.cli.succeed(&["attest", "a.b", "--done", "--note", hostile])?;
    team.cli.succeed(&["release", "open", "2\u{1b}[31m", "--environment", "staging"])?;
    for arguments in
        [&["release", "list"][..], &["release", "show"], &["release", "list", "--json"]]
    {
        let said = team.cli.succeed(arguments)?.stdout;
        let bad = said.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
        ensure!(bad.is_none(), "{arguments:?} printed {bad:?}:\n{said}");
    }
    Ok(())
}

#[test]
fn secrets_are_made_on_standard_output_and_judged_from_a_pipe() -> Result<()> {
    let cli = Cli::new()?;
    let made = cli.succeed(&["secrets", "generate", "jwt-secret"])?;
    ensure!(made.stdout.trim_end().len() == 128, "{}", made.stdout);
    ensure!(made.stderr.contains("Kept nowhere"), "{}", made.stderr);
    ensure!(cli.succeed(&["secrets", "generate"])?.stdout.lines().count() == 3, "one of each kind");
    ensure!(!cli.home().join("ledger.sqlite").exists(), "no home is needed to make a secret");

    let judge = |value: &str| -> Result<countersign_tests::Ran> {
        let mut command = cli.command(&["secrets", "judge", "JWT_SECRET"]);
        command.env("JWT_SECRET", value);
        countersign_tests::run(&mut command, std::time::Duration::from_secs(30))
    };
    let strong = judge(made.stdout.trim_end())?.with_code(0)?;
    ensure!(!strong.stdout.contains(made.stdout.trim_end()), "the value is not repeated");
    judge("changeme")?.with_code(1)?;
    Ok(())
}
