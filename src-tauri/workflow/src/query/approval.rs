//! What a signer weighs beside the release itself.

use chrono::{DateTime, Utc};
use countersign_domain::fold::Fold;
use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::material::Material;
use countersign_domain::previous::{ItemShift, Shift, SincePrevious, since_previous};
use countersign_domain::recovered::{Recovered, Turn, recovered};
use countersign_domain::standing::Standing;
use countersign_domain::state::Release;

use super::gate::change;
use super::{find, severity_code, stamp};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{ApprovalView, ItemShiftView, PreviousView, RecoveredView, TurnView};

impl Home {
    /// What failed before it held, and what is different from the release before.
    ///
    /// # Errors
    /// An unknown project or release, or ledger trouble.
    pub fn approval(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
    ) -> Result<ApprovalView, Failure> {
        let now = self.now();
        self.read(project, |fold| approval(fold, release, now))
    }
}

fn approval(fold: &Fold, release: &ReleaseId, now: DateTime<Utc>) -> Result<ApprovalView, Failure> {
    let (project, release) = find(fold, release)?;
    let since = since_previous(project, release, now);
    Ok(ApprovalView {
        state: Material::of(project, release).digest().to_string(),
        recovered: recovered(fold, release, now).iter().map(recovered_view).collect(),
        previous: since.map(|since| previous_view(release, &since)),
    })
}

fn recovered_view(one: &Recovered) -> RecoveredView {
    RecoveredView {
        item: one.item.to_string(),
        title: one.title.clone(),
        severity: severity_code(one.severity),
        failures: one.failures,
        failed: turn_view(&one.failed),
        settled: turn_view(&one.settled),
    }
}

fn turn_view(turn: &Turn) -> TurnView {
    TurnView {
        at: stamp(turn.at),
        by: turn.by.as_ref().map_or_else(String::new, |member| member.name.clone()),
        probe: turn.probe.clone(),
        value: turn.value.clone(),
        words: turn.words.clone(),
        event: turn.event.to_string(),
    }
}

fn previous_view(release: &Release, since: &SincePrevious<'_>) -> PreviousView {
    let of = |shift: Shift| {
        since.items.iter().filter(|one| one.shift == shift).map(shift_view).collect::<Vec<_>>()
    };
    PreviousView {
        release: since.release.id.to_string(),
        version: since.release.version.clone(),
        commit: since.release.subject.commit.clone(),
        deployed_at: stamp(since.deployment.deployed_at),
        regressed: of(Shift::Regressed),
        fixed: of(Shift::Fixed),
        added: of(Shift::Added),
        excepted: of(Shift::Excepted),
        removed: of(Shift::Removed),
        rest: since.rest.iter().map(|difference| change(release, difference)).collect(),
    }
}

fn shift_view(one: &ItemShift) -> ItemShiftView {
    ItemShiftView {
        item: one.item.to_string(),
        title: one.title.clone(),
        severity: severity_code(one.severity),
        from: one.from.as_ref().map_or("", standing_words).to_owned(),
        to: one.to.as_ref().map_or("", standing_words).to_owned(),
    }
}

fn standing_words(stands: &Standing) -> &'static str {
    match stands {
        Standing::Settled => "settled",
        Standing::NotApplicable => "does not apply",
        Standing::Excepted => "excepted",
        Standing::Failed(missing) | Standing::Open(missing) => missing.words(),
    }
}
