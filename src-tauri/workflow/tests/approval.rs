//! What a signer is shown beside the release: what failed before it held, and what is
//! different from the release that went out before. With real keys, a real file that a probe
//! reads, and a clock that the story sets.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::member::Role;
use countersign_domain::template::Loaded;
use countersign_workflow::check::Selection;
use countersign_workflow::view::{
    ApprovalView, Attest, DecideException, EnrollMember, ItemShiftView, OpenRelease,
    RecordDeployment, RequestException, SeverityCode, SignOff, TickCode,
};
use countersign_workflow::{Home, ProjectFile, UnlockedKey, World};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PROJECT: &str = "[project]\nname = \"Shop\"\n[policy]\nrequired_roles = [\"security\", \
                       \"management\"]\nexception_approvers = [\"management\"]\nchanges = \
                       \"admin\"\n[[environment]]\nname = \"live\"\nproduction = true\n\
                       [environment.targets]\nsource = \"source\"\n";
const CHECKLIST: &str = "format = 1\nid = \"short\"\ntitle = \"Short\"\nversion = \"1\"\n\
    [[section]]\nid = \"a\"\ntitle = \"A\"\nseverity = \"high\"\nphase = \"before\"\n\
    [[section.item]]\nid = \"a.conf\"\ntitle = \"Strict is on\"\nverify = \"probe\"\nprobes = \
    [{ use = \"file.expect\", path = \"app.conf\", expect = [\"text.contains('strict = on')\"] }]\n\
    [[section.item]]\nid = \"a.host\"\ntitle = \"The host is patched\"\nverify = \"person\"\n\
    [[section.item]]\nid = \"a.keys\"\ntitle = \"Keys are rotated\"\nverify = \"person\"\n";
const PASSPHRASE: &str = "a passphrase of a test";

struct Stage {
    home: Home,
    minutes: Arc<AtomicI64>,
    conf: PathBuf,
    ada: UnlockedKey,
    max: UnlockedKey,
    project: ProjectId,
    release: Mutex<Option<ReleaseId>>,
    _folder: TempDir,
}

fn key(home: &Home, name: &str) -> (UnlockedKey, String) {
    let passphrase = Zeroizing::new(PASSPHRASE.to_owned());
    let view = home.create_key(None, name, &format!("{name}@example.org"), &passphrase);
    let view = view.expect("a key");
    (home.unlock(&view.fingerprint, &passphrase).expect("unlocked"), view.public_key)
}

impl Stage {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join("source")).expect("the source");
        let conf = folder.path().join("source/app.conf");
        let minutes = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&minutes);
        let base = DateTime::<Utc>::from_timestamp(1_780_000_000, 0).expect("a time");
        let now = move || base + chrono::TimeDelta::minutes(clock.load(Ordering::SeqCst));
        let world = World { now: Arc::new(now), ..World::real() };
        let home = Home::open(&folder.path().join("home"), world).expect("opens");
        let (ada, _) = key(&home, "Ada");
        let (max, public_key) = key(&home, "Max");
        let file = ProjectFile::parse(PROJECT, folder.path()).expect("a project");
        let view = home.create_project(&ada, file, &[Role::Security]).expect("created");
        home.keep_template(&Loaded::parse(CHECKLIST).expect("a checklist")).expect("kept");
        let (project, email) = (view.id.clone(), "Max@example.org".to_owned());
        let (name, roles) = ("Max".to_owned(), vec!["management".to_owned()]);
        let request = EnrollMember { project, name, email, public_key, roles, note: String::new() };
        home.enroll(&ada, &request).expect("enrolled");
        let project = ProjectId::parse(&view.id).expect("an id");
        let release = Mutex::new(None);
        Self { home, minutes, conf, ada, max, project, release, _folder: folder }
    }

    fn wait(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }

    fn id(&self) -> (String, String) {
        let release = self.release.lock().expect("nobody panicked").clone();
        (self.project.to_string(), release.expect("a release").to_string())
    }

    fn open(&self, version: &str) {
        self.wait(1);
        let request = OpenRelease {
            project: self.project.to_string(),
            version: version.into(),
            environment: "live".into(),
            template: Some("short".into()),
            artifacts: Vec::new(),
            ticket: String::new(),
            reason: String::new(),
            planned_for: None,
        };
        let view = self.home.open_release(&self.ada, &request).expect("opened");
        let release = ReleaseId::parse(&view.row.id).expect("an id");
        *self.release.lock().expect("nobody panicked") = Some(release);
    }

    /// The file says that, and the probe looks at it.
    async fn look(&self, conf: &str) {
        self.wait(1);
        std::fs::write(&self.conf, conf).expect("written");
        let release = ReleaseId::parse(&self.id().1).expect("an id");
        let run = self.home.check(&self.ada, &self.project, &release, Selection::default(), |_| {});
        run.await.expect("a run");
    }

    fn tick(&self, item: &str, tick: TickCode, note: &str) {
        self.wait(1);
        let ((project, release), item, note) = (self.id(), item.into(), note.into());
        let request = Attest { project, release, item, tick, note };
        self.home.attest(&self.ada, &request).expect("ticked");
    }

    /// Ada asks, Max accepts.
    fn except(&self, item: &str) {
        self.wait(1);
        let (project, release) = self.id();
        let request = RequestException {
            project: project.clone(),
            release: release.clone(),
            item: item.into(),
            reason: "Next week".into(),
            compensating_control: "Watched".into(),
            owner: "Ada".into(),
            expires_at: "2030-01-01T00:00:00Z".into(),
        };
        let asked = self.home.request_exception(&self.ada, &request).expect("asked");
        let exception = asked.exceptions.last().expect("it").id.clone();
        let note = String::new();
        let request = DecideException { project, release, exception, approve: true, note };
        self.home.decide_exception(&self.max, &request).expect("accepted");
    }

    fn go_out(&self) {
        for (key, role) in [(&self.ada, Role::Security), (&self.max, Role::Management)] {
            self.wait(1);
            let (project, release) = self.id();
            let id = ReleaseId::parse(&release).expect("an id");
            let statement = self.home.statement(&self.project, &id, role, key.fingerprint());
            let statement = statement.expect("a statement");
            let request = SignOff {
                project,
                release,
                role: role.code().into(),
                decision: "approve".into(),
                exceptions: statement.exceptions.into_iter().map(|each| each.id).collect(),
                state: statement.state,
                comment: String::new(),
                passphrase: String::new(),
                confirmed: false,
            };
            self.home.sign_off(key, &request).expect("signed");
        }
        self.wait(1);
        let (project, release) = self.id();
        let request = RecordDeployment {
            project,
            release,
            deployed_at: None,
            deployed_by: self.ada.fingerprint().to_string(),
            verified_by: self.max.fingerprint().to_string(),
            reference: "run 7".into(),
        };
        self.home.record_deployment(&self.ada, &request).expect("recorded");
    }

    fn approval(&self) -> ApprovalView {
        let release = ReleaseId::parse(&self.id().1).expect("an id");
        self.home.approval(&self.project, &release).expect("an answer")
    }
}

