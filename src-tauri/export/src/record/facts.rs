//! What every part of the record is read from: one release, its project, the moment, and
//! where each event stands in the ledger.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::fold::{Fold, Templates};
use countersign_domain::id::{EventId, Fingerprint, ItemId};
use countersign_domain::member::Role;
use countersign_domain::state::{Project, Release, Stamp};

use super::Source;
use crate::error::ExportError;
use crate::names;

/// Who did something, when, and where the signed proof lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// By the author's own clock.
    pub at: DateTime<Utc>,
    /// E-mail.
    pub email: String,
    /// The event's id: SHA-256 of the signed bytes.
    pub event: EventId,
    /// The member of the bundle that holds the signed bytes.
    pub file: String,
    /// The key that signed.
    pub fingerprint: Fingerprint,
    /// Printed name.
    pub name: String,
    /// The roles that the author held at that moment.
    pub roles: Vec<Role>,
    /// Its place in the ledger, from 1.
    pub sequence: u32,
}

pub(crate) struct Facts<'a> {
    pub(crate) fold: &'a Fold,
    pub(crate) project: &'a Project,
    pub(crate) release: &'a Release,
    /// The time of the last event, so that the same events give the same record.
    pub(crate) now: DateTime<Utc>,
    sequence: HashMap<&'a EventId, u32>,
    before_deployment: Option<Fold>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(source: &Source<'a>) -> Result<Self, ExportError> {
        let fold = source.fold;
        let project = fold.project().ok_or(ExportError::NoProject)?;
        let release = project
            .releases
            .get(source.release)
            .ok_or_else(|| ExportError::UnknownRelease(source.release.clone()))?;
        let now = fold.latest().ok_or(ExportError::NoProject)?;
        let sequence =
            fold.trail().iter().zip(1..).map(|(entry, place)| (entry.event.id(), place)).collect();
        let before_deployment = before_deployment(fold, project, release);
        Ok(Self { fold, project, release, now, sequence, before_deployment })
    }

    /// Project, release and time as they stood when the deployment was recorded, just
    /// before it: what came later must not colour what was decided then.
    pub(super) fn at_deployment(&self) -> Option<(&Project, &Release, DateTime<Utc>)> {
        let project = self.before_deployment.as_ref()?.project()?;
        let release = project.releases.get(&self.release.id)?;
        Some((project, release, self.release.deployment.as_ref()?.recorded.at))
    }

    /// Where the event stands, from 1; 0 when it is none of this ledger.
    pub(super) fn sequence(&self, event: &EventId) -> u32 {
        self.sequence.get(event).copied().unwrap_or(0)
    }

    pub(super) fn act(&self, stamp: &Stamp) -> Act {
        let sequence = self.sequence(&stamp.event);
        Act {
            event: stamp.event.clone(),
            sequence,
            file: names::event(sequence, &stamp.event),
            at: stamp.at,
            name: stamp.by.name.clone(),
            email: stamp.by.email.clone(),
            fingerprint: stamp.by.fingerprint.clone(),
            roles: stamp.by.roles.clone(),
        }
    }

    pub(super) fn title(&self, item: &ItemId) -> String {
        let found = self.release.template.item(item);
        found.map_or_else(|| item.to_string(), |(_, item)| item.title.clone())
    }
}

fn before_deployment(fold: &Fold, project: &Project, release: &Release) -> Option<Fold> {
    let recorded = &release.deployment.as_ref()?.recorded;
    let templates: Templates = project
        .releases
        .values()
        .map(|release| (release.template_digest.clone(), Arc::clone(&release.template)))
        .collect();
    let mut before = Fold::new(templates);
    for entry in fold.trail().iter().take_while(|entry| *entry.event.id() != recorded.event) {
        before.push(Arc::clone(&entry.event));
    }
    Some(before)
}
