//! The demo's environment: its addresses on this machine, and references to the sample
//! tree's secrets.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_domain::environment::{Environment, SecretRef, Targets};

use super::folder::Folder;
use super::target::Ports;
use super::{FRONTEND, tree};
use crate::error::Failure;

/// Name of the demo's environment.
pub(super) const NAME: &str = "demo";

/// Whether an environment is the built-in demo's. One that only says so is not.
pub(super) fn is_own(environment: &Environment) -> bool {
    environment.demo
        && environment.name == NAME
        && environment.targets.frontend.as_deref() == Some(FRONTEND)
        && ports(environment).is_some()
}

/// The ports that an environment on this machine names.
pub(super) fn ports(environment: &Environment) -> Option<Ports> {
    let port = |target: &Option<String>, before: &str| {
        target.as_deref()?.strip_prefix(before)?.parse().ok().filter(|port| *port != 0)
    };
    let targets = &environment.targets;
    let secure = port(&targets.api, "https://127.0.0.1:")?;
    Some(Ports { secure, plain: port(&targets.api_plain, "http://127.0.0.1:")? })
}

/// The demo's environment. It is not production: looks that load a target need not ask,
/// because the target is our own.
///
/// # Errors
/// [`Failure::Demo`] when the home's path cannot stand in an environment.
pub(super) fn environment(folder: &Folder, ports: Ports) -> Result<Environment, Failure> {
    let text = |path: &Path| path.display().to_string();
    let env_file = text(&folder.env_file());
    let mut secrets = BTreeMap::new();
    for name in tree::SECRETS {
        let reference = SecretRef::Dotenv { path: env_file.clone(), name: name.to_owned() };
        secrets.insert(name.to_owned(), reference);
    }
    let environment = Environment {
        name: NAME.to_owned(),
        production: false,
        demo: true,
        targets: Targets {
            api: Some(format!("https://127.0.0.1:{}", ports.secure)),
            api_plain: Some(format!("http://127.0.0.1:{}", ports.plain)),
            frontend: Some(FRONTEND.to_owned()),
            websocket: Some(format!("wss://127.0.0.1:{}/socket.io/", ports.secure)),
            source: Some(text(&folder.source())),
            ca_file: Some(text(&folder.ca_file())),
            ..Targets::default()
        },
        secrets,
        facts: BTreeMap::new(),
    };
    environment.check().map_err(|error| Failure::Demo(error.to_string()))?;
    Ok(environment)
}
