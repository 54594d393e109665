//! A claim of the team's own: one query to Prometheus, and conditions on its result.

use countersign_domain::finding::Reason;
use serde::Deserialize;

use super::api;
use super::samples::{Series, observe};
use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::http::visit::Ask;
use crate::partly::View;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["value", "values", "series", "count"];

/// `promql.expect`
pub struct Expect;

/// The query and the conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// An instant query in PromQL.
    pub query: String,
    /// Conditions in CEL over `value`, `values`, `series` and `count`; all must hold.
    pub expect: Vec<String>,
    /// Name of the secret that is sent as `Authorization: Bearer …`.
    pub token: Option<String>,
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Vec<Series>;

    const DEFINITION: Definition = Definition {
        name: "promql.expect",
        rules: 1,
        claim: "What Prometheus has measured meets every condition of the template.",
        why: "A deployment that answers may still be failing one request in ten; the numbers know.",
        how: "One GET of /api/v1/query below the target `metrics`. Conditions are CEL over value \
              (the first series'), values, series (each with labels and value) and count. A query \
              without a series, a value that is NaN and an answer with warnings leave it open: \
              what was not measured is not 0. Only `count` can be told of no series.",
        blind: "What is not scraped, and what happened between two scrapes.",
        remedy: "The condition that does not hold is shown with what was seen; the cure is the \
                 team's own.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Vec<Series>> {
        observe(cx, ask(cx, params), params.token.as_deref().unwrap_or(api::TOKEN)).await
    }

    fn judge(facts: &Vec<Series>, params: &Params) -> Judgement {
        let values: Vec<_> = facts.iter().map(|series| series.value).collect();
        let series: Vec<_> = facts
            .iter()
            .map(|series| serde_json::json!({"labels": series.labels, "value": series.value}))
            .collect();
        let view = View::of(
            NAMES,
            Scope(vec![
                ("value", values.first().copied().into()),
                ("values", values.clone().into()),
                ("series", series.into()),
                ("count", facts.len().into()),
            ]),
        );
        if facts.is_empty() {
            let seen = "no series matches the query: what is not measured is unknown, not 0";
            let doubt = Doubt::new(Reason::Unexpected, seen);
            let view = view.unseen(&["value", "values", "series"], doubt);
            return view.judge(&params.expect, "no series");
        }
        let seen = facts.iter().take(5).map(Series::line).collect::<Vec<_>>().join("; ");
        view.judge(&params.expect, format!("{} series: {seen}", facts.len()))
    }

    fn check(params: &Params) -> Result<(), String> {
        api::check(&params.query).map_err(|why| format!("`query` {why}"))?;
        conditions::check_all(&params.expect, NAMES)
    }
}

fn ask(cx: &Context, params: &Params) -> Result<Ask, Doubt> {
    let ask = api::query(cx, &params.query)?;
    let Some(name) = &params.token else { return Ok(ask) };
    let token = cx.secret(name).ok_or_else(|| {
        Doubt::new(Reason::NeedsCredentials, format!("the secret `{name}` was not found"))
    })?;
    Ok(ask.bearer(token.clone()))
}
