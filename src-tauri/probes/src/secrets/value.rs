//! Finds one secret by its reference and describes it without showing it.

use countersign_domain::finding::{Outcome, Reason};
use zeroize::Zeroizing;

use super::judge::{Strength, judge_value};
use crate::context::Context;
use crate::probe::{Doubt, Judgement, Observation};

/// What is known of one secret.
#[derive(Debug, Clone)]
pub struct Value {
    /// Its name in the environment.
    pub name: String,
    /// Length, alphabet, strength.
    pub strength: Strength,
    /// Other names of the environment that hold the same value by another reference.
    pub reused_as: Vec<String>,
}

/// Every value of the run's secrets.
pub(super) fn all(cx: &Context) -> Vec<Zeroizing<String>> {
    cx.environment().secrets.keys().filter_map(|name| cx.secret(name).cloned()).collect()
}

/// Describes the secret called `name`.
pub(super) fn look(cx: &Context, name: &str) -> Observation<Value> {
    let Some(reference) = cx.environment().secrets.get(name) else {
        let seen = format!("the environment has no reference for the secret `{name}`");
        return Observation::new(name, Err(Doubt::new(Reason::NotConfigured, seen)));
    };
    let words = String::from(reference.clone());
    let target = format!("{name} ({words})");
    let Some(value) = cx.secret(name) else {
        let seen = format!("no value at `{words}`: set it there, or correct the reference");
        return Observation::new(target, Err(Doubt::new(Reason::NeedsCredentials, seen)));
    };
    let same = |other: &&String| cx.secret(other).is_some_and(|found| **found == **value);
    let reused_as = cx
        .environment()
        .secrets
        .iter()
        .filter(|(other, place)| *other != name && *place != reference)
        .map(|(other, _)| other)
        .filter(same)
        .cloned()
        .collect();
    let strength = judge_value(name, value);
    Observation::new(target, Ok(Value { name: name.to_owned(), strength, reused_as }))
}

/// The verdict: `wrong` is what this claim finds wrong, beside what is bad in any secret.
pub(super) fn judge(value: &Value, mut wrong: Vec<String>, expected: String) -> Judgement {
    wrong.extend(value.strength.weaknesses.iter().map(|weakness| weakness.words().to_owned()));
    if !value.reused_as.is_empty() {
        wrong.push(format!("is also the value of {}", value.reused_as.join(", ")));
    }
    let (outcome, summary) = if wrong.is_empty() {
        (Outcome::Pass, format!("{} is long and random enough", value.name))
    } else {
        (Outcome::Fail, format!("{} {}", value.name, wrong.join("; ")))
    };
    Judgement { outcome, summary, expected, observed: value.strength.words(), notes: Vec::new() }
}
