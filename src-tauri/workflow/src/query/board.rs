//! Every release at a glance.

use std::sync::Arc;

use countersign_domain::member::Member;
use countersign_domain::state::Project;

use super::release::row;
use crate::error::Failure;
use crate::home::Home;
use crate::view::{Board, BoardProject, SignerView};

impl Home {
    /// Every project with its releases, newest first.
    ///
    /// # Errors
    /// Ledger trouble.
    pub fn board(&self) -> Result<Board, Failure> {
        let now = self.now();
        let mut projects = Vec::new();
        for id in self.ledger.projects()? {
            let view = |fold: &countersign_domain::fold::Fold| {
                Ok(fold.project().map(|project| board_project(project, now)))
            };
            projects.extend(self.read(&id, view)?);
        }
        projects.sort_by_key(|project| project.name.to_lowercase());
        Ok(Board { projects })
    }
}

fn board_project(project: &Project, now: chrono::DateTime<chrono::Utc>) -> BoardProject {
    let mut releases: Vec<_> = project.releases.values().collect();
    releases.sort_by_key(|release| std::cmp::Reverse(release.opened.at));
    BoardProject {
        id: project.id.to_string(),
        name: project.name.clone(),
        demo: project.environments.iter().any(|environment| environment.demo),
        members: u32::try_from(project.members.len()).unwrap_or(u32::MAX),
        signers: signers(project),
        releases: releases.into_iter().map(|release| row(project, release, now)).collect(),
    }
}

fn signers(project: &Project) -> Vec<SignerView> {
    let signer = |member: &Arc<Member>| {
        let required = project.policy.required_roles.iter().filter(|role| member.holds(**role));
        SignerView {
            fingerprint: member.fingerprint.to_string(),
            roles: required.map(|role| role.code().to_owned()).collect(),
        }
    };
    project.members.values().map(signer).filter(|signer| !signer.roles.is_empty()).collect()
}
