//! The gate, the score, the signatures.

use chrono::{DateTime, Utc};
use countersign_domain::event::Decision;
use countersign_domain::fold::{Fold, may_approve};
use countersign_domain::gate::{self, Blocker, Gate, SignoffStanding, Subject, word_standing};
use countersign_domain::id::ReleaseId;
use countersign_domain::material::{Difference, Material};
use countersign_domain::member::{Member, Policy, Role};
use countersign_domain::score;
use countersign_domain::state::{Project, Release, Signoff};

use super::{find, meaning, stamp};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{
    BlockerView, ChangeView, EmergencyRuleView, EmergencyView, GateCode, GateView, OwedView,
    RoleLight, RoleState, Score, SignoffView, StatementView,
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

fn role_state(standing: SignoffStanding) -> RoleState {
    match standing {
        SignoffStanding::Missing => RoleState::Missing,
        SignoffStanding::Signed => RoleState::Signed,
        SignoffStanding::Stale => RoleState::Stale,
        SignoffStanding::Declined => RoleState::Declined,
        SignoffStanding::Revoked => RoleState::Revoked,
    }
}

pub(super) fn lights(project: &Project, release: &Release) -> Vec<RoleLight> {
    let light = |(role, people): (Role, usize)| {
        let latest = release.latest(role);
        let words = release.counting(role, people);
        let signed = words.iter().filter(|word| word_standing(word) == SignoffStanding::Signed);
        RoleLight {
            role: role.code().to_owned(),
            title: role.words().to_owned(),
            state: role_state(gate::signoff_standing(release, role, people)),
            by: latest.map(|known| known.stamp.by.name.clone()),
            at: latest.map(|known| stamp(known.stamp.at)),
            signed: count(signed.count()),
            people: count(people),
        }
    };
    project.policy.requirement().into_iter().map(light).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Oldest word first, and an empty seat for each signature that is missing.
pub(super) fn signoffs(project: &Project, release: &Release) -> Vec<SignoffView> {
    let seats = |(role, people): (Role, usize)| {
        let mut words = release.counting(role, people);
        words.reverse();
        let seat = |place: usize| SignoffView {
            seat: count(place + 1),
            people: count(people),
            ..signoff(project, release, role, words.get(place).copied())
        };
        (0..people).map(seat).collect::<Vec<_>>()
    };
    project.policy.requirement().into_iter().flat_map(seats).collect()
}

fn signoff(
    project: &Project,
    release: &Release,
    role: Role,
    known: Option<&Signoff>,
) -> SignoffView {
    SignoffView {
        role: role.code().to_owned(),
        title: role.words().to_owned(),
        seat: 1,
        people: 1,
        state: known.map_or(RoleState::Missing, |word| role_state(word_standing(word))),
        by: known.map(|signoff| signoff.stamp.by.name.clone()),
        fingerprint: known.map(|signoff| signoff.stamp.by.fingerprint.to_string()),
        at: known.map(|signoff| stamp(signoff.stamp.at)),
        meaning: known.map_or_else(String::new, |signoff| signoff.meaning.clone()),
        comment: known.map_or_else(String::new, |signoff| signoff.comment.clone()),
        covers: known.map(|signoff| signoff.state.to_string()),
        event: known.map(|signoff| signoff.stamp.event.to_string()),
        changes: known.map(|word| changes(project, release, word)).unwrap_or_default(),
    }
}

/// What differs now from what was signed; where it was changed back, what once differed.
fn changes(project: &Project, release: &Release, signoff: &Signoff) -> Vec<ChangeView> {
    let Some(stale) = &signoff.stale else { return Vec::new() };
    let now = signoff.covers.differences(&Material::of(project, release));
    let shown = if now.is_empty() { &stale.changes } else { &now };
    shown.iter().map(|difference| change(release, difference)).collect()
}

fn emergency(release: &Release, now: DateTime<Utc>) -> Option<EmergencyView> {
    let known = release.emergency.as_ref()?;
    Some(EmergencyView {
        reason: known.reason.clone(),
        by: known.declared.by.name.clone(),
        at: stamp(known.declared.at),
        owed: owed(release, now),
    })
}

/// What an emergency left to be signed, while somebody has not looked.
pub(super) fn owed(release: &Release, now: DateTime<Utc>) -> Option<OwedView> {
    let owed = release.deployment.as_ref()?.owed.as_ref()?;
    let open = owed.open();
    (!open.is_empty()).then(|| OwedView {
        roles: open.iter().map(|role| role.code().to_owned()).collect(),
        due: stamp(owed.due),
        overdue: now > owed.due,
    })
}

pub(super) fn emergency_rule(policy: &Policy) -> Option<EmergencyRuleView> {
    let rule = policy.emergency.as_ref()?;
    Some(EmergencyRuleView {
        roles: rule.roles.iter().map(|role| role.code().to_owned()).collect(),
        review_hours: rule.review_hours,
    })
}

fn change(release: &Release, difference: &Difference) -> ChangeView {
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
        summary: summary(release, gate),
        blockers: gate.blockers.iter().map(blocker).collect(),
        score: score_view(gate.score),
        signoffs: signoffs(project, release),
        emergency: emergency(release, now),
        emergency_rule: emergency_rule(&project.policy).filter(|_| release.deployment.is_none()),
        at: stamp(now),
    }
}

fn summary(release: &Release, gate: &Gate) -> String {
    let items = gate.open_items().count();
    let roles = gate.blockers.len() - items;
    match (gate.verdict, items, roles) {
        (gate::Verdict::Go, ..) if release.emergency.is_some() => {
            "Every sign-off that an emergency needs is current".into()
        }
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
        changes: own_word(project, release, role, member)
            .map(|word| changes(project, release, word))
            .unwrap_or_default(),
    })
}

/// What that person last signed for the role, else whoever's word the role's last one is.
fn own_word<'a>(
    project: &Project,
    release: &'a Release,
    role: Role,
    member: &Member,
) -> Option<&'a Signoff> {
    let words = release.counting(role, project.policy.signers_of(role));
    let own = words.iter().find(|word| word.stamp.by.is_same_person(member)).copied();
    own.or_else(|| words.first().copied())
}
