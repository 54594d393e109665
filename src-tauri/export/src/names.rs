//! Where things lie in a bundle. One place, so that writer, reports, recipe and verifier
//! cannot disagree.

use countersign_domain::id::{Digest, EventId};

pub(crate) const RECORD: &str = "record.json";
pub(crate) const REPORT_HTML: &str = "report.html";
pub(crate) const REPORT_MD: &str = "report.md";
pub(crate) const ITEMS_CSV: &str = "items.csv";
pub(crate) const CHECKLIST: &str = "checklist.md";
pub(crate) const OSCAL: &str = "oscal.json";
pub(crate) const HDF: &str = "hdf.json";
pub(crate) const SIGNERS: &str = "allowed_signers";
pub(crate) const RECIPE: &str = "VERIFY.md";
pub(crate) const SUMS: &str = "SHA256SUMS";
pub(crate) const EVENTS: &str = "events/";
pub(crate) const TEMPLATES: &str = "templates/";
pub(crate) const PACKET: &str = "packet.json";
pub(crate) const FILES: &str = "files/";
pub(crate) const EVIDENCE: &str = "evidence/";

/// The signed bytes of the event at `sequence`, counted from 1.
pub(crate) fn event(sequence: u32, id: &EventId) -> String {
    format!("{EVENTS}{sequence:06}-{}.json", id.short())
}

/// The signature over the event at `sequence`, counted from 1.
pub(crate) fn signature(sequence: u32, id: &EventId) -> String {
    format!("{EVENTS}{sequence:06}-{}.sig", id.short())
}

/// The text of a template.
pub(crate) fn template(digest: &Digest) -> String {
    format!("{TEMPLATES}{digest}.toml")
}

/// The bytes of a template or of evidence, in a packet.
pub(crate) fn file(digest: &Digest) -> String {
    format!("{FILES}{digest}")
}

/// The bytes of a file that was attached.
pub(crate) fn evidence(digest: &Digest) -> String {
    format!("{EVIDENCE}{digest}")
}
