//! Group L: every event of the ledger, the refused ones among them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::id::{EventId, Fingerprint, ItemId, ReleaseId, RunId};
use countersign_domain::member::Role;
use countersign_domain::state::TrailEntry;
use rayon::prelude::*;

use super::facts::{Act, Facts};
use crate::describe::describe;
use crate::names;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailRow {
    /// By the author's own clock.
    pub at: DateTime<Utc>,
    /// E-mail on the roster of that moment.
    pub email: Option<String>,
    /// SHA-256 of the signed bytes.
    pub event: EventId,
    /// The member of the bundle that holds the signed bytes.
    pub file: String,
    /// The key that signed.
    pub fingerprint: Fingerprint,
    /// What kind of event it is.
    pub kind: &'static str,
    /// Printed name on the roster of that moment.
    pub name: Option<String>,
    /// The events it builds on.
    pub parents: Vec<EventId>,
    /// Why it changed nothing.
    pub refused: Option<RefusedRecord>,
    /// The release it is about.
    pub release: Option<ReleaseId>,
    /// The roles held at that moment.
    pub roles: Vec<Role>,
    /// Its place in the ledger, from 1.
    pub sequence: u32,
    /// The member of the bundle that holds the signature.
    pub signature_file: String,
    /// What happened, in words.
    pub text: String,
}

/// Why an event changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRecord {
    /// Its code.
    pub code: &'static str,
    /// In words.
    pub reason: String,
}

/// A check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Its id.
    pub run: RunId,
    /// Who started it.
    pub started: Act,
    /// The items looked at.
    pub items: Vec<ItemId>,
    /// Findings recorded.
    pub findings: u32,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether somebody stopped it.
    pub cancelled: bool,
}

pub(super) fn build(facts: &Facts<'_>) -> Vec<TrailRow> {
    let numbered = facts.fold.trail().par_iter().enumerate();
    let sequence = |place: usize| u32::try_from(place + 1).unwrap_or(u32::MAX);
    numbered.map(|(place, entry)| row(entry, sequence(place))).collect()
}

fn row(entry: &TrailEntry, sequence: u32) -> TrailRow {
    let envelope = entry.event.envelope();
    let id = entry.event.id();
    TrailRow {
        sequence,
        event: id.clone(),
        parents: envelope.parents.clone(),
        at: envelope.at,
        name: entry.by.as_ref().map(|by| by.name.clone()),
        email: entry.by.as_ref().map(|by| by.email.clone()),
        fingerprint: envelope.author.clone(),
        roles: entry.by.as_ref().map(|by| by.roles.clone()).unwrap_or_default(),
        kind: envelope.body.kind(),
        release: envelope.body.release().cloned(),
        text: describe(&envelope.body),
        refused: entry
            .refused
            .as_ref()
            .map(|refusal| RefusedRecord { code: refusal.code(), reason: refusal.to_string() }),
        file: names::event(sequence, id),
        signature_file: names::signature(sequence, id),
    }
}

pub(super) fn runs(facts: &Facts<'_>) -> Vec<RunRecord> {
    facts
        .release
        .runs
        .iter()
        .map(|run| RunRecord {
            run: run.id.clone(),
            started: facts.act(&run.started),
            items: run.items.clone(),
            findings: run.findings,
            finished_at: run.finished.map(|(at, _)| at),
            cancelled: run.finished.is_some_and(|(_, cancelled)| cancelled),
        })
        .collect()
}
