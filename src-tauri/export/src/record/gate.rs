//! Group F: the gate's computation, with the rule it follows, so that a reader can repeat it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use countersign_domain::gate::{Blocker, Subject, Verdict, gate, item_blockers};
use countersign_domain::id::{ItemId, ReleaseId};
use countersign_domain::material::{Difference, Material};
use countersign_domain::member::Role;
use countersign_domain::score::FORMULA;
use countersign_domain::standing::standing;
use countersign_domain::state::{Project, Release};
use countersign_domain::template::{Severity, Verify};

use super::emergency::{self, EmergencyRecord};
use super::facts::Facts;
use super::identity::previous;
use super::item::standing_code;

/// The gate's rule, as the domain computes it.
pub const RULE: &str = "gate v2: No-go while a critical or high item that is due before the \
deployment is not settled, or while a required role has declined, taken its signature back, or \
signed something that has changed since. An item is settled when its probes see it hold and the \
verdict is fresh, when a person ticked it where the checklist lets a person decide, when a person \
states with a reason that it does not apply (never a critical item), or when an approved \
exception covers it that has not expired (never a critical item). A person's tick never overrules \
a failed check, and an inconclusive check never counts as a pass. Ready when nothing is missing \
but signatures. Go when every required approval is current: of as many different people for each \
required role as the policy says, each of whom signs for one role; in a declared emergency, of one \
person for each role that the policy's emergency rule names, and then the others are owed after \
the deployment.";

/// The gate at the record's time, and at the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateRecord {
    /// The rule.
    pub rule: &'static str,
    /// The score's formula.
    pub formula: &'static str,
    /// At the record's time.
    pub now: GateReading,
    /// At the moment of the deployment, before it was recorded.
    pub at_deployment: Option<GateReading>,
    /// Set when the release was declared an emergency.
    pub emergency: Option<EmergencyRecord>,
    /// What blocks closing the release.
    pub closing: Vec<BlockerRecord>,
    /// What is different from the last release that was signed and went out.
    pub since_previous: Option<SincePrevious>,
}

/// One reading of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateReading {
    /// The moment it is computed for.
    pub at: DateTime<Utc>,
    /// `no-go`, `ready` or `go`.
    pub verdict: &'static str,
    /// What keeps it from Go.
    pub blockers: Vec<BlockerRecord>,
    /// The score.
    pub score: ScoreRecord,
    /// Items that are due before the deployment, by severity and standing.
    pub counts: BTreeMap<&'static str, BTreeMap<&'static str, u32>>,
}

/// The score in points of 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScoreRecord {
    /// With approved exceptions counted as settled.
    pub now: u8,
    /// Without any exception.
    pub without_exceptions: u8,
    /// Once every critical item is settled.
    pub projected: u8,
}

/// One thing that blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockerRecord {
    /// Its code.
    pub code: &'static str,
    /// The item, when it is one.
    pub item: Option<ItemId>,
    /// The role, when it is a signature.
    pub role: Option<Role>,
    /// What blocks.
    pub text: String,
    /// The smallest step that clears it.
    pub cure: String,
}

/// What is different from an earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SincePrevious {
    /// The earlier release.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// The differences between what was signed then and what there is now.
    pub changes: Vec<DifferenceRecord>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceRecord {
    /// What it is.
    pub what: String,
    /// The item, when it is one.
    pub item: Option<ItemId>,
    /// As it was.
    pub from: String,
    /// As it is.
    pub to: String,
}

impl From<&Difference> for DifferenceRecord {
    fn from(one: &Difference) -> Self {
        Self {
            what: one.what.clone(),
            item: one.item.clone(),
            from: one.from.clone(),
            to: one.to.clone(),
        }
    }
}

pub(super) fn build(facts: &Facts<'_>) -> GateRecord {
    let (project, release, now) = (facts.project, facts.release, facts.now);
    let closing = item_blockers(project, release, now, |phase| !phase.gates_deployment());
    GateRecord {
        rule: RULE,
        formula: FORMULA,
        now: reading(project, release, now),
        at_deployment: facts
            .at_deployment()
            .map(|(project, release, at)| reading(project, release, at)),
        emergency: emergency::build(facts),
        closing: closing.iter().map(blocker).collect(),
        since_previous: since_previous(facts),
    }
}

fn reading(project: &Project, release: &Release, at: DateTime<Utc>) -> GateReading {
    let gate = gate(project, release, at);
    GateReading {
        at,
        verdict: match gate.verdict {
            Verdict::NoGo => "no-go",
            Verdict::Ready => "ready",
            Verdict::Go => "go",
        },
        blockers: gate.blockers.iter().map(blocker).collect(),
        score: ScoreRecord {
            now: gate.score.now,
            without_exceptions: gate.score.without_exceptions,
            projected: gate.score.projected,
        },
        counts: counts(project, release, at),
    }
}

fn blocker(blocker: &Blocker) -> BlockerRecord {
    let (item, role) = match &blocker.subject {
        Subject::Item { item, .. } => (Some(item.clone()), None),
        Subject::Role { role, .. } => (None, Some(*role)),
    };
    BlockerRecord {
        code: blocker.code,
        item,
        role,
        text: blocker.text.clone(),
        cure: blocker.cure.clone(),
    }
}

fn counts(
    project: &Project,
    release: &Release,
    now: DateTime<Utc>,
) -> BTreeMap<&'static str, BTreeMap<&'static str, u32>> {
    const STANDINGS: [&str; 5] = ["settled", "excepted", "not-applicable", "failed", "open"];
    let row = || STANDINGS.map(|code| (code, 0)).into_iter().collect::<BTreeMap<_, u32>>();
    let severities = [Severity::Critical, Severity::High, Severity::Recommended];
    let mut counts: BTreeMap<_, _> =
        severities.map(|severity| (severity.code(), row())).into_iter().collect();
    for (section, item) in release.template.items() {
        if item.verify == Verify::Computed || !section.phase.gates_deployment() {
            continue;
        }
        let stands = standing(project, release, section, item, now);
        let row = counts.entry(item.severity_in(section).code()).or_default();
        *row.entry(standing_code(&stands)).or_default() += 1;
    }
    counts
}

fn since_previous(facts: &Facts<'_>) -> Option<SincePrevious> {
    let (release, _) = previous(facts)?;
    let signed = release.deployment.as_ref()?.signoffs.iter().max_by_key(|one| one.stamp.at)?;
    let now = Material::of(facts.project, facts.release);
    Some(SincePrevious {
        release: release.id.clone(),
        version: release.version.clone(),
        changes: signed.covers.differences(&now).iter().map(DifferenceRecord::from).collect(),
    })
}
