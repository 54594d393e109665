//! The recipes of docs/pipelines.md, taken from there and run: what deploys, what stops, and
//! with which code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use countersign_domain::id::Digest;
use countersign_tests::{Cli, Ran, run};
use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

use crate::team::{PASSPHRASE, text};

const PROJECT: &str = "[project]\nname = \"Shop\"\n[[environment]]\nname = \"staging\"\n\
                       [environment.targets]\napi = \"http://127.0.0.1:1\"\n";
const TEMPLATE: &str = "format = 1\nid = \"short\"\ntitle = \"Short\"\nversion = \"1\"\n\
                        [[section]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"high\"\n\
                        phase = \"before\"\n[[section.item]]\nid = \"a.one\"\ntitle = \"One\"\n\
                        verify = \"person\"\n";
const PEOPLE: [(&str, &str); 3] = [("ana", "security"), ("ben", "devops"), ("mia", "management")];
const LIMIT: Duration = Duration::from_secs(60);

/// Three people at one machine, a release, and the folder that a job works in.
struct Shop {
    cli: Cli,
    folder: TempDir,
    subject: String,
}

impl Shop {
    fn open() -> Result<Self> {
        let cli = Cli::new()?.env("COUNTERSIGN_PASSPHRASE", PASSPHRASE);
        let shop = Self {
            cli,
            folder: tempfile::tempdir()?,
            subject: format!("sha256:{}", Digest::of(b"the image")),
        };
        std::fs::create_dir(shop.path("signoff"))?;
        std::fs::create_dir(shop.path("temp"))?;
        shop.write("deploy.sh", "#!/bin/sh\nprintf '%s' \"$1\" > deployed\n")?;
        run(Command::new("chmod").arg("+x").arg(shop.path("deploy.sh")), LIMIT)?.with_code(0)?;
        for (name, _) in PEOPLE {
            let email = format!("{name}@shop.example");
            shop.cli.succeed(&["key", "create", "--owner", name, "--email", &email])?;
        }
        let project = shop.write("countersign.toml", PROJECT)?;
        shop.as_("ana", &["project", "create", text(&project)?, "--role", "security"])?;
        for (name, role) in PEOPLE.iter().skip(1) {
            let email = format!("{name}@shop.example");
            let key = shop.cli.succeed(&["key", "public", &email])?.stdout;
            let add = ["roster", "add", "--name", name, "--email", &email, "--role", role];
            shop.as_("ana", &[&add[..], &["--public-key", key.trim()]].concat())?;
        }
        let template = shop.write("short.toml", TEMPLATE)?;
        shop.cli.succeed(&["template", "import", text(&template)?])?;
        let open = ["release", "open", "1.0", "--environment", "staging", "--template", "short"];
        let artifact = format!("app={}", shop.subject);
        shop.as_("ben", &[&open[..], &["--artifact", &artifact]].concat())?;
        Ok(shop)
    }

    fn signed() -> Result<Self> {
        let shop = Self::open()?;
        shop.as_("ben", &["attest", "a.one", "--done"])?;
        PEOPLE.iter().try_for_each(|(name, role)| shop.as_(name, &["sign", "--role", role]))?;
        let record = shop.path("signoff/record.zip");
        shop.cli.succeed(&["export", "--out", text(&record)?])?;
        Ok(shop)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        std::fs::write(self.path(name), text)?;
        Ok(self.path(name))
    }

    fn as_(&self, who: &str, arguments: &[&str]) -> Result<()> {
        let key = format!("{who}@shop.example");
        self.cli.succeed(&[arguments, &["--key", &key]].concat())?;
        Ok(())
    }

    /// The list of keys as the page tells one to write it.
    fn roster(&self, people: &[&str]) -> Result<String> {
        let mut lines = String::new();
        for name in people {
            let email = format!("{name}@shop.example");
            let key = self.cli.succeed(&["key", "public", &email])?.stdout;
            lines.push_str(&format!("{email} {}\n", key.trim()));
        }
        Ok(lines)
    }

