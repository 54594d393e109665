//! Events about one item: findings, ticks, evidence. Each leaves a change behind with the
//! value before and after, so that nothing is ever overwritten from sight.

use chrono::Duration;

use super::{MAX_NAME, open_release, optional_text, text, works};
use crate::event::{Evidence, Tick};
use crate::finding::Finding;
use crate::id::{ItemId, ReleaseId, RunId};
use crate::material::{outcome_words, tick_words};
use crate::refusal::Refusal;
use crate::state::{Change, Project, Stamp};
use crate::template::{Severity, Verify};

/// How far a clock may step back between a look and its event.
const CLOCK_SLACK: Duration = Duration::minutes(5);

pub(super) fn record(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    run: &RunId,
    item: &ItemId,
    slot: u32,
    finding: &Finding,
) -> Result<(), Refusal> {
    works(&stamp.by)?;
    let release = open_release(project, release)?;
    let (_, known) =
        release.template.item(item).ok_or_else(|| Refusal::UnknownItem(item.clone()))?;
    let probe = usize::try_from(slot).ok().and_then(|slot| known.probes.get(slot));
    let open = release.runs.iter_mut().find(|candidate| {
        candidate.id == *run
            && candidate.finished.is_none()
            && candidate.started.by.fingerprint == stamp.by.fingerprint
            && candidate.items.contains(item)
    });
    let (Some(probe), Some(open)) = (probe, open) else {
        return Err(Refusal::NoSuchProbe(item.clone()));
    };
    if probe.name != finding.probe {
        return Err(Refusal::NoSuchProbe(item.clone()));
    }
    // A look from the future would never become too old to sign on.
    if finding.started_at.signed_duration_since(stamp.at) > CLOCK_SLACK {
        return Err(Refusal::FindingTime { item: item.clone(), started: finding.started_at });
    }
    open.findings += 1;
    let record = release.items.entry(item.clone()).or_default();
    let before = record.findings.get(&slot).map(|(_, finding)| outcome_words(finding.outcome));
    let from = before.unwrap_or_default();
    let to = outcome_words(finding.outcome);
    if from != to {
        record.history.push(Change {
            stamp: stamp.clone(),
            what: "verdict",
            from,
            to,
            note: format!("{}: {}", finding.probe, finding.summary),
        });
    }
    record.findings.insert(slot, (stamp.clone(), finding.clone()));
    Ok(())
}

pub(super) fn attest(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    item: &ItemId,
    tick: Tick,
    note: &str,
) -> Result<(), Refusal> {
    works(&stamp.by)?;
    optional_text("note", note)?;
    let release = open_release(project, release)?;
    let (section, known) =
        release.template.item(item).ok_or_else(|| Refusal::UnknownItem(item.clone()))?;
    if known.verify == Verify::Computed {
        return Err(Refusal::ComputedItem(item.clone()));
    }
    if tick == Tick::NotApplicable {
        if known.severity_in(section) == Severity::Critical {
            return Err(Refusal::CriticalApplies(item.clone()));
        }
        text("note", note, super::MAX_NOTE)?;
    }
    let record = release.items.entry(item.clone()).or_default();
    let from = record.tick.as_ref().map_or("", |(_, tick, _)| tick_words(*tick));
    record.history.push(Change {
        stamp: stamp.clone(),
        what: "tick",
        from: from.to_owned(),
        to: tick_words(tick).to_owned(),
        note: note.to_owned(),
    });
    record.tick = Some((stamp.clone(), tick, note.to_owned()));
    Ok(())
}

pub(super) fn attach(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    item: &ItemId,
    evidence: &Evidence,
) -> Result<(), Refusal> {
    works(&stamp.by)?;
    text("name", &evidence.name, MAX_NAME)?;
    let plain = |c: char| !c.is_control() && c != '/' && c != '\\';
    if !evidence.name.chars().all(plain) || evidence.name.starts_with('.') {
        return Err(Refusal::Text { field: "name", max: MAX_NAME });
    }
    text("media_type", &evidence.media_type, MAX_NAME)?;
    let release = open_release(project, release)?;
    if release.template.item(item).is_none() {
        return Err(Refusal::UnknownItem(item.clone()));
    }
    let record = release.items.entry(item.clone()).or_default();
    record.history.push(Change {
        stamp: stamp.clone(),
        what: "evidence",
        from: String::new(),
        to: evidence.name.clone(),
        note: format!("SHA-256 {}", evidence.sha256),
    });
    record.evidence.push((stamp.clone(), evidence.clone()));
    Ok(())
}
