//! The claims about Redis, against real servers and against impostors.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod servers;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_probes::context::Context;
use serde_json::json;
use servers::{Certificates, Redis, answering, context, endless, free_port, garbage, look, silent};

const PASSWORD: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";

fn at(port: u16) -> Context {
    with(format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{port}"), PASSWORD, None, &[])
}

fn with(url: String, password: &str, conf: Option<String>, facts: &[(&str, &str)]) -> Context {
    let targets = Targets { redis: Some(url), redis_conf: conf, ..Targets::default() };
    context(targets, &[("REDIS_PASSWORD", password)], facts)
}

fn assert_is(finding: &Finding, outcome: Outcome, words: &str) {
    assert_eq!(finding.outcome, outcome, "{finding:#?}");
    let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
    assert!(text.contains(words), "{words:?} is not in {finding:#?}");
}

#[tokio::test]
async fn a_server_with_a_password_passes_both_sides() {
    let server = Redis::start(&format!("requirepass {PASSWORD}"));
    let cx = at(server.port);
    let required = look(&cx, "redis.password-required", json!({})).await;
    assert_is(&required, Outcome::Pass, "-NOAUTH");
    assert!(required.observed.contains("-WRONGPASS"), "{required:#?}");
    let accepted = look(&cx, "redis.password-accepted", json!({})).await;
    assert_is(&accepted, Outcome::Pass, "user default, mode standalone");
}

#[tokio::test]
async fn an_open_server_fails_both_sides() {
    let server = Redis::start("");
    let cx = at(server.port);
    let required = look(&cx, "redis.password-required", json!({})).await;
    assert_is(&required, Outcome::Fail, "answers without a password");
    let accepted = look(&cx, "redis.password-accepted", json!({})).await;
    assert_is(&accepted, Outcome::Fail, "no password to compare with");
}

#[tokio::test]
async fn a_stale_password_fails_and_a_missing_one_is_not_tested() {
    let server = Redis::start(&format!("requirepass {PASSWORD}"));
    let url = format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let stale = with(url.clone(), "yesterdays-password", None, &[]);
    let finding = look(&stale, "redis.password-accepted", json!({})).await;
    assert_is(&finding, Outcome::Fail, "WRONGPASS");
    let missing = with(url, "", None, &[]);
    let finding = look(&missing, "redis.password-accepted", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::NeedsCredentials), "REDIS_PASSWORD");
    // A stranger needs no password, so that side is tested all the same.
    let finding = look(&missing, "redis.password-required", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass);
}

