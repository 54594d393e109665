//! Why an event changes nothing. A refused event stays in the ledger and is shown; the
//! same rules tell the person beforehand, so the reason is written for people.

mod code;

use chrono::{DateTime, Utc};

use crate::environment::BadEnvironment;
use crate::id::{EventId, ExceptionId, Fingerprint, ItemId, ReleaseId, RunId};
use crate::member::Role;

/// Why an event changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The ledger does not begin with the project's creation.
    #[error("the ledger does not begin with the creation of this project")]
    NoProject,
    /// A project is created once.
    #[error("this project exists already")]
    ProjectExists,
    /// The event belongs to another project's ledger.
    #[error("the event belongs to another project")]
    OtherProject,
    /// A parent is not in the ledger.
    #[error("an event that this one builds on is missing")]
    MissingParent,
    /// The event claims to be older than what it builds on.
    #[error("dated {at}, before {parent}, the time of an event that it builds on")]
    TimeBackwards {
        /// The event's time.
        at: DateTime<Utc>,
        /// The parent's time.
        parent: DateTime<Utc>,
    },
    /// The key is not on the roster.
    #[error("the key {0} is not on this project's roster")]
    NotAMember(Fingerprint),
    /// The owner replaced the key.
    #[error("{name} replaced the key {key} by {by} at {at}: the old one may sign nothing more")]
    KeyReplaced {
        /// The old key.
        key: Fingerprint,
        /// Printed name.
        name: String,
        /// When.
        at: DateTime<Utc>,
        /// The new key.
        by: Fingerprint,
    },
    /// An admin revoked the key.
    #[error("the key {key} of {name} was revoked at {at} and may sign nothing more: {reason}")]
    KeyRevoked {
        /// The key.
        key: Fingerprint,
        /// Printed name.
        name: String,
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// Somebody has or had the key that should become the new one.
    #[error("the key {0} is or was on the roster: a new key must be one that nobody has used")]
    KeyTaken(Fingerprint),
    /// The new key did not sign that it takes the place of the old one.
    #[error("the key {0} did not sign that it takes the place of this one")]
    KeyProof(Fingerprint),
    /// A doubt that begins in the future.
    #[error("in doubt since {since}: that is after the event that says so")]
    DoubtAhead {
        /// As stated.
        since: DateTime<Utc>,
    },
    /// The member's roles do not allow it.
    #[error("this needs the role {needs}, which {name} does not hold")]
    NotAuthorised {
        /// Printed name.
        name: String,
        /// The roles that would do.
        needs: String,
    },
    /// A text that must say something is empty or far too long.
    #[error("`{field}` needs a text of 1 to {max} characters")]
    Text {
        /// The field.
        field: &'static str,
        /// Most characters.
        max: usize,
    },
    /// An environment that cannot be used.
    #[error(transparent)]
    Environment(#[from] BadEnvironment),
    /// Two environments share a name, or there is none.
    #[error("a project needs at least one environment, and each its own name")]
    Environments,
    /// The public key does not have the stated fingerprint.
    #[error("the public key of {0} does not match its fingerprint, or is not an OpenSSH key")]
    KeyMismatch(String),
    /// Nobody would be left to keep the roster.
    #[error("somebody must keep the roster: the last admin cannot go")]
    LastAdmin,
    /// The policy asks for nothing, or twice for the same.
    #[error("a policy needs at least one required role, each once, and not auditor")]
    Policy,
    /// As many signers as nobody could mean, or for a role that does not sign.
    #[error("`signers` names required roles, each with 1 to {most} people")]
    PolicySigners {
        /// Most people for one role.
        most: u32,
    },
    /// A time limit that nobody could mean.
    #[error("`{field}` is a number of hours from 1 to {most}")]
    PolicyHours {
        /// The field.
        field: &'static str,
        /// Most hours.
        most: u32,
    },
    /// An emergency rule that would ask for nothing, or for roles that do not sign.
    #[error("an emergency needs at least one of the required roles, each once")]
    PolicyEmergency,
    /// The change touches roles that have not consented.
    #[error("this change of the {what} needs the consent of {roles}")]
    ConsentMissing {
        /// `roster` or `policy`.
        what: &'static str,
        /// The roles.
        roles: String,
    },
    /// More roles would have to sign than there are people who could.
    #[error("nobody on the roster could sign for {roles}: each required role needs another person")]
    RequirementImpossible {
        /// The roles that would be left without a signer.
        roles: String,
    },
    /// An admin wants to decide alone again.
    #[error("changes of this project need the roles that they touch, and that cannot be undone")]
    ChangeRuleFixed,
    /// No such proposal.
    #[error("no change was proposed by the event {0}")]
    UnknownProposal(EventId),
    /// It was decided before.
    #[error("the proposed change {0} has been decided already")]
    ProposalEnded(EventId),
    /// Nobody decides on their own entry.
    #[error("{0} is whom this change is about, and cannot decide on it")]
    OwnChange(String),
    /// The change does not touch that role.
    #[error("the change does not need the consent of {}", .0.code())]
    RoleNotConcerned(Role),
    /// That role has said so, or its holder did by proposing.
    #[error("{} has consented to this change already", .0.code())]
    ConsentGiven(Role),
    /// No such person.
    #[error("{0} is not on the roster")]
    UnknownMember(Fingerprint),
    /// No such release.
    #[error("there is no release {0}")]
    UnknownRelease(ReleaseId),
    /// The release id is taken.
    #[error("there is a release {0} already")]
    ReleaseExists(ReleaseId),
    /// No such environment.
    #[error("the project has no environment {0:?}")]
    UnknownEnvironment(String),
    /// The template's file is not at hand.
    #[error("the template {0} is not in the ledger's store")]
    TemplateMissing(String),
    /// The release is closed.
    #[error("the release is closed")]
    Closed,
    /// The release went out already.
    #[error("the release has been deployed already")]
    AlreadyDeployed,
    /// The release has not gone out.
    #[error("the release has not been deployed")]
    NotDeployed,
    /// The deployment has not been verified.
    #[error("the deployment has not been verified yet: {0} was named to do it")]
    NotVerified(String),
    /// An open release would have nowhere to go.
    #[error("the environment {environment:?} cannot go: the release {release} is open for it")]
    EnvironmentInUse {
        /// The environment's name.
        environment: String,
        /// The open release.
        release: ReleaseId,
    },
    /// No such item in the pinned template.
    #[error("the checklist has no item {0}")]
    UnknownItem(ItemId),
    /// The item follows from the rest.
    #[error("{0} follows from the rest of the checklist and cannot be ticked")]
    ComputedItem(ItemId),
    /// A critical item always applies.
    #[error("{0} is critical: it cannot be marked as not applicable")]
    CriticalApplies(ItemId),
    /// The item has no such probe, or the run is not open.
    #[error("no open run of this release looks at {0} with that probe")]
    NoSuchProbe(ItemId),
    /// The finding claims to be younger than the event that records it.
    #[error("the look at {item} is dated {started}, after the event that records it")]
    FindingTime {
        /// The item.
        item: ItemId,
        /// When the look is said to have begun.
        started: DateTime<Utc>,
    },
    /// The run id is taken.
    #[error("there is a check run {0} already")]
    RunExists(RunId),
    /// No such run, or somebody else's, or it has ended.
    #[error("there is no open check run {0} of yours")]
    UnknownRun(RunId),
    /// A critical item allows no exception.
    #[error("{0} is critical: no exception is possible")]
    CriticalException(ItemId),
    /// The template allows no exception here.
    #[error("the checklist allows no exception for {0}")]
    NoException(ItemId),
    /// The exception would have run out already.
    #[error("an exception must expire in the future")]
    ExpiryPast,
    /// The id is taken.
    #[error("there is an exception {0} already")]
    ExceptionExists(ExceptionId),
    /// No such exception.
    #[error("there is no exception {0}")]
    UnknownException(ExceptionId),
    /// It was decided before.
    #[error("the exception {0} has been decided already")]
    Decided(ExceptionId),
    /// Nobody approves their own exception.
    #[error("{0} asked for this exception and cannot decide on it")]
    OwnException(String),
    /// The role does not sign here.
    #[error("the policy does not ask for a sign-off by {}", .0.code())]
    RoleNotRequired(Role),
    /// One person, one signature.
    #[error("{name} has already signed as {}: each role needs another person", .role.code())]
    SecondRole {
        /// Printed name.
        name: String,
        /// The role already signed for.
        role: Role,
    },
    /// Something other than signatures is missing.
    #[error("the release is not ready: {blockers} thing(s) block, first: {first}")]
    NotReady {
        /// How many.
        blockers: usize,
        /// The first of them.
        first: String,
    },
    /// The policy knows no emergency.
    #[error("the policy of this project has no emergency rule")]
    NoEmergencyRule,
    /// It is one already.
    #[error("this release is an emergency already")]
    EmergencyDeclared,
    /// It is none.
    #[error("this release is no emergency")]
    NoEmergency,
    /// An emergency release is not done before others have looked at it.
    #[error("it went out as an emergency, and the sign-off by {roles} is still owed")]
    SignoffsOwed {
        /// The roles.
        roles: String,
    },
    /// The signer did not acknowledge exactly the approved exceptions.
    #[error("each approved exception must be acknowledged, and no other")]
    Acknowledgement,
    /// The moment of signing is told in a way that cannot be true or read.
    #[error(
        "a moment of signing names an offset of at most 18 hours from UTC, and in one plain word \
         how the key was opened"
    )]
    SigningUnsound,
    /// What was signed is not what there is.
    #[error("the release has changed since the statement was shown: look again, then sign")]
    StateMismatch,
    /// There is nothing to take back.
    #[error("there is no approval by {} to take back", .0.code())]
    NothingToRevoke(Role),
    /// Not every sign-off is current.
    #[error("the gate is not Go: {0}")]
    NotGo(String),
    /// Deployer and verifier are the same person.
    #[error("{0} cannot be both the one who deploys and the one who verifies")]
    SamePerson(String),
    /// The deployment is dated before the approvals, or in the future.
    #[error("deployed at {deployed}: expected between the last sign-off ({approved}) and now")]
    DeploymentTime {
        /// As recorded.
        deployed: DateTime<Utc>,
        /// The last required sign-off.
        approved: DateTime<Utc>,
    },
    /// Only the named verifier verifies.
    #[error("{0} was named to verify this deployment; nobody else can")]
    NotTheVerifier(String),
    /// Something that belongs before this step is open.
    #[error("{count} item(s) are open, first: {first}")]
    ItemsOpen {
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
}
