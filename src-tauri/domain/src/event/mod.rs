//! The ledger's entries. An event is what one person did at one moment, signed with that
//! person's key over RFC 8785 bytes. Its kind is open to growth; its envelope is not.

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::id::{EventId, Fingerprint, ProjectId};
use crate::sshsig::{self, Checker, Checkers};

mod body;
mod parts;
mod rotation;

pub use body::Body;
pub use parts::{Artifact, Decision, Evidence, ProposedChange, Signing, Subject, Tick, Verdict};
pub use rotation::{ROTATION_NAMESPACE, rotation_statement};

/// Version of the envelope that this program writes.
pub const ENVELOPE_VERSION: u32 = 1;

/// SSHSIG namespace of event signatures (PROTOCOL.sshsig).
pub const NAMESPACE: &str = "countersign-event-v1";

/// The largest event that is accepted, in bytes. Bulk data is stored beside the ledger.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`ENVELOPE_VERSION`].
    pub version: u32,
    /// The project whose ledger this belongs to.
    pub project: ProjectId,
    /// The heads that the author had seen. Empty only for the first event.
    pub parents: Vec<EventId>,
    /// The key that signs.
    pub author: Fingerprint,
    /// When, by the author's clock.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: Body,
}

/// An event as it is stored and sent: the signed bytes, and the signature over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEvent {
    /// RFC 8785 bytes of the [`Envelope`].
    pub bytes: Vec<u8>,
    /// Armored SSHSIG over `bytes` in [`NAMESPACE`].
    pub signature: String,
}

/// An event whose bytes, form and signature were checked, now or, where
/// [`Event::vouched`] says so, at an earlier time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    id: EventId,
    envelope: Envelope,
}

/// Why stored bytes are not a good event.
#[derive(Debug, thiserror::Error)]
pub enum BadEvent {
    /// Too large to be an event.
    #[error("event of {0} bytes: at most {MAX_EVENT_BYTES} are accepted")]
    TooLarge(usize),
    /// Not JSON of the envelope's shape.
    #[error("not an event of this version: {0}")]
    Form(#[from] serde_json::Error),
    /// Of a kind that only a newer program knows.
    #[error(
        "an event of the kind {0:?}, which this program does not know: it was written by a newer \
         version of Countersign, so update it"
    )]
    Kind(String),
    /// Readable, but not in canonical form, so its id would be ambiguous.
    #[error("event bytes are not canonical JSON (RFC 8785)")]
    NotCanonical,
    /// Written by a newer program.
    #[error(
        "event version {0}, and this program reads version {ENVELOPE_VERSION}: it was written by \
         a newer version of Countersign, so update it"
    )]
    Version(u32),
    /// The signature is not by the stated author over these bytes.
    #[error("signature: {0}")]
    Signature(#[from] sshsig::BadSignature),
}

impl BadEvent {
    /// Whether an update of this program may cure it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Kind(_) | Self::Version(_))
    }
}

impl SignedEvent {
    /// SHA-256 of the bytes, whether or not they are a good event.
    #[must_use]
    pub fn id(&self) -> EventId {
        EventId::of(&self.bytes)
    }

    /// Checks size, form, canonical bytes and signature.
    ///
    /// # Errors
    /// [`BadEvent`] for the first thing that is wrong.
    pub fn verify(&self) -> Result<Event, BadEvent> {
        let envelope = envelope(&self.bytes)?;
        sshsig::verify(&envelope.author, NAMESPACE, &self.bytes, &self.signature)?;
        Ok(Event { id: self.id(), envelope })
    }
}

/// Events that one thread takes at a time: enough to be worth it, few enough to share out.
const BLOCK: usize = 128;

