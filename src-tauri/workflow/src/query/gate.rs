//! The gate, the score, the signatures.

use chrono::{DateTime, Utc};
use countersign_domain::event::Decision;
use countersign_domain::fold::{Fold, may_approve};
use countersign_domain::gate::{self, Blocker, Gate, SignoffStanding, Subject};
use countersign_domain::id::ReleaseId;
use countersign_domain::material::{Difference, Material};
use countersign_domain::member::Role;
use countersign_domain::score;
use countersign_domain::state::{Project, Release};

use super::{find, meaning, stamp};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{
    BlockerView, ChangeView, GateCode, GateView, RoleLight, RoleState, Score, SignoffView,
    StatementView,
};

pub(crate) fn gate_code(verdict: gate::Verdict) -> GateCode {
    match verdict {
        gate::Verdict::NoGo => GateCode::NoGo,
        gate::Verdict::Ready => GateCode::Ready,
        gate::Verdict::Go => GateCode::Go,
    }
}

pub(super) fn score_view(score: score::Score) -> Score {
    Score {
        now: score.now,
        without_exceptions: score.without_exceptions,
        projected: score.projected,
    }
}

fn role_state(release: &Release, role: Role) -> RoleState {
    match gate::signoff_standing(release, role) {
        SignoffStanding::Missing => RoleState::Missing,
        SignoffStanding::Signed => RoleState::Signed,
        SignoffStanding::Stale => RoleState::Stale,
        SignoffStanding::Declined => RoleState::Declined,
        SignoffStanding::Revoked => RoleState::Revoked,
    }
}

pub(super) fn lights(project: &Project, release: &Release) -> Vec<RoleLight> {
    let light = |role: &Role| {
        let signoff = release.signoffs.get(role);
        RoleLight {
            role: role.code().to_owned(),
            title: role.words().to_owned(),
            state: role_state(release, *role),
            by: signoff.map(|known| known.stamp.by.name.clone()),
            at: signoff.map(|known| stamp(known.stamp.at)),
        }
    };
    project.policy.required_roles.iter().map(light).collect()
}

pub(super) fn signoffs(project: &Project, release: &Release) -> Vec<SignoffView> {
    project.policy.required_roles.iter().map(|role| signoff(project, release, *role)).collect()
}

fn signoff(project: &Project, release: &Release, role: Role) -> SignoffView {
    let known = release.signoffs.get(&role);
    SignoffView {
        role: role.code().to_owned(),
        title: role.words().to_owned(),
        state: role_state(release, role),
        by: known.map(|signoff| signoff.stamp.by.name.clone()),
        fingerprint: known.map(|signoff| signoff.stamp.by.fingerprint.to_string()),
        at: known.map(|signoff| stamp(signoff.stamp.at)),
        meaning: known.map_or_else(String::new, |signoff| signoff.meaning.clone()),
        comment: known.map_or_else(String::new, |signoff| signoff.comment.clone()),
        covers: known.map(|signoff| signoff.state.to_string()),
        event: known.map(|signoff| signoff.stamp.event.to_string()),
        changes: changes(project, release, role),
    }
}

/// What differs now from what `role` signed; where it was changed back, what once differed.
fn changes(project: &Project, release: &Release, role: Role) -> Vec<ChangeView> {
    let Some(signoff) = release.signoffs.get(&role) else { return Vec::new() };
    let Some(stale) = &signoff.stale else { return Vec::new() };
    let now = signoff.covers.differences(&Material::of(project, release));
    let shown = if now.is_empty() { &stale.changes } else { &now };
    shown.iter().map(|difference| change(release, difference)).collect()
}

pub(super) fn change(release: &Release, difference: &Difference) -> ChangeView {
    let title = difference
        .item
        .as_ref()
        .and_then(|item| release.template.item(item))
        .map(|(_, item)| item.title.clone());
    ChangeView {
        what: match title {
            Some(title) => format!("{title}: {}", difference.what),
            None => difference.what.clone(),
        },
        item: difference.item.as_ref().map(ToString::to_string),
        from: difference.from.clone(),
        to: difference.to.clone(),
    }
}

