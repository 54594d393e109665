//! What people said, where HDF has a place for it: attestations, waivers, and the sign-offs
//! in what is passed through.

use countersign_domain::event::Tick;
use serde_json::{Value, json};

use super::{shown, stamp};
use crate::record::{AuditRecord, ExceptionRecord, HumanRecord, ItemEntry};

pub(super) fn who(human: &HumanRecord) -> String {
    format!("{} <{}> {}", human.by.name, human.by.email, human.by.fingerprint)
}

pub(super) fn attestation(item: &ItemEntry, human: &HumanRecord) -> Value {
    json!({
        "control_id": item.id.as_str(),
        "explanation": shown(&human.note),
        "frequency": "once for each release",
        "status": if human.tick == Tick::Done { "passed" } else { "failed" },
        "updated": stamp(human.by.at),
        "updated_by": shown(&who(human)),
    })
}

/// It ran and is not skipped: a waiver that skips would take a failed control out of sight.
pub(super) fn waiver(exception: &ExceptionRecord) -> Value {
    let by = exception.decided.as_ref().map(|decided| decided.by.name.as_str());
    let words = format!(
        "{}. Held down by: {}. Owner: {}. Asked for by {}, approved by {}.",
        exception.reason.trim_end_matches('.'),
        exception.compensating_control.trim_end_matches('.'),
        exception.owner,
        exception.requested.name,
        by.unwrap_or_default(),
    );
    json!({
        "expiration_date": stamp(exception.expires_at),
        "justification": shown(&words),
        "run": true,
        "skipped_due_to_waiver": false,
        "message": "",
    })
}

/// What HDF has no place for, in short; the whole stands in record.json.
pub(super) fn passed_through(record: &AuditRecord) -> Value {
    let signed = record.signatures.required.iter().map(|block| {
        let signature = block.signature.as_ref();
        json!({
            "role": block.role.code(),
            "standing": block.standing,
            "name": signature.map(|one| shown(&one.signer.name)),
            "at": signature.map(|one| stamp(one.signer.at)),
            "fingerprint": signature.map(|one| one.signer.fingerprint.as_str()),
        })
    });
    json!({
        "release": record.identity.release.as_str(),
        "gate": record.gate.now.verdict,
        "score": record.gate.now.score.now,
        "state_sha256": record.identity.state.as_str(),
        "heads": record.integrity.heads,
        "sign_offs": signed.collect::<Vec<_>>(),
    })
}
