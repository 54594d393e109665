//! The claims about secrets, over real folders.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::json;
use servers::{context, git, look, write};

const JWT: &str = "3f9a7c1e5b2d8046a1c3e5f7092b4d6e8f0a1c2b3d4e5f60718293a4b5c6d7e8\
                   c0ffee1234567890badc0de5feedface0123456789abcdeffedcba98765432a1";
const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn over(secrets: &[(&str, &str)]) -> Context {
    context(Targets::default(), secrets, &[])
}

#[tokio::test]
async fn values_found_by_reference_are_judged_and_never_shown() {
    let cx = over(&[("JWT_SECRET", JWT), ("ENCRYPTION_KEY", KEY), ("COPY", KEY), ("GONE", "")]);
    let hex = |secret: &str, bytes: u32| json!({ "secret": secret, "bytes": bytes });
    for (name, params, outcome, words) in [
        ("a good key", hex("JWT_SECRET", 64), Outcome::Pass, "128 characters"),
        ("the wrong length", hex("JWT_SECRET", 32), Outcome::Fail, "instead of 64"),
        ("a value used twice", hex("ENCRYPTION_KEY", 32), Outcome::Fail, "COPY"),
        (
            "a value that is not there",
            hex("GONE", 32),
            Outcome::Inconclusive(Reason::NeedsCredentials),
            "env:GONE",
        ),
        (
            "a name without a reference",
            hex("OTHER", 32),
            Outcome::Inconclusive(Reason::NotConfigured),
            "OTHER",
        ),
    ] {
        let finding = look(&cx, "secrets.hex-value", params).await;
        assert_eq!(finding.outcome, outcome, "{name}: {finding:#?}");
        let text = format!("{} {}", finding.summary, finding.observed);
        assert!(text.contains(words), "{name}: {finding:#?}");
    }
    let weak = over(&[("REDIS_PASSWORD", "foobared")]);
    let finding = look(&weak, "secrets.strong-value", json!({ "secret": "REDIS_PASSWORD" })).await;
    assert_eq!(finding.outcome, Outcome::Fail);
}

#[test]
fn a_template_with_an_unknown_parameter_is_refused() {
    use countersign_probes::registry::find;
    for (probe, params) in [
        ("secrets.hex-value", json!({ "secret": "A", "bytes": 32, "extra": 1 })),
        ("secrets.hex-value", json!({ "secret": "A" })),
        ("secrets.hex-value", json!({ "secret": "A", "bytes": 0 })),
        ("secrets.not-in-source", json!({ "allow": [{ "path": "docs", "reason": " " }] })),
        (
            "secrets.not-in-history",
            json!({ "allow": [{ "path": "docs", "rule": "x", "reason": "y" }] }),
        ),
        ("redis.commands-disabled", json!({ "commands": ["FLUSHALL\r\nFLUSHDB"] })),
        ("command.exit-zero", json!({ "run": [] })),
        ("command.exit-zero", json!({ "run": ["x"], "dir": "../.." })),
    ] {
        let params = serde_json::from_value(params).expect("an object");
        assert!(find(probe).expect("a probe").check(&params).is_err(), "{probe} {params:?}");
    }
}

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Context) {
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["init"]);
    write(folder.path(), files);
    let source = Some(folder.path().display().to_string());
    let cx = context(Targets { source, ..Targets::default() }, &[("JWT_SECRET", JWT)], &[]);
    (folder, cx)
}

#[tokio::test]
async fn a_value_may_stand_in_an_ignored_env_file_and_nowhere_else() {
    let env = format!("JWT_SECRET={JWT}\n");
    let (folder, cx) = tree(&[
        (".gitignore", ".env\n"),
        (".env", &env),
        ("src/main.ts", "const secret = process.env.JWT_SECRET;\n"),
        (".env.example", "JWT_SECRET=your-secret-here\n"),
    ]);
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert!(finding.observed.contains("3 files read"), "{finding:#?}");

    write(folder.path(), &[("src/auth/keys.ts", &format!("\n\nexport const k = '{JWT}';\n"))]);
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:#?}");
    assert!(finding.summary.contains("src/auth/keys.ts:3"), "{finding:#?}");
    assert_eq!(finding.transcript, ["src/auth/keys.ts:3  value-of-a-secret  3f9a••••"]);

    // Without the pattern, the .env file itself would go with the next commit.
    std::fs::remove_file(folder.path().join(".gitignore")).expect("removed");
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert!(finding.transcript.iter().any(|line| line.starts_with(".env:1")), "{finding:#?}");
}

