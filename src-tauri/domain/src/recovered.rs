//! Items that failed in this release before they held: whoever signs should know which, and
//! what made the difference.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Body, Tick};
use crate::finding::Outcome;
use crate::fold::Fold;
use crate::id::{EventId, ItemId};
use crate::material::{outcome_words, tick_words};
use crate::member::Member;
use crate::standing::{Standing, outcome_of, settle, standing};
use crate::state::{Release, TrailEntry};
use crate::template::{Item, Severity};

/// The look or the word of a person by which an item came to fail, or to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The event.
    pub event: EventId,
    /// When, by the author's clock.
    pub at: DateTime<Utc>,
    /// Whose key recorded it.
    pub by: Option<Arc<Member>>,
    /// The probe, when it was a look of the machine.
    pub probe: Option<String>,
    /// The verdict or the tick, in words.
    pub value: String,
    /// The probe's sentence, or the person's note.
    pub words: String,
}

/// An item that failed and holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The item.
    pub item: ItemId,
    /// The claim.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// How often it came to fail.
    pub failures: u32,
    /// What made it fail, the last time that it did.
    pub failed: Turn,
    /// What settled it after that.
    pub settled: Turn,
}

/// The items of `release` that a machine saw fail, or a person said not to be done, where the
/// checklist lets a person decide, and that are settled at `now` without an exception. Read
/// from every look and every tick, so that none is forgotten for a later one.
#[must_use]
pub fn recovered(fold: &Fold, release: &Release, now: DateTime<Utc>) -> Vec<Recovered> {
    let Some(project) = fold.project() else { return Vec::new() };
    let mut courses: BTreeMap<&ItemId, Course> = BTreeMap::new();
    for entry in fold.trail().iter().filter(|entry| entry.refused.is_none()) {
        let body = &entry.event.envelope().body;
        if body.release() != Some(&release.id) {
            continue;
        }
        if let Body::FindingRecorded { item, .. } | Body::ItemAttested { item, .. } = body
            && let Some((_, known)) = release.template.item(item)
        {
            courses.entry(item).or_default().take(known, entry);
        }
    }
    let ended = release.template.items().filter_map(|(section, item)| {
        let course = courses.remove(&item.id)?;
        let stands = standing(project, release, section, item, now);
        if !matches!(stands, Standing::Settled | Standing::NotApplicable) {
            return None;
        }
        Some(Recovered {
            item: item.id.clone(),
            title: item.title.clone(),
            severity: item.severity_in(section),
            failures: course.failures,
            failed: course.failed?,
            settled: course.settled?,
        })
    });
    let mut recovered: Vec<_> = ended.collect();
    recovered.sort_by_key(|one| one.severity);
    recovered
}

/// How an item came to stand where it does.
#[derive(Default)]
struct Course {
    outcomes: BTreeMap<u32, Outcome>,
    tick: Option<(Tick, String)>,
    failing: bool,
    failures: u32,
    failed: Option<Turn>,
    settled: Option<Turn>,
}

impl Course {
    fn take(&mut self, item: &Item, entry: &TrailEntry) {
        let (probe, value, words) = match &entry.event.envelope().body {
            Body::FindingRecorded { slot, finding, .. } => {
                self.outcomes.insert(*slot, finding.outcome);
                let probe = Some(finding.probe.clone());
                (probe, outcome_words(finding.outcome), finding.summary.clone())
            }
            Body::ItemAttested { tick, note, .. } => {
                self.tick = Some((*tick, note.clone()));
                (None, tick_words(*tick).to_owned(), note.clone())
            }
            _ => return,
        };
        let turn = || Turn {
            event: entry.event.id().clone(),
            at: entry.event.envelope().at,
            by: entry.by.clone(),
            probe,
            value,
            words,
        };
        let outcome = outcome_of(item, self.outcomes.values().copied());
        let tick = self.tick.as_ref().map(|(tick, note)| (*tick, note.as_str()));
        // A verdict's age is asked only at the end: that it grew old is no failure.
        match settle(item, outcome, false, tick) {
            Standing::Failed(_) if self.failing => {}
            Standing::Failed(_) => {
                self.failing = true;
                self.failures += 1;
                self.failed = Some(turn());
                self.settled = None;
            }
            Standing::Open(_) => {
                self.failing = false;
                self.settled = None;
            }
            Standing::Settled | Standing::NotApplicable | Standing::Excepted => {
                self.failing = false;
                if self.failed.is_some() && self.settled.is_none() {
                    self.settled = Some(turn());
                }
            }
        }
    }
}
