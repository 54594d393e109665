//! Proves the ground that the other tests stand on: every server of `support` starts,
//! does what its options say, as seen by the field's own clients, and is gone when its
//! value is dropped. A probe test against a server that is not what it claims proves
//! nothing.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{
    Behaviour, GitTree, Hostile, Leaf, LeafOptions, LoginLimit, Nginx, NginxOptions, Origins,
    PlainHttp, Postgres, PostgresOptions, Ran, Redis, RedisOptions, TestCa, run, wait_until,
};

const LIMIT: Duration = Duration::from_secs(30);
const TOKEN: &str = "a-token-of-a-test";
const ORIGIN: &str = "https://app.example.test";

/// What curl saw.
struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

fn curl_raw(arguments: &[&str]) -> Result<Ran> {
    run(
        Command::new("curl").args(["--silent", "--show-error", "--max-time", "10"]).args(arguments),
        LIMIT,
    )
}

fn curl(ca: &TestCa, arguments: &[&str]) -> Result<Answer> {
    let file = ca.path();
    let file = file.to_str().context("path of the CA")?;
    let mut all = vec!["--include", "--cacert", file];
    all.extend(arguments);
    let text = curl_raw(&all)?.with_code(0)?.stdout;
    let (headers, body) = text.split_once("\r\n\r\n").context("no end of headers")?;
    let status = headers.split(' ').nth(1).context("no status line")?.parse()?;
    Ok(Answer { status, headers: headers.to_owned(), body: body.to_owned() })
}

