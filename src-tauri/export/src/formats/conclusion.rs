//! What an item comes to where a format knows fewer words than the record. The standing
//! that the decision rests on, held against what was seen last: the worse of the two.

use countersign_domain::event::Tick;
use countersign_domain::finding::Outcome;
use countersign_domain::template::Verify;

use crate::record::{HumanRecord, ItemEntry};

/// What an item comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// It holds.
    Holds,
    /// It does not apply.
    NotApplicable,
    /// An approved exception covers that it does not hold.
    Excepted,
    /// Seen not to hold.
    Fails,
    /// Not looked at, in doubt, too old, or waiting for a person.
    Open,
}

impl Conclusion {
    pub(super) fn of(item: &ItemEntry) -> Self {
        let saw = |wanted: fn(Outcome) -> bool| {
            item.findings.iter().any(|known| wanted(known.finding.outcome))
        };
        let failed = saw(|outcome| outcome == Outcome::Fail);
        let in_doubt = saw(|outcome| outcome.reason().is_some());
        let said = |tick: Tick| word(item).is_some_and(|human| human.tick == tick);
        match item.decided().code {
            "excepted" => Self::Excepted,
            "failed" => Self::Fails,
            "settled" | "not-applicable" if failed || said(Tick::NotDone) => Self::Fails,
            "settled" if in_doubt && !said(Tick::Done) => Self::Open,
            "settled" => Self::Holds,
            "not-applicable" if in_doubt && !said(Tick::NotApplicable) => Self::Open,
            "not-applicable" => Self::NotApplicable,
            _ => Self::Open,
        }
    }
}

/// The word of a person, where the checklist lets a person speak.
pub(super) fn word(item: &ItemEntry) -> Option<&HumanRecord> {
    item.human.as_ref().filter(|_| item.verify != Verify::Probe)
}
