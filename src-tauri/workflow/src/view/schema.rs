//! The JSON Schema of every shape, for `docs/schemas/` and for the TypeScript types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{
    AgentKeyView, AttachEvidence, Attest, Board, BundleView, CardView, ChangeAnswer, CheckView,
    CheckedView, CloseRelease, CreateKey, DecideChange, DecideException, DeclareEmergency,
    EnrollMember, EventView, ExceptionView, FailureView, GateView, ItemDetail, KeyView, LedgerView,
    MergeView, OpenRelease, PacketLook, PacketView, ProbeTrial, ProbeView, ProgressView,
    ProjectView, ProposalView, RecordDeployment, ReleaseView, RequestException, RevocationView,
    RotationView, SignOff, SignoffView, StatementView, StatusView, StrengthView, TemplateDocument,
    TemplateView, TimelineRow, UseAgentKey, VerifyDeployment, VerifyView,
};

macro_rules! schemas {
    ($($name:literal => $shape:ty),* $(,)?) => {
        /// File name (without `.json`) and schema of each shape that the CLI prints.
        #[must_use]
        pub fn documents() -> Vec<(&'static str, Value)> {
            vec![$(($name, one::<$shape>())),*]
        }
    };
}

schemas! {
    "agent-keys" => Vec<AgentKeyView>,
    "board" => Board,
    "card" => CardView,
    "check" => CheckView,
    "exceptions" => Vec<ExceptionView>,
    "export" => BundleView,
    "failure" => FailureView,
    "gate" => GateView,
    "item" => ItemDetail,
    "key" => KeyView,
    "keys" => Vec<KeyView>,
    "ledger" => LedgerView,
    "merge" => MergeView,
    "packet" => PacketView,
    "packet-look" => PacketLook,
    "probe" => ProbeView,
    "probe-trial" => ProbeTrial,
    "probes" => Vec<ProbeView>,
    "project" => ProjectView,
    "proposals" => Vec<ProposalView>,
    "release" => ReleaseView,
    "revocation" => RevocationView,
    "rotation" => RotationView,
    "secret" => StrengthView,
    "signoff" => SignoffView,
    "status" => StatusView,
    "template" => TemplateDocument,
    "templates" => Vec<TemplateView>,
    "verify" => VerifyView,
}

fn one<T: schemars::JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    sorted(generator.into_root_schema_for::<T>().to_value())
}

/// The order of keys depends on what else is compiled in; the files must not.
fn sorted(mut schema: Value) -> Value {
    schema.sort_all_objects();
    schema
}

/// One schema that defines every shape of the window's wire, by name.
#[must_use]
pub fn wire() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    macro_rules! define {
        ($($shape:ty),* $(,)?) => { $(generator.subschema_for::<$shape>();)* };
    }
    define![
        AgentKeyView,
        AttachEvidence,
        Attest,
        Board,
        BundleView,
        CardView,
        ChangeAnswer,
        CheckView,
        CheckedView,
        CloseRelease,
        DeclareEmergency,
        CreateKey,
        DecideChange,
        DecideException,
        EnrollMember,
        EventView,
        ExceptionView,
        FailureView,
        GateView,
        ItemDetail,
        LedgerView,
        MergeView,
        PacketLook,
        PacketView,
        OpenRelease,
        ProgressView,
        ProjectView,
        RecordDeployment,
        ReleaseView,
        RequestException,
        SignOff,
        StatementView,
        StatusView,
        StrengthView,
        TimelineRow,
        UseAgentKey,
        VerifyDeployment,
        VerifyView,
    ];
    let definitions = generator.take_definitions(true);
    sorted(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Wire",
        "description": "Every shape that crosses the window's wire.",
        "definitions": definitions,
    }))
}
