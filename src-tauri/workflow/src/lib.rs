//! The verbs of a sign-off: open, check, attest, except, sign, deploy, export. The only
//! room that knows their order, and the only one where probes, ledger and export meet.

mod agent;
mod card;
pub mod check;
mod check_report;
mod checklist;
mod coverage;
pub mod demo;
mod error;
mod formats;
mod home;
mod key;
mod kind;
mod packet;
mod pdf;
pub mod probe;
mod project;
pub(crate) mod query;
mod reading;
mod record;
mod release;
mod retire;
mod roster;
mod secret;
pub mod template;
mod verified;
pub mod view;
mod whole;

pub use card::{Card, phrase};
pub use check_report::CheckReport;
pub use countersign_export::{Age, Requirements, fingerprints};
pub use countersign_ledger::keys::UnlockedKey;
pub use coverage::{Coverage, Live, coverage, coverage_reference};
pub use error::Failure;
pub use formats::Format;
pub use home::{Cancel, Home, World, default_home};
pub use kind::FailureKind;
pub use project::{ProjectFile, role_of};
pub use record::verify_file;
pub use release::DEFAULT_TEMPLATE;
pub use secret::{judge_secret, new_secret};
