//! What can go wrong, as every front shows it: a stable code, what happened, what to do.

use countersign_domain::id::{BadId, Fingerprint, ProjectId};
use countersign_domain::refusal::Refusal;
use countersign_domain::template::BadTemplate;
use countersign_domain::template::markdown::BadMarkdown;
use countersign_export::{BadPacket, ExportError};
use countersign_ledger::LedgerError;
use countersign_ledger::keys::{AgentError, KeyError};

use crate::pdf::PdfError;
use crate::view::FailureView;

/// Why a verb did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The rules refuse it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The ledger.
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    /// A key.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// An id of the wrong shape.
    #[error("{0}")]
    Id(#[from] BadId),
    /// A template that cannot be used.
    #[error("{file}: {source}")]
    Template {
        /// The template's name or file.
        file: String,
        /// What is wrong and where.
        source: BadTemplate,
    },
    /// A checklist that cannot be imported.
    #[error("{0}")]
    Markdown(#[from] BadMarkdown),
    /// The record could not be written.
    #[error("{0}")]
    Export(#[from] ExportError),
    /// There is no PDF.
    #[error("{0}")]
    Pdf(#[from] PdfError),
    /// A file that is no packet, or one that was changed.
    #[error("{0}")]
    Packet(#[from] BadPacket),
    /// A packet of a project that is not here, from somebody nobody vouched for.
    #[error("nobody here knows the project {project:?}; the key {founder} began it")]
    Stranger {
        /// The project's name, as the packet tells it.
        project: String,
        /// The key that began it.
        founder: Fingerprint,
        /// The key in words.
        phrase: String,
    },
    /// A packet builds on events that are not here.
    #[error("the packet builds on events of {project} that are neither here nor in it")]
    PacketGap {
        /// The project.
        project: ProjectId,
    },
    /// A packet changes roster or policy from behind what is known here.
    #[error("{}: {change}", if *.undone {
        "this packet would undo a change of the roster or the policy that is known here"
    } else {
        "this packet brings a change of the roster or the policy from behind what is known here"
    })]
    RosterFork {
        /// The change, in words.
        change: String,
        /// Whether it was made here and would be undone.
        undone: bool,
    },
    /// Something that was asked for is not there.
    #[error("there is no {what} {name:?}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// How to find out which there are.
        hint: &'static str,
    },
    /// A value that cannot be used.
    #[error("{field}: {problem}")]
    Input {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// No key is unlocked.
    #[error("no key is unlocked")]
    Locked,
    /// A sign-off with a key in ssh-agent that nobody confirmed.
    #[error("this signature was not confirmed, and a key in ssh-agent asks for no passphrase")]
    Unconfirmed,
    /// While a key in ssh-agent signed, others wrote, again and again.
    #[error("others wrote to the project each time before this was signed; nothing was recorded")]
    Overtaken,
    /// A check run of this release is under way already.
    #[error("a check run of this release is under way")]
    Running,
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The project's own file cannot be used.
    #[error("line {line}, column {column}: {problem}")]
    ProjectFile {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// The demo's own target could not be started.
    #[error("the demo target: {0}")]
    Demo(String),
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        Self::Key(error.into())
    }
}

impl Failure {
    /// Stable code for scripts and screens.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Ledger(LedgerError::Newer { .. }) => "ledger-newer",
            Self::Ledger(LedgerError::Stopped) => "stopped",
            Self::Ledger(_) => "ledger",
            Self::Key(KeyError::WrongPassphrase { .. }) => "wrong-passphrase",
            Self::Key(KeyError::Agent(error)) => agent_code(error),
            Self::Key(_) => "key",
            Self::Id(_) => "id",
            Self::Template { .. } => "template",
            Self::Markdown(_) => "markdown",
            Self::Export(_) => "export",
            Self::Pdf(_) => "pdf",
            Self::Packet(_) => "packet",
            Self::Stranger { .. } => "stranger",
            Self::PacketGap { .. } => "packet-gap",
            Self::RosterFork { .. } => "roster-fork",
            Self::NotFound { .. } => "not-found",
            Self::Input { .. } => "input",
            Self::Locked => "locked",
            Self::Unconfirmed => "unconfirmed",
            Self::Overtaken => "overtaken",
            Self::Running => "running",
            Self::File { .. } => "file",
            Self::ProjectFile { .. } => "project-file",
            Self::Demo(_) => "demo",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal_hint(refusal).to_owned(),
            Self::Template { source, .. } => source.hint.clone(),
            Self::NotFound { hint, .. } | Self::Input { hint, .. } => (*hint).to_owned(),
            Self::Locked => "Unlock your key first".to_owned(),
            Self::Unconfirmed => "Read the statement, then confirm that you sign it".to_owned(),
            Self::Overtaken => "Try again once the check run has ended".to_owned(),
            Self::Running => "Wait for it, or cancel it".to_owned(),
            Self::Key(KeyError::WrongPassphrase { .. }) => {
                "Try again; a forgotten passphrase cannot be recovered, only a new key enrolled"
                    .to_owned()
            }
            // These say what to do in their own text.
            Self::Ledger(_) | Self::Key(_) | Self::Markdown(_) | Self::Id(_) => String::new(),
            // It says so itself.
            Self::Packet(BadPacket::Newer { .. }) => String::new(),
            Self::Packet(_) => "Ask for the file again: what was sent may have been cut".to_owned(),
            Self::Stranger { founder, phrase, .. } => format!(
                "Call the founder and compare: {phrase}. If it is theirs: --trust {founder}"
            ),
            Self::PacketGap { .. } => {
                "Ask for a packet of everything, or of what came after a head that you have"
                    .to_owned()
            }
            Self::RosterFork { .. } => {
                "Nothing was taken in. Ask the admins by voice who changed what, and when. If the \
                 change is right: open the packet with --accept-roster-fork"
                    .to_owned()
            }
            Self::Export(ExportError::NoSubject { .. }) => {
                "Open the next release with --artifact NAME=SHA256, or from a clean commit"
                    .to_owned()
            }
            Self::Pdf(PdfError::Missing { .. }) => {
                "It comes with the .deb; in a checkout: cargo build --package countersign-pdf \
                 --features typst"
                    .to_owned()
            }
            Self::Pdf(_) => "Please report it, with the release's bundle if you may".to_owned(),
            Self::Export(_) => "Check the ledger with `countersign project check`".to_owned(),
            Self::File { .. } => "Check that the path exists and may be used".to_owned(),
            Self::ProjectFile { .. } => "See the sample in the README".to_owned(),
            Self::Demo(_) => "Check that this machine allows listening on loopback".to_owned(),
        }
    }

    /// The failure as it crosses to a front.
    #[must_use]
    pub fn view(&self) -> FailureView {
        FailureView { code: self.code().to_owned(), message: self.to_string(), hint: self.hint() }
    }
}

