//! The trail in words, newest first, each signature with what it is worth; and one event with
//! all that it takes to check it by hand. Damage must not hide the rest: where an event does
//! not verify, it is shown as it claims to be, and so is everything else.

use std::sync::Arc;

use countersign_domain::event::{Body, Envelope, Event, NAMESPACE, SignedEvent, verify_all};
use countersign_domain::fold::{Fold, Templates};
use countersign_domain::id::{EventId, ProjectId};
use countersign_domain::state::TrailEntry;
use countersign_domain::template::Loaded;
use countersign_domain::trust::{Judge, Judgement, Trust, of_bad};

use super::stamp;
use crate::error::Failure;
use crate::home::Home;
use crate::view::{EventView, TimelineRow, TrustCode};

impl Home {
    /// Every event of a project in words, newest first.
    ///
    /// # Errors
    /// Ledger trouble, other than events that do not verify: those are shown as bad.
    pub fn timeline(&self, project: &ProjectId) -> Result<Vec<TimelineRow>, Failure> {
        let whole = self.read(project, |fold| Ok(rows(fold)));
        match whole {
            Err(Failure::Ledger(countersign_ledger::LedgerError::BadEvent { .. })) => {
                self.damaged_timeline(project)
            }
            other => other,
        }
    }

    /// By order of arrival, where the fold's order cannot be had.
    fn damaged_timeline(&self, project: &ProjectId) -> Result<Vec<TimelineRow>, Failure> {
        let stored = self.ledger.events(project)?;
        let ids = self.ledger.ids(project)?;
        let verified = verify_all(&stored.iter().collect::<Vec<_>>());
        let mut good = Vec::new();
        let mut shown = Vec::new();
        for ((signed, id), verified) in stored.iter().zip(&ids).zip(verified) {
            match verified {
                Ok(event) if event.id() == id => good.push(event),
                Ok(_) => shown.push((id.clone(), claimed(signed, id, changed()))),
                Err(bad) => shown.push((id.clone(), claimed(signed, id, of_bad(&bad)))),
            }
        }
        let fold = Fold::of(self.templates_of(&good)?, good);
        let mut all: std::collections::HashMap<EventId, TimelineRow> = shown.into_iter().collect();
        for (entry, row) in fold.trail().iter().rev().zip(rows(&fold)) {
            all.insert(entry.event.id().clone(), row);
        }
        Ok(ids.iter().rev().filter_map(|id| all.remove(id)).collect())
    }

    fn templates_of(&self, events: &[Event]) -> Result<Templates, Failure> {
        let mut templates = Templates::new();
        for event in events {
            let Body::ReleaseOpened { template, .. } = &event.envelope().body else { continue };
            let Some(bytes) = self.ledger.blob(template)? else { continue };
            if let Ok(loaded) = Loaded::parse(&String::from_utf8_lossy(&bytes)) {
                templates.insert(template.clone(), Arc::new(loaded.template));
            }
        }
        Ok(templates)
    }

    /// One event with its signed bytes, its signature and the way to check it by hand.
    ///
    /// # Errors
    /// [`Failure::NotFound`], or ledger trouble.
    pub fn event(&self, project: &ProjectId, event: &EventId) -> Result<EventView, Failure> {
        let ids = self.ledger.ids(project)?;
        let place = ids.iter().position(|id| id == event);
        let stored =
            place.and_then(|place| self.ledger.events(project).ok()?.into_iter().nth(place));
        let signed = stored.ok_or_else(|| Failure::NotFound {
            what: "event",
            name: event.to_string(),
            hint: "Name one that the timeline shows",
        })?;
        let text = String::from_utf8_lossy(&signed.bytes).into_owned();
        let public_key = public_key(&signed);
        let commands = public_key
            .as_ref()
            .filter(|_| text.as_bytes() == signed.bytes)
            .map(|key| commands(&text, &signed.signature, key));
        let signature = signed.signature;
        Ok(EventView { event: event.to_string(), text, signature, public_key, commands })
    }
}

fn rows(fold: &Fold) -> Vec<TimelineRow> {
    let judge = Judge::new(fold);
    fold.trail().iter().rev().map(|entry| row(entry, judge.of(entry))).collect()
}

fn row(entry: &TrailEntry, judgement: Judgement) -> TimelineRow {
    let envelope = entry.event.envelope();
    let roles = entry.by.as_ref().map(|member| &member.roles[..]).unwrap_or_default();
    TimelineRow {
        by: entry
            .by
            .as_ref()
            .map_or_else(|| envelope.author.to_string(), |member| member.name.clone()),
        roles: roles.iter().map(|role| role.code().to_owned()).collect(),
        refused: entry.refused.as_ref().map(ToString::to_string),
        ..told(entry.event.id(), envelope, judgement)
    }
}

fn told(id: &EventId, envelope: &Envelope, judgement: Judgement) -> TimelineRow {
    TimelineRow {
        event: id.to_string(),
        at: stamp(envelope.at),
        by: envelope.author.to_string(),
        roles: Vec::new(),
        kind: envelope.body.kind().to_owned(),
        text: countersign_export::describe(&envelope.body),
        release: envelope.body.release().map(ToString::to_string),
        refused: None,
        trust: match judgement.trust {
            Trust::Good => TrustCode::Good,
            Trust::Unknown => TrustCode::Unknown,
            Trust::Bad => TrustCode::Bad,
        },
        why: judgement.why,
        fingerprint: envelope.author.to_string(),
        parents: envelope.parents.iter().map(ToString::to_string).collect(),
    }
}

fn changed() -> Judgement {
    let why = "Its bytes are others than those that were stored under this id";
    Judgement { trust: Trust::Bad, why: why.into() }
}

/// What does not verify, as far as it can be read: a claim and nothing more.
fn claimed(signed: &SignedEvent, id: &EventId, judgement: Judgement) -> TimelineRow {
    let refused = Some(judgement.why.clone());
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(&signed.bytes) {
        let row = told(id, &envelope, judgement);
        return TimelineRow { text: format!("claims: {}", row.text), refused, ..row };
    }
    TimelineRow {
        event: id.to_string(),
        at: String::new(),
        by: String::new(),
        roles: Vec::new(),
        kind: "unreadable".into(),
        text: "cannot be read as an event".into(),
        release: None,
        refused,
        trust: if judgement.trust == Trust::Unknown { TrustCode::Unknown } else { TrustCode::Bad },
        why: judgement.why,
        fingerprint: String::new(),
        parents: Vec::new(),
    }
}

/// The key inside the signature, in OpenSSH form. Whether it is the author's is for the
/// commands to show: the principal that they ask for is the fingerprint that the event names.
fn public_key(signed: &SignedEvent) -> Option<String> {
    countersign_domain::sshsig::public_key(&signed.signature)
}

/// Leaves three files in a new folder and asks stock OpenSSH (ssh-keygen(1), `-Y verify`).
fn commands(text: &str, signature: &str, public_key: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    format!(
        "cd \"$(mktemp -d)\"\n\
         printf '%s' {} > event.json\n\
         printf '%s' {} > event.sig\n\
         printf '%s' {} > author.pub\n\
         ssh-keygen -l -f author.pub\n\
         printf 'author namespaces=\"{NAMESPACE}\" %s\\n' \"$(cat author.pub)\" > signers\n\
         ssh-keygen -Y verify -f signers -I author -n {NAMESPACE} -s event.sig < event.json\n",
        quoted(text),
        quoted(signature),
        quoted(public_key)
    )
}