fn login_statuses(ca: &TestCa, nginx: &Nginx, forwarded: bool) -> Result<Vec<u16>> {
    let url = format!("{}/auth/login", nginx.https());
    (1..=6)
        .map(|attempt| {
            let header = format!("X-Forwarded-For: 192.0.2.{attempt}");
            let mut arguments =
                vec!["--json", r#"{"email":"nobody@example.invalid"}"#, url.as_str()];
            if forwarded {
                arguments.extend(["--header", header.as_str()]);
            }
            Ok(curl(ca, &arguments)?.status)
        })
        .collect()
}

fn process_is_gone(pid: u32) -> bool {
    wait_until(Duration::from_secs(5), || !std::path::Path::new(&format!("/proc/{pid}")).exists())
}

#[test]
fn redis_without_a_password_answers_anybody() -> Result<()> {
    let redis = Redis::start(RedisOptions::default())?;
    assert_eq!(redis.ask("PING")?, "+PONG\r\n");
    assert!(redis.ask("COMMAND INFO flushall")?.contains("flushall"));
    Ok(())
}

#[test]
fn hardened_redis_wants_its_password_and_knows_no_flushall() -> Result<()> {
    let redis = Redis::start(RedisOptions::hardened("correct-horse"))?;
    assert!(redis.ask("PING")?.starts_with("-NOAUTH"));
    assert!(redis.ask("AUTH wrong")?.starts_with("-WRONGPASS"));
    assert_eq!(redis.ask_with_password("PING")?, "+PONG\r\n");
    // One answer, nil: the command has no name any more.
    assert_eq!(redis.ask_with_password("COMMAND INFO flushall")?, "*1\r\n$-1\r\n");
    assert!(redis.ask_with_password("INFO persistence")?.contains("aof_enabled:1"));
    assert!(std::fs::read_to_string(redis.config())?.contains("save 900 1"));
    Ok(())
}

#[test]
fn redis_with_tls_speaks_it_and_nothing_else() -> Result<()> {
    let ca = TestCa::new()?;
    let options = RedisOptions { tls: Some(ca.server()?), ..RedisOptions::default() };
    let redis = Redis::start(options)?;
    assert!(redis.url().starts_with("rediss://localhost:"));
    let mut client = Command::new("redis-cli");
    client.args(["--tls", "-h", "localhost", "-p", &redis.port().to_string(), "--cacert"]);
    let pong = run(client.arg(ca.path()).arg("PING"), LIMIT)?.with_code(0)?;
    assert_eq!(pong.stdout, "PONG\n");
    assert!(!redis.ask("PING").is_ok_and(|answer| answer.contains("PONG")));
    Ok(())
}

#[test]
fn postgres_that_requires_tls_refuses_plain_text_and_proves_its_name() -> Result<()> {
    let ca = TestCa::new()?;
    let postgres = Postgres::start(PostgresOptions {
        tls: Some(ca.server()?),
        tls_required: true,
        statements: vec!["CREATE ROLE app LOGIN PASSWORD 'app-password'".to_owned()],
        ..PostgresOptions::default()
    })?;
    let file = ca.path();
    let root = file.to_str().context("path of the CA")?;
    let verified = [("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", root)];
    let query = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    let over_tls = postgres.psql("app", "app-password", &verified, query)?.with_code(0)?;
    assert_eq!(over_tls.stdout.trim(), "t|TLSv1.3");

    let plain = postgres.psql("app", "app-password", &[("PGSSLMODE", "disable")], query)?;
    assert_eq!(plain.code, Some(2));
    assert!(plain.stderr.contains("no encryption"), "{}", plain.stderr);

    let wrong = postgres.psql("app", "guess", &verified, query)?;
    assert!(wrong.stderr.contains("password authentication failed"), "{}", wrong.stderr);

    let stranger = TestCa::new()?.path();
    let stranger = stranger.to_str().context("path of the other CA")?;
    let other = [("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", stranger)];
    assert_ne!(postgres.psql("app", "app-password", &other, query)?.code, Some(0));

    assert_eq!(
        postgres.admin("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'app'")?,
        "f"
    );
    Ok(())
}

#[test]
fn postgres_without_tls_takes_plain_text() -> Result<()> {
    let postgres = Postgres::start(PostgresOptions {
        statements: vec!["CREATE ROLE app SUPERUSER LOGIN PASSWORD 'app-password'".to_owned()],
        ..PostgresOptions::default()
    })?;
    let required = postgres.psql("app", "app-password", &[("PGSSLMODE", "require")], "SELECT 1")?;
    assert!(required.stderr.contains("does not support SSL"), "{}", required.stderr);
    let plain = postgres.psql("app", "app-password", &[("PGSSLMODE", "disable")], "SELECT 1")?;
    assert_eq!(plain.with_code(0)?.stdout, "1\n");

    let pid = postgres.pid();
    drop(postgres);
    assert!(process_is_gone(pid), "the postmaster outlived its value");
    Ok(())
}

#[test]
fn hardened_nginx_does_everything_that_the_checklist_asks() -> Result<()> {
    let ca = TestCa::new()?;
    let nginx = Nginx::start(&NginxOptions::hardened(ca.server()?, TOKEN, ORIGIN))?;
    let (https, http) = (nginx.https(), nginx.http());

    let health = curl(&ca, &[&format!("{https}/health")])?;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(health.header("Content-Type"), Some("application/json"));
    let hsts = "max-age=31536000; includeSubDomains";
    assert_eq!(health.header("Strict-Transport-Security"), Some(hsts));
    assert_eq!(health.header("X-Content-Type-Options"), Some("nosniff"));
    let missing = curl(&ca, &[&format!("{https}/nothing")])?;
    assert_eq!((missing.status, missing.header("X-Frame-Options")), (404, Some("DENY")));

    let redirect = curl(&ca, &[&format!("{http}/health?x=1")])?;
    assert_eq!(redirect.status, 301);
    assert_eq!(redirect.header("Location"), Some(format!("{https}/health?x=1").as_str()));

    let me = format!("{https}/auth/me");
    assert_eq!(curl(&ca, &[&me])?.status, 401);
    let bearer = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(curl(&ca, &["--header", &bearer, &me])?.status, 200);
    assert_eq!(curl(&ca, &["--header", &format!("{bearer}x"), &me])?.status, 401);

    let login = login_statuses(&ca, &nginx, true)?;
    assert_eq!(login, [401, 401, 401, 401, 401, 429], "X-Forwarded-For must not help");
    assert!(nginx.access_log()?.contains("POST /auth/login"));
    Ok(())
}

#[test]
fn hardened_nginx_allows_its_front_end_and_no_other_origin() -> Result<()> {
    let ca = TestCa::new()?;
    let nginx = Nginx::start(&NginxOptions::hardened(ca.server()?, TOKEN, ORIGIN))?;
    let health = format!("{}/health", nginx.https());
    let asked = |origin: &str, more: &[&str]| -> Result<Answer> {
        let header = format!("Origin: {origin}");
        let mut arguments = vec!["--header", header.as_str(), health.as_str()];
        arguments.extend(more);
        curl(&ca, &arguments)
    };

    let own = asked(ORIGIN, &[])?;
    assert_eq!(own.header("Access-Control-Allow-Origin"), Some(ORIGIN));
    assert_eq!(own.header("Access-Control-Allow-Credentials"), Some("true"));
    assert_eq!(own.header("Vary"), Some("Origin"));
    for foreign in ["https://evil.test", "null", "https://app.example.test.evil.test"] {
        let answer = asked(foreign, &[])?;
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{foreign}");
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), None, "{foreign}");
    }
    let preflight = asked(
        ORIGIN,
        &["--request", "OPTIONS", "--header", "Access-Control-Request-Method: POST"],
    )?;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("Access-Control-Allow-Methods"), Some("GET, POST"));
    Ok(())
}

