//! Part of group F: a release that goes out on fewer signatures, and what became of the others.

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::event::Decision;
use countersign_domain::member::Role;
use countersign_domain::state::{Owed, Signoff};

use super::deployment::WordRecord;
use super::facts::{Act, Facts};

/// A release that goes out on fewer signatures, and what became of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmergencyRecord {
    /// Who declared it, and why it could not wait.
    pub declared: WordRecord,
    /// One entry for each signature that was missing at the deployment.
    pub owed: Vec<Role>,
    /// When those are due; none before the deployment.
    pub due: Option<DateTime<Utc>>,
    /// One entry for each that is missing still.
    pub open: Vec<Role>,
    /// Those given since, in their order.
    pub reviews: Vec<ReviewRecord>,
}

/// The word of somebody who looked after the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewRecord {
    /// For which role.
    pub role: Role,
    /// Who, when, by which event.
    pub by: Act,
    /// What was said.
    pub decision: Decision,
    /// In their words.
    pub comment: String,
    /// Whether it came by the time it was due.
    pub in_time: bool,
}

pub(super) fn build(facts: &Facts<'_>) -> Option<EmergencyRecord> {
    let emergency = facts.release.emergency.as_ref()?;
    let owed = facts.release.deployment.as_ref().and_then(|known| known.owed.as_ref());
    Some(EmergencyRecord {
        declared: WordRecord { by: facts.act(&emergency.declared), note: emergency.reason.clone() },
        owed: owed.map(|owed| owed.roles.clone()).unwrap_or_default(),
        due: owed.map(|owed| owed.due),
        open: owed.map(Owed::open).unwrap_or_default(),
        reviews: owed.map(|owed| reviews(facts, owed)).unwrap_or_default(),
    })
}

fn reviews(facts: &Facts<'_>, owed: &Owed) -> Vec<ReviewRecord> {
    let review = |word: &Signoff| ReviewRecord {
        role: word.role,
        by: facts.act(&word.stamp),
        decision: word.decision,
        comment: word.comment.clone(),
        in_time: word.stamp.at <= owed.due,
    };
    owed.reviews.iter().map(review).collect()
}
