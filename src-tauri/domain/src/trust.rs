//! Whether a signature can be trusted: who made it, and whether that key could sign here at
//! that point of the history. Whether the event counts is another question, which the fold
//! answers: a good signature may stand under something that the rules refuse.

use std::collections::{HashMap, HashSet};

use crate::event::BadEvent;
use crate::fold::Fold;
use crate::id::EventId;
use crate::member::Member;
use crate::refusal::Refusal;
use crate::state::{Retired, TrailEntry};

/// How far one signature can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// It verifies, and its key was on the roster at that point.
    Good,
    /// It verifies, but nothing shows that the key could sign here then.
    Unknown,
    /// It does not verify, or was made with a key that its maker could know to be retired.
    Bad,
}

/// Trust, and the sentence that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How far.
    pub trust: Trust,
    /// Why.
    pub why: String,
}

fn judged(trust: Trust, why: String) -> Judgement {
    Judgement { trust, why }
}

/// Judges bytes that are no good event. What only a newer program can read is not known to be
/// bad.
#[must_use]
pub fn of_bad(reason: &BadEvent) -> Judgement {
    let trust = if reason.is_newer() { Trust::Unknown } else { Trust::Bad };
    judged(trust, format!("It does not verify: {reason}"))
}

/// Judges the signatures of one fold.
#[derive(Debug)]
pub struct Judge<'a> {
    fold: &'a Fold,
    places: HashMap<&'a EventId, usize>,
}

impl<'a> Judge<'a> {
    /// For the events that `fold` took.
    #[must_use]
    pub fn new(fold: &'a Fold) -> Self {
        let ids = fold.trail().iter().enumerate();
        Self { fold, places: ids.map(|(place, entry)| (entry.event.id(), place)).collect() }
    }

    /// Judges an entry of the fold's trail. Its signature holds already: there is no other
    /// way to an event.
    #[must_use]
    pub fn of(&self, entry: &TrailEntry) -> Judgement {
        let project = self.fold.project();
        let retired = project.and_then(|known| known.retired.get(&entry.event.envelope().author));
        match (&entry.refused, &entry.by) {
            (Some(Refusal::OtherProject), _) => judged(
                Trust::Unknown,
                "It verifies, but was made for another project: this roster says nothing of it"
                    .into(),
            ),
            (Some(Refusal::MissingParent), _) => judged(
                Trust::Unknown,
                "It verifies, but an event that it builds on is missing or damaged, so it cannot \
                 be told whether the key could sign here then"
                    .into(),
            ),
            (Some(Refusal::TimeBackwards { at, parent }), _) => judged(
                Trust::Unknown,
                format!(
                    "It verifies, but is dated {at}, before {parent}, the time of what it builds \
                     on: when it was made cannot be told"
                ),
            ),
            (_, Some(member)) => of_member(entry, member, retired),
            (_, None) => match retired {
                Some(retired) => self.of_retired(entry, retired),
                None => judged(
                    Trust::Unknown,
                    format!(
                        "It verifies, but the key {} was not on the roster: nobody here vouches \
                         for it",
                        entry.event.envelope().author
                    ),
                ),
            },
        }
    }

    /// By a key that was retired before it in the fold's order: knowingly, or unaware.
    fn of_retired(&self, entry: &TrailEntry, retired: &Retired) -> Judgement {
        let name = &retired.member.name;
        let revoked = retired.revoked.as_ref();
        let ends = revoked.map(|known| (&known.stamp, format!("revoked: {}", known.reason)));
        let replaced = retired.replaced.as_ref();
        let ends = ends
            .into_iter()
            .chain(replaced.map(|(stamp, by)| (stamp, format!("replaced by {by}"))));
        let mut unaware = None;
        for (stamp, how) in ends {
            if self.builds_on(entry, &stamp.event) {
                let at = stamp.at;
                let why = format!(
                    "The key of {name} was {how}, at {at}, and this was signed with it later"
                );
                return judged(Trust::Bad, why);
            }
            unaware = Some((how, stamp.at));
        }
        let (how, at) = unaware.unwrap_or_else(|| ("retired".into(), entry.event.envelope().at));
        judged(
            Trust::Unknown,
            format!(
                "It verifies, but the key of {name} was {how}, at {at}, on another machine: \
                 whether this was signed before or after cannot be told"
            ),
        )
    }

    /// Whether `entry` was made by somebody who had seen `earlier`.
    fn builds_on(&self, entry: &TrailEntry, earlier: &EventId) -> bool {
        let Some(end) = self.places.get(earlier) else { return false };
        let mut seen = HashSet::new();
        let mut left: Vec<&EventId> = entry.event.envelope().parents.iter().collect();
        while let Some(id) = left.pop() {
            let Some(place) = self.places.get(id) else { continue };
            if place == end {
                return true;
            }
            // Parents come first in the trail: nothing before the end leads to it.
            if place > end && seen.insert(*place) {
                let found = self.fold.trail().get(*place).into_iter();
                left.extend(found.flat_map(|entry| &entry.event.envelope().parents));
            }
        }
        false
    }
}

/// By a key that was on the roster; what became of the key later may cast a doubt.
fn of_member(entry: &TrailEntry, member: &Member, retired: Option<&Retired>) -> Judgement {
    let envelope = entry.event.envelope();
    let roles: Vec<_> = member.roles.iter().map(|role| role.code()).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
    let who = format!("{} <{}>, on the roster then as {roles}", member.name, member.email);
    let revoked = retired.and_then(|known| known.revoked.as_ref());
    let doubt = revoked.and_then(|known| Some((known, known.since?)));
    if let Some((revoked, since)) = doubt.filter(|(_, since)| envelope.at >= *since) {
        return judged(
            Trust::Unknown,
            format!(
                "It verifies by the key of {who}, but that key is in doubt since {since}: {}",
                revoked.reason
            ),
        );
    }
    let later = match (revoked, retired) {
        (Some(revoked), _) => format!("; the key was revoked later, at {}", revoked.stamp.at),
        (None, Some(_)) => "; the key was replaced by its owner later".to_owned(),
        (None, None) => String::new(),
    };
    judged(Trust::Good, format!("It verifies by the key of {who}{later}"))
}
