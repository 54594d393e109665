//! The claims about PostgreSQL, against real clusters and against impostors.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::json;
use servers::{Certificates, Postgres, context, free_port, garbage, look, silent};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";

const ROLES: &str = "SET password_encryption = 'scram-sha-256';
CREATE ROLE app LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE either LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE plainonly LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE nowhere LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE trusted LOGIN;
CREATE ROLE maker LOGIN CREATEDB PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE admins CREATEDB NOLOGIN;
CREATE ROLE heir LOGIN NOINHERIT PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE middle NOLOGIN;
GRANT admins TO middle;
GRANT middle TO heir;
CREATE ROLE owner LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE DATABASE owned OWNER owner;
CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE reader LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
GRANT pg_read_all_data TO reader;
CREATE ROLE granter LOGIN CREATEROLE PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE schemer LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE DATABASE shop;
GRANT CREATE ON DATABASE shop TO schemer;
CREATE ROLE outside NOLOGIN;
GRANT pg_execute_server_program, pg_write_server_files TO outside;
CREATE ROLE breaker LOGIN NOINHERIT PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
GRANT outside TO breaker;
CREATE ROLE copier LOGIN REPLICATION PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE seer LOGIN BYPASSRLS PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
CREATE ROLE heirs LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
GRANT owner TO heirs;
CREATE ROLE builders NOLOGIN;
CREATE ROLE builder LOGIN PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
GRANT builders TO builder;
CREATE ROLE masked LOGIN SUPERUSER PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
ALTER ROLE masked SET role = 'outside';
CREATE ROLE climber LOGIN NOINHERIT PASSWORD 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=';
GRANT boss TO climber;
\\connect shop;
CREATE TABLE public.built (id int);
ALTER TABLE public.built OWNER TO builders;
GRANT CREATE ON SCHEMA public TO builder";

const HBA: &str = "hostnossl all plainonly 127.0.0.1/32 scram-sha-256
hostssl all plainonly 127.0.0.1/32 reject
host all either 127.0.0.1/32 scram-sha-256
host all trusted 127.0.0.1/32 trust
host all nowhere 127.0.0.1/32 reject
hostssl all all 127.0.0.1/32 scram-sha-256
";

fn at(user: &str, port: u16, query: &str, ca: Option<&str>) -> Context {
    let url = format!("postgresql://{user}:${{DB_PASSWORD}}@127.0.0.1:{port}/shop{query}");
    let targets =
        Targets { database: Some(url), ca_file: ca.map(str::to_owned), ..Targets::default() };
    context(targets, &[("DB_PASSWORD", PASSWORD)], &[])
}

