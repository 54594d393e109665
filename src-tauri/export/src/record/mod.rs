//! The audit record: everything an auditor asks for about one release, read from the events
//! and nothing else. Its time is that of the last event, so that whoever holds the same
//! events builds the same record, byte for byte.

mod deployment;
mod emergency;
mod exception;
mod facts;
mod gate;
mod identity;
mod integrity;
mod item;
mod json;
mod signature;
mod trail;

pub use deployment::{DeploymentRecord, RollbackRecord, WatchRecord, WordRecord};
pub use emergency::{EmergencyRecord, ReviewRecord};
pub use exception::{DecisionRecord, ExceptionRecord};
pub use facts::Act;
pub use gate::{
    BlockerRecord, DifferenceRecord, GateReading, GateRecord, RULE, ScoreRecord, SincePrevious,
};
pub use identity::{Identity, PreviousRelease, TemplateIdentity};
pub use integrity::{
    Administration, AdministrationChange, DOES_NOT_PROVE, Integrity, KeyUse, PROVES, ProposedRecord,
};
pub use item::{
    ChangeRecord, EvidenceRecord, FindingRecord, HumanRecord, ItemEntry, MachineRecord,
    SectionRecord, StandingRecord,
};
pub use signature::{Acknowledged, DutyCheck, RoleBlock, SignatureRecord, Signatures, StaleRecord};
pub use trail::{RefusedRecord, RunRecord, TrailRow};

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::fold::Fold;
use countersign_domain::id::ReleaseId;

use crate::error::ExportError;
use facts::Facts;

/// Version of the record and of every page made from it. It must grow with any change that
/// gives other bytes for the same events.
pub const RECORD_FORMAT: u32 = 3;

/// What a record is built from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Every event of the project, folded.
    pub fold: &'a Fold,
    /// The release.
    pub release: &'a ReleaseId,
    /// Name and version of the program that exports: `countersign 0.1.0`.
    pub program: &'a str,
}

/// The audit record of one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// [`RECORD_FORMAT`].
    pub format: u32,
    /// Name and version of the program that exported.
    pub program: String,
    /// The time of the last event; everything is computed for this moment.
    pub as_of: DateTime<Utc>,
    /// What was signed.
    pub identity: Identity,
    /// Every item, by section, with findings, evidence and history.
    pub sections: Vec<SectionRecord>,
    /// Check runs, oldest first.
    pub runs: Vec<RunRecord>,
    /// Exceptions, oldest first.
    pub exceptions: Vec<ExceptionRecord>,
    /// The gate's computation.
    pub gate: GateRecord,
    /// Signatures and who may not be the same person.
    pub signatures: Signatures,
    /// The deployment and its verification.
    pub deployment: Option<DeploymentRecord>,
    /// The watch.
    pub watch: WatchRecord,
    /// The way back and whom to reach.
    pub rollback: RollbackRecord,
    /// Every event of the ledger.
    pub trail: Vec<TrailRow>,
    /// What holds the record together, and what it does not prove.
    pub integrity: Integrity,
    /// Roster, policy, and their changes.
    pub administration: Administration,
}

impl AuditRecord {
    /// Builds the record.
    ///
    /// # Errors
    /// [`ExportError::NoProject`], [`ExportError::UnknownRelease`] or
    /// [`ExportError::Program`].
    pub fn build(source: &Source<'_>) -> Result<Self, ExportError> {
        if !is_program(source.program) {
            return Err(ExportError::Program(source.program.chars().take(80).collect()));
        }
        let facts = Facts::of(source)?;
        // The two that are as long as the project's life.
        let (sections, trail) = rayon::join(|| item::build(&facts), || trail::build(&facts));
        Ok(Self {
            format: RECORD_FORMAT,
            program: source.program.to_owned(),
            as_of: facts.now,
            identity: identity::build(&facts),
            runs: trail::runs(&facts),
            exceptions: exception::build(&facts),
            gate: gate::build(&facts),
            signatures: signature::build(&facts),
            deployment: deployment::deployment(&facts),
            watch: deployment::watch(&facts, &sections),
            rollback: deployment::rollback(&facts),
            trail,
            integrity: integrity::integrity(&facts),
            administration: integrity::administration(&facts),
            sections,
        })
    }

    /// The record as canonical JSON (RFC 8785) with a final newline.
    ///
    /// # Errors
    /// [`ExportError::NotCanonical`] when a probe parameter has no canonical form.
    pub fn to_json(&self) -> Result<Vec<u8>, ExportError> {
        let mut bytes = json::bytes(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Every item with its section, in order.
    pub fn items(&self) -> impl Iterator<Item = (&SectionRecord, &ItemEntry)> {
        self.sections
            .iter()
            .flat_map(|section| section.items.iter().map(move |item| (section, item)))
    }

    /// Every file that an item refers to, in order.
    pub fn evidence(&self) -> impl Iterator<Item = &EvidenceRecord> {
        self.items().flat_map(|(_, item)| &item.evidence)
    }
}

/// The name is printed in every document and chosen by whoever exports, so it can hold
/// nothing but a name.
fn is_program(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" ._+-".contains(&b))
}
