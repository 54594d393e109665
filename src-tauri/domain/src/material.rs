//! What a sign-off covers. An event is material when it changes this; a re-run that
//! confirms every verdict does not. The digest of these bits is what a signer signs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::canonical;
use crate::event::{Subject, Tick, Verdict};
use crate::finding::Outcome;
use crate::id::{Digest, ExceptionId, Fingerprint, ItemId, ProjectId, ReleaseId};
use crate::member::{Member, Policy, Role};
use crate::state::{ItemRecord, Project, Release};
use crate::template::Verify;

/// The bits that a sign-off covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Material {
    project: ProjectId,
    release: ReleaseId,
    version: String,
    environment: String,
    environment_digest: Option<Digest>,
    template: Digest,
    subject: Subject,
    items: BTreeMap<ItemId, ItemMaterial>,
    exceptions: BTreeMap<ExceptionId, ExceptionMaterial>,
    roster: BTreeMap<Fingerprint, MemberMaterial>,
    policy: Policy,
    /// Why it cannot wait; what was signed before this was known must keep its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    emergency: Option<String>,
}

/// The e-mail address says who is one person, and so who may sign for a second role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MemberMaterial {
    email: String,
    roles: BTreeSet<Role>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ItemMaterial {
    verdicts: BTreeMap<u32, VerdictMaterial>,
    tick: Option<(Tick, String)>,
    evidence: Vec<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct VerdictMaterial {
    probe: String,
    outcome: Outcome,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ExceptionMaterial {
    item: ItemId,
    decided: Option<Verdict>,
    reason: String,
    compensating_control: String,
    owner: String,
    expires_at: DateTime<Utc>,
}

/// One thing that differs between what was signed and what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is, in words.
    pub what: String,
    /// The item, when it is one.
    pub item: Option<ItemId>,
    /// As it was.
    pub from: String,
    /// As it is.
    pub to: String,
}

impl Material {
    /// What a sign-off of `release` would cover now.
    #[must_use]
    pub fn of(project: &Project, release: &Release) -> Self {
        let environment = project.environment(&release.environment);
        let items = release
            .template
            .items()
            .filter(|(section, item)| {
                section.phase.gates_deployment() && item.verify != Verify::Computed
            })
            .map(|(_, item)| {
                let record = release.items.get(&item.id);
                (item.id.clone(), record.map_or_else(ItemMaterial::empty, ItemMaterial::of))
            })
            .collect();
        Self {
            project: project.id.clone(),
            release: release.id.clone(),
            version: release.version.clone(),
            environment: release.environment.clone(),
            environment_digest: environment.and_then(|found| canonical::digest(found).ok()),
            template: release.template_digest.clone(),
            subject: release.subject.clone(),
            items,
            exceptions: release
                .exceptions
                .values()
                .map(|exception| {
                    let material = ExceptionMaterial {
                        item: exception.item.clone(),
                        decided: exception.decided.as_ref().map(|(_, verdict, _)| *verdict),
                        reason: exception.reason.clone(),
                        compensating_control: exception.compensating_control.clone(),
                        owner: exception.owner.clone(),
                        expires_at: exception.expires_at,
                    };
                    (exception.id.clone(), material)
                })
                .collect(),
            roster: roster(project),
            policy: project.policy.clone(),
            emergency: release.emergency.as_ref().map(|known| known.reason.clone()),
        }
    }

    /// SHA-256 of the canonical form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Every part has a canonical form: text keys, no floats.
        canonical::digest(self).unwrap_or_else(|_| Digest::of(b""))
    }

    /// What differs between `self`, as signed, and `now`.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut out = Vec::new();
        let mut plain = |what: &str, same: bool, from: String, to: String| {
            if !same {
                out.push(Difference { what: what.to_owned(), item: None, from, to });
            }
        };
        plain("version", self.version == now.version, self.version.clone(), now.version.clone());
        plain(
            "what goes out",
            self.subject == now.subject,
            subject_words(&self.subject),
            subject_words(&now.subject),
        );
        plain(
            "environment",
            self.environment_digest == now.environment_digest,
            format!("{} as signed", self.environment),
            if now.environment_digest.is_some() { "another configuration" } else { "none" }.into(),
        );
        plain(
            "checklist",
            self.template == now.template,
            self.template.short().into(),
            now.template.short().into(),
        );
        let urgent = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "none".into());
        plain(
            "emergency",
            self.emergency == now.emergency,
            urgent(&self.emergency),
            urgent(&now.emergency),
        );
        plain(
            "policy",
            self.policy == now.policy,
            other_rules(&self.policy, &now.policy),
            other_rules(&now.policy, &self.policy),
        );
        self.roster_differences(now, &mut out);
        self.item_differences(now, &mut out);
        self.exception_differences(now, &mut out);
        out
    }

    fn roster_differences(&self, now: &Self, out: &mut Vec<Difference>) {
        let keys: BTreeSet<_> = self.roster.keys().chain(now.roster.keys()).collect();
        for key in keys {
            let (from, to) = (self.roster.get(key), now.roster.get(key));
            if from != to {
                let words = |entry: Option<&MemberMaterial>| {
                    entry.map_or_else(|| format!("{key} not on it"), MemberMaterial::words)
                };
                let what = "roster".to_owned();
                out.push(Difference { what, item: None, from: words(from), to: words(to) });
            }
        }
    }

    fn item_differences(&self, now: &Self, out: &mut Vec<Difference>) {
        let empty = ItemMaterial::empty();
        let ids: BTreeSet<_> = self.items.keys().chain(now.items.keys()).collect();
        for id in ids {
            let from = self.items.get(id).unwrap_or(&empty);
            let to = now.items.get(id).unwrap_or(&empty);
            let mut push = |what: &str, from: String, to: String| {
                if from != to {
                    out.push(Difference {
                        what: what.to_owned(),
                        item: Some(id.clone()),
                        from,
                        to,
                    });
                }
            };
            push("verdict", from.verdict_words(), to.verdict_words());
            push("tick", from.tick_words(), to.tick_words());
            if from.evidence != to.evidence {
                let count = |list: &[Digest]| format!("{} file(s)", list.len());
                push("evidence", count(&from.evidence), count(&to.evidence));
            }
        }
    }

    fn exception_differences(&self, now: &Self, out: &mut Vec<Difference>) {
        for (id, to) in &now.exceptions {
            let from = self.exceptions.get(id);
            if from == Some(to) {
                continue;
            }
            out.push(Difference {
                what: "exception".into(),
                item: Some(to.item.clone()),
                from: from.map_or_else(|| "none".into(), |known| decided_words(known.decided)),
                to: decided_words(to.decided),
            });
        }
    }
}

