//! `countersign export`: the audit record of a release as one file that verifies anywhere.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The file to write [default: exports/PROJECT-VERSION.zip in the home]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(session: &Session, export: &Export, out: &mut Output) -> Result<Exit, Fault> {
    let (project, release) = session.release()?;
    let written = session.home()?.export_bundle(&project, &release, export.out.as_deref())?;
    out.show(&written, |out, written| {
        out.line(&[strong(&written.path), plain(format!("  {} bytes", written.size))]);
        out.line(&[faint(format!("  sha256:{}", written.sha256))]);
        for head in &written.heads {
            out.line(&[faint(format!("  head {head}"))]);
        }
        out.say("  Keep the head elsewhere: it shows later that nothing was cut off.");
        out.say(format!("  Check it: countersign verify {}", written.path));
    })?;
    Ok(Exit::GOOD)
}
