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
async fn an_unpacked_archive_is_read_by_its_own_gitignore() {
    let (folder, cx) = tree(&[(".gitignore", ".env\n"), (".env", JWT), ("a.ts", "ok\n")]);
    std::fs::remove_dir_all(folder.path().join(".git")).expect("removed");
    let finding = look(&cx, "secrets.not-in-source", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
}

#[tokio::test]
async fn without_a_source_tree_nothing_is_proved() {
    let none = look(&over(&[]), "secrets.not-in-source", json!({})).await;
    assert_eq!(none.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    let source = Some("/no/such/folder".to_owned());
    let gone = context(Targets { source, ..Targets::default() }, &[], &[]);
    let gone = look(&gone, "secrets.not-in-source", json!({})).await;
    assert_eq!(gone.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    assert!(gone.observed.contains("/no/such/folder"));
}