#[tokio::test]
async fn binary_and_huge_files_are_skipped_and_counted() {
    let (folder, cx) = tree(&[("a.ts", "ok\n")]);
    std::fs::write(folder.path().join("image.png"), [b"\x89PNG\0", JWT.as_bytes()].concat())
        .expect("a file");
    std::fs::write(folder.path().join("dump.sql"), vec![b'x'; 3 << 20]).expect("a file");
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert!(finding.observed.contains("1 binary, 1 over 2 MiB"), "{finding:#?}");
}

#[tokio::test]
async fn a_file_that_git_tracks_is_read_although_git_ignores_it() {
    let (folder, cx) = tree(&[("a.ts", "ok\n"), ("local/keys.ts", JWT), ("gone.ts", "x\n")]);
    git(folder.path(), &["add", "."]);
    write(folder.path(), &[(".gitignore", "local\n"), ("local/other.ts", JWT)]);
    std::fs::remove_file(folder.path().join("gone.ts")).expect("removed");
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.transcript, ["local/keys.ts:1  value-of-a-secret  3f9a••••"]);
    // Below the root of the repository the same holds.
    let source = Some(folder.path().join("local").display().to_string());
    let cx = context(Targets { source, ..Targets::default() }, &[("JWT_SECRET", JWT)], &[]);
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert!(finding.transcript[0].starts_with("keys.ts:1  value"), "{finding:#?}");
}

#[tokio::test]
async fn an_unpacked_archive_is_read_by_its_own_gitignore() {
    let (folder, cx) = tree(&[(".gitignore", ".env\n"), (".env", JWT), ("a.ts", "ok\n")]);
    std::fs::remove_dir_all(folder.path().join(".git")).expect("removed");
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
}

#[tokio::test]
async fn without_a_source_tree_nothing_is_proved() {
    for probe in ["secrets.not-in-source", "secrets.not-in-history"] {
        let none = look(&over(&[]), probe, json!({})).await;
        assert_eq!(none.outcome, Outcome::Inconclusive(Reason::NotConfigured));
        let source = Some("/no/such/folder".to_owned());
        let gone = context(Targets { source, ..Targets::default() }, &[], &[]);
        let gone = look(&gone, probe, json!({})).await;
        assert_eq!(gone.outcome, Outcome::Inconclusive(Reason::NotConfigured));
        assert!(gone.observed.contains("/no/such/folder"));
    }
}

fn commit(folder: &std::path::Path) -> String {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-m", "a change"]);
    git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
}

const HISTORY: &str = "secrets.not-in-history";