/// Verifies many events on every core; the answers stand in the order of the events.
#[must_use]
pub fn verify_all(events: &[&SignedEvent]) -> Vec<Result<Event, BadEvent>> {
    let checkers = Checkers::default();
    let one = |checker: &mut Checker, signed: &SignedEvent| {
        Event::verified(&signed.bytes, &signed.signature, checker).map(|(event, _)| event)
    };
    let blocks = events.par_chunks(BLOCK).map(|block| {
        checkers.lend(|checker| block.iter().map(|signed| one(checker, signed)).collect::<Vec<_>>())
    });
    blocks.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// What the bytes say.
fn shape(bytes: &[u8]) -> Result<Envelope, BadEvent> {
    if bytes.len() > MAX_EVENT_BYTES {
        return Err(BadEvent::TooLarge(bytes.len()));
    }
    let envelope: Envelope =
        serde_json::from_slice(bytes).map_err(|error| unreadable(bytes, error))?;
    if envelope.version != ENVELOPE_VERSION {
        return Err(BadEvent::Version(envelope.version));
    }
    Ok(envelope)
}

/// What the bytes say, in the one form that they may have.
fn envelope(bytes: &[u8]) -> Result<Envelope, BadEvent> {
    let envelope = shape(bytes)?;
    if canonical::bytes(&envelope).ok().as_deref() != Some(bytes) {
        return Err(BadEvent::NotCanonical);
    }
    Ok(envelope)
}

/// Tells what a newer program wrote from what is damaged: only the first is cured by an update.
fn unreadable(bytes: &[u8], error: serde_json::Error) -> BadEvent {
    #[derive(Deserialize)]
    struct Outline {
        version: u32,
        body: Kind,
    }
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    let Ok(outline) = serde_json::from_slice::<Outline>(bytes) else { return error.into() };
    if outline.version > ENVELOPE_VERSION {
        return BadEvent::Version(outline.version);
    }
    let kind = outline.body.kind;
    if error.to_string().starts_with(&format!("unknown variant `{kind}`")) {
        return BadEvent::Kind(kind.chars().take(40).collect());
    }
    error.into()
}

impl AsRef<Event> for Event {
    fn as_ref(&self) -> &Event {
        self
    }
}

impl Event {
    /// As [`SignedEvent::verify`], for one of many; also tells whether the signature is
    /// spelled the one way that this program writes it.
    ///
    /// # Errors
    /// [`BadEvent`] for the first thing that is wrong.
    pub fn verified(
        bytes: &[u8],
        signature: &str,
        checker: &mut Checker,
    ) -> Result<(Self, bool), BadEvent> {
        let envelope = envelope(bytes)?;
        let plain = checker.verify(&envelope.author, NAMESPACE, bytes, signature)?;
        Ok((Self { id: EventId::of(bytes), envelope }, plain))
    }

    /// Reads an event without checking its signature or the spelling of its bytes. Only for
    /// bytes and signature that were verified before; whoever calls this must be able to show
    /// that neither has changed since, and must drop the event when they cannot.
    ///
    /// # Errors
    /// [`BadEvent::TooLarge`], [`BadEvent::Form`] or [`BadEvent::Version`].
    pub fn vouched(bytes: &[u8]) -> Result<Self, BadEvent> {
        Ok(Self { id: EventId::of(bytes), envelope: shape(bytes)? })
    }

    /// SHA-256 of its canonical bytes.
    #[must_use]
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// Its contents.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// An event from an envelope that nobody signed, for stories in tests of the rules.
    #[cfg(any(test, feature = "stories"))]
    #[must_use]
    pub fn unsigned(envelope: Envelope) -> Self {
        Self::draft(envelope)
    }

    /// An event from an envelope that nobody signed yet, to ask the rules about it.
    pub(crate) fn draft(envelope: Envelope) -> Self {
        let bytes = canonical::bytes(&envelope).unwrap_or_default();
        Self { id: EventId::of(&bytes), envelope }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_program_wrote_is_told_from_what_is_damaged() {
        let whole = Envelope {
            version: ENVELOPE_VERSION,
            project: ProjectId::parse("p1").expect("an id"),
            parents: Vec::new(),
            author: Fingerprint::parse("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDJ0UKYAtwI/TwQfhs")
                .expect("a fingerprint"),
            at: DateTime::UNIX_EPOCH,
            body: Body::AttemptRefused {
                release: None,
                action: "sign".into(),
                code: "closed".into(),
                reason: "The release is closed".into(),
            },
        };
        let text = String::from_utf8(canonical::bytes(&whole).expect("canonical")).expect("text");
        assert_eq!(envelope(text.as_bytes()).expect("good"), whole);
        for (sentence, from, to, word) in [
            ("a new kind", "attempt-refused", "attempt-praised", "\"attempt-praised\", which"),
            ("a new version", "\"version\":1", "\"version\":2", "event version 2"),
            ("a new kind of a new version", "\"version\":1", "\"version\":7,\"x\":1", "version 7"),
        ] {
            let problem = envelope(text.replace(from, to).as_bytes()).expect_err(sentence);
            let told = problem.to_string();
            assert!(told.contains(word) && told.contains("update it"), "{sentence}: {told}");
            assert!(problem.is_newer(), "{sentence}");
        }
        for (sentence, from, to) in [
            ("a field that is not known", "\"action\"", "\"aktion\""),
            ("no kind", "\"kind\"", "\"kinds\""),
            ("cut off", "\"version\":1}", "\"version\":1"),
        ] {
            let problem = envelope(text.replace(from, to).as_bytes()).expect_err(sentence);
            assert!(matches!(problem, BadEvent::Form(_)), "{sentence}: {problem}");
        }
    }
}
