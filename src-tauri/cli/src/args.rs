//! The command line. Each command's own arguments stand beside the command; here is what
//! all of them share.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    attest, check, demo, deploy, except, export, key, packet, probe, project, release, roster,
    secrets, sign, template, verify,
};
use crate::exit::TABLE;

/// Sign-off of a deployment: live checks, a signed ledger, three signatures, an audit record.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = TABLE, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Folder that holds ledger and keys [default: the platform's data folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "COUNTERSIGN_HOME",
        hide_env_values = true
    )]
    pub(crate) home: Option<PathBuf>,
    /// Print JSON; its shapes are described in docs/schemas
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Project by name or id [default: the only one]
    #[arg(long, global = true, value_name = "PROJECT")]
    pub(crate) project: Option<String>,
    /// Release by version or id [default: the newest]
    #[arg(long, global = true, value_name = "RELEASE")]
    pub(crate) release: Option<String>,
    /// Key by name, e-mail or fingerprint [default: the only one]
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Read the passphrase from this open descriptor; else from the variable
    /// COUNTERSIGN_PASSPHRASE, else ask on the terminal
    #[arg(long, global = true, value_name = "N")]
    pub(crate) passphrase_fd: Option<u32>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it work: live checks against a target inside this program
    Demo(demo::Demo),
    /// Projects: create, configure, list, check the ledger
    #[command(subcommand)]
    Project(project::Project),
    /// The people of a project, their keys and roles
    #[command(subcommand)]
    Roster(roster::Roster),
    /// Keys on this machine
    #[command(subcommand)]
    Key(key::Key),
    /// Checklists that a release can pin
    #[command(subcommand)]
    Template(template::Template),
    /// Events on their way to another machine, and from there
    #[command(subcommand)]
    Packet(packet::Packet),
    /// Probes: list, show, try one
    #[command(subcommand)]
    Probe(probe::Probe),
    /// Releases: open, list, show, close
    #[command(subcommand)]
    Release(release::Release),
    /// Look at the environment of a release
    Check(check::Check),
    /// Tick an item, with a note and files
    Attest(attest::Attest),
    /// Exceptions: ask for one, decide on one
    #[command(subcommand)]
    Except(except::Except),
    /// May the release go out?
    Gate,
    /// Sign for a role, decline, or take it back
    Sign(sign::Sign),
    /// Record and verify the deployment
    #[command(subcommand)]
    Deploy(deploy::Deploy),
    /// Write the audit record as one file: the bundle, or another format
    Export(export::Export),
    /// Verify an audit record, offline
    Verify(verify::Verify),
    /// Make new secrets, judge those you have
    #[command(subcommand)]
    Secrets(secrets::Secrets),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_has_no_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_command_takes_a_passphrase_or_a_secret_as_an_argument() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                let secret = name.contains("passphrase") && name != "passphrase_fd";
                assert!(!secret && !name.contains("secret"), "{} {name}", command.get_name());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Arguments::command());
    }
}
