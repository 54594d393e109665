//! Finds a project's heads without looking at its whole history each time: an event that was
//! no head once never becomes one again, so only the known heads and newer events count.

use std::collections::HashMap;

use countersign_domain::id::{EventId, ProjectId};
use rusqlite::Connection;

use crate::table::{event, parent};

/// The heads as of a sequence number, by project. Dropped with the process; the file stays
/// the only truth.
#[derive(Debug, Default)]
pub(crate) struct Heads(HashMap<ProjectId, (i64, Vec<EventId>)>);

impl Heads {
    /// The heads of `project` now, sorted by id.
    pub(crate) fn of(
        &mut self,
        conn: &Connection,
        project: &ProjectId,
    ) -> rusqlite::Result<Vec<EventId>> {
        let moment = conn.unchecked_transaction()?;
        let last = event::last_seq(&moment, project)?;
        if last == 0 {
            return Ok(Vec::new());
        }
        let (seq, known) = self.0.entry(project.clone()).or_default();
        if last > *seq {
            let mut heads = event::childless_after(&moment, project, *seq)?;
            for head in known.iter() {
                if !parent::has_child(&moment, head)? {
                    heads.push(head.clone());
                }
            }
            heads.sort();
            (*seq, *known) = (last, heads);
        }
        Ok(known.clone())
    }
}
