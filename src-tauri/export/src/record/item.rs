//! Groups B to D: each item with the machine's verdict beside the human word, every look
//! behind it, its files, and every value it ever had.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use countersign_domain::event::{Body, Evidence, Tick};
use countersign_domain::finding::{Finding, Outcome};
use countersign_domain::id::{EventId, ExceptionId, ItemId, RunId};
use countersign_domain::standing::{Machine, Standing, standing};
use countersign_domain::state::ItemRecord;
use countersign_domain::template::{Item, Phase, Section, Severity, Verify};

use super::facts::{Act, Facts};
use crate::names;

/// One section of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionRecord {
    /// Control ids of all its items.
    pub controls: Vec<String>,
    /// Its id.
    pub id: String,
    /// Its items.
    pub items: Vec<ItemEntry>,
    /// Minutes it was estimated to take, from and to.
    pub minutes: Option<(u32, u32)>,
    /// When they are due.
    pub phase: Phase,
    /// What happens to those who skip it.
    pub risk: String,
    /// How much its items matter.
    pub severity: Severity,
    /// Its heading.
    pub title: String,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemEntry {
    /// Control ids beyond the section's.
    pub controls: Vec<String>,
    /// Files, oldest first.
    pub evidence: Vec<EvidenceRecord>,
    /// Exceptions asked for.
    pub exceptions: Vec<ExceptionId>,
    /// The latest look of each probe.
    pub findings: Vec<FindingRecord>,
    /// Hours after which a machine's verdict is too old to sign on.
    pub freshness_hours: Option<u32>,
    /// Every change, oldest first.
    pub history: Vec<ChangeRecord>,
    /// The latest word of a person, never mixed with the machine's.
    pub human: Option<HumanRecord>,
    /// Its stable id.
    pub id: ItemId,
    /// The machine's verdict; none for items that no probe looks at.
    pub machine: Option<MachineRecord>,
    /// Whether an exception may be approved for it.
    pub may_be_excepted: bool,
    /// How much it matters.
    pub severity: Severity,
    /// Where it stands at the record's time.
    pub standing: StandingRecord,
    /// Where it stood when the release went out, for items that gate the deployment.
    pub standing_at_deployment: Option<StandingRecord>,
    /// The claim.
    pub title: String,
    /// Who settles it.
    pub verify: Verify,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingRecord {
    /// `settled`, `not-applicable`, `excepted`, `failed` or `open`.
    pub code: &'static str,
    /// What is missing, in words; empty when nothing is.
    pub missing: String,
    /// The smallest step that clears it; empty when nothing is missing.
    pub cure: String,
}

/// The machine's verdict over all probes of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineRecord {
    /// `pass`, `fail`, `not-applicable`, `inconclusive` or `not-run`.
    pub outcome: &'static str,
    /// Why it could not be told.
    pub reason: Option<&'static str>,
    /// When the oldest look behind it began.
    pub at: Option<DateTime<Utc>>,
    /// When it becomes too old to sign on.
    pub fresh_until: Option<DateTime<Utc>>,
    /// Whether it is too old at the record's time.
    pub stale: bool,
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HumanRecord {
    /// What was said.
    pub tick: Tick,
    /// In the person's words.
    pub note: String,
    /// By whom and when.
    pub by: Act,
}

/// One probe's latest look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingRecord {
    /// Which of the item's probes, from 0.
    pub slot: u32,
    /// The probe's parameters, from the pinned checklist.
    pub parameters: Map<String, Value>,
    /// The check run.
    pub run: Option<RunId>,
    /// Whose key recorded it, and when.
    pub by: Act,
    /// Expected, observed, verdict, how to reproduce, transcript.
    pub finding: Finding,
    /// How often each verdict was given by this probe in this release.
    pub looks: BTreeMap<&'static str, u32>,
}

/// A file that shows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceRecord {
    /// The item.
    pub item: ItemId,
    /// The member of the bundle that holds its bytes.
    pub path: String,
    /// Name, media type, size, SHA-256, when it was seen.
    pub file: Evidence,
    /// Who attached it and when.
    pub by: Act,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeRecord {
    /// By whom and when.
    pub by: Act,
    /// The value before; empty at first.
    pub from: String,
    /// In the person's words.
    pub note: String,
    /// The value after.
    pub to: String,
    /// `verdict`, `tick`, `evidence` or `exception`.
    pub what: &'static str,
}

impl ItemEntry {
    /// The standing that the decision rests on: at the deployment for an item that gated
    /// it, else at the record's time. A verdict that aged since was fresh when it counted.
    #[must_use]
    pub fn decided(&self) -> &StandingRecord {
        self.standing_at_deployment.as_ref().unwrap_or(&self.standing)
    }
}

/// Verdicts by probe, and the run of each finding, from the trail.
struct Looks<'a> {
    counts: HashMap<(&'a ItemId, u32), BTreeMap<&'static str, u32>>,
    runs: HashMap<&'a EventId, &'a RunId>,
}

