//! The stand-in's Redis and PostgreSQL, set up as the checklist wants them unless a fault
//! says otherwise. Applications that don't change them may share them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::{Context, Result};

use super::fault::Fault;
use super::secrets::Secrets;
use crate::ca::{Leaf, TestCa};
use crate::moto::Moto;
use crate::postgres::{Postgres, PostgresOptions};
use crate::redis::{Redis, RedisOptions};

/// Password of the two users in the table.
pub const USER_PASSWORD: &str = "let me in, for a test";
/// [`USER_PASSWORD`] as the application stores it: salt and scrypt key.
const USER_HASH: &str =
    "6d61696c6167656e74:860a4858482f3768f7d551ce5d70c3e205f9708628a5d312529a365ce0ec227a";
/// The database that every application's own is copied from.
const TEMPLATE: &str = "mailagent";

/// A Redis, a PostgreSQL and a secret store on loopback, with the authority that signed their certificates.
#[derive(Debug)]
pub struct Stores {
    /// Signs the certificates of the database and of the proxy.
    pub ca: TestCa,
    /// Redis, with the users `app` and `auditor`.
    pub redis: Redis,
    /// PostgreSQL, with the role `app`.
    pub postgres: Postgres,
    /// What PostgreSQL shows when it speaks TLS.
    pub certificate: Leaf,
    /// AWS, which other stores of this process may share.
    pub moto: Arc<Moto>,
    pub(super) secrets: Secrets,
    pub(super) postgres_tls: bool,
    databases: AtomicU32,
}

impl Stores {
    /// Starts all, at the same time.
    ///
    /// # Errors
    /// When one is missing or refuses its options.
    pub fn start(faults: &[Fault]) -> Result<Self> {
        let ca = TestCa::new()?;
        let secrets = Secrets::fresh(faults);
        let certificate = ca.server()?;
        let mut options = postgres(&certificate, &secrets);
        let mut conf = redis();
        for fault in faults {
            match fault {
                Fault::Redis(plant) => plant(&mut conf),
                Fault::Postgres(plant) => plant(&mut options),
                _ => {}
            }
        }
        for directive in &mut conf.directives {
            *directive = secrets.fill(directive);
        }
        let postgres_tls = options.tls.is_some();
        let (redis, moto, postgres) = std::thread::scope(|scope| {
            let (redis, moto) = (scope.spawn(|| Redis::start(conf)), scope.spawn(Moto::shared));
            let postgres = Postgres::start(options);
            (redis.join(), moto.join(), postgres)
        });
        let redis = redis.ok().context("the thread that starts Redis broke off")??;
        let moto = moto.ok().context("the thread that starts moto broke off")??;
        let postgres = postgres?;
        for statement in SCHEMA {
            postgres.admin(TEMPLATE, statement)?;
        }
        let users = format!(
            "INSERT INTO users SELECT 'user-' || t, t || '@example.invalid', 'tenant-' || t, \
             '{USER_HASH}' FROM unnest(ARRAY['a', 'b']) AS t"
        );
        postgres.admin(TEMPLATE, &users)?;
        let databases = AtomicU32::new(0);
        Ok(Self { ca, redis, postgres, certificate, moto, secrets, postgres_tls, databases })
    }

    /// Sound ones that every test of this process shares as long as one of them needs them.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Stores>> = Mutex::new(Weak::new());
        // Whoever comes second waits here for the first.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stores) = shared.upgrade() {
            return Ok(stores);
        }
        let stores = Arc::new(Self::start(&[])?);
        *shared = Arc::downgrade(&stores);
        Ok(stores)
    }

    /// Where they are, as an environment names it.
    pub(super) fn targets(&self, database: &str) -> BTreeMap<&'static str, String> {
        let mode = if self.postgres_tls { "verify-full" } else { "prefer" };
        let (redis, postgres) = (self.redis.port(), self.postgres.port());
        BTreeMap::from([
            ("redis", format!("redis://auditor:${{REDIS_AUDIT_PASSWORD}}@127.0.0.1:{redis}")),
            ("redis_conf", self.redis.config().display().to_string()),
            (
                "database",
                format!(
                    "postgresql://app:${{DB_PASSWORD}}@localhost:{postgres}/{database}?sslmode={mode}"
                ),
            ),
            ("ca_file", self.ca.path().display().to_string()),
        ])
    }

    /// A database for one application, so that its sessions are counted apart.
    pub(super) fn database(&self, faults: &[Fault]) -> Result<String> {
        let name = format!("mailagent_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.postgres.admin("postgres", &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))?;
        for fault in faults {
            if let Fault::Database(statement) = fault {
                self.postgres.admin(&name, &statement.replace("{database}", &name))?;
            }
        }
        Ok(name)
    }
}

const SCHEMA: &[&str] = &[
    "CREATE TABLE users (id text PRIMARY KEY, email text UNIQUE NOT NULL, \
     tenant_id text NOT NULL, password_hash text NOT NULL)",
    "CREATE TABLE providers (id text PRIMARY KEY, tenant_id text NOT NULL, kind text NOT NULL)",
    "INSERT INTO providers VALUES ('mail-a', 'tenant-a', 'mail'), ('mail-b', 'tenant-b', 'mail')",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app",
];

fn redis() -> RedisOptions {
    let directives = [
        "user default off",
        "user app on >${REDIS_PASSWORD} ~app:* &app:* +@all -@dangerous +info",
        // What the probes ask, and nothing that reads or writes a key.
        "user auditor on >${REDIS_AUDIT_PASSWORD} resetchannels +@connection +ping +info \
         +command +client|list +acl|whoami +acl|dryrun +acl|getuser +acl|list +config|get",
        "save 900 1",
        "save 300 10",
        "appendonly yes",
        "appendfsync everysec",
    ];
    RedisOptions { directives: directives.map(str::to_owned).to_vec(), ..RedisOptions::default() }
}

fn postgres(certificate: &Leaf, secrets: &Secrets) -> PostgresOptions {
    PostgresOptions {
        tls: Some(certificate.clone()),
        tls_required: true,
        statements: vec![
            secrets.fill(
                "CREATE ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION \
                 NOBYPASSRLS PASSWORD '${DB_PASSWORD}'",
            ),
            format!("CREATE DATABASE {TEMPLATE}"),
        ],
        settings: vec!["max_connections = 100".to_owned()],
    }
}
