//! What people do in a story, a word each.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::checklist;
use super::people::member;
use super::story::{Story, project_id, release_id};
use crate::environment::{Environment, Targets};
use crate::event::{
    Body, Decision, ENVELOPE_VERSION, Envelope, Evidence, Subject, Tick, Verdict as Says,
};
use crate::finding::{Finding, Note, Outcome};
use crate::id::{Digest, ExceptionId, ItemId, RunId};
use crate::material::Material;
use crate::member::{ChangeRule, Policy, Role};

pub(super) fn item(id: &str) -> ItemId {
    ItemId::parse(id).expect("an item id")
}

pub(super) fn run(number: u32) -> RunId {
    RunId::parse(&format!("run-{number}")).expect("a run id")
}

pub(super) fn exception(id: &str) -> ExceptionId {
    ExceptionId::parse(id).expect("an exception id")
}

pub(super) fn environment(name: &str, api: &str) -> Environment {
    Environment {
        name: name.into(),
        production: true,
        demo: false,
        targets: Targets { api: Some(api.into()), ..Targets::default() },
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
    }
}

pub(super) fn subject(commit: char) -> Subject {
    Subject {
        commit: Some(commit.to_string().repeat(40)),
        dirty: false,
        artifacts: Vec::new(),
        ticket: "CHG-1".into(),
        reason: "Regular release".into(),
    }
}

pub(super) fn finding(probe: &str, outcome: Outcome, at: DateTime<Utc>) -> Finding {
    Finding {
        probe: probe.into(),
        rules: 1,
        target: "https://api.example.com".into(),
        outcome,
        summary: "Looked at it".into(),
        expected: "That it holds".into(),
        observed: format!("At {at}"),
        reproduce: None,
        notes: Vec::new(),
        transcript: Vec::new(),
        started_at: at,
        took_ms: 5,
    }
}

pub(super) fn policy(required: &[Role], approvers: &[Role], changes: ChangeRule) -> Policy {
    let (required_roles, exception_approvers) = (required.to_vec(), approvers.to_vec());
    Policy { required_roles, exception_approvers, changes, ..Policy::default() }
}

impl Story {
    pub(crate) fn found(self, who: &str) -> Self {
        let founder = member(who, &[Role::Admin]);
        let body = Body::ProjectCreated {
            name: "Mail agent".into(),
            environments: vec![
                environment("production", "https://api.example.com"),
                environment("staging", "https://staging.example.com"),
            ],
            policy: Policy::default(),
            founder,
        };
        self.act(who, body)
    }

    pub(crate) fn enroll(self, by: &str, who: &str, roles: &[Role]) -> Self {
        self.act(by, Body::MemberEnrolled { member: member(who, roles) })
    }

    pub(crate) fn remove(self, by: &str, who: &str) -> Self {
        self.act(by, Body::MemberRemoved { member: member(who, &[]).fingerprint })
    }

    pub(crate) fn open(self, who: &str) -> Self {
        let body = Body::ReleaseOpened {
            release: release_id(),
            version: "1.4.0".into(),
            environment: "production".into(),
            template: checklist::digest(),
            subject: subject('a'),
            planned_for: None,
        };
        self.act(who, body)
    }

    pub(crate) fn aim_at(self, who: &str, commit: char) -> Self {
        self.act(who, Body::SubjectSet { release: release_id(), subject: subject(commit) })
    }

    pub(crate) fn start(mut self, who: &str, items: &[&str]) -> Self {
        self.runs += 1;
        let items = items.iter().map(|id| item(id)).collect();
        let body = Body::CheckStarted { release: release_id(), run: run(self.runs), items };
        self.act(who, body)
    }

    /// A finding in the run that was started last.
    pub(crate) fn record(self, who: &str, id: &str, slot: u32, finding: Finding) -> Self {
        let run = run(self.runs);
        let body =
            Body::FindingRecorded { release: release_id(), run, item: item(id), slot, finding };
        self.act(who, body)
    }

    pub(crate) fn finish(self, who: &str) -> Self {
        let run = run(self.runs);
        self.act(who, Body::CheckFinished { release: release_id(), run, cancelled: false })
    }

    /// A whole run by Dan in which every probe of `items` says `outcome`.
    pub(crate) fn finds(self, items: &[&str], outcome: Outcome) -> Self {
        self.finds_with(items, outcome, &[])
    }

    pub(crate) fn finds_with(
        self,
        items: &[&str],
        outcome: Outcome,
        notes: &[(&str, &str)],
    ) -> Self {
        let template = checklist::loaded().template;
        let mut story = self.start("dan", items);
        for id in items {
            let (_, known) = template.item(&item(id)).expect("an item of the checklist");
            for (slot, probe) in (0..).zip(&known.probes) {
                let mut finding = finding(&probe.name, outcome, story.at);
                finding.notes = notes
                    .iter()
                    .map(|(code, text)| Note { code: (*code).into(), text: (*text).into() })
                    .collect();
                story = story.record("dan", id, slot, finding);
            }
        }
        story.finish("dan")
    }

