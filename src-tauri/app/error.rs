//! How a failure crosses to the window: `{code, message, hint}`, nothing more.

use countersign_workflow::Failure;
use countersign_workflow::view::FailureView;
use serde::Serialize;

/// A failure on its way to the window.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal(FailureView);

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure.view())
    }
}

/// What every command returns.
pub(crate) type Answer<T> = Result<T, Refusal>;
