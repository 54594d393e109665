//! Whose turn it is after a failure: the person's, the rules', the machine's. Exit codes
//! and screens are chosen by this, never by the text.

use countersign_domain::refusal::Refusal;
use countersign_domain::sshsig::BadSignature;
use countersign_export::ExportError;
use countersign_ledger::keys::{AgentError, KeyError};

use crate::error::Failure;
use crate::pdf::PdfError;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// What was given cannot be used.
    Input,
    /// The rules or a passphrase say no.
    Refused,
    /// A file, the ledger or the network of this machine.
    Machine,
    /// A mistake of this program.
    Ours,
}

impl Failure {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Refused(refusal) => of_refusal(refusal),
            Self::Locked | Self::Unconfirmed | Self::Key(KeyError::WrongPassphrase { .. }) => {
                FailureKind::Refused
            }
            Self::Key(KeyError::Agent(error)) => of_agent(error),
            Self::Ledger(_)
            | Self::Overtaken
            | Self::Running
            | Self::File { .. }
            | Self::Demo(_)
            | Self::Key(KeyError::Io { .. }) => FailureKind::Machine,
            Self::Key(
                KeyError::Event(_)
                | KeyError::NotCanonical(_)
                | KeyError::NotDsse
                | KeyError::Crypto(_),
            ) => FailureKind::Ours,
            Self::Stranger { .. } | Self::RosterFork { .. } => FailureKind::Refused,
            Self::Export(ExportError::NoSubject { .. }) => FailureKind::Input,
            Self::Export(_) => FailureKind::Machine,
            Self::Pdf(PdfError::Missing { .. }) => FailureKind::Machine,
            Self::Pdf(_) => FailureKind::Ours,
            Self::Key(_)
            | Self::Id(_)
            | Self::Template { .. }
            | Self::Markdown(_)
            | Self::Packet(_)
            | Self::PacketGap { .. }
            | Self::NotFound { .. }
            | Self::Input { .. }
            | Self::ProjectFile { .. } => FailureKind::Input,
        }
    }
}

/// It is the person's turn at the key, or the agent is none.
fn of_agent(error: &AgentError) -> FailureKind {
    match error {
        AgentError::Type { .. } | AgentError::SecurityKeyStatement => FailureKind::Input,
        AgentError::Empty
        | AgentError::Gone { .. }
        | AgentError::Refused { .. }
        | AgentError::Signature(BadSignature::NoPresence) => FailureKind::Refused,
        _ => FailureKind::Machine,
    }
}

/// The rules also find slips of the pen: a name that nobody has, a text that says nothing.
fn of_refusal(refusal: &Refusal) -> FailureKind {
    match refusal {
        Refusal::Text { .. }
        | Refusal::Environment(_)
        | Refusal::Environments
        | Refusal::KeyMismatch(_)
        | Refusal::KeyTaken(_)
        | Refusal::DoubtAhead { .. }
        | Refusal::Policy
        | Refusal::UnknownMember(_)
        | Refusal::UnknownProposal(_)
        | Refusal::UnknownRelease(_)
        | Refusal::UnknownEnvironment(_)
        | Refusal::UnknownItem(_)
        | Refusal::UnknownException(_)
        | Refusal::TemplateMissing(_)
        | Refusal::ExpiryPast => FailureKind::Input,
        _ => FailureKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_whose_turn_it_is() {
        let input = Failure::Input { field: "time", problem: String::new(), hint: "" };
        let wrong = KeyError::WrongPassphrase { name: "ana".into() };
        let agent = |error: AgentError| Failure::Key(error.into());
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        for (sentence, failure, kind) in [
            ("the rules refuse", Failure::Refused(Refusal::Closed), FailureKind::Refused),
            (
                "a text that says nothing",
                Failure::Refused(Refusal::Text { field: "comment", max: 9 }),
                FailureKind::Input,
            ),
            ("a wrong passphrase", Failure::Key(wrong), FailureKind::Refused),
            ("a key that the agent lacks", agent(AgentError::Empty), FailureKind::Refused),
            ("no agent", agent(AgentError::NotSet), FailureKind::Machine),
            (
                "nobody touched the key",
                agent(AgentError::Signature(BadSignature::NoPresence)),
                FailureKind::Refused,
            ),
            (
                "a signature by somebody else",
                agent(AgentError::Signature(BadSignature::Mismatch)),
                FailureKind::Machine,
            ),
            (
                "a type of key that signs nothing",
                agent(AgentError::Type { algorithm: "ssh-rsa".into() }),
                FailureKind::Input,
            ),
            ("a value of the wrong shape", input, FailureKind::Input),
            ("a weak passphrase", Failure::Key(KeyError::PassphraseTooShort), FailureKind::Input),
            (
                "a file that is not there",
                Failure::File { path: "x".into(), source: missing },
                FailureKind::Machine,
            ),
        ] {
            assert_eq!(failure.kind(), kind, "{sentence}");
        }
    }
}
