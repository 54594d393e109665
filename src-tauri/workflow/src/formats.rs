//! The audit record in other people's formats, each as one file. All but one follow from the
//! events alone; the statement is signed by whoever exports it.

use std::path::Path;

use countersign_domain::fold::Fold;
use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::refusal::Refusal;
use countersign_export::formats::{hdf, oscal, statement};
use countersign_export::{AuditRecord, Source};
use countersign_ledger::keys::UnlockedKey;

use crate::agent::off_the_runtime;
use crate::error::Failure;
use crate::home::Home;
use crate::pdf;
use crate::query;
use crate::record::{PROGRAM, slug};
use crate::view::BundleView;

/// A format of somebody else's.
#[derive(Debug, Clone, Copy)]
pub enum Format<'a> {
    /// OSCAL assessment results, JSON.
    Oscal,
    /// HDF ExecJSON, for Heimdall.
    Hdf,
    /// PDF/A-3 to print, with record.json attached.
    Pdf,
    /// An in-toto statement in a DSSE envelope, signed by this key.
    Dsse(&'a UnlockedKey),
}

impl Format<'_> {
    /// The format of that name, of those that need nobody's key.
    ///
    /// # Errors
    /// [`Failure::Input`].
    pub fn unsigned(name: &str) -> Result<Self, Failure> {
        match name {
            "oscal" => Ok(Self::Oscal),
            "hdf" => Ok(Self::Hdf),
            "pdf" => Ok(Self::Pdf),
            other => Err(Failure::Input {
                field: "format",
                problem: format!("{other:?} is no format of the record"),
                hint: "Use pdf, oscal or hdf",
            }),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Oscal => "oscal.json",
            Self::Hdf => "hdf.json",
            Self::Pdf => "pdf",
            Self::Dsse(_) => "dsse.json",
        }
    }
}

impl Home {
    /// Writes the record of a release in `format`: to `out`, or below the home's `exports/`
    /// under a name of its own. The same ledger, and for a statement the same key, give the
    /// same bytes.
    ///
    /// # Errors
    /// [`Failure::Pdf`] where the program that typesets is missing or fails;
    /// [`Failure::Export`], for one when a statement has nothing to name by digest;
    /// [`Failure::Refused`] when its key is not on the roster; [`Failure::File`] when it
    /// cannot be written.
    pub fn export_as(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
        format: Format<'_>,
        out: Option<&Path>,
    ) -> Result<BundleView, Failure> {
        let (record, heads, name) = self.read(project, |fold| {
            let (known, found) = query::find(fold, release)?;
            if let Format::Dsse(key) = format {
                may_state(fold, key)?;
            }
            let record = AuditRecord::build(&Source { fold, release, program: PROGRAM })?;
            let heads = fold.heads().iter().map(ToString::to_string).collect();
            let name =
                format!("{}-{}.{}", slug(&known.name), slug(&found.version), format.ending());
            Ok((record, heads, name))
        })?;
        let bytes = match format {
            // What takes its time must not hold up who else reads.
            Format::Pdf => pdf::typeset(self.world.pdf.as_deref(), record.to_json()?, pdf::LIMIT)?,
            Format::Oscal => oscal(&record)?,
            Format::Hdf => hdf(&record)?,
            Format::Dsse(key) => envelope(&record, key)?,
        };
        self.write_export(&bytes, heads, &name, out)
    }
}

/// Whoever is not on the roster has no say here; who believes the statement is up to those
/// who check it, by the key.
fn may_state(fold: &Fold, key: &UnlockedKey) -> Result<(), Refusal> {
    let print = key.fingerprint();
    if fold.project().is_some_and(|project| project.members.contains_key(print)) {
        return Ok(());
    }
    Err(Refusal::NotAMember(print.clone()))
}

fn envelope(record: &AuditRecord, key: &UnlockedKey) -> Result<Vec<u8>, Failure> {
    let statement = statement(record)?;
    let signature = off_the_runtime(|| key.sign_dsse(&statement.pae()))?;
    Ok(statement.envelope(key.fingerprint(), &signature)?)
}
