//! The built-in checklist against a real stack: nginx with TLS, Redis, PostgreSQL, a git
//! tree, a TypeScript compiler and a test runner. Hardened, nothing fails; vulnerable,
//! every planted fault is found; gone, nothing passes.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_tests::{
    GitTree, Nginx, NginxOptions, Postgres, PostgresOptions, Redis, RedisOptions, TestCa,
};
use countersign_workflow::check::Selection;
use countersign_workflow::view::{CheckView, ItemResult, OpenRelease, OutcomeCode};
use countersign_workflow::{Home, ProjectFile, World};
use zeroize::Zeroizing;

const ORIGIN: &str = "https://app.example.com";
const TOKEN: &str = "token-of-the-test-0123456789abcdef";
const REDIS_PASSWORD: &str = "q3v9Zt0mB6yH2kX8sL4nR7wC1dF5gJ0pQ9aE3uI6oT8=";
const DB_PASSWORD: &str = "Vd8sPq2LmX7zRt4W";
const JWT_SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\
                          60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
const ENCRYPTION_KEY: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

/// A release over an environment, ready to be checked.
struct Bench {
    home: Home,
    key: countersign_workflow::UnlockedKey,
    project: ProjectId,
    release: ReleaseId,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn open(environment: &str, secrets: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let values: BTreeMap<String, String> =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let world =
            World { variable: Arc::new(move |name| values.get(name).cloned()), ..World::real() };
        let home = Home::open(folder.path(), world)?;
        let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
        let view = home.create_key(None, "Ana", "ana@example.invalid", &passphrase)?;
        let key = home.unlock(&view.fingerprint, &passphrase)?;
        let file = ProjectFile::parse(environment, folder.path())?;
        let project = home.create_project(&key, file, &[])?;
        let release = home.open_release(
            &key,
            &OpenRelease {
                project: project.id.clone(),
                version: "1.0.0".into(),
                environment: "staging".into(),
                template: None,
                artifacts: Vec::new(),
                ticket: String::new(),
                reason: String::new(),
                planned_for: None,
            },
        )?;
        let project = ProjectId::parse(&project.id)?;
        let release = ReleaseId::parse(&release.row.id)?;
        Ok(Self { home, key, project, release, _folder: folder })
    }

    async fn check(&self, items: &[&str]) -> Result<CheckView> {
        let items = items.iter().map(|item| ItemId::parse(item)).collect::<Result<_, _>>()?;
        let selection = Selection { items, allow_active: true, after: true };
        Ok(self.home.check(&self.key, &self.project, &self.release, selection, |_| {}).await?)
    }
}

fn of<'a>(run: &'a CheckView, item: &str) -> &'a ItemResult {
    run.items.iter().find(|result| result.id == item).expect("the item was looked at")
}

fn with(run: &CheckView, outcome: OutcomeCode) -> Vec<String> {
    let matching = run.items.iter().filter(|result| result.outcome == outcome);
    matching
        .map(|result| format!("{}: {} ({})", result.id, result.summary, result.observed))
        .collect()
}

fn environment(targets: &[(&str, String)], secrets: &[&str]) -> String {
    let mut text = "[project]\nname = \"Shop\"\n\n[[environment]]\nname = \"staging\"\n".to_owned();
    text.push_str("[environment.targets]\n");
    for (name, value) in targets {
        text.push_str(&format!("{name} = {value:?}\n"));
    }
    text.push_str("[environment.secrets]\n");
    for name in secrets {
        text.push_str(&format!("{name} = \"env:{name}\"\n"));
    }
    text.push_str("[environment.facts]\nappendonly = \"yes\"\npersistence = \"yes\"\ncors_methods = \"GET, POST\"\n");
    text
}