fn told(list: &[ItemShiftView]) -> Vec<(&str, &str, &str)> {
    list.iter().map(|one| (one.item.as_str(), one.from.as_str(), one.to.as_str())).collect()
}

#[tokio::test]
async fn an_item_that_failed_says_when_by_which_probe_and_what_settled_it() {
    let stage = Stage::new();
    stage.open("1.0.0");
    stage.look("strict = off").await;
    stage.tick("a.host", TickCode::NotDone, "Reboot is due");
    assert_eq!(stage.approval().recovered, []);
    stage.wait(60);
    stage.look("strict = on").await;
    stage.tick("a.host", TickCode::Done, "Rebooted");
    let view = stage.approval();
    assert_eq!(view.previous, None, "the first release");
    let [conf, host] = view.recovered.as_slice() else { panic!("{:#?}", view.recovered) };
    assert_eq!((conf.item.as_str(), conf.title.as_str()), ("a.conf", "Strict is on"));
    assert_eq!((conf.severity, conf.failures), (SeverityCode::High, 1));
    assert_eq!(conf.failed.probe.as_deref(), Some("file.expect"));
    assert_eq!((conf.failed.value.as_str(), conf.failed.by.as_str()), ("fail", "Ada"));
    assert_eq!((conf.settled.value.as_str(), conf.settled.by.as_str()), ("pass", "Ada"));
    let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time");
    let took = time(&conf.settled.at) - time(&conf.failed.at);
    assert!(took >= chrono::TimeDelta::minutes(60), "{took}");
    assert_eq!(
        (host.failed.value.as_str(), host.failed.words.as_str()),
        ("not done", "Reboot is due")
    );
    assert_eq!((host.settled.value.as_str(), host.settled.words.as_str()), ("done", "Rebooted"));
    assert_eq!((&host.failed.probe, &host.settled.probe), (&None, &None));
    let timeline = stage.home.timeline(&stage.project).expect("rows");
    for turn in [&conf.failed, &conf.settled, &host.failed, &host.settled] {
        assert!(timeline.iter().any(|row| row.event == turn.event), "an event of the ledger");
    }
}

#[tokio::test]
async fn what_regressed_was_fixed_or_excepted_since_the_release_before_is_told_in_words() {
    let stage = Stage::new();
    stage.open("1.0.0");
    stage.look("strict = on").await;
    stage.tick("a.host", TickCode::Done, "");
    stage.except("a.keys");
    stage.go_out();
    let first = stage.id().1;
    // After it went out: not what was signed.
    stage.tick("a.host", TickCode::NotDone, "");

    stage.open("1.1.0");
    let before = stage.approval().previous.expect("one before");
    assert_eq!((before.release.as_str(), before.version.as_str()), (first.as_str(), "1.0.0"));
    assert!(before.regressed.is_empty() && before.fixed.is_empty(), "nobody has looked yet");
    stage.look("strict = off").await;
    stage.tick("a.host", TickCode::NotDone, "");
    stage.except("a.host");
    stage.tick("a.keys", TickCode::Done, "");
    let now = stage.approval();
    let since = now.previous.expect("one before");
    assert_eq!(told(&since.regressed), [("a.conf", "settled", "the check failed")]);
    assert_eq!(told(&since.excepted), [("a.host", "settled", "excepted")]);
    assert_eq!(told(&since.fixed), [("a.keys", "excepted", "settled")]);
    assert!(since.added.is_empty() && since.removed.is_empty() && since.rest.is_empty());
    let release = ReleaseId::parse(&stage.id().1).expect("an id");
    let view = stage.home.release(&stage.project, &release).expect("the release");
    assert_eq!(now.state, view.state, "both speak of the same state");
}

#[tokio::test]
async fn the_board_says_whose_signatures_its_releases_wait_for() {
    let stage = Stage::new();
    let board = stage.home.board().expect("a board");
    let mut signers: Vec<_> = board.projects[0].signers.iter().collect();
    signers.sort_by_key(|signer| signer.fingerprint != stage.ada.fingerprint().to_string());
    let roles: Vec<_> = signers.iter().map(|signer| signer.roles.clone()).collect();
    assert_eq!(roles, [["security"], ["management"]], "and not the role of an admin");
}
