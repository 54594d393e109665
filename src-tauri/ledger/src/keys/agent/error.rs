//! What can go wrong between this program and an ssh-agent. No message repeats what the
//! agent sent, except the name of a key's type.

use std::io;
use std::path::PathBuf;

use countersign_domain::id::Fingerprint;
use countersign_domain::sshsig::BadSignature;

/// Why an ssh-agent did not list its keys or sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// Nobody said where the agent listens.
    #[error(
        "no ssh-agent is known here: SSH_AUTH_SOCK is not set. Start one with: \
         eval \"$(ssh-agent)\", add the key with: ssh-add FILE, and start this program from there"
    )]
    NotSet,
    /// Nothing listens there.
    #[error(
        "no ssh-agent answers at {}, which SSH_AUTH_SOCK names: {source}. Start one with: \
         eval \"$(ssh-agent)\", and add the key with: ssh-add FILE", socket.display()
    )]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The agent stayed silent.
    #[error(
        "the ssh-agent gave no answer within {seconds} s. If it waited for a touch of the key or \
         for your confirmation, try again and answer it in time; COUNTERSIGN_AGENT_TIMEOUT names \
         other seconds"
    )]
    TimedOut {
        /// How long it was waited for, in seconds.
        seconds: u64,
    },
    /// What answered does not speak the protocol.
    #[error(
        "what answers at {} is no ssh-agent, or a broken one ({detail}): see what SSH_AUTH_SOCK \
         names", socket.display()
    )]
    Garbled {
        /// The socket.
        socket: PathBuf,
        /// What was wrong, in our words.
        detail: &'static str,
    },
    /// The agent shows no key at all.
    #[error(
        "the ssh-agent holds no key, or is locked: unlock it with: ssh-add -X, or add the key \
         with: ssh-add FILE (ssh-add -c FILE asks you before each signature)"
    )]
    Empty,
    /// The agent holds other keys.
    #[error(
        "the ssh-agent does not hold the key {fingerprint}: add it with: ssh-add FILE \
         (ssh-add -c FILE asks you before each signature); a security key must be plugged in"
    )]
    Gone {
        /// The key.
        fingerprint: Fingerprint,
    },
    /// The agent holds the key and did not sign.
    #[error(
        "the ssh-agent refused to sign with {fingerprint}: the confirmation was declined, the \
         key was not touched, the agent was locked, or the key was added for other uses alone. \
         Try again, and touch the key or confirm when it asks"
    )]
    Refused {
        /// The key.
        fingerprint: Fingerprint,
    },
    /// The agent answered with something that is no signature by this key over these bytes.
    #[error("the ssh-agent returned a signature that cannot be used: {0}")]
    Signature(#[from] BadSignature),
    /// A type of key that no event is signed with.
    #[error(
        "the key is of the type {algorithm}, and only ssh-ed25519 and sk-ssh-ed25519@openssh.com \
         sign here: make one with: ssh-keygen -t ed25519 (or -t ed25519-sk), and ssh-add it"
    )]
    Type {
        /// The type, as the agent names it.
        algorithm: String,
    },
    /// DSSE knows no signatures of security keys.
    #[error(
        "a security key cannot sign a DSSE statement: it signs flags and a counter besides, which \
         readers of DSSE do not expect. Use a sealed key, or an ssh-ed25519 key in the agent"
    )]
    SecurityKeyStatement,
    /// This system has no sockets of that kind.
    #[error("ssh-agent can be used on unix alone: use a sealed key")]
    Unsupported,
}
