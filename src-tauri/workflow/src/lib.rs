//! The verbs of a sign-off: open, check, attest, except, sign, deploy, export. The only
//! room that knows their order, and the only one where probes, ledger and export meet.

pub mod view;