/// A backend whose compiler and test runner are those of the UI.
fn backend(tree: &GitTree, source: &str) -> Result<()> {
    tree.write(
        "backend/package.json",
        r#"{"name":"backend","private":true,"type":"module","scripts":{"test":"vitest run"}}"#,
    )?;
    tree.write("backend/tsconfig.json", r#"{"compilerOptions":{"strict":true,"skipLibCheck":true,"types":[]},"include":["src/index.ts"]}"#)?;
    tree.write("backend/src/index.ts", source)?;
    tree.write(
        "backend/src/sum.test.js",
        "import { expect, test } from 'vitest';\ntest('adds', () => expect(1 + 1).toBe(2));\n",
    )?;
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules");
    let modules = modules.canonicalize().context("run `npm ci` in ui/, or `./dev test`")?;
    std::os::unix::fs::symlink(modules, tree.path().join("backend/node_modules"))?;
    Ok(())
}

/// The items whose probes need something that no test machine has.
const ELSEWHERE: [&str; 5] = [
    "tests.api-scan",
    "tests.penetration",
    "tests.e2e",
    "secret-store.vault",
    "secret-store.rotation",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_stack_fails_nothing() -> Result<()> {
    let ca = TestCa::new()?;
    let nginx = Nginx::start(&NginxOptions::hardened(ca.server()?, TOKEN, ORIGIN))?;
    let redis = Redis::start(RedisOptions::hardened(REDIS_PASSWORD))?;
    let postgres = Postgres::start(PostgresOptions {
        tls: Some(ca.server()?),
        tls_required: true,
        statements: vec![
            format!("CREATE ROLE app LOGIN PASSWORD '{DB_PASSWORD}'"),
            "CREATE DATABASE app".into(),
        ],
        ..PostgresOptions::default()
    })?;
    let tree = GitTree::new()?;
    tree.write(".gitignore", ".env\nnode_modules\n")?;
    backend(&tree, "export const answer: number = 42;\n")?;
    tree.commit("a backend")?;
    tree.write(".env", &format!("JWT_SECRET={JWT_SECRET}\n"))?;

    let targets = [
        ("api", nginx.https()),
        ("api_plain", nginx.http()),
        ("frontend", ORIGIN.to_owned()),
        ("redis", format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", redis.port())),
        ("redis_conf", redis.config().display().to_string()),
        (
            "database",
            format!(
                "postgresql://app:${{DB_PASSWORD}}@localhost:{}/app?sslmode=verify-full",
                postgres.port()
            ),
        ),
        ("source", tree.path().display().to_string()),
        ("ca_file", ca.path().display().to_string()),
    ];
    let secrets = [
        ("REDIS_PASSWORD", REDIS_PASSWORD),
        ("DB_PASSWORD", DB_PASSWORD),
        ("JWT_SECRET", JWT_SECRET),
        ("ENCRYPTION_KEY", ENCRYPTION_KEY),
        ("AUTH_TOKEN", TOKEN),
    ];
    let names: Vec<_> = secrets.iter().map(|(name, _)| *name).collect();
    let bench = Bench::open(&environment(&targets, &names), &secrets)?;
    let run = bench.check(&[]).await?;

    let elsewhere = |line: &String| ELSEWHERE.iter().any(|item| line.starts_with(item));
    let mut failed = with(&run, OutcomeCode::Fail);
    failed.retain(|line| !elsewhere(line));
    assert_eq!(failed, Vec::<String>::new(), "nothing fails");
    let mut unclear = with(&run, OutcomeCode::Inconclusive);
    unclear.retain(|line| !elsewhere(line));
    assert_eq!(unclear, Vec::<String>::new(), "nothing is unclear");
    for item in ["tests.typescript", "tests.unit"] {
        assert_eq!(of(&run, item).outcome, OutcomeCode::Pass, "{}", of(&run, item).observed);
    }
    assert!(
        with(&run, OutcomeCode::Pass).len() >= 28,
        "{} pass",
        with(&run, OutcomeCode::Pass).len()
    );
    nothing_secret_was_kept(bench.home.path(), &secrets)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vulnerable_stack_is_found_out_fault_by_fault() -> Result<()> {
    let ca = TestCa::new()?;
    let nginx = Nginx::start(&NginxOptions::vulnerable(ca.expired()?))?;
    let redis = Redis::start(RedisOptions::default())?;
    let postgres = Postgres::start(PostgresOptions {
        statements: vec![format!(
            "CREATE ROLE app LOGIN CREATEDB CREATEROLE PASSWORD '{DB_PASSWORD}'"
        )],
        ..PostgresOptions::default()
    })?;
    let tree = GitTree::new()?;
    backend(&tree, "export const answer: number = 'forty-two';\n")?;
    tree.write("backend/src/config.ts", &format!("export const key = '{ENCRYPTION_KEY}';\n"))?;
    tree.write(".env", "JWT_SECRET=changeme\n")?;
    tree.commit("everything, secrets too")?;

    let targets = [
        ("api", nginx.https()),
        ("api_plain", nginx.http()),
        ("frontend", ORIGIN.to_owned()),
        ("redis", format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", redis.port())),
        (
            "database",
            format!(
                "postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{}/postgres?sslmode=prefer",
                postgres.port()
            ),
        ),
        ("source", tree.path().display().to_string()),
        ("ca_file", ca.path().display().to_string()),
    ];
    let secrets = [
        ("REDIS_PASSWORD", "redis"),
        ("DB_PASSWORD", DB_PASSWORD),
        ("JWT_SECRET", "changeme"),
        ("ENCRYPTION_KEY", ENCRYPTION_KEY),
        ("AUTH_TOKEN", TOKEN),
    ];
    let names: Vec<_> = secrets.iter().map(|(name, _)| *name).collect();
    let bench = Bench::open(&environment(&targets, &names), &secrets)?;
    let run = bench.check(&[]).await?;

    for item in [
        "secrets.jwt-secret",
        "secrets.redis-password",
        "secrets.outside-code",
        "secrets.env-ignored",
        "redis-auth.ping-without-password",
        "database.tls",
        "database.least-privilege",
        "database.no-createdb",
        "tls.https",
        "tls.certificate",
        "tls.redirect",
        "tls.hsts",
        "cors.no-wildcard",
        "headers.csp",
        "headers.frame-options",
        "headers.content-type-options",
        "secret-store.not-committed",
        "tests.typescript",
        "deployed.authentication",
        "deployed.rate-limit",
    ] {
        let result = of(&run, item);
        assert_eq!(
            result.outcome,
            OutcomeCode::Fail,
            "{item}: {} {}",
            result.summary,
            result.observed
        );
        assert!(!result.expected.is_empty() && !result.observed.is_empty(), "{item} says why");
    }
    // What was not planted does not fail.
    for item in ["secrets.encryption-key", "deployed.health"] {
        assert_eq!(of(&run, item).outcome, OutcomeCode::Pass, "{item}");
    }
    nothing_secret_was_kept(bench.home.path(), &[("ENCRYPTION_KEY", ENCRYPTION_KEY)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_is_gone_passes_nothing() -> Result<()> {
    let port = countersign_tests::free_port()?;
    let targets = [
        ("api", format!("https://127.0.0.1:{port}")),
        ("api_plain", format!("http://127.0.0.1:{port}")),
        ("frontend", ORIGIN.to_owned()),
        ("redis", format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{port}")),
        ("database", format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{port}/app")),
    ];
    let names = ["REDIS_PASSWORD", "DB_PASSWORD", "AUTH_TOKEN"];
    let secrets = [("DB_PASSWORD", DB_PASSWORD), ("AUTH_TOKEN", TOKEN)];
    let bench = Bench::open(&environment(&targets, &names), &secrets)?;
    let run = bench.check(&[]).await?;
    // A closed port is, by the checklist, as good as a redirect; all else is unclear.
    let mut passed = with(&run, OutcomeCode::Pass);
    passed.retain(|line| !line.starts_with("tls.redirect") && !line.starts_with("deployed.https"));
    assert_eq!(passed, Vec::<String>::new());
    assert!(with(&run, OutcomeCode::Inconclusive).len() >= 25);
    Ok(())
}

/// Reads every file below `home` and looks for the values, as they are.
fn nothing_secret_was_kept(home: &Path, secrets: &[(&str, &str)]) -> Result<()> {
    let mut folders = vec![PathBuf::from(home)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)?;
            for (name, value) in secrets {
                let found = bytes.windows(value.len()).any(|window| window == value.as_bytes());
                assert!(!found, "{name} stands in {}", path.display());
            }
        }
    }
    Ok(())
}
