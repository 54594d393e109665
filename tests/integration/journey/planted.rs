//! Secrets planted where a real project has them must be used by the probes and appear
//! nowhere: not in the ledger, the bundle, the output or the list of processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{Redis, RedisOptions, run};

use crate::team::{PASSPHRASE, Team, text};

const JWT: &str = concat!(
    "6fb0c4b1e7d8a95f3c2e1d0ba9f8e7d6c5b4a3928170f6e5d4c3b2a190817263",
    "9e1f4c7ab2d58036e7c9fa1b4d2e6053718c9dae0fb6427159038ecd7fa4b162",
);
const REDIS: &str = "planted+redis/password=Zq81mVx0Lw";
const DATABASE: &str = "planted-database-password-Kp42Tn9u";

fn project(redis: u16) -> String {
    format!(
        "[project]\nname = \"Planted\"\n[policy]\nrequired_roles = [\"security\"]\n\
         exception_approvers = [\"security\"]\n[[environment]]\nname = \"staging\"\n\
         [environment.targets]\nsource = \"source\"\n\
         redis = \"redis://:${{REDIS_PASSWORD}}@127.0.0.1:{redis}\"\n\
         database = \"postgresql://app:${{DB_PASSWORD}}@127.0.0.1:9/app\"\n\
         [environment.secrets]\nJWT_SECRET = \"dotenv:source/.env#JWT_SECRET\"\n\
         REDIS_PASSWORD = \"dotenv:source/.env#REDIS_PASSWORD\"\nDB_PASSWORD = \"env:DB_PASSWORD\"\n"
    )
}

const ITEMS: &str = "
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
[[section.item]]
id = \"a.jwt\"
title = \"The key is strong\"
verify = \"probe\"
probes = [{ use = \"secrets.hex-value\", secret = \"JWT_SECRET\", bytes = 64 }]
[[section.item]]
id = \"a.source\"
title = \"No secret stands in the code\"
verify = \"probe\"
probes = [{ use = \"secrets.not-in-source\" }]
[[section.item]]
id = \"a.redis\"
title = \"The password is accepted\"
verify = \"probe\"
probes = [{ use = \"redis.password-accepted\" }]
[[section.item]]
id = \"a.database\"
title = \"The role is small\"
verify = \"probe\"
probes = [{ use = \"postgres.no-createdb\" }]
[[section.item]]
id = \"a.tests\"
title = \"The tests print what they should not\"
verify = \"probe\"
probes = [{ use = \"command.exit-zero\", run = [\"sh\", \"-c\", \"cat .env; sleep 1\"] }]
";

#[test]
fn planted_secrets_are_used_and_appear_nowhere() -> Result<()> {
    let redis = Redis::start(RedisOptions::with_password(REDIS))?;
    let mut team = Team::of_one()?;
    team.cli = team.cli.env("DB_PASSWORD", DATABASE);
    let env = format!("JWT_SECRET={JWT}\nREDIS_PASSWORD={REDIS}\n");
    let dotenv = team.write("source/.env", &env)?;
    let source = format!("const key = \"{JWT}\";\n");
    team.write("source/server.ts", &source)?;
    team.open(&project(redis.port()), ITEMS)?;

    let watch = Watch::start()?;
    let checked = team.cli.run(&["check"])?.with_code(1)?;
    let json = team.cli.run(&["check", "--json"])?.with_code(1)?;
    let processes = watch.stop()?;

    let found: serde_json::Value = json.json()?;
    let outcome = |id: &str| {
        let items = found["items"].as_array().into_iter().flatten();
        items.filter(|item| item["id"] == id).map(|item| item["outcome"].clone()).next()
    };
    ensure!(outcome("a.jwt") == Some("pass".into()), "the key was judged: {found}");
    ensure!(outcome("a.redis") == Some("pass".into()), "the password was used: {found}");
    ensure!(outcome("a.source") == Some("fail".into()), "the key in the code was seen: {found}");
    ensure!(outcome("a.tests") == Some("pass".into()), "the command ran: {found}");

    let bundle = team.folder.path().join("bundle.zip");
    let exported = team.cli.succeed(&["export", "--out", text(&bundle)?])?;
    let shown = team.cli.succeed(&["release", "show", "--json"])?;
    let said: Vec<_> = [&checked, &json, &exported, &shown]
        .iter()
        .flat_map(|ran| [ran.stdout.clone().into_bytes(), ran.stderr.clone().into_bytes()])
        .collect();

    let mut places: Vec<(String, Vec<u8>)> = vec![
        ("the bundle".into(), std::fs::read(&bundle)?),
        ("the processes".into(), processes),
        ("the output".into(), said.concat()),
    ];
    for file in files(team.cli.home())? {
        places.push((file.display().to_string(), std::fs::read(&file)?));
    }
    ensure!(places.iter().any(|(name, _)| name.ends_with("ledger.sqlite")), "the ledger is read");
    ensure!(holds(&std::fs::read(&dotenv)?, JWT), "the search finds what is there");
    for secret in [JWT, REDIS, DATABASE, PASSPHRASE] {
        for (name, bytes) in &places {
            ensure!(!holds(bytes, secret), "{name} holds a planted secret");
        }
    }
    Ok(())
}

/// Whether the bytes hold the secret as it is, as half of it, or encoded.
fn holds(bytes: &[u8], secret: &str) -> bool {
    let half = &secret[..secret.len() / 2];
    let percent: String = secret
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
        })
        .collect();
    let forms = [secret.to_owned(), half.to_owned(), hex::encode(secret), percent];
    forms.iter().any(|form| bytes.windows(form.len()).any(|part| part == form.as_bytes()))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Reads every process's arguments, over and over, until it is stopped.
struct Watch {
    stop: std::sync::Arc<AtomicBool>,
    reader: thread::JoinHandle<Vec<u8>>,
}

const MARK: &str = "countersign-tests-mark-of-the-watch";

impl Watch {
    fn start() -> Result<Self> {
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let reader = thread::spawn(move || {
            let mut lines = std::collections::BTreeSet::new();
            while !seen.load(Ordering::Relaxed) {
                lines.extend(command_lines());
                thread::sleep(Duration::from_millis(5));
            }
            lines.into_iter().flatten().collect()
        });
        Ok(Self { stop, reader })
    }

    /// What it saw; it must have seen a process whose arguments are known.
    fn stop(self) -> Result<Vec<u8>> {
        let mut known = Command::new("sh");
        known.args(["-c", "sleep 0.3; exit 0", MARK]).stdout(Stdio::null());
        run(&mut known, Duration::from_secs(10))?.with_code(0)?;
        self.stop.store(true, Ordering::Relaxed);
        let lines = self.reader.join().ok().context("the reader has ended well")?;
        ensure!(holds(&lines, MARK), "the watch sees arguments");
        ensure!(holds(&lines, "cat .env; sleep 1"), "the watch sees the children of a check");
        Ok(lines)
    }
}

fn command_lines() -> Vec<Vec<u8>> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|n| n.as_encoded_bytes()[0].is_ascii_digit()))
        .filter_map(|path| std::fs::read(path.join("cmdline")).ok())
        .collect()
}
