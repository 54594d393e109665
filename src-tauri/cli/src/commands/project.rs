//! `countersign project`: what is deployed, where, and whether its ledger is whole.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use countersign_workflow::view::{Board, CheckedView, LedgerView, ProjectView};
use countersign_workflow::{Cancel, Failure, ProjectFile, role_of};

use super::{proposal, read_text, roster};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Look, Output, Span, faint, plain, strong};
use crate::progress::bar;
use crate::session::Session;
use crate::words;

/// What to do with projects.
#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Start a project; your key becomes its first admin
    Create {
        /// The project's countersign.toml
        file: PathBuf,
        /// Roles that you hold besides admin; may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Projects in this ledger
    List,
    /// Environments, roster, policy
    Show,
    /// Take environments and policy from the file; a policy that needs the consent of others
    /// is proposed to them
    Configure {
        /// The project's countersign.toml
        file: PathBuf,
    },
    /// Verify the whole ledger: every event, signature and stored file
    Check,
}

pub(crate) fn run(session: &Session, project: Project, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    match project {
        Project::Create { file, roles } => {
            let roles: Vec<_> = roles.iter().map(|role| role_of(role)).collect::<Result<_, _>>()?;
            let parsed = read(&file)?;
            let view = home.create_project(&session.unlock()?, parsed, &roles)?;
            out.show(&view, show)?;
        }
        Project::Configure { file } => {
            let parsed = read(&file)?;
            let project = session.project()?;
            let answer = home.configure_project(&session.unlock()?, &project, parsed)?;
            let view = proposal::answered(answer, out);
            out.show(&view, show)?;
        }
        Project::List => out.show(&home.board()?, list)?,
        Project::Show => out.show(&home.project(&session.project()?)?, show)?,
        Project::Check => {
            let bar = bar(out);
            let mut tell = |now: CheckedView| {
                bar.set_length(now.total.into());
                bar.set_position(now.done.into());
            };
            let view = home.check_ledger(&Cancel::new(), &mut tell);
            bar.finish_and_clear();
            let view = view?;
            let exit = if view.problems.is_empty() { Exit::GOOD } else { Exit::BAD };
            out.show(&view, ledger)?;
            return Ok(exit);
        }
    }
    Ok(Exit::GOOD)
}

/// Paths in the file start where the file lies.
fn read(file: &Path) -> Result<ProjectFile, Fault> {
    let text = read_text(file)?;
    let absolute = std::path::absolute(file).map_err(|error| Fault::file(file, error))?;
    let base = absolute.parent().unwrap_or(Path::new("/"));
    ProjectFile::parse(&text, base).map_err(|failure| match &failure {
        Failure::ProjectFile { .. } => {
            Fault::input(format!("{}: {failure}", file.display()), failure.hint())
        }
        _ => failure.into(),
    })
}

fn list(out: &mut Output, board: &Board) {
    if board.projects.is_empty() {
        out.say("No project yet. Create one: countersign project create countersign.toml");
        return;
    }
    let rows = board
        .projects
        .iter()
        .map(|project| {
            vec![
                strong(&project.name),
                plain(if project.demo { "DEMO" } else { "" }),
                plain(words::count(project.releases.len(), "release", "releases")),
                plain(format!("{} on the roster", project.members)),
                faint(&project.id),
            ]
        })
        .collect();
    out.table(&[], rows);
}

fn show(out: &mut Output, project: &ProjectView) {
    if project.demo {
        out.say("DEMO: about the target inside this program, not about a real deployment");
    }
    roster::people(out, project);
    out.say("  Policy:");
    for rule in &project.policy {
        out.say(format!("    {rule}"));
    }
    for environment in &project.environments {
        let unsaid = environment.production && environment.name != "production";
        let production = if unsaid { " (production)" } else { "" };
        out.heading(format!("{}{production}", environment.name));
        let targets = environment.targets.iter();
        let mut rows: Vec<_> = targets
            .map(|target| vec![faint(&target.name), plain(&target.value), plain("")])
            .collect();
        rows.extend(environment.secrets.iter().map(|secret| {
            let found = if secret.found {
                Span(Look::Green, "✓ has a value".into())
            } else {
                Span(Look::Yellow, "? no value here".into())
            };
            vec![faint(format!("${{{}}}", secret.name)), plain(&secret.reference), found]
        }));
        out.table(&[], rows);
    }
}

fn ledger(out: &mut Output, view: &LedgerView) {
    out.line(&[faint(&view.path)]);
    let events = words::count(view.events as usize, "event", "events");
    if view.problems.is_empty() {
        out.line(&[
            Span(Look::Green, "✓ whole".into()),
            plain(format!(": {events}, every one signed and in its place")),
        ]);
        return;
    }
    let problems = words::count(view.problems.len(), "problem", "problems");
    out.line(&[Span(Look::Red, format!("✗ {problems}")), plain(format!(" in {events}"))]);
    for damage in &view.damage {
        out.say(format!("  {}", damage.problem));
        out.say(format!("      {}", damage.cure));
    }
    out.say("  Keep this file as it is, and work on from a backup.");
}
