//! A distinctive value as every secret that can be given to a run, over a real application
//! and over servers that give back what they are sent: the probes use them, and none is
//! left anywhere, in any form.

mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use countersign_tests::{
    Canaries, Echo, FRONTEND, Fault, MailAgent, Nginx, NginxOptions, Stores, token,
};
use serde_json::Value;

use self::said::Said;
use crate::team::{Team, text};

const PASSPHRASE: &str = "Jx4-passphrase-of-the-canary-Wm8\"&<qT>'";
/// Secrets beside those of the application. Those that travel in a header are of signs that
/// fit into one.
const MORE: [(&str, &str); 6] = [
    ("AWS_SESSION_TOKEN", "session+token/of=the~canary.Pq7Zx3Lm"),
    ("VAULT_TOKEN", "hvs.Kd8+canary/Vault=Yt5~Rw2Qn"),
    ("AZURE_TOKEN", "az.Bv6+canary/Azure=Hs9~Jc4Xe"),
    ("POOLER_PASSWORD", "qZ/w+Kd3\"vX9&uT7'rL2<hB5>jN8\\c="),
    ("METRICS_TOKEN", "prom.Ny5+canary/Metrics=Gf2~Ud7Ko"),
    ("OWN_TOKEN", "own.Ti3+canary/Probe=Ra6~Wb9Sz"),
];
/// Values that no environment names: where they stand is all that tells that they are secret.
const IN_CODE: &str = "Mc4vT8xW1zLq6Rn9Kb3Ys7Hd2Jf5Gp0";
const IN_HISTORY: &str = "Xe9uC2aN6wPq4Dm7Lt1Zv8Rk3Hs5Bj0";
const IN_DOTENV: &str = "Uo7iF3gS9yBx5Kc1Wn8Ve4Tm2Lq6Dz0";

/// The team's own claims, each with a secret in what it reads or sends.
const OWN: &str = r#"format = 1
id = "own"
title = "Own"
version = "1"
[[section]]
id = "own"
title = "Own"
severity = "high"
phase = "before"
[[section.item]]
id = "own.http"
title = "The API answers"
verify = "probe"
probes = [{ use = "http.expect", path = "/own", token = "OWN_TOKEN", expect = ["status == 200"] }]
[[section.item]]
id = "own.metrics"
title = "Prometheus answers"
verify = "probe"
probes = [{ use = "promql.expect", query = "up", token = "METRICS_TOKEN", expect = ["value == 1"] }]
[[section.item]]
id = "own.command"
title = "A command shows its settings"
verify = "probe"
probes = [{ use = "command.exit-zero", run = ["sh", "-c", "cat .env; cat .env >&2; exit 1"], dir = "backend" }]
[[section.item]]
id = "own.file"
title = "The settings name a port"
verify = "probe"
probes = [{ use = "file.expect", path = "backend/.env", expect = ["text.contains('PORT=')"] }]
[[section.item]]
id = "own.code"
title = "No password is a constant"
verify = "probe"
probes = [{ use = "code.pattern", pattern = "const smtpPassword = $A", expect = "absent" }]
"#;

/// Everything that a run may be given, with its secrets.
struct Ground {
    stores: std::sync::Arc<Stores>,
    agent: MailAgent,
    echo: Echo,
    behind_tls: Nginx,
    secrets: BTreeMap<String, String>,
}

impl Ground {
    fn start() -> Result<Self> {
        let stores = Stores::shared()?;
        let agent = MailAgent::start(&stores, &[TELLTALE])?;
        let given = agent.secrets.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let more = MORE.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut secrets: BTreeMap<_, _> = given.chain(more).collect();
        secrets
            .insert("EXPIRED_TOKEN".into(), token(&agent.secrets.value("JWT_SECRET")?, "a", -60)?);
        let dotenv = agent.source.path().join("backend/.env");
        let before = std::fs::read_to_string(&dotenv)?;
        std::fs::write(&dotenv, format!("{before}SMTP_PASSWORD={IN_DOTENV}\n"))?;
        let all: Vec<_> = secrets.values().map(String::as_str).collect();
        let echo = Echo::start(&all.join(" "))?;
        let tls = NginxOptions::in_front_of(echo.port(), stores.ca.server()?);
        let behind_tls = Nginx::start(&tls)?;
        Ok(Self { stores, agent, echo, behind_tls, secrets })
    }

