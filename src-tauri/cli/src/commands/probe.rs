//! `countersign probe`: what probes there are, and one tried against an environment. A
//! trial needs no ledger and no key, and records nothing.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use countersign_domain::environment::Environment;
use countersign_workflow::probe::{Trial, parameter, probe, probes, try_probe};
use countersign_workflow::view::{OutcomeCode, ProbeTrial, ProbeView};
use countersign_workflow::{Cancel, Failure, ProjectFile, World};

use super::read_text;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::interrupt::asked_to_stop;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// The project's own file, looked for where the program is started.
const PROJECT_FILE: &str = "countersign.toml";

/// What to do with probes.
#[derive(Debug, Subcommand)]
pub(crate) enum Probe {
    /// Every probe with its claim
    List,
    /// What one claims, how it looks, what it cannot see
    Show {
        /// Its name
        name: String,
    },
    /// Run one against an environment; nothing is recorded
    Try(Try),
}

/// Which probe, against what.
#[derive(Debug, Args)]
pub(crate) struct Try {
    /// Its name
    name: String,
    /// Parameter; the value is read as TOML, or else as text; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// A project's countersign.toml, or a file with one environment [default:
    /// ./countersign.toml, unless --project names a project of the ledger]
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// The environment by name [default: the only one]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Run a probe that loads or changes the target or runs a command, too
    #[arg(long)]
    allow_active: bool,
    /// Show what a command prints while it runs
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) fn run(session: &Session, asked: Probe, out: &mut Output) -> Result<Exit, Fault> {
    match asked {
        Probe::List => out.show(&probes(), |out, views| list(out, views))?,
        Probe::Show { name } => out.show(&probe(&name)?, show)?,
        Probe::Try(asked) => return attempt(session, asked, out),
    }
    Ok(Exit::GOOD)
}

fn attempt(session: &Session, asked: Try, out: &mut Output) -> Result<Exit, Fault> {
    let params = asked.params.iter().map(|text| parameter(text)).collect::<Result<_, _>>()?;
    let (environment, base) = environment(session, &asked)?;
    let trial = Trial { probe: asked.name, params, allow_active: asked.allow_active };
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let loud = asked.verbose && !out.is_json();
    let told = session.wait(async {
        let hear = |line: &str| {
            if loud {
                out.line(&[faint("  "), plain(line)]);
            }
        };
        let world = World::real();
        let mut trying = std::pin::pin!(try_probe(&world, environment, &base, trial, cancel, hear));
        loop {
            tokio::select! {
                done = &mut trying => return done,
                () = asked_to_stop() => stop.cancel(),
            }
        }
    })??;
    let exit = if stop.is_cancelled() { Exit::CANCELLED } else { exit(told.outcome) };
    out.show(&told, tried)?;
    Ok(exit)
}

/// The environment, and where its relative paths start.
fn environment(session: &Session, asked: &Try) -> Result<(Environment, PathBuf), Fault> {
    let name = asked.environment.as_deref();
    let file = match &asked.env {
        Some(file) => file.clone(),
        None if session.names_project() => {
            let home = session.home()?;
            return Ok((home.environment(&session.project()?, name)?, home.path().to_owned()));
        }
        None => PathBuf::from(PROJECT_FILE),
    };
    if asked.env.is_none() && !file.exists() {
        return Err(Fault::input(
            format!("there is no {PROJECT_FILE} here"),
            "Say where to look: --env FILE, or --project NAME for one of the ledger",
        ));
    }
    let text = read_text(&file)?;
    let absolute = std::path::absolute(&file).map_err(|error| Fault::file(&file, error))?;
    let base = absolute.parent().unwrap_or(Path::new("/")).to_owned();
    let found = ProjectFile::environment(&text, &base, name).map_err(|failure| match &failure {
        Failure::ProjectFile { .. } => {
            Fault::input(format!("{}: {failure}", file.display()), failure.hint())
        }
        _ => failure.into(),
    })?;
    Ok((found, base))
}

fn exit(outcome: OutcomeCode) -> Exit {
    match outcome {
        OutcomeCode::Pass | OutcomeCode::NotApplicable => Exit::GOOD,
        OutcomeCode::Fail => Exit::BAD,
        OutcomeCode::Inconclusive | OutcomeCode::NotRun => Exit::UNSURE,
    }
}

fn list(out: &mut Output, views: &[ProbeView]) {
    let rows = views.iter().map(|view| {
        let active = if view.active { "active" } else { "" };
        vec![strong(&view.name), plain(&view.claim), faint(active)]
    });
    out.table(&["probe", "claim", ""], rows.collect());
}

fn show(out: &mut Output, view: &ProbeView) {
    out.line(&[strong(&view.name), faint(format!("  rules version {}", view.rules))]);
    out.say(format!("  {}", view.claim));
    let parts = [
        ("Why", &view.why),
        ("How it looks, and what it sends", &view.how),
        ("What it cannot see", &view.blind),
        ("Remedy", &view.remedy),
    ];
    for (name, text) in parts {
        out.heading(name);
        out.block("  ", text);
    }
    if view.active {
        out.heading("Active");
        out.say("  It changes state or load on the target, or runs a command: it asks first.");
    }
}

fn tried(out: &mut Output, told: &ProbeTrial) {
    let verdict = words::outcome(told.outcome);
    out.line(&[
        verdict,
        strong(format!("  {}", told.probe)),
        faint(format!("  rules {}  {}", told.rules, told.environment)),
    ]);
    out.say(format!("  {}", words::reasoned(told.reason.as_deref(), &told.summary)));
    for (name, text) in [
        ("claim", told.claim.as_str()),
        ("target", &told.target),
        ("expected", &told.expected),
        ("observed", &told.observed),
        ("reproduce", told.reproduce.as_deref().unwrap_or_default()),
    ] {
        if !text.is_empty() {
            super::check::labelled(out, name, text);
        }
    }
    told.notes.iter().for_each(|note| super::check::labelled(out, "note", &note.text));
    if !told.transcript.is_empty() {
        out.heading("Transcript");
        told.transcript.iter().for_each(|line| out.block("  ", line));
    }
    out.line(&[faint(format!("  in {} ms; nothing was recorded", told.took_ms))]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_told_does_not_end_like_a_pass() {
        for (outcome, code) in [
            (OutcomeCode::Pass, Exit::GOOD),
            (OutcomeCode::NotApplicable, Exit::GOOD),
            (OutcomeCode::Fail, Exit::BAD),
            (OutcomeCode::Inconclusive, Exit::UNSURE),
            (OutcomeCode::NotRun, Exit::UNSURE),
        ] {
            assert_eq!(exit(outcome), code, "{outcome:?}");
        }
    }
}