pub(super) fn blocker(known: &Blocker) -> BlockerView {
    let (item, role) = match &known.subject {
        Subject::Item { item, .. } => (Some(item.to_string()), None),
        Subject::Role { role, .. } => (None, Some(role.code().to_owned())),
    };
    BlockerView {
        code: known.code.to_owned(),
        item,
        role,
        text: known.text.clone(),
        cure: known.cure.clone(),
        minutes: known.minutes,
    }
}

pub(super) fn gate_view(
    project: &Project,
    release: &Release,
    gate: &Gate,
    now: DateTime<Utc>,
) -> GateView {
    GateView {
        verdict: gate_code(gate.verdict),
        summary: summary(gate),
        blockers: gate.blockers.iter().map(blocker).collect(),
        score: score_view(gate.score),
        signoffs: signoffs(project, release),
        at: stamp(now),
    }
}

fn summary(gate: &Gate) -> String {
    let items = gate.open_items().count();
    let roles = gate.blockers.len() - items;
    match (gate.verdict, items, roles) {
        (gate::Verdict::Go, ..) => "Every required sign-off is current".into(),
        (gate::Verdict::Ready, _, 1) => "One signature is missing, nothing else".into(),
        (gate::Verdict::Ready, _, roles) => format!("{roles} signatures are missing, nothing else"),
        (gate::Verdict::NoGo, 0, _) => {
            gate.blockers.first().map_or_else(String::new, |blocker| blocker.text.clone())
        }
        (gate::Verdict::NoGo, 1, _) => "One item blocks".into(),
        (gate::Verdict::NoGo, items, _) => format!("{items} items block"),
    }
}

impl Home {
    /// May the release go out?
    ///
    /// # Errors
    /// An unknown project or release, or ledger trouble.
    pub fn gate(
        &self,
        project: &countersign_domain::id::ProjectId,
        release: &ReleaseId,
    ) -> Result<GateView, Failure> {
        let now = self.now();
        self.read(project, |fold| {
            let (known, release) = find(fold, release)?;
            Ok(gate_view(known, release, &gate::gate(known, release, now), now))
        })
    }

    /// The sentence that a decision for `role` signs.
    ///
    /// # Errors
    /// An unknown project or release, or ledger trouble.
    pub fn meaning(
        &self,
        project: &countersign_domain::id::ProjectId,
        release: &ReleaseId,
        role: Role,
        decision: Decision,
    ) -> Result<String, Failure> {
        self.read(project, |fold| {
            let (known, release) = find(fold, release)?;
            Ok(meaning(known, release, role, decision))
        })
    }

    /// What `fingerprint`'s owner would sign for `role`, exactly.
    ///
    /// # Errors
    /// An unknown project, release or member.
    pub fn statement(
        &self,
        project: &countersign_domain::id::ProjectId,
        release: &ReleaseId,
        role: Role,
        fingerprint: &countersign_domain::id::Fingerprint,
    ) -> Result<StatementView, Failure> {
        let now = self.now();
        self.read(project, |fold| statement(fold, release, role, fingerprint, now))
    }
}

fn statement(
    fold: &Fold,
    release: &ReleaseId,
    role: Role,
    fingerprint: &countersign_domain::id::Fingerprint,
    now: DateTime<Utc>,
) -> Result<StatementView, Failure> {
    let (project, release) = find(fold, release)?;
    let member = project
        .members
        .get(fingerprint)
        .ok_or_else(|| countersign_domain::refusal::Refusal::NotAMember(fingerprint.clone()))?;
    let gate = gate::gate(project, release, now);
    let exceptions = release
        .exceptions
        .values()
        .filter(|exception| exception.holds(now))
        .map(|exception| super::item::exception_view(release, exception, now))
        .collect();
    Ok(StatementView {
        name: member.name.clone(),
        email: member.email.clone(),
        fingerprint: fingerprint.to_string(),
        role: role.code().to_owned(),
        meaning: meaning(project, release, role, Decision::Approve),
        state: Material::of(project, release).digest().to_string(),
        verdict: gate_code(gate.verdict),
        refusal: may_approve(project, release, member, role, now)
            .err()
            .map_or_else(String::new, |refusal| refusal.to_string()),
        exceptions,
        changes: changes(project, release, role),
    })
}
