//! The answer of Prometheus to an instant query, as its HTTP API documents it. What was
//! not measured is unknown, which is not the same as 0.

use std::collections::BTreeMap;

use countersign_domain::finding::Reason;
use serde::Deserialize;

use super::api;
use crate::context::Context;
use crate::http::visit::{Answer, Ask, BodyEnd};
use crate::http::{reproduce, target};
use crate::probe::{Doubt, Observation};

/// Series of one answer that are looked at.
const MAX_SERIES: usize = 500;

/// One series and its value now.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value; infinite ones as the largest number there is.
    pub value: f64,
}

impl Series {
    /// The series as Prometheus writes it, for people.
    pub(super) fn line(&self) -> String {
        let labels: Vec<_> =
            self.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{{{}}} {}", labels.join(", "), self.value)
    }
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Element>),
    Scalar((f64, String)),
    Matrix(serde::de::IgnoredAny),
    String(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Element {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    value: Option<(f64, String)>,
}

/// Puts a query; the series of its answer. `token` names the secret that went with it.
pub(super) async fn observe(
    cx: &Context,
    ask: Result<Ask, Doubt>,
    token: &str,
) -> Observation<Vec<Series>> {
    let ask = match ask {
        Ok(ask) => ask,
        Err(doubt) => return Observation::new("metrics", Err(doubt)),
    };
    let answer = cx.visit(&ask).await;
    let mut transcript = vec![ask.line()];
    transcript.extend(answer.as_ref().map(|answer| answer.line(&["content-type"])));
    let facts = answer.map_err(Doubt::from).and_then(|answer| read(&answer));
    transcript.extend(facts.iter().flatten().map(Series::line));
    Observation {
        target: target::shown(&ask.url),
        facts,
        transcript,
        reproduce: Some(reproduce::curl(cx, &ask, token)),
    }
}

/// The series of an answer.
pub(super) fn read(answer: &Answer) -> Result<Vec<Series>, Doubt> {
    let odd = |what: String| Doubt::new(Reason::Unexpected, what);
    if answer.end == BodyEnd::Cut {
        return Err(odd("more than 64 KiB: let the query aggregate".to_owned()));
    }
    match api::data(answer)? {
        Data::Scalar((_, value)) => {
            Ok(vec![Series { labels: BTreeMap::new(), value: number(&value)? }])
        }
        Data::Vector(found) if found.len() > MAX_SERIES => {
            Err(odd(format!("more than {MAX_SERIES} series: let the query aggregate")))
        }
        Data::Vector(found) => found.into_iter().map(series).collect(),
        Data::Matrix(_) => Err(odd("the query asks for a range: expected one value now, \
             as rate(…[5m]) or max_over_time(…[1h]) give"
            .to_owned())),
        Data::String(_) => Err(odd("the query gives a text, not a number".to_owned())),
    }
}

fn series(element: Element) -> Result<Series, Doubt> {
    let Some((_, value)) = element.value else {
        return Err(Doubt::new(Reason::Unexpected, "a series is a histogram, not a number"));
    };
    Ok(Series { labels: element.metric, value: number(&value)? })
}

fn number(text: &str) -> Result<f64, Doubt> {
    let bad = || Doubt::new(Reason::Unexpected, "a value that is no number (NaN): unknown");
    let value: f64 = text.parse().map_err(|_| bad())?;
    if value.is_nan() {
        return Err(bad());
    }
    Ok(value.clamp(f64::MIN, f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    fn said(status: u16, body: &str) -> Result<Vec<f64>, Reason> {
        let answer =
            Answer { body: body.as_bytes().to_vec(), ..answer(status, Channel::Plain, &[]) };
        let values = |series: Vec<Series>| series.into_iter().map(|series| series.value).collect();
        read(&answer).map(values).map_err(|doubt| doubt.reason)
    }

    fn data(kind: &str, result: &str) -> String {
        format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#)
    }

    #[test]
    fn only_numbers_that_prometheus_measured_are_values() {
        let element =
            |value: &str| format!(r#"[{{"metric":{{"job":"api"}},"value":[1.5,"{value}"]}}]"#);
        for (case, status, body, expected) in [
            ("a vector", 200, data("vector", &element("0.5")), Ok(vec![0.5])),
            ("a scalar", 200, data("scalar", r#"[1.5,"7"]"#), Ok(vec![7.0])),
            ("nothing", 200, data("vector", "[]"), Ok(vec![])),
            ("infinite", 200, data("vector", &element("+Inf")), Ok(vec![f64::MAX])),
            ("not a number", 200, data("vector", &element("NaN")), Err(Reason::Unexpected)),
            ("words", 200, data("vector", &element("many")), Err(Reason::Unexpected)),
            ("a range", 200, data("matrix", "[]"), Err(Reason::Unexpected)),
            ("a text", 200, data("string", r#"[1.5,"x"]"#), Err(Reason::Unexpected)),
            (
                "an error",
                400,
                r#"{"status":"error","errorType":"bad_data","error":"parse"}"#.into(),
                Err(Reason::Unexpected),
            ),
            ("success with a bad status", 503, data("vector", "[]"), Err(Reason::Unexpected)),
            ("a login", 401, "Unauthorized".into(), Err(Reason::Refused)),
            ("200 to everything", 200, "{}".into(), Err(Reason::Unexpected)),
            (
                "success without data",
                200,
                r#"{"status":"success"}"#.into(),
                Err(Reason::Unexpected),
            ),
            (
                "a part is missing",
                200,
                data("vector", "[]").replace("\"data\"", "\"warnings\":[\"store down\"],\"data\""),
                Err(Reason::Unexpected),
            ),
            (
                "a histogram",
                200,
                data("vector", r#"[{"metric":{},"histogram":[1,{}]}]"#),
                Err(Reason::Unexpected),
            ),
        ] {
            assert_eq!(said(status, &body), expected, "{case}");
        }
    }
}
