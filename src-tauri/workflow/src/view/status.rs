//! This installation: keys, people, environments, progress, failures.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EmergencyRuleView, OutcomeCode, ProposalView, RetiredKeyView};

/// Where the private half of a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeldCode {
    /// In a file on this machine, sealed by a passphrase.
    Sealed,
    /// In ssh-agent, or in a security key behind it.
    Agent,
}

/// A key on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyView {
    /// Its file name.
    pub name: String,
    /// Printed name of its owner, from the key's comment.
    pub owner: String,
    /// E-mail of its owner, from the key's comment.
    pub email: String,
    /// SHA256 fingerprint.
    pub fingerprint: String,
    /// OpenSSH line.
    pub public_key: String,
    /// Where its private half lives.
    pub held: HeldCode,
}

/// A key that ssh-agent holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentKeyView {
    /// SHA256 fingerprint.
    pub fingerprint: String,
    /// Its type: `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`, …
    pub algorithm: String,
    /// The agent's note on it.
    pub comment: String,
    /// Whether it can sign here: only the two types above can.
    pub usable: bool,
    /// The name of the key on this machine that refers to it, if one does.
    pub here: Option<String>,
}

/// The state of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusView {
    /// Version of the program.
    pub version: String,
    /// The folder that holds ledger and keys.
    pub home: String,
    /// Keys on this machine.
    pub keys: Vec<KeyView>,
    /// The key that is unlocked.
    pub unlocked: Option<KeyView>,
    /// Whether there is neither key nor project yet.
    pub first_run: bool,
    /// The demo's passphrase, while the demo project exists; it protects nothing.
    pub demo_passphrase: Option<String>,
}

/// A person on the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Fingerprint.
    pub fingerprint: String,
    /// Roles by code.
    pub roles: Vec<String>,
    /// Whether the key is on this machine.
    pub here: bool,
}

/// One configured address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetView {
    /// `api`, `redis`, …
    pub name: String,
    /// The address, with `${NAME}` where a secret belongs.
    pub value: String,
}

/// One secret reference, never the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretView {
    /// Its name.
    pub name: String,
    /// Where the value is looked for.
    pub reference: String,
    /// Whether a value is there now.
    pub found: bool,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentView {
    /// Its name.
    pub name: String,
    /// Whether real users depend on it.
    pub production: bool,
    /// Whether it is the built-in demo target.
    pub demo: bool,
    /// Addresses.
    pub targets: Vec<TargetView>,
    /// Secret references.
    pub secrets: Vec<SecretView>,
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the built-in demo.
    pub demo: bool,
    /// People.
    pub members: Vec<MemberView>,
    /// Keys that may sign nothing more.
    #[serde(default)]
    pub retired: Vec<RetiredKeyView>,
    /// Environments.
    pub environments: Vec<EnvironmentView>,
    /// Roles that must sign.
    pub required_roles: Vec<String>,
    /// How many people must sign for a role, where it is not one.
    #[serde(default)]
    pub signers: BTreeMap<String, u32>,
    /// Hours after which no check counts, where the project says so.
    #[serde(default)]
    pub freshness_hours: Option<u32>,
    /// What suffices in an emergency; none where nothing less will do.
    #[serde(default)]
    pub emergency: Option<EmergencyRuleView>,
    /// The whole policy in words, one rule each.
    #[serde(default)]
    pub policy: Vec<String>,
    /// Roles that may approve exceptions.
    pub exception_approvers: Vec<String>,
    /// Who decides on changes of roster and policy: `admin` alone, or the `roles` that a
    /// change touches.
    #[serde(default)]
    pub changes: String,
    /// Changes that wait for the consent of those roles, oldest first.
    #[serde(default)]
    pub proposals: Vec<ProposalView>,
    /// Changes of roster and policy that were made without knowing of one another, in words:
    /// their order is only what their signers say.
    #[serde(default)]
    pub apart: Vec<String>,
    /// Events in its ledger.
    pub events: u32,
}

/// One step of a check run, as it happens. "Query again" is what it means; the outcome is
/// there so that the list can show it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum ProgressView {
    /// The run began.
    Began {
        /// The run.
        run: String,
        /// Claims to test.
        total: u32,
    },
    /// A probe began.
    Started {
        /// The item.
        item: String,
    },
    /// A probe that takes its time says how far it is: the latest line of a command.
    Said {
        /// The item.
        item: String,
        /// One line, redacted and bounded.
        line: String,
    },
    /// A probe gave its verdict, and the ledger holds it.
    Finished {
        /// The item.
        item: String,
        /// The probe.
        probe: String,
        /// The verdict.
        outcome: OutcomeCode,
        /// Why it could not be told.
        reason: Option<String>,
        /// One sentence.
        summary: String,
        /// Claims tested so far.
        done: u32,
        /// Claims to test.
        total: u32,
    },
    /// The run ended.
    Ended {
        /// Whether somebody stopped it.
        cancelled: bool,
    },
}

/// What went wrong, as every front shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureView {
    /// Stable code (`locked`, `wrong-passphrase`, `not-ready`, …).
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// How strong a value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrengthView {
    /// Whether it is strong enough: nothing is wrong with it.
    pub strong: bool,
    /// In words.
    pub summary: String,
    /// What is wrong with it, each to follow "it": its weaknesses, and what the built-in
    /// checklist asks of a secret of this name.
    pub wrong: Vec<String>,
    /// Characters.
    pub length: u32,
    /// `hex`, `base64`, `text`.
    pub alphabet: String,
    /// How hard it is to guess: `weak`, `fair`, `strong`.
    pub bucket: String,
}
