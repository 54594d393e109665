//! Groups M and N: what holds the record together, what it does not prove, and who was
//! allowed to act.

use std::collections::BTreeMap;

use serde::Serialize;

use countersign_domain::consent::standing;
use countersign_domain::event::NAMESPACE;
use countersign_domain::id::{EventId, Fingerprint};
use countersign_domain::member::{Member, Policy, Role};
use countersign_domain::rewrite::apart;
use countersign_domain::state::Project;

use super::facts::Facts;
use crate::describe::describe;

/// What the record shows, for a reader who checks it.
pub const PROVES: [&str; 4] = [
    "Each event was signed by the key that it names, over exactly the bytes in this bundle, and \
     names the events before it by their SHA-256.",
    "No event between the first and the heads was changed, removed, added or moved after it was \
     signed.",
    "Every verdict, score, gate reading and page here follows from those events by the rules of \
     the named program, which can be run again.",
    "Whatever was refused changed nothing, and stands in the trail.",
];

/// What it does not show.
pub const DOES_NOT_PROVE: [&str; 6] = [
    "That the times are right: each is the signer's own clock, held only to the order of events.",
    "That nothing came after the heads. Only a copy of a head kept elsewhere (a ticket, a mail, a \
     git tag) shows that the end was not cut off.",
    "That a key was used by its owner. Whoever holds a key and its passphrase can sign with it.",
    "That a check saw the truth. Whoever owns the machine that ran it could forge what it saw \
     before it was signed.",
    "That the roster is the right one. Compare the fingerprints with what each signer tells you \
     by another way.",
    "Reading, copying and exporting leave no event, nor does a wrong passphrase.",
];

/// What holds the record together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Integrity {
    /// The events that no other event builds on.
    pub heads: Vec<EventId>,
    /// How many events the ledger holds.
    pub event_count: u32,
    /// How many of them were refused.
    pub refused_count: u32,
    /// SSHSIG namespace of every signature.
    pub namespace: &'static str,
    /// How ids, bytes and signatures are made.
    pub method: &'static str,
    /// The keys that signed events, with how many each.
    pub keys: Vec<KeyUse>,
    /// What a reader can rely on after verifying.
    pub proves: [&'static str; 4],
    /// What a reader cannot.
    pub does_not_prove: [&'static str; 6],
}

/// A key that signed events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// The key.
    pub fingerprint: Fingerprint,
    /// Printed name on the roster when it last signed; none for a key that was never on it.
    pub name: Option<String>,
    /// E-mail on the roster when it last signed.
    pub email: Option<String>,
    /// Events that it signed.
    pub events: u32,
}

/// Who may act, and what a release needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Administration {
    /// The roster at the record's time.
    pub roster: Vec<Member>,
    /// What a release needs.
    pub policy: Policy,
    /// Changes of roster, policy and environments, oldest first.
    pub changes: Vec<AdministrationChange>,
    /// Changes of roster and policy that waited for consent at the record's time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<ProposedRecord>,
    /// The events that changed roster or policy without knowing of one another: their order is
    /// only what their signers say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_apart: Vec<EventId>,
}

/// A change of roster or policy that waits for the consent of the roles which it touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposedRecord {
    /// The event that proposed it.
    pub event: EventId,
    /// Which admin proposed it.
    pub name: String,
    /// When, by the author's clock.
    pub at: chrono::DateTime<chrono::Utc>,
    /// The roles that have yet to consent.
    pub waits_for: Vec<Role>,
}

/// One change of roster, policy or environments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdministrationChange {
    /// Its place in the ledger.
    pub sequence: u32,
    /// Who did it.
    pub name: String,
    /// When, by the author's clock.
    pub at: chrono::DateTime<chrono::Utc>,
    /// What happened.
    pub text: String,
}

pub(super) fn integrity(facts: &Facts<'_>) -> Integrity {
    let trail = facts.fold.trail();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Integrity {
        heads: facts.fold.heads().iter().cloned().collect(),
        event_count: count(trail.len()),
        refused_count: count(trail.iter().filter(|entry| entry.refused.is_some()).count()),
        namespace: NAMESPACE,
        method: "id: SHA-256 of the event's RFC 8785 bytes; signature: armored SSHSIG over those \
                 bytes; parents: the ids of the heads that the author had seen",
        keys: keys(facts),
        proves: PROVES,
        does_not_prove: DOES_NOT_PROVE,
    }
}

fn keys(facts: &Facts<'_>) -> Vec<KeyUse> {
    let mut keys: BTreeMap<&Fingerprint, KeyUse> = BTreeMap::new();
    for entry in facts.fold.trail() {
        let author = &entry.event.envelope().author;
        let key = keys.entry(author).or_insert_with(|| KeyUse {
            fingerprint: author.clone(),
            name: None,
            email: None,
            events: 0,
        });
        key.events += 1;
        if let Some(by) = &entry.by {
            key.name = Some(by.name.clone());
            key.email = Some(by.email.clone());
        }
    }
    keys.into_values().collect()
}

pub(super) fn administration(facts: &Facts<'_>) -> Administration {
    let of_project = facts.fold.trail().iter().zip(1..).filter(|(entry, _)| {
        entry.refused.is_none() && entry.event.envelope().body.release().is_none()
    });
    Administration {
        roster: facts.project.members.values().map(|one| Member::clone(one)).collect(),
        policy: facts.project.policy.clone(),
        changes: of_project
            .map(|(entry, sequence)| AdministrationChange {
                sequence,
                name: entry.by.as_ref().map(|by| by.name.clone()).unwrap_or_default(),
                at: entry.event.envelope().at,
                text: describe(&entry.event.envelope().body),
            })
            .collect(),
        proposed: proposed(facts.project),
        changed_apart: apart(facts.fold),
    }
}

fn proposed(project: &Project) -> Vec<ProposedRecord> {
    let open = project.proposals.iter().filter(|(_, proposal)| proposal.ended.is_none());
    let mut all: Vec<_> = open
        .map(|(event, proposal)| ProposedRecord {
            event: event.clone(),
            name: proposal.proposed.by.name.clone(),
            at: proposal.proposed.at,
            waits_for: standing(project, proposal)
                .into_iter()
                .filter_map(|(role, consent)| consent.is_none().then_some(role))
                .collect(),
        })
        .collect();
    all.sort_by(|one, other| (one.at, &one.event).cmp(&(other.at, &other.event)));
    all
}