    fn project(&self) -> String {
        let (echo, tls) = (self.echo.port(), self.behind_tls.tls_port());
        let (source, ca) = (self.agent.source.path().display(), self.stores.ca.path());
        let dotenv = |name: &str| format!("{name} = \"dotenv:{source}/backend/.env#{name}\"\n");
        let by_variable = |name: &str| format!("{name} = \"env:{name}\"\n");
        let staging = self.agent.project();
        let secrets: String = self.secrets.keys().map(|name| by_variable(name)).collect();
        let (head, _) = staging.split_once("[environment.secrets]\n").unwrap_or_default();
        let (_, facts) = staging.split_once("[environment.facts]\n").unwrap_or_default();
        // Both kinds of reference are used.
        let secrets = ["JWT_SECRET", "REDIS_PASSWORD"].iter().fold(secrets, |text, name| {
            text.replacen(&format!("\n{}", by_variable(name)), &format!("\n{}", dotenv(name)), 1)
        });
        format!(
            "{head}[environment.secrets]\n{secrets}[environment.facts]\n{facts}\
             [[environment]]\nname = \"echo\"\n[environment.targets]\n\
             api = \"https://localhost:{tls}\"\napi_plain = \"http://localhost:{echo}\"\n\
             frontend = \"{FRONTEND}\"\nwebsocket = \"wss://localhost:{tls}/socket.io/\"\n\
             redis = \"redis://:${{REDIS_PASSWORD}}@127.0.0.1:{echo}\"\n\
             database = \"postgresql://app:${{DB_PASSWORD}}@127.0.0.1:{echo}/app?sslmode=disable\"\n\
             pooler = \"postgresql://stats:${{POOLER_PASSWORD}}@127.0.0.1:{echo}/pgbouncer?sslmode=disable\"\n\
             secret_store = \"vault+http://127.0.0.1:{echo}/secret\"\n\
             metrics = \"https://localhost:{tls}\"\nsource = \"{source}\"\nca_file = {ca:?}\n\
             [environment.secrets]\n{secrets}[environment.facts]\n{facts}\
             [[environment]]\nname = \"cloud\"\n[environment.targets]\n\
             secret_store = \"azure://localhost:{tls}\"\nca_file = {ca:?}\n\
             [environment.secrets]\n{secrets}[environment.facts]\nstored_secrets = \"jwt\"\n"
        )
    }

    fn canaries(&self) -> Result<Canaries> {
        let own = [("PASSPHRASE", PASSPHRASE), ("in code", IN_CODE), ("in history", IN_HISTORY)];
        let given = self.secrets.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Canaries::new(given.chain(own).chain([("in .env", IN_DOTENV)]))
    }
}

/// A source tree with secrets in it, and a test that prints what it finds in `.env`.
const TELLTALE: Fault = Fault::Source(|tree| {
    let test = tree.path().join("backend/test/unit.spec.ts");
    let before = std::fs::read_to_string(&test)?;
    let print = "import { readFileSync } from 'node:fs';\n";
    let last = "console.log(readFileSync('.env', 'utf8'));\nconsole.error(readFileSync('.env', 'utf8'));\n";
    std::fs::write(&test, format!("{print}{before}{last}"))?;
    tree.write("backend/src/mail.ts", &format!("const smtpPassword = '{IN_HISTORY}';\n"))?;
    tree.commit("Mail")?;
    tree.write("backend/src/mail.ts", &format!("const smtpPassword = '{IN_CODE}';\n"))?;
    Ok(())
});

/// The outcome of each item.
fn outcomes(found: &Value) -> BTreeMap<&str, &str> {
    let items = found["items"].as_array().into_iter().flatten();
    items.filter_map(|item| Some((item["id"].as_str()?, item["outcome"].as_str()?))).collect()
}

/// The items of the open release that a probe looks at and that run no command.
fn quiet_items(shown: &Value) -> Result<Vec<String>> {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let items = list(shown, "sections").into_iter().flat_map(|section| list(&section, "items"));
    let probed = items.filter(|item| !list(item, "probes").is_empty());
    let ids = probed.filter_map(|item| item["id"].as_str().map(str::to_owned));
    let ids: Vec<_> = ids.filter(|id| !id.starts_with("tests.")).collect();
    ensure!(ids.len() > 40, "the release has items: {shown}");
    Ok(ids)
}

#[test]
fn no_secret_of_any_input_is_left_anywhere() -> Result<()> {
    let ground = Ground::start()?;
    let canaries = ground.canaries()?;
    let mut team = Team::with_passphrase(PASSPHRASE)?;
    let scratch = team.folder.path().join("scratch");
    std::fs::create_dir(&scratch)?;
    for (name, value) in &ground.secrets {
        team.cli = team.cli.env(name, value);
    }
    team.cli = team.cli.env("TMPDIR", text(&scratch)?);
    let mut said = Said::new(&team)?;

    let project = team.write("countersign.toml", &ground.project())?;
    let own = team.write("own.toml", OWN)?;
    said.good(&["project", "create", text(&project)?, "--role", "security"])?;
    // Held open, so that what is written ahead (sqlite.org/wal.html) stays there to be read.
    let ledger = said.ledger()?;
    said.good(&["template", "import", text(&own)?])?;

    used_over_the_application(&mut said)?;
    used_over_the_echo(&mut said, &ground, &canaries)?;

    let all = |said: &Said| -> Result<BTreeSet<String>> {
        let mut found = canaries.below(team.cli.home())?;
        found.extend(canaries.below(&said.folder())?);
        found.extend(canaries.below(&scratch)?);
        Ok(found)
    };
    said.keep("log of the application", &ground.agent.process.log())?;
    said.keep("log of PostgreSQL", &ground.stores.postgres.log())?;
    said.keep("log of nginx", &ground.agent.proxy.access_log()?)?;
    said.keep("log of the other nginx", &ground.behind_tls.access_log()?)?;
    said.holds_all_kinds(team.cli.home())?;
    let found = all(&said)?;
    ensure!(found.is_empty(), "{found:#?}");

    // The search can find: a person writes a secret into a note.
    let note = ground.secrets.get("VAULT_TOKEN").context("a secret")?;
    said.good(&["attest", "own.http", "--done", "--note", note])?;
    said.good(&["export", "--out", text(&said.folder().join("told.zip"))?])?;
    let found = all(&said)?;
    for place in [
        "argv: VAULT_TOKEN as it is",
        "ledger.sqlite table event: VAULT_TOKEN as it is",
        "told.zip member record.json: VAULT_TOKEN as it is",
        "told.zip member report.html: VAULT_TOKEN as it is",
        "told.zip member report.md: VAULT_TOKEN as it is",
    ] {
        ensure!(found.iter().any(|told| told.contains(place)), "{place}: {found:#?}");
    }
    drop(ledger);
    Ok(())
}

