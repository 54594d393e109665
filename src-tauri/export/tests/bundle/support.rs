//! A small project with real keys: five people, one stranger, one checklist.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use countersign_domain::canonical;
use countersign_domain::event::{
    Artifact, Body, Decision, ENVELOPE_VERSION, Envelope, Evidence, NAMESPACE, SignedEvent,
    Signing, Subject, Tick, Verdict,
};
use countersign_domain::finding::{Finding, Note, Outcome, Reason};
use countersign_domain::fold::{Fold, Templates};
use countersign_domain::id::{
    Digest, ExceptionId, Fingerprint, ItemId, ProjectId, ReleaseId, RunId,
};
use countersign_domain::material::Material;
use countersign_domain::member::{Member, Role};
use countersign_domain::refusal::Refusal;
use countersign_domain::template::Loaded;
use countersign_export::{BundleInput, write};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

pub(crate) use crate::packing::{Members, broken, check, fix_sums, good_bundle, pack, unpack};

pub(crate) const PROGRAM: &str = "countersign 0.1.0";
pub(crate) const HOSTILE_NAME: &str = "Eve <script>alert('x')</script> \u{202e}gnp";
pub(crate) const HOSTILE_NOTE: &str = "=HYPERLINK(\"http://evil\")</td><img src=x onerror=alert(1)> \u{1b}[31mred | [a](javascript:b)";

pub(crate) struct Person {
    key: PrivateKey,
    pub(crate) member: Member,
}

impl Person {
    pub(crate) fn new(seed: u8, name: &str, email: &str, roles: &[Role]) -> Self {
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
        let print = key.public_key().fingerprint(HashAlg::Sha256).to_string();
        let member = Member {
            name: name.into(),
            email: email.into(),
            fingerprint: Fingerprint::parse(&print).expect("a fingerprint"),
            public_key: key.public_key().to_openssh().expect("a key").trim().to_owned(),
            roles: roles.to_vec(),
        };
        Self { key, member }
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> String {
        let signature = self.key.sign(NAMESPACE, HashAlg::Sha512, bytes).expect("sign");
        signature.to_pem(LineEnding::LF).expect("armor")
    }
}

pub(crate) struct People {
    pub(crate) ada: Person,
    pub(crate) sam: Person,
    pub(crate) dev: Person,
    pub(crate) max: Person,
    pub(crate) eve: Person,
    pub(crate) stranger: Person,
}

pub(crate) fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| People {
        ada: Person::new(1, "Ada Admin", "ada@example.org", &[Role::Admin]),
        sam: Person::new(2, "Samira Safe", "sam@example.org", &[Role::Security]),
        dev: Person::new(3, "Devon Ops", "dev@example.org", &[Role::Devops]),
        max: Person::new(4, "Max Manager", "max@example.org", &[Role::Management]),
        eve: Person::new(5, HOSTILE_NAME, "eve*@example.org", &[Role::Devops]),
        stranger: Person::new(6, "Stranger", "who@example.org", &[Role::Admin]),
    })
}

pub(crate) fn item(id: &str) -> ItemId {
    ItemId::parse(id).expect("item id")
}

pub(crate) fn release() -> ReleaseId {
    ReleaseId::parse("r-1").expect("release id")
}

/// A ledger as it grows, one signed event after another.
pub(crate) struct Story {
    pub(crate) fold: Fold,
    pub(crate) signed: Vec<SignedEvent>,
    pub(crate) texts: BTreeMap<Digest, String>,
    pub(crate) evidence: BTreeMap<Digest, Vec<u8>>,
    pub(crate) clock: DateTime<Utc>,
    pub(crate) template: Digest,
}

impl Story {
    pub(crate) fn new() -> Self {
        let loaded = Loaded::parse(include_str!("checklist.toml")).expect("the checklist");
        let digest = loaded.digest.clone();
        let templates = Templates::from([(digest.clone(), Arc::new(loaded.template))]);
        Self {
            fold: Fold::new(templates),
            signed: Vec::new(),
            texts: BTreeMap::from([(digest.clone(), loaded.text)]),
            evidence: BTreeMap::new(),
            clock: DateTime::from_timestamp(1_750_000_000, 0).expect("a time in 2025"),
            template: digest,
        }
    }

