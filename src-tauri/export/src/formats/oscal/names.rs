//! Names that the parts of an OSCAL document call each other by. All follow from ids of the
//! ledger, so that exporting again gives the same ones.

use countersign_domain::id::{Fingerprint, ItemId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::formats::NAMESPACE;
use crate::formats::line::line;
use crate::record::AuditRecord;

/// Names within one release.
pub(super) struct Names<'a> {
    space: Uuid,
    record: &'a AuditRecord,
}

impl<'a> Names<'a> {
    pub(super) fn of(record: &'a AuditRecord) -> Self {
        let own = Uuid::new_v5(&Uuid::NAMESPACE_URL, NAMESPACE.as_bytes());
        let space = Uuid::new_v5(&own, record.identity.project.as_str().as_bytes());
        Self { space, record }
    }

    /// The name of something within the release.
    pub(super) fn own(&self, kind: &str, id: &str) -> String {
        let release = self.record.identity.release.as_str();
        self.name(&format!("{release}/{kind}/{id}"))
    }

    /// A person's name, the same in every release of the project.
    pub(super) fn party(&self, key: &Fingerprint) -> String {
        self.name(&format!("party/{key}"))
    }

    fn name(&self, path: &str) -> String {
        Uuid::new_v5(&self.space, path.as_bytes()).to_string()
    }

    /// Properties in a namespace of our own; those without a value are left out.
    pub(super) fn props(&self, all: &[(&str, &str)]) -> Vec<Value> {
        let told = all.iter().filter_map(|(name, value)| Some((name, line(value)?)));
        told.map(|(name, value)| json!({ "name": name, "ns": NAMESPACE, "value": value })).collect()
    }
}

/// An item's id as a token, which may not begin with a digit.
pub(super) fn token(item: &ItemId) -> String {
    let id = item.as_str();
    if id.starts_with(|c: char| c.is_ascii_digit()) { format!("_{id}") } else { id.to_owned() }
}
