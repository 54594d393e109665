//! The secrets bench: make and judge values, and keep none.

use std::path::PathBuf;

use countersign_domain::environment::Environment;
use countersign_domain::id::ProjectId;
use countersign_probes::context::Secrets;
use countersign_probes::secrets::generate::{Shape, generate};
use countersign_probes::secrets::judge::{Bucket, Strength, judge_value};
use countersign_probes::secrets::resolve::{Missing, resolve};
use countersign_probes::secrets::{hex_value, strong_value};
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::home::{Home, World};
use crate::query::no_project;
use crate::view::StrengthView;

/// Bytes that the built-in checklist asks of the secrets that it names.
const JWT_BYTES: usize = 64;
const ENCRYPTION_BYTES: usize = 32;
const REDIS_BYTES: usize = 32;

impl Home {
    /// As [`new_secret`], from this home's random source.
    ///
    /// # Errors
    /// [`Failure::Input`] for an unknown kind.
    pub fn generate_secret(&self, kind: &str) -> Result<Zeroizing<String>, Failure> {
        new_secret(&self.world, kind)
    }

    /// As [`judge_secret`], of the value that a reference of an environment leads to. That
    /// another name of the environment has the same value is wrong too. The values are
    /// dropped at once.
    ///
    /// # Errors
    /// An unknown project, environment or secret; a reference that leads nowhere.
    pub fn judge_referenced_secret(
        &self,
        project: &ProjectId,
        environment: &str,
        name: &str,
    ) -> Result<StrengthView, Failure> {
        let environment = self.read(project, |fold| {
            let known = &fold.project().ok_or_else(no_project)?.environments;
            known.iter().find(|each| each.name == environment).cloned().ok_or_else(|| {
                not_found("environment", environment, "`project show` lists the environments")
            })
        })?;
        let (found, missing) = self.resolve_secrets(&environment);
        let Some(value) = found.get(name) else {
            return Err(match missing.into_iter().find(|each| each.name == name) {
                Some(Missing { why, .. }) => Failure::Input {
                    field: "secret",
                    problem: why,
                    hint: "Set the value where the reference points, or correct the reference",
                },
                None => not_found("secret", name, "`project show` lists the references"),
            });
        };
        let reference = environment.secrets.get(name);
        let reused = found.iter().filter(|(other, held)| {
            *other != name && **held == *value && environment.secrets.get(*other) != reference
        });
        let reused = reused.map(|(other, _)| format!("is also the value of {other}")).collect();
        Ok(strength_view(name, &judge_value(name, value), reused))
    }

    /// What the references of an environment lead to now.
    pub(crate) fn resolve_secrets(&self, environment: &Environment) -> (Secrets, Vec<Missing>) {
        let base = environment.targets.source.as_ref().map(PathBuf::from);
        let base = base.unwrap_or_else(|| self.path().to_owned());
        let variable = self.world.variable.clone();
        resolve(environment, &base, &|name| variable(name))
    }
}

fn not_found(what: &'static str, name: &str, hint: &'static str) -> Failure {
    Failure::NotFound { what, name: name.chars().take(80).collect(), hint }
}

/// A new secret of that kind from the system's random source; kept nowhere. Needs no home.
///
/// # Errors
/// [`Failure::Input`] for an unknown kind.
pub fn new_secret(world: &World, kind: &str) -> Result<Zeroizing<String>, Failure> {
    let shape = match kind {
        "jwt-secret" => Shape::Hex64,
        "encryption-key" => Shape::Hex32,
        "redis-password" => Shape::Base64x32,
        other => Shape::from_code(other).ok_or_else(|| Failure::Input {
            field: "kind",
            problem: format!(
                "{:?} is not a kind of secret",
                other.chars().take(40).collect::<String>()
            ),
            hint: "Use jwt-secret, encryption-key or redis-password",
        })?,
    };
    Ok(generate(shape, &mut |bytes| (world.random)(bytes)))
}

/// How strong a value is, and whether it is what the built-in checklist asks of a secret of
/// that name. The value is not kept.
#[must_use]
pub fn judge_secret(name: &str, value: &Zeroizing<String>) -> StrengthView {
    strength_view(name, &judge_value(name, value), Vec::new())
}

fn strength_view(name: &str, strength: &Strength, reused: Vec<String>) -> StrengthView {
    let mut wrong = match name {
        "JWT_SECRET" => hex_value::wrong(strength, JWT_BYTES),
        "ENCRYPTION_KEY" => hex_value::wrong(strength, ENCRYPTION_BYTES),
        "REDIS_PASSWORD" => strong_value::wrong(strength, REDIS_BYTES),
        _ => strong_value::wrong(strength, 0),
    };
    wrong.extend(strength.weaknesses.iter().map(|weakness| weakness.words().to_owned()));
    wrong.extend(reused);
    StrengthView {
        strong: wrong.is_empty() && strength.bucket == Bucket::Strong,
        summary: strength.words(),
        wrong,
        length: u32::try_from(strength.length).unwrap_or(u32::MAX),
        alphabet: strength.alphabet.words().to_owned(),
        bucket: strength.bucket.words().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with the value under that name.
    fn wrong(name: &str, value: &str) -> Vec<String> {
        let view = judge_secret(name, &Zeroizing::new(value.to_owned()));
        assert_eq!(view.strong, view.wrong.is_empty(), "{name}: {view:?}");
        assert!(!format!("{view:?}").contains(value), "the value is not shown: {view:?}");
        view.wrong
    }

    #[test]
    fn the_lengths_are_those_of_the_built_in_checklist() {
        let checklist = include_str!("../../templates/production-security.toml");
        for line in [
            format!("secret = \"JWT_SECRET\", bytes = {JWT_BYTES} "),
            format!("secret = \"ENCRYPTION_KEY\", bytes = {ENCRYPTION_BYTES} "),
            format!("secret = \"REDIS_PASSWORD\", min_bytes = {REDIS_BYTES} "),
        ] {
            assert!(checklist.contains(&line), "{line}");
        }
    }

    #[test]
    fn what_is_made_has_nothing_wrong_under_its_own_name() {
        let world = World::real();
        for (kind, name) in [
            ("jwt-secret", "JWT_SECRET"),
            ("encryption-key", "ENCRYPTION_KEY"),
            ("redis-password", "REDIS_PASSWORD"),
        ] {
            let made = new_secret(&world, kind).expect("a known kind");
            assert_eq!(wrong(name, &made), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn each_bad_value_is_wrong_for_its_own_reason() {
        let key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(wrong("ANY_TOKEN", key), Vec::<String>::new(), "of others only strength counts");
        for (name, value, reason) in [
            ("JWT_SECRET", key, "has 64 characters instead of 128"),
            ("REDIS_PASSWORD", "9f86d081884c7d659a2feaa0c55ad015", "fewer than 32"),
            ("REDIS_PASSWORD", "foobared", "everybody tries"),
            ("ENCRYPTION_KEY", "your-encryption-key-here", "placeholder"),
            ("ANY_TOKEN", "correct horse battery", "can be guessed"),
        ] {
            let said = wrong(name, value);
            assert!(said.iter().any(|each| each.contains(reason)), "{name}: {said:?}");
        }
    }
}