    /// Signs and takes one event, a minute after the last; gives the refusal, if any.
    pub(crate) fn take(&mut self, by: &Person, body: Body) -> Option<Refusal> {
        self.clock += TimeDelta::minutes(1);
        let envelope = Envelope {
            version: ENVELOPE_VERSION,
            project: ProjectId::parse("mailagent").expect("project id"),
            parents: self.fold.heads().iter().cloned().collect(),
            author: by.member.fingerprint.clone(),
            at: self.clock,
            body,
        };
        let bytes = canonical::bytes(&envelope).expect("canonical");
        let signed = SignedEvent { signature: by.sign(&bytes), bytes };
        let event = signed.verify().expect("own event");
        self.signed.push(signed);
        self.fold.push(event).cloned()
    }

    pub(crate) fn tell(&mut self, by: &Person, body: Body) {
        let kind = body.kind();
        assert_eq!(self.take(by, body), None, "{kind} was refused");
    }

    pub(crate) fn open(&mut self) {
        self.tell(
            &people().dev,
            Body::ReleaseOpened {
                release: release(),
                version: "2.3.0".into(),
                environment: "production".into(),
                template: self.template.clone(),
                subject: Subject {
                    commit: Some("3f2a9c0d5b7e41a68c90d2e4f6a8b0c2d4e6f801".into()),
                    dirty: false,
                    artifacts: vec![Artifact {
                        name: "mailagent.tar.zst".into(),
                        sha256: Digest::of(b"artifact"),
                    }],
                    ticket: "OPS-412".into(),
                    reason: "Attachments are scanned before they are stored".into(),
                },
                planned_for: Some(self.clock + TimeDelta::days(1)),
            },
        );
    }

    pub(crate) fn check(&mut self, run: &str, findings: &[(&str, u32, &str, Outcome)]) {
        let by = &people().dev;
        let run = RunId::parse(run).expect("run id");
        let items = findings.iter().map(|(id, ..)| item(id)).collect();
        self.tell(by, Body::CheckStarted { release: release(), run: run.clone(), items });
        for (id, slot, probe, outcome) in findings {
            let finding = finding(probe, *outcome, self.clock);
            self.tell(
                by,
                Body::FindingRecorded {
                    release: release(),
                    run: run.clone(),
                    item: item(id),
                    slot: *slot,
                    finding,
                },
            );
        }
        self.tell(by, Body::CheckFinished { release: release(), run, cancelled: false });
    }

    pub(crate) fn tick(&mut self, by: &Person, id: &str, tick: Tick, note: &str) {
        let body =
            Body::ItemAttested { release: release(), item: item(id), tick, note: note.into() };
        self.tell(by, body);
    }

    pub(crate) fn attach(&mut self, by: &Person, id: &str, name: &str, bytes: &[u8]) {
        let sha256 = Digest::of(bytes);
        self.evidence.insert(sha256.clone(), bytes.to_vec());
        let evidence = Evidence {
            name: name.into(),
            media_type: "text/plain".into(),
            size: bytes.len() as u64,
            sha256,
            observed_at: self.clock,
        };
        self.tell(by, Body::EvidenceAttached { release: release(), item: item(id), evidence });
    }

    pub(crate) fn sign(&mut self, by: &Person, role: Role, decision: Decision, comment: &str) {
        let project = self.fold.project().expect("a project");
        let known = &project.releases[&release()];
        let now = self.clock + TimeDelta::minutes(1);
        let body = Body::SignedOff {
            release: release(),
            role,
            decision,
            meaning: format!(
                "I reviewed what is shown and speak for {} on this release.",
                role.words()
            ),
            exceptions: match decision {
                Decision::Approve => known
                    .exceptions
                    .values()
                    .filter(|exception| exception.holds(now))
                    .map(|exception| exception.id.clone())
                    .collect(),
                _ => Vec::new(),
            },
            state: Material::of(project, known).digest(),
            comment: comment.into(),
            signing: Some(Signing { utc_offset: -330, opened: "passphrase".into() }),
        };
        self.tell(by, body);
    }

