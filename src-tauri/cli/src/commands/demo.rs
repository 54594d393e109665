//! `countersign demo`: real probes find real faults in a target inside this program, within
//! a minute of installing it.

use clap::Args;
use countersign_workflow::Home;
use countersign_workflow::check::Selection;
use countersign_workflow::demo::{DemoStarted, PASSPHRASE};
use countersign_workflow::view::{ProjectView, ReleaseView};
use zeroize::Zeroizing;

use super::{check, gate, release};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::passphrase::VARIABLE;
use crate::session::Session;

/// In which condition.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Repair the planted faults first
    #[arg(long, conflicts_with = "plant")]
    repair: bool,
    /// Plant the faults again first
    #[arg(long = "break")]
    plant: bool,
}

pub(crate) fn run(session: &Session, demo: &Demo, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    if !out.is_json() {
        out.line(&[
            strong("DEMO"),
            plain("  a target inside this program, on loopback; nothing real is looked at"),
        ]);
        out.line(&[]);
    }
    // One runtime for both: the target lives in it.
    let started = session.wait(start_and_look(home, demo, out))??;
    let view = home.release(&started.project, &started.release)?;
    let project = home.project(&started.project)?;
    let board = home.board()?;
    out.show(&view, |out, view| {
        out.heading("Board");
        release::board(out, &board);
        out.line(&[]);
        gate::print(out, &view.gate);
    })?;
    if !out.is_json() {
        next(out, session, &project, &view)?;
    }
    Ok(Exit::GOOD)
}

async fn start_and_look(home: &Home, demo: &Demo, out: &mut Output) -> Result<DemoStarted, Fault> {
    let started = home.start_demo().await?;
    if demo.repair || demo.plant {
        home.set_demo_faults(demo.plant)?;
    }
    let passphrase = Zeroizing::new(PASSPHRASE.to_owned());
    let key = home.unlock(&started.key.fingerprint, &passphrase)?;
    let release = (&started.project, &started.release);
    let checked = check::look(home, &key, release, Selection::default(), false, out).await?;
    if !out.is_json() {
        check::summary(out, &checked);
    }
    Ok(started)
}

/// What a newcomer can do with it.
fn next(
    out: &mut Output,
    session: &Session,
    project: &ProjectView,
    view: &ReleaseView,
) -> Result<(), Fault> {
    let home = session.home()?;
    let mut rest = session.home_option();
    if home.only_project().is_err() {
        rest = format!("{rest} --project {}", project.id);
    }
    out.heading("What now");
    if home.demo_is_faulty()? {
        step(
            out,
            "Repair the planted faults, look again",
            &format!("demo --repair{}", session.home_option()),
        );
    } else {
        step(out, "Plant the faults again", &format!("demo --break{}", session.home_option()));
    }
    let mut rows = view.sections.iter().flat_map(|section| &section.items);
    if let Some(row) = rows.find(|row| row.missing == "not ticked") {
        let tick = format!("attest {} --done --key demo-security{rest}", row.id);
        step(out, "Tick what only a person can see", &tick);
    }
    out.say("  When the gate is ready, the three sign, each for a role:");
    for role in &project.required_roles {
        let holder = project.members.iter().find(|member| member.roles.contains(role));
        let key = holder.map_or("KEY", |member| member.email.as_str());
        out.say(format!("      countersign sign --role {role} --key {key}{rest}"));
    }
    out.say(format!(
        "  Their passphrase is {PASSPHRASE} (asked for, or in {VARIABLE}); it is public and \
         protects nothing."
    ));
    step(out, "Write the audit record", &format!("export{rest}"));
    out.line(&[]);
    out.line(&[faint("  The ledger lies in "), plain(home.ledger_path().display().to_string())]);
    Ok(())
}

fn step(out: &mut Output, what: &str, command: &str) {
    out.say(format!("  {what}:"));
    out.say(format!("      countersign {command}"));
}
