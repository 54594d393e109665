//! The claims about git, over real repositories; git itself is the judge of what it
//! ignores.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::path::Path;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use serde_json::json;
use servers::{context, git, look, write};

async fn ask(folder: &Path, probe: &str) -> Finding {
    let source = Some(folder.display().to_string());
    look(&context(Targets { source, ..Targets::default() }, &[], &[]), probe, json!({})).await
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["init"]);
    write(folder.path(), files);
    folder
}

/// What git says of a path, whatever the index holds.
fn git_ignores(folder: &Path, path: &str) -> bool {
    let said = git(folder, &["check-ignore", "--no-index", "-v", path]);
    said.split('\t').next().is_some_and(|rule| {
        !rule.is_empty() && !rule.rsplit(':').next().is_some_and(|p| p.starts_with('!'))
    })
}

#[tokio::test]
async fn every_pattern_gets_gits_own_verdict() {
    let package = ("backend/package.json", "{}");
    for (name, ignore, everywhere) in [
        ("plain", ".env\n", true),
        ("with templates", ".env*\n!.env.example\n", true),
        ("only at the root", "/.env\n", false),
        ("a comment behind it is part of the pattern", ".env # secrets\n", false),
        ("a folder's pattern", ".env/\n", false),
        ("taken back", ".env\n!.env\n", false),
        ("taken back below", ".env\n!/backend/.env\n", false),
        ("Windows line ends", "node_modules\r\n.env\r\n", true),
        ("trailing blanks", ".env   \n", true),
        ("a leading tab", "\t.env\n", false),
        ("an excluded parent", "/.env\nbackend/\n!backend/.env\n", true),
        ("a glob", "**/.env\n", true),
        ("a wildcard", "*.env\n", true),
        ("nothing", "node_modules\n", false),
        ("empty", "", false),
    ] {
        let folder = repository(&[
            (".gitignore", ignore),
            package,
            (".env", "A=1\n"),
            ("backend/.env", "A=1\n"),
        ]);
        let gits = git_ignores(folder.path(), ".env") && git_ignores(folder.path(), "backend/.env");
        assert_eq!(gits, everywhere, "{name}: this is what git says");
        let finding = ask(folder.path(), "git.env-ignored").await;
        let expected = if everywhere { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(finding.outcome, expected, "{name}: {finding:#?}");
    }
}

#[tokio::test]
async fn a_file_in_another_encoding_is_not_read_as_if_it_were_utf_8() {
    let open = Outcome::Inconclusive(Reason::Unexpected);
    let marks: [(&str, &[u8], Outcome); 5] = [
        ("none", b"", Outcome::Pass),
        ("UTF-8", b"\xef\xbb\xbf", Outcome::Pass),
        ("UTF-16, little end first", b"\xff\xfe", open),
        ("UTF-16, big end first", b"\xfe\xff", open),
        ("GB 18030", b"\x84\x31\x95\x33", open),
    ];
    for (name, mark, outcome) in marks {
        let folder = repository(&[(".env", "A=1\n")]);
        let text = [mark, b".env\n"].concat();
        std::fs::write(folder.path().join(".gitignore"), text).expect("written");
        let gits = git_ignores(folder.path(), ".env");
        assert_eq!(gits, outcome == Outcome::Pass, "{name}: this is what git says");
        let finding = ask(folder.path(), "git.env-ignored").await;
        assert_eq!(finding.outcome, outcome, "{name}: {finding:#?}");
    }
}

#[tokio::test]
async fn the_deciding_pattern_is_named_with_file_and_line() {
    let folder = repository(&[
        (".gitignore", "node_modules\n.env\n"),
        ("backend/package.json", "{}"),
        ("backend/.gitignore", "dist\n\n!.env\n"),
    ]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(finding.summary.contains("backend/.gitignore:3"), "{finding:#?}");
    assert!(finding.transcript.contains(&".gitignore:2:.env  .env".to_owned()), "{finding:#?}");
}

#[tokio::test]
async fn a_file_beside_each_package_and_each_real_file_is_asked_about() {
    let folder = repository(&[(".gitignore", "/.env\n"), ("web/package.json", "{}")]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert!(finding.summary.starts_with("web/.env is not ignored"), "{finding:#?}");
    let folder = repository(&[
        (".gitignore", ".env\n"),
        (".env.production", "A=1\n"),
        (".env.example", "A=\n"),
    ]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert!(finding.summary.starts_with(".env.production is not ignored"), "{finding:#?}");
}

#[tokio::test]
async fn a_tracked_file_fails_although_it_is_ignored() {
    let folder = repository(&[(".env", "A=1\n")]);
    git(folder.path(), &["add", "."]);
    write(folder.path(), &[(".gitignore", ".env\n")]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(finding.summary.contains(".env is tracked"), "{finding:#?}");
}

#[tokio::test]
async fn a_pattern_of_this_clone_only_passes_with_a_note() {
    let folder = repository(&[(".env", "A=1\n"), (".git/info/exclude", ".env\n")]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert_eq!(finding.notes[0].code, "ignored-here-only");
}

#[tokio::test]
async fn a_pattern_of_this_clone_that_spares_the_file_does_not_hide_it() {
    for exclude in ["*/\n", "*\n!.env\n", "/\n"] {
        let folder = repository(&[(".env", "A=1\n"), (".git/info/exclude", exclude)]);
        assert!(!git_ignores(folder.path(), ".env"), "{exclude:?}: this is what git says");
        let finding = ask(folder.path(), "git.env-ignored").await;
        assert_eq!(finding.outcome, Outcome::Fail, "{exclude:?}: {finding:#?}");
    }
}

#[tokio::test]
async fn a_folder_inside_the_repository_may_be_the_source() {
    let folder = repository(&[(".gitignore", ".env\n"), ("apps/api/package.json", "{}")]);
    let finding = ask(&folder.path().join("apps/api"), "git.env-ignored").await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert_eq!(finding.transcript, [".gitignore:1:.env  apps/api/.env"]);
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "-A", "-f"]);
    git(folder, &["commit", "-m", message]);
}

#[tokio::test]
async fn a_source_beside_the_work_tree_is_no_pass() {
    let folder = repository(&[(".gitignore", ".env\n"), (".env", "A=1\n")]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let place = elsewhere.path().display().to_string();
    git(folder.path(), &["config", "core.worktree", &place]);
    let finding = ask(folder.path(), "git.env-ignored").await;
    assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "{finding:#?}");
}

#[tokio::test]
async fn a_deleted_file_is_found_in_history_by_commit_and_path() {
    let folder = repository(&[
        ("README.md", "x\n"),
        (".env.example", "A=\n"),
        (".env/bin/python", "a venv\n"),
    ]);
    commit(folder.path(), "one");
    let clean = ask(folder.path(), "git.env-never-committed").await;
    assert_eq!(clean.outcome, Outcome::Pass, "{clean:#?}");

    write(folder.path(), &[("backend/.env", "TOP=secret-text-of-the-file\n")]);
    commit(folder.path(), "two");
    let id = git(folder.path(), &["rev-parse", "HEAD"]).trim().to_owned();
    git(folder.path(), &["rm", "backend/.env"]);
    commit(folder.path(), "three");
    let leaked = ask(folder.path(), "git.env-never-committed").await;
    assert_eq!(leaked.outcome, Outcome::Fail, "{leaked:#?}");
    assert_eq!(leaked.transcript, [format!("{id}  backend/.env")]);
    assert!(!format!("{leaked:?}").contains("secret-text"));
}

#[tokio::test]
async fn other_branches_tags_merges_and_packs_count() {
    let folder = repository(&[("README.md", "x\n")]);
    commit(folder.path(), "one");
    git(folder.path(), &["checkout", "-b", "side"]);
    write(folder.path(), &[(".env.production", "A=1\n")]);
    commit(folder.path(), "leak");
    git(folder.path(), &["tag", "-a", "v1", "-m", "v1"]);
    git(folder.path(), &["checkout", "main"]);
    git(folder.path(), &["branch", "-D", "side"]);
    git(folder.path(), &["gc", "--aggressive", "--prune=now"]);
    let finding = ask(folder.path(), "git.env-never-committed").await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:#?}");
    assert!(finding.summary.contains(".env.production"));
}

#[tokio::test]
async fn a_shallow_clone_or_no_repository_proves_nothing() {
    let folder = repository(&[("a", "1\n")]);
    let empty = ask(folder.path(), "git.env-never-committed").await;
    assert_eq!(empty.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{empty:#?}");
    commit(folder.path(), "one");
    write(folder.path(), &[("a", "2\n")]);
    commit(folder.path(), "two");
    let other = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", folder.path().display());
    git(other.path(), &["clone", "--depth", "1", &url, "clone"]);
    let shallow = ask(&other.path().join("clone"), "git.env-never-committed").await;
    assert!(matches!(shallow.outcome, Outcome::Inconclusive(_)), "{shallow:#?}");
    assert!(shallow.summary.contains("shallow"));

    let none = tempfile::tempdir().expect("a folder");
    for probe in ["git.env-ignored", "git.env-never-committed"] {
        let finding = ask(none.path(), probe).await;
        assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{finding:#?}");
        let finding = look(&context(Targets::default(), &[], &[]), probe, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    }
}
