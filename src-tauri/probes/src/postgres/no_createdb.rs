//! Claim: the application's role can neither create nor drop a database.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use super::psql::psql;
use super::role::{Role, look};
use super::target::{Which, shown};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// From this version on, CREATEROLE cannot hand out rights that it does not have.
const CREATEROLE_TAMED: u32 = 160_000;

/// `postgres.no-createdb`
pub struct NoCreatedb;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for NoCreatedb {
    type Params = Params;
    type Facts = Role;

    const DEFINITION: Definition = Definition {
        name: "postgres.no-createdb",
        rules: 2,
        claim: "The application's database role can neither create nor drop a database.",
        why: "No application needs it at run time; an attacker who has it can destroy everything.",
        how: "Logs in as the application and reads role attributes, memberships and owners of \
              databases in a read-only transaction. Never tries CREATE or DROP.",
        blind: "Through PgBouncer it sees the role that PgBouncer logs in as. A privilege called \
                CREATE on a database is about schemas and does not matter here.",
        remedy: "`ALTER ROLE app NOCREATEDB`, and `ALTER DATABASE … OWNER TO` another role. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no CREATEDB (own or by SET ROLE), no superuser, owner of no database".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Role> {
        let Some(target) = shown(cx) else { return Observation::not_configured("database") };
        let mut seen = Observation::new(target, look(cx).await);
        seen.transcript = seen.facts.iter().flat_map(Role::lines).collect();
        seen.reproduce = psql(cx, Which::Database).map(|psql| format!("{psql} -c '\\du' -c '\\l'"));
        seen
    }

    fn judge(facts: &Role, params: &Params) -> Judgement {
        let mut wrong = Vec::new();
        let mut add = |names: Vec<&str>, what: &str| {
            if !names.is_empty() {
                wrong.push(format!("{what} as {}", names.join(", ")));
            }
        };
        add(facts.with(|role| role.superuser), "can do everything");
        add(facts.with(|role| role.createdb), "can create databases");
        if facts.version < CREATEROLE_TAMED {
            add(facts.with(|role| role.createrole), "can give itself CREATEDB");
        }
        if !facts.databases.is_empty() {
            wrong.push(format!("can drop {}, which it owns", facts.databases.join(", ")));
        }
        let (outcome, summary) = if wrong.is_empty() {
            (Outcome::Pass, format!("{} can neither create nor drop a database", facts.name))
        } else {
            (Outcome::Fail, format!("{} {}", facts.name, wrong.join("; ")))
        };
        let observed = facts.lines().join("; ");
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed,
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::role::Reachable;

    fn outcome(version: u32, databases: &[&str], roles: Vec<Reachable>) -> Outcome {
        let databases = databases.iter().map(|name| (*name).to_owned()).collect();
        let role = Role { name: "app".into(), version, roles, databases, ..Role::default() };
        NoCreatedb::judge(&role, &Params {}).outcome
    }

    #[test]
    fn every_way_to_a_database_counts() {
        let app = || Reachable { name: "app".into(), settable: true, ..Reachable::default() };
        assert_eq!(outcome(150_000, &[], vec![app()]), Outcome::Pass);
        assert_eq!(outcome(150_000, &["shop"], vec![app()]), Outcome::Fail);
        assert_eq!(
            outcome(150_000, &[], vec![Reachable { createdb: true, ..app() }]),
            Outcome::Fail
        );
        assert_eq!(
            outcome(150_000, &[], vec![Reachable { superuser: true, ..app() }]),
            Outcome::Fail
        );
        let admins = Reachable { name: "admins".into(), createdb: true, ..app() };
        assert_eq!(outcome(150_000, &[], vec![app(), admins.clone()]), Outcome::Fail);
        let unreachable = Reachable { settable: false, ..admins };
        assert_eq!(outcome(160_000, &[], vec![app(), unreachable]), Outcome::Pass);
    }

    #[test]
    fn createrole_is_a_way_around_before_sixteen() {
        let app = || Reachable {
            name: "app".into(),
            settable: true,
            createrole: true,
            ..Reachable::default()
        };
        assert_eq!(outcome(150_004, &[], vec![app()]), Outcome::Fail);
        assert_eq!(outcome(160_000, &[], vec![app()]), Outcome::Pass);
    }
}
