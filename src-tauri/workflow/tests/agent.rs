//! Signing with keys that live in ssh-agent: what one person may do with such a key, and that
//! nobody waits while the agent waits for them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../../ledger/tests/ledger/agents.rs"]
#[allow(dead_code, reason = "some is for the ledger's stories alone")]
mod agents;
#[path = "../../ledger/tests/ledger/soft_key.rs"]
#[allow(dead_code, reason = "some is for the ledger's stories alone")]
mod soft_key;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::member::Role;
use countersign_workflow::view::{
    Attest, HeldCode, OpenRelease, RoleState, SignOff, TickCode, UseAgentKey,
};
use countersign_workflow::{Failure, FailureKind, Format, Home, ProjectFile, UnlockedKey, World};
use ssh_key::{Algorithm, PublicKey, Signature};
use tempfile::TempDir;
use zeroize::Zeroizing;

use agents::{RealAgent, Reply, data_of, listed, signed, stand_in};
use soft_key::{SoftKey, TOUCHED};

const PROJECT: &str = "[project]\nname = \"Shop\"\n[policy]\nrequired_roles = [\"security\"]\n\
                       exception_approvers = [\"security\"]\n[[environment]]\nname = \"staging\"\n\
                       [environment.targets]\napi = \"https://staging.example.org\"\n";
const CHECKLIST: &str = "format = 1\nid = \"short\"\ntitle = \"Short\"\nversion = \"1\"\n\
                         [[section]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"high\"\n\
                         phase = \"before\"\n[[section.item]]\nid = \"a.one\"\n\
                         title = \"One\"\nverify = \"person\"\n";

fn home(folder: &Path, socket: PathBuf, seconds: u64) -> Home {
    let variable = move |name: &str| match name {
        "SSH_AUTH_SOCK" => Some(socket.to_str().expect("utf-8").to_owned()),
        "COUNTERSIGN_AGENT_TIMEOUT" => Some(seconds.to_string()),
        _ => None,
    };
    let world = World { variable: Arc::new(variable), ..World::real() };
    Home::open(folder, world).expect("opens")
}

/// Refers to the agent's first key and makes it ready.
fn agent_key(home: &Home) -> UnlockedKey {
    let key = home.agent_keys().expect("listed")[0].fingerprint.clone();
    let (owner, email) = ("Mara Lind".to_owned(), "mara@example.org".to_owned());
    let request = UseAgentKey { key, owner, email, name: None };
    let view = home.use_agent_key(&request).expect("usable");
    assert_eq!((view.held, &*view.name), (HeldCode::Agent, "mara-example-org"));
    home.unlock("mara@example.org", &Zeroizing::default()).expect("held")
}

struct Open {
    project: ProjectId,
    release: ReleaseId,
}

/// A project and a release of one item, by `key`.
fn open(home: &Home, key: &UnlockedKey) -> Open {
    let file = ProjectFile::parse(PROJECT, home.path()).expect("a project");
    let project = home.create_project(key, file, &[Role::Security]).expect("created").id;
    let loaded = countersign_domain::template::Loaded::parse(CHECKLIST).expect("a checklist");
    home.keep_template(&loaded).expect("kept");
    let request = OpenRelease {
        project: project.clone(),
        version: "1.0.0".into(),
        environment: "staging".into(),
        template: Some("short".into()),
        artifacts: vec![format!("api={}", "ab".repeat(32))],
        ticket: String::new(),
        reason: String::new(),
        planned_for: None,
    };
    let view = home.open_release(key, &request).expect("opened");
    let release = ReleaseId::parse(&view.row.id).expect("an id");
    Open { project: ProjectId::parse(&project).expect("an id"), release }
}

fn tick(open: &Open, note: &str) -> Attest {
    Attest {
        project: open.project.to_string(),
        release: open.release.to_string(),
        item: "a.one".into(),
        tick: TickCode::Done,
        note: note.into(),
    }
}

fn sign_off(home: &Home, key: &UnlockedKey, open: &Open, confirmed: bool) -> SignOff {
    let (project, release) = (&open.project, &open.release);
    let statement = home.statement(project, release, Role::Security, key.fingerprint());
    SignOff {
        project: project.to_string(),
        release: release.to_string(),
        role: "security".into(),
        decision: "approve".into(),
        exceptions: Vec::new(),
        state: statement.expect("a statement").state,
        comment: String::new(),
        passphrase: String::new(),
        confirmed,
    }
}

