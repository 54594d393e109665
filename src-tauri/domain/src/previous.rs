//! What is different from the last release that was signed and went out to the same place.

use chrono::{DateTime, Utc};

use crate::id::ItemId;
use crate::material::{Difference, Material};
use crate::standing::{Missing, Standing, standing};
use crate::state::{Deployment, Project, Release};
use crate::template::{Item, Section, Severity, Template, Verify};

/// The last release to the same environment that went out before `own` did, or before `now`
/// when it has not.
#[must_use]
pub fn previous<'a>(
    project: &'a Project,
    own: &Release,
    now: DateTime<Utc>,
) -> Option<(&'a Release, &'a Deployment)> {
    let before = own.deployment.as_ref().map_or(now, |deployment| deployment.deployed_at);
    project
        .releases
        .values()
        .filter(|other| other.id != own.id && other.environment == own.environment)
        .filter_map(|other| Some((other, other.deployment.as_ref()?)))
        .filter(|(_, deployment)| deployment.deployed_at <= before)
        .max_by_key(|(other, deployment)| (deployment.deployed_at, other.id.clone()))
}

/// What went out by `deployment`, as its last signer saw it.
#[must_use]
pub fn as_signed(deployment: &Deployment) -> Option<&Material> {
    let last = deployment.signoffs.iter().max_by_key(|signoff| signoff.stamp.at)?;
    Some(&last.covers)
}

/// How an item stands against the release before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shift {
    /// It held, and is now seen not to hold, or could not be told.
    Regressed,
    /// An exception covers it now, whatever it was then.
    Excepted,
    /// The checklist asks for it no more.
    Removed,
    /// The checklist did not ask for it then.
    Added,
    /// It did not hold or was excepted, and holds now.
    Fixed,
}

/// One item that stands differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemShift {
    /// The item.
    pub item: ItemId,
    /// The claim.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// In what way.
    pub shift: Shift,
    /// Where it stood as signed; none where the checklist did not ask for it.
    pub from: Option<Standing>,
    /// Where it stands; none where the checklist asks for it no more.
    pub to: Option<Standing>,
}

/// Everything that is different from the release before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SincePrevious<'a> {
    /// The release before.
    pub release: &'a Release,
    /// Its deployment.
    pub deployment: &'a Deployment,
    /// Items, by kind of shift, what matters most first.
    pub items: Vec<ItemShift>,
    /// What is different beside the items: environment, checklist, policy, roster.
    pub rest: Vec<Difference>,
}

/// What is different in `release` at `now` from what was signed for the one before it; none
/// for the first release to its environment.
#[must_use]
pub fn since_previous<'a>(
    project: &'a Project,
    release: &Release,
    now: DateTime<Utc>,
) -> Option<SincePrevious<'a>> {
    let (before, deployment) = previous(project, release, now)?;
    let signed = as_signed(deployment)?;
    let then =
        |section: &Section, item: &Item| signed.standing(section, item, deployment.deployed_at);
    let kept = gating(&release.template).filter_map(|(section, item)| {
        let from = before.template.item(&item.id).and_then(|(old, known)| then(old, known));
        let to = standing(project, release, section, item, now);
        let shift = shift(from.as_ref(), &to)?;
        Some(item_shift(section, item, shift, from, Some(to)))
    });
    let removed = signed.items().filter_map(|id| {
        let gone = gating(&release.template).all(|(_, item)| item.id != *id);
        let (section, item) = before.template.item(id).filter(|_| gone)?;
        Some(item_shift(section, item, Shift::Removed, then(section, item), None))
    });
    let mut items: Vec<_> = kept.chain(removed).collect();
    items.sort_by_key(|one| (one.shift, one.severity));
    let rest = signed.differences(&Material::of(project, release)).into_iter();
    let beside = |one: &Difference| one.item.is_none() && !names_the_release(&one.what);
    Some(SincePrevious { release: before, deployment, items, rest: rest.filter(beside).collect() })
}

/// Two releases always differ in these.
fn names_the_release(what: &str) -> bool {
    matches!(what, "version" | "what goes out")
}

/// The items that a sign-off covers.
fn gating(template: &Template) -> impl Iterator<Item = (&Section, &Item)> {
    template.items().filter(|(section, item)| {
        section.phase.gates_deployment() && item.verify != Verify::Computed
    })
}

fn item_shift(
    section: &Section,
    item: &Item,
    shift: Shift,
    from: Option<Standing>,
    to: Option<Standing>,
) -> ItemShift {
    let (id, title) = (item.id.clone(), item.title.clone());
    ItemShift { item: id, title, severity: item.severity_in(section), shift, from, to }
}

/// Every item has at most one shift. What nobody has looked at yet has not regressed.
fn shift(from: Option<&Standing>, to: &Standing) -> Option<Shift> {
    let held = matches!(from, Some(Standing::Settled | Standing::NotApplicable));
    match to {
        Standing::Excepted => Some(Shift::Excepted),
        _ if from.is_none() => Some(Shift::Added),
        Standing::Failed(_) if held => Some(Shift::Regressed),
        Standing::Open(Missing::MakeTestable | Missing::AttestWithNote) if held => {
            Some(Shift::Regressed)
        }
        Standing::Settled | Standing::NotApplicable if !held => Some(Shift::Fixed),
        _ => None,
    }
}
