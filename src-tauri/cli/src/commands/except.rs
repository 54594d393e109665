//! `countersign except`: to go out in spite of an item, asked for by one person and decided
//! by another.

use clap::{Args, Subcommand};
use countersign_workflow::view::{DecideException, ExceptionView, ReleaseView, RequestException};

use super::one_of;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What to do with exceptions.
#[derive(Debug, Subcommand)]
pub(crate) enum Except {
    /// Ask to go out in spite of an item
    Request(Request),
    /// Accept the risk
    Approve(Decide),
    /// Do not accept the risk
    Reject(Decide),
    /// Exceptions of the release
    List,
}

/// Why, and what holds the risk down.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// The item
    item: String,
    /// Why it has to go out all the same
    #[arg(long)]
    reason: String,
    /// What holds the risk down meanwhile
    #[arg(long)]
    control: String,
    /// Who answers for closing it
    #[arg(long)]
    owner: String,
    /// When it runs out and blocks again: 2026-01-31T12:00:00Z, or a date
    #[arg(long, value_name = "TIME")]
    expires: String,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The exception's id, or the start of it
    id: String,
    /// In your words
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

pub(crate) fn run(session: &Session, except: Except, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let (project, release) = session.release()?;
    let (decide, approve) = match except {
        Except::List => {
            let view = home.release(&project, &release)?;
            out.show(&view.exceptions, |out, all| list(out, all))?;
            return Ok(Exit::GOOD);
        }
        Except::Request(asked) => {
            let request = RequestException {
                project: project.to_string(),
                release: release.to_string(),
                item: asked.item,
                reason: asked.reason,
                compensating_control: asked.control,
                owner: asked.owner,
                expires_at: asked.expires,
            };
            let detail = home.request_exception(&session.unlock()?, &request)?;
            out.show(&detail, |out, detail| {
                out.line(&[plain("Asked for an exception of "), strong(&detail.row.title)]);
                list(out, &detail.exceptions);
                out.say("  Next, by somebody else: countersign except approve ID");
            })?;
            return Ok(Exit::GOOD);
        }
        Except::Approve(decide) => (decide, true),
        Except::Reject(decide) => (decide, false),
    };
    let exception = resolve(&home.release(&project, &release)?, &decide.id)?;
    let request = DecideException {
        project: project.to_string(),
        release: release.to_string(),
        exception,
        approve,
        note: decide.note,
    };
    let view = home.decide_exception(&session.unlock()?, &request)?;
    out.show(&view, |out, view| list(out, &view.exceptions))?;
    Ok(Exit::GOOD)
}

/// The id that `wanted` is, or is the start of.
pub(super) fn resolve(release: &ReleaseView, wanted: &str) -> Result<String, Fault> {
    let ids = release.exceptions.iter().map(|known| known.id.as_str());
    one_of(ids, "exception-", wanted).map(str::to_owned).map_err(|several| {
        let problem = if several {
            format!("several exceptions begin with {wanted:?}")
        } else {
            format!("there is no exception {wanted:?} in this release")
        };
        Fault::input(problem, "`countersign except list` shows them")
    })
}

fn list(out: &mut Output, exceptions: &[ExceptionView]) {
    if exceptions.is_empty() {
        out.say("No exception in this release.");
        return;
    }
    exceptions.iter().for_each(|one| print(out, one));
}

/// One exception in full: whoever decides or acknowledges must see all of it.
pub(super) fn print(out: &mut Output, one: &ExceptionView) {
    let mut state = words::exception(one.state);
    state.1.push_str("  ");
    out.line(&[state, strong(&one.item_title), faint(format!("  [{}]", one.item))]);
    let asked = format!("{}, {}", one.requested_by, words::time(&one.requested_at));
    let decided = match (&one.decided_by, &one.decided_at) {
        (Some(by), Some(at)) => format!("{by}, {}  {}", words::time(at), one.note),
        _ => String::new(),
    };
    for (name, text) in [
        ("id", one.id.as_str()),
        ("reason", &one.reason),
        ("control", &one.compensating_control),
        ("owner", &one.owner),
        ("expires", &words::time(&one.expires_at)),
        ("asked", &asked),
        ("decided", &decided),
    ] {
        if !text.is_empty() {
            out.line(&[faint(format!("  {name:<9} ")), plain(text)]);
        }
    }
}
