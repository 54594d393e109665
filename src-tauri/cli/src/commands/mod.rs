//! One file for each command: its arguments, what it asks of workflow, how it shows the
//! answer.

pub(crate) mod attest;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod except;
pub(crate) mod export;
pub(crate) mod gate;
pub(crate) mod key;
pub(crate) mod packet;
pub(crate) mod probe;
pub(crate) mod project;
mod proposal;
pub(crate) mod release;
pub(crate) mod roster;
pub(crate) mod secrets;
pub(crate) mod sign;
pub(crate) mod template;
pub(crate) mod verify;

use std::path::Path;

use crate::args::Command;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::Output;
use crate::session::Session;

/// Runs one command.
///
/// # Errors
/// [`Fault`] with the exit code that tells of it.
pub(crate) fn run(session: &Session, command: Command, out: &mut Output) -> Result<Exit, Fault> {
    match command {
        Command::Demo(demo) => demo::run(session, &demo, out),
        Command::Project(project) => project::run(session, project, out),
        Command::Roster(roster) => roster::run(session, roster, out),
        Command::Key(key) => key::run(session, key, out),
        Command::Template(template) => template::run(session, template, out),
        Command::Packet(packet) => packet::run(session, packet, out),
        Command::Probe(probe) => probe::run(session, probe, out),
        Command::Release(release) => release::run(session, release, out),
        Command::Check(check) => check::run(session, &check, out),
        Command::Attest(attest) => attest::run(session, attest, out),
        Command::Except(except) => except::run(session, except, out),
        Command::Gate => gate::run(session, out),
        Command::Sign(sign) => sign::run(session, &sign, out),
        Command::Deploy(deploy) => deploy::run(session, deploy, out),
        Command::Export(export) => export::run(session, &export, out),
        Command::Verify(verify) => verify::run(&verify, out),
        Command::Secrets(secrets) => secrets::run(secrets, out),
    }
}

/// A file that somebody named, as text.
fn read_text(path: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(path).map_err(|error| Fault::file(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Fault::input(
            format!("{} is not UTF-8 text (byte {at})", path.display()),
            "Save it as UTF-8 and try again",
        )
    })
}

/// The one of `ids` that `wanted` is, or is the start of, with or without their `prefix`.
///
/// # Errors
/// Whether there were several.
fn one_of<'a>(
    ids: impl Iterator<Item = &'a str>,
    prefix: &str,
    wanted: &str,
) -> Result<&'a str, bool> {
    let mut found = Vec::new();
    for id in ids {
        if id == wanted {
            return Ok(id);
        }
        let bare = id.strip_prefix(prefix).unwrap_or(id);
        if !wanted.is_empty() && (id.starts_with(wanted) || bare.starts_with(wanted)) {
            found.push(id);
        }
    }
    match found.as_slice() {
        [one] => Ok(one),
        others => Err(!others.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_named_by_its_id_or_the_start_of_it() {
        let ids = ["exception-ab12", "exception-ab34", "exception-cd"];
        let of = |wanted| one_of(ids.into_iter(), "exception-", wanted);
        assert_eq!(of("exception-ab12"), Ok("exception-ab12"));
        assert_eq!(of("ab3"), Ok("exception-ab34"));
        assert_eq!(of("exception-c"), Ok("exception-cd"));
        assert_eq!(of("ab"), Err(true), "two begin so");
        assert_eq!(of("x"), Err(false));
        assert_eq!(of(""), Err(false), "nothing names nothing");
    }
}
