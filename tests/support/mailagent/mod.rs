//! MailAgent's stand-in, deployed: the NestJS application of tests/targets/mailagent with a
//! real Redis, PostgreSQL and secret store behind it and nginx with TLS in front, all on
//! loopback. Hardened as it comes, with any set of faults planted on request.

mod fault;
mod install;
mod monitoring;
mod relayed;
mod secrets;
mod source;
mod store;
mod stores;
mod tokens;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use tempfile::TempDir;

pub use fault::Fault;
pub use monitoring::Monitoring;
pub use secrets::Secrets;
pub use source::replace;
pub use store::SecretStore;
pub use stores::{Stores, USER_PASSWORD};
pub use tokens::token;

use crate::git::GitTree;
use crate::nginx::{Nginx, NginxOptions};
use crate::port::on_free_port;
use crate::process::Process;

/// The front end's origin.
pub const FRONTEND: &str = "https://app.example.com";
/// Node compiles what it loads, on a machine that may be busy.
const READY: Duration = Duration::from_secs(120);

/// A deployed application. Its stores are the caller's, to share or to stop.
#[derive(Debug)]
pub struct MailAgent {
    /// nginx, the only way in.
    pub proxy: Nginx,
    /// The application itself.
    pub process: Process,
    /// The team's source tree.
    pub source: GitTree,
    /// Secrets of the deployment, with tokens.
    pub secrets: Secrets,
    store: SecretStore,
    port: u16,
    targets: BTreeMap<&'static str, String>,
    /// What the team declares beside [`FACTS`].
    facts: BTreeMap<&'static str, String>,
    // Declared last: the folder goes after the process that writes into it.
    _dir: TempDir,
}

impl MailAgent {
    /// Installs what is missing, deploys with these faults, and waits until it answers.
    ///
    /// # Errors
    /// When a part is missing or does not start, quoting its log.
    pub fn start(stores: &Stores, faults: &[Fault]) -> Result<Self> {
        let backend = install::installed()?;
        let secrets = stores.secrets.clone().with(faults).with_tokens()?;
        let source = source::tree(&backend.join("node_modules").canonicalize()?, faults, &secrets)?;
        let database = stores.database(faults)?;
        let store = SecretStore::filled(stores.moto.clone(), &secrets)?;
        let dir = tempfile::tempdir()?;
        let (port, process) = on_free_port(|port| {
            Ok((port, application(stores, &backend, &store, &database, faults, port, dir.path())?))
        })?;
        store.plant(faults)?;
        let proxy = proxy(stores, port, faults)?;
        let mut targets = stores.targets(&database);
        targets.insert("frontend", FRONTEND.to_owned());
        targets.insert("secret_store", store.target());
        let facts = BTreeMap::new();
        let agent =
            Self { proxy, process, source, secrets, store, port, targets, facts, _dir: dir };
        Ok(agent.addressed())
    }

    /// The same application behind another proxy and with another source tree, where these
    /// faults are planted instead. Only faults of those two and of the secret store, which
    /// was read at the start, can be planted so.
    ///
    /// # Errors
    /// As [`start`](Self::start), and for a fault of another part.
    pub fn again(self, stores: &Stores, faults: &[Fault]) -> Result<Self> {
        let fits =
            |fault: &Fault| matches!(fault, Fault::Proxy(_) | Fault::Stored(_) | Fault::Source(_));
        ensure!(faults.iter().all(fits), "{faults:?} needs an application of its own");
        let packages = install::installed()?.join("node_modules").canonicalize()?;
        let source = source::tree(&packages, faults, &self.secrets)?;
        self.store.mend()?;
        self.store.plant(faults)?;
        let proxy = proxy(stores, self.port, faults)?;
        Ok(Self { proxy, source, ..self }.addressed())
    }

    fn addressed(mut self) -> Self {
        let socket = format!("wss://localhost:{}/socket.io/", self.proxy.tls_port());
        self.targets.extend([
            ("api", self.proxy.https()),
            ("api_plain", self.proxy.http()),
            ("websocket", socket),
            ("source", self.source.path().display().to_string()),
        ]);
        self
    }

    /// A project file for this deployment: environment `staging`, secrets by variable.
    #[must_use]
    pub fn project(&self) -> String {
        let mut text = "[project]\nname = \"MailAgent\"\n\n[[environment]]\nname = \"staging\"\n\
                        [environment.targets]\n"
            .to_owned();
        for (name, value) in &self.targets {
            text.push_str(&format!("{name} = {value:?}\n"));
        }
        text.push_str("[environment.secrets]\n");
        for (name, _) in self.secrets.iter() {
            text.push_str(&format!("{name} = \"env:{name}\"\n"));
        }
        text.push_str("[environment.facts]\n");
        let declared = self.facts.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in FACTS.into_iter().chain(declared) {
            text.push_str(&format!("{name} = {value:?}\n"));
        }
        text.push_str(&format!("stored_secrets = {:?}\n", self.store.names()));
        text
    }
}

fn proxy(stores: &Stores, upstream: u16, faults: &[Fault]) -> Result<Nginx> {
    let mut options = NginxOptions::in_front_of(upstream, stores.ca.server()?);
    for fault in faults {
        if let Fault::Proxy(plant) = fault {
            plant(&mut options, &stores.ca)?;
        }
    }
    Nginx::start(&options)
}

/// What the team declares about the deployment.
const FACTS: [(&str, &str); 10] = [
    ("rate_limit_try_forwarded", "true"),
    ("appendonly", "yes"),
    ("persistence", "yes"),
    ("cors_methods", "GET, POST, PUT, PATCH, DELETE"),
    ("cors_credentials", "true"),
    ("redis_app_user", "app"),
    ("rotation_days", "30"),
    ("auth_user_id", "user-a"),
    ("tenant_a", "tenant-a"),
    ("tenant_b", "tenant-b"),
];

fn application(
    stores: &Stores,
    backend: &Path,
    store: &SecretStore,
    database: &str,
    faults: &[Fault],
    port: u16,
    dir: &Path,
) -> Result<Process> {
    let ca = stores.ca.path();
    let mode = if stores.postgres_tls {
        format!("verify-full&sslrootcert={}", ca.display())
    } else {
        "disable".to_owned()
    };
    let database_url =
        format!("postgresql://app@localhost:{}/{database}?sslmode={mode}", stores.postgres.port());
    let planted: Vec<_> = faults
        .iter()
        .filter_map(|fault| if let Fault::App(name) = fault { Some(*name) } else { None })
        .collect();
    let mut command = Command::new("node");
    command
        .arg("dist/main.js")
        .current_dir(backend)
        .env("PORT", port.to_string())
        .env("FAULTS", planted.join(","))
        .env("FRONTEND_URL", FRONTEND)
        .env("NODE_ENV", "production")
        .envs(store.environment())
        .env("REDIS_HOST", "127.0.0.1")
        .env("REDIS_PORT", stores.redis.port().to_string())
        .env("REDIS_USER", "app")
        .env("DATABASE_URL", database_url);
    let mut process = Process::spawn("node", &mut command, &dir.join("log"))?;
    process.wait_ready(READY, || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(process)
}