#[tokio::test]
async fn a_value_that_was_taken_back_is_found_with_its_commit() {
    let (folder, cx) = tree(&[("src/a.ts", "ok\n")]);
    let empty = look(&cx, HISTORY, json!({})).await;
    assert_eq!(empty.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{empty:#?}");
    commit(folder.path());
    let clean = look(&cx, HISTORY, json!({})).await;
    assert_eq!(clean.outcome, Outcome::Pass, "{clean:#?}");

    write(folder.path(), &[("src/keys.ts", &format!("// keys\nexport const k = '{JWT}';\n"))]);
    let id = commit(folder.path());
    write(folder.path(), &[("src/keys.ts", "// keys\n")]);
    commit(folder.path());
    let now = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(now.outcome, Outcome::Pass, "{now:#?}");
    for packed in [false, true] {
        if packed {
            git(folder.path(), &["gc", "--aggressive", "--prune=now"]);
        }
        let then = look(&cx, HISTORY, json!({})).await;
        assert_eq!(then.outcome, Outcome::Fail, "{then:#?}");
        let line = format!("{}  src/keys.ts:2  value-of-a-secret  3f9a••••", &id[..12]);
        assert_eq!(then.transcript, [line]);
        assert_eq!(then.reproduce, Some(format!("git show '{id}:src/keys.ts'")));
    }
    let allow = json!({ "allow": [{ "path": "src/keys.ts", "reason": "replaced on 1 May" }] });
    let known = look(&cx, HISTORY, allow).await;
    assert_eq!(known.outcome, Outcome::Pass, "{known:#?}");
    assert!(known.notes[0].text.contains("replaced on 1 May"), "{known:#?}");
}

#[tokio::test]
async fn every_way_into_history_is_followed() {
    let leak = format!("export const k = '{JWT}';\n");
    for name in
        ["a branch", "a tag", "an older stash", "a tagged file", "a message", "a tag's message"]
    {
        let (folder, cx) = tree(&[("a.ts", "ok\n")]);
        let root = folder.path();
        commit(root);
        match name {
            "a branch" => {
                git(root, &["checkout", "-b", "side"]);
                write(root, &[("b.ts", &leak)]);
                commit(root);
                git(root, &["checkout", "main"]);
            }
            "a tag" => {
                git(root, &["checkout", "-b", "side"]);
                write(root, &[("b.ts", &leak)]);
                commit(root);
                git(root, &["tag", "-a", "v1", "-m", "v1"]);
                git(root, &["checkout", "main"]);
                git(root, &["branch", "-D", "side"]);
            }
            "an older stash" => {
                for text in [leak.as_str(), "newer\n"] {
                    write(root, &[("a.ts", text)]);
                    git(root, &["stash"]);
                }
            }
            "a tagged file" => {
                write(root, &[("b.ts", &leak)]);
                let id = git(root, &["hash-object", "-w", "b.ts"]);
                std::fs::remove_file(root.join("b.ts")).expect("removed");
                git(root, &["tag", "key", id.trim()]);
            }
            "a message" => drop(git(root, &["commit", "--allow-empty", "-m", &leak])),
            _ => drop(git(root, &["tag", "-a", "v1", "-m", &leak])),
        }
        let finding = look(&cx, HISTORY, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{name}: {finding:#?}");
        assert_eq!(finding.transcript.len(), 1, "{name}: {finding:#?}");
    }
}

#[tokio::test]
async fn the_same_content_in_a_test_and_in_the_code_counts() {
    let text = "export const password = 'hunter2hunter2';\n";
    let (folder, cx) = tree(&[("test/a.ts", text)]);
    commit(folder.path());
    let only = look(&cx, HISTORY, json!({})).await;
    assert_eq!((only.outcome, only.notes[0].code.as_str()), (Outcome::Pass, "literals-in-tests"));
    write(folder.path(), &[("zz/a.ts", text), ("test/b.ts", text)]);
    commit(folder.path());
    let both = look(&cx, HISTORY, json!({})).await;
    assert_eq!(both.outcome, Outcome::Fail, "{both:#?}");
    assert!(both.summary.contains("zz/a.ts:1"), "{both:#?}");
}

#[tokio::test]
async fn a_history_that_is_not_whole_proves_nothing() {
    let (folder, cx) = tree(&[("a.ts", "ok\n")]);
    commit(folder.path());
    write(folder.path(), &[("a.ts", "other\n")]);
    commit(folder.path());
    let other = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", folder.path().display());
    git(folder.path(), &["config", "uploadpack.allowFilter", "true"]);
    for (name, option, words) in [
        ("shallow", "--depth=1", "shallow"),
        ("partial", "--filter=blob:none", "not in this clone"),
    ] {
        git(other.path(), &["clone", "--no-checkout", option, &url, name]);
        let source = Some(other.path().join(name).display().to_string());
        let part = context(Targets { source, ..Targets::default() }, &[("JWT_SECRET", JWT)], &[]);
        let finding = look(&part, HISTORY, json!({})).await;
        assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "{name}: {finding:#?}");
        assert!(finding.summary.contains(words), "{name}: {finding:#?}");
    }
    // A pack with a hole in it: the claim stays open, and nothing breaks.
    let id = git(folder.path(), &["rev-parse", "HEAD~1:a.ts"]);
    let id = id.trim();
    let object = folder.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    std::fs::remove_file(object).expect("removed");
    let finding = look(&cx, HISTORY, json!({})).await;
    assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "{finding:#?}");
    assert!(finding.observed.contains("1 unreadable"), "{finding:#?}");
}

#[tokio::test]
async fn binary_and_huge_versions_are_counted() {
    let (folder, cx) = tree(&[("dump.sql", &"x".repeat(3 << 20)), ("a.ts", "ok\n")]);
    std::fs::write(folder.path().join("a.png"), [b"\x89PNG\0", JWT.as_bytes()].concat())
        .expect("a file");
    commit(folder.path());
    let finding = look(&cx, HISTORY, json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert!(finding.observed.contains("1 binary, 1 over 2 MiB"), "{finding:#?}");
    assert_eq!(finding.notes[0].code, "files-not-read");
}
