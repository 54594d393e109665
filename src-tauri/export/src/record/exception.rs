//! Group E: what was accepted, by whom, and until when.

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::event::Verdict;
use countersign_domain::id::{ExceptionId, ItemId};
use countersign_domain::state::Exception;

use super::facts::{Act, Facts};

/// A documented risk acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionRecord {
    /// Its id.
    pub id: ExceptionId,
    /// The item.
    pub item: ItemId,
    /// The item's title.
    pub item_title: String,
    /// `requested`, `approved`, `rejected` or `expired`, at the record's time.
    pub state: &'static str,
    /// Why.
    pub reason: String,
    /// What holds the risk down.
    pub compensating_control: String,
    /// Who answers for closing it.
    pub owner: String,
    /// After this the item blocks again.
    pub expires_at: DateTime<Utc>,
    /// Who asked.
    pub requested: Act,
    /// Who decided, how, in what words.
    pub decided: Option<DecisionRecord>,
}

/// An approver's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionRecord {
    /// The decision.
    pub verdict: Verdict,
    /// In words.
    pub note: String,
    /// By whom and when.
    pub by: Act,
}

pub(super) fn build(facts: &Facts<'_>) -> Vec<ExceptionRecord> {
    let mut all: Vec<_> = facts.release.exceptions.values().map(|one| record(facts, one)).collect();
    all.sort_by_key(|one| one.requested.sequence);
    all
}

fn record(facts: &Facts<'_>, exception: &Exception) -> ExceptionRecord {
    ExceptionRecord {
        id: exception.id.clone(),
        item: exception.item.clone(),
        item_title: facts.title(&exception.item),
        state: state(exception, facts.now),
        reason: exception.reason.clone(),
        compensating_control: exception.compensating_control.clone(),
        owner: exception.owner.clone(),
        expires_at: exception.expires_at,
        requested: facts.act(&exception.requested),
        decided: exception.decided.as_ref().map(|(stamp, verdict, note)| DecisionRecord {
            verdict: *verdict,
            note: note.clone(),
            by: facts.act(stamp),
        }),
    }
}

fn state(exception: &Exception, now: DateTime<Utc>) -> &'static str {
    match exception.decided {
        None => "requested",
        Some((_, Verdict::Reject, _)) => "rejected",
        Some((_, Verdict::Approve, _)) if exception.holds(now) => "approved",
        Some((_, Verdict::Approve, _)) => "expired",
    }
}
