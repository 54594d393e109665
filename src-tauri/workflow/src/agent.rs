//! Keys that live in ssh-agent, from where the environment of this process says.

use std::time::Duration;

use countersign_ledger::keys::{Agent, AgentKey, Held, KeyEntry, UnlockedKey};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::Failure;
use crate::home::Home;
use crate::key::{comment_of, key_name, key_view};
use crate::view::{AgentKeyView, KeyView, UseAgentKey};

/// What is signed to show that the agent signs with a key at all.
const PROOF_NAMESPACE: &str = "countersign-unlock-v1";

/// Seconds that a signature is awaited, instead of [`Agent::PATIENCE`].
const PATIENCE_VARIABLE: &str = "COUNTERSIGN_AGENT_TIMEOUT";

/// The longest that may be asked for, in seconds.
const MAX_PATIENCE: u64 = 600;

impl Home {
    pub(crate) fn agent(&self) -> Agent {
        let socket = (self.world.variable)("SSH_AUTH_SOCK");
        let seconds = (self.world.variable)(PATIENCE_VARIABLE).and_then(|text| text.parse().ok());
        let patience = seconds.map_or(Agent::PATIENCE, |seconds: u64| {
            Duration::from_secs(seconds.clamp(1, MAX_PATIENCE))
        });
        Agent::at(socket.map(Into::into), patience)
    }

    /// The keys that ssh-agent holds now, whether or not they can sign here.
    ///
    /// # Errors
    /// [`Failure::Key`] when there is no agent, or none that answers.
    pub fn agent_keys(&self) -> Result<Vec<AgentKeyView>, Failure> {
        let agent = self.agent();
        let held = off_the_runtime(|| agent.keys())?;
        let known = self.key_list()?;
        Ok(held.into_iter().map(|key| agent_key_view(key, &known)).collect())
    }

    /// Refers to a key of ssh-agent, as the key of the owner that the request names. The key
    /// is named by its fingerprint, or by its comment where only one has that.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::Input`] for a comment of several keys, and for a name
    /// or e-mail that cannot stand on a record; [`Failure::Key`] for a type of key that signs
    /// nothing here, a name that is taken or a key that is here.
    pub fn use_agent_key(&self, request: &UseAgentKey) -> Result<KeyView, Failure> {
        let comment = comment_of(&request.owner, &request.email)?;
        let agent = self.agent();
        let held = off_the_runtime(|| agent.keys())?;
        let named =
            |key: &&AgentKey| key.fingerprint.as_str() == request.key || key.comment == request.key;
        let mut found = held.iter().filter(named);
        let key = match (found.next(), found.next()) {
            (Some(key), None) => key,
            (Some(_), Some(_)) => {
                return Err(Failure::Input {
                    field: "key",
                    problem: "several keys of the agent have this comment".into(),
                    hint: "Name it by its fingerprint: `countersign key agent` lists them",
                });
            }
            (None, _) => {
                return Err(Failure::NotFound {
                    what: "key in ssh-agent",
                    name: request.key.chars().take(80).collect(),
                    hint: "`countersign key agent` lists them; `ssh-add FILE` adds one",
                });
            }
        };
        let name = key_name(request.name.as_deref(), request.email.trim());
        Ok(key_view(&self.keys.refer(&name, &comment, key)?))
    }

    /// Has ssh-agent sign a random challenge, which shows that it will sign with the key: it
    /// may ask for a touch or a confirmation. Of a key that was unsealed here nothing is asked.
    ///
    /// # Errors
    /// [`Failure::Key`].
    pub fn prove(&self, key: &UnlockedKey) -> Result<(), Failure> {
        if !key.is_in_agent() {
            return Ok(());
        }
        let mut challenge = [0; 32];
        (self.world.random)(&mut challenge);
        off_the_runtime(|| key.sign(PROOF_NAMESPACE, &challenge))?;
        Ok(())
    }

    pub(crate) fn reach(&self, entry: &KeyEntry) -> Result<UnlockedKey, Failure> {
        let agent = self.agent();
        Ok(off_the_runtime(|| self.keys.reach(entry, &agent))?)
    }
}

/// Does what may wait for a person, so that other tasks of an asynchronous runtime go on.
pub(crate) fn off_the_runtime<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn agent_key_view(key: AgentKey, known: &[KeyView]) -> AgentKeyView {
    let fingerprint = key.fingerprint.to_string();
    let here = known.iter().find(|known| known.fingerprint == fingerprint);
    AgentKeyView {
        here: here.map(|known| known.name.clone()),
        fingerprint,
        algorithm: key.algorithm,
        comment: key.comment,
        usable: key.public_key.is_some(),
    }
}

/// Where the private half of a key lives, as the fronts name it.
pub(crate) fn held_view(held: Held) -> crate::view::HeldCode {
    match held {
        Held::Sealed => crate::view::HeldCode::Sealed,
        Held::Agent => crate::view::HeldCode::Agent,
    }
}
