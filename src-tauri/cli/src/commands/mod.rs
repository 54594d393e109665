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
