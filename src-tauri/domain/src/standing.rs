//! Where an item stands: the machine's verdict and the human tick read together, never one
//! for the other. This is the one place that decides what "settled" means.

use chrono::{DateTime, Duration, Utc};

use crate::event::Tick;
use crate::finding::Outcome;
use crate::member::Policy;
use crate::state::{Exception, ItemRecord, Project, Release};
use crate::template::{Computed, Item, Section, Verify};

/// The machine's verdict over all probes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The verdict; none while one of the probes never ran and none failed.
    pub outcome: Option<Outcome>,
    /// When the oldest look behind it began.
    pub at: Option<DateTime<Utc>>,
    /// When it becomes too old to sign on.
    pub fresh_until: Option<DateTime<Utc>>,
}

impl Machine {
    /// The verdict on `item` from what is recorded, as fresh as it and `policy` ask for.
    #[must_use]
    pub fn of(policy: &Policy, item: &Item, record: Option<&ItemRecord>) -> Self {
        let slots = u32::try_from(item.probes.len()).unwrap_or(u32::MAX);
        let found: Vec<_> = (0..slots)
            .filter_map(|slot| record.and_then(|known| known.findings.get(&slot)))
            .map(|(_, finding)| finding)
            .collect();
        let worst = Outcome::worst(found.iter().map(|finding| finding.outcome));
        let complete = found.len() == item.probes.len();
        let at = found.iter().map(|finding| finding.started_at).min();
        // A time beyond the calendar counts as too old at once.
        let limits = [item.freshness_hours, policy.freshness_hours];
        let fresh_until = at
            .zip(limits.into_iter().flatten().min())
            .map(|(at, hours)| at.checked_add_signed(Duration::hours(hours.into())).unwrap_or(at));
        Self {
            outcome: worst.filter(|outcome| complete || *outcome == Outcome::Fail),
            at,
            fresh_until,
        }
    }

    /// Whether it is too old to sign on at `now`.
    #[must_use]
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.fresh_until.is_some_and(|until| now > until)
    }

    /// Seen to hold (or not to apply), and not too long ago.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        matches!(self.outcome, Some(Outcome::Pass | Outcome::NotApplicable)) && !self.is_stale(now)
    }
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing more to do.
    Settled,
    /// It does not apply: the machine saw it, or a person said so with a reason.
    NotApplicable,
    /// An approved exception covers it.
    Excepted,
    /// Seen not to hold.
    Failed(Missing),
    /// Something is missing.
    Open(Missing),
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The machine saw it fail.
    Fix,
    /// A person said that it is not done.
    DoIt,
    /// Its probes never ran.
    Run,
    /// The verdict is too old.
    Rerun,
    /// The machine could not tell, and only the machine can settle it.
    MakeTestable,
    /// The machine could not tell: a person must look, and say so with a note.
    AttestWithNote,
    /// A person must tick it.
    Tick,
    /// It follows from others that are open.
    Others,
}

impl Missing {
    /// Stable code for scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Fix => "item-failed",
            Self::DoIt => "item-not-done",
            Self::Run => "item-not-run",
            Self::Rerun => "item-stale",
            Self::MakeTestable => "item-inconclusive",
            Self::AttestWithNote => "item-undecided",
            Self::Tick => "item-open",
            Self::Others => "item-follows",
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fix => "the check failed",
            Self::DoIt => "marked as not done",
            Self::Run => "never checked",
            Self::Rerun => "checked too long ago",
            Self::MakeTestable => "the check could not tell",
            Self::AttestWithNote => "the check could not tell, and nobody has looked",
            Self::Tick => "not ticked",
            Self::Others => "follows from items that are open",
        }
    }

    /// The smallest step that clears it.
    #[must_use]
    pub fn cure(self) -> &'static str {
        match self {
            Self::Fix => "Fix it, then run the check again",
            Self::DoIt => "Do it, then tick it",
            Self::Run => "Run the check",
            Self::Rerun => "Run the check again; no new signature is needed if the verdict holds",
            Self::MakeTestable => "Give the check what it lacks, then run it again",
            Self::AttestWithNote => "Look at it yourself, and tick it with a note on what you saw",
            Self::Tick => "Do it, then tick it",
            Self::Others => "Settle the items that it follows from",
        }
    }
}

impl Standing {
    /// Whether the item no longer blocks.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Settled | Self::NotApplicable | Self::Excepted)
    }

    /// What is missing, if anything.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        match self {
            Self::Failed(missing) | Self::Open(missing) => Some(*missing),
            Self::Settled | Self::NotApplicable | Self::Excepted => None,
        }
    }
}

