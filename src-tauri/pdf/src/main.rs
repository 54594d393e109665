//! `countersign-pdf`: reads record.json, writes it as PDF/A-3 with record.json attached. A
//! program apart, because typesetting takes minutes to compile and megabytes to carry, and
//! because what sets the texts of strangers needs neither keys nor ledger.

mod shown;
mod world;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

/// More than a bundle may hold.
const MAX_BYTES: u64 = 512 << 20;
const USAGE: &str = "usage: countersign-pdf <record.json >record.pdf
The same record gives the same bytes. `countersign export --format pdf` calls this.";

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// The command line.
    #[error("{USAGE}")]
    Usage,
    /// What came in is no record.
    #[error("what was read is no record.json: {0}")]
    Record(String),
    /// The document could not be typeset, which is a mistake of this program.
    #[error("the PDF could not be typeset: {0}")]
    Typeset(String),
    /// A pipe broke.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Fault {
    /// As in sysexits.h.
    fn code(&self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Record(_) => 65,
            Self::Typeset(_) => 70,
            Self::Io(_) => 74,
        }
    }
}

fn run() -> Result<(), Fault> {
    if std::env::args_os().count() > 1 {
        return Err(Fault::Usage);
    }
    let mut record = Vec::new();
    std::io::stdin().take(MAX_BYTES).read_to_end(&mut record)?;
    let pdf = world::typeset(record)?;
    std::io::stdout().write_all(&pdf)?;
    Ok(())
}

fn main() -> ExitCode {
    let Err(fault) = run() else { return ExitCode::SUCCESS };
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "countersign-pdf: {fault}");
    fault.code().into()
}