    /// What a recipe reads from its surroundings, when all is as it should be.
    fn surroundings(&self) -> Result<BTreeMap<&'static str, String>> {
        let roster = self.roster(&["ana", "ben", "mia"])?;
        let file = self.write("temp/roster.file", &roster)?;
        // In place of the program: a debug build is large, and it is fetched many times.
        let program = format!("#!/bin/sh\nexec '{}' \"$@\"\n", self.cli.program().display());
        let fetched = self.write("temp/program", &program)?;
        Ok(BTreeMap::from([
            ("SUBJECT", self.subject.clone()),
            ("COUNTERSIGN_URL", format!("file://{}", fetched.display())),
            ("COUNTERSIGN_SHA256", Digest::of(program.as_bytes()).to_string()),
            ("ROSTER", roster),
            ("COUNTERSIGN_ROSTER", text(&file)?.to_owned()),
            ("RUNNER_TEMP", text(&self.path("temp"))?.to_owned()),
        ]))
    }

    fn shell(&self, shell: &str, script: &str, with: &BTreeMap<&str, String>) -> Result<Ran> {
        let mut command = Command::new(shell);
        command.args(["-e", "-c", script]).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(with);
        run(&mut command, LIMIT)
    }
}

fn page() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pipelines.md");
    std::fs::read_to_string(&file).with_context(|| file.display().to_string())
}

fn block(language: &str, with: &str) -> Result<String> {
    let page = page()?;
    let begin = format!("```{language}\n");
    let found = page.split(&begin).skip(1).filter_map(|rest| rest.split("\n```").next());
    let mut found = found.filter(|block| block.contains(with));
    match (found.next(), found.next()) {
        (Some(block), None) => Ok(block.to_owned()),
        _ => bail!("not one block of {language} with {with:?}"),
    }
}

fn recipe(with: &str) -> Result<Yaml> {
    let mut documents = YamlLoader::load_from_str(&block("yaml", with)?)?;
    ensure!(documents.len() == 1, "one document");
    documents.pop().context("a document")
}

fn word(yaml: &Yaml) -> Result<&str> {
    yaml.as_str().with_context(|| format!("a text instead of {yaml:?}"))
}

fn list(yaml: &Yaml) -> Result<&Vec<Yaml>> {
    yaml.as_vec().with_context(|| format!("a list instead of {yaml:?}"))
}

fn ended(ran: Ran) -> Result<i32> {
    ran.code.context("ended by a signal")
}

