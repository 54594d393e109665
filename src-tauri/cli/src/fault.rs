//! What went wrong, as this front tells it: message, hint, exit code.

use countersign_workflow::view::FailureView;
use countersign_workflow::{Failure, FailureKind};

use crate::exit::Exit;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A verb's own failure.
    Workflow(Failure),
    /// One of this front: exit code, stable code, message, hint.
    Own(Exit, &'static str, String, String),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Workflow(failure)
    }
}

impl From<countersign_domain::id::BadId> for Fault {
    fn from(bad: countersign_domain::id::BadId) -> Self {
        Self::Workflow(bad.into())
    }
}

impl Fault {
    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Own(Exit::USAGE, "usage", message.into(), hint.into())
    }

    /// What was given cannot be used.
    pub(crate) fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Own(Exit::INPUT, "input", message.into(), hint.into())
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Workflow(Failure::File { path: path.display().to_string(), source })
    }

    /// The output could not be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        let message = format!("the output could not be written: {error}");
        Self::Own(Exit::MACHINE, "file", message, "What was asked for has been done".into())
    }

    /// This program broke its own rules.
    pub(crate) fn ours(message: impl Into<String>) -> Self {
        let hint = "Please report it, with the command that led here";
        Self::Own(Exit::OURS, "ours", message.into(), hint.into())
    }

    /// What the argument parser says, on one line each for message and hint.
    pub(crate) fn usage_of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        let mut parts = text.splitn(2, "\n\n");
        let message = parts.next().unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>();
        let hint = parts.next().unwrap_or_default().lines().map(str::trim).collect::<Vec<_>>();
        let hint = hint.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>();
        Self::usage(message.join(" "), hint.join(" "))
    }

    /// What the process ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Own(exit, ..) => *exit,
            Self::Workflow(failure) => match failure.kind() {
                FailureKind::Input => Exit::INPUT,
                FailureKind::Refused => Exit::REFUSED,
                FailureKind::Machine => Exit::MACHINE,
                FailureKind::Ours => Exit::OURS,
            },
        }
    }

    /// The fault as every front shows it.
    pub(crate) fn view(&self) -> FailureView {
        match self {
            Self::Workflow(failure) => failure.view(),
            Self::Own(_, code, message, hint) => FailureView {
                code: (*code).to_owned(),
                message: message.clone(),
                hint: hint.clone(),
            },
        }
    }
}