/// One cluster serves every case: who asks decides what pg_hba.conf answers.
#[tokio::test]
async fn each_role_and_url_gets_its_verdict() {
    use Outcome::{Fail, Pass};
    let certificates = Certificates::new();
    let server = Postgres::start(HBA, Some(&certificates), ROLES);
    let ca = server.folder.path().join("data/ca.pem").display().to_string();
    let own = Some(ca.as_str());
    let full = "?sslmode=verify-full";
    let refused = Outcome::Inconclusive(Reason::Refused);
    let (tls, plain) = ("postgres.tls", "postgres.plaintext-refused");
    let (least, create) = ("postgres.least-privilege", "postgres.no-createdb");
    let cases = [
        ("verified", tls, "app", full, own, Pass, "TLSv1_3"),
        ("the server itself sees TLS", tls, "app", full, own, Pass, "logged-in session: TLSv1.3"),
        (
            "require does not verify",
            tls,
            "app",
            "?sslmode=require",
            own,
            Pass,
            "tls-unverified-client",
        ),
        (
            "require, unknown authority",
            tls,
            "app",
            "?sslmode=require",
            None,
            Pass,
            "certificate-untrusted",
        ),
        ("verify-full, unknown authority", tls, "app", full, None, Fail, "not trusted"),
        ("prefer", tls, "app", "?sslmode=prefer", own, Fail, "does not insist"),
        ("nothing said", tls, "app", "", own, Fail, "does not insist"),
        ("disable", tls, "app", "?sslmode=disable", own, Fail, "switches TLS off"),
        ("hostssl", plain, "app", full, own, Pass, "28000"),
        ("host", plain, "either", full, own, Fail, "asks for authentication (type 10)"),
        ("trust", plain, "trusted", full, own, Fail, "without a password"),
        ("hostnossl", plain, "plainonly", full, own, Fail, "asks for authentication"),
        ("refused everywhere", plain, "nowhere", full, own, refused, "with TLS as well"),
        ("an ordinary role", least, "app", full, own, Pass, "no rights beyond"),
        (
            "an ordinary role over an unverified line",
            least,
            "app",
            "?sslmode=require",
            None,
            Pass,
            "no rights",
        ),
        ("an untrusted server gets no password", least, "app", full, None, refused, "not trusted"),
        ("a superuser", least, "boss", full, own, Fail, "is SUPERUSER"),
        ("a creator of roles", least, "granter", full, own, Fail, "is CREATEROLE"),
        ("a reader of everything", least, "reader", full, own, Fail, "pg_read_all_data"),
        ("an owner", least, "owner", full, own, Fail, "may DROP, owned"),
        ("by two memberships", least, "heir", full, own, Fail, "can become admins"),
        ("programs by membership", least, "breaker", full, own, Fail, "pg_execute_server_program"),
        ("files by membership", least, "breaker", full, own, Fail, "pg_write_server_files"),
        ("REPLICATION", least, "copier", full, own, Fail, "is REPLICATION"),
        ("BYPASSRLS", least, "seer", full, own, Fail, "is BYPASSRLS"),
        ("an owner by membership", least, "heirs", full, own, Fail, "may DROP, owned"),
        ("an owner by membership may drop", create, "heirs", full, own, Fail, "can drop owned"),
        ("owned tables are noted", least, "builder", full, own, Pass, "owns-tables"),
        ("CREATE in public is noted", least, "builder", full, own, Pass, "creates-in-public"),
        (
            "an ordinary role cannot create",
            create,
            "app",
            full,
            own,
            Pass,
            "neither create nor drop",
        ),
        ("CREATE on a database is about schemas", create, "schemer", full, own, Pass, "neither"),
        ("CREATEDB", create, "maker", full, own, Fail, "can create databases as maker"),
        ("CREATEDB by SET ROLE", create, "heir", full, own, Fail, "can create databases as admins"),
        ("the owner may drop", create, "owner", full, own, Fail, "can drop owned"),
        ("a superuser may do all", create, "boss", full, own, Fail, "everything as boss"),
        ("a superuser that begins as a lesser role", least, "masked", full, own, Fail, "SUPERUSER"),
        ("it may do all", create, "masked", full, own, Fail, "everything as masked"),
        ("SET ROLE to a superuser", least, "climber", full, own, Fail, "can become boss"),
        ("it may do all, too", create, "climber", full, own, Fail, "everything as boss"),
        ("no such role", create, "ghost", full, own, refused, "28P01"),
    ];
    let mut wrong = Vec::new();
    for (name, probe, user, query, ca, outcome, words) in cases {
        let finding = look(&at(user, server.port, query, ca), probe, json!({})).await;
        let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
        if finding.outcome != outcome || !text.contains(words) {
            wrong.push(format!("{name}: expected {outcome:?} with {words:?}, got {finding:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // A person pastes it, with the password in the variable that the URL names.
    for (probe, words) in
        [(least, "Superuser"), (create, "Superuser"), (plain, "no encryption"), (tls, "TLSv1.3")]
    {
        let finding = look(&at("app", server.port, full, own), probe, json!({})).await;
        let command = finding.reproduce.unwrap_or_else(|| panic!("{probe} has no command"));
        assert!(!command.contains(PASSWORD), "{command}");
        let out = std::process::Command::new("sh")
            .args(["-c", &command])
            .env("DB_PASSWORD", PASSWORD)
            .output()
            .expect("a shell");
        let (out, error) =
            (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(format!("{out}{error}").contains(words), "{probe}: {command}: {out}{error}");
    }

    let url = format!("postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{}/shop{full}", server.port);
    let targets = Targets { database: Some(url), ca_file: Some(ca), ..Targets::default() };
    let missing = context(targets, &[("DB_PASSWORD", "")], &[]);
    let finding = look(&missing, least, json!({})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NeedsCredentials), "{finding:#?}");
    assert!(finding.observed.contains("DB_PASSWORD"));
    for probe in [tls, plain] {
        let finding = look(&missing, probe, json!({})).await;
        assert_eq!(finding.outcome, Pass, "needs no password: {finding:#?}");
    }
}

#[tokio::test]
async fn a_cluster_without_tls_fails_and_gets_a_password_on_this_machine_only() {
    let server = Postgres::start(
        "host all all 127.0.0.1/32 scram-sha-256\n",
        None,
        &format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';\nCREATE DATABASE shop"),
    );
    let finding =
        look(&at("app", server.port, "?sslmode=require", None), "postgres.tls", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:#?}");
    assert!(finding.summary.contains("offers no TLS"));
    let cx = at("app", server.port, "", None);
    let finding = look(&cx, "postgres.plaintext-refused", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:#?}");
    let finding = look(&cx, "postgres.no-createdb", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    // The URL insists on TLS, so the password stays here.
    let cx = at("app", server.port, "?sslmode=require", None);
    let finding = look(&cx, "postgres.no-createdb", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::Refused), "{finding:#?}");
}

#[tokio::test]
async fn what_is_down_silent_or_not_postgres_proves_nothing() {
    for probe in [
        "postgres.tls",
        "postgres.plaintext-refused",
        "postgres.least-privilege",
        "postgres.no-createdb",
    ] {
        for (what, port, reason) in [
            ("down", free_port(), Reason::Unreachable),
            ("silent", silent(), Reason::TimedOut),
            ("garbage", garbage(), Reason::Unexpected),
        ] {
            let finding =
                look(&at("app", port, "?sslmode=verify-full", None), probe, json!({})).await;
            assert_eq!(
                finding.outcome,
                Outcome::Inconclusive(reason),
                "{probe} {what}: {finding:#?}"
            );
        }
        let finding = look(&context(Targets::default(), &[], &[]), probe, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{probe}");
    }
}
