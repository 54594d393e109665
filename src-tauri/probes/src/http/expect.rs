//! A claim of the team's own: one request, and conditions on the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::http::visit::{Answer, Ask, BodyEnd};
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["status", "headers", "json", "body", "took_ms"];

/// `http.expect`
pub struct Expect;

/// The request and the conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Path below the API's address.
    #[serde(default = "root")]
    pub path: String,
    /// `GET`, `HEAD` or `OPTIONS`: a look changes nothing.
    #[serde(default = "get")]
    pub method: String,
    /// Conditions in CEL over `status`, `headers`, `json`, `body` and `took_ms`; all must hold.
    pub expect: Vec<String>,
    /// Headers to send; nothing secret.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Name of the secret that is sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub token: Option<String>,
    /// A whole URL instead of `path`; its host must be one of the environment's.
    #[serde(default)]
    pub url: Option<String>,
}

fn root() -> String {
    "/".to_owned()
}

fn get() -> String {
    "GET".to_owned()
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Arc<Answer>;

    const DEFINITION: Definition = Definition {
        name: "http.expect",
        rules: 1,
        claim: "One answer of the API meets every condition of the template.",
        why: "What a healthy answer looks like is known to the team alone; written as conditions, \
              it is checked the same way each time.",
        how: "One request, redirects not followed, 64 KiB read. Conditions are CEL over status, \
              headers (names in lower case), json (null when the body is not JSON), body and took_ms.",
        blind: "Everything that the conditions do not speak of.",
        remedy: "The condition that does not hold is shown with what was seen; the cure is the \
                 team's own.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Arc<Answer>> {
        let ask = match ask(cx, params) {
            Ok(ask) => ask,
            Err(doubt) => return Observation::new(shown(params), Err(doubt)),
        };
        let outcome = cx.visit(&ask).await;
        let mut transcript = vec![ask.line()];
        match &outcome {
            Ok(answer) => {
                transcript.push(answer.line(&["content-type", "location"]));
                // What a token opens is somebody's data, and no evidence.
                if ask.bearer.is_none() {
                    let body = String::from_utf8_lossy(&answer.body);
                    transcript.push(body.chars().take(400).collect());
                }
            }
            Err(failure) => transcript.push(format!("< {}", failure.doubt().seen)),
        }
        let token = params.token.as_deref().unwrap_or_default();
        Observation {
            target: target::shown(&ask.url),
            facts: outcome.map_err(Into::into),
            transcript,
            reproduce: Some(reproduce::curl(cx, &ask, token)),
        }
    }

    fn judge(facts: &Arc<Answer>, params: &Params) -> Judgement {
        let unended = matches!(facts.end, BodyEnd::TimedOut | BodyEnd::Broken);
        let (later, now): (Vec<_>, Vec<_>) =
            params.expect.iter().cloned().partition(|source| unended && speaks_of_the_body(source));
        let seen = format!("{} in {} ms", facts.status, facts.took_ms);
        let judgement = conditions::judge(&now, &Arc::new(scope(facts)), seen);
        let judgement = if judgement.outcome == Outcome::Pass && !later.is_empty() {
            let outcome = Outcome::Inconclusive(Reason::TimedOut);
            let summary = "Could not tell: the body did not end within the deadline";
            Judgement::new(outcome, summary, "", format!("{} bytes came", facts.body.len()))
        } else {
            judgement
        };
        let judgement = Judgement { expected: Self::expected(params), ..judgement };
        judgement.notes(facts.certificate_note())
    }

    fn check(params: &Params) -> Result<(), String> {
        method(&params.method)?;
        for (name, value) in &params.headers {
            let sound = HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok();
            if !sound {
                return Err(format!("`headers`: `{name}` is no header that can be sent"));
            }
            if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie") {
                return Err(format!("`headers`: `{name}` is secret: name the secret in `token`"));
            }
        }
        conditions::check_all(&params.expect, NAMES)
    }
}