/// Where `item` stands at `now`.
#[must_use]
pub fn standing(
    project: &Project,
    release: &Release,
    section: &Section,
    item: &Item,
    now: DateTime<Utc>,
) -> Standing {
    if let (Verify::Computed, Some(computed)) = (item.verify, &item.computed) {
        return follow(project, release, computed, now);
    }
    let bare = without_exception(project, release, item, now);
    if !bare.is_settled()
        && item.may_be_excepted(section)
        && exception_for(release, item).is_some_and(|exception| exception.holds(now))
    {
        return Standing::Excepted;
    }
    bare
}

/// The exception that counts for an item: the approved one that lasts longest, else the
/// latest asked for.
#[must_use]
pub fn exception_for<'a>(release: &'a Release, item: &Item) -> Option<&'a Exception> {
    release.exceptions.values().filter(|exception| exception.item == item.id).max_by_key(
        |exception| {
            let until = exception.is_approved().then_some(exception.expires_at);
            (until, exception.requested.at)
        },
    )
}

/// Where `item` would stand if no exception counted.
#[must_use]
pub fn without_exception(
    project: &Project,
    release: &Release,
    item: &Item,
    now: DateTime<Utc>,
) -> Standing {
    let record = release.items.get(&item.id);
    let machine = Machine::of(&project.policy, item, record);
    let tick = record.and_then(|known| known.tick.as_ref()).map(|(_, tick, note)| (*tick, note));
    if machine.outcome == Some(Outcome::Fail) {
        return Standing::Failed(Missing::Fix);
    }
    if item.verify != Verify::Probe {
        match tick {
            Some((Tick::NotDone, _)) => return Standing::Failed(Missing::DoIt),
            Some((Tick::NotApplicable, _)) => return Standing::NotApplicable,
            Some((Tick::Done, _)) | None => {}
        }
    }
    let ticked = matches!(tick, Some((Tick::Done, _)));
    let with_note = ticked && tick.is_some_and(|(_, note)| !note.trim().is_empty());
    match item.verify {
        Verify::Person if ticked => Standing::Settled,
        Verify::Person => Standing::Open(Missing::Tick),
        Verify::Probe | Verify::Both | Verify::ProbeOrPerson | Verify::Computed => {
            by_machine(item.verify, &machine, ticked, with_note, now)
        }
    }
}

fn by_machine(
    verify: Verify,
    machine: &Machine,
    ticked: bool,
    with_note: bool,
    now: DateTime<Utc>,
) -> Standing {
    let Some(outcome) = machine.outcome else { return Standing::Open(Missing::Run) };
    if machine.is_stale(now) {
        return Standing::Open(Missing::Rerun);
    }
    match outcome {
        Outcome::Fail => Standing::Failed(Missing::Fix),
        Outcome::Pass | Outcome::NotApplicable if verify == Verify::Both && !ticked => {
            Standing::Open(Missing::Tick)
        }
        Outcome::Pass => Standing::Settled,
        Outcome::NotApplicable => Standing::NotApplicable,
        Outcome::Inconclusive(_) if verify == Verify::ProbeOrPerson && with_note => {
            Standing::Settled
        }
        Outcome::Inconclusive(_) if verify == Verify::ProbeOrPerson => {
            Standing::Open(Missing::AttestWithNote)
        }
        Outcome::Inconclusive(_) => Standing::Open(Missing::MakeTestable),
    }
}

fn follow(
    project: &Project,
    release: &Release,
    computed: &Computed,
    now: DateTime<Utc>,
) -> Standing {
    if let Some(role) = computed.role {
        let people = project.policy.signers_of(role);
        let stands = crate::gate::signoff_standing(release, role, people);
        let current = stands == crate::gate::SignoffStanding::Signed;
        return if current { Standing::Settled } else { Standing::Open(Missing::Others) };
    }
    let all_settled = release
        .template
        .items()
        .filter(|(section, item)| {
            item.verify != Verify::Computed
                && computed.severity.is_none_or(|wanted| item.severity_in(section) == wanted)
                && if computed.sections.is_empty() {
                    section.phase.gates_deployment()
                } else {
                    computed.sections.contains(&section.id)
                }
        })
        .all(|(section, item)| standing(project, release, section, item, now).is_settled());
    if all_settled { Standing::Settled } else { Standing::Open(Missing::Others) }
}