/// Who may act, by the key with which each came onto the roster: a replaced key leaves person
/// and roles as they were. Nor does a revocation by itself change what was signed, because
/// nobody gains a right by it: what is in doubt is marked sign-off by sign-off.
fn roster(project: &Project) -> BTreeMap<Fingerprint, MemberMaterial> {
    let revoked = project.retired.values().filter(|known| known.replaced.is_none());
    let all = revoked.map(|known| &known.member).chain(project.members.values());
    all.map(|member| (project.first_key(&member.fingerprint).clone(), MemberMaterial::of(member)))
        .collect()
}

impl MemberMaterial {
    fn of(member: &Member) -> Self {
        Self {
            email: member.email.trim().to_ascii_lowercase(),
            roles: member.roles.iter().copied().collect(),
        }
    }

    fn words(&self) -> String {
        format!("{} as {}", self.email, role_words(&self.roles))
    }
}

impl ItemMaterial {
    fn empty() -> Self {
        Self { verdicts: BTreeMap::new(), tick: None, evidence: Vec::new() }
    }

    fn of(record: &ItemRecord) -> Self {
        Self {
            verdicts: record
                .findings
                .iter()
                .map(|(slot, (_, finding))| {
                    let mut notes: Vec<_> =
                        finding.notes.iter().map(|note| note.code.clone()).collect();
                    notes.sort();
                    let verdict = VerdictMaterial {
                        probe: finding.probe.clone(),
                        outcome: finding.outcome,
                        notes,
                    };
                    (*slot, verdict)
                })
                .collect(),
            tick: record.tick.as_ref().map(|(_, tick, note)| (*tick, note.clone())),
            evidence: record.evidence.iter().map(|(_, file)| file.sha256.clone()).collect(),
        }
    }

    fn verdict_words(&self) -> String {
        if self.verdicts.is_empty() {
            return "not run".into();
        }
        let words: Vec<_> = self
            .verdicts
            .values()
            .map(|verdict| {
                let mut text = outcome_words(verdict.outcome);
                if !verdict.notes.is_empty() {
                    text = format!("{text} ({})", verdict.notes.join(", "));
                }
                if self.verdicts.len() > 1 { format!("{}: {text}", verdict.probe) } else { text }
            })
            .collect();
        words.join("; ")
    }

    fn tick_words(&self) -> String {
        match &self.tick {
            None => "none".into(),
            Some((tick, note)) if note.is_empty() => tick_words(*tick).into(),
            Some((tick, note)) => format!("{} — {note}", tick_words(*tick)),
        }
    }
}

/// A verdict in words, with the reason of a doubt.
#[must_use]
pub fn outcome_words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Inconclusive(reason) => format!("inconclusive: {}", reason.words()),
        other => other.words().into(),
    }
}

/// A tick in words.
#[must_use]
pub fn tick_words(tick: Tick) -> &'static str {
    match tick {
        Tick::Done => "done",
        Tick::NotDone => "not done",
        Tick::NotApplicable => "not applicable",
    }
}

fn decided_words(decided: Option<Verdict>) -> String {
    match decided {
        None => "requested",
        Some(Verdict::Approve) => "approved",
        Some(Verdict::Reject) => "rejected",
    }
    .into()
}

fn role_words<'a>(roles: impl IntoIterator<Item = &'a Role>) -> String {
    let codes: Vec<_> = roles.into_iter().map(|role| role.code()).collect();
    if codes.is_empty() { "nobody".into() } else { codes.join(", ") }
}

/// The rules of `policy` that `other` does not have.
fn other_rules(policy: &Policy, other: &Policy) -> String {
    let known = other.rules();
    let rules: Vec<_> = policy.rules().into_iter().filter(|rule| !known.contains(rule)).collect();
    if rules.is_empty() { "none".into() } else { rules.join("; ") }
}

fn subject_words(subject: &Subject) -> String {
    let commit = subject.commit.as_deref().map_or("no commit", |id| id.get(..12).unwrap_or(id));
    let dirty = if subject.dirty { " with changes" } else { "" };
    format!("{commit}{dirty}, {} artifact(s)", subject.artifacts.len())
}
