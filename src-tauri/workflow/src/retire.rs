//! Keys that leave the roster: replaced by their owners, or revoked by an admin.

use chrono::{DateTime, Utc};
use countersign_domain::event::{Body, Decision, ROTATION_NAMESPACE, rotation_statement};
use countersign_domain::fold::Fold;
use countersign_domain::id::{Fingerprint, ProjectId};
use countersign_domain::member::Role;
use countersign_domain::state::{Project, Signoff};
use countersign_ledger::keys::{KeyError, UnlockedKey};
use zeroize::Zeroizing;

use crate::agent::off_the_runtime;
use crate::card::phrase;
use crate::error::Failure;
use crate::home::Home;
use crate::query::stamp;
use crate::release::time;
use crate::view::{DoubtView, KeyView, RevocationView, RotationView};

impl Home {
    /// Makes a key for the owner of `old`, beside it: `name`, or the old name with the next
    /// number.
    ///
    /// # Errors
    /// As [`Home::create_key`].
    pub fn create_next_key(
        &self,
        old: &KeyView,
        name: Option<&str>,
        passphrase: &Zeroizing<String>,
    ) -> Result<KeyView, Failure> {
        let taken: Vec<_> = self.key_list()?.into_iter().map(|key| key.name).collect();
        let next = || (2..).map(|number| numbered(&old.name, number)).find(|n| !taken.contains(n));
        let name = name.map(str::to_owned).or_else(next);
        self.create_key(name.as_deref(), &old.owner, &old.email, passphrase)
    }

    /// The projects on whose roster a key is.
    ///
    /// # Errors
    /// [`Failure::Input`] when there is none; ledger trouble.
    pub fn projects_of(&self, key: &Fingerprint) -> Result<Vec<(ProjectId, String)>, Failure> {
        let mut found = Vec::new();
        for project in self.ledger.projects()? {
            let name = |fold: &Fold| {
                let known = fold.project().filter(|known| known.members.contains_key(key));
                Ok(known.map(|known| known.name.clone()))
            };
            if let Some(name) = self.read(&project, name)? {
                found.push((project, name));
            }
        }
        if found.is_empty() {
            return Err(Failure::Input {
                field: "key",
                problem: format!("{key} is on no project's roster here"),
                hint: "Nothing has to be replaced: make another with `countersign key create`",
            });
        }
        Ok(found)
    }

    /// Puts `new` in the place of `old` in every project on whose roster that is, and moves
    /// the old key's file out of the way.
    ///
    /// # Errors
    /// [`Failure::Refused`], and what was done until then stays: the same again goes on.
    pub fn rotate_key(
        &self,
        old: &UnlockedKey,
        new: &UnlockedKey,
    ) -> Result<RotationView, Failure> {
        let (from, to) = (old.fingerprint(), new.fingerprint());
        let mut projects = Vec::new();
        for (project, name) in self.projects_of(from)? {
            let statement = rotation_statement(&project, from, to).map_err(KeyError::from)?;
            let body = Body::KeyRotated {
                key: to.clone(),
                public_key: new.public_key().to_owned(),
                proof: off_the_runtime(|| new.sign(ROTATION_NAMESPACE, &statement))?,
            };
            self.act(old, &project, body)?;
            projects.push(name);
        }
        let kept = self.keys.set_aside(&self.find_key(from.as_str())?)?;
        Ok(RotationView {
            key: self.key_by(to)?,
            phrase: phrase(to),
            replaced: from.to_string(),
            kept: kept.display().to_string(),
            projects,
        })
    }

    /// Revokes a key that was lost or stolen; `since`: from when on somebody else may have
    /// signed with it (RFC 3339, or a date).
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Input`] for a time that is none.
    pub fn revoke_key(
        &self,
        admin: &UnlockedKey,
        project: &ProjectId,
        key: &Fingerprint,
        reason: &str,
        since: Option<&str>,
    ) -> Result<RevocationView, Failure> {
        let since = since.map(time).transpose()?;
        let reason = reason.trim().to_owned();
        let body = Body::KeyRevoked { member: key.clone(), reason, since };
        let event = self.act(admin, project, body)?;
        self.read(project, |fold| {
            let known = fold.project().ok_or_else(crate::query::no_project)?;
            let retired = known.retired.get(key).ok_or_else(crate::query::no_project)?;
            let revoked = retired.revoked.as_ref().ok_or_else(crate::query::no_project)?;
            let last = known.last_key(key);
            let signs = last != key && known.members.contains_key(last);
            let by_it = |signoff: &Signoff| {
                signoff.stale.as_ref().is_some_and(|stale| stale.event == event)
            };
            Ok(RevocationView {
                name: retired.member.name.clone(),
                fingerprint: key.to_string(),
                reason: revoked.reason.clone(),
                since: revoked.since.map(stamp),
                replaced_by: signs.then(|| last.to_string()),
                doubtful: doubtful(known, key, since, by_it),
            })
        })
    }
}

/// The approvals that a revocation made stale, and those that had gone out by then.
fn doubtful(
    project: &Project,
    key: &Fingerprint,
    since: Option<DateTime<Utc>>,
    made_stale: impl Fn(&Signoff) -> bool,
) -> Vec<DoubtView> {
    let Some(since) = since else { return Vec::new() };
    let keys = project.keys_until(key);
    let mut found = Vec::new();
    for release in project.releases.values() {
        let gone_out = release.deployment.is_some() || release.closed.is_some();
        let by_key = |signoff: &&Signoff| {
            signoff.decision == Decision::Approve
                && if gone_out {
                    signoff.stamp.at >= since && keys.contains(&signoff.stamp.by.fingerprint)
                } else {
                    made_stale(signoff)
                }
        };
        let latest = Role::ALL
            .into_iter()
            .flat_map(|role| release.counting(role, project.policy.signers_of(role)).into_iter());
        found.extend(latest.filter(by_key).map(|signoff| DoubtView {
            release: release.version.clone(),
            role: signoff.role.code().to_owned(),
            at: stamp(signoff.stamp.at),
            gone_out,
        }));
    }
    found
}

/// `ben` is followed by `ben-2`, and that by `ben-3`.
fn numbered(name: &str, number: u32) -> String {
    let base = name.rsplit_once('-').filter(|(_, end)| end.parse::<u32>().is_ok_and(|n| n < 100));
    format!("{}-{number}", base.map_or(name, |(base, _)| base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_followed_by_the_next_of_its_name() {
        for (name, number, next) in
            [("ben", 2, "ben-2"), ("ben-2", 3, "ben-3"), ("ben-2024", 2, "ben-2024-2")]
        {
            assert_eq!(numbered(name, number), next);
        }
    }
}