#[test]
fn vulnerable_nginx_has_every_fault_that_a_probe_must_find() -> Result<()> {
    let ca = TestCa::new()?;
    let nginx = Nginx::start(&NginxOptions::vulnerable(ca.server()?))?;
    let (https, http) = (nginx.https(), nginx.http());

    assert_eq!(curl(&ca, &[&format!("{http}/health")])?.status, 200, "served in the clear");
    let evil = curl(&ca, &["--header", "Origin: https://evil.test", &format!("{https}/health")])?;
    assert_eq!(evil.header("Access-Control-Allow-Origin"), Some("https://evil.test"));
    assert_eq!(evil.header("Strict-Transport-Security"), None);
    assert_eq!(evil.header("X-Powered-By"), Some("Express"));
    assert_eq!(curl(&ca, &[&format!("{https}/auth/me")])?.status, 200);
    assert_eq!(login_statuses(&ca, &nginx, false)?, [401; 6]);
    Ok(())
}

#[test]
fn tls_versions_are_those_of_the_options() -> Result<()> {
    let ca = TestCa::new()?;
    let hardened = Nginx::start(&NginxOptions::hardened(ca.server()?, TOKEN, ORIGIN))?;
    let vulnerable = Nginx::start(&NginxOptions::vulnerable(ca.server()?))?;
    let accepts = |nginx: &Nginx, version: &str| -> Result<bool> {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-connect", &format!("127.0.0.1:{}", nginx.tls_port())]);
        client.args(["-servername", "localhost", version, "-cipher", "ALL:@SECLEVEL=0"]);
        Ok(run(&mut client, LIMIT)?.code == Some(0))
    };
    for (version, by_hardened, by_vulnerable) in [
        ("-tls1", false, true),
        ("-tls1_1", false, true),
        ("-tls1_2", true, true),
        ("-tls1_3", true, false),
    ] {
        assert_eq!(accepts(&hardened, version)?, by_hardened, "hardened {version}");
        assert_eq!(accepts(&vulnerable, version)?, by_vulnerable, "vulnerable {version}");
    }
    Ok(())
}

