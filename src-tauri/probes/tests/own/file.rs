//! Files of a tree, and what lies outside it.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome};
use serde_json::json;

use crate::servers::{context, look, write};
use crate::{NOT_CONFIGURED, UNEXPECTED};

const CANARY: &str = "canary-of-the-test-7f3a";

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let big = "x".repeat(300 * 1024);
        let env = format!("MODE=production\nTOKEN={CANARY}\n");
        write(
            folder.path(),
            &[("tree/app/.env", &env), ("tree/big.txt", &big), ("outside.txt", CANARY)],
        );
        let tree = folder.path().join("tree");
        std::fs::set_permissions(tree.join("app/.env"), PermissionsExt::from_mode(0o600))
            .expect("a mode");
        symlink("../outside.txt", tree.join("out")).expect("a link");
        symlink("app/.env", tree.join("in")).expect("a link");
        symlink("nowhere", tree.join("dangling")).expect("a link");
        let made = Command::new("mkfifo").arg(tree.join("pipe")).status().expect("mkfifo");
        assert!(made.success(), "a pipe");
        Self(folder)
    }

    async fn look(&self, path: &str, expect: &[&str]) -> Finding {
        let source = self.0.path().join("tree").display().to_string();
        let targets = Targets { source: Some(source), ..Targets::default() };
        let cx = context(targets, &[], &[]);
        look(&cx, "file.expect", json!({"path": path, "expect": expect})).await
    }
}

#[tokio::test]
async fn a_file_is_judged_by_what_stands_in_it() {
    let tree = Tree::new();
    for (path, expect, outcome) in [
        ("app/.env", "exists && mode == '600' && size < 100", Outcome::Pass),
        ("app/.env", "mode == '644'", Outcome::Fail),
        ("app/.env", "lines.exists(l, l == 'MODE=production')", Outcome::Pass),
        ("app/.env", r"text.matches('(?m)^MODE=(production|staging)$')", Outcome::Pass),
        ("app/.env", "!text.contains('TOKEN')", Outcome::Fail),
        ("./app/../app/.env", "exists", NOT_CONFIGURED),
        ("in", "mode == '600'", Outcome::Pass),
        ("missing", "!exists", Outcome::Pass),
        ("missing", "exists", Outcome::Fail),
        ("missing", "!text.contains('x')", NOT_CONFIGURED),
        ("missing/deeper", "!exists", Outcome::Pass),
        ("app/.env/deeper", "!exists", Outcome::Pass),
        ("dangling", "exists", Outcome::Fail),
        ("app", "exists", Outcome::Pass),
        ("app", "!text.contains('x')", UNEXPECTED),
        ("pipe", "lines.all(l, l == '')", UNEXPECTED),
        ("big.txt", "size > 262144", Outcome::Pass),
        ("big.txt", "!text.contains('y')", UNEXPECTED),
        ("out", "exists", NOT_CONFIGURED),
    ] {
        if path.contains("..") {
            let source =
                serde_json::from_value(json!({"path": path, "expect": [expect]})).expect("a map");
            let probe = countersign_probes::registry::find("file.expect").expect("known");
            assert!(probe.check(&source).expect_err(path).contains("`path`"));
            continue;
        }
        let finding = tree.look(path, &[expect]).await;
        assert_eq!(finding.outcome, outcome, "{path}, {expect}: {finding:?}");
        assert!(!format!("{finding:?}").contains(CANARY), "{path}, {expect}: the text is shown");
    }
}

#[tokio::test]
async fn a_condition_that_is_a_mistake_does_not_show_the_text_either() {
    let tree = Tree::new();
    for expect in ["text", "lines", "lines[1] > 3", "lines[1] == text"] {
        let finding = tree.look("app/.env", &[expect]).await;
        assert_ne!(finding.outcome, Outcome::Pass, "{expect}");
        assert!(!format!("{finding:?}").contains(CANARY), "{expect}: {finding:?}");
    }
}
