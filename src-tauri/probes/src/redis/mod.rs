//! Claims about Redis. None of them reads or writes a key, and none ever sends a command
//! that could: what is dangerous is asked about, not tried.

mod acl;
pub mod aof;
pub mod application_authenticated;
pub mod bind;
pub mod client_list;
pub mod commands_disabled;
pub mod conf;
pub mod conf_requirepass;
mod endpoint;
pub mod expect;
pub mod listening;
pub mod password_accepted;
pub mod password_required;
pub mod persistence;
mod saving;
mod session;
mod wire;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<password_accepted::PasswordAccepted>::new(),
    &Erased::<password_required::PasswordRequired>::new(),
    &Erased::<conf_requirepass::ConfRequirepass>::new(),
    &Erased::<commands_disabled::CommandsDisabled>::new(),
    &Erased::<application_authenticated::ApplicationAuthenticated>::new(),
    &Erased::<bind::Bind>::new(),
    &Erased::<expect::Expect>::new(),
    &Erased::<persistence::Persistence>::new(),
    &Erased::<aof::Aof>::new(),
];
