//! What `docs/` and the README promise is made from the code, or read by it.
//! `COUNTERSIGN_WRITE=1` writes the generated files anew.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use countersign_workflow::{ProjectFile, coverage, coverage_reference, template, view};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a generated file with what is kept, after writing it where that was asked for.
fn holds(path: &Path, text: &str) {
    if std::env::var_os("COUNTERSIGN_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "{} is stale: run with COUNTERSIGN_WRITE=1", path.display());
}

#[test]
fn the_schemas_are_those_of_the_code() {
    let mut documents = view::documents();
    documents.push(("wire", view::wire()));
    for (name, schema) in documents {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        holds(&root().join(format!("docs/schemas/{name}.json")), &text);
    }
}

#[test]
fn the_reference_of_the_probes_is_that_of_the_code() {
    holds(&root().join("docs/probes.md"), &template::probe_reference());
}

/// Lines of the checklist that a probe looks at, at least.
const MIN_PROBED: usize = 56;
/// Lines that are verified live, at least: by a probe, or counted from the live state of
/// the other lines.
const MIN_LIVE: usize = 63;
/// Lines of the user's checklist.
const LINES: usize = 65;

#[test]
fn every_line_of_the_checklist_is_in_the_coverage_table() {
    let counts = coverage().expect("the checklist is sound");
    assert_eq!(counts.total(), LINES);
    assert!(counts.probe >= MIN_PROBED && counts.live() >= MIN_LIVE, "{counts:?}");
    let text = coverage_reference().expect("the checklist is sound");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let number =
        |line: &&&str| line.split('|').nth(1).is_some_and(|cell| cell.trim().parse::<u8>().is_ok());
    let count = |of: &str| rows.iter().filter(|line| line.contains(of)).count();
    assert_eq!(rows.iter().filter(number).count(), LINES, "one row for each line");
    assert_eq!(count(" | a person |"), counts.person, "the rows say what the counts say");
    assert_eq!(count(" | counted from "), counts.computed);
    assert_eq!(count("](probes.md#"), counts.probe);
    let probes = template::probe_reference();
    for name in text.split("[`").skip(1).filter_map(|rest| rest.split('`').next()) {
        assert!(probes.contains(&format!("\n## `{name}`\n")), "{name} is in the reference");
    }
    holds(&root().join("docs/coverage.md"), &text);
}

#[test]
fn the_lines_of_the_checklist_are_those_of_the_users_file() {
    let seed = root().join("../shared/seed/production-security-checklist.md");
    // The file belongs to the user and is not part of the sources.
    let Ok(seed) = std::fs::read_to_string(seed) else { return };
    let boxes = seed.lines().filter(|line| line.trim_start().starts_with("- [ ]"));
    // What is verified after the deployment has commands there, and no boxes.
    assert_eq!(boxes.count() + 5, LINES);
}

#[test]
fn the_project_file_of_the_readme_is_one() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, rest) = readme.split_once("```toml\n").expect("a sample in TOML");
    let (sample, _) = rest.split_once("```").expect("its end");
    ProjectFile::parse(sample, Path::new("/srv")).expect("the sample can be used");
}

#[test]
fn every_relative_link_of_the_readme_leads_somewhere() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local: Vec<_> = links.filter(|link| !link.contains("://")).collect();
    assert!(local.len() >= 4, "{local:?}");
    for link in local {
        assert!(root().join(link).exists(), "{link}");
    }
}
