//! Projects: created from a `countersign.toml`, with a founder and environments.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_domain::environment::{Environment, SecretRef};
use countersign_domain::event::{Body, ProposedChange};
use countersign_domain::id::ProjectId;
use countersign_domain::member::{ChangeRule, EmergencyRule, Member, Policy, Role};
use countersign_ledger::keys::UnlockedKey;
use serde::Deserialize;

use crate::error::Failure;
use crate::home::Home;
use crate::key::owner_of;
use crate::query::no_project;
use crate::view::{ChangeAnswer, ProjectView};

/// A project's own file, `countersign.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectFile {
    project: Named,
    policy: Option<PolicyTable>,
    #[serde(rename = "environment")]
    environments: Vec<Environment>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

/// What a release needs, as far as the file says it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyTable {
    required_roles: Option<Vec<Role>>,
    signers: Option<BTreeMap<Role, u32>>,
    exception_approvers: Option<Vec<Role>>,
    changes: Option<ChangeRule>,
    freshness_hours: Option<u32>,
    emergency: Option<EmergencyRule>,
}

impl ProjectFile {
    /// The policy that the file asks for. Where it does not say who decides on changes, that
    /// is as `changes` says.
    fn policy(&self, changes: ChangeRule) -> Policy {
        let usual = Policy { changes, ..Policy::default() };
        let Some(table) = &self.policy else { return usual };
        let asked = |said: &Option<Vec<Role>>, usual| said.clone().unwrap_or(usual);
        Policy {
            required_roles: asked(&table.required_roles, usual.required_roles),
            exception_approvers: asked(&table.exception_approvers, usual.exception_approvers),
            changes: table.changes.unwrap_or(changes),
            signers: table.signers.clone().unwrap_or_default(),
            freshness_hours: table.freshness_hours,
            emergency: table.emergency.clone(),
        }
    }

    /// Reads the file's text; paths in it start at `base`.
    ///
    /// # Errors
    /// [`Failure::ProjectFile`] with line and column.
    pub fn parse(text: &str, base: &Path) -> Result<Self, Failure> {
        let mut file: Self = toml::from_str(text).map_err(|error| bad_file(text, &error))?;
        if let Some(claimed) = file.environments.iter().find(|environment| environment.demo) {
            return Err(Failure::Input {
                field: "environment",
                problem: format!("{:?} claims to be the demo", claimed.name),
                hint: "Remove `demo = true`: only the built-in demo sets it",
            });
        }
        for environment in &mut file.environments {
            anchor(environment, base);
        }
        Ok(file)
    }

    /// One environment of a file: of a project's, by name or the only one; or a file that
    /// describes nothing but one environment. No ledger is needed to read it.
    ///
    /// # Errors
    /// [`Failure::ProjectFile`] with line and column; [`Failure::Input`] when it is not clear
    /// which environment is meant.
    pub fn environment(
        text: &str,
        base: &Path,
        name: Option<&str>,
    ) -> Result<Environment, Failure> {
        let table: toml::Table = toml::from_str(text).map_err(|error| bad_file(text, &error))?;
        let environments = if table.contains_key("project") || table.contains_key("environment") {
            Self::parse(text, base)?.environments
        } else {
            let mut one: Environment =
                toml::from_str(text).map_err(|error| bad_file(text, &error))?;
            anchor(&mut one, base);
            vec![one]
        };
        pick(environments, name)
    }
}

/// The environment of that name, or the only one.
pub(crate) fn pick(
    environments: Vec<Environment>,
    name: Option<&str>,
) -> Result<Environment, Failure> {
    let known: Vec<_> = environments.iter().map(|known| known.name.clone()).collect();
    let hint = "Say which with --environment NAME";
    let ambiguous = |problem: String| Failure::Input { field: "environment", problem, hint };
    match name {
        Some(name) => environments
            .into_iter()
            .find(|known| known.name == name)
            .ok_or_else(|| ambiguous(format!("{name:?} is none of {}", known.join(", ")))),
        None => {
            let mut all = environments.into_iter();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                (Some(_), Some(_)) => Err(ambiguous(format!("there are {}", known.join(", ")))),
                (None, _) => Err(ambiguous("there is none".into())),
            }
        }
    }
}

