//! May it go out? One function from state and time to a verdict, with every blocker and
//! the smallest step that clears it.

use chrono::{DateTime, Utc};

use crate::event::Decision;
use crate::id::ItemId;
use crate::member::Role;
use crate::score::{self, Score};
use crate::standing::{Missing, exception_for, standing};
use crate::state::{Project, Release, Signoff};
use crate::template::{Phase, Severity, Verify};

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something blocks.
    NoGo,
    /// Nothing is missing but signatures.
    Ready,
    /// Every required sign-off is current.
    Go,
}

/// What became of a role's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignoffStanding {
    /// Not given yet.
    Missing,
    /// Given, and it covers what there is.
    Signed,
    /// Given, and what was signed has changed.
    Stale,
    /// The role said no.
    Declined,
    /// Given and taken back.
    Revoked,
}

/// What kind of thing blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An item of the checklist.
    Item {
        /// Which.
        item: ItemId,
        /// Its weight.
        severity: Severity,
        /// What is missing.
        missing: Missing,
    },
    /// A role's signature.
    Role {
        /// Which.
        role: Role,
        /// Its standing; never `Signed`.
        standing: SignoffStanding,
    },
}

/// One thing that keeps the gate from Go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// What it is about.
    pub subject: Subject,
    /// Stable code for scripts.
    pub code: &'static str,
    /// What blocks, in words.
    pub text: String,
    /// The smallest step that clears it.
    pub cure: String,
    /// Minutes it may take: the share of its section's estimate.
    pub minutes: Option<u32>,
}

/// The gate with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The verdict.
    pub verdict: Verdict,
    /// What keeps it from Go, in the order in which to clear it.
    pub blockers: Vec<Blocker>,
    /// The score.
    pub score: Score,
}

impl Gate {
    /// The blockers other than signatures. While there is one, no role may approve.
    pub fn open_items(&self) -> impl Iterator<Item = &Blocker> {
        self.blockers.iter().filter(|blocker| matches!(blocker.subject, Subject::Item { .. }))
    }
}

/// The standing of one word.
#[must_use]
pub fn word_standing(word: &Signoff) -> SignoffStanding {
    match word.decision {
        Decision::Approve if word.stale.is_some() => SignoffStanding::Stale,
        Decision::Approve => SignoffStanding::Signed,
        Decision::Decline => SignoffStanding::Declined,
        Decision::Revoke => SignoffStanding::Revoked,
    }
}

/// The standing of `role`'s signature, where `people` must sign for it: the worst of the
/// words that count, and missing while somebody has not spoken.
#[must_use]
pub fn signoff_standing(release: &Release, role: Role, people: usize) -> SignoffStanding {
    let words = release.counting(role, people);
    let has = |wanted| words.iter().any(|word| word_standing(word) == wanted);
    let against = [SignoffStanding::Declined, SignoffStanding::Revoked, SignoffStanding::Stale];
    match against.into_iter().find(|standing| has(*standing)) {
        Some(standing) => standing,
        None if words.len() < people => SignoffStanding::Missing,
        None => SignoffStanding::Signed,
    }
}

/// The signatures that keep `release` from Go while they are missing: each role with how
/// many people sign for it. In an emergency that is one for each role that its rule names.
#[must_use]
pub fn requirement(project: &Project, release: &Release) -> Vec<(Role, usize)> {
    match (&release.emergency, &project.policy.emergency) {
        (Some(_), Some(rule)) => rule.roles.iter().map(|role| (*role, 1)).collect(),
        _ => project.policy.requirement(),
    }
}

/// May `release` go out at `now`?
#[must_use]
pub fn gate(project: &Project, release: &Release, now: DateTime<Utc>) -> Gate {
    let mut blockers = item_blockers(project, release, now, Phase::gates_deployment);
    let items_block = !blockers.is_empty();
    let mut only_missing = true;
    for (role, people) in requirement(project, release) {
        let standing = signoff_standing(release, role, people);
        if standing == SignoffStanding::Signed {
            continue;
        }
        only_missing &= standing == SignoffStanding::Missing;
        blockers.push(role_blocker(project, release, (role, people), standing));
    }
    let verdict = match (items_block, blockers.is_empty(), only_missing) {
        (false, true, _) => Verdict::Go,
        (false, false, true) => Verdict::Ready,
        _ => Verdict::NoGo,
    };
    Gate { verdict, blockers, score: score::score(project, release, now) }
}

