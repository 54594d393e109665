//! What the fronts see. One set of shapes serves the window and `--json`; their JSON
//! Schema is kept in `docs/schemas/`, and the TypeScript types are made from it. Every
//! shape is computed from a fold and carries no state of its own.

mod board;
mod document;
mod item;
mod packet;
mod probe;
mod record;
mod release;
mod request;
mod roster;
mod schema;
mod status;

pub use board::{
    Board, BoardProject, Counts, OwedView, ReleaseRow, RoleLight, RoleState, Score, Stage,
};
pub use document::{
    ItemDocument, ProbeDocument, SectionDocument, SignalDocument, TemplateDocument,
};
pub use item::{
    EvidenceView, FindingView, HistoryEntry, ItemDetail, ItemRow, ItemState, MachineVerdict,
    NoteView, OutcomeCode, TickCode, TickView,
};
pub use packet::{CardView, ConflictView, MergeView, PacketLook, PacketView, StrangerView};
pub use probe::{ProbeTrial, ProbeView};
pub use record::{
    BundleView, CheckView, CheckedView, DamageView, EventView, ItemResult, LedgerView, RefusedView,
    StepView, TimelineRow, TrustCode, VerifyView,
};
pub use release::{
    BlockerView, ChangeView, DeploymentView, EmergencyRuleView, EmergencyView, ExceptionState,
    ExceptionView, GateCode, GateView, PhaseCode, ReleaseView, SectionView, SeverityCode,
    SignoffView, StatementView, SubjectView, TemplateView, VerifyCode,
};
pub use request::{
    AttachEvidence, Attest, CloseRelease, CreateKey, DecideChange, DecideException,
    DeclareEmergency, EnrollMember, OpenRelease, RecordDeployment, RequestException, SignOff,
    UseAgentKey, VerifyDeployment,
};
pub use roster::{
    ChangeAnswer, ConsentView, DoubtView, ProposalView, RetiredKeyView, RevocationView,
    RotationView,
};
pub use schema::{documents, wire};
pub use status::{
    AgentKeyView, EnvironmentView, FailureView, HeldCode, KeyView, MemberView, ProgressView,
    ProjectView, SecretView, StatusView, StrengthView, TargetView,
};
