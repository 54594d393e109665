//! What the rules make of what a probe saw. "Could not tell" is a value of its own with
//! a reason, so that no screen, gate or score can take it for a pass.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a claim could not be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing answered at the address.
    Unreachable,
    /// Something answered, and would not let us look.
    Refused,
    /// No answer within the deadline.
    TimedOut,
    /// The claim needs a secret or token that was not found.
    NeedsCredentials,
    /// The environment does not name what the claim is about.
    NotConfigured,
    /// The claim changes load or state on the target, or runs a command, and nobody agreed.
    NotAllowed,
    /// The answer was not of the protocol that was asked.
    Unexpected,
    /// Only a person can tell; the observation is kept as evidence.
    NeedsPerson,
    /// The run was cancelled before this claim was tested.
    Cancelled,
    /// The probe itself failed: our bug.
    Internal,
}

impl Reason {
    /// The reason in the words of the screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::NeedsCredentials => "needs credentials",
            Self::NotConfigured => "not configured",
            Self::NotAllowed => "needs your consent",
            Self::Unexpected => "unexpected answer",
            Self::NeedsPerson => "a person must decide",
            Self::Cancelled => "cancelled",
            Self::Internal => "probe failed",
        }
    }
}

/// The verdict on one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "is", content = "reason", rename_all = "kebab-case")]
pub enum Outcome {
    /// Seen to hold.
    Pass,
    /// Seen not to hold.
    Fail,
    /// The claim is about something this deployment does not have.
    NotApplicable,
    /// Could not be told. Never counted as a pass.
    Inconclusive(Reason),
}

impl Outcome {
    /// Several claims under one item: the worst known answer wins, doubt beats a pass,
    /// and an empty list has no verdict.
    #[must_use]
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        fn rank(outcome: Outcome) -> u8 {
            match outcome {
                Outcome::Fail => 3,
                Outcome::Inconclusive(_) => 2,
                Outcome::Pass => 1,
                Outcome::NotApplicable => 0,
            }
        }
        outcomes.into_iter().reduce(|a, b| if rank(b) > rank(a) { b } else { a })
    }

    /// The verdict in the words of the screen, without the reason.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not applicable",
            Self::Inconclusive(_) => "inconclusive",
        }
    }

    /// The verdict as the code that JSON carries.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not-applicable",
            Self::Inconclusive(_) => "inconclusive",
        }
    }

    /// Why it could not be told, when it could not.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Inconclusive(reason) => Some(reason),
            Self::Pass | Self::Fail | Self::NotApplicable => None,
        }
    }
}

/// A reservation on a verdict: it holds, but somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Stable code; part of what a sign-off covers.
    pub code: String,
    /// The note in words; may hold numbers that move from run to run.
    pub text: String,
}

/// One claim, tested once.
///
/// All texts are redacted and bounded by the probe before they come here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The probe's name, which says the claim (`redis.password-required`).
    pub probe: String,
    /// Version of the rules that judged; a change is listed in the changelog.
    pub rules: u32,
    /// What was looked at, without secrets.
    pub target: String,
    /// The verdict.
    pub outcome: Outcome,
    /// One sentence for the list.
    pub summary: String,
    /// What the claim asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// A command that shows the same to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
    /// Reservations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Lines exchanged with the target, redacted and bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<String>,
    /// When the look began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_beats_a_pass_and_a_fail_beats_doubt() {
        use Outcome::{Fail, Inconclusive, NotApplicable, Pass};
        let doubt = Inconclusive(Reason::TimedOut);
        assert_eq!(Outcome::worst([Pass, doubt, Pass]), Some(doubt));
        assert_eq!(Outcome::worst([doubt, Fail, Pass]), Some(Fail));
        assert_eq!(Outcome::worst([NotApplicable, Pass]), Some(Pass));
        assert_eq!(Outcome::worst([]), None);
    }
}
