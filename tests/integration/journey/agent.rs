//! Three people sign off a release; two of them with keys that live in ssh-agent, for which
//! nobody gives a passphrase. The record verifies with stock tools.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{Cli, Ran, SshAgent, run};
use serde_json::Value;

use crate::team::{BY_STOCK_TOOLS, PASSPHRASE, text};

const PROJECT: &str = "\
[project]
name = \"Shop\"

[[environment]]
name = \"staging\"

[environment.targets]
source = \"source\"
";
const TEMPLATE: &str = "
format = 1
id = \"short\"
title = \"Short\"
version = \"1\"
[[section]]
id = \"a\"
title = \"A\"
severity = \"high\"
phase = \"before\"
[[section.item]]
id = \"a.probed\"
title = \"Probed\"
verify = \"probe\"
probes = [{ use = \"command.exit-zero\", run = [\"true\"] }]
[[section.item]]
id = \"a.seen\"
title = \"Seen\"
verify = \"person\"
";
const ARTIFACT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const LIMIT: Duration = Duration::from_secs(120);

/// One machine: Ana's key is in the agent, Cleo's too and asks her each time, Ben's is sealed.
struct Machine {
    cli: Cli,
    agent: SshAgent,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Result<Self> {
        let (agent, folder) = (SshAgent::start()?, tempfile::tempdir()?);
        std::fs::create_dir(folder.path().join("source"))?;
        let cli = Cli::new()?.env("SSH_AUTH_SOCK", text(&agent.socket())?);
        agent.add("work laptop", &[])?;
        agent.add("asks each time", &["-c"])?;
        let machine = Self { cli, agent, folder };
        let held = machine.cli.json(&["key", "agent"])?;
        let print = held[0]["fingerprint"].as_str().context("a fingerprint")?;
        ensure!(held[1]["comment"] == "asks each time" && held[1]["usable"] == true, "{held:#}");
        machine.refer(print, "Ana Ortiz", "ana")?;
        machine.refer("asks each time", "Cleo Park", "cleo")?;
        let owner = ["--owner", "Ben Okoro", "--email", "ben@example.org", "--name", "ben"];
        machine.as_ben(&[&["key", "create"][..], &owner].concat())?.with_code(0)?;
        Ok(machine)
    }

    fn refer(&self, key: &str, owner: &str, name: &str) -> Result<()> {
        let email = format!("{name}@example.org");
        let who = ["--owner", owner, "--email", &email, "--name", name];
        self.cli.succeed(&[&["key", "use-agent", key][..], &who].concat())?;
        Ok(())
    }

    /// Only Ben's key is ever given a passphrase.
    fn as_ben(&self, arguments: &[&str]) -> Result<Ran> {
        run(self.cli.command(arguments).env("COUNTERSIGN_PASSPHRASE", PASSPHRASE), LIMIT)
    }

    fn at(&self, name: &str) -> Result<String> {
        Ok(text(&self.folder.path().join(name))?.to_owned())
    }

    /// A release that is ready to be signed.
    fn ready(&self) -> Result<()> {
        let (project, template) = (self.at("countersign.toml")?, self.at("short.toml")?);
        std::fs::write(&project, PROJECT)?;
        std::fs::write(&template, TEMPLATE)?;
        let ana = ["--key", "ana"];
        let run = |arguments: &[&str]| self.cli.succeed(&[arguments, &ana].concat());
        run(&["project", "create", &project, "--role", "security"])?;
        for (name, owner, role) in
            [("ben", "Ben Okoro", "devops"), ("cleo", "Cleo Park", "management")]
        {
            let line = self.cli.succeed(&["key", "public", name])?.stdout;
            let file = self.at(&format!("{name}.pub"))?;
            std::fs::write(&file, line)?;
            let email = format!("{name}@example.org");
            let who = ["--name", owner, "--email", &email, "--public-key", &file, "--role", role];
            run(&[&["roster", "add"][..], &who].concat())?;
        }
        run(&["template", "import", &template])?;
        let artifact = format!("api={ARTIFACT}");
        let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
        run(&[&open[..], &["--artifact", &artifact]].concat())?;
        run(&["check"])?;
        run(&["attest", "a.seen", "--done", "--note", "Seen"])?;
        self.cli.run(&["gate"])?.with_code(3)?;
        Ok(())
    }
}

#[test]
fn three_people_sign_off_and_two_of_their_keys_live_in_ssh_agent() -> Result<()> {
    let machine = Machine::new()?;
    machine.ready()?;
    let cli = &machine.cli;
    let lives: Vec<Value> = cli
        .json(&["key", "list"])?
        .as_array()
        .context("keys")?
        .iter()
        .map(|key| key["held"].clone())
        .collect();
    ensure!(lives == ["agent", "sealed", "agent"], "{lives:?}");

    let silent = cli.run(&["sign", "--role", "security", "--key", "ana"])?.with_code(64)?;
    ensure!(silent.stderr.contains("--yes"), "{}", silent.stderr);
    ensure!(silent.stdout.contains("You are about to sign:"), "{}", silent.stdout);
    cli.run(&["gate"])?.with_code(3)?;
    cli.succeed(&["sign", "--role", "security", "--key", "ana", "--yes"])?;
    machine.as_ben(&["sign", "--role", "devops", "--key", "ben"])?.with_code(0)?;
    cli.succeed(&["sign", "--role", "management", "--key", "cleo", "--yes"])?;
    cli.run(&["gate"])?.with_code(0)?;

    let bundle = machine.at("bundle.zip")?;
    cli.succeed(&["export", "--out", &bundle])?;
    let required = ["--require", "security,devops,management"];
    cli.succeed(&[&["verify", &bundle][..], &required].concat())?;
    let mut stock = Command::new("sh");
    stock.args(["-eu", "-c", BY_STOCK_TOOLS]).current_dir(machine.folder.path());
    let said = run(&mut stock, LIMIT)?.with_code(0)?.stdout;
    ensure!(said.contains("Good \"countersign-event-v1\" signature for ana@example.org"), "{said}");
    let report = std::fs::read_to_string(machine.folder.path().join("bundle/report.md"))?;
    let (asked, nobody) = ("opened with its passphrase", "nothing shows that it asked");
    ensure!(report.matches(asked).count() == 1 && report.matches(nobody).count() == 2, "{report}");

    let statement = machine.at("statement.json")?;
    cli.succeed(&["export", "--format", "dsse", "--key", "ana", "--out", &statement])?;
    cli.succeed(&["key", "card", "--key", "ana", "--out", &machine.at("ana.card.json")?])?;
    Ok(())
}

#[test]
fn each_trouble_with_the_agent_has_its_exit_code_and_records_nothing() -> Result<()> {
    let mut machine = Machine::new()?;
    machine.ready()?;
    let tick = ["attest", "a.seen", "--done", "--note", "Again", "--key", "ana"];
    let events = |machine: &Machine| -> Result<Value> {
        Ok(machine.cli.json(&["project", "show"])?["events"].clone())
    };
    let before = events(&machine)?;
    machine.agent.ssh_add(&["-x"])?;
    let locked = machine.cli.run(&tick)?.with_code(77)?;
    ensure!(locked.stderr.contains("ssh-add -X"), "{}", locked.stderr);
    machine.agent.ssh_add(&["-X"])?;
    machine.agent.ssh_add(&["-D"])?;
    machine.agent.add("another", &[])?;
    let gone = machine.cli.run(&tick)?.with_code(77)?;
    ensure!(gone.stderr.contains("does not hold the key"), "{}", gone.stderr);
    let unknown = ["key", "use-agent", "SHA256:no", "--owner", "A", "--email", "a@b.example"];
    machine.cli.run(&unknown)?.with_code(65)?;
    machine.agent.stop();
    let dead = machine.cli.run(&tick)?.with_code(74)?;
    ensure!(dead.stderr.contains("no ssh-agent answers at"), "{}", dead.stderr);
    machine.cli.run(&["key", "agent"])?.with_code(74)?;
    ensure!(events(&machine)? == before, "nothing was recorded");

    // Where the agent's variable is not set at all.
    let mut bare = machine.cli.command(&tick);
    let none = run(bare.env_remove("SSH_AUTH_SOCK"), LIMIT)?.with_code(74)?;
    ensure!(none.stderr.contains("SSH_AUTH_SOCK is not set"), "{}", none.stderr);
    Ok(())
}
