//! Claim: Redis keeps an append-only file.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::saving::{self, Saving};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// The declared fact: whether the file is wanted (`yes`, `no`).
const FACT: &str = "appendonly";

/// `redis.aof`
pub struct Aof;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for Aof {
    type Params = Params;
    type Facts = Saving;

    const DEFINITION: Definition = Definition {
        name: "redis.aof",
        rules: 2,
        claim: "Redis keeps an append-only file where one is needed, and can write it.",
        why: "Between two snapshots a crash loses minutes of data; the append-only file loses \
              about a second.",
        how: "INFO persistence; compares with the declared fact `appendonly`.",
        blind: "Cannot tell whether the data needs it: that is the declared fact.",
        remedy: "Set `appendonly yes` (first at run time with CONFIG SET, then in redis.conf). 10 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "aof_enabled:1 and aof_last_write_status:ok, or the declared fact `appendonly: no`".into()
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
    match (facts.aof, facts.aof_write.as_deref(), facts.wanted) {
        (Some(true), None | Some("ok"), _) => (Outcome::Pass, "The append-only file is on"),
        (Some(true), Some(_), _) => (Outcome::Fail, "The append-only file could not be written"),
        (Some(false), _, Some(true)) => (Outcome::Fail, "Declared as needed, and off"),
        (Some(false), _, Some(false)) => {
            (Outcome::NotApplicable, "Declared as not needed, and off")
        }
        (Some(false), _, None) => (
            Outcome::Inconclusive(Reason::NotConfigured),
            "Off: declare the fact `appendonly` as yes or no",
        ),
        (None, ..) => (Outcome::Inconclusive(Reason::Unexpected), "INFO does not show aof_enabled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_is_judged_by_what_was_declared() {
        let with = |aof, wanted, status: &str| {
            verdict(&Saving { aof, wanted, aof_write: Some(status.into()), ..Saving::default() }).0
        };
        assert_eq!(with(Some(true), None, "ok"), Outcome::Pass);
        assert_eq!(with(Some(true), None, "err"), Outcome::Fail);
        assert_eq!(with(Some(false), Some(true), "ok"), Outcome::Fail);
        assert_eq!(with(Some(false), Some(false), "ok"), Outcome::NotApplicable);
        assert!(matches!(with(Some(false), None, "ok"), Outcome::Inconclusive(_)));
        assert!(matches!(with(None, None, "ok"), Outcome::Inconclusive(_)));
    }
}
