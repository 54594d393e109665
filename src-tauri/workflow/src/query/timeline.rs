//! The trail in words, newest first.

use countersign_domain::id::ProjectId;
use countersign_domain::state::TrailEntry;

use super::stamp;
use crate::error::Failure;
use crate::home::Home;
use crate::view::TimelineRow;

impl Home {
    /// Every event of a project in words, newest first.
    ///
    /// # Errors
    /// Ledger trouble.
    pub fn timeline(&self, project: &ProjectId) -> Result<Vec<TimelineRow>, Failure> {
        self.read(project, |fold| Ok(fold.trail().iter().rev().map(row).collect()))
    }
}

fn row(entry: &TrailEntry) -> TimelineRow {
    let envelope = entry.event.envelope();
    let roles = entry.by.as_ref().map(|member| &member.roles[..]).unwrap_or_default();
    TimelineRow {
        event: entry.event.id().to_string(),
        at: stamp(envelope.at),
        by: entry
            .by
            .as_ref()
            .map_or_else(|| envelope.author.to_string(), |member| member.name.clone()),
        roles: roles.iter().map(|role| role.code().to_owned()).collect(),
        kind: envelope.body.kind().to_owned(),
        text: countersign_export::describe(&envelope.body),
        release: envelope.body.release().map(ToString::to_string),
        refused: entry.refused.as_ref().map(ToString::to_string),
    }
}
