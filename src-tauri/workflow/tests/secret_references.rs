//! The values that an environment's references lead to, judged without showing them.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use countersign_domain::id::ProjectId;
use countersign_domain::member::Role;
use countersign_workflow::{Home, ProjectFile, World};
use zeroize::Zeroizing;

const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const PROJECT: &str = "[project]\nname = \"Shop\"\n[[environment]]\nname = \"staging\"\n\
    [environment.targets]\nsource = \".\"\n[environment.secrets]\n\
    ENCRYPTION_KEY = \"dotenv:.env#KEY\"\nSESSION_KEY = \"dotenv:.env#SAME\"\n\
    REDIS_PASSWORD = \"dotenv:.env#REDIS\"\nAUTH_TOKEN = \"dotenv:.env#GONE\"\n";

#[test]
fn a_reference_is_judged_by_the_value_that_it_leads_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let env = format!("KEY={KEY}\nSAME={KEY}\nREDIS=changeme\n");
    std::fs::write(folder.path().join(".env"), env).expect("a file");
    let home = Home::open(&folder.path().join("home"), World::real()).expect("opens");
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    let made = home.create_key(None, "Ana", "ana@example.org", &passphrase).expect("a key");
    let ana = home.unlock(&made.fingerprint, &passphrase).expect("unlocked");
    let file = ProjectFile::parse(PROJECT, folder.path()).expect("a project");
    let view = home.create_project(&ana, file, &[Role::Security]).expect("created");
    let project = ProjectId::parse(&view.id).expect("an id");
    let judge = |environment, name| home.judge_referenced_secret(&project, environment, name);

    let reused = judge("staging", "ENCRYPTION_KEY").expect("found");
    assert_eq!(reused.wrong, ["is also the value of SESSION_KEY"]);
    assert!(!reused.strong && reused.length == 64, "{reused:?}");
    assert!(!format!("{reused:?}").contains(KEY), "the value is not shown");
    let weak = judge("staging", "REDIS_PASSWORD").expect("found");
    assert!(weak.wrong.iter().any(|each| each.contains("everybody tries")), "{weak:?}");

    let gone = judge("staging", "AUTH_TOKEN").expect_err("the file has none");
    assert!(gone.to_string().contains("the file has no GONE"), "{gone}");
    for (environment, name) in [("staging", "NO_SUCH"), ("production", "REDIS_PASSWORD")] {
        assert_eq!(judge(environment, name).expect_err("unknown").code(), "not-found");
    }
}