/// How the newest event of the project says that its key was opened.
fn opened_of(home: &Home, open: &Open) -> String {
    let newest = home.timeline(&open.project).expect("rows").remove(0).event;
    let id = countersign_domain::id::EventId::parse(&newest).expect("an id");
    let text = home.event(&open.project, &id).expect("an event").text;
    let event: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    event["body"]["signing"]["opened"].as_str().unwrap_or_default().to_owned()
}

fn events(home: &Home, open: &Open) -> usize {
    home.timeline(&open.project).expect("rows").len()
}

#[test]
fn a_release_is_signed_off_with_the_real_agent_once_its_owner_confirmed() {
    let (folder, real) = (TempDir::new().expect("a folder"), RealAgent::new());
    real.add("ed25519", &[]);
    let home = home(folder.path(), real.socket(), 20);
    let key = agent_key(&home);
    home.prove(&key).expect("the agent signs");
    let open = open(&home, &key);
    home.attest(&key, &tick(&open, "Seen")).expect("ticked");
    let before = events(&home, &open);
    let refused = home.sign_off(&key, &sign_off(&home, &key, &open, false)).expect_err("silent");
    assert_eq!((refused.code(), refused.kind()), ("unconfirmed", FailureKind::Refused));
    assert_eq!(events(&home, &open), before, "nothing was recorded");
    let view = home.sign_off(&key, &sign_off(&home, &key, &open, true)).expect("signed");
    assert_eq!(view.gate.signoffs[0].state, RoleState::Signed);
    assert_eq!(opened_of(&home, &open), "agent");

    let bundle = home.export_bundle(&open.project, &open.release, None).expect("exported");
    let seen = countersign_workflow::verify_file(
        Path::new(&bundle.path),
        &countersign_workflow::Requirements::default(),
    );
    assert!(seen.expect("readable").steps.iter().all(|step| step.good), "it verifies");
    let statement = Format::Dsse(&key);
    home.export_as(&open.project, &open.release, statement, None).expect("a statement");
    home.write_card(&key, None).expect("a card");

    // From the agent to a sealed key.
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    let old = home.key_by(key.fingerprint()).expect("its view");
    let next = home.create_next_key(&old, None, &passphrase).expect("a key");
    assert_eq!(next.held, HeldCode::Sealed);
    let next = home.unlock(&next.fingerprint, &passphrase).expect("opened");
    home.rotate_key(&key, &next).expect("replaced");
    assert_eq!(home.key_list().expect("keys").len(), 1);
    let retired = home.attest(&key, &tick(&open, "Again")).expect_err("replaced");
    assert_eq!(retired.code(), "key-replaced");
}

#[test]
fn a_sealed_key_gives_its_place_to_one_in_the_agent() {
    let (folder, real) = (TempDir::new().expect("a folder"), RealAgent::new());
    real.add("ed25519", &[]);
    let home = home(folder.path(), real.socket(), 20);
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    home.create_key(Some("old"), "Mara Lind", "m@example.org", &passphrase).expect("a key");
    let old = home.unlock("old", &passphrase).expect("opened");
    let open = open(&home, &old);
    let new = agent_key(&home);
    let done = home.rotate_key(&old, &new).expect("replaced");
    assert_eq!((done.key.held, done.projects.len()), (HeldCode::Agent, 1));
    home.attest(&new, &tick(&open, "Seen")).expect("the new key signs");
    assert_eq!(home.attest(&old, &tick(&open, "No")).expect_err("old").code(), "key-replaced");
}

#[test]
fn a_refusal_of_the_agent_changes_nothing_and_says_whose_turn_it_is() {
    let (folder, mut real) = (TempDir::new().expect("a folder"), RealAgent::new());
    real.add("ed25519", &["-c"]);
    let home = home(folder.path(), real.socket(), 20);
    let key = agent_key(&home);
    let open = open(&home, &key);
    let before = events(&home, &open);
    let says = |failure: &Failure, code: &str, kind| {
        assert_eq!((failure.code(), failure.kind()), (code, kind), "{failure}");
        assert_eq!(events(&home, &open), before);
    };
    real.will_confirm(false);
    let declined = home.attest(&key, &tick(&open, "Seen")).expect_err("declined");
    says(&declined, "agent-refused", FailureKind::Refused);
    let unproven = home.prove(&key).expect_err("declined");
    says(&unproven, "agent-refused", FailureKind::Refused);
    real.ssh_add(&["-D"]);
    let missing = home.attest(&key, &tick(&open, "Seen")).expect_err("removed");
    says(&missing, "agent-key-missing", FailureKind::Refused);
    let locked = home.unlock("mara@example.org", &Zeroizing::default()).expect_err("removed");
    says(&locked, "agent-key-missing", FailureKind::Refused);
    real.kill();
    let dead = home.attest(&key, &tick(&open, "Seen")).expect_err("dead");
    says(&dead, "no-agent", FailureKind::Machine);
    // What the rules refuse is refused before the agent is asked.
    let mut early = sign_off(&home, &key, &open, true);
    early.state = "ab".repeat(32);
    assert_eq!(home.sign_off(&key, &early).expect_err("not ready").code(), "not-ready");
}