#[test]
fn one_fault_can_be_planted_at_a_time() -> Result<()> {
    let ca = TestCa::new()?;
    let good = || -> Result<_> { Ok(NginxOptions::hardened(ca.server()?, TOKEN, ORIGIN)) };

    let nginx = Nginx::start(&NginxOptions { plain: PlainHttp::RedirectRootOnly, ..good()? })?;
    assert_eq!(curl(&ca, &[&format!("{}/", nginx.http())])?.status, 301);
    assert_eq!(curl(&ca, &[&format!("{}/health", nginx.http())])?.status, 200);

    let nginx = Nginx::start(&NginxOptions { plain: PlainHttp::Redirect(302), ..good()? })?;
    assert_eq!(curl(&ca, &[&format!("{}/", nginx.http())])?.status, 302);

    let nginx = Nginx::start(&NginxOptions { origins: Origins::Any, ..good()? })?;
    let any = curl(&ca, &["--header", "Origin: https://evil.test", &nginx.https()])?;
    assert_eq!(any.header("Access-Control-Allow-Origin"), Some("*"));

    let limit = LoginLimit::PerForwardedFor;
    let nginx = Nginx::start(&NginxOptions { login_limit: limit, ..good()? })?;
    assert_eq!(login_statuses(&ca, &nginx, true)?, [401; 6], "the limit is escaped by lying");

    let health = (503, r#"{"status":"degraded"}"#.to_owned());
    let locations = vec![r#"location = /extra { return 200 "{\"more\":true}"; }"#.to_owned()];
    let nginx = Nginx::start(&NginxOptions { health, locations, ..good()? })?;
    assert_eq!(curl(&ca, &[&format!("{}/health", nginx.https())])?.status, 503);
    assert_eq!(curl(&ca, &[&format!("{}/extra", nginx.https())])?.body, r#"{"more":true}"#);

    let headers = vec![("X-Dollar".to_owned(), "$host".to_owned())];
    let refused = Nginx::start(&NginxOptions { headers, ..good()? });
    assert!(refused.is_err_and(|e| e.to_string().contains("can't hold a $")));
    Ok(())
}

#[test]
fn curl_refuses_every_certificate_that_is_not_right() -> Result<()> {
    let ca = TestCa::new()?;
    let other_name = LeafOptions { names: vec!["other.test".to_owned()], ..LeafOptions::default() };
    let not_yet = LeafOptions { from_days: 2, ..LeafOptions::default() };
    // curl's exit code 60: the peer's certificate can't be authenticated.
    for (case, leaf, code) in [
        ("good", ca.server()?, 0),
        ("expired", ca.expired()?, 60),
        ("not yet valid", ca.issue(&not_yet)?, 60),
        ("another name", ca.issue(&other_name)?, 60),
        ("self-signed", Leaf::self_signed()?, 60),
        ("another authority", TestCa::new()?.server()?, 60),
    ] {
        let nginx = Nginx::start(&NginxOptions::hardened(leaf, TOKEN, ORIGIN))?;
        let file = ca.path();
        let file = file.to_str().context("path of the CA")?;
        let ran = curl_raw(&["--cacert", file, &nginx.https()])?;
        assert_eq!(ran.code, Some(code), "{case}: {}", ran.stderr);
    }
    Ok(())
}

#[test]
fn git_tree_ignores_commits_and_remembers() -> Result<()> {
    let tree = GitTree::new()?;
    tree.write(".gitignore", ".env\n")?
        .write("src/main.ts", "export {}\n")?
        .write(".env", "A=1\n")?;
    let first = tree.commit("First")?;
    assert_eq!(first.len(), 40);
    assert_eq!(tree.git(&["ls-files"])?.stdout, ".gitignore\nsrc/main.ts\n");
    tree.git(&["check-ignore", ".env"])?;
    assert!(tree.commit("Nothing changed").is_err());
    assert_eq!(tree.git(&["rev-parse", "HEAD"])?.stdout.trim(), first);
    Ok(())
}

#[test]
fn hostile_targets_misbehave_as_they_say() -> Result<()> {
    let fetched = |how| -> Result<(Ran, usize)> {
        let target = Hostile::start(how)?;
        let ran = curl_raw(&["--max-time", "1", "--output", "/dev/null", &target.http()])?;
        Ok((ran, target.connections()))
    };
    // curl: 28 timed out, 1 unsupported protocol (HTTP/0.9), 52 empty reply, 56 reset.
    for (how, codes) in [
        (Behaviour::Silent, &[28][..]),
        (Behaviour::Endless, &[28]),
        (Behaviour::Garbage, &[1]),
        (Behaviour::HangsUp, &[52, 56]),
    ] {
        let (ran, connections) = fetched(how)?;
        let expected = ran.code.is_some_and(|code| codes.contains(&code));
        assert!(expected, "{how:?}: {:?} {}", ran.code, ran.stderr);
        assert_eq!(connections, 1, "{how:?}");
    }
    Ok(())
}

#[test]
fn servers_end_with_their_values_and_say_why_when_they_do_not_start() -> Result<()> {
    let redis = Redis::start(RedisOptions::default())?;
    let nginx = Nginx::start(&NginxOptions::vulnerable(TestCa::new()?.server()?))?;
    let pids = [redis.pid(), nginx.pid()];
    drop((redis, nginx));
    for pid in pids {
        assert!(process_is_gone(pid), "process {pid} outlived its value");
    }

    let nonsense =
        RedisOptions { directives: vec!["no-such-thing 1".to_owned()], ..RedisOptions::default() };
    let error = Redis::start(nonsense).err().context("Redis took nonsense")?.to_string();
    ensure!(error.contains("no-such-thing"), "the log is not quoted: {error}");
    Ok(())
}

#[test]
fn a_program_that_hangs_is_ended_with_its_children() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let script = format!("sleep 60 & echo $! > {}/child; wait", dir.path().display());
    let error = run(Command::new("sh").args(["-c", &script]), Duration::from_millis(500))
        .err()
        .context("sh did not hang")?;
    assert!(error.to_string().contains("longer than"), "{error}");
    let child: u32 = std::fs::read_to_string(dir.path().join("child"))?.trim().parse()?;
    let state = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    // Where nobody reaps orphans it stays as a zombie, which runs nothing.
    assert!(wait_until(Duration::from_secs(5), || state().is_empty() || state().contains(") Z ")));
    Ok(())
}
