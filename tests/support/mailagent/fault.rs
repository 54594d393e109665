//! What can be wrong with a deployment, one thing at a time.

use anyhow::Result;

use super::store::SecretStore;
use crate::ca::TestCa;
use crate::git::GitTree;
use crate::nginx::NginxOptions;
use crate::postgres::PostgresOptions;
use crate::redis::RedisOptions;

/// One planted fault.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// In the running application, by its name in backend/src/faults.ts. The source tree
    /// and what its own tests see stay sound.
    App(&'static str),
    /// In nginx, which stands in front.
    Proxy(fn(&mut NginxOptions, &TestCa) -> Result<()>),
    /// In Redis's configuration; `${REDIS_PASSWORD}` may stand in it.
    Redis(fn(&mut RedisOptions)),
    /// In the PostgreSQL cluster.
    Postgres(fn(&mut PostgresOptions)),
    /// In the application's own database, as a statement of the superuser; `{database}` is
    /// its name.
    Database(&'static str),
    /// A secret's value, which the servers then really use.
    Secret(&'static str, &'static str),
    /// In the secret store, when the application has read its secrets there.
    Stored(fn(&SecretStore) -> Result<()>),
    /// In the source tree before its first commit. What runs is not built from it.
    Source(fn(&GitTree) -> Result<()>),
}

impl Fault {
    /// Whether it needs a Redis and a PostgreSQL of its own.
    #[must_use]
    pub fn is_in_stores(&self) -> bool {
        match self {
            // A role is the whole cluster's.
            Self::Redis(_) | Self::Postgres(_) | Self::Database(_) => true,
            Self::Secret(name, _) => matches!(*name, "REDIS_PASSWORD" | "DB_PASSWORD"),
            Self::App(_) | Self::Proxy(_) | Self::Stored(_) | Self::Source(_) => false,
        }
    }
}
