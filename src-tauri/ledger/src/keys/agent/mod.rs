//! Keys that live in an ssh-agent, those of security keys included. The agent lists them and
//! signs with them; no secret comes here. Whatever it sends is bounded, and no signature of
//! it is used before it was verified.

mod error;
mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::id::Fingerprint;
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature};

pub use error::AgentError;
use wire::{Answer, ask, put_text, take_number, take_text};

/// SSH_AGENTC_REQUEST_IDENTITIES and SSH_AGENT_IDENTITIES_ANSWER.
const LIST: u8 = 11;
const LISTED: u8 = 12;
/// SSH_AGENTC_SIGN_REQUEST and SSH_AGENT_SIGN_RESPONSE.
const SIGN: u8 = 13;
const SIGNED: u8 = 14;
/// SSH_AGENT_FAILURE.
const FAILED: u8 = 5;

/// Keys that an agent may list; OpenSSH's own holds 2048 at most.
const MAX_KEYS: u32 = 2048;
/// Characters of a comment that are kept.
const MAX_COMMENT: usize = 200;
/// Characters of a type's name that are kept; RFC 4251, section 6, allows no more.
const MAX_TYPE: usize = 64;
/// A list needs nobody's touch.
const LIST_PATIENCE: Duration = Duration::from_secs(10);

/// The way to an ssh-agent.
#[derive(Debug, Clone)]
pub struct Agent {
    socket: Option<PathBuf>,
    patience: Duration,
}

/// A key that an agent holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentKey {
    /// As `ssh-add -l` prints it.
    pub fingerprint: Fingerprint,
    /// Its type, as `ssh-add -L` prints it.
    pub algorithm: String,
    /// The agent's note on it: at most 200 characters of anything.
    pub comment: String,
    /// One line in OpenSSH form, without comment; none for a type that signs nothing here.
    pub public_key: Option<String>,
}

impl Agent {
    /// How long somebody may take to touch a key or to confirm.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// The agent that listens at `socket` (what SSH_AUTH_SOCK names), from which a signature
    /// is awaited for `patience`.
    #[must_use]
    pub fn at(socket: Option<PathBuf>, patience: Duration) -> Self {
        Self { socket: socket.filter(|path| !path.as_os_str().is_empty()), patience }
    }

    /// The keys that the agent holds, in its order.
    ///
    /// # Errors
    /// No agent, none that answers in time, or an answer that is none.
    pub fn keys(&self) -> Result<Vec<AgentKey>, AgentError> {
        let socket = self.socket()?;
        let Answer { kind, body } = ask(socket, self.patience.min(LIST_PATIENCE), &[LIST])?;
        let listed = if kind == LISTED { keys_in(&body) } else { None };
        listed.ok_or_else(|| garbled(socket, "its list of keys cannot be read"))
    }

    /// Whether the agent holds the key.
    ///
    /// # Errors
    /// [`AgentError::Empty`] or [`AgentError::Gone`] when not; as [`Agent::keys`].
    pub(super) fn holds(&self, fingerprint: &Fingerprint) -> Result<(), AgentError> {
        let keys = self.keys()?;
        if keys.iter().any(|key| key.fingerprint == *fingerprint) {
            return Ok(());
        }
        if keys.is_empty() {
            return Err(AgentError::Empty);
        }
        Err(AgentError::Gone { fingerprint: fingerprint.clone() })
    }

    /// Has the agent sign `data` with `key`. The signature is of the key's type, and nothing
    /// else is known of it: the caller verifies it.
    pub(super) fn sign(
        &self,
        key: &PublicKey,
        fingerprint: &Fingerprint,
        data: &[u8],
    ) -> Result<Signature, AgentError> {
        let socket = self.socket()?;
        let unreadable = || garbled(socket, "its signature cannot be read");
        let mut question = vec![SIGN];
        let blob = key.to_bytes().map_err(|_| unreadable())?;
        put_text(&mut question, &blob);
        put_text(&mut question, data);
        // No flags: they choose among hashes of RSA.
        question.extend([0; 4]);
        let Answer { kind, body } = ask(socket, self.patience, &question)?;
        match kind {
            SIGNED => signature_in(&body, &key.algorithm()).ok_or_else(unreadable),
            FAILED => {
                // It never says why; whether it still has the key is the better half of it.
                self.holds(fingerprint)?;
                Err(AgentError::Refused { fingerprint: fingerprint.clone() })
            }
            _ => Err(garbled(socket, "an answer to another question")),
        }
    }

    fn socket(&self) -> Result<&Path, AgentError> {
        self.socket.as_deref().ok_or(AgentError::NotSet)
    }
}

fn garbled(socket: &Path, detail: &'static str) -> AgentError {
    AgentError::Garbled { socket: socket.to_owned(), detail }
}

/// Whether events may be signed with a key of that type.
pub(super) fn is_usable(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ed25519 | Algorithm::SkEd25519)
}

fn keys_in(mut body: &[u8]) -> Option<Vec<AgentKey>> {
    let count = take_number(&mut body).filter(|count| *count <= MAX_KEYS)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let (blob, comment) = (take_text(&mut body)?, take_text(&mut body)?);
        keys.push(key_in(blob, comment)?);
    }
    body.is_empty().then_some(keys)
}

/// A key that cannot be read is listed by its type: it must not hide the others.
fn key_in(blob: &[u8], comment: &[u8]) -> Option<AgentKey> {
    let algorithm = String::from_utf8_lossy(take_text(&mut { blob })?);
    let digest: [u8; 32] = HashAlg::Sha256.digest(blob).try_into().ok()?;
    let fingerprint = ssh_key::Fingerprint::Sha256(digest).to_string();
    let read = PublicKey::from_bytes(blob).ok().filter(|key| is_usable(&key.algorithm()));
    // Of two spellings of one key only the usual one is meant by its fingerprint.
    let read = read.filter(|key| key.to_bytes().is_ok_and(|bytes| bytes == blob));
    Some(AgentKey {
        fingerprint: Fingerprint::parse(&fingerprint).ok()?,
        algorithm: algorithm.chars().take(MAX_TYPE).collect(),
        comment: String::from_utf8_lossy(comment).chars().take(MAX_COMMENT).collect(),
        public_key: read.and_then(|key| Some(key.to_openssh().ok()?.trim_end().to_owned())),
    })
}

/// The signature, spelled the one way, of the type that was asked for.
fn signature_in(mut body: &[u8], algorithm: &Algorithm) -> Option<Signature> {
    let blob = take_text(&mut body)?;
    let signature = Signature::try_from(blob).ok()?;
    let whole = Vec::<u8>::try_from(signature.clone()).is_ok_and(|bytes| bytes == blob);
    (whole && body.is_empty() && signature.algorithm() == *algorithm).then_some(signature)
}