fn agent_code(error: &AgentError) -> &'static str {
    match error {
        AgentError::Empty | AgentError::Gone { .. } => "agent-key-missing",
        AgentError::Refused { .. } => "agent-refused",
        AgentError::TimedOut { .. } => "agent-timeout",
        AgentError::NotSet | AgentError::Unreachable { .. } => "no-agent",
        _ => "agent",
    }
}

fn refusal_hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotAMember(_) => "An admin of the project must enroll this key first",
        Refusal::NotAuthorised { .. } => "Ask somebody who holds that role",
        Refusal::KeyReplaced { .. } => "Use the key that took its place",
        Refusal::KeyRevoked { .. } => "Make a new key, and ask an admin to enroll it",
        Refusal::KeyTaken(_) => "Make a new key for it",
        Refusal::DoubtAhead { .. } => "Name a time that has passed",
        Refusal::SecondRole { .. } => "Let another holder of the role sign",
        Refusal::OwnException(_) => "Let another approver decide",
        Refusal::NotReady { .. } => "Clear what blocks; `gate` lists it with the cure",
        Refusal::NotGo(_) => "Record the deployment once the gate says Go",
        Refusal::StateMismatch => "Look at what changed, then sign again",
        Refusal::Acknowledgement => "Open and acknowledge each exception",
        Refusal::CriticalException(_) | Refusal::NoException(_) => "Settle the item itself",
        Refusal::SamePerson(_) => "Name two different people",
        Refusal::NotTheVerifier(_) => "Let the named verifier look and say so",
        Refusal::ItemsOpen { .. } => "Settle the open items first",
        Refusal::NotVerified(_) => "Let the named verifier look and say so first",
        Refusal::EnvironmentInUse { .. } => "Close the releases that go there first",
        Refusal::FindingTime { .. } => "Set this machine's clock, then check again",
        Refusal::ConsentMissing { .. } => "Propose it: those roles decide on it",
        Refusal::RequirementImpossible { .. } => {
            "Enroll people for those roles first, or ask for fewer roles"
        }
        Refusal::ChangeRuleFixed => "Leave `changes` as it is",
        Refusal::UnknownProposal(_) | Refusal::ProposalEnded(_) => {
            "`roster proposals` lists those that wait"
        }
        Refusal::OwnChange(_) => "Let another holder of the role decide",
        Refusal::RoleNotConcerned(_) | Refusal::ConsentGiven(_) => {
            "`roster proposals` names the roles that it waits for"
        }
        Refusal::Decided(_) => "Ask for a new exception",
        _ => "",
    }
}

/// A file that could not be used.
pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}
