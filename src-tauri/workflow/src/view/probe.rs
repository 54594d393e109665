//! Probes by themselves: what each claims, and one tried without a release.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NoteView, OutcomeCode};

/// A probe, as its definition says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeView {
    /// Its name.
    pub name: String,
    /// Version of the judging rules.
    pub rules: u32,
    /// The claim, a sentence that is true or false.
    pub claim: String,
    /// Why it matters.
    pub why: String,
    /// How it looks, and what it sends.
    pub how: String,
    /// What it cannot see.
    pub blind: String,
    /// How to make the claim true.
    pub remedy: String,
    /// Whether it changes state or load on the target, or runs a command.
    pub active: bool,
}

/// One probe tried against an environment. Nothing of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeTrial {
    /// The probe.
    pub probe: String,
    /// Version of the judging rules.
    pub rules: u32,
    /// The claim.
    pub claim: String,
    /// The environment by name.
    pub environment: String,
    /// What was looked at, without secrets.
    pub target: String,
    /// Lines exchanged, redacted and bounded.
    pub transcript: Vec<String>,
    /// A command that shows the same.
    pub reproduce: Option<String>,
    /// The verdict.
    pub outcome: OutcomeCode,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// One sentence.
    pub summary: String,
    /// What the claim asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// Reservations.
    pub notes: Vec<NoteView>,
    /// Milliseconds it took.
    pub took_ms: u64,
}
