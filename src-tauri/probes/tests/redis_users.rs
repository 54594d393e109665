//! Who may do what in Redis, where it listens, and the team's own conditions on it, against
//! real servers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use countersign_probes::registry;
use serde_json::{Value, json};
use servers::{Redis, context, look};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";

fn at(server: &Redis, user: &str, facts: &[(&str, &str)]) -> Context {
    named(server, user, None, facts)
}

fn named(server: &Redis, user: &str, conf: Option<String>, facts: &[(&str, &str)]) -> Context {
    let url = format!("redis://{user}:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let targets = Targets { redis: Some(url), redis_conf: conf, ..Targets::default() };
    context(targets, &[("REDIS_PASSWORD", PASSWORD)], facts)
}

/// A client that sends these lines and stays; each must be answered by something that
/// begins with the mark.
fn client(server: &Redis, lines: &[(&str, char)]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a deadline");
    for (line, mark) in lines {
        stream.write_all(format!("{line}\r\n").as_bytes()).expect("sent");
        let mut answer = [0; 512];
        let read = stream.read(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with(*mark), "{line}: {answer}");
    }
    stream
}

fn assert_is(name: &str, finding: &Finding, outcome: Outcome, words: &str) {
    assert_eq!(finding.outcome, outcome, "{name}: {finding:#?}");
    let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
    assert!(text.contains(words), "{name}: {words:?} is not in {finding:#?}");
}

#[tokio::test]
async fn the_applications_connections_are_told_by_their_user() {
    let probe = "redis.application-authenticated";
    let login = format!("AUTH {PASSWORD}");
    let as_app = format!("AUTH app {PASSWORD}");
    let users = format!("user default off\nuser app on >{PASSWORD} ~* +@all");
    let audit = format!(
        "\nuser audit on >{PASSWORD} -@all +ping +info +client|list\nuser blind on >{PASSWORD} +ping"
    );
    let acl = Redis::start(&format!("{users}{audit}"));
    let _app = client(&acl, &[(&as_app, '+'), ("GET x", '$')]);
    let idle = Redis::start(&users);
    let pass = Redis::start(&format!("requirepass {PASSWORD}"));
    let _logged_in = client(&pass, &[(&login, '+'), ("GET x", '$')]);
    let refused = Redis::start(&format!("requirepass {PASSWORD}"));
    let _not_logged_in = client(&refused, &[("GET x", '-')]);
    let open = Redis::start(&format!("user app on >{PASSWORD} ~* +@all"));
    let _open = client(&open, &[("GET x", '$')]);
    let any = Redis::start("user default off\nuser app on nopass ~* +@all");
    let _any = client(&any, &[("AUTH app whatever", '+'), ("GET x", '$')]);
    // Younger connections may be our own.
    tokio::time::sleep(Duration::from_millis(4_100)).await;

    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    let refusal = Outcome::Inconclusive(Reason::Refused);
    let app = [("redis_app_user", "app")];
    for (name, cx, outcome, words) in [
        ("the user of the URL", at(&acl, "app", &[]), Outcome::Pass, "clients by user: app 1"),
        ("an auditor asks", at(&acl, "audit", &app), Outcome::Pass, "logged in as app"),
        (
            "an auditor asks about itself",
            at(&acl, "audit", &[]),
            person,
            "No client is connected as audit",
        ),
        ("CLIENT LIST is not allowed", at(&acl, "blind", &app), refusal, "NOPERM"),
        ("our own connections do not count", at(&idle, "app", &[]), person, "No other client"),
        ("requirepass", at(&pass, "", &[]), Outcome::Pass, "surely served: 1"),
        ("a client without the password", at(&refused, "", &[]), person, "before a login"),
        ("no password", at(&open, "app", &[]), Outcome::Fail, "which needs no password"),
        ("any password", at(&any, "app", &[]), Outcome::Fail, "with any password"),
    ] {
        let finding = look(&cx, probe, json!({})).await;
        assert_is(name, &finding, outcome, words);
        let shown = Finding { target: String::new(), reproduce: None, ..finding };
        let shown = format!("{shown:?}");
        assert!(!shown.contains("127.0.0.1"), "{name}: an address is kept: {shown}");
    }
}

/// Redis's own ACL DRYRUN and our reading of the user's rules must say the same. (Where a
/// single first argument is allowed, `+select|0`, a dry run with another one says no.)
#[tokio::test]
async fn rules_are_read_as_redis_reads_them() {
    let server = Redis::start(&format!(
        "user dry on >{PASSWORD} -@all +ping +info +command +acl|dryrun\n\
         user wet on >{PASSWORD} -@all +ping +info +command +acl|getuser"
    ));
    let commands = json!({ "commands": [
        "FLUSHALL", "FLUSHDB", "CONFIG", "SHUTDOWN", "DEBUG", "KEYS", "ACL", "CLIENT", "SELECT",
        "GET", "EVAL", "SCRIPT", "MEMORY", "OBJECT", "SORT", "PUBLISH", "REPLICAOF", "MODULE"] });
    let fact = [("redis_app_user", "app")];
    let (dry, wet) = (at(&server, "dry", &fact), at(&server, "wet", &fact));
    let mut verdicts = (0, 0);
    for rules in [
        "+@all",
        "-@all",
        "allcommands",
        "+@all -@dangerous",
        "+@all -@dangerous +info",
        "+@all -@dangerous +config|get",
        "+@all -@dangerous +config -config|set",
        "+@all -@admin",
        "-@admin +@all",
        "+@all -flushall -flushdb -config -shutdown",
        "+@all -config|get -config|set -config|rewrite -config|resetstat",
        "+config|help",
        "+config|help +acl|whoami",
        "+@read +@write -@dangerous",
        "+@read -keys",
        "+@keyspace",
        "+@scripting -eval",
        "+@slow -@fast",
        "+@fast",
        "+@connection -client|kill",
        "+client|id",
        "+select -select",
        "+@dangerous -@all +get",
        "+get -@read",
        "+@all -@all",
        "+@all -get +get -get",
        "+memory|usage +object|freq",
        "+@pubsub -@slow",
        "-@all +get (+@admin)",
        "-@all (+config|get) (+flushall)",
        "+@all -@dangerous (+@all -@admin)",
    ] {
        let selectors = rules.contains('(');
        let (own, rest) = rules.split_once('(').map_or((rules, String::new()), |(own, rest)| {
            // The inline protocol splits at blanks, quotes keep a selector together.
            let each = rest.trim_end_matches(')').split(") (");
            (own, each.map(|each| format!(" \"({each})\"")).collect())
        });
        client(&server, &[(&format!("ACL SETUSER app reset on {own}{rest}"), '+')]);
        let asked = look(&dry, "redis.commands-disabled", commands.clone()).await;
        let read = look(&wet, "redis.commands-disabled", commands.clone()).await;
        assert_eq!(asked.observed, read.observed, "{rules}");
        assert_eq!(asked.outcome, read.outcome, "{rules}");
        assert!(!asked.observed.contains("unknown"), "{rules}: {asked:#?}");
        assert!(asked.transcript[0].contains("ACL DRYRUN"), "{asked:#?}");
        assert!(read.transcript[0].contains("ACL GETUSER"), "{read:#?}");
        assert!(!selectors || read.transcript[0].contains(" | "), "{read:#?}");
        verdicts.0 += asked.observed.matches(": denied").count();
        verdicts.1 += asked.observed.matches(": callable").count();
    }
    assert!(verdicts.0 > 100 && verdicts.1 > 100, "the rules tell something: {verdicts:?}");
}

#[tokio::test]
async fn where_redis_listens_is_read_and_dialled() {
    let pass = format!("requirepass {PASSWORD}\n");
    let local = Redis::start(&pass);
    let two = Redis::start(&format!("{pass}bind 127.0.0.1 127.0.0.2 -::1"));
    let wide = Redis::start(&format!("{pass}bind * -::*"));
    let hidden = Redis::start(&format!("{pass}rename-command CONFIG \"\""));
    let other = [("redis_addresses", "127.0.0.2")];
    let refusal = Outcome::Inconclusive(Reason::Refused);
    let misread = Outcome::Inconclusive(Reason::NotConfigured);
    let itself = format!("127.0.0.1:{}", local.port);
    let itself = [("redis_addresses", itself.as_str())];
    for (name, cx, outcome, words) in [
        ("loopback", at(&local, "", &[]), Outcome::Pass, "CONFIG GET bind: 127.0.0.1"),
        ("another address refuses", at(&local, "", &other), Outcome::Pass, ": refused"),
        ("another address answers", at(&two, "", &other), Outcome::Fail, "answers on 127.0.0.2"),
        ("everywhere", at(&wide, "", &[]), Outcome::Fail, "redis-protected-mode"),
        (
            "more than declared",
            at(&two, "", &[("redis_bind", "127.0.0.1,::1")]),
            Outcome::Fail,
            "127.0.0.2, which is not declared",
        ),
        (
            "as declared",
            at(&two, "", &[("redis_bind", "127.0.0.1, 127.0.0.2, ::1")]),
            Outcome::Pass,
            "declared addresses only",
        ),
        ("nothing to be seen", at(&hidden, "", &[]), refusal, "CONFIG GET bind"),
        (
            "in the file",
            named(&hidden, "", Some(hidden.conf()), &[]),
            Outcome::Pass,
            "redis-file-only",
        ),
        ("only loopback refuses", at(&hidden, "", &other), refusal, "cannot be seen"),
        ("the address of Redis itself", at(&local, "", &itself), misread, "where `redis` itself"),
        (
            "no address",
            at(&local, "", &[("redis_addresses", "db.example")]),
            misread,
            "IP addresses",
        ),
    ] {
        assert_is(name, &look(&cx, "redis.bind", json!({})).await, outcome, words);
    }
    let targets = Targets { redis_conf: Some(wide.conf()), ..Targets::default() };
    let finding = look(&context(targets, &[], &[]), "redis.bind", json!({})).await;
    assert_is("a file alone", &finding, Outcome::Fail, "every interface");
}

#[tokio::test]
async fn conditions_on_an_answer_hold_or_show_what_was_seen() {
    let users = format!("user app on >{PASSWORD} ~* +@all -config -slowlog");
    let server = Redis::start(&format!("{users}\nmaxmemory 64mb\nmaxmemory-policy noeviction"));
    let app = at(&server, "app", &[]);
    let refusal = Outcome::Inconclusive(Reason::Refused);
    let cases: Vec<(&str, Value, &str, Outcome, &str)> = vec![
        ("a pong", json!(["PING"]), "text == 'PONG' && took_ms < 1500", Outcome::Pass, ""),
        (
            "fields are numbers",
            json!(["info", "memory"]),
            "reply.maxmemory == 67108864",
            Outcome::Pass,
            "",
        ),
        ("a decimal", json!(["INFO"]), "reply.mem_fragmentation_ratio > 0.0", Outcome::Pass, ""),
        (
            "a version is text",
            json!(["INFO", "server"]),
            "reply.redis_version.startsWith('7.')",
            Outcome::Pass,
            "",
        ),
        (
            "what is seen is shown",
            json!(["INFO", "memory"]),
            "reply.maxmemory_policy == 'allkeys-lru'",
            Outcome::Fail,
            "noeviction",
        ),
        (
            "no such field",
            json!(["INFO", "memory"]),
            "reply.maxmemry > 0",
            Outcome::Fail,
            "no `maxmemry`",
        ),
        ("a list", json!(["ROLE"]), "reply[0] == 'master' && text == null", Outcome::Pass, ""),
        ("a number", json!(["DBSIZE"]), "reply == 0", Outcome::Pass, ""),
        (
            "not allowed to the user",
            json!(["CONFIG", "GET", "maxmemory"]),
            "reply.maxmemory > 0",
            refusal,
            "NOPERM",
        ),
        ("not allowed either", json!(["SLOWLOG", "LEN"]), "reply == 0", refusal, "NOPERM"),
        (
            "another kind of server",
            json!(["CLUSTER", "INFO"]),
            "reply.cluster_state == 'ok'",
            refusal,
            "cluster support disabled",
        ),
    ];
    for (name, command, condition, outcome, words) in cases {
        let params = json!({ "command": command, "expect": [condition] });
        assert_is(name, &look(&app, "redis.expect", params).await, outcome, words);
    }
    let pass = Redis::start(&format!("requirepass {PASSWORD}\nmaxmemory-policy noeviction"));
    let params = json!({
        "command": ["CONFIG", "GET", "maxmemory-policy"],
        "expect": ["reply['maxmemory-policy'] == 'noeviction'"] });
    let finding = look(&at(&pass, "", &[]), "redis.expect", params).await;
    assert_is("a setting", &finding, Outcome::Pass, "");
}

#[test]
fn a_command_that_could_do_harm_is_refused_when_the_template_is_loaded() {
    let probe = registry::find("redis.expect").expect("a probe");
    for (params, word) in [
        (json!({"command": ["FLUSHALL"], "expect": ["true"]}), "FLUSHALL"),
        (json!({"command": ["CONFIG", "GET", "requirepass"], "expect": ["true"]}), "secret"),
        (json!({"command": ["PING"], "expect": []}), "expect"),
        (json!({"command": ["PING"], "expect": ["rely == 1"]}), "rely"),
        (json!({"command": "PING", "expect": ["true"]}), "sequence"),
        (json!({"command": ["PING"], "expect": ["true"], "key": "x"}), "key"),
    ] {
        let params = serde_json::from_value(params).expect("an object");
        let error = probe.check(&params).expect_err(word);
        assert!(error.contains(word), "{word}: {error}");
    }
}

/// A person pastes it, with the password in the variable that the URL names.
#[tokio::test]
async fn the_command_in_the_evidence_works_when_pasted() {
    let server = Redis::start(&format!("user default off\nuser app on >{PASSWORD} ~* +@all"));
    let cx = named(&server, "app", Some(server.conf()), &[]);
    let info = json!({"command": ["INFO", "memory"], "expect": ["true"]});
    for (probe, params, words) in [
        ("redis.password-required", json!({}), "NOAUTH"),
        ("redis.password-accepted", json!({}), "PONG"),
        ("redis.commands-disabled", json!({}), "+@all"),
        ("redis.application-authenticated", json!({}), "user=app"),
        ("redis.bind", json!({}), "127.0.0.1"),
        ("redis.persistence", json!({}), "aof_enabled"),
        ("redis.aof", json!({}), "aof_enabled"),
        ("redis.conf-requirepass", json!({}), "2"),
        ("redis.expect", info, "used_memory"),
    ] {
        let finding = look(&cx, probe, params).await;
        let command = finding.reproduce.unwrap_or_else(|| panic!("{probe} has no command"));
        assert!(!command.contains(PASSWORD), "{command}");
        let out = Command::new("sh")
            .args(["-c", &command])
            .env("REDIS_PASSWORD", PASSWORD)
            .output()
            .expect("a shell");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        assert!(text.contains(words), "{probe}: {command}: {text}");
    }
}
