//! Claim: Redis writes its data to disk.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::endpoint::{Endpoint, target};
use super::saving::{Saving, look};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// The declared fact: whether the data must survive a restart (`yes`, `no`).
const FACT: &str = "persistence";

/// `redis.persistence`
pub struct Persistence;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for Persistence {
    type Params = Params;
    type Facts = Saving;

    const DEFINITION: Definition = Definition {
        name: "redis.persistence",
        rules: 1,
        claim: "Redis writes snapshots or an append-only file, and the last write went well.",
        why: "Without it a restart loses every session, job and counter.",
        how: "INFO persistence, and CONFIG GET save (or the save lines of redis.conf where \
              CONFIG is not allowed). Never starts a save.",
        blind: "Cannot tell whether the disk survives, nor whether a restore works. A server \
                that never saved reports `ok` too.",
        remedy: "Set save points in redis.conf, for example `save 900 1 300 10 60 10000`. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "save points or an append-only file, and no failed write (unless the environment \
         declares `persistence: no`)"
            .into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Saving> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(target, look(cx, FACT).await);
        seen.transcript = seen.facts.iter().flat_map(lines).collect();
        if let Ok(at) = Endpoint::of(cx) {
            seen.reproduce = Some(format!("{} INFO persistence", at.cli_as(cx)));
        }
        seen
    }

    fn judge(facts: &Saving, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        Judgement {
            outcome,
            summary: summary.into(),
            expected: Self::expected(params),
            observed: lines(facts).join("; "),
            notes: Vec::new(),
        }
    }
}

/// The fields as lines.
pub(super) fn lines(facts: &Saving) -> Vec<String> {
    let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
    let points = match facts.points.as_deref() {
        Some("") => "none",
        Some(points) => points,
        None => "unknown",
    };
    vec![
        format!("save points: {points} (from {})", facts.points_from),
        format!("aof_enabled: {}", facts.aof.map_or("unknown", |on| if on { "1" } else { "0" })),
        format!("aof_last_write_status: {}", or(&facts.aof_write)),
        format!("rdb_last_bgsave_status: {}", or(&facts.last_save)),
        format!("rdb_changes_since_last_save: {}", or(&facts.changes)),
    ]
}

fn verdict(facts: &Saving) -> (Outcome, &'static str) {
    let aof = facts.aof == Some(true);
    let points = facts.points.as_deref().map(|points| !points.is_empty());
    let failed = |status: &Option<String>| status.as_deref().is_some_and(|status| status != "ok");
    if points != Some(false) && failed(&facts.last_save) {
        return (Outcome::Fail, "The last snapshot could not be written");
    }
    if aof && failed(&facts.aof_write) {
        return (Outcome::Fail, "The append-only file could not be written");
    }
    if facts.last_save.is_none() {
        return (Outcome::Inconclusive(Reason::Unexpected), "INFO shows nothing about persistence");
    }
    if aof || points == Some(true) {
        return (Outcome::Pass, "Redis writes its data to disk");
    }
    if facts.wanted == Some(false) {
        return (Outcome::NotApplicable, "Declared as not needed, and off");
    }
    match points {
        None => (
            Outcome::Inconclusive(Reason::Refused),
            "Save points cannot be seen: name `redis_conf`, or allow `config|get`",
        ),
        _ => (Outcome::Fail, "Redis keeps its data in memory only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_verdict() {
        let ok = || Some("ok".to_owned());
        let base =
            || Saving { last_save: ok(), aof_write: ok(), aof: Some(false), ..Saving::default() };
        let points = |text: &str| Some(text.to_owned());
        let cases = [
            ("snapshots", Saving { points: points("900 1"), ..base() }, Outcome::Pass),
            (
                "append-only",
                Saving { points: points(""), aof: Some(true), ..base() },
                Outcome::Pass,
            ),
            ("nothing", Saving { points: points(""), ..base() }, Outcome::Fail),
            (
                "nothing, as declared",
                Saving { points: points(""), wanted: Some(false), ..base() },
                Outcome::NotApplicable,
            ),
            ("points unseen", base(), Outcome::Inconclusive(Reason::Refused)),
            (
                "disk full",
                Saving { points: points("900 1"), last_save: Some("err".into()), ..base() },
                Outcome::Fail,
            ),
            (
                "append fails",
                Saving {
                    points: points(""),
                    aof: Some(true),
                    aof_write: Some("err".into()),
                    ..base()
                },
                Outcome::Fail,
            ),
            (
                "no fields",
                Saving { points: points("900 1"), last_save: None, ..base() },
                Outcome::Inconclusive(Reason::Unexpected),
            ),
        ];
        for (name, facts, expected) in cases {
            assert_eq!(verdict(&facts).0, expected, "{name}");
        }
    }
}