#[tokio::test]
async fn acl_users_are_understood() {
    let server = Redis::start(&format!(
        "user default off\nuser app on >{PASSWORD} ~* +@all -@dangerous +info +acl|dryrun +acl|whoami"
    ));
    let url = format!("redis://app:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let cx = with(url, PASSWORD, Some(server.conf()), &[]);
    assert_is(&look(&cx, "redis.password-required", json!({})).await, Outcome::Pass, "-NOAUTH");
    assert_is(&look(&cx, "redis.password-accepted", json!({})).await, Outcome::Pass, "user app");
    let disabled = look(&cx, "redis.commands-disabled", json!({})).await;
    assert_is(&disabled, Outcome::Pass, "FLUSHALL: denied");
    assert!(disabled.observed.contains("CONFIG: denied"), "{disabled:#?}");
    let conf = look(&cx, "redis.conf-requirepass", json!({})).await;
    assert_is(&conf, Outcome::Pass, "acl-user");
}

#[tokio::test]
async fn a_user_that_may_not_even_ask_info_is_accepted() {
    let server = Redis::start(&format!("user default on >{PASSWORD} -@all +ping"));
    let finding = look(&at(server.port), "redis.password-accepted", json!({})).await;
    assert_is(&finding, Outcome::Pass, "PING: PONG");
}

#[tokio::test]
async fn a_default_user_without_password_and_rights_is_not_authentication() {
    let server = Redis::start("user default on nopass -@all");
    let finding = look(&at(server.port), "redis.password-required", json!({})).await;
    assert_is(&finding, Outcome::Fail, "-NOPERM");
}

#[tokio::test]
async fn a_user_that_gets_in_with_any_password_fails() {
    let users = format!("user default on >{PASSWORD}\nuser app on >old resetpass nopass ~* +@all");
    let server = Redis::start(&users);
    let url = |user| format!("redis://{user}:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let named = with(url("app"), PASSWORD, None, &[]);
    let declared = with(url(""), PASSWORD, None, &[("redis_app_user", "app")]);
    for cx in [named, declared] {
        let finding = look(&cx, "redis.password-required", json!({})).await;
        assert_is(&finding, Outcome::Fail, "with any password");
    }
    let other = with(url(""), PASSWORD, None, &[]);
    let finding = look(&other, "redis.password-required", json!({})).await;
    assert_is(&finding, Outcome::Pass, "-WRONGPASS");
}

#[tokio::test]
async fn protected_mode_is_not_authentication() {
    let port = answering("-DENIED Redis is running in protected mode\r\n");
    let finding = look(&at(port), "redis.password-required", json!({})).await;
    assert_is(&finding, Outcome::Fail, "protected mode");
}

#[tokio::test]
async fn callable_renamed_and_removed_commands_are_told_apart_and_none_is_run() {
    let commands =
        json!({ "commands": ["FLUSHALL", "FLUSHDB", "CONFIG", "SHUTDOWN", "DEBUG", "KEYS"] });
    let open = Redis::start(&format!("requirepass {PASSWORD}"));
    let finding = look(&at(open.port), "redis.commands-disabled", commands.clone()).await;
    assert_is(&finding, Outcome::Fail, "can run FLUSHALL, FLUSHDB, CONFIG, SHUTDOWN, DEBUG, KEYS");
    // The server still answers: nothing was run.
    assert_eq!(
        look(&at(open.port), "redis.password-accepted", json!({})).await.outcome,
        Outcome::Pass
    );

    let removed = Redis::start(&format!(
        "requirepass {PASSWORD}\nrename-command FLUSHALL \"\"\nrename-command FLUSHDB \"\"\n\
         rename-command CONFIG \"\"\nrename-command SHUTDOWN \"\""
    ));
    let finding = look(&at(removed.port), "redis.commands-disabled", json!({})).await;
    assert_is(&finding, Outcome::Pass, "CONFIG: removed");
    let codes: Vec<_> = finding.notes.iter().map(|note| note.code.as_str()).collect();
    assert_eq!(codes, ["redis-debug-callable", "redis-keys-callable"], "{finding:#?}");

    let renamed =
        Redis::start(&format!("requirepass {PASSWORD}\nrename-command FLUSHALL b840fc02"));
    let one = json!({ "commands": ["flushall"] });
    let finding = look(&at(renamed.port), "redis.commands-disabled", one).await;
    assert_is(&finding, Outcome::Pass, "redis-renamed");
}

#[tokio::test]
async fn a_user_that_may_not_ask_leaves_the_question_open() {
    let server = Redis::start(&format!("user default on >{PASSWORD} ~* +@all -acl"));
    let finding = look(&at(server.port), "redis.commands-disabled", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::Refused), "NOPERM");
}

#[tokio::test]
async fn a_user_that_can_give_itself_the_commands_fails() {
    let auditor = "+ping +info +command +acl|whoami +acl|dryrun";
    let server = Redis::start(&format!(
        "user default off\nuser audit on >{PASSWORD} {auditor}\n\
         user climber on >other ~* +@all -flushall -flushdb -config -shutdown\n\
         user again on >other ~* +@all -@dangerous -flushall +flushall\n\
         user app on >other ~* +@all -flushall -flushdb -config -shutdown -acl|setuser"
    ));
    let url = format!("redis://audit:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    for (user, outcome, words) in [
        ("climber", Outcome::Fail, "can give itself FLUSHDB, FLUSHALL, CONFIG, SHUTDOWN"),
        ("again", Outcome::Fail, "can run FLUSHALL"),
        ("app", Outcome::Pass, "FLUSHALL: denied"),
    ] {
        let cx = with(url.clone(), PASSWORD, None, &[("redis_app_user", user)]);
        assert_is(&look(&cx, "redis.commands-disabled", json!({})).await, outcome, words);
    }
}

#[tokio::test]
async fn an_auditor_may_ask_about_the_applications_user() {
    let server = Redis::start(&format!(
        "user default off\nuser app on >other-password ~* +@all\nuser audit on >{PASSWORD} \
         +ping +info +command +acl|whoami +acl|dryrun"
    ));
    let url = format!("redis://audit:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let cx = with(url.clone(), PASSWORD, None, &[("redis_app_user", "app")]);
    let finding = look(&cx, "redis.commands-disabled", json!({})).await;
    assert_is(&finding, Outcome::Fail, "app can run");
    let nobody = with(url, PASSWORD, None, &[("redis_app_user", "nobody")]);
    let finding = look(&nobody, "redis.commands-disabled", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::Refused), "nobody");
}

#[tokio::test]
async fn persistence_and_aof_are_read_from_the_server_or_its_file() {
    let url = |server: &Redis| format!("redis://:${{REDIS_PASSWORD}}@127.0.0.1:{}", server.port);
    let pass = format!("requirepass {PASSWORD}\n");
    let both = Redis::start(&format!("{pass}save 900 1\nappendonly yes"));
    let cx = with(url(&both), PASSWORD, None, &[]);
    assert_is(&look(&cx, "redis.persistence", json!({})).await, Outcome::Pass, "900 1");
    assert_is(&look(&cx, "redis.aof", json!({})).await, Outcome::Pass, "aof_enabled: 1");

    let neither = Redis::start(&format!("{pass}save \"\"\nappendonly no"));
    let cx = with(url(&neither), PASSWORD, None, &[]);
    assert_is(&look(&cx, "redis.persistence", json!({})).await, Outcome::Fail, "memory only");
    let aof = look(&cx, "redis.aof", json!({})).await;
    assert_is(&aof, Outcome::Inconclusive(Reason::NotConfigured), "appendonly");
    for (wanted, outcome) in [("yes", Outcome::Fail), ("no", Outcome::NotApplicable)] {
        let cx = with(url(&neither), PASSWORD, None, &[("appendonly", wanted)]);
        assert_eq!(look(&cx, "redis.aof", json!({})).await.outcome, outcome, "{wanted}");
    }

    let alone = Redis::start(&format!("{pass}save \"\"\nappendonly yes"));
    let open = Outcome::Inconclusive(Reason::NotConfigured);
    for (facts, outcome, words) in [
        (&[][..], open, "Only the append-only file"),
        (&[("persistence", "yes")], Outcome::Fail, "Declared as needed"),
        (&[("persistence", "no")], Outcome::NotApplicable, "not needed"),
        (&[("persistence", "perhaps")], open, "expected yes or no"),
    ] {
        let cx = with(url(&alone), PASSWORD, None, facts);
        assert_is(&look(&cx, "redis.persistence", json!({})).await, outcome, words);
    }

    let hidden = Redis::start(&format!("{pass}save 900 1\nrename-command CONFIG \"\""));
    let cx = with(url(&hidden), PASSWORD, None, &[]);
    let finding = look(&cx, "redis.persistence", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::Refused), "redis_conf");
    let cx = with(url(&hidden), PASSWORD, Some(hidden.conf()), &[]);
    assert_is(&look(&cx, "redis.persistence", json!({})).await, Outcome::Pass, "redis.conf");
}

