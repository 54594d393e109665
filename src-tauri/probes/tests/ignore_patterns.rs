//! Made-up ignore files, judged by git itself and by the claim: for every path the same
//! verdict.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use countersign_domain::environment::Targets;
use countersign_domain::finding::Outcome;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use servers::{context, git, look, write};

/// Where a settings file stands.
const PLACES: [&str; 6] =
    [".env", "backend/.env", "backend/src/.env", "backend/.env.local", "a b/.env", "dist/.env"];
/// The ignore files: two that travel with the tree, two that do not.
const FILES: [&str; 4] = [".gitignore", "backend/.gitignore", ".git/info/exclude", ".git/global"];

const PATTERNS: &[&str] = &[
    ".env",
    "*.env",
    "/.env",
    "!.env",
    ".env/",
    "backend",
    "backend/",
    "!backend/",
    "/backend/*",
    "!/backend/.env",
    "**/.env",
    "backend/**",
    "!backend/**/.env",
    "backend/**/.env",
    ".env*",
    "!.env.local",
    ".env.*",
    "#.env",
    "\\#x",
    ".env ",
    ".env\\ ",
    "\t.env",
    ".env\r",
    ".env # no",
    "*",
    "!*",
    "*/",
    "!*/",
    "/*",
    "src",
    "src/.env",
    "?env",
    "[.]env",
    "[!a]env",
    ".en[v]",
    "[a-",
    "\\.env",
    "a b",
    "a\\ b/",
    "a?b/*",
    "**",
    "/**/src/.env",
    "**/src/**",
    ".ENV",
    "",
    "!",
    "/",
    "dist",
    "!dist/",
    "dist/*",
    "\\!.env",
    "{.env,x}",
    "back*/.env",
    "*/.env",
    "*/*/.env",
    ".e**nv",
];

fn lines() -> impl Strategy<Value = String> {
    let known = prop::sample::select(PATTERNS.to_vec()).prop_map(str::to_owned);
    let line = prop_oneof![5 => known, 1 => "[.envb*?!/#a ]{0,6}"];
    let ending = prop::sample::select(vec!["\n", "\r\n"]);
    (prop::collection::vec(line, 0..5), ending)
        .prop_map(|(lines, end)| lines.iter().map(|line| format!("{line}{end}")).collect())
}

/// What git says of each place: whether it is ignored.
fn gits(root: &Path) -> BTreeMap<String, bool> {
    let mut child = Command::new("git")
        .args(["check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git runs");
    let mut stdin = child.stdin.take().expect("an input");
    stdin.write_all(PLACES.join("\0").as_bytes()).expect("written");
    drop(stdin);
    let said = child.wait_with_output().expect("git answers").stdout;
    let said = String::from_utf8(said).expect("text");
    let fields: Vec<_> = said.split('\0').collect();
    let answers = fields.as_chunks::<4>().0.iter().map(|[_, _, pattern, path]| {
        let ignored = !pattern.is_empty() && !pattern.starts_with('!');
        ((*path).to_owned(), ignored)
    });
    answers.collect()
}

/// What the claim says of each place, read from its evidence.
fn ours(transcript: &[String]) -> BTreeMap<String, bool> {
    let of = |line: &String| {
        let path = PLACES.iter().filter(|path| line.ends_with(&format!("  {path}")));
        let path = path.max_by_key(|path| path.len()).expect("a place");
        let rule = line.strip_suffix(&format!("  {path}")).expect("a rule");
        let Some((_, rest)) = rule.split_once(':').filter(|(file, _)| !file.is_empty()) else {
            return ((*path).to_owned(), false);
        };
        let (_, pattern) = rest.split_once(':').expect("a line");
        ((*path).to_owned(), !pattern.starts_with('!'))
    };
    transcript.iter().map(of).collect()
}

#[test]
fn the_claim_and_git_agree_on_any_patterns() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init"]);
    let global = root.join(".git/global");
    git(root, &["config", "core.excludesFile", &global.display().to_string()]);
    let places: Vec<_> = PLACES.iter().map(|place| (*place, "A=1\n")).collect();
    write(root, &places);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let config = Config { cases: 250, failure_persistence: None, ..Config::default() };
    let texts = prop::array::uniform4(lines());
    let tried = TestRunner::new(config).run(&texts, |texts| {
        for (file, text) in FILES.iter().zip(&texts) {
            write(root, &[(file, text)]);
        }
        let source = Some(root.display().to_string());
        let cx = context(Targets { source, ..Targets::default() }, &[], &[]);
        let finding = runtime.block_on(look(&cx, "git.env-ignored", json!({})));
        let (gits, ours) = (gits(root), ours(&finding.transcript));
        prop_assert_eq!(&gits, &ours, "{:#?}", finding);
        let all = gits.values().all(|ignored| *ignored);
        prop_assert_eq!(finding.outcome == Outcome::Pass, all);
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}
