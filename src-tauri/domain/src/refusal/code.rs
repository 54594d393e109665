//! What scripts and the trail make of a refusal.

use super::Refusal;

impl Refusal {
    /// Stable code for scripts and screens.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoProject => "no-project",
            Self::ProjectExists => "project-exists",
            Self::OtherProject => "other-project",
            Self::MissingParent => "missing-parent",
            Self::TimeBackwards { .. } => "time-backwards",
            Self::NotAMember(_) => "not-a-member",
            Self::KeyReplaced { .. } => "key-replaced",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::KeyTaken(_) => "key-taken",
            Self::KeyProof(_) => "key-proof",
            Self::DoubtAhead { .. } => "doubt-ahead",
            Self::NotAuthorised { .. } => "not-authorised",
            Self::Text { .. } => "text",
            Self::Environment(_) | Self::Environments => "environment",
            Self::KeyMismatch(_) => "key-mismatch",
            Self::LastAdmin => "last-admin",
            Self::Policy
            | Self::PolicySigners { .. }
            | Self::PolicyHours { .. }
            | Self::PolicyEmergency => "policy",
            Self::NoEmergencyRule => "no-emergency-rule",
            Self::EmergencyDeclared => "emergency-declared",
            Self::NoEmergency => "no-emergency",
            Self::SignoffsOwed { .. } => "signoffs-owed",
            Self::ConsentMissing { .. } => "consent-missing",
            Self::RequirementImpossible { .. } => "requirement-impossible",
            Self::ChangeRuleFixed => "change-rule-fixed",
            Self::UnknownProposal(_) => "unknown-proposal",
            Self::ProposalEnded(_) => "proposal-ended",
            Self::OwnChange(_) => "own-change",
            Self::RoleNotConcerned(_) => "role-not-concerned",
            Self::ConsentGiven(_) => "consent-given",
            Self::UnknownMember(_) => "unknown-member",
            Self::UnknownRelease(_) => "unknown-release",
            Self::ReleaseExists(_) => "release-exists",
            Self::UnknownEnvironment(_) => "unknown-environment",
            Self::TemplateMissing(_) => "template-missing",
            Self::Closed => "closed",
            Self::AlreadyDeployed => "already-deployed",
            Self::NotDeployed => "not-deployed",
            Self::NotVerified(_) => "not-verified",
            Self::EnvironmentInUse { .. } => "environment-in-use",
            Self::FindingTime { .. } => "finding-time",
            Self::UnknownItem(_) => "unknown-item",
            Self::ComputedItem(_) => "computed-item",
            Self::CriticalApplies(_) => "critical-applies",
            Self::NoSuchProbe(_) => "no-such-probe",
            Self::RunExists(_) => "run-exists",
            Self::UnknownRun(_) => "unknown-run",
            Self::CriticalException(_) => "critical-exception",
            Self::NoException(_) => "no-exception",
            Self::ExpiryPast => "expiry-past",
            Self::ExceptionExists(_) => "exception-exists",
            Self::UnknownException(_) => "unknown-exception",
            Self::Decided(_) => "decided",
            Self::OwnException(_) => "own-exception",
            Self::RoleNotRequired(_) => "role-not-required",
            Self::SecondRole { .. } => "second-role",
            Self::NotReady { .. } => "not-ready",
            Self::Acknowledgement => "acknowledgement",
            Self::SigningUnsound => "signing-unsound",
            Self::StateMismatch => "state-mismatch",
            Self::NothingToRevoke(_) => "nothing-to-revoke",
            Self::NotGo(_) => "not-go",
            Self::SamePerson(_) => "same-person",
            Self::DeploymentTime { .. } => "deployment-time",
            Self::NotTheVerifier(_) => "not-the-verifier",
            Self::ItemsOpen { .. } => "items-open",
        }
    }

    /// Whether the attempt belongs in the trail: somebody reached for what they may not do
    /// or not yet do, as against a slip of the pen.
    #[must_use]
    pub fn belongs_in_trail(&self) -> bool {
        matches!(
            self,
            Self::NotAuthorised { .. }
                | Self::KeyReplaced { .. }
                | Self::KeyRevoked { .. }
                | Self::KeyProof(_)
                | Self::LastAdmin
                | Self::ConsentMissing { .. }
                | Self::RequirementImpossible { .. }
                | Self::ChangeRuleFixed
                | Self::OwnChange(_)
                | Self::RoleNotConcerned(_)
                | Self::CriticalApplies(_)
                | Self::CriticalException(_)
                | Self::NoException(_)
                | Self::OwnException(_)
                | Self::SecondRole { .. }
                | Self::NotReady { .. }
                | Self::Acknowledgement
                | Self::StateMismatch
                | Self::NotGo(_)
                | Self::SamePerson(_)
                | Self::DeploymentTime { .. }
                | Self::NotTheVerifier(_)
                | Self::ItemsOpen { .. }
                | Self::NotVerified(_)
                | Self::NoEmergencyRule
                | Self::SignoffsOwed { .. }
                | Self::FindingTime { .. }
        )
    }
}
