//! Claims about the store that keeps the secrets: AWS Secrets Manager, Azure Key Vault or
//! HashiCorp Vault. Only metadata is asked for (names, dates, schedules); no request that
//! would answer with a value is ever sent.

mod answer;
mod aws;
mod azure;
pub mod look;
mod place;
pub mod rotation_scheduled;
pub mod secrets_exist;
mod sign;
mod vault;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<secrets_exist::SecretsExist>::new(),
    &Erased::<rotation_scheduled::RotationScheduled>::new(),
];
