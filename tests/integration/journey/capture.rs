//! Every byte that a full run sends, written down by relays in front of the servers, and
//! every address that it connects to, seen by strace: nothing that changes a server, no
//! more logins than were announced, no host that the environment does not name.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{
    Nginx, NginxOptions, Postgres, PostgresOptions, Recorder, Redis, RedisOptions, TestCa,
    Wrapping, run,
};

use crate::team::{Team, text};

const TOKEN: &str = "token-of-the-capture-0123456789abcdef";
const ORIGIN: &str = "https://app.example.com";
const REDIS: &str = "q3v9Zt0mB6yH2kX8sL4nR7wC1dF5gJ0pQ9aE3uI6oT8=";
const DATABASE: &str = "Vd8sPq2LmX7zRt4W";
/// Logins that the checklist allows, and one more for a forged address.
const LOGINS: usize = 7;
const LIMIT: Duration = Duration::from_secs(180);

/// Commands of Redis that only read; a run may send no other (commands of Redis, by ACL
/// category `@read` or `@connection`).
const REDIS_READS: [&str; 16] = [
    "ACL DRYRUN",
    "ACL GETUSER",
    "ACL WHOAMI",
    "ACL CAT",
    "AUTH",
    "CLIENT LIST",
    "CLIENT SETINFO",
    "COMMAND INFO",
    "COMMAND LIST",
    "CONFIG GET",
    "HELLO",
    "INFO",
    "PING",
    "QUIT",
    "SELECT",
    "COMMAND COUNT",
];
/// SQL that changes something.
const SQL_WRITES: [&str; 12] = [
    "create", "alter", "drop", "grant", "revoke", "insert", "update", "delete", "truncate", "copy",
    "vacuum", "comment",
];

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

    let trace = team.folder.path().join("trace");
    let mut traced = Command::new("strace");
    // Threads are followed; a child is let go at its execve: it is the user's own command.
    traced.args([
        "-f",
        "-b",
        "execve",
        "-e",
        "trace=connect,sendto,sendmsg,execve",
        "-s",
        "4096",
        "-o",
    ]);
    let check = team.cli.command(&["check", "--after", "--allow-active", "--json"]);
    traced.arg(&trace).arg(check.get_program()).args(check.get_args()).env_clear();
    traced.envs(check.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let found: serde_json::Value = run(&mut traced, LIMIT)?.json()?;

    let passed = found["items"].as_array().into_iter().flatten().filter(|i| i["outcome"] == "pass");
    ensure!(passed.count() >= 20, "the run went well: {found}");
    reads_only(&servers)?;
    let trace = std::fs::read_to_string(trace)?;
    let reached = reached(&trace)?;
    ensure!(reached == servers.ports(), "it reached {reached:?}, not {:?}", servers.ports());
    for secret in [REDIS, DATABASE, TOKEN] {
        let argv = trace.lines().filter(|line| line.contains("execve("));
        ensure!(!argv.into_iter().any(|line| line.contains(secret)), "a secret stands in argv");
    }
    Ok(())
}

fn reads_only(servers: &Servers) -> Result<()> {
    let mut commands = BTreeSet::new();
    for session in servers.redis.sent() {
        commands.extend(redis_commands(&session)?);
    }
    ensure!(
        commands.contains("PING") && commands.contains("AUTH"),
        "Redis was asked: {commands:?}"
    );
    for command in &commands {
        ensure!(REDIS_READS.contains(&command.as_str()), "Redis was sent {command}");
    }

    let statements = servers.database.sent().join("\n").to_ascii_lowercase();
    ensure!(statements.contains("pg_roles"), "PostgreSQL was asked");
    // Privileges are named in string constants: `has_schema_privilege('public', 'CREATE')`.
    let code: String = statements.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words {
        ensure!(!SQL_WRITES.contains(&word), "PostgreSQL was sent {word}: {statements}");
    }

    let requests: Vec<_> = [servers.api.sent(), servers.plain.sent()]
        .concat()
        .iter()
        .flat_map(|session| session.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.ends_with(" HTTP/1.1"))
        .collect();
    let (logins, looks): (Vec<_>, Vec<_>) =
        requests.iter().partition(|line| line.starts_with("POST /auth/login "));
    ensure!((1..=LOGINS).contains(&logins.len()), "{} logins were tried", logins.len());
    for line in looks {
        let method = line.split(' ').next().unwrap_or_default();
        ensure!(["GET", "HEAD", "OPTIONS"].contains(&method), "the API was sent {line}");
    }
    Ok(())
}

/// The commands of one session in RESP arrays; of a container its subcommand too.
fn redis_commands(session: &str) -> Result<BTreeSet<String>> {
    const CONTAINERS: [&str; 5] = ["ACL", "CLIENT", "COMMAND", "CONFIG", "MEMORY"];
    let mut found = BTreeSet::new();
    let mut lines = session.split("\r\n");
    while let Some(head) = lines.next().filter(|line| !line.is_empty()) {
        let Some(count) = head.strip_prefix('*') else {
            // An inline command.
            found.insert(head.split(' ').next().unwrap_or_default().to_ascii_uppercase());
            continue;
        };
        let mut words = Vec::new();
        for _ in 0..count.parse::<usize>().with_context(|| head.to_owned())? {
            lines.next().context("a length")?;
            words.push(lines.next().context("a word")?.to_ascii_uppercase());
        }
        let name = words.first().context("a command")?;
        let whole = match words.get(1) {
            Some(sub) if CONTAINERS.contains(&name.as_str()) => format!("{name} {sub}"),
            _ => name.clone(),
        };
        found.insert(whole);
    }
    Ok(found)
}

/// The loopback ports that were connected or sent to; any other address is an error.
fn reached(trace: &str) -> Result<BTreeSet<u16>> {
    let mut ports = BTreeSet::new();
    for line in trace.lines().filter(|line| line.contains("sa_family=AF_INET")) {
        let loopback = line.contains("inet_addr(\"127.0.0.1\")") || line.contains("\"::1\"");
        ensure!(loopback, "it reached out: {line}");
        let (_, after) = line.split_once("htons(").context("a port")?;
        let port = after.split(')').next().context("a port")?.parse()?;
        // getaddrinfo(3) connects without sending, to learn which address to prefer.
        if port != 0 {
            ports.insert(port);
        }
    }
    Ok(ports)
}
