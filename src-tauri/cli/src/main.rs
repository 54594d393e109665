//! `countersign`, the headless front: the same verbs as the window, for terminals and
//! pipelines. Thin over workflow: it reads arguments, asks for passphrases, and prints.

mod args;
mod commands;
mod exit;
mod fault;
mod interrupt;
mod output;
mod passphrase;
mod progress;
mod session;
mod text;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Arguments;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::Output;
use crate::session::Session;

fn main() -> ExitCode {
    // Known before the arguments are: a usage error is JSON, too, when JSON was asked for.
    let json =
        std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json");
    let mut out = Output::new(json);
    let result = match Arguments::try_parse() {
        Ok(arguments) => {
            let session = Session::new(arguments.global);
            commands::run(&session, arguments.command, &mut out)
        }
        Err(error) if error.use_stderr() => Err(Fault::usage_of(&error)),
        Err(help) => {
            out.raw(&help.render().to_string());
            Ok(Exit::GOOD)
        }
    };
    let exit = result.unwrap_or_else(|fault| {
        out.fault(&fault);
        fault.exit()
    });
    // Who closed the pipe has read enough; a disk that is full has not.
    match out.finish() {
        Ok(()) => exit.into(),
        Err(error) => {
            let fault = Fault::output(&error);
            out.fault(&fault);
            fault.exit().into()
        }
    }
}
