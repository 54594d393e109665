//! What the reader asks for beyond an unbroken bundle.

use chrono::{DateTime, TimeDelta, Utc};

use countersign_domain::id::{Digest, EventId, Fingerprint};
use countersign_domain::member::Role;

use super::Step;
use crate::record::{AuditRecord, SignatureRecord};
use crate::text::utc;

/// What must hold besides. Empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Roles whose approval must be current at the record's time.
    pub roles: Vec<Role>,
    /// SHA-256 of an artifact that the release must be about.
    pub subject: Option<Digest>,
    /// How old a current sign-off may be.
    pub max_age: Option<Age>,
    /// The keys that may sign off; see [`fingerprints`](crate::fingerprints). Without it, the
    /// bundle's own roster is believed.
    pub roster: Option<Vec<Fingerprint>>,
    /// An event that was written down elsewhere and must be in the bundle: it shows that the
    /// end was not cut off before it.
    pub head: Option<EventId>,
}

/// A limit on age, and the time it is counted back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// The most that may lie between a sign-off and `now`.
    pub limit: TimeDelta,
    /// The reader's own time.
    pub now: DateTime<Utc>,
}

/// The approvals that are current at the record's time.
pub(super) fn current(record: &AuditRecord) -> impl Iterator<Item = &SignatureRecord> {
    record
        .signatures
        .required
        .iter()
        .filter(|block| block.standing == "signed")
        .filter_map(|block| block.signature.as_ref())
}

/// What is not met.
pub(super) fn check(
    steps: &mut Vec<Step>,
    record: &AuditRecord,
    requirements: &Requirements,
) -> Vec<String> {
    let asked: [(&'static str, Option<Vec<String>>); 5] = [
        (
            "required roles",
            (!requirements.roles.is_empty()).then(|| roles(record, &requirements.roles)),
        ),
        ("required subject", requirements.subject.as_ref().map(|digest| subject(record, digest))),
        ("age of sign-offs", requirements.max_age.map(|age| ages(record, age))),
        ("known keys", requirements.roster.as_ref().map(|keys| roster(record, keys))),
        ("known head", requirements.head.as_ref().map(|head| contains(record, head))),
    ];
    let mut unmet = Vec::new();
    for (name, problems) in asked {
        let Some(problems) = problems else { continue };
        let good = problems.is_empty();
        let detail = if good { "met".to_owned() } else { problems.join("; ") };
        steps.push(Step { name, good, detail });
        unmet.extend(problems);
    }
    unmet
}

fn roles(record: &AuditRecord, roles: &[Role]) -> Vec<String> {
    let blocks = |role: &Role| {
        let of_role = record.signatures.required.iter().filter(|block| block.role == *role);
        let standings: Vec<_> = of_role.map(|block| block.standing).collect();
        if standings.is_empty() { vec!["not required by the project's policy"] } else { standings }
    };
    let unmet = |role: &Role| {
        let standings = blocks(role);
        let bad = standings.iter().find(|standing| **standing != "signed")?;
        let signed = standings.iter().filter(|standing| **standing == "signed").count();
        let of = match standings.len() {
            1 => String::new(),
            people => format!(", {signed} of {people} signed"),
        };
        Some(format!("no current sign-off by {}: {bad}{of}", role.code()))
    };
    roles.iter().filter_map(unmet).collect()
}

fn subject(record: &AuditRecord, digest: &Digest) -> Vec<String> {
    let artifacts = &record.identity.subject.artifacts;
    if artifacts.iter().any(|artifact| artifact.sha256 == *digest) {
        return Vec::new();
    }
    let listed: Vec<_> = artifacts.iter().map(|one| one.sha256.as_str()).collect();
    let listed = if listed.is_empty() { "no artifact".to_owned() } else { listed.join(", ") };
    vec![format!("the release is not about {digest}: it names {listed}")]
}

fn ages(record: &AuditRecord, age: Age) -> Vec<String> {
    current(record)
        .filter_map(|one| {
            let (role, at) = (one.role.code(), one.signer.at);
            if at > age.now {
                return Some(format!("the sign-off by {role} is dated in the future, {}", utc(at)));
            }
            (age.now - at > age.limit)
                .then(|| format!("the sign-off by {role} of {} is too old", utc(at)))
        })
        .collect()
}

fn roster(record: &AuditRecord, keys: &[Fingerprint]) -> Vec<String> {
    current(record)
        .filter(|one| !keys.contains(&one.signer.fingerprint))
        .map(|one| {
            format!(
                "the sign-off by {} was made by {}, which is not among the known keys",
                one.role.code(),
                one.signer.fingerprint
            )
        })
        .collect()
}

fn contains(record: &AuditRecord, head: &EventId) -> Vec<String> {
    if record.trail.iter().any(|row| row.event == *head) {
        return Vec::new();
    }
    vec![format!(
        "event {head} is not in the bundle: it was exported before, or its end was cut off"
    )]
}
