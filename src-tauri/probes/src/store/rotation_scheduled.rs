//! Every declared secret is replaced on a schedule.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::answer::{Found, Kept, Rotation, day};
use super::look::Look;
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Days between two replacements that most standards accept; used for advice alone.
const USUAL_DAYS: i64 = 90;
/// Days by which a rotation may be late: a store rotates within a window, not at a time.
const GRACE_DAYS: i64 = 2;
/// Days that a declared schedule may have.
const MAX_DAYS: i64 = 3_650;

/// `store.rotation-scheduled`
pub struct RotationScheduled;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {}

/// What the store says, and the schedule that the team declares.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the store says.
    pub look: Arc<Look>,
    /// The fact `rotation_days`.
    pub declared: Option<i64>,
}

impl Probe for RotationScheduled {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "store.rotation-scheduled",
        rules: 1,
        claim: "Every secret that the team declares is replaced on a schedule, and the schedule is \
                kept.",
        why: "A secret that is never replaced stays good for whoever once copied it: a former \
              colleague, an old backup, a log file.",
        how: "Reads the same metadata as store.secrets-exist. AWS Secrets Manager: rotation is \
              enabled, has happened within its own interval (two days late at most), and is due in \
              the future; with the fact `rotation_days`, the interval is no longer than that. Azure \
              Key Vault and the key/value engine of Vault keep no schedule for secrets: the age of \
              the value in use is held against `rotation_days`, and an expired value fails.",
        blind: "Who is told and what is done when a rotation fails; whether the old value is \
                revoked; a schedule that is kept outside the store.",
        remedy: "AWS: aws secretsmanager rotate-secret with a rotation function and rules. Azure: set \
                 an expiry date, and let a function replace the secret at SecretNearExpiry. Vault: \
                 prefer dynamic secrets, or a job that writes a new version. Declare the interval as \
                 the fact `rotation_days`. Half a day.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "each declared secret was replaced within its interval, and will be again".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let seen = Look::observe(cx).await;
        let facts =
            declared(cx).and_then(|declared| seen.facts.map(|look| Facts { look, declared }));
        Observation {
            target: seen.target,
            facts,
            transcript: seen.transcript,
            reproduce: seen.reproduce,
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let look = &facts.look;
        let expected = Self::expected(params);
        let (mut broken, mut open, mut kept, mut notes) = (vec![], vec![], vec![], vec![]);
        for entry in &look.entries {
            let Ok(Found::There(secret)) = &entry.found else { continue };
            match schedule(secret, facts.declared, look.at) {
                Schedule::Broken(why) => broken.push(format!("{}: {why}", entry.name)),
                Schedule::Open(why) => open.push(format!("{}: {why}", entry.name)),
                Schedule::Yes(how, note) => {
                    kept.push(format!("{}: {how}", entry.name));
                    notes.extend(note.map(|(code, text)| Note {
                        code: code.to_owned(),
                        text: format!("{}: {text}", entry.name),
                    }));
                }
            }
        }
        let total = look.entries.len();
        if !broken.is_empty() {
            let summary = format!("{} of {total} secrets follow no kept schedule", broken.len());
            return Judgement::new(Outcome::Fail, summary, expected, broken.join("; "));
        }
        if let Some((name, doubt)) = look.doubt() {
            let summary = format!("Could not tell for {name}: {}", doubt.reason.words());
            let outcome = Outcome::Inconclusive(doubt.reason);
            return Judgement::new(outcome, summary, expected, doubt.seen.clone());
        }
        if let Some(entry) =
            look.entries.iter().find(|entry| matches!(entry.found, Ok(Found::Gone(_))))
        {
            let summary = format!("Could not tell: {} is not in the store", entry.name);
            let outcome = Outcome::Inconclusive(Reason::NotConfigured);
            return Judgement::new(outcome, summary, expected, "see store.secrets-exist");
        }
        if !open.is_empty() {
            let summary = format!(
                "Could not tell: {} keeps no schedule for {} of {total}",
                look.store,
                open.len()
            );
            let outcome = Outcome::Inconclusive(Reason::NeedsPerson);
            return Judgement::new(outcome, summary, expected, open.join("; "));
        }
        let summary = format!("All {total} declared secrets are replaced on a schedule");
        Judgement::new(Outcome::Pass, summary, expected, kept.join("; ")).notes(notes)
    }

