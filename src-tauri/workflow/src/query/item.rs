//! One item: row and detail.

use chrono::{DateTime, Utc};
use countersign_domain::event::{Tick, Verdict};
use countersign_domain::finding::Finding;
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_domain::standing::{Machine, Standing, exception_for, standing};
use countersign_domain::state::{Exception, Project, Release, Stamp};
use countersign_domain::template::{Item, Section, Verify};
use countersign_probes::registry;

use super::{find, outcome_code, severity_code, stamp, verify_code};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{
    EvidenceView, ExceptionState, ExceptionView, FindingView, HistoryEntry, ItemDetail, ItemRow,
    ItemState, MachineVerdict, NoteView, TickCode, TickView,
};

impl Home {
    /// One item with all that is known of it.
    ///
    /// # Errors
    /// An unknown project, release or item, or ledger trouble.
    pub fn item(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
        item: &ItemId,
    ) -> Result<ItemDetail, Failure> {
        let now = self.now();
        self.read(project, |fold| {
            let (project, release) = find(fold, release)?;
            let (section, item) = release
                .template
                .item(item)
                .ok_or_else(|| countersign_domain::refusal::Refusal::UnknownItem(item.clone()))?;
            Ok(detail(project, release, section, item, now))
        })
    }
}

pub(super) fn row(
    project: &Project,
    release: &Release,
    section: &Section,
    item: &Item,
    now: DateTime<Utc>,
) -> ItemRow {
    let record = release.items.get(&item.id);
    let stands = standing(project, release, section, item, now);
    let state = match &stands {
        Standing::Settled | Standing::NotApplicable => ItemState::Settled,
        Standing::Excepted => ItemState::Excepted,
        Standing::Failed(_) => ItemState::Failed,
        Standing::Open(_) => ItemState::Open,
    };
    let active = |name: &str| registry::definition(name).is_some_and(|known| known.active);
    ItemRow {
        id: item.id.to_string(),
        title: item.title.clone(),
        severity: severity_code(item.severity_in(section)),
        verify: verify_code(item.verify),
        state,
        missing: stands.missing().map_or_else(String::new, |missing| missing.words().to_owned()),
        machine: (!item.probes.is_empty()).then(|| machine_view(project, release, item, now)),
        tick: record.and_then(|known| known.tick.as_ref()).map(|(by, tick, note)| TickView {
            tick: match tick {
                Tick::Done => TickCode::Done,
                Tick::NotDone => TickCode::NotDone,
                Tick::NotApplicable => TickCode::NotApplicable,
            },
            note: note.clone(),
            by: by.by.name.clone(),
            at: stamp(by.at),
        }),
        exception: exception_for(release, item).map(|known| exception_view(release, known, now)),
        evidence: record.map_or(0, |known| u32::try_from(known.evidence.len()).unwrap_or(u32::MAX)),
        probes: item.probes.iter().map(|probe| probe.name.clone()).collect(),
        active: item.probes.iter().any(|probe| active(&probe.name)),
        may_be_excepted: item.may_be_excepted(section),
    }
}

fn machine_view(
    project: &Project,
    release: &Release,
    item: &Item,
    now: DateTime<Utc>,
) -> MachineVerdict {
    let record = release.items.get(&item.id);
    let machine = Machine::of(&project.policy, item, record);
    let findings: Vec<&Finding> = record
        .map(|known| known.findings.values().map(|(_, finding)| finding).collect())
        .unwrap_or_default();
    let deciding = findings.iter().find(|finding| Some(finding.outcome) == machine.outcome);
    let passes = findings.len() > 1
        && deciding
            .is_some_and(|one| matches!(one.outcome, countersign_domain::finding::Outcome::Pass));
    let summary = match (deciding, passes) {
        (_, true) => format!("All {} checks pass", findings.len()),
        (Some(finding), false) => finding.summary.clone(),
        (None, false) => "Not checked yet".to_owned(),
    };
    MachineVerdict {
        outcome: outcome_code(machine.outcome),
        reason: machine
            .outcome
            .and_then(|outcome| outcome.reason())
            .map(|reason| reason.words().to_owned()),
        summary,
        at: machine.at.map(stamp),
        stale: machine.is_stale(now),
        fresh_until: machine.fresh_until.map(stamp),
        notes: findings.iter().flat_map(|finding| notes(finding)).collect(),
    }
}

