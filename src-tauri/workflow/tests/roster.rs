//! A roster whose changes need the roles that they touch: proposed where an admin alone cannot
//! make them, decided by those roles, and refused also when a genuine admin's event is put
//! into the ledger's file by hand; and so is an exception that its requester approves there.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, Verdict};
use countersign_domain::id::{EventId, ExceptionId, ItemId, ProjectId, ReleaseId};
use countersign_domain::member::{Member, Role};
use countersign_ledger::Ledger;
use countersign_workflow::view::{
    DecideChange, DecideException, EmergencyRuleView, EnrollMember, ExceptionState, OpenRelease,
    ProjectView, SetPolicy,
};
use countersign_workflow::{Home, ProjectFile, Requirements, UnlockedKey, World, verify_file};
use zeroize::Zeroizing;

const PROJECT: &str = "[project]\nname = \"Shop\"\n[[environment]]\nname = \"staging\"\n\
                       [environment.targets]\napi = \"https://staging.example.org\"\n";

/// Ana is admin and Security, Ben DevOps, Mia Management; Eve is nobody yet.
struct Shop {
    folder: tempfile::TempDir,
    home: Home,
    project: ProjectId,
    ana: UnlockedKey,
    ben: UnlockedKey,
    mia: UnlockedKey,
    eve: UnlockedKey,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::open(folder.path(), World::real()).expect("opens");
        let passphrase = Zeroizing::new("a passphrase of a test".to_owned());
        let key = |name: &str| {
            let email = format!("{}@example.org", name.to_lowercase());
            let made = home.create_key(None, name, &email, &passphrase).expect("a key");
            home.unlock(&made.fingerprint, &passphrase).expect("unlocked")
        };
        let (ana, ben, mia, eve) = (key("Ana"), key("Ben"), key("Mia"), key("Eve"));
        let file = ProjectFile::parse(PROJECT, folder.path()).expect("a project");
        let view = home.create_project(&ana, file, &[Role::Security]).expect("created");
        assert_eq!(view.changes, "roles");
        let project = ProjectId::parse(&view.id).expect("an id");
        let shop = Self { folder, home, project, ana, ben, mia, eve };
        for (name, key, role) in [("Ben", &shop.ben, "devops"), ("Mia", &shop.mia, "management")] {
            let request = shop.request(name, key, &[role]);
            let answer = shop.home.enroll(&shop.ana, &request).expect("nobody held the role");
            assert_eq!(answer.proposed, None);
        }
        shop
    }

    fn request(&self, name: &str, key: &UnlockedKey, roles: &[&str]) -> EnrollMember {
        EnrollMember {
            project: self.project.to_string(),
            name: name.to_owned(),
            email: format!("{}@example.org", name.to_lowercase()),
            public_key: key.public_key().to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            note: "A second one".into(),
        }
    }

    fn decide(
        &self,
        key: &UnlockedKey,
        proposal: &str,
        approve: bool,
    ) -> Result<ProjectView, String> {
        let request = DecideChange {
            project: self.project.to_string(),
            proposal: proposal.to_owned(),
            role: None,
            approve,
            note: String::new(),
        };
        self.home.decide_change(key, &request).map_err(|failure| failure.code().to_owned())
    }

    /// Proposes Eve as a second DevOps.
    fn proposes_eve(&self) -> String {
        let request = self.request("Eve", &self.eve, &["devops"]);
        let answer = self.home.enroll(&self.ana, &request).expect("proposed");
        let proposed = answer.proposed.expect("Ben holds the role");
        assert_eq!(answer.project.proposals, std::slice::from_ref(&proposed));
        proposed.id
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.view().members.into_iter().map(|one| one.name).collect();
        names.sort();
        names
    }

    fn view(&self) -> ProjectView {
        self.home.project(&self.project).expect("a project")
    }

    fn release(&self) -> ReleaseId {
        let request = OpenRelease {
            project: self.project.to_string(),
            version: "1.0".into(),
            environment: "staging".into(),
            template: None,
            artifacts: Vec::new(),
            ticket: String::new(),
            reason: String::new(),
            planned_for: None,
        };
        let view = self.home.open_release(&self.ben, &request).expect("a release");
        ReleaseId::parse(&view.row.id).expect("an id")
    }

    /// An event signed with Ana's own key, past every rule of the program.
    fn forged(&self, body: Body) -> EventId {
        let ledger = Ledger::open(self.home.ledger_path()).expect("the file");
        let now = self.home.now();
        let envelope = Envelope {
            version: ENVELOPE_VERSION,
            project: self.project.clone(),
            parents: ledger.heads(&self.project).expect("heads"),
            author: self.ana.fingerprint().clone(),
            at: now,
            body,
        };
        let signed = self.ana.sign_event(&envelope).expect("signed");
        ledger.append(&signed, now).expect("appended");
        signed.id()
    }

    /// The same folder, opened anew.
    fn reopened(self) -> Self {
        let Self { folder, home, project, ana, ben, mia, eve } = self;
        drop(home);
        let home = Home::open(folder.path(), World::real()).expect("opens");
        Self { folder, home, project, ana, ben, mia, eve }
    }
}