/// An agent with a software security key that answers each signature as `reply` says; the
/// bytes that are to be signed come with the question.
fn security_key(socket: &Path, reply: impl Fn(&SoftKey, &[u8]) -> Option<u8> + Send + 'static) {
    let soft = SoftKey::new();
    let blob = PublicKey::from(soft.data()).to_bytes().expect("a blob");
    stand_in(socket, move |question| {
        if question == [11] {
            return Reply::Bytes(listed(&[&blob]));
        }
        let data = data_of(question);
        let Some(flags) = reply(&soft, data) else { return Reply::Silence };
        let bytes = soft.over(data, flags, flags);
        Reply::Bytes(signed(&Signature::new(Algorithm::SkEd25519, bytes).expect("one")))
    });
}

#[test]
fn a_touch_is_told_of_a_security_key_and_an_untouched_one_signs_nothing() {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("agent");
    let flags = Arc::new(Mutex::new(TOUCHED));
    let now = flags.clone();
    security_key(&socket, move |_, _| Some(*now.lock().expect("flags")));
    let home = home(&folder.path().join("home"), socket, 20);
    let key = agent_key(&home);
    let open = open(&home, &key);
    home.attest(&key, &tick(&open, "Seen")).expect("touched");
    home.sign_off(&key, &sign_off(&home, &key, &open, true)).expect("signed");
    assert_eq!(opened_of(&home, &open), "agent-touch");
    let statement = Format::Dsse(&key);
    let refused = home.export_as(&open.project, &open.release, statement, None).expect_err("DSSE");
    assert_eq!(refused.kind(), FailureKind::Input);

    *flags.lock().expect("flags") = 0;
    let before = events(&home, &open);
    let untouched = home.attest(&key, &tick(&open, "Again")).expect_err("nobody was there");
    assert_eq!(untouched.kind(), FailureKind::Refused, "{untouched}");
    assert!(untouched.to_string().contains("nobody touched"), "{untouched}");
    assert_eq!(events(&home, &open), before);
}

#[test]
fn nobody_waits_for_an_agent_that_waits_for_a_touch() {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("agent");
    let (asked, was_asked) = mpsc::channel();
    let (touch, touched) = mpsc::channel::<Option<u8>>();
    let silent = Arc::new(Mutex::new(false));
    let now = silent.clone();
    security_key(&socket, move |_, _| {
        if !*now.lock().expect("a word") {
            return Some(TOUCHED);
        }
        asked.send(()).expect("heard");
        touched.recv().expect("answered")
    });
    let home = home(&folder.path().join("home"), socket, 30);
    let key = agent_key(&home);
    let open = open(&home, &key);
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    home.create_key(Some("ben"), "Ben", "ben@example.org", &passphrase).expect("a key");
    let ben = home.unlock("ben", &passphrase).expect("opened");
    let line = ben.public_key().to_owned();
    let request = countersign_workflow::view::EnrollMember {
        project: open.project.to_string(),
        name: "Ben".into(),
        email: "ben@example.org".into(),
        public_key: line,
        roles: vec!["security".into()],
        note: String::new(),
    };
    home.enroll(&key, &request).expect("enrolled");
    *silent.lock().expect("a word") = true;
    thread::scope(|scope| {
        let waiting = scope.spawn(|| home.attest(&key, &tick(&open, "By Mara")));
        was_asked.recv().expect("the agent was asked");
        // Readers go on, and so does another person, while nobody has touched the key.
        let began = Instant::now();
        let before = events(&home, &open);
        home.attest(&ben, &tick(&open, "By Ben")).expect("ticked meanwhile");
        assert_eq!(events(&home, &open), before + 1);
        assert!(began.elapsed() < Duration::from_secs(10) && !waiting.is_finished());
        // What is touched now builds on what there was, so the key is asked once more.
        touch.send(Some(TOUCHED)).expect("waits");
        was_asked.recv().expect("asked anew for what Ben wrote");
        touch.send(Some(TOUCHED)).expect("waits");
        waiting.join().expect("a thread").expect("ticked");
    });
    let rows = home.timeline(&open.project).expect("rows");
    assert_eq!(rows[0].parents, [rows[1].event.clone()], "one line, nothing apart");
    assert_eq!((rows[0].by.as_str(), rows[1].by.as_str()), ("Mara Lind", "Ben"));

    // Whoever is overtaken each time, here by another process, is told so; nothing is recorded.
    let other = Home::open(home.path(), World::real()).expect("the same ledger");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| home.attest(&key, &tick(&open, "Never")));
        while was_asked.recv_timeout(Duration::from_secs(1)).is_ok() {
            other.attest(&ben, &tick(&open, "Quicker")).expect("ticked");
            touch.send(Some(TOUCHED)).expect("waits");
        }
        let overtaken = waiting.join().expect("a thread").expect_err("always too late");
        assert_eq!(overtaken.code(), "overtaken");
    });
    let rows = home.timeline(&open.project).expect("rows");
    assert!(rows.iter().all(|row| !row.text.contains("Never")));
}

