//! Who took part, and what each role said: roles, parties, and sign-offs as actions.

use std::collections::BTreeMap;

use countersign_domain::event::Decision;
use countersign_domain::id::Fingerprint;
use countersign_domain::member::Role;
use serde_json::{Value, json};

use super::names::Names;
use super::{OSCAL_VERSION, told};
use crate::formats::NAMESPACE;
use crate::formats::line::{line, markup};
use crate::record::{AuditRecord, SignatureRecord};

/// The action types that NIST defines.
const NIST: &str = "http://csrc.nist.gov/ns/oscal";

pub(super) fn metadata(record: &AuditRecord, names: &Names<'_>) -> Value {
    let identity = &record.identity;
    let title = format!("Sign-off of {} {}", identity.project_name, identity.version);
    let history = &record.signatures.history;
    json!({
        "title": markup(&title),
        "last-modified": record.as_of,
        "version": version(record),
        "oscal-version": OSCAL_VERSION,
        "props": properties(record, names),
        "roles": Role::ALL.map(|role| json!({ "id": role.code(), "title": role.words() })),
        "parties": parties(record, names),
        "responsible-parties": responsible(record, names),
        "actions": history.iter().map(|one| action(record, names, one)).collect::<Vec<_>>(),
        "remarks": markup(&identity.subject.reason),
    })
}

/// What exactly was signed, and where the ledger ended.
fn properties(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    let identity = &record.identity;
    let subject = &identity.subject;
    let mut all = names.props(&[
        ("project", identity.project.as_str()),
        ("release", identity.release.as_str()),
        ("release-version", &identity.version),
        ("environment", &identity.environment),
        ("state-sha256", identity.state.as_str()),
        ("commit", subject.commit.as_deref().unwrap_or_default()),
        ("work-tree", if subject.dirty { "changed" } else { "" }),
        ("ticket", &subject.ticket),
        ("program", &record.program),
    ]);
    for artifact in &subject.artifacts {
        let text = format!("{} {}", artifact.sha256, artifact.name);
        all.extend(names.props(&[("artifact-sha256", &text)]));
    }
    for head in &record.integrity.heads {
        all.extend(names.props(&[("ledger-head", head.as_str())]));
    }
    all
}

/// Grows with the ledger: the release, how many events there are, the first head.
fn version(record: &AuditRecord) -> Option<String> {
    let events = record.integrity.event_count;
    let head = record.integrity.heads.first().map(|head| head.short()).unwrap_or_default();
    line(&format!("{}+{events}.{head}", record.identity.version))
}

/// Everybody on the roster, and everybody whose key signed while it was there.
fn parties(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    let mut people: BTreeMap<&Fingerprint, (&str, &str)> = BTreeMap::new();
    for key in &record.integrity.keys {
        if let (Some(name), Some(email)) = (&key.name, &key.email) {
            people.insert(&key.fingerprint, (name, email));
        }
    }
    for member in &record.administration.roster {
        people.insert(&member.fingerprint, (&member.name, &member.email));
    }
    let party = |(key, (name, email)): (&Fingerprint, (&str, &str))| {
        let email = line(email).filter(|email| is_address(email));
        json!({
            "uuid": names.party(key),
            "type": "person",
            "name": line(name),
            "props": names.props(&[("key-fingerprint", key.as_str())]),
            "email-addresses": email.into_iter().collect::<Vec<_>>(),
        })
    };
    people.into_iter().map(party).collect()
}

fn is_address(email: &str) -> bool {
    email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

/// Who holds each role on the roster.
fn responsible(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    let held = |role: Role| {
        let holders = record.administration.roster.iter().filter(move |member| member.holds(role));
        let uuids: Vec<_> = holders.map(|member| names.party(&member.fingerprint)).collect();
        (!uuids.is_empty()).then(|| json!({ "role-id": role.code(), "party-uuids": uuids }))
    };
    Role::ALL.into_iter().filter_map(held).collect()
}

fn action(record: &AuditRecord, names: &Names<'_>, signature: &SignatureRecord) -> Value {
    let (system, kind) = match signature.decision {
        Decision::Approve if counts(record, signature) => (NIST, "approval"),
        Decision::Approve => (NAMESPACE, "lapsed-approval"),
        Decision::Decline => (NIST, "request-changes"),
        Decision::Revoke => (NAMESPACE, "revocation"),
    };
    let signer = &signature.signer;
    let mut props = names.props(&[
        ("event-sha256", signer.event.as_str()),
        ("state-sha256", signature.state.as_str()),
        ("key-fingerprint", signer.fingerprint.as_str()),
        ("signature", &signature.signature_file),
    ]);
    for one in &signature.acknowledged {
        props.extend(names.props(&[("acknowledged-exception", one.exception.as_str())]));
    }
    json!({
        "uuid": names.own("action", signer.event.as_str()),
        "date": signer.at,
        "type": kind,
        "system": system,
        "props": props,
        "responsible-parties": [{
            "role-id": signature.role.code(),
            "party-uuids": [names.party(&signer.fingerprint)],
        }],
        "remarks": told(&[("", &signature.meaning), ("Comment", &signature.comment)]),
    })
}

/// Whether the approval is the role's latest word and still of what there is now, or was so
/// when the release went out.
fn counts(record: &AuditRecord, signature: &SignatureRecord) -> bool {
    let signatures = &record.signatures;
    let event = &signature.signer.event;
    let latest = signatures.history.iter().rfind(|other| other.role == signature.role);
    let is_current =
        signature.stale.is_none() && latest.is_some_and(|latest| latest.signer.event == *event);
    let deployed = record.deployment.as_ref();
    is_current || deployed.is_some_and(|deployment| deployment.signatures.contains(event))
}
