//! Claim: the application's role has only ordinary rights.

use countersign_domain::finding::{Note, Outcome};
use serde::Deserialize;

use super::psql::psql;
use super::role::{Role, look};
use super::target::{Which, shown};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// Predefined roles that reach beyond one application's data (PostgreSQL, 22.5).
const DANGEROUS: &[&str] = &[
    "pg_create_subscription",
    "pg_execute_server_program",
    "pg_maintain",
    "pg_read_all_data",
    "pg_read_server_files",
    "pg_signal_backend",
    "pg_write_all_data",
    "pg_write_server_files",
];

/// `postgres.least-privilege`
pub struct LeastPrivilege;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for LeastPrivilege {
    type Params = Params;
    type Facts = Role;

    const DEFINITION: Definition = Definition {
        name: "postgres.least-privilege",
        rules: 2,
        claim: "The application's database role has no rights beyond its own data.",
        why: "With one SQL injection the attacker has every right of this role.",
        how: "Logs in as the application and reads pg_roles, pg_auth_members and pg_database in \
              a read-only transaction. Inherited roles count.",
        blind: "Does not look at grants on single tables, functions or extensions. Through \
                PgBouncer it sees the role that PgBouncer logs in as.",
        remedy: "Create a role for the application: `CREATE ROLE app LOGIN NOSUPERUSER \
                 NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`, grant it DML on its tables, \
                 and let another role own the database. 30 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no SUPERUSER, CREATEDB, CREATEROLE, REPLICATION or BYPASSRLS, no database owned, no \
         far-reaching predefined role, also by membership"
            .into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Role> {
        let Some(target) = shown(cx) else { return Observation::not_configured("database") };
        let mut seen = Observation::new(target, look(cx).await);
        seen.transcript = seen.facts.iter().flat_map(Role::lines).collect();
        seen.reproduce = psql(cx, Which::Database).map(|psql| format!("{psql} -c '\\du' -c '\\l'"));
        seen
    }

    fn judge(facts: &Role, params: &Params) -> Judgement {
        let wrong = wrong(facts);
        let (outcome, summary) = if wrong.is_empty() {
            (Outcome::Pass, format!("{} has no rights beyond its own data", facts.name))
        } else {
            (Outcome::Fail, format!("{} {}", facts.name, wrong.join("; ")))
        };
        let mut notes = Vec::new();
        if facts.tables > 0 {
            let text =
                format!("{} owns {} tables, and may alter or drop them", facts.name, facts.tables);
            notes.push(Note { code: "owns-tables".into(), text });
        }
        if facts.creates_in_public {
            let text = "it may create objects in the schema `public`".to_owned();
            notes.push(Note { code: "creates-in-public".into(), text });
        }
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: facts.lines().join("; "),
            notes,
        }
    }
}

fn wrong(facts: &Role) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut add = |names: Vec<&str>, what: &str| {
        if names.contains(&facts.name.as_str()) {
            wrong.push(format!("is {what}"));
        } else if !names.is_empty() {
            wrong.push(format!("can become {}, which is {what}", names.join(", ")));
        }
    };
    add(facts.with(|role| role.superuser), "SUPERUSER");
    add(facts.with(|role| role.createdb), "CREATEDB");
    add(facts.with(|role| role.createrole), "CREATEROLE");
    add(facts.with(|role| role.replication), "REPLICATION");
    add(facts.with(|role| role.bypassrls), "BYPASSRLS");
    if !facts.databases.is_empty() {
        wrong.push(format!("owns, and may DROP, {}", facts.databases.join(", ")));
    }
    let member: Vec<_> = facts
        .roles
        .iter()
        .map(|role| role.name.as_str())
        .filter(|name| DANGEROUS.contains(name))
        .collect();
    if !member.is_empty() {
        wrong.push(format!("is a member of {}", member.join(", ")));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::role::Reachable;

    fn role(change: impl FnOnce(&mut Role)) -> Role {
        let own = Reachable { name: "app".into(), settable: true, ..Reachable::default() };
        let mut role =
            Role { name: "app".into(), version: 150_000, roles: vec![own], ..Role::default() };
        change(&mut role);
        role
    }

    fn member(name: &str, settable: bool) -> Reachable {
        Reachable { name: name.into(), settable, ..Reachable::default() }
    }

    #[test]
    fn an_ordinary_role_passes_and_owning_tables_is_only_noted() {
        let judged = LeastPrivilege::judge(&role(|role| role.tables = 3), &Params {});
        assert_eq!((judged.outcome, judged.notes[0].code.as_str()), (Outcome::Pass, "owns-tables"));
    }

    #[test]
    fn each_right_too_many_is_named() {
        let cases = [
            ("superuser", role(|r| r.roles[0].superuser = true), "is SUPERUSER"),
            ("createrole", role(|r| r.roles[0].createrole = true), "is CREATEROLE"),
            ("replication", role(|r| r.roles[0].replication = true), "is REPLICATION"),
            ("row security", role(|r| r.roles[0].bypassrls = true), "is BYPASSRLS"),
            ("owner", role(|r| r.databases = vec!["shop".into()]), "may DROP, shop"),
            (
                "programs",
                role(|r| r.roles.push(member("pg_execute_server_program", false))),
                "member of pg_execute",
            ),
            (
                "by membership",
                role(|r| r.roles.push(Reachable { createdb: true, ..member("admins", true) })),
                "can become admins, which is CREATEDB",
            ),
        ];
        for (name, facts, words) in cases {
            let judged = LeastPrivilege::judge(&facts, &Params {});
            assert_eq!(judged.outcome, Outcome::Fail, "{name}");
            assert!(judged.summary.contains(words), "{name}: {}", judged.summary);
        }
    }

    #[test]
    fn attributes_of_a_role_that_it_cannot_become_do_not_count() {
        let facts = role(|r| r.roles.push(Reachable { createdb: true, ..member("admins", false) }));
        assert_eq!(LeastPrivilege::judge(&facts, &Params {}).outcome, Outcome::Pass);
    }
}