#[test]
fn what_touches_a_role_of_others_waits_for_them() {
    let shop = Shop::new();
    let proposal = shop.proposes_eve();
    assert_eq!(shop.names(), ["Ana", "Ben", "Mia"]);
    let [waits] = &shop.view().proposals[..] else { panic!("one waits") };
    assert_eq!(waits.change, "Enroll Eve <eve@example.org> as DevOps");
    assert_eq!((waits.proposed_by.as_str(), waits.note.as_str()), ("Ana", "A second one"));
    let needs: Vec<_> = waits.needs.iter().map(|one| (one.role.as_str(), &one.by)).collect();
    assert_eq!(needs, [("devops", &None)]);
    assert_eq!(waits.approvers, [shop.ben.fingerprint().as_str()]);
    let mut rejecters = [&shop.ana, &shop.ben].map(|who| who.fingerprint().to_string());
    rejecters.sort();
    assert_eq!(waits.rejecters, rejecters, "an admin takes it back");

    assert_eq!(shop.proposes_eve(), proposal, "what waits is not proposed twice");
    for other in [&shop.ana, &shop.mia, &shop.eve] {
        shop.decide(other, &proposal, true).expect_err("not theirs to decide");
    }
    assert_eq!(shop.names(), ["Ana", "Ben", "Mia"]);
    let view = shop.decide(&shop.ben, &proposal, true).expect("Ben consents");
    assert_eq!(view.proposals, []);
    assert_eq!(shop.names(), ["Ana", "Ben", "Eve", "Mia"]);
    let ended = shop.decide(&shop.ben, &proposal, true).expect_err("decided");
    assert_eq!(ended, "proposal-ended");
}

#[test]
fn a_refused_or_withdrawn_proposal_changes_nothing() {
    let shop = Shop::new();
    for who in [&shop.ben, &shop.ana] {
        let proposal = shop.proposes_eve();
        shop.decide(&shop.mia, &proposal, false).expect_err("not Mia's to decide");
        let view = shop.decide(who, &proposal, false).expect("it ends");
        assert_eq!(view.proposals, []);
        assert_eq!(shop.names(), ["Ana", "Ben", "Mia"]);
    }
    let texts: Vec<_> =
        shop.home.timeline(&shop.project).expect("rows").into_iter().map(|row| row.text).collect();
    let said = |words: &str| texts.iter().any(|text| text.starts_with(words));
    assert!(said("refused the change") && said("took back the change"), "{texts:#?}");
    assert!(said("attempt refused: change-decided"), "{texts:#?}");
}

#[test]
fn a_lower_policy_waits_for_the_role_that_would_sign_no_more() {
    let shop = Shop::new();
    // What the table leaves out is as without a table.
    let lower = format!("{PROJECT}[policy]\nrequired_roles = [\"security\", \"devops\"]\n");
    let configure = |text: &str| {
        let file = ProjectFile::parse(text, shop.folder.path()).expect("a file");
        shop.home.configure_project(&shop.ana, &shop.project, file)
    };
    let proposed = configure(&lower).expect("proposed").proposed.expect("Mia's role goes");
    assert!(
        proposed.change.starts_with("Policy: signed by Security, DevOps."),
        "{}",
        proposed.change
    );
    assert_eq!(shop.view().required_roles, ["security", "devops", "management"]);
    shop.decide(&shop.mia, &proposed.id, true).expect("Mia consents");
    assert_eq!(shop.view().required_roles, ["security", "devops"]);
    assert_eq!(shop.view().exception_approvers, ["security", "management"]);
    // A file that says nothing of it leaves the rule; one that turns it off is refused.
    assert_eq!(shop.view().changes, "roles");
    let alone = format!("{lower}changes = \"admin\"\n");
    let refused = configure(&alone).expect_err("it stays");
    assert!(["change-rule-fixed"].contains(&refused.code()), "{refused}");
}

#[test]
fn a_policy_from_the_window_waits_for_all_who_sign() {
    let shop = Shop::new();
    let rule = EmergencyRuleView { roles: vec!["devops".into()], review_hours: 24 };
    let policy = SetPolicy {
        project: shop.project.to_string(),
        required_roles: vec!["security".into(), "devops".into(), "management".into()],
        signers: [("management".to_owned(), 1)].into(),
        exception_approvers: vec!["security".into()],
        freshness_hours: Some(12),
        emergency: Some(rule.clone()),
        note: "As agreed".into(),
    };
    let answer = shop.home.set_policy(&shop.ana, &policy).expect("proposed");
    let proposed = answer.proposed.expect("it touches all who sign");
    let open = proposed.needs.iter().filter(|need| need.by.is_none());
    assert_eq!(open.map(|need| need.role.as_str()).collect::<Vec<_>>(), ["devops", "management"]);
    assert_eq!(shop.view().emergency, None);
    shop.decide(&shop.ben, &proposed.id, true).expect("Ben consents");
    shop.decide(&shop.mia, &proposed.id, true).expect("Mia consents");
    let view = shop.view();
    assert_eq!((view.emergency, view.freshness_hours), (Some(rule), Some(12)));
    assert_eq!(view.changes, "roles", "who decides on changes stays");
    let stray = SetPolicy { exception_approvers: vec!["nobody".into()], ..policy };
    let refused = shop.home.set_policy(&shop.ana, &stray).expect_err("no such role");
    assert!(refused.to_string().contains("nobody"), "{refused}");
}

