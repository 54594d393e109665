//! Why nothing was exported.

use countersign_domain::canonical::NotCanonical;
use countersign_domain::id::{Digest, ReleaseId};

/// Why nothing was exported. Nothing is ever exported in part.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The events do not create a project.
    #[error("the events hold no project: begin with the ledger's first event")]
    NoProject,
    /// The project has no such release.
    #[error("the project has no release {0}: list the releases and name one of them")]
    UnknownRelease(ReleaseId),
    /// The program's name would be printed as it is.
    #[error(
        "{0:?} is not a program name: expected 1 to 64 letters, digits, blanks, '.', '_', '+' \
         and '-', such as \"countersign 0.1.0\""
    )]
    Program(String),
    /// The signed events are not those of the fold, or not in its order.
    #[error(
        "event {sequence:06}: the signed event given is not the one that the fold took: give \
         every event of the project, in the fold's order"
    )]
    OtherEvents {
        /// Place in the fold's order, from 1.
        sequence: usize,
    },
    /// The fold is not the one that a reader will get from the same events.
    #[error(
        "folding the same events anew gives another result: they were taken in another order, or \
         a checklist was made known too late. Fold the whole ledger anew"
    )]
    Order,
    /// A signature that no reader would accept.
    #[error("event {sequence:06}: its signature is not an armored SSH signature")]
    Signature {
        /// Place in the fold's order, from 1.
        sequence: usize,
    },
    /// A pinned template is not at hand, or its text has changed.
    #[error("the text of template {0} is missing or was changed: restore it from the ledger")]
    Template(Digest),
    /// A file that an item refers to is not at hand, or has changed.
    #[error("the evidence file {name:?} (SHA-256 {sha256}) is missing or was changed")]
    Evidence {
        /// The file's name.
        name: String,
        /// What its bytes should hash to.
        sha256: Digest,
    },
    /// More than a reader accepts.
    #[error("the bundle would hold {what}, more than the {most} that a verifier accepts")]
    TooLarge {
        /// What there is too much of.
        what: String,
        /// The limit in words.
        most: String,
    },
    /// Something has no canonical JSON form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
    /// A statement must name what it is about by digest.
    #[error("a statement names what goes out by its digest, and release {version} has none: {why}")]
    NoSubject {
        /// The release's version.
        version: String,
        /// What there is instead.
        why: &'static str,
    },
    /// The JUnit report could not be put together.
    #[error("the JUnit report could not be written: {0}")]
    Junit(String),
    /// The archive could not be put together.
    #[error("the archive could not be written: {0}")]
    Archive(String),
}