fn bad_file(text: &str, error: &toml::de::Error) -> Failure {
    let offset = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Failure::ProjectFile { line, column, problem: error.message().to_owned() }
}

/// Makes the paths of an environment absolute, so that they mean the same wherever the
/// program is started.
fn anchor(environment: &mut Environment, base: &Path) {
    let absolute = |path: &str| base.join(path).display().to_string();
    let targets = &mut environment.targets;
    let paths = [&mut targets.source, &mut targets.redis_conf, &mut targets.ca_file];
    for path in paths.into_iter().flatten() {
        *path = absolute(path);
    }
    for reference in environment.secrets.values_mut() {
        if let SecretRef::Dotenv { path, .. } = reference {
            *path = absolute(path);
        }
    }
}

impl Home {
    /// Starts a project; the key's owner becomes its first admin, with `roles` besides.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the file asks for something the rules do not allow.
    pub fn create_project(
        &self,
        key: &UnlockedKey,
        file: ProjectFile,
        roles: &[Role],
    ) -> Result<ProjectView, Failure> {
        let project = ProjectId::parse(&self.fresh("project"))?;
        let entry = self.find_key(key.fingerprint().as_str())?;
        let (name, email) = owner_of(&entry.comment);
        let mut all = vec![Role::Admin];
        all.extend(roles.iter().filter(|role| **role != Role::Admin));
        let founder = Member {
            name: name.to_owned(),
            email: email.to_owned(),
            fingerprint: entry.fingerprint.clone(),
            public_key: entry.public_key.clone(),
            roles: all,
        };
        let policy = file.policy(ChangeRule::Roles);
        let (name, environments) = (file.project.name, file.environments);
        self.act(key, &project, Body::ProjectCreated { name, environments, policy, founder })?;
        self.project(&project)
    }

    /// Replaces the environments and the policy by those of the file. A policy that needs the
    /// consent of others is proposed to them.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn configure_project(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        file: ProjectFile,
    ) -> Result<ChangeAnswer, Failure> {
        let (same_environments, same_policy, policy) = self.read(project, |fold| {
            let known = fold.project().ok_or_else(no_project)?;
            let policy = file.policy(known.policy.changes);
            Ok((known.environments == file.environments, known.policy == policy, policy))
        })?;
        if !same_environments {
            let body = Body::EnvironmentsSet { environments: file.environments };
            self.act(key, project, body)?;
        }
        if same_policy {
            return Ok(ChangeAnswer { project: self.project(project)?, proposed: None });
        }
        self.change(key, project, ProposedChange::SetPolicy { policy }, "")
    }

    /// The id of the project with that id or name.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub fn find_project(&self, wanted: &str) -> Result<ProjectId, Failure> {
        let projects = self.ledger.projects()?;
        if let Some(project) = projects.iter().find(|project| project.as_str() == wanted) {
            return Ok(project.clone());
        }
        for project in projects {
            let named = |fold: &countersign_domain::fold::Fold| {
                Ok(fold.project().is_some_and(|known| known.name.eq_ignore_ascii_case(wanted)))
            };
            if self.read(&project, named)? {
                return Ok(project);
            }
        }
        Err(Failure::NotFound {
            what: "project",
            name: wanted.chars().take(80).collect(),
            hint: "`countersign project list` shows the projects of this ledger",
        })
    }

    /// The only project, when there is exactly one.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is none, or more than one to choose from.
    pub fn only_project(&self) -> Result<ProjectId, Failure> {
        let mut projects = self.ledger.projects()?;
        match (projects.pop(), projects.is_empty()) {
            (Some(project), true) => Ok(project),
            (Some(_), false) => Err(Failure::Input {
                field: "project",
                problem: "there are several projects".into(),
                hint: "Say which with --project NAME",
            }),
            (None, _) => Err(Failure::NotFound {
                what: "project",
                name: String::new(),
                hint: "Create one with `countersign project create`",
            }),
        }
    }
}

/// A role by its code.
///
/// # Errors
/// [`Failure::Input`].
pub fn role_of(code: &str) -> Result<Role, Failure> {
    code.parse().map_err(|problem| Failure::Input {
        field: "role",
        problem,
        hint: "Use one of the listed roles",
    })
}