#[test]
fn an_enrollment_put_into_the_file_by_hand_is_refused_wherever_it_is_shown() {
    let shop = Shop::new();
    let release = shop.release();
    let member = Member {
        name: "Eve".into(),
        email: "eve@example.org".into(),
        fingerprint: shop.eve.fingerprint().clone(),
        public_key: shop.eve.public_key().to_owned(),
        roles: vec![Role::Devops],
    };
    let forged = shop.forged(Body::MemberEnrolled { member });
    let shop = shop.reopened();
    assert_eq!(shop.names(), ["Ana", "Ben", "Mia"]);
    let rows = shop.home.timeline(&shop.project).expect("rows");
    let row = rows.iter().find(|row| row.event == forged.as_str()).expect("shown");
    assert_eq!(
        row.refused.as_deref(),
        Some("this change of the roster needs the consent of devops")
    );
    let eve = shop.home.open_release(
        &shop.eve,
        &OpenRelease {
            project: shop.project.to_string(),
            version: "2.0".into(),
            environment: "staging".into(),
            template: None,
            artifacts: Vec::new(),
            ticket: String::new(),
            reason: String::new(),
            planned_for: None,
        },
    );
    assert_eq!(eve.expect_err("nobody").code(), "not-a-member");

    let out: PathBuf = shop.folder.path().join("record.zip");
    shop.home.export_bundle(&shop.project, &release, Some(&out)).expect("a record");
    let verified = verify_file(&out, &Requirements::default()).expect("a bundle");
    assert_eq!(verified.verdict, "good", "{verified:#?}");
}

#[test]
fn a_removal_and_a_policy_put_into_the_file_by_hand_are_refused_too() {
    let shop = Shop::new();
    let policy = countersign_domain::member::Policy {
        required_roles: vec![Role::Security],
        ..countersign_domain::member::Policy::default()
    };
    let bodies = [
        Body::PolicySet { policy },
        Body::MemberRemoved { member: shop.ben.fingerprint().clone() },
    ];
    let forged: Vec<_> = bodies.into_iter().map(|body| shop.forged(body)).collect();
    let shop = shop.reopened();
    let view = shop.view();
    assert_eq!(view.required_roles.len(), 3);
    assert_eq!(shop.names(), ["Ana", "Ben", "Mia"]);
    let rows = shop.home.timeline(&shop.project).expect("rows");
    for event in forged {
        let row = rows.iter().find(|row| row.event == event.as_str()).expect("shown");
        assert!(row.refused.is_some(), "{row:#?}");
    }
}

#[test]
fn an_exception_that_its_requester_approves_by_hand_is_refused_and_a_good_one_runs_out() {
    let shop = Shop::new();
    let release = shop.release();
    let asked = |id: &str| Body::ExceptionRequested {
        release: release.clone(),
        exception: ExceptionId::parse(id).expect("an id"),
        item: ItemId::parse("database.least-privilege").expect("an id"),
        reason: "The role is split next week".into(),
        compensating_control: "Nothing but the service reaches it".into(),
        owner: "ana@example.org".into(),
        expires_at: shop.home.now() + TimeDelta::days(1),
    };
    let approved = |id: &str| Body::ExceptionDecided {
        release: release.clone(),
        exception: ExceptionId::parse(id).expect("an id"),
        verdict: Verdict::Approve,
        note: "Fine".into(),
    };
    shop.forged(asked("exception-own"));
    let forged = shop.forged(approved("exception-own"));
    let shop = shop.reopened();
    let rows = shop.home.timeline(&shop.project).expect("rows");
    let row = rows.iter().find(|row| row.event == forged.as_str()).expect("shown");
    let reason = row.refused.as_deref().expect("refused");
    assert!(reason.ends_with("asked for this exception and cannot decide on it"), "{reason}");
    let state = |home: &Home| {
        let view = home.release(&shop.project, &release).expect("a release");
        view.exceptions.iter().map(|one| one.state).collect::<Vec<_>>()
    };
    assert_eq!(state(&shop.home), [ExceptionState::Requested]);

    let request = DecideException {
        project: shop.project.to_string(),
        release: release.to_string(),
        exception: "exception-own".into(),
        approve: true,
        note: "Fine".into(),
    };
    shop.home.decide_exception(&shop.mia, &request).expect("somebody else may");
    assert_eq!(state(&shop.home), [ExceptionState::Approved]);
    let later = World { now: Arc::new(|| Utc::now() + TimeDelta::days(2)), ..World::real() };
    let reopened = Home::open(shop.folder.path(), later).expect("opens");
    assert_eq!(state(&reopened), [ExceptionState::Expired]);
}