    pub(crate) fn pass(self, items: &[&str]) -> Self {
        self.finds(items, Outcome::Pass)
    }

    pub(crate) fn fail(self, id: &str) -> Self {
        self.finds(&[id], Outcome::Fail)
    }

    pub(crate) fn tick(self, id: &str, who: &str) -> Self {
        self.says(who, id, Tick::Done, "")
    }

    pub(crate) fn says(self, who: &str, id: &str, tick: Tick, note: &str) -> Self {
        let note = note.to_owned();
        self.act(who, Body::ItemAttested { release: release_id(), item: item(id), tick, note })
    }

    pub(crate) fn attach(self, who: &str, id: &str, name: &str) -> Self {
        let evidence = Evidence {
            name: name.into(),
            media_type: "text/plain".into(),
            size: 5,
            sha256: Digest::of(name.as_bytes()),
            observed_at: self.at,
        };
        self.act(who, Body::EvidenceAttached { release: release_id(), item: item(id), evidence })
    }

    /// Asks for an exception that lasts a day.
    pub(crate) fn ask(self, who: &str, name: &str, id: &str) -> Self {
        let expires_at = self.at + Duration::days(1);
        self.ask_until(who, name, id, expires_at)
    }

    pub(crate) fn ask_until(
        self,
        who: &str,
        name: &str,
        id: &str,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let body = Body::ExceptionRequested {
            release: release_id(),
            exception: exception(name),
            item: item(id),
            reason: "The vendor patches it next week".into(),
            compensating_control: "The proxy filters it meanwhile".into(),
            owner: "Dan".into(),
            expires_at,
        };
        self.act(who, body)
    }

    pub(crate) fn decide(self, who: &str, name: &str, verdict: Says) -> Self {
        let exception = exception(name);
        let note = String::new();
        self.act(who, Body::ExceptionDecided { release: release_id(), exception, verdict, note })
    }

    pub(crate) fn grant(self, who: &str, name: &str) -> Self {
        self.decide(who, name, Says::Approve)
    }

    /// Everything that a signer would sign now.
    pub(crate) fn statement(&self, role: Role, decision: Decision, comment: &str) -> Body {
        let holding = |known: &crate::state::Exception| known.holds(self.at + Duration::minutes(1));
        let exceptions = self.release().exceptions.values().filter(|known| holding(known));
        Body::SignedOff {
            release: release_id(),
            role,
            decision,
            meaning: format!("I speak for {}", role.words()),
            exceptions: exceptions.map(|known| known.id.clone()).collect(),
            state: Material::of(self.project(), self.release()).digest(),
            comment: comment.into(),
            signing: None,
        }
    }

    pub(crate) fn sign(self, role: Role, who: &str) -> Self {
        let body = self.statement(role, Decision::Approve, "");
        self.act(who, body)
    }

    pub(crate) fn decline(self, role: Role, who: &str, comment: &str) -> Self {
        let body = self.statement(role, Decision::Decline, comment);
        self.act(who, body)
    }

    pub(crate) fn revoke(self, role: Role, who: &str) -> Self {
        let body = self.statement(role, Decision::Revoke, "");
        self.act(who, body)
    }

    /// `who` records that `by` deployed at that time, and that `verifier` will verify.
    pub(crate) fn deploy_at(self, who: &str, by: &str, verifier: &str, at: DateTime<Utc>) -> Self {
        let body = Body::DeploymentRecorded {
            release: release_id(),
            deployed_at: at,
            deployed_by: member(by, &[]).fingerprint,
            verified_by: member(verifier, &[]).fingerprint,
            reference: "pipeline 77".into(),
        };
        self.act(who, body)
    }

    pub(crate) fn deploy(self, who: &str, by: &str, verifier: &str) -> Self {
        let at = self.at;
        self.deploy_at(who, by, verifier, at)
    }

    pub(crate) fn verify(self, who: &str) -> Self {
        self.act(who, Body::DeploymentVerified { release: release_id(), note: "It runs".into() })
    }

    pub(crate) fn close(self, who: &str) -> Self {
        self.act(who, Body::ReleaseClosed { release: release_id(), note: String::new() })
    }

    pub(crate) fn set_environments(self, who: &str, environments: Vec<Environment>) -> Self {
        self.act(who, Body::EnvironmentsSet { environments })
    }

    pub(crate) fn set_policy(self, who: &str, required: &[Role], approvers: &[Role]) -> Self {
        let changes = self.project().policy.changes;
        let policy = policy(required, approvers, changes);
        self.act(who, Body::PolicySet { policy })
    }

    /// `body` by `who`, with chosen parents and time.
    pub(crate) fn envelope(&self, who: &str, body: Body) -> Envelope {
        Envelope {
            version: ENVELOPE_VERSION,
            project: project_id(),
            parents: self.fold.heads().iter().cloned().collect(),
            author: member(who, &[]).fingerprint,
            at: self.at + Duration::minutes(1),
            body,
        }
    }
}