    /// Everything but signatures.
    pub(crate) fn prepare(&mut self) {
        let all = people();
        self.create();
        self.open();
        self.check(
            "run-1",
            &[
                ("secrets.signing-key", 0, "secrets.hex-value", Outcome::Fail),
                ("secrets.env-ignored", 0, "git.env-never-committed", Outcome::Pass),
                ("secrets.env-ignored", 1, "git.env-ignored", Outcome::Pass),
                (
                    "transport.redirect",
                    0,
                    "http.redirects-to-https",
                    Outcome::Inconclusive(Reason::TimedOut),
                ),
                ("transport.hsts", 0, "http.hsts", Outcome::Fail),
            ],
        );
        self.check("run-2", &[("secrets.signing-key", 0, "secrets.hex-value", Outcome::Pass)]);
        self.tick(&all.dev, "secrets.env-ignored", Tick::Done, "");
        self.tick(&all.dev, "transport.redirect", Tick::Done, "Seen with curl from outside: 301");
        self.tick(&all.eve, "transport.tunnel", Tick::NotApplicable, HOSTILE_NOTE);
        self.tick(&all.dev, "tests.unit", Tick::Done, "412 passed");
        self.attach(&all.dev, "tests.unit", "unit tests.log", b"412 passed, 0 failed\n");
        let exception = ExceptionId::parse("ex-1").expect("exception id");
        self.tell(
            &all.sam,
            Body::ExceptionRequested {
                release: release(),
                exception: exception.clone(),
                item: item("transport.hsts"),
                reason: "The CDN change is planned for next week".into(),
                compensating_control: "All clients are our own and speak HTTPS only".into(),
                owner: "Devon Ops".into(),
                expires_at: self.clock + TimeDelta::days(14),
            },
        );
        let own = Body::ExceptionDecided {
            release: release(),
            exception: exception.clone(),
            verdict: Verdict::Approve,
            note: String::new(),
        };
        assert!(self.take(&all.sam, own).is_some(), "nobody approves an exception of their own");
        self.tell(
            &all.max,
            Body::ExceptionDecided {
                release: release(),
                exception,
                verdict: Verdict::Approve,
                note: "Two weeks, no longer".into(),
            },
        );
    }

    pub(crate) fn sign_all(&mut self) {
        let all = people();
        self.sign(&all.sam, Role::Security, Decision::Approve, "");
        self.sign(&all.dev, Role::Devops, Decision::Approve, "Rollback was rehearsed on Monday");
        self.sign(&all.max, Role::Management, Decision::Approve, "");
    }

    pub(crate) fn deploy(&mut self) {
        let all = people();
        self.clock += TimeDelta::minutes(30);
        self.tell(
            &all.dev,
            Body::DeploymentRecorded {
                release: release(),
                deployed_at: self.clock,
                deployed_by: all.dev.member.fingerprint.clone(),
                verified_by: all.sam.member.fingerprint.clone(),
                reference: "pipeline 8812".into(),
            },
        );
    }

    pub(crate) fn close(&mut self) {
        let all = people();
        self.tick(&all.sam, "after.health", Tick::Done, "200 in 41 ms");
        self.tell(
            &all.sam,
            Body::DeploymentVerified { release: release(), note: "Looks right".into() },
        );
        self.clock += TimeDelta::hours(48);
        self.tick(&all.dev, "watch.logins", Tick::Done, "At most 12 an hour");
        self.tell(&all.dev, Body::ReleaseClosed { release: release(), note: "Quiet watch".into() });
    }

    pub(crate) fn input(&self) -> BundleInput<'_> {
        static RELEASE: OnceLock<ReleaseId> = OnceLock::new();
        BundleInput {
            fold: &self.fold,
            release: RELEASE.get_or_init(release),
            signed: &self.signed,
            template_texts: &self.texts,
            evidence: &self.evidence,
            program: PROGRAM,
        }
    }

    pub(crate) fn bundle(&self) -> Vec<u8> {
        write(&self.input()).expect("a bundle")
    }
}

pub(crate) fn finding(probe: &str, outcome: Outcome, at: DateTime<Utc>) -> Finding {
    Finding {
        probe: probe.into(),
        rules: 1,
        target: "https://api.example.org".into(),
        outcome,
        summary: match outcome {
            Outcome::Pass => "holds".into(),
            Outcome::Fail => "<b>does not hold</b>".into(),
            Outcome::NotApplicable => "nothing to look at".into(),
            Outcome::Inconclusive(_) => "no answer in 5 s".into(),
        },
        expected: "status 301 and a Location that begins with https://".into(),
        observed: "HTTP/1.1 200 OK\u{1b}[2J <script>alert(2)</script>".into(),
        reproduce: Some("curl -sSI 'http://api.example.org/'".into()),
        notes: vec![Note { code: "short-chain".into(), text: "one certificate only".into() }],
        transcript: vec!["> GET / HTTP/1.1".into(), "< HTTP/1.1 200 OK".into()],
        started_at: at,
        took_ms: 41,
    }
}

/// Deployed, verified, closed; the first signatures went stale on the way.
pub(crate) fn journey() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| {
        let mut story = Story::new();
        story.prepare();
        story.sign(
            &people().sam,
            Role::Security,
            Decision::Decline,
            "The test log is not attached",
        );
        story.sign_all();
        story.tick(&people().dev, "tests.unit", Tick::Done, "413 passed");
        story.sign_all();
        story.deploy();
        story.close();
        story
    })
}
