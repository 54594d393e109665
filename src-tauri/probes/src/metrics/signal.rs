//! Claim: a signal that is watched after a deployment stays within its limit. What counts as
//! the signal is the team's to say, as a query in the environment; the limit is the
//! checklist's.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::api;
use super::samples::{Series, observe};
use crate::context::Context;
use crate::http::target;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Series that are shown.
const SHOWN: usize = 5;

/// `metrics.signal`
pub struct Signal;

/// The signal and its limits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Name of the signal, `failed-logins`; the fact `watch_failed_logins` holds its query.
    pub name: String,
    /// The most that is usual, itself included.
    pub at_most: Option<f64>,
    /// The least that is usual, itself included.
    pub at_least: Option<f64>,
}

impl Params {
    /// The fact that holds the query.
    fn fact(&self) -> String {
        format!("watch_{}", self.name.replace('-', "_"))
    }

    fn words(&self) -> String {
        self.name.replace('-', " ")
    }

    fn holds(&self, value: f64) -> bool {
        self.at_most.is_none_or(|most| value <= most)
            && self.at_least.is_none_or(|least| value >= least)
    }
}

impl Probe for Signal {
    type Params = Params;
    type Facts = Vec<Series>;

    const DEFINITION: Definition = Definition {
        name: "metrics.signal",
        rules: 1,
        claim: "A signal that is watched after a deployment stays within its limit.",
        why: "An attack or a fault that a new version brought shows in a count first, long before \
              somebody complains.",
        how: "One GET of /api/v1/query below the target `metrics`, with the query of the fact \
              `watch_…` that bears the signal's name (`failed-logins`: `watch_failed_logins`). \
              Every series must be within the limits, so a query by address judges each \
              address. No series, and a value that is NaN, leave it open: what was not measured \
              is not 0. The secret METRICS_TOKEN is sent where there is one.",
        blind: "What is not scraped; what happened between two scrapes; how far back the query \
                looks. `increase` estimates, and does not see the first count of a \
                series that is new: near the limit it may be off by a few.",
        remedy: "Find out who causes it: the series that is beyond the limit is named. If the \
                 version brought it, go back to the one before.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        let Params { at_most, at_least, .. } = params;
        match (at_least, at_most) {
            (Some(least), Some(most)) => format!("{}: {least} to {most}", params.words()),
            (Some(least), None) => format!("{}: at least {least}", params.words()),
            (None, most) => format!("{}: at most {}", params.words(), most.unwrap_or_default()),
        }
    }

    fn check(params: &Params) -> Result<(), String> {
        let name = &params.name;
        let fits = |c: char| c.is_ascii_lowercase() || c == '-';
        if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
            return Err(format!(
                "`name` is {name:?}: expected small letters and -, as in a-signal"
            ));
        }
        let limits: Vec<f64> = [params.at_least, params.at_most].into_iter().flatten().collect();
        if limits.is_empty() {
            return Err("expected a limit: `at_most`, `at_least` or both".to_owned());
        }
        if !limits.iter().all(|limit| limit.is_finite()) || !limits.is_sorted() {
            return Err(format!("the limits are {limits:?}: expected numbers, the least first"));
        }
        Ok(())
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Vec<Series>> {
        observe(cx, ask(cx, params), api::TOKEN).await
    }

    fn judge(facts: &Vec<Series>, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        if facts.is_empty() {
            let seen = "no series matches the query: what is not measured is unknown, not 0";
            let outcome = Outcome::Inconclusive(Reason::Unexpected);
            return Judgement::new(outcome, format!("Could not tell: {seen}"), expected, seen);
        }
        let beyond: Vec<&Series> =
            facts.iter().filter(|series| !params.holds(series.value)).collect();
        let words = params.words();
        if beyond.is_empty() {
            let summary = format!("The signal \"{words}\" is within its limit");
            return Judgement::new(Outcome::Pass, summary, expected, shown(facts.iter()));
        }
        let summary =
            format!("The signal \"{words}\" is beyond its limit ({} series)", beyond.len());
        Judgement::new(Outcome::Fail, summary, expected, shown(beyond.into_iter()))
    }
}

fn shown<'a>(series: impl ExactSizeIterator<Item = &'a Series>) -> String {
    let count = series.len();
    let lines: Vec<_> = series.take(SHOWN).map(Series::line).collect();
    let more = count.saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("{}{more}", lines.join("; "))
}

fn ask(cx: &Context, params: &Params) -> Result<crate::http::visit::Ask, Doubt> {
    target::metrics(cx)?;
    let bad = |why: String| Doubt::new(Reason::NotConfigured, why);
    let name = params.fact();
    let query =
        cx.fact(&name).ok_or_else(|| bad(format!("the environment has no query `{name}`")))?;
    api::check(query).map_err(|why| bad(format!("the fact `{name}` {why}")))?;
    api::query(cx, query)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn params(at_least: Option<f64>, at_most: Option<f64>) -> Params {
        Params { name: "failed-logins".to_owned(), at_most, at_least }
    }

    #[test]
    fn every_series_must_be_within_the_limits() {
        const OPEN: Outcome = Outcome::Inconclusive(Reason::Unexpected);
        let (most, both) = (params(None, Some(50.0)), params(Some(0.5), Some(2.0)));
        for (case, params, values, outcome) in [
            ("the limit itself", &most, vec![50.0], Outcome::Pass),
            ("just above", &most, vec![50.5], Outcome::Fail),
            ("one address of many", &most, vec![0.0, 51.0, 3.0], Outcome::Fail),
            ("many addresses, in sum above", &most, vec![40.0, 40.0], Outcome::Pass),
            ("nothing measured", &most, vec![], OPEN),
            ("without end", &most, vec![f64::MAX], Outcome::Fail),
            ("as usual", &both, vec![1.0], Outcome::Pass),
            ("too little", &both, vec![0.1], Outcome::Fail),
            ("too much", &both, vec![2.1], Outcome::Fail),
        ] {
            let series: Vec<_> =
                values.into_iter().map(|value| Series { labels: BTreeMap::new(), value }).collect();
            assert_eq!(Signal::judge(&series, params).outcome, outcome, "{case}");
        }
    }

    #[test]
    fn a_signal_has_a_name_and_a_limit() {
        assert_eq!(Signal::check(&params(None, Some(50.0))), Ok(()));
        assert_eq!(params(None, Some(50.0)).fact(), "watch_failed_logins");
        for (bad, word) in [
            (params(None, None), "at_most"),
            (params(Some(3.0), Some(1.0)), "the least first"),
            (params(None, Some(f64::INFINITY)), "numbers"),
            (Params { name: "Failed logins".into(), ..params(None, Some(1.0)) }, "`name`"),
            (Params { name: String::new(), ..params(None, Some(1.0)) }, "`name`"),
        ] {
            let error = Signal::check(&bad).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }
}
