//! The private keys of the people who sign on this machine: ordinary OpenSSH key files, each
//! sealed by its owner's passphrase, so stock ssh-keygen reads ours and we read its; and
//! references to keys that live in ssh-agent.

mod agent;
mod error;
mod folder;
mod reference;
mod sealed;
mod unlocked;

pub use agent::{Agent, AgentError, AgentKey};
pub use error::KeyError;
pub use folder::{Held, KeyEntry, KeyFolder};
/// The random numbers that key creation takes; [`OsRng`] is the operating system's.
pub use ssh_key::rand_core::{CryptoRngCore, OsRng};
pub use unlocked::UnlockedKey;

/// Rounds of bcrypt-pbkdf that seal a new key, half as many again as the 16 that ssh-keygen(1)
/// long made: each guess takes some 0.2 s. The file carries its own number.
pub const SEALING_ROUNDS: u32 = 24;

/// The shortest passphrase that seals a key, in characters.
pub const MIN_PASSPHRASE_CHARS: usize = 8;