fn notes(finding: &Finding) -> Vec<NoteView> {
    let view = |note: &countersign_domain::finding::Note| NoteView {
        code: note.code.clone(),
        text: note.text.clone(),
    };
    finding.notes.iter().map(view).collect()
}

pub(super) fn exception_view(
    release: &Release,
    exception: &Exception,
    now: DateTime<Utc>,
) -> ExceptionView {
    let state = match &exception.decided {
        None => ExceptionState::Requested,
        Some((_, Verdict::Reject, _)) => ExceptionState::Rejected,
        Some((_, Verdict::Approve, _)) if exception.holds(now) => ExceptionState::Approved,
        Some((_, Verdict::Approve, _)) => ExceptionState::Expired,
    };
    let decided = exception.decided.as_ref();
    ExceptionView {
        id: exception.id.to_string(),
        item: exception.item.to_string(),
        item_title: release
            .template
            .item(&exception.item)
            .map_or_else(String::new, |(_, item)| item.title.clone()),
        state,
        reason: exception.reason.clone(),
        compensating_control: exception.compensating_control.clone(),
        owner: exception.owner.clone(),
        requested_by: exception.requested.by.name.clone(),
        requested_at: stamp(exception.requested.at),
        decided_by: decided.map(|(by, ..)| by.by.name.clone()),
        decided_at: decided.map(|(by, ..)| stamp(by.at)),
        note: decided.map_or_else(String::new, |(_, _, note)| note.clone()),
        expires_at: stamp(exception.expires_at),
    }
}

fn detail(
    project: &Project,
    release: &Release,
    section: &Section,
    item: &Item,
    now: DateTime<Utc>,
) -> ItemDetail {
    let record = release.items.get(&item.id).cloned().unwrap_or_default();
    let mut controls = item.controls.clone();
    controls.extend(section.controls.iter().filter(|id| !item.controls.contains(id)).cloned());
    let guidance = match (item.guidance.is_empty(), section.guidance.is_empty()) {
        (false, false) => format!("{}\n\n{}", item.guidance, section.guidance),
        (false, true) => item.guidance.clone(),
        (true, _) => section.guidance.clone(),
    };
    ItemDetail {
        row: row(project, release, section, item, now),
        section: section.title.clone(),
        guidance,
        risk: section.risk.clone(),
        controls,
        findings: item
            .probes
            .iter()
            .zip(0u32..)
            .filter(|_| item.verify != Verify::Person)
            .filter_map(|(_, slot)| record.findings.get(&slot))
            .map(|(_, finding)| finding_view(finding))
            .collect(),
        evidence: record
            .evidence
            .iter()
            .map(|(by, file)| EvidenceView {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                size: file.size,
                sha256: file.sha256.to_string(),
                observed_at: stamp(file.observed_at),
                attached_at: stamp(by.at),
                by: by.by.name.clone(),
            })
            .collect(),
        exceptions: release
            .exceptions
            .values()
            .filter(|exception| exception.item == item.id)
            .map(|exception| exception_view(release, exception, now))
            .collect(),
        history: record
            .history
            .iter()
            .map(|change| entry(&change.stamp, change.what, &change.from, &change.to, &change.note))
            .collect(),
    }
}

fn entry(by: &Stamp, what: &str, from: &str, to: &str, note: &str) -> HistoryEntry {
    HistoryEntry {
        at: stamp(by.at),
        by: by.by.name.clone(),
        what: what.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        note: note.to_owned(),
        event: by.event.to_string(),
    }
}

fn finding_view(finding: &Finding) -> FindingView {
    let words = registry::definition(&finding.probe);
    FindingView {
        probe: finding.probe.clone(),
        rules: finding.rules,
        target: finding.target.clone(),
        outcome: outcome_code(Some(finding.outcome)),
        reason: finding.outcome.reason().map(|reason| reason.words().to_owned()),
        summary: finding.summary.clone(),
        expected: finding.expected.clone(),
        observed: finding.observed.clone(),
        reproduce: finding.reproduce.clone(),
        notes: notes(finding),
        transcript: finding.transcript.clone(),
        at: stamp(finding.started_at),
        took_ms: finding.took_ms,
        claim: words.map_or_else(String::new, |known| known.claim.to_owned()),
        why: words.map_or_else(String::new, |known| known.why.to_owned()),
        remedy: words.map_or_else(String::new, |known| known.remedy.to_owned()),
    }
}
