//! The decision as an in-toto Statement v1 for a DSSE envelope: what policy engines ask about
//! an artifact before they let it in. Pure: the bytes to sign come out, a signature comes
//! back from whoever holds a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::canonical;
use countersign_domain::id::Fingerprint;
use serde_json::{Value, json};

use crate::error::ExportError;
use crate::record::{AuditRecord, ExceptionRecord, GateReading, RoleBlock};

/// The payload type of in-toto statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What the predicate is; docs/formats.md says what it holds. It begins as
/// [`NAMESPACE`](super::NAMESPACE) does, and its number grows when a field changes its
/// meaning.
pub const PREDICATE_TYPE: &str = "https://countersign.example/ns/sign-off/v1";

/// A statement before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    payload: Vec<u8>,
}

/// The decision on the record's release.
///
/// # Errors
/// [`ExportError::NoSubject`] when the release names neither an artifact nor a clean commit.
pub fn statement(record: &AuditRecord) -> Result<Statement, ExportError> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject(record)?,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate(record),
    });
    Ok(Statement { payload: canonical::bytes(&statement)? })
}

impl Statement {
    /// The bytes that are signed: DSSE's pre-authentication encoding.
    #[must_use]
    pub fn pae(&self) -> Vec<u8> {
        let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), self.payload.len());
        [head.as_bytes(), &self.payload].concat()
    }

    /// The envelope with one signature over [`pae`](Self::pae), by the key of that
    /// fingerprint, in canonical JSON with a final newline.
    ///
    /// # Errors
    /// [`ExportError::NotCanonical`], which no envelope gives rise to.
    pub fn envelope(&self, key: &Fingerprint, signature: &[u8]) -> Result<Vec<u8>, ExportError> {
        let envelope = json!({
            "payloadType": PAYLOAD_TYPE,
            "payload": STANDARD.encode(&self.payload),
            "signatures": [{ "keyid": key.as_str(), "sig": STANDARD.encode(signature) }],
        });
        let mut bytes = canonical::bytes(&envelope)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The artifacts; without any, the commit. A commit whose work tree was changed is not what
/// goes out.
fn subject(record: &AuditRecord) -> Result<Value, ExportError> {
    let subject = &record.identity.subject;
    if !subject.artifacts.is_empty() {
        let named = subject.artifacts.iter().map(|artifact| {
            json!({ "name": artifact.name, "digest": { "sha256": artifact.sha256.as_str() } })
        });
        return Ok(named.collect());
    }
    let none = |why| {
        let version = record.identity.version.clone();
        Err(ExportError::NoSubject { version, why })
    };
    match &subject.commit {
        None => none("neither an artifact nor a commit"),
        Some(_) if subject.dirty => none("no artifact, and its work tree differed from the commit"),
        Some(commit) => Ok(json!([{
            "name": record.identity.project_name,
            "digest": { "gitCommit": commit },
        }])),
    }
}

fn predicate(record: &AuditRecord) -> Value {
    let identity = &record.identity;
    let template = &identity.template;
    let mut predicate = json!({
        "project": { "id": identity.project.as_str(), "name": identity.project_name },
        "release": { "id": identity.release.as_str(), "version": identity.version },
        "environment": identity.environment,
        "gate": gate(&record.gate.now),
        "signOffs": record.signatures.required.iter().map(sign_off).collect::<Vec<_>>(),
        "exceptions": record.exceptions.iter().map(exception).collect::<Vec<_>>(),
        "checklist": {
            "id": template.id,
            "version": template.version,
            "digest": { "sha256": template.sha256.as_str() },
        },
        "state": { "sha256": identity.state.as_str() },
        "ledger": {
            "heads": record.integrity.heads,
            "events": record.integrity.event_count,
        },
        "program": record.program,
    });
    if let Some(commit) = &identity.subject.commit {
        predicate["commit"] = json!({ "id": commit, "dirty": identity.subject.dirty });
    }
    if let (Some(deployment), Some(reading)) = (&record.deployment, &record.gate.at_deployment) {
        predicate["deployment"] = json!({
            "deployedAt": deployment.deployed_at,
            "approvedBefore": deployment.approved_before,
            "gate": gate(reading),
        });
    }
    if let Some(emergency) = &record.gate.emergency {
        predicate["emergency"] = json!({
            "reason": emergency.declared.note,
            "owed": emergency.owed,
            "dueAt": emergency.due,
            "stillOwed": emergency.open,
        });
    }
    predicate
}

fn gate(reading: &GateReading) -> Value {
    json!({
        "verdict": reading.verdict,
        "evaluatedAt": reading.at,
        "score": reading.score.now,
        "scoreWithoutExceptions": reading.score.without_exceptions,
    })
}

/// A required role, with its latest word where it has said one.
fn sign_off(block: &RoleBlock) -> Value {
    let mut told = json!({ "role": block.role.code(), "standing": block.standing });
    if let Some(signature) = &block.signature {
        let signer = &signature.signer;
        told["decision"] = json!(signature.decision);
        told["name"] = json!(signer.name);
        told["email"] = json!(signer.email);
        told["keyFingerprint"] = json!(signer.fingerprint.as_str());
        told["signedAt"] = json!(signer.at);
        told["state"] = json!({ "sha256": signature.state.as_str() });
        told["event"] = json!({ "sha256": signer.event.as_str() });
    }
    if let Some(event) = &block.at_deployment {
        told["eventAtDeployment"] = json!({ "sha256": event.as_str() });
    }
    told
}

fn exception(exception: &ExceptionRecord) -> Value {
    json!({
        "id": exception.id.as_str(),
        "item": exception.item.as_str(),
        "state": exception.state,
        "expiresAt": exception.expires_at,
    })
}
