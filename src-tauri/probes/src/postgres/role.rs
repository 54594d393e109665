//! What the application's role may do, from the catalogue: its own attributes, and those of
//! every role that it can become.

use countersign_domain::finding::Reason;
use tokio_postgres::SimpleQueryRow;

use super::session::{Session, text};
use crate::context::Context;
use crate::probe::Doubt;

/// Rows that one question may have; more than that is not judged.
const MAX_ROWS: usize = 500;
/// Every role that the one logged in is a member of, however far, and whether it can SET
/// ROLE to it (PostgreSQL 16 made that a property of the membership; with ADMIN it can grant
/// itself that). Where a session begins as a lesser role (ALTER ROLE … SET role), SET ROLE
/// NONE leads back to the one logged in.
const REACH: &str = "WITH RECURSIVE reach(oid, settable) AS (
    SELECT oid, true FROM pg_roles WHERE rolname IN (session_user, current_user)
  UNION
    SELECT m.roleid, r.settable
           AND (m.admin_option OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
    FROM pg_auth_members m JOIN reach r ON m.member = r.oid
)";
const ROLES: &str = "SELECT r.rolname, bool_or(reach.settable) AS settable, r.rolsuper,
       r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls
    FROM reach JOIN pg_roles r ON r.oid = reach.oid
    GROUP BY r.rolname, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls
    ORDER BY r.rolname LIMIT 501";
const DATABASES: &str =
    "SELECT DISTINCT d.datname FROM pg_database d JOIN reach ON d.datdba = reach.oid
    ORDER BY d.datname LIMIT 501";
const SELF: &str = "SELECT session_user AS name, current_database() AS database,
       current_setting('server_version_num') AS version,
       (SELECT count(*) FROM pg_class c
        WHERE c.relowner IN (SELECT oid FROM reach) AND c.relkind IN ('r', 'p')) AS tables,
       coalesce((SELECT has_schema_privilege(session_user, n.oid, 'CREATE') FROM pg_namespace n
                 WHERE n.nspname = 'public'), false) AS creates";

/// One role that the application's role is, or is a member of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reachable {
    /// Its name.
    pub name: String,
    /// Whether the application can become it (SET ROLE), and so use its attributes.
    pub settable: bool,
    /// May do everything.
    pub superuser: bool,
    /// May create databases.
    pub createdb: bool,
    /// May create roles.
    pub createrole: bool,
    /// May stream the whole cluster.
    pub replication: bool,
    /// Sees rows that row security hides.
    pub bypassrls: bool,
}

/// What the application's role may do.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The database that it is logged in to.
    pub database: String,
    /// The server's version as a number (150004 is 15.4).
    pub version: u32,
    /// The role itself and every role that it is a member of.
    pub roles: Vec<Reachable>,
    /// Databases that it owns, itself or by membership: it may DROP them.
    pub databases: Vec<String>,
    /// Tables that it owns, itself or by membership.
    pub tables: u64,
    /// Whether it may create objects in the schema `public`.
    pub creates_in_public: bool,
}

impl Role {
    /// Names of the roles that it is, or can become, which have this attribute.
    pub(super) fn with(&self, attribute: fn(&Reachable) -> bool) -> Vec<&str> {
        let has = |role: &&Reachable| role.settable && attribute(role);
        self.roles.iter().filter(has).map(|role| role.name.as_str()).collect()
    }

    /// One line for each fact.
    pub(super) fn lines(&self) -> Vec<String> {
        let flags = |role: &Reachable| {
            [
                (role.superuser, "SUPERUSER"),
                (role.createdb, "CREATEDB"),
                (role.createrole, "CREATEROLE"),
                (role.replication, "REPLICATION"),
                (role.bypassrls, "BYPASSRLS"),
                (!role.settable, "(no SET ROLE)"),
            ]
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name))
            .collect::<Vec<_>>()
            .join(" ")
        };
        let list =
            |names: &[String]| if names.is_empty() { "none".into() } else { names.join(", ") };
        let mut lines = vec![format!("logged in as {} to {}", self.name, self.database)];
        let role = |role: &Reachable| format!("role {}: {}", role.name, flags(role));
        lines.extend(
            self.roles.iter().map(role).map(|line| line.trim_end_matches([':', ' ']).to_owned()),
        );
        lines.push(format!("owns databases: {}", list(&self.databases)));
        lines.push(format!("owns {} tables", self.tables));
        lines
    }
}

/// Reads the catalogue.
pub(super) async fn look(cx: &Context) -> Result<Role, Doubt> {
    let session = Session::open(cx).await?;
    let own = session.rows(&format!("{REACH} {SELF}")).await?;
    let roles = session.rows(&format!("{REACH} {ROLES}")).await?;
    let databases = session.rows(&format!("{REACH} {DATABASES}")).await?;
    let [own] = &own[..] else { return Err(strange("its own name")) };
    if roles.len() > MAX_ROWS {
        return Err(strange("all roles that it can become: there are more than 500"));
    }
    let number = |name| text(own, name).and_then(|text| text.parse::<u64>().ok());
    let role = Role {
        name: text(own, "name").ok_or_else(|| strange("its own name"))?,
        database: text(own, "database").unwrap_or_default(),
        version: number("version")
            .and_then(|n| n.try_into().ok())
            .ok_or_else(|| strange("its version"))?,
        roles: roles
            .iter()
            .map(reachable)
            .collect::<Option<_>>()
            .ok_or_else(|| strange("roles"))?,
        databases: databases.iter().filter_map(|row| text(row, "datname")).collect(),
        tables: number("tables").unwrap_or_default(),
        creates_in_public: flag(own, "creates").unwrap_or_default(),
    };
    if role.roles.iter().any(|other| other.name == role.name) {
        Ok(role)
    } else {
        Err(strange("roles"))
    }
}

fn strange(what: &str) -> Doubt {
    Doubt::new(Reason::Unexpected, format!("the catalogue does not tell {what}"))
}

fn flag(row: &SimpleQueryRow, name: &str) -> Option<bool> {
    match row.try_get(name).ok().flatten()? {
        "t" => Some(true),
        "f" => Some(false),
        _ => None,
    }
}

fn reachable(row: &SimpleQueryRow) -> Option<Reachable> {
    Some(Reachable {
        name: text(row, "rolname")?,
        settable: flag(row, "settable")?,
        superuser: flag(row, "rolsuper")?,
        createdb: flag(row, "rolcreatedb")?,
        createrole: flag(row, "rolcreaterole")?,
        replication: flag(row, "rolreplication")?,
        bypassrls: flag(row, "rolbypassrls")?,
    })
}
