//! `countersign release`: opened, listed, shown, closed.

use clap::{Args, Subcommand};
use countersign_workflow::view::{
    Board, CloseRelease, DeclareEmergency, DeploymentView, ItemRow, OpenRelease, ReleaseView,
    SectionView,
};

use super::gate;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What to do with releases.
#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Open a release: pins the checklist, the git commit and the artifacts
    Open(Open),
    /// Releases of the project, or of every project
    List,
    /// Everything about a release
    Show,
    /// The checklist as Markdown, boxes ticked
    Checklist,
    /// Declare that it cannot wait for every signature, as far as the policy allows that
    Emergency {
        /// Why it cannot wait, or why it is none
        #[arg(long)]
        reason: String,
        /// It is no emergency any more, or never was
        #[arg(long)]
        withdraw: bool,
    },
    /// Close a release that went out and was verified
    Close {
        /// Closing words
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
    },
}

/// What goes out.
#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The version that goes out
    version: String,
    /// Where to: an environment of the project
    #[arg(long)]
    environment: String,
    /// Checklist by id [default: production-security]
    #[arg(long, value_name = "ID")]
    template: Option<String>,
    /// File or image that goes out; may be given several times
    #[arg(long = "artifact", value_name = "NAME=SHA256")]
    artifacts: Vec<String>,
    /// Ticket or change request
    #[arg(long, default_value = "", hide_default_value = true)]
    ticket: String,
    /// Why it goes out
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// When it is planned: 2026-01-31T12:00:00Z, or a date
    #[arg(long, value_name = "TIME")]
    planned: Option<String>,
}

pub(crate) fn run(session: &Session, release: Release, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    match release {
        Release::Open(open) => {
            let request = OpenRelease {
                project: session.project()?.to_string(),
                version: open.version,
                environment: open.environment,
                template: open.template,
                artifacts: open.artifacts,
                ticket: open.ticket,
                reason: open.reason,
                planned_for: open.planned,
            };
            let view = home.open_release(&session.unlock()?, &request)?;
            out.show(&view, |out, view| {
                head(out, view);
                out.say("  Next: countersign check");
            })?;
        }
        Release::List => out.show(&home.board()?, board)?,
        Release::Show => {
            let (project, release) = session.release()?;
            out.show(&home.release(&project, &release)?, show)?;
        }
        Release::Checklist => {
            let (project, release) = session.release()?;
            out.document(&home.checklist(&project, &release)?);
        }
        Release::Emergency { reason, withdraw } => {
            let (project, release) = session.release()?;
            let (project, release) = (project.to_string(), release.to_string());
            let request = DeclareEmergency { project, release, reason, withdraw };
            let view = home.declare_emergency(&session.unlock()?, &request)?;
            out.show(&view, |out, view| {
                head(out, view);
                gate::print(out, &view.gate);
            })?;
        }
        Release::Close { note } => {
            let (project, release) = session.release()?;
            let request =
                CloseRelease { project: project.to_string(), release: release.to_string(), note };
            out.show(&home.close_release(&session.unlock()?, &request)?, head)?;
        }
    }
    Ok(Exit::GOOD)
}

/// Every release at a glance.
pub(super) fn board(out: &mut Output, board: &Board) {
    let releases: Vec<_> = board.projects.iter().flat_map(|project| &project.releases).collect();
    if releases.is_empty() {
        out.say("No release yet. Open one: countersign release open VERSION --environment NAME");
        return;
    }
    let rows = releases
        .into_iter()
        .map(|row| {
            let name = if row.demo {
                format!("DEMO {}", row.project_name)
            } else {
                row.project_name.clone()
            };
            let counts = row.counts;
            vec![
                plain(name),
                strong(&row.version),
                plain(format!("→ {}", row.environment)),
                plain(words::stage(row.stage)),
                words::gate(row.verdict),
                plain(format!("{} of {} settled", counts.settled, counts.total)),
                plain(format!("score {}", row.score.now)),
                faint(words::time(&row.changed_at)),
            ]
        })
        .collect();
    let header = ["project", "release", "", "stage", "gate", "items", "", "changed"];
    out.table(&header, rows);
}

/// What goes out, in a few lines.
pub(super) fn head(out: &mut Output, release: &ReleaseView) {
    let row = &release.row;
    if row.demo {
        out.say("DEMO: about the target inside this program, not about a real deployment");
    }
    out.line(&[
        strong(format!("{} {}", row.project_name, row.version)),
        plain(format!(" → {}  ", row.environment)),
        plain(words::stage(row.stage)),
        faint(format!("  {}", row.id)),
    ]);
    let subject = &release.subject;
    if let Some(commit) = &subject.commit {
        let dirty = if subject.dirty { ", and changes that are not committed" } else { "" };
        out.say(format!("  commit {commit}{dirty}"));
    }
    for (name, sha256) in &subject.artifacts {
        out.say(format!("  artifact {name}  sha256:{sha256}"));
    }
    if !subject.ticket.is_empty() || !subject.reason.is_empty() {
        out.say(format!("  {} {}", subject.ticket, subject.reason));
    }
    let template = &release.template;
    out.line(&[faint(format!(
        "  checklist {} {}, {} items, sha256:{}",
        template.id, template.version, template.items, template.sha256
    ))]);
    if let Some(deployment) = &release.deployment {
        deployed(out, deployment);
    }
}

fn deployed(out: &mut Output, known: &DeploymentView) {
    out.say(format!(
        "  deployed {} by {}, to be verified by {}",
        words::time(&known.deployed_at),
        known.deployed_by,
        known.verified_by
    ));
    if let Some(at) = &known.verified_at {
        out.say(format!("  verified {} by {}", words::time(at), known.verified_by));
    }
    if let Some(date) = &known.next_review {
        out.say(format!("  next review {date}"));
    }
}

fn show(out: &mut Output, release: &ReleaseView) {
    head(out, release);
    out.line(&[]);
    gate::print(out, &release.gate);
    if !release.closing.is_empty() {
        out.heading("Before it can be closed");
        for blocker in &release.closing {
            out.say(format!("  • {}", blocker.text));
        }
    }
    release.sections.iter().for_each(|known| section(out, known));
}

fn section(out: &mut Output, section: &SectionView) {
    out.heading(format!(
        "{}  {}  {} of {}",
        section.title,
        words::severity(section.severity),
        section.settled,
        section.items.len()
    ));
    out.table(&[], section.items.iter().map(item).collect());
}

fn item(row: &ItemRow) -> Vec<crate::output::Span> {
    let said = row.machine.as_ref().map_or_else(
        || plain(""),
        |machine| {
            let mut span = words::outcome(machine.outcome);
            if machine.stale {
                span.1.push_str(", too old");
            }
            span
        },
    );
    vec![words::item(row.state), strong(&row.id), plain(&row.title), said, faint(&row.missing)]
}
