//! Every byte that a full run sends, written down by relays in front of the servers, and
//! every address that it connects to, seen by strace: nothing that changes a server, no
//! more logins than were announced, no host that the environment does not name.

mod stand_in;
mod wire;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use countersign_tests::{
    Nginx, NginxOptions, Postgres, PostgresOptions, Recorder, Redis, RedisOptions, TestCa, Wrapping,
};

use self::wire::{http_reads_only, reached, redis_reads_only, sql_reads_only, traced};
use crate::team::{Team, text};

const TOKEN: &str = "token-of-the-capture-0123456789abcdef";
const ORIGIN: &str = "https://app.example.com";
const REDIS: &str = "q3v9Zt0mB6yH2kX8sL4nR7wC1dF5gJ0pQ9aE3uI6oT8=";
const DATABASE: &str = "Vd8sPq2LmX7zRt4W";
struct Servers {
    ca: TestCa,
    api: Recorder,
    plain: Recorder,
    redis: Recorder,
    database: Recorder,
    // Stopped when dropped.
    _behind: (Nginx, Redis, Postgres),
}

impl Servers {
    fn start() -> Result<Self> {
        let ca = TestCa::new()?;
        let leaf = ca.server()?;
        let nginx = Nginx::start(&NginxOptions::hardened(leaf.clone(), TOKEN, ORIGIN))?;
        let redis = Redis::start(RedisOptions::hardened(REDIS))?;
        let postgres = Postgres::start(PostgresOptions {
            tls: Some(leaf.clone()),
            tls_required: true,
            statements: vec![
                format!("CREATE ROLE app LOGIN PASSWORD '{DATABASE}'"),
                "CREATE DATABASE app".into(),
            ],
            ..PostgresOptions::default()
        })?;
        let record = |port, wrapping| Recorder::start(port, wrapping, &leaf, &ca);
        Ok(Self {
            api: record(nginx.tls_port(), Wrapping::Tls)?,
            plain: record(nginx.http_port(), Wrapping::Plain)?,
            redis: record(redis.port(), Wrapping::Plain)?,
            database: record(postgres.port(), Wrapping::Postgres)?,
            ca,
            _behind: (nginx, redis, postgres),
        })
    }

    fn project(&self) -> String {
        let targets = [
            ("api", format!("https://localhost:{}", self.api.port())),
            ("api_plain", format!("http://localhost:{}", self.plain.port())),
            ("frontend", ORIGIN.to_owned()),
            ("redis", format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", self.redis.port())),
            (
                "database",
                format!(
                    "postgresql://app:${{DB_PASSWORD}}@localhost:{}/app?sslmode=verify-full",
                    self.database.port()
                ),
            ),
            ("ca_file", self.ca.path().display().to_string()),
            ("source", "source".to_owned()),
        ];
        let mut project =
            "[project]\nname = \"Captured\"\n[policy]\nrequired_roles = [\"security\"]\n\
             exception_approvers = [\"security\"]\n[[environment]]\nname = \"staging\"\n\
             [environment.targets]\n"
                .to_owned();
        for (name, value) in targets {
            project.push_str(&format!("{name} = {value:?}\n"));
        }
        project.push_str("[environment.secrets]\n");
        for name in ["REDIS_PASSWORD", "DB_PASSWORD", "AUTH_TOKEN"] {
            project.push_str(&format!("{name} = \"env:{name}\"\n"));
        }
        project
    }

    fn ports(&self) -> BTreeSet<u16> {
        [&self.api, &self.plain, &self.redis, &self.database].map(Recorder::port).into()
    }
}

#[test]
fn a_full_run_reads_only_and_speaks_to_nobody_else() -> Result<()> {
    let servers = Servers::start()?;
    let mut team = Team::of_one()?;
    for (name, value) in
        [("REDIS_PASSWORD", REDIS), ("DB_PASSWORD", DATABASE), ("AUTH_TOKEN", TOKEN)]
    {
        team.cli = team.cli.env(name, value);
    }
    let project = team.write("countersign.toml", &servers.project())?;
    team.cli.succeed(&["project", "create", text(&project)?, "--role", "security"])?;
    team.cli.succeed(&["release", "open", "1.0", "--environment", "staging"])?;

    let (found, trace) = traced(&team)?;
    let passed = found["items"].as_array().into_iter().flatten().filter(|i| i["outcome"] == "pass");
    ensure!(passed.count() >= 20, "the run went well: {found}");
    redis_reads_only(&servers.redis.sent())?;
    sql_reads_only(&servers.database.sent())?;
    http_reads_only(&[servers.api.sent(), servers.plain.sent()].concat())?;
    let reached = reached(&trace)?;
    ensure!(reached == servers.ports(), "it reached {reached:?}, not {:?}", servers.ports());
    for secret in [REDIS, DATABASE, TOKEN] {
        let argv = trace.lines().filter(|line| line.contains("execve("));
        ensure!(!argv.into_iter().any(|line| line.contains(secret)), "a secret stands in argv");
    }
    Ok(())
}
