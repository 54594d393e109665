//! `countersign secrets`: new values on standard output and nowhere else; a judgement of
//! values that reach this program by a pipe or the environment, never by its arguments.

use std::io::{IsTerminal as _, Read as _};

use clap::Subcommand;
use countersign_workflow::view::StrengthView;
use countersign_workflow::{World, judge_secret, new_secret};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Look, Output, Span, plain};

/// Every kind, with the name that it usually has.
const KINDS: [(&str, &str); 3] = [
    ("jwt-secret", "JWT_SECRET"),
    ("encryption-key", "ENCRYPTION_KEY"),
    ("redis-password", "REDIS_PASSWORD"),
];

/// Most bytes that are read of a secret.
const LIMIT: u64 = 64 * 1024;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Print a new secret, or one of each kind as NAME=VALUE lines
    Generate {
        /// jwt-secret, encryption-key or redis-password
        kind: Option<String>,
    },
    /// Judge a secret: from the environment variable NAME, else from standard input
    Judge {
        /// The name, such as JWT_SECRET; never the value
        name: String,
    },
}

pub(crate) fn run(secrets: Secrets, out: &mut Output) -> Result<Exit, Fault> {
    match secrets {
        Secrets::Generate { kind } => generate(kind.as_deref(), out),
        Secrets::Judge { name } => judge(&name, out),
    }
}

fn generate(kind: Option<&str>, out: &mut Output) -> Result<Exit, Fault> {
    let world = World::real();
    let mut lines = Zeroizing::new(String::new());
    match kind {
        Some(kind) => lines.push_str(&new_secret(&world, kind)?),
        None => {
            for (kind, name) in KINDS {
                lines.push_str(name);
                lines.push('=');
                lines.push_str(&new_secret(&world, kind)?);
                lines.push('\n');
            }
        }
    }
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    out.raw(&lines);
    out.remark("Kept nowhere: put it into your secret store now, it cannot be shown again.");
    Ok(Exit::GOOD)
}

fn judge(name: &str, out: &mut Output) -> Result<Exit, Fault> {
    let variable = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.len() > 80 || !name.chars().all(variable) {
        // It may be the secret itself, given by mistake: it is not repeated.
        let hint = "Give the name of a variable; the value comes by standard input";
        return Err(Fault::usage("that is not a name of letters, digits and underscores", hint));
    }
    let strength = judge_secret(name, &value(name)?);
    let exit = if strength.strong { Exit::GOOD } else { Exit::BAD };
    out.show(&strength, print)?;
    Ok(exit)
}

fn value(name: &str) -> Result<Zeroizing<String>, Fault> {
    if let Some(value) = std::env::var_os(name) {
        return value.into_string().map(Zeroizing::new).map_err(|_| not_text());
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return rpassword::prompt_password(format!("Value of {name}: "))
            .map(Zeroizing::new)
            .map_err(|error| {
                Fault::usage(format!("the value could not be asked for: {error}"), "Pipe it in")
            });
    }
    let mut bytes = Zeroizing::new(Vec::new());
    stdin
        .take(LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::file(std::path::Path::new("standard input"), error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| not_text())?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        let hint = format!("Pipe the value in, or set the variable {name}");
        return Err(Fault::input("there is no value to judge", hint));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

fn not_text() -> Fault {
    Fault::input("the value is not UTF-8 text", "Encode random bytes as hexadecimal or base64")
}

fn print(out: &mut Output, strength: &StrengthView) {
    let mark = if strength.strong {
        Span(Look::Green, "✓ strong".into())
    } else {
        Span(Look::Red, "✗ WEAK".into())
    };
    out.line(&[mark, plain(format!("  {}", strength.summary))]);
    out.say(format!(
        "  {} characters, {}, {} to guess",
        strength.length, strength.alphabet, strength.bucket
    ));
    for wrong in &strength.wrong {
        out.say(format!("  It {wrong}"));
    }
}