/// One way to run a recipe: the code of its check, after the job that deploys had its turn.
type Runs = fn(&Shop, &BTreeMap<&'static str, String>) -> Result<i32>;

fn github(shop: &Shop, with: &BTreeMap<&'static str, String>) -> Result<i32> {
    let recipe = recipe("runs-on")?;
    let mut code = 0;
    for job in ["signed-off", "deploy"] {
        let job = &recipe["jobs"][job];
        ensure!(job["needs"].is_badvalue() || word(&job["needs"])? == "signed-off");
        word(&job["runs-on"])?;
        for step in list(&job["steps"])? {
            if step["run"].is_badvalue() {
                ensure!(word(&step["uses"])?.starts_with("actions/checkout@"), "{step:?}");
                continue;
            }
            let script = word(&step["run"])?;
            ensure!(!script.contains("${{"), "nothing is put into a script's text: {script}");
            if code == 0 {
                code = ended(shop.shell("bash", script, with)?)?;
            }
        }
    }
    Ok(code)
}

fn gitlab(shop: &Shop, with: &BTreeMap<&'static str, String>) -> Result<i32> {
    let recipe = recipe("stages:")?;
    let mut code = 0;
    for name in ["signed-off", "deploy"] {
        let job = &recipe[name];
        ensure!(list(&recipe["stages"])?.contains(&job["stage"]), "{name} has a stage");
        if name == "deploy" {
            ensure!(word(&list(&job["needs"])?[0])? == "signed-off");
        }
        let lines = list(&job["script"])?.iter().map(word).collect::<Result<Vec<_>>>()?;
        if code == 0 {
            code = ended(shop.shell("sh", &lines.join("\n"), with)?)?;
        }
    }
    Ok(code)
}

fn kubernetes(shop: &Shop, with: &BTreeMap<&'static str, String>) -> Result<i32> {
    let recipe = recipe("kind: Job")?;
    let pod = &recipe["spec"]["template"]["spec"];
    ensure!(
        word(&pod["restartPolicy"])? == "Never"
            && recipe["spec"]["backoffLimit"].as_i64() == Some(0)
    );
    let check = &pod["initContainers"][0];
    let volumes = list(&pod["volumes"])?;
    // What the cluster would mount.
    let mount = |argument: &str| -> Result<String> {
        let mut argument = argument.replace("$(SUBJECT)", &with["SUBJECT"]);
        for mount in list(&check["volumeMounts"])? {
            let name = word(&mount["name"])?;
            ensure!(volumes.iter().any(|known| known["name"].as_str() == Some(name)), "{name}");
            let from = format!("{}/", word(&mount["mountPath"])?);
            argument = argument.replace(&from, &format!("{}/", shop.path(name).display()));
        }
        Ok(argument)
    };
    ensure!(word(&check["env"][0]["name"])? == "SUBJECT");
    std::fs::create_dir_all(shop.path("roster"))?;
    std::fs::copy(&with["COUNTERSIGN_ROSTER"], shop.path("roster/allowed_signers"))?;
    ensure!(word(&check["command"][0])? == "countersign");
    let arguments = list(&check["args"])?.iter().map(|one| mount(word(one)?));
    let mut command = Command::new(shop.cli.program());
    // As in a container of nothing but the program: no home, no variables.
    command.args(arguments.collect::<Result<Vec<_>>>()?).env_clear();
    let code = ended(run(&mut command, LIMIT)?)?;
    if code == 0 {
        let script = word(&pod["containers"][0]["command"][0])?.to_owned();
        return ended(shop.shell("sh", &format!(".{script} \"$SUBJECT\""), with)?);
    }
    Ok(code)
}

#[test]
fn each_recipe_deploys_what_was_signed_and_nothing_else() -> Result<()> {
    let shop = Shop::signed()?;
    let good = shop.surroundings()?;
    let other = format!("sha256:{}", Digest::of(b"another image"));
    let without_mia = shop.roster(&["ana", "ben"])?;
    let fewer = text(&shop.write("temp/fewer", &without_mia)?)?.to_owned();
    let record = std::fs::read(shop.path("signoff/record.zip"))?;
    let mut changed = record.clone();
    changed[record.len() / 2] ^= 1;
    let with = |changes: &[(&'static str, &str)]| {
        let mut surroundings = good.clone();
        surroundings.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        surroundings
    };
    let strangers = with(&[("ROSTER", &without_mia), ("COUNTERSIGN_ROSTER", &fewer)]);
    let cases: [(&str, &[u8], _, i32); 5] = [
        ("all have signed it", &record, good.clone(), 0),
        ("another image", &record, with(&[("SUBJECT", &other)]), 2),
        ("a signer who is not on the list", &record, strangers, 2),
        ("a record that was changed", &changed, good.clone(), 1),
        ("no record", b"", good.clone(), 1),
    ];
    let ways: [(&str, Runs); 3] =
        [("GitHub", github), ("GitLab", gitlab), ("Kubernetes", kubernetes)];
    for (name, way) in ways {
        for (sentence, bytes, surroundings, wanted) in &cases {
            let _ = std::fs::remove_file(shop.path("deployed"));
            std::fs::write(shop.path("signoff/record.zip"), bytes)?;
            let code = way(&shop, surroundings).with_context(|| format!("{name}: {sentence}"))?;
            ensure!(code == *wanted, "{name}: {sentence}: ended with {code}");
            let deployed = std::fs::read_to_string(shop.path("deployed")).ok();
            let expected = (*wanted == 0).then(|| shop.subject.clone());
            ensure!(deployed == expected, "{name}: {sentence}: {deployed:?} was deployed");
        }
        if name != "Kubernetes" {
            let _ = std::fs::remove_file(shop.path("deployed"));
            let program = with(&[("COUNTERSIGN_SHA256", &"0".repeat(64))]);
            ensure!(way(&shop, &program)? == 1, "{name}: another program");
            ensure!(!shop.path("deployed").exists(), "{name}: another program");
        }
    }
    Ok(())
}

#[test]
fn every_code_of_the_table_is_what_verify_ends_with() -> Result<()> {
    let shop = Shop::signed()?;
    let record = shop.path("signoff/record.zip");
    let roster = shop.write("roster", &shop.roster(&["ana", "ben", "mia"])?)?;
    let empty = shop.write("empty", "ana@shop.example nothing\n")?;
    let (record, roster, empty) = (text(&record)?, text(&roster)?, text(&empty)?);
    let page = page()?;
    for (sentence, arguments, code) in [
        ("all is met", &["--require", "security,devops,management", "--roster", roster][..], 0),
        ("the artifact", &["--subject", &shop.subject], 0),
        ("young enough", &["--max-age", "24h"], 0),
        ("too old", &["--max-age", "0m"], 2),
        ("a role that nobody has to sign for", &["--require", "admin"], 2),
        ("no artifact of it", &["--subject", &"0".repeat(64)], 2),
        ("no role", &["--require", "captain"], 65),
        ("no age", &["--max-age", "soon"], 65),
        ("no digest", &["--subject", "latest"], 65),
        ("no keys", &["--roster", empty], 65),
        ("no list of keys", &["--roster", "/nowhere/roster"], 74),
        ("no such option", &["--requires", "security"], 64),
    ] {
        let ran = shop.cli.run(&[&["verify", record][..], arguments].concat())?;
        let ran = ran.with_code(code).with_context(|| sentence.to_owned())?;
        ensure!(code < 64 || ran.stdout.is_empty(), "{sentence}: {}", ran.stdout);
        let row = [format!("| `verify` | {code} |"), format!("| both | {code} |")];
        ensure!(row.iter().any(|row| page.contains(row.as_str())), "{sentence}: {code}");
    }
    shop.cli.run(&["verify", "/nowhere/record.zip"])?.with_code(74)?;
    Ok(())
}

#[test]
fn the_script_beside_the_ledger_says_what_is_missing_and_ends_as_the_gate_does() -> Result<()> {
    let shop = Shop::open()?;
    let page = page()?;
    let script = block("sh", "gate --json")?;
    let bin = shop.cli.program().parent().context("a folder")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let with = BTreeMap::from([
        ("LEDGER", text(shop.cli.home())?.to_owned()),
        ("PATH", format!("{}:{path}", bin.display())),
    ]);
    let ends = |code: i32, words: &str| -> Result<()> {
        let ran = shop.shell("sh", &script, &with)?.with_code(code)?;
        ensure!(ran.stdout.contains(words), "{code}: {}", ran.stdout);
        ensure!(page.contains(&format!("| `gate` | {code} |")), "{code}");
        Ok(())
    };
    ends(1, "One")?;
    shop.as_("ben", &["attest", "a.one", "--done"])?;
    ends(3, "waiting for: Security, DevOps, Management")?;
    PEOPLE.iter().try_for_each(|(name, role)| shop.as_(name, &["sign", "--role", role]))?;
    ends(0, "go")?;
    shop.as_("ben", &["attest", "a.one", "--not-done", "--note", "It is not"])?;
    ends(1, "stale")?;
    Ok(())
}
