//! Passphrases: from a file descriptor, the environment, or a person at the terminal.
//! Never from the command line, which every process of the machine can read.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use crate::fault::Fault;

/// The variable that holds a passphrase for programs that start this one.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_PASSPHRASE";

/// Most bytes that are read of a passphrase.
const LIMIT: u64 = 4096;

/// Gets the passphrase from `fd`, else the environment, else a person. `again` asks a
/// person twice: for a passphrase that is being set.
///
/// # Errors
/// [`Fault`] when there is none to be had, or the two differ.
pub(crate) fn get(fd: Option<u32>, prompt: &str, again: bool) -> Result<Zeroizing<String>, Fault> {
    if let Some(fd) = fd {
        return from_descriptor(fd);
    }
    if let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let text = value.into_string().map_err(|_| not_text(VARIABLE))?;
        return Ok(Zeroizing::new(text));
    }
    if !std::io::stderr().is_terminal() && !std::io::stdin().is_terminal() {
        return Err(Fault::usage(
            "a passphrase is needed, and there is no terminal to ask on",
            format!("Use --passphrase-fd N, or the variable {VARIABLE}"),
        ));
    }
    let first = ask(prompt)?;
    if again && *first != *ask("The same again: ")? {
        return Err(Fault::input("the two passphrases differ", "Nothing was done; start again"));
    }
    Ok(first)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Fault> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
        Fault::usage(
            format!("the passphrase could not be asked for: {error}"),
            format!("Use --passphrase-fd N, or the variable {VARIABLE}"),
        )
    })
}

/// The first line that the descriptor gives. Its number is no secret.
fn from_descriptor(fd: u32) -> Result<Zeroizing<String>, Fault> {
    let name = format!("/dev/fd/{fd}");
    let failed = |error: std::io::Error| {
        Fault::usage(
            format!("--passphrase-fd {fd}: {error}"),
            "Open the descriptor for this program: countersign … --passphrase-fd 3 3<FILE",
        )
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LIMIT).unwrap_or(0)));
    File::open(&name).map_err(failed)?.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| not_text(&name))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn not_text(name: &str) -> Fault {
    Fault::input(format!("{name} holds no UTF-8 text"), "Give the passphrase as UTF-8")
}