#[test]
fn two_processes_that_write_at_once_write_one_line() {
    let (folder, real) = (TempDir::new().expect("a folder"), RealAgent::new());
    real.add("ed25519", &[]);
    let home = home(folder.path(), real.socket(), 20);
    let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
    home.create_key(Some("sealed"), "Mara Lind", "m@example.org", &passphrase).expect("a key");
    let key = home.unlock("sealed", &passphrase).expect("opened");
    let open = open(&home, &key);
    let other = Home::open(home.path(), World::real()).expect("the same ledger");
    let (key, open) = (&key, &open);
    thread::scope(|scope| {
        for home in [&home, &other] {
            scope.spawn(move || {
                for turn in 0..20 {
                    home.attest(key, &tick(open, &format!("Turn {turn}"))).expect("ticked");
                }
            });
        }
    });
    let rows = home.timeline(&open.project).expect("rows");
    assert!(rows.len() > 40 && rows[..40].iter().all(|row| row.parents.len() == 1));
    let parents: std::collections::BTreeSet<_> = rows.iter().flat_map(|row| &row.parents).collect();
    assert_eq!(parents.len(), rows.len() - 1, "nobody built on what another had built on");
}

#[test]
fn an_agent_that_stays_silent_is_left_after_the_time_that_was_set() {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("agent");
    let silent = Arc::new(Mutex::new(false));
    let now = silent.clone();
    security_key(
        &socket,
        move |_, _| {
            if *now.lock().expect("a word") { None } else { Some(TOUCHED) }
        },
    );
    let home = home(&folder.path().join("home"), socket, 1);
    let key = agent_key(&home);
    let open = open(&home, &key);
    let before = events(&home, &open);
    *silent.lock().expect("a word") = true;
    let began = Instant::now();
    let silence = home.attest(&key, &tick(&open, "Seen")).expect_err("silent");
    assert_eq!((silence.code(), silence.kind()), ("agent-timeout", FailureKind::Machine));
    assert!((1..10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(events(&home, &open), before);
}

#[test]
fn which_key_of_the_agent_is_meant_must_be_clear() {
    let (folder, real) = (TempDir::new().expect("a folder"), RealAgent::new());
    real.add("ed25519", &[]);
    real.add("rsa", &[]);
    let home = home(folder.path(), real.socket(), 20);
    let keys = home.agent_keys().expect("listed");
    let told: Vec<_> = keys.iter().map(|key| (&*key.algorithm, key.usable)).collect();
    assert_eq!(told, [("ssh-ed25519", true), ("ssh-rsa", false)]);
    let request = |key: &str, owner: &str| UseAgentKey {
        key: key.to_owned(),
        owner: owner.to_owned(),
        email: "mara@example.org".to_owned(),
        name: Some("mara".to_owned()),
    };
    let (good, rsa) = (keys[0].fingerprint.as_str(), keys[1].fingerprint.as_str());
    for (story, key, owner, code, words) in [
        ("a comment of two", "Mara at work", "Mara", "input", "several keys"),
        ("nothing of that name", "SHA256:none", "Mara", "not-found", "SHA256:none"),
        ("another type", rsa, "Mara", "agent", "of the type ssh-rsa"),
        ("no name", good, " ", "input", "not a name"),
    ] {
        let failure = home.use_agent_key(&request(key, owner)).expect_err(story);
        assert_eq!((failure.code(), failure.kind()), (code, FailureKind::Input), "{story}");
        assert!(failure.to_string().contains(words), "{story}: {failure}");
    }
    assert!(home.key_list().expect("keys").is_empty(), "nothing was written");
    home.use_agent_key(&request(good, "Mara")).expect("usable");
    assert_eq!(home.agent_keys().expect("listed")[0].here.as_deref(), Some("mara"));
}
