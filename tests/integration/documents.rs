//! What `docs/` and the README promise is made from the code, or read by it.
//! `COUNTERSIGN_WRITE=1` writes the generated files anew.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use countersign_workflow::{ProjectFile, template, view};

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
