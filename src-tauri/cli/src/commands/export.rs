//! `countersign export`: the audit record of a release as one file: the bundle that verifies
//! anywhere, or one document in a format that other tools read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use countersign_workflow::Format;
use countersign_workflow::view::BundleView;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;

/// What, and where to.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// What to write; docs/formats.md says what each holds
    #[arg(long, value_enum, default_value_t = Kind::Bundle)]
    format: Kind,
    /// The file to write [default: exports/PROJECT-VERSION.zip in the home, or with the
    /// format's own ending]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A kind of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Everything with its proofs, for `countersign verify`
    Bundle,
    /// OSCAL assessment results 1.1.3
    Oscal,
    /// HDF ExecJSON, which Heimdall opens
    Hdf,
    /// PDF/A-3 to print and file, with the record attached
    Pdf,
    /// An in-toto statement in a DSSE envelope, signed with your key
    Dsse,
}

pub(crate) fn run(session: &Session, export: &Export, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let (project, release) = session.release()?;
    let path = export.out.as_deref();
    let written = match export.format {
        Kind::Bundle => home.export_bundle(&project, &release, path)?,
        Kind::Oscal => home.export_as(&project, &release, Format::Oscal, path)?,
        Kind::Hdf => home.export_as(&project, &release, Format::Hdf, path)?,
        Kind::Pdf => home.export_as(&project, &release, Format::Pdf, path)?,
        Kind::Dsse => {
            let key = session.key()?;
            let key = session.unlock_for(&key, "to sign the statement")?;
            home.export_as(&project, &release, Format::Dsse(&key), path)?
        }
    };
    let is_bundle = export.format == Kind::Bundle;
    out.show(&written, |out, written| told(out, written, is_bundle))?;
    Ok(Exit::GOOD)
}

fn told(out: &mut Output, written: &BundleView, is_bundle: bool) {
    out.line(&[strong(&written.path), plain(format!("  {} bytes", written.size))]);
    out.line(&[faint(format!("  sha256:{}", written.sha256))]);
    for head in &written.heads {
        out.line(&[faint(format!("  head {head}"))]);
    }
    if is_bundle {
        out.say("  Keep the head elsewhere: it shows later that nothing was cut off.");
        out.say(format!("  Check it: countersign verify {}", written.path));
    }
}