#[tokio::test]
async fn tls_is_spoken_with_a_trusted_certificate_only() {
    let folder = tempfile::tempdir().expect("a folder");
    Certificates::new().write(folder.path());
    let dir = folder.path().display().to_string();
    let server = Redis::start_in(
        folder,
        &format!(
            "requirepass {PASSWORD}\ntls-port PORT\ntls-cert-file {dir}/server.pem\n\
         tls-key-file {dir}/server.key\ntls-ca-cert-file {dir}/ca.pem\ntls-auth-clients no"
        ),
    );
    let over = |scheme: &str, ca: Option<String>| {
        let targets = Targets {
            redis: Some(format!("{scheme}://:${{REDIS_PASSWORD}}@localhost:{}", server.port)),
            ca_file: ca,
            ..Targets::default()
        };
        context(targets, &[("REDIS_PASSWORD", PASSWORD)], &[])
    };
    let ca = Some(format!("{dir}/ca.pem"));
    let trusted = over("rediss", ca.clone());
    let required = look(&trusted, "redis.password-required", json!({})).await;
    assert_is(&required, Outcome::Pass, "-NOAUTH");
    assert!(required.notes.is_empty(), "{required:#?}");
    assert_eq!(look(&trusted, "redis.password-accepted", json!({})).await.outcome, Outcome::Pass);
    let strange = look(&over("rediss", None), "redis.password-required", json!({})).await;
    assert_eq!(strange.outcome, Outcome::Inconclusive(Reason::Unexpected), "{strange:#?}");
    let plain = look(&over("redis", ca), "redis.password-required", json!({})).await;
    assert_eq!(plain.outcome, Outcome::Inconclusive(Reason::Unexpected), "{plain:#?}");
}

#[tokio::test]
async fn what_is_down_silent_or_not_redis_proves_nothing() {
    for probe in [
        "redis.password-required",
        "redis.password-accepted",
        "redis.commands-disabled",
        "redis.persistence",
        "redis.aof",
        "redis.bind",
        "redis.application-authenticated",
    ] {
        for (what, port, reason) in [
            ("down", free_port(), Reason::Unreachable),
            ("silent", silent(), Reason::TimedOut),
            ("garbage", garbage(), Reason::Unexpected),
        ] {
            let finding = look(&at(port), probe, json!({})).await;
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

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    for start in ["$999999999\r\n", "+", "*999999\r\n"] {
        for probe in ["redis.password-required", "redis.password-accepted", "redis.persistence"] {
            let finding = look(&at(endless(start)), probe, json!({})).await;
            assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "{start:?} {finding:#?}");
            assert!(finding.took_ms < 5_000, "{start:?} {finding:#?}");
        }
    }
}

#[tokio::test]
async fn a_redis_conf_that_is_not_there_is_named() {
    let targets = Targets { redis_conf: Some("/no/such/redis.conf".into()), ..Targets::default() };
    let finding = look(&context(targets, &[], &[]), "redis.conf-requirepass", json!({})).await;
    assert_is(&finding, Outcome::Inconclusive(Reason::NotConfigured), "/no/such/redis.conf");
}