    fn deadline(_: &Params) -> Duration {
        super::secrets_exist::DEADLINE
    }
}

fn declared(cx: &Context) -> Result<Option<i64>, Doubt> {
    let Some(text) = cx.fact("rotation_days") else { return Ok(None) };
    let days = text.trim().parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    days.map(Some).ok_or_else(|| {
        let seen =
            format!("the fact `rotation_days` is {text:?}: expected days from 1 to {MAX_DAYS}");
        Doubt::new(Reason::NotConfigured, seen)
    })
}

/// Whether one secret's schedule is kept.
#[derive(Debug, PartialEq, Eq)]
enum Schedule {
    Yes(String, Option<(&'static str, String)>),
    Broken(String),
    Open(String),
}

fn schedule(secret: &Kept, declared: Option<i64>, now: DateTime<Utc>) -> Schedule {
    match &secret.rotation {
        Rotation::Off => Schedule::Broken("rotation is not enabled".to_owned()),
        Rotation::On { every_days, last, next } => {
            by_store(secret, (*every_days, *last, *next), declared, now)
        }
        Rotation::NoSchedule => by_age(secret, declared, now),
    }
}

fn by_store(
    secret: &Kept,
    (every, last, next): (Option<i64>, Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    declared: Option<i64>,
    now: DateTime<Utc>,
) -> Schedule {
    let late = |at: DateTime<Utc>| (now - at).num_days() > GRACE_DAYS;
    if let (Some(every), Some(most)) = (every, declared)
        && every > most
    {
        return Schedule::Broken(format!(
            "rotates every {every} days, and `rotation_days` is {most}"
        ));
    }
    if let Some(at) = next.filter(|at| late(*at)) {
        return Schedule::Broken(format!(
            "rotation was due on {} and did not happen",
            day(Some(at))
        ));
    }
    let limit = every.or(declared);
    let Some(last) = last else {
        let young =
            limit.zip(secret.created).is_some_and(|(limit, at)| (now - at).num_days() <= limit);
        if young && next.is_some_and(|at| at > now) {
            let text = format!("enabled and not done yet; due on {}", day(next));
            return Schedule::Yes(format!("due on {}", day(next)), Some(("not-rotated-yet", text)));
        }
        return Schedule::Broken("rotation is enabled and has never happened".to_owned());
    };
    let age = (now - last).num_days();
    match limit {
        _ if last > now + chrono::Duration::days(1) => {
            Schedule::Open(format!("last rotated on {}, which has not come yet", day(Some(last))))
        }
        Some(limit) if age > limit + GRACE_DAYS => Schedule::Broken(format!(
            "last rotated {age} days ago, and the interval is {limit} days"
        )),
        None if next.is_none() => {
            Schedule::Open(format!("last rotated {age} days ago, and no interval is known"))
        }
        _ => {
            let long =
                every.filter(|every| declared.is_none() && *every > USUAL_DAYS).map(|every| {
                    ("interval-long", format!("rotates every {every} days; {USUAL_DAYS} are usual"))
                });
            Schedule::Yes(format!("rotated {age} days ago, next on {}", day(next)), long)
        }
    }
}

fn by_age(secret: &Kept, declared: Option<i64>, now: DateTime<Utc>) -> Schedule {
    if let Some(at) = secret.expires.filter(|at| *at <= now) {
        return Schedule::Broken(format!("its value ran out on {}", day(Some(at))));
    }
    let Some(replaced) = secret.replaced else {
        return Schedule::Open("the store tells no date".to_owned());
    };
    let age = (now - replaced).num_days();
    let ends = secret.expires.map_or_else(String::new, |at| format!(", ends on {}", day(Some(at))));
    if replaced > now + chrono::Duration::days(1) {
        return Schedule::Open(format!(
            "its value is of {}, which has not come yet",
            day(Some(replaced))
        ));
    }
    match declared {
        Some(most) if age > most => {
            Schedule::Broken(format!("its value is {age} days old, and `rotation_days` is {most}"))
        }
        Some(most) => {
            let text =
                format!("the store keeps no schedule; {age} of {most} declared days have passed");
            Schedule::Yes(format!("value of {age} days{ends}"), Some(("schedule-declared", text)))
        }
        None => {
            let old = if age > USUAL_DAYS { " (more than the usual 90)" } else { "" };
            Schedule::Open(format!(
                "value of {age} days{old}{ends}; no `rotation_days` is declared"
            ))
        }
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