/// The critical and high items of some phases that are not settled at `now`; critical ones
/// first, then the quickest.
#[must_use]
pub fn item_blockers(
    project: &Project,
    release: &Release,
    now: DateTime<Utc>,
    phases: fn(Phase) -> bool,
) -> Vec<Blocker> {
    let mut blockers: Vec<_> = release
        .template
        .items()
        .filter(|(section, item)| phases(section.phase) && item.verify != Verify::Computed)
        .filter_map(|(section, item)| {
            let severity = item.severity_in(section);
            if severity == Severity::Recommended {
                return None;
            }
            let missing = standing(project, release, section, item, now).missing()?;
            let expired = item.may_be_excepted(section)
                && exception_for(release, item)
                    .is_some_and(|exception| exception.is_approved() && !exception.holds(now));
            let share = u32::try_from(section.items.len().max(1)).unwrap_or(1);
            let minutes = section.minutes.map(|(_, most)| most.div_ceil(share));
            let (code, text, cure) = if expired {
                let cure = "Settle the item, or ask for a new exception";
                ("exception-expired", "its exception has expired", cure)
            } else {
                (missing.code(), missing.words(), missing.cure())
            };
            Some(Blocker {
                subject: Subject::Item { item: item.id.clone(), severity, missing },
                code,
                text: format!("{}: {text}", item.title),
                cure: cure.to_owned(),
                minutes,
            })
        })
        .collect();
    blockers.sort_by_key(|blocker| match &blocker.subject {
        Subject::Item { severity, .. } => (*severity, blocker.minutes.unwrap_or(u32::MAX)),
        Subject::Role { .. } => (Severity::Recommended, u32::MAX),
    });
    blockers
}

fn role_blocker(
    project: &Project,
    release: &Release,
    (role, people): (Role, usize),
    standing: SignoffStanding,
) -> Blocker {
    let title = role.words();
    let words = release.counting(role, people);
    let about = words.iter().find(|word| word_standing(word) == standing);
    let signer = about.map_or("", |word| word.stamp.by.name.as_str());
    let nobody = !project.members.values().any(|member| member.holds(role));
    let (code, text, cure) = match standing {
        SignoffStanding::Missing | SignoffStanding::Signed if nobody => (
            "signoff-missing",
            format!("{title} has not signed, and nobody on the roster holds that role"),
            format!("Enroll a member with the role {}", role.code()),
        ),
        SignoffStanding::Missing | SignoffStanding::Signed if !words.is_empty() => (
            "signoff-missing",
            format!("{title}: {} of {people} have signed", words.len()),
            format!("Somebody else of {title} reviews and signs"),
        ),
        SignoffStanding::Missing | SignoffStanding::Signed => (
            "signoff-missing",
            match people {
                1 => format!("{title} has not signed"),
                _ => format!("{title}: 0 of {people} have signed"),
            },
            format!("{title} reviews and signs"),
        ),
        SignoffStanding::Stale => (
            "signoff-stale",
            format!(
                "{title}'s sign-off by {signer} is stale: {}",
                about.map_or_else(String::new, |word| stale_words(word))
            ),
            format!("{title} looks at what changed and signs again"),
        ),
        SignoffStanding::Declined => (
            "signoff-declined",
            format!("{title} ({signer}) declined"),
            format!("Settle what {signer} asks for; then {title} signs"),
        ),
        SignoffStanding::Revoked => (
            "signoff-revoked",
            format!("{title} ({signer}) took the sign-off back"),
            format!("Settle what {signer} asks for; then {title} signs"),
        ),
    };
    Blocker { subject: Subject::Role { role, standing }, code, text, cure, minutes: None }
}

fn stale_words(word: &Signoff) -> String {
    let Some(stale) = &word.stale else { return "something changed".into() };
    let Some(first) = stale.changes.first() else { return "something changed".into() };
    let what = match &first.item {
        Some(item) => format!("{} of {item}", first.what),
        None => first.what.clone(),
    };
    let more = stale.changes.len().saturating_sub(1);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{what} changed from {} to {}{rest}", first.from, first.to)
}
