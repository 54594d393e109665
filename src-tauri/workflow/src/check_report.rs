//! A check run for pipelines, out of the ledger: JUnit XML and SARIF.

use countersign_domain::id::{ProjectId, ReleaseId, RunId};
use countersign_export::ci::{CheckRun, Rule, junit, sarif};
use countersign_probes::registry;

use crate::error::Failure;
use crate::home::Home;

/// Name and version of the program, as the reports state it.
const PROGRAM: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"));

/// One run in the formats of pipelines.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// JUnit XML.
    pub junit: String,
    /// SARIF 2.1.0.
    pub sarif: String,
}

impl Home {
    /// The reports of a check run. The same ledger gives the same bytes.
    ///
    /// # Errors
    /// An unknown project, release or run, or ledger trouble.
    pub fn check_report(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
        run: &str,
    ) -> Result<CheckReport, Failure> {
        let id = RunId::parse(run)?;
        self.read(project, |fold| {
            let run = CheckRun::of(fold, release, &id).ok_or_else(|| Failure::NotFound {
                what: "check run",
                name: id.to_string(),
                hint: "`countersign check` makes one and names it with --json",
            })?;
            Ok(CheckReport { junit: junit(&run)?, sarif: sarif(&run, &rules(), PROGRAM) })
        })
    }
}

fn rules() -> Vec<Rule> {
    let rule = |known: &countersign_probes::probe::Definition| Rule {
        name: known.name.to_owned(),
        claim: known.claim.to_owned(),
        why: known.why.to_owned(),
        blind: known.blind.to_owned(),
        remedy: known.remedy.to_owned(),
    };
    registry::all().iter().map(|probe| rule(probe.definition())).collect()
}
