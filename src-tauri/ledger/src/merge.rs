//! Events that another machine gives: a set that is united with what is here. It may come in
//! any order and any number of times; either all of it fits, or nothing is added.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use countersign_domain::event::{Event, SignedEvent};
use countersign_domain::fold::order_of;
use countersign_domain::id::{EventId, ProjectId};

use crate::error::LedgerError;
use crate::ledger::{Ledger, verified_all};

/// How far a clock elsewhere may be ahead of this one. An event of the future could not be
/// undone, and whatever is signed after it would have to carry a time of the future too.
pub const MAX_AHEAD: TimeDelta = TimeDelta::minutes(10);

/// What became of events from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Events that were not here before.
    pub added: usize,
    /// Events that were here already.
    pub known: usize,
}

impl Ledger {
    /// Adds those of `events` that are not here yet, all of them or none. Their order does
    /// not matter. `received_at` is the time by this machine's clock.
    ///
    /// # Errors
    /// [`LedgerError::AheadOfClock`] when one is dated more than [`MAX_AHEAD`] after
    /// `received_at`; [`LedgerError::OtherProject`]; otherwise as [`Ledger::append`]. Nothing
    /// is added then.
    pub fn merge(
        &self,
        project: &ProjectId,
        events: &[SignedEvent],
        received_at: DateTime<Utc>,
    ) -> Result<Merged, LedgerError> {
        let here: HashSet<EventId> = self.ids(project)?.into_iter().collect();
        let fresh: Vec<&SignedEvent> =
            events.iter().filter(|signed| !here.contains(&signed.id())).collect();
        let read = verified_all(&fresh)?;
        for event in &read {
            fits(event, project, received_at)?;
        }
        let places = order_of(&read.iter().collect::<Vec<_>>());
        let pairs = places.iter().filter_map(|at| Some((*fresh.get(*at)?, read.get(*at)?)));
        self.add_all(pairs, received_at)?;
        Ok(Merged { added: places.len(), known: events.len() - places.len() })
    }
}

fn fits(event: &Event, project: &ProjectId, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let envelope = event.envelope();
    let id = event.id().clone();
    if envelope.project != *project {
        let (found, wanted) = (envelope.project.clone(), project.clone());
        return Err(LedgerError::OtherProject { id, found, wanted });
    }
    if envelope.at > now + MAX_AHEAD {
        return Err(LedgerError::AheadOfClock { id, at: envelope.at, now });
    }
    Ok(())
}
