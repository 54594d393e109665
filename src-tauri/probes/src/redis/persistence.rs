//! Claim: Redis saves snapshots, where the data must outlive a restart.
//!
//! The append-only file is no substitute here, and has a claim of its own (`redis.aof`):
//! whoever signs "snapshots are saved" relies on a whole file that can be copied away and
//! restored, and a log that is rewritten in place is none. With that file alone the data
//! does outlive a restart, so whether snapshots are needed beside it is for the team to
//! declare, and nothing is guessed.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::saving::{self, Saving};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// The declared fact: whether snapshots are needed (`yes`, `no`).
const FACT: &str = "persistence";
/// Longest wait for a snapshot, in seconds: a save point beyond a day is as good as none.
const MAX_WAIT: u64 = 86_400;
/// Most changes that may wait for a snapshot: those of Redis's own boldest save point
/// (`60 10000`, redis.conf of 7.0).
const MAX_CHANGES: u64 = 10_000;

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
        rules: 2,
        claim: "Redis saves snapshots where the data must outlive a restart, and the last one \
                went well.",
        why: "Without them a restart loses every session, job and counter, and there is no file \
              to restore from.",
        how: "INFO persistence, and CONFIG GET save (or the save lines of redis.conf where \
              CONFIG is not allowed). A save point counts within a day and 10000 changes. An \
              append-only file does not stand for snapshots: with it alone, the declared fact \
              `persistence` decides. Never starts a save.",
        blind: "Cannot tell whether the disk survives, nor whether a restore works. A server \
                that never saved reports `ok` too.",
        remedy: "Set save points in redis.conf, for example `save 900 1 300 10 60 10000`. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "save points (at least daily), and no failed write; or the declared fact `persistence: no`"
            .into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Saving> {
        saving::observe(cx, FACT).await
    }

    fn judge(facts: &Saving, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        Judgement::new(outcome, summary, Self::expected(params), facts.lines().join("; "))
    }
}

fn verdict(facts: &Saving) -> (Outcome, &'static str) {
    let unknown = |reason, text| (Outcome::Inconclusive(reason), text);
    let failed = |status: &Option<String>| status.as_deref().is_some_and(|status| status != "ok");
    let points = facts.points.as_deref().map(save_points);
    let none = matches!(&points, Some(Some(points)) if points.is_empty());
    if !none && failed(&facts.last_save) {
        return (Outcome::Fail, "The last snapshot could not be written");
    }
    if facts.aof == Some(true) && failed(&facts.aof_write) {
        return (Outcome::Fail, "The append-only file could not be written");
    }
    if facts.last_save.is_none() {
        return unknown(Reason::Unexpected, "INFO shows nothing about persistence");
    }
    let counts = |(wait, changes): &(u64, u64)| *wait <= MAX_WAIT && *changes <= MAX_CHANGES;
    match points {
        Some(Some(points)) if points.iter().any(counts) => (Outcome::Pass, "Redis saves snapshots"),
        Some(None) => unknown(Reason::Unexpected, "The save points are not what Redis has"),
        _ if facts.wanted == Some(false) => {
            (Outcome::NotApplicable, "Declared as not needed, and no snapshots are seen")
        }
        None => unknown(
            Reason::Refused,
            "Save points cannot be seen: name `redis_conf`, or allow `config|get`",
        ),
        Some(Some(points)) if !points.is_empty() => {
            (Outcome::Fail, "Snapshots are too rare: none within a day and 10000 changes")
        }
        _ if facts.aof == Some(false) => (Outcome::Fail, "Redis keeps its data in memory only"),
        _ if facts.aof.is_none() => unknown(Reason::Unexpected, "INFO does not show aof_enabled"),
        _ if facts.wanted == Some(true) => {
            (Outcome::Fail, "Declared as needed, and only the append-only file is kept")
        }
        _ => unknown(
            Reason::NotConfigured,
            "Only the append-only file is kept: declare the fact `persistence` as yes or no",
        ),
    }
}

/// Pairs of seconds and changes, as CONFIG GET and the file name them; `None` for anything
/// else.
fn save_points(text: &str) -> Option<Vec<(u64, u64)>> {
    let numbers: Vec<u64> =
        text.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let pairs = numbers.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| (pair[0], pair[1])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_verdict() {
        use Outcome::{Fail, Inconclusive, NotApplicable, Pass};
        let (on, off, yes, no) = (Some(true), Some(false), Some(true), Some(false));
        let unexpected = Inconclusive(Reason::Unexpected);
        for (case, points, aof, wanted, expected) in [
            ("snapshots", Some("900 1"), off, None, Pass),
            ("Redis's own", Some("3600 1 300 100 60 10000"), off, None, Pass),
            ("both", Some("900 1"), on, yes, Pass),
            ("snapshots that nobody needs", Some("900 1"), off, no, Pass),
            ("nothing", Some(""), off, None, Fail),
            ("nothing, though declared", Some(""), off, yes, Fail),
            ("nothing, as declared", Some(""), off, no, NotApplicable),
            ("the file alone", Some(""), on, None, Inconclusive(Reason::NotConfigured)),
            ("the file alone, snapshots declared", Some(""), on, yes, Fail),
            ("the file alone, as declared", Some(""), on, no, NotApplicable),
            ("nothing, and no word of the file", Some(""), None, yes, unexpected),
            ("once a year", Some("31536000 1"), off, None, Fail),
            ("once a year, beside the file", Some("31536000 1"), on, None, Fail),
            ("after a thousand million changes", Some("60 1000000000"), off, None, Fail),
            ("rare ones, as declared", Some("31536000 1"), off, no, NotApplicable),
            ("one of two is often enough", Some("31536000 1 900 1"), off, None, Pass),
            ("points unseen", None, off, None, Inconclusive(Reason::Refused)),
            ("points unseen beside the file", None, on, yes, Inconclusive(Reason::Refused)),
            ("points unseen, not needed", None, on, no, NotApplicable),
            ("no points at all", Some("OK"), off, None, unexpected),
            ("half a point", Some("900"), on, None, unexpected),
        ] {
            let ok = || Some("ok".to_owned());
            let points = points.map(str::to_owned);
            let facts = Saving {
                points,
                aof,
                wanted,
                last_save: ok(),
                aof_write: ok(),
                ..Saving::default()
            };
            assert_eq!(verdict(&facts).0, expected, "{case}");
        }
    }

    #[test]
    fn a_write_that_failed_is_no_persistence() {
        let status = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let unknown = Outcome::Inconclusive(Reason::Unexpected);
        for (case, points, aof, last_save, aof_write, expected) in [
            ("disk full", "900 1", false, "err", "ok", Outcome::Fail),
            ("disk full once, and no points now", "", true, "err", "ok", Outcome::Fail),
            ("append fails", "", true, "ok", "err", Outcome::Fail),
            ("append fails beside snapshots", "900 1", true, "ok", "err", Outcome::Fail),
            ("no fields", "900 1", false, "", "", unknown),
        ] {
            let facts = Saving {
                points: Some(points.to_owned()),
                aof: Some(aof),
                last_save: status(last_save),
                aof_write: status(aof_write),
                wanted: Some(true),
                ..Saving::default()
            };
            assert_eq!(verdict(&facts).0, expected, "{case}");
        }
    }
}
