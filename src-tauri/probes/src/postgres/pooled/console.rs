//! Asks the console of a connection pooler (PgBouncer, PgCat) what it pools.

use countersign_domain::finding::Reason;
use tokio_postgres::SimpleQueryRow;

use crate::context::Context;
use crate::postgres::session::{Session, number, text};
use crate::postgres::target::{Target, Which};
use crate::probe::Doubt;

/// Names that a pooler gives itself in SHOW VERSION.
const KNOWN: &[&str] = &["pgbouncer", "pgcat", "odyssey"];

/// The connections of one user to one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// The database, as clients name it.
    pub database: String,
    /// The user.
    pub user: String,
    /// `session`, `transaction` or `statement`.
    pub mode: String,
    /// Clients, active and waiting.
    pub clients: i64,
    /// Connections to the server.
    pub servers: i64,
}

/// What a pooler says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Console {
    /// `PgBouncer 1.18.0`
    pub version: String,
    /// Mode of a pool that does not say.
    pub mode: String,
    /// Connections to the server of one pool.
    pub pool_size: Option<i64>,
    /// Connections to the server of one database; 0 for no limit.
    pub database_limit: Option<i64>,
    /// Clients at a time.
    pub clients: Option<i64>,
    /// Its pools, without the console's own.
    pub pools: Vec<Pool>,
    /// Whether the application's URL leads to this very address.
    pub on_the_way: bool,
}

/// Asks the console.
pub(super) async fn look(cx: &Context) -> Result<Console, Doubt> {
    let at = Target::of(cx, Which::Pooler)?;
    let session = Session::connect(cx, Which::Pooler).await?;
    let version = session.rows("SHOW VERSION").await?;
    let version = version
        .first()
        .and_then(|row| row.try_get(0).ok().flatten())
        .unwrap_or_default()
        .to_owned();
    if !KNOWN.iter().any(|known| version.to_ascii_lowercase().contains(known)) {
        let seen = format!("SHOW VERSION names no pooler that is known: {version:?}");
        return Err(Doubt::new(Reason::Unexpected, seen));
    }
    let config = session.rows("SHOW CONFIG").await?;
    let setting = |name: &str| {
        let row = config.iter().find(|row| text(row, "key").as_deref() == Some(name))?;
        text(row, "value")
    };
    let whole = |name| setting(name).and_then(|value| value.parse().ok());
    let pools = session.rows("SHOW POOLS").await?;
    let pools: Option<Vec<Pool>> = pools.iter().map(pool).collect();
    let pools = pools.ok_or_else(|| {
        Doubt::new(Reason::Unexpected, "SHOW POOLS has other columns than a pooler's")
    })?;
    let on_the_way = Target::of(cx, Which::Database)
        .is_ok_and(|database| (database.host, database.port) == (at.host, at.port));
    Ok(Console {
        version,
        mode: setting("pool_mode").unwrap_or_default(),
        pool_size: whole("default_pool_size"),
        database_limit: whole("max_db_connections"),
        clients: whole("max_client_conn"),
        pools: pools.into_iter().filter(|pool| pool.database != at.database).collect(),
        on_the_way,
    })
}

fn pool(row: &SimpleQueryRow) -> Option<Pool> {
    let sum = |names: &[&str]| names.iter().filter_map(|name| number(row, name)).sum();
    Some(Pool {
        database: text(row, "database")?,
        user: text(row, "user")?,
        mode: text(row, "pool_mode")?,
        clients: sum(&["cl_active", "cl_waiting"]),
        servers: sum(&["sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"]),
    })
}

impl Console {
    /// The pool of the application, when one is in use.
    pub(super) fn pool_of(&self, user: &str, database: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| {
            pool.user == user && pool.database == database && pool.clients + pool.servers > 0
        })
    }

    /// The facts as lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let or = |value: Option<i64>| value.map_or("unknown".into(), |value| value.to_string());
        let mut lines = vec![
            format!("pooler: {}", self.version),
            format!("pool_mode: {}", self.mode),
            format!("default_pool_size: {}", or(self.pool_size)),
            format!("max_db_connections: {}", or(self.database_limit)),
            format!("max_client_conn: {}", or(self.clients)),
        ];
        lines.extend(self.pools.iter().take(20).map(|pool| {
            let Pool { database, user, mode, clients, servers } = pool;
            format!("pool of {user} to {database}: {mode}, {clients} clients, {servers} servers")
        }));
        lines
    }
}