/// A full run over the real application, where every secret opens something.
fn used_over_the_application(said: &mut Said) -> Result<()> {
    said.good(&["release", "open", "1.0", "--environment", "staging"])?;
    let (junit, sarif) = (said.folder().join("junit.xml"), said.folder().join("run.sarif"));
    let reports = ["--junit", text(&junit)?, "--sarif", text(&sarif)?];
    let check = ["check", "--after", "--allow-active", "--json"];
    let found = said.any(&[&check[..], &reports].concat())?.json()?;
    let outcomes = outcomes(&found);
    for (id, outcome) in [
        ("secrets.jwt-secret", "pass"),
        ("redis-auth.ping-with-password", "pass"),
        ("database.least-privilege", "pass"),
        ("deployed.authentication", "pass"),
        ("websocket.tenant-rooms", "pass"),
        ("secret-store.vault", "pass"),
        ("tests.unit", "pass"),
        ("secrets.outside-code", "fail"),
        ("secret-store.not-committed", "fail"),
    ] {
        ensure!(outcomes.get(id) == Some(&outcome), "{id}: {found:#}");
    }
    said.any(&["check", "--item", "tests.unit", "--item", "secrets.outside-code", "--verbose"])?;
    let evidence = said.folder().join("evidence.txt");
    std::fs::write(&evidence, "Seen.\n")?;
    said.good(&["attest", "secrets.jwt-secret", "--done", "--file", text(&evidence)?])?;
    finish(said, "application")
}

/// Runs over servers that say what they were told.
fn used_over_the_echo(said: &mut Said, ground: &Ground, canaries: &Canaries) -> Result<()> {
    said.good(&["release", "open", "1.1", "--environment", "echo"])?;
    let items = quiet_items(&said.good(&["release", "show", "--json"])?.json()?)?;
    let mut check = vec!["check", "--after", "--allow-active", "--verbose"];
    let mut wanted = Vec::new();
    for item in &items {
        wanted.extend(["--item", item]);
    }
    check.extend(wanted);
    said.any(&check)?;
    finish(said, "echo")?;

    said.good(&["release", "open", "1.2", "--environment", "cloud"])?;
    said.any(&["check", "--item", "secret-store.vault", "--item", "secret-store.rotation"])?;
    finish(said, "cloud")?;

    said.good(&["release", "open", "1.3", "--environment", "echo", "--template", "own"])?;
    let found = said.any(&["check", "--allow-active", "--json"])?.json()?;
    let outcomes = outcomes(&found);
    for item in ["own.http", "own.command", "own.code", "own.file"] {
        ensure!(outcomes.get(item) == Some(&"fail"), "{item}: {found:#}");
    }
    said.any(&["check", "--allow-active", "--verbose"])?;
    finish(said, "own")?;

    let heard = ground.echo.heard();
    let heard = canaries.within(&heard);
    let secrets = ["VAULT_TOKEN", "AZURE_TOKEN", "METRICS_TOKEN", "OWN_TOKEN", "AUTH_TOKEN"];
    for name in secrets.iter().chain(&["REDIS_PASSWORD", "DB_PASSWORD", "POOLER_PASSWORD"]) {
        ensure!(heard.contains(format!("{name} as it is").as_str()), "{name}: {heard:?}");
    }
    Ok(())
}

/// Everything that the program can say about a release.
fn finish(said: &mut Said, name: &str) -> Result<()> {
    let bundle = said.folder().join(format!("{name}.zip"));
    for arguments in [
        &["gate"][..],
        &["release", "show"],
        &["release", "show", "--json"],
        &["release", "checklist"],
        &["export", "--out", text(Path::new(&bundle))?],
        &["verify", text(&bundle)?],
    ] {
        said.any(arguments)?;
    }
    ensure!(bundle.is_file(), "{name} was exported");
    Ok(())
}
