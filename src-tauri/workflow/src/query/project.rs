//! One project, and the state of the program.

use std::collections::BTreeMap;

use countersign_domain::environment::Environment;
use countersign_domain::fold::Fold;
use countersign_domain::id::{EventId, ProjectId};
use countersign_domain::member::{ChangeRule, Policy, Role};
use countersign_domain::rewrite::apart;
use countersign_domain::state::Retired;
use countersign_export::describe;

use super::{no_project, stamp};
use crate::error::Failure;
use crate::home::Home;
use crate::view::{
    EnvironmentView, KeyView, MemberView, ProjectView, RetiredKeyView, SecretView, StatusView,
    TargetView,
};

impl Home {
    /// One project with roster and environments.
    ///
    /// # Errors
    /// An unknown project, or ledger trouble.
    pub fn project(&self, id: &ProjectId) -> Result<ProjectView, Failure> {
        let keys = self.keys.list()?;
        let here =
            |fingerprint: &str| keys.iter().any(|key| key.fingerprint.as_str() == fingerprint);
        let codes = |roles: &[Role]| roles.iter().map(|role| role.code().to_owned()).collect();
        self.read(id, |fold| {
            let project = fold.project().ok_or_else(no_project)?;
            Ok(ProjectView {
                id: project.id.to_string(),
                name: project.name.clone(),
                demo: project.environments.iter().any(|environment| environment.demo),
                members: project
                    .members
                    .values()
                    .map(|member| MemberView {
                        name: member.name.clone(),
                        email: member.email.clone(),
                        fingerprint: member.fingerprint.to_string(),
                        roles: codes(&member.roles),
                        here: here(member.fingerprint.as_str()),
                    })
                    .collect(),
                retired: project.retired.values().filter_map(retired_view).collect(),
                environments: project
                    .environments
                    .iter()
                    .map(|environment| self.environment_view(environment))
                    .collect(),
                required_roles: codes(&project.policy.required_roles),
                signers: signers(&project.policy),
                freshness_hours: project.policy.freshness_hours,
                emergency: super::gate::emergency_rule(&project.policy),
                policy: project.policy.rules(),
                exception_approvers: codes(&project.policy.exception_approvers),
                changes: match project.policy.changes {
                    ChangeRule::Admin => "admin".to_owned(),
                    ChangeRule::Roles => "roles".to_owned(),
                },
                proposals: super::proposal::waiting(project),
                apart: apart(fold).iter().map(|event| change_text(fold, event)).collect(),
                events: u32::try_from(fold.trail().len()).unwrap_or(u32::MAX),
            })
        })
    }

    /// Whether each reference leads to a value is looked up; the value is dropped at once.
    fn environment_view(&self, environment: &Environment) -> EnvironmentView {
        let (found, _) = self.resolve_secrets(environment);
        EnvironmentView {
            name: environment.name.clone(),
            production: environment.production,
            demo: environment.demo,
            targets: environment
                .targets
                .listed()
                .into_iter()
                .map(|(name, value)| TargetView { name: name.to_owned(), value: value.to_owned() })
                .collect(),
            secrets: environment
                .secrets
                .iter()
                .map(|(name, reference)| SecretView {
                    name: name.clone(),
                    reference: reference.clone().into(),
                    found: found.contains_key(name),
                })
                .collect(),
        }
    }

    /// The state of the program; `unlocked` is the front's own key.
    ///
    /// # Errors
    /// Trouble with ledger or key folder.
    pub fn status(&self, unlocked: Option<KeyView>) -> Result<StatusView, Failure> {
        let keys = self.key_list()?;
        let projects = self.ledger.projects()?;
        Ok(StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            home: self.path().display().to_string(),
            first_run: projects.is_empty() && keys.is_empty(),
            demo_passphrase: self.demo_project()?.map(|_| crate::demo::PASSPHRASE.to_owned()),
            keys,
            unlocked,
        })
    }
}

/// Who made a change of roster or policy, what it was, and when.
pub(crate) fn change_text(fold: &Fold, event: &EventId) -> String {
    let Some(entry) = fold.trail().iter().find(|entry| entry.event.id() == event) else {
        return event.to_string();
    };
    let envelope = entry.event.envelope();
    let author = envelope.author.as_str();
    let by = entry.by.as_ref().map_or(author, |member| member.name.as_str());
    let refused = if entry.refused.is_some() { ", refused" } else { "" };
    format!("{by} {} ({}{refused})", describe(&envelope.body), stamp(envelope.at))
}

fn retired_view(retired: &Retired) -> Option<RetiredKeyView> {
    let (how, at, detail) = match (&retired.revoked, &retired.replaced) {
        (Some(revoked), _) => ("revoked", revoked.stamp.at, revoked.reason.clone()),
        (None, Some((by, key))) => ("replaced", by.at, key.to_string()),
        (None, None) => return None,
    };
    Some(RetiredKeyView {
        name: retired.member.name.clone(),
        fingerprint: retired.member.fingerprint.to_string(),
        how: how.to_owned(),
        at: stamp(at),
        detail,
    })
}

fn signers(policy: &Policy) -> BTreeMap<String, u32> {
    policy.signers.iter().map(|(role, people)| (role.code().to_owned(), *people)).collect()
}
