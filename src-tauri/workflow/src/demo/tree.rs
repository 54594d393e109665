//! The demo's sample source tree: a small mail service that nobody runs, with the faults
//! that people really make, or without them. It is a git repository, so that claims about
//! git have something to look at.

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_probes::auth::tokens;
use zeroize::Zeroizing;

use super::folder::{Condition, Folder, put};
use crate::error::Failure;
use crate::home::Home;

/// Names of the secrets in the tree's `.env`.
pub(super) const SECRETS: [&str; 3] = ["JWT_SECRET", "ENCRYPTION_KEY", "AUTH_TOKEN"];

/// Short, made of words, and in the source as well: the planted fault.
const WEAK_SECRET: &str = "inbox-demo-2024";

const README: &str = "\
# Inbox demo

A sample source tree that came with Countersign. Nothing here runs anywhere: it is there
so that probes have something to look at. Its secrets protect nothing.
";

const PACKAGE: &str = r#"{
  "name": "inbox-demo",
  "version": "1.0.0",
  "private": true,
  "description": "Sample tree of the Countersign demo",
  "scripts": { "start": "node dist/main.js" }
}
"#;

const MAIN: &str = r"import { config } from './config';
import { createServer } from './server';

createServer(config).listen(config.port, '127.0.0.1');
";

const SERVER: &str = r"import { createServer as http, Server } from 'node:http';
import type { Config } from './config';

export function createServer(config: Config): Server {
  return http((request, response) => {
    const known = request.url === '/health';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? { status: 'ok', name: config.name } : { error: 'not found' }));
  });
}
";

const CONFIG: &str = r"function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const config = {
  name: 'inbox-demo',
  port: Number(process.env.PORT ?? 3000),
  sessions: JWT,
  vault: required('ENCRYPTION_KEY'),
};

export type Config = typeof config;
";

/// Writes the tree as `condition` asks, and commits it. Values that are no fault stay.
///
/// # Errors
/// [`Failure::File`].
pub(super) fn write(home: &Home, folder: &Folder, condition: Condition) -> Result<(), Failure> {
    let source = folder.source();
    let (ignored, sessions) = match condition {
        Condition::Faulty => {
            ("node_modules/\ndist/\n", format!("process.env.JWT_SECRET ?? '{WEAK_SECRET}'"))
        }
        Condition::Repaired => (
            "node_modules/\ndist/\n.env\n.env.*\n!.env.example\n",
            "required('JWT_SECRET')".to_owned(),
        ),
    };
    let config = CONFIG.replace("JWT,", &format!("{sessions},"));
    // Ignored before it is written: no moment in which a `git add` would take it.
    let files = [
        ("README.md", README),
        ("package.json", PACKAGE),
        (".gitignore", ignored),
        ("src/main.ts", MAIN),
        ("src/server.ts", SERVER),
        ("src/config.ts", &config),
    ];
    for (name, text) in files {
        put(&source.join(name), text)?;
    }
    write_secrets(home, folder, condition)?;
    let message = match condition {
        Condition::Faulty => "Sample tree with faults",
        Condition::Repaired => "Repair the faults",
    };
    commit(&source, &files.map(|(name, _)| name), message);
    Ok(())
}

/// Whether the tree is there.
pub(super) fn is_there(folder: &Folder) -> bool {
    SECRETS.iter().all(|name| folder.value(name).is_some())
        && folder.source().join("src/config.ts").is_file()
}

fn write_secrets(home: &Home, folder: &Folder, condition: Condition) -> Result<(), Failure> {
    let known = |name: &str| folder.value(name);
    let jwt_secret = match condition {
        Condition::Faulty => Zeroizing::new(WEAK_SECRET.to_owned()),
        Condition::Repaired => match known("JWT_SECRET") {
            Some(value) if value.as_str() != WEAK_SECRET => value,
            _ => home.generate_secret("jwt-secret")?,
        },
    };
    let encryption_key = match known("ENCRYPTION_KEY") {
        Some(value) => value,
        None => home.generate_secret("encryption-key")?,
    };
    let token = match known("AUTH_TOKEN") {
        Some(value) if tokens::is_signed_by(&value, &jwt_secret) => value,
        _ => token(home, &jwt_secret)?,
    };
    let values = [jwt_secret, encryption_key, token];
    let mut text = Zeroizing::new(String::with_capacity(1024));
    text.push_str("# Made for the demo; protects nothing.\n");
    for (name, value) in SECRETS.iter().zip(&values) {
        for part in [name, "=", value.as_str(), "\n"] {
            text.push_str(part);
        }
    }
    put(&folder.env_file(), &text)
}

/// The demo user's token, signed as a service would sign it. It carries something random,
/// because the faulty tree's secret can be guessed.
fn token(home: &Home, secret: &str) -> Result<Zeroizing<String>, Failure> {
    let chance = home.generate_secret("encryption-key")?;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = format!(r#"{{"sub":"demo-user","tenant":"demo","jti":"{}"}}"#, chance.as_str());
    let content = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signed = tokens::signed("HS256", &content, secret.as_bytes());
    // Any secret is a key for HMAC, and the target knows the token by heart.
    Ok(signed.unwrap_or_else(|| Zeroizing::new(content)))
}

/// Commits these files, never the `.env`, always as the one commit there is: a literal that
/// was repaired is out of history as well, as the remedy asks. Without a `git` program the
/// tree is a plain folder, and the claims about git say so.
fn commit(source: &Path, names: &[&str], message: &str) {
    let made = source.join(".git").is_dir()
        || (git(source, &["init", "--quiet", "--initial-branch=main", "--template="])
            // Somebody's global ignore file must not repair what is planted here.
            && git(source, &["config", "core.excludesFile", "/dev/null"]));
    let mut add = vec!["add", "--"];
    add.extend(names);
    let mut record = vec!["commit", "--quiet", "--no-verify", "--message", message];
    if git(source, &["rev-parse", "--quiet", "--verify", "HEAD"]) {
        record.push("--amend");
    }
    let done = made
        && git(source, &add)
        && (git(source, &["diff", "--cached", "--quiet"]) || git(source, &record));
    if !done {
        tracing::info!("the demo's sample tree is not under git");
    }
}

/// Runs git on the tree alone: no configuration, hook or variable of the user takes part.
fn git(source: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let ran = command
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .args(["-c", "user.name=Countersign demo", "-c", "user.email=git@demo.invalid"])
        .args(["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .current_dir(source)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ran.is_ok_and(|status| status.success())
}
