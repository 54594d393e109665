//! What a run may send: how to record one, and the rules that what it sent is held to.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::run;
use serde_json::Value;

use crate::team::Team;

/// Logins that the checklist allows, and one more for a forged address.
const LOGINS: usize = 7;
const LIMIT: Duration = Duration::from_secs(300);

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

/// Looks at everything, under strace: what was found, and the system calls that connect,
/// send and start programs.
pub(super) fn traced(team: &Team) -> Result<(Value, String)> {
    let trace = team.folder.path().join("trace");
    let mut traced = Command::new("strace");
    // Threads are followed; a child is let go at its execve: it is the user's own command.
    traced.args(["-f", "-b", "execve", "-e", "trace=connect,sendto,sendmsg,execve"]);
    traced.args(["-s", "4096", "-o"]).arg(&trace);
    let check = team.cli.command(&["check", "--after", "--allow-active", "--json"]);
    traced.arg(check.get_program()).args(check.get_args()).env_clear();
    traced.envs(check.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let found = run(&mut traced, LIMIT)?.json()?;
    Ok((found, std::fs::read_to_string(trace)?))
}

/// Holds that Redis was asked, and sent nothing but questions.
pub(super) fn redis_reads_only(sessions: &[String]) -> Result<()> {
    let mut commands = BTreeSet::new();
    for session in sessions {
        commands.extend(redis_commands(session)?);
    }
    ensure!(
        commands.contains("PING") && commands.contains("AUTH"),
        "Redis was asked: {commands:?}"
    );
    for command in &commands {
        ensure!(REDIS_READS.contains(&command.as_str()), "Redis was sent {command}");
    }
    Ok(())
}

/// Holds that PostgreSQL was asked, and sent no statement that changes something.
pub(super) fn sql_reads_only(sessions: &[String]) -> Result<()> {
    let statements = sessions.join("\n").to_ascii_lowercase();
    ensure!(statements.contains("pg_roles"), "PostgreSQL was asked");
    // Privileges are named in string constants: `has_schema_privilege('public', 'CREATE')`.
    let code: String = statements.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words {
        ensure!(!SQL_WRITES.contains(&word), "PostgreSQL was sent {word}: {statements}");
    }
    Ok(())
}

/// Holds that a login was tried, a few times only, and that all else were questions.
pub(super) fn http_reads_only(sessions: &[String]) -> Result<()> {
    let lines = sessions.iter().flat_map(|session| session.lines());
    let requests = lines.filter(|line| line.ends_with(" HTTP/1.1"));
    let (logins, looks): (Vec<_>, Vec<_>) =
        requests.partition(|line| line.starts_with("POST /auth/login "));
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
pub(super) fn reached(trace: &str) -> Result<BTreeSet<u16>> {
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