fn method(text: &str) -> Result<Method, String> {
    match text {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "OPTIONS" => Ok(Method::OPTIONS),
        other => Err(format!("`method` is `{other}`: expected GET, HEAD or OPTIONS")),
    }
}

fn speaks_of_the_body(source: &str) -> bool {
    conditions::check(source, NAMES)
        .is_ok_and(|used| used.contains(&"json") || used.contains(&"body"))
}

/// The answer under the names of [`NAMES`].
fn scope(answer: &Answer) -> Scope {
    let mut headers = serde_json::Map::new();
    for (name, field) in &answer.headers {
        // The first field counts; claims about duplicates are probes of their own.
        headers.entry(name.clone()).or_insert_with(|| field.clone().into());
    }
    Scope(vec![
        ("status", answer.status.into()),
        ("headers", headers.into()),
        ("json", serde_json::from_slice(&answer.body).unwrap_or(serde_json::Value::Null)),
        ("body", String::from_utf8_lossy(&answer.body).into()),
        ("took_ms", answer.took_ms.into()),
    ])
}

fn shown(params: &Params) -> String {
    params.url.clone().unwrap_or_else(|| params.path.clone())
}

fn ask(cx: &Context, params: &Params) -> Result<Ask, Doubt> {
    let url = match &params.url {
        Some(url) => target::configured(cx, url)?,
        None => target::join(&target::api(cx)?, &params.path),
    };
    let method = method(&params.method).map_err(|error| Doubt::new(Reason::Internal, error))?;
    let mut ask = Ask::new(method, url);
    for (name, value) in &params.headers {
        ask = ask.header(name, value);
    }
    let Some(name) = &params.token else { return Ok(ask) };
    let token = cx.secret(name).ok_or_else(|| {
        Doubt::new(Reason::NeedsCredentials, format!("the secret `{name}` was not found"))
    })?;
    Ok(ask.bearer(token.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    fn params(json: serde_json::Value) -> Result<Params, String> {
        let params: Params = serde_json::from_value(json).map_err(|error| error.to_string())?;
        Expect::check(&params).map(|()| params)
    }

    #[test]
    fn a_template_that_cannot_work_is_refused_when_it_is_loaded() {
        use serde_json::json;
        assert!(params(json!({"path": "/health", "expect": ["status == 200"]})).is_ok());
        for (case, bad, word) in [
            ("no condition", json!({"expect": []}), "`expect`"),
            ("a condition that does not compile", json!({"expect": ["status =="]}), "`expect`"),
            (
                "a method that changes things",
                json!({"method": "POST", "expect": ["true"]}),
                "`method`",
            ),
            ("a misspelt parameter", json!({"paths": "/", "expect": ["true"]}), "paths"),
            (
                "a secret in the open",
                json!({"expect": ["true"], "headers": {"Cookie": "a=b"}}),
                "`Cookie`",
            ),
            (
                "a header with a line break",
                json!({"expect": ["true"], "headers": {"x": "a\nb"}}),
                "`x`",
            ),
        ] {
            let error = params(bad).expect_err(case);
            assert!(error.contains(word), "{case}: {error}");
        }
    }

    #[test]
    fn a_body_that_never_ended_is_not_judged_and_a_broken_status_still_is() {
        let half = Answer {
            body: br#"{"status":"#.to_vec(),
            end: BodyEnd::TimedOut,
            ..answer(503, Channel::Trusted, &[])
        };
        let half = Arc::new(half);
        let judge = |expect: &str| {
            let params = params(serde_json::json!({"expect": [expect]})).expect("sound");
            Expect::judge(&half, &params).outcome
        };
        assert_eq!(judge("json.status == 'ok'"), Outcome::Inconclusive(Reason::TimedOut));
        assert_eq!(judge("status == 200"), Outcome::Fail);
        assert_eq!(judge("status == 503"), Outcome::Pass);
        assert_eq!(judge("status"), Outcome::Inconclusive(Reason::Internal));
    }
}