pub(super) fn build(facts: &Facts<'_>) -> Vec<SectionRecord> {
    let looks = looks(facts);
    let of_section = |section: &Section| SectionRecord {
        id: section.id.clone(),
        title: section.title.clone(),
        severity: section.severity,
        phase: section.phase,
        minutes: section.minutes,
        risk: section.risk.clone(),
        controls: section.controls.clone(),
        items: section.items.iter().map(|item| entry(facts, &looks, section, item)).collect(),
    };
    facts.release.template.sections.iter().map(of_section).collect()
}

fn entry(facts: &Facts<'_>, looks: &Looks<'_>, section: &Section, item: &Item) -> ItemEntry {
    let record = facts.release.items.get(&item.id);
    let stands = standing(facts.project, facts.release, section, item, facts.now);
    ItemEntry {
        id: item.id.clone(),
        title: item.title.clone(),
        severity: item.severity_in(section),
        verify: item.verify,
        controls: item.controls.clone(),
        may_be_excepted: item.may_be_excepted(section),
        freshness_hours: item.freshness_hours,
        standing: standing_record(&stands),
        standing_at_deployment: facts
            .at_deployment()
            .filter(|_| section.phase.gates_deployment())
            .map(|(project, release, at)| {
                standing_record(&standing(project, release, section, item, at))
            }),
        machine: (!item.probes.is_empty()).then(|| machine(facts, item, record)),
        human: record.and_then(|known| known.tick.as_ref()).map(|(stamp, tick, note)| {
            HumanRecord { tick: *tick, note: note.clone(), by: facts.act(stamp) }
        }),
        findings: record.map(|known| findings(facts, looks, item, known)).unwrap_or_default(),
        evidence: record.map(|known| evidence(facts, item, known)).unwrap_or_default(),
        exceptions: facts
            .release
            .exceptions
            .values()
            .filter(|exception| exception.item == item.id)
            .map(|exception| exception.id.clone())
            .collect(),
        history: record.map(|known| history(facts, known)).unwrap_or_default(),
    }
}

fn standing_record(stands: &Standing) -> StandingRecord {
    let missing = stands.missing();
    StandingRecord {
        code: standing_code(stands),
        missing: missing.map_or("", |missing| missing.words()).to_owned(),
        cure: missing.map_or("", |missing| missing.cure()).to_owned(),
    }
}

pub(super) fn standing_code(stands: &Standing) -> &'static str {
    match stands {
        Standing::Settled => "settled",
        Standing::NotApplicable => "not-applicable",
        Standing::Excepted => "excepted",
        Standing::Failed(_) => "failed",
        Standing::Open(_) => "open",
    }
}

fn machine(facts: &Facts<'_>, item: &Item, record: Option<&ItemRecord>) -> MachineRecord {
    let machine = Machine::of(&facts.project.policy, item, record);
    MachineRecord {
        outcome: machine.outcome.map_or("not-run", Outcome::code),
        reason: machine.outcome.and_then(Outcome::reason).map(|reason| reason.words()),
        at: machine.at,
        fresh_until: machine.fresh_until,
        stale: machine.is_stale(facts.now),
    }
}

fn findings(
    facts: &Facts<'_>,
    looks: &Looks<'_>,
    item: &Item,
    record: &ItemRecord,
) -> Vec<FindingRecord> {
    let of_slot = |(slot, (stamp, finding)): (&u32, &(_, Finding))| {
        let probe = usize::try_from(*slot).ok().and_then(|slot| item.probes.get(slot));
        FindingRecord {
            slot: *slot,
            parameters: probe.map(|probe| probe.params.clone()).unwrap_or_default(),
            run: None,
            by: facts.act(stamp),
            finding: finding.clone(),
            looks: looks.counts.get(&(&item.id, *slot)).cloned().unwrap_or_default(),
        }
    };
    let with_run = |mut found: FindingRecord| {
        found.run = looks.runs.get(&found.by.event).map(|run| (*run).clone());
        found
    };
    record.findings.iter().map(of_slot).map(with_run).collect()
}

fn evidence(facts: &Facts<'_>, item: &Item, record: &ItemRecord) -> Vec<EvidenceRecord> {
    let of_file = |(stamp, file): &(_, Evidence)| EvidenceRecord {
        item: item.id.clone(),
        path: names::evidence(&file.sha256),
        file: file.clone(),
        by: facts.act(stamp),
    };
    record.evidence.iter().map(of_file).collect()
}

fn history(facts: &Facts<'_>, record: &ItemRecord) -> Vec<ChangeRecord> {
    record
        .history
        .iter()
        .map(|change| ChangeRecord {
            what: change.what,
            from: change.from.clone(),
            to: change.to.clone(),
            note: change.note.clone(),
            by: facts.act(&change.stamp),
        })
        .collect()
}

fn looks<'a>(facts: &Facts<'a>) -> Looks<'a> {
    let mut looks = Looks { counts: HashMap::new(), runs: HashMap::new() };
    for entry in facts.fold.trail().iter().filter(|entry| entry.refused.is_none()) {
        let Body::FindingRecorded { release, run, item, slot, finding } =
            &entry.event.envelope().body
        else {
            continue;
        };
        if *release == facts.release.id {
            looks.runs.insert(entry.event.id(), run);
            let counts = looks.counts.entry((item, *slot)).or_default();
            *counts.entry(finding.outcome.code()).or_default() += 1;
        }
    }
    looks
}
