//! Nothing of the API is served in the clear.

use std::sync::Arc;

use countersign_domain::finding::Outcome;
use serde::Deserialize;
use url::Url;

use crate::context::Context;
use crate::http::failure::Failure;
use crate::http::visit::{Answer, Ask};
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Redirects that are followed on the HTTPS side, to see whether they end in the clear.
const MAX_HOPS: usize = 5;

/// `http.redirects-to-https`
pub struct RedirectsToHttps;

/// What is asked for in the clear.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Paths below the API's address.
    pub paths: Vec<String>,
}

impl Default for Params {
    fn default() -> Self {
        Self { paths: ["/", "/health", "/auth/login"].map(str::to_owned).to_vec() }
    }
}

/// One path, asked for in the clear.
#[derive(Debug, Clone)]
pub struct Step {
    /// What was asked for.
    pub plain: Url,
    /// Where that should lead.
    pub secure: Url,
    /// What came.
    pub outcome: Result<Arc<Answer>, Failure>,
    /// Whether the HTTPS side sends it back into the clear.
    pub back: bool,
}

impl Probe for RedirectsToHttps {
    type Params = Params;
    type Facts = Vec<Step>;

    const DEFINITION: Definition = Definition {
        name: "http.redirects-to-https",
        rules: 3,
        claim: "Requests in the clear are sent to the same place over HTTPS, or not served at all.",
        why: "A path that still answers in the clear gives away whatever a client sends there; a \
              redirect of the root alone leaves the rest open.",
        how: "One GET over http:// for each path, without following. The first hop must be https:// \
              on the API's own host, and the HTTPS side must not send it back (five hops are followed). A closed port counts when \
              the HTTPS side answers. A page that sends browsers on by itself (<meta>, script) is no \
              redirect: the request was served.",
        blind: "Paths that are not listed, and other methods.",
        remedy: "Answer everything on port 80 with `301` to `https://` plus host and path, or close \
                 the port, which suits an API even better (ASVS 4.1.2). Minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("301 or 308 to https:// for {}, or a closed port", params.paths.join(", "))
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Vec<Step>> {
        let (secure, plain) = match (target::api(cx), target::api_plain(cx)) {
            (Ok(secure), Ok(plain)) => (secure, plain),
            (Err(doubt), _) | (_, Err(doubt)) => return Observation::new("api", Err(doubt)),
        };
        let mut transcript = Vec::new();
        let mut steps = Vec::new();
        let mut reproduce = None;
        for path in &params.paths {
            let ask = Ask::get(target::join(&plain, path));
            let outcome = cx.visit(&ask).await;
            transcript.push(ask.line());
            transcript.push(match &outcome {
                Ok(answer) => answer.line(&["location"]),
                Err(failure) => format!("< {}", failure.doubt().seen),
            });
            reproduce.get_or_insert_with(|| reproduce::curl(cx, &ask, ""));
            let there = expected_at(&secure, path);
            let back = is_redirect(&outcome) && leads_back(cx, &there).await;
            steps.push(Step { plain: ask.url, secure: there, outcome, back });
        }
        let facts = match silence(cx, &secure, &steps).await {
            Some(doubt) => Err(doubt),
            None => Ok(steps),
        };
        Observation { target: target::shown(&plain), facts, transcript, reproduce }
    }

    fn judge(facts: &Vec<Step>, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let mut seen = Vec::new();
        let mut wrong = Vec::new();
        let mut unknown = None;
        let (mut closed, mut temporary, mut moved) = (false, false, false);
        for step in facts {
            let path = step.plain.path();
            match hop(step) {
                Hop::Closed => closed = true,
                Hop::Right { permanent, same_path } => {
                    temporary |= !permanent;
                    moved |= !same_path;
                }
                Hop::Wrong(why) => wrong.push(format!("{path} {why}")),
                Hop::Unknown(doubt) => unknown = Some((path, doubt)),
            }
            seen.push(shown(step));
        }
        let seen = seen.join("; ");
        if !wrong.is_empty() {
            return Judgement::new(Outcome::Fail, wrong.join("; "), expected, seen);
        }
        if let Some((path, doubt)) = unknown {
            let summary = format!("Could not tell for {path}: {}", doubt.seen);
            return Judgement::new(Outcome::Inconclusive(doubt.reason), summary, expected, seen);
        }
        let summary = if closed {
            "Nothing is served in the clear"
        } else {
            "Requests in the clear are sent to HTTPS"
        };
        let mut judgement = Judgement::new(Outcome::Pass, summary, expected, seen);
        if closed {
            judgement = judgement.note("http-port-closed", "The port for http:// is closed");
        }
        if temporary {
            let text = "The redirect is a temporary one; 301 or 308 would be remembered";
            judgement = judgement.note("redirect-temporary", text);
        }
        if moved {
            judgement = judgement.note("redirect-drops-path", "The redirect leads to another path");
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        if params.paths.is_empty() || params.paths.len() > 10 {
            return Err(format!("`paths` holds {} entries: expected 1 to 10", params.paths.len()));
        }
        match params.paths.iter().find(|path| !path.starts_with('/')) {
            Some(path) => {
                Err(format!("`paths` holds `{path}`: expected a path that starts with /"))
            }
            None => Ok(()),
        }
    }
}

/// Where a redirect should lead. When the API's own address is in the clear, that is the
/// same host over https://.
fn expected_at(api: &Url, path: &str) -> Url {
    let mut url = target::join(api, path);
    if url.scheme() == "http" && url.set_scheme("https").is_ok() {
        let _ = url.set_port(None);
    }
    url
}

fn is_redirect(outcome: &Result<Arc<Answer>, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|answer| matches!(answer.status, 301 | 302 | 303 | 307 | 308))
}

/// Whether the HTTPS side sends the request back to http://: behind a proxy that ends TLS,
/// a server may take each request for one in the clear, and go round for ever.
async fn leads_back(cx: &Context, secure: &Url) -> bool {
    let mut at = secure.clone();
    for _ in 0..MAX_HOPS {
        let outcome = cx.visit(&Ask::get(at.clone())).await;
        let location = outcome.as_ref().ok().filter(|_| is_redirect(&outcome)).and_then(|answer| {
            answer.first("location").and_then(|location| at.join(location).ok())
        });
        match location {
            Some(to) if to.scheme() == "http" => return true,
            Some(to) if to.origin() == secure.origin() => at = to,
            _ => return false,
        }
    }
    false
}

/// A closed port is only worth something when the host is up. Returns the doubt when
/// neither side answers.
async fn silence(cx: &Context, secure: &Url, steps: &[Step]) -> Option<Doubt> {
    if steps.iter().any(|step| step.outcome.is_ok()) {
        return None;
    }
    let failure = steps.iter().find_map(|step| step.outcome.as_ref().err())?;
    if !matches!(failure, Failure::Closed(_)) || secure.scheme() == "http" {
        return Some(failure.doubt());
    }
    let control = cx.visit(&Ask::get(target::join(secure, "/health"))).await;
    control.err().map(|failure| {
        let doubt = failure.doubt();
        Doubt::new(doubt.reason, format!("neither http:// nor https:// answers: {}", doubt.seen))
    })
}

enum Hop {
    Closed,
    Right { permanent: bool, same_path: bool },
    Wrong(String),
    Unknown(Doubt),
}

fn hop(step: &Step) -> Hop {
    let answer = match &step.outcome {
        Ok(answer) => answer,
        Err(Failure::Closed(_)) => return Hop::Closed,
        Err(failure) => return Hop::Unknown(failure.doubt()),
    };
    if !is_redirect(&step.outcome) {
        return Hop::Wrong(format!("is answered in the clear with {}", answer.status));
    }
    let Some(location) = answer.first("location") else {
        return Hop::Wrong(format!("is answered with {} that leads nowhere", answer.status));
    };
    // A relative address stays on http://, as it does for a browser.
    let Ok(to) = step.plain.join(location) else {
        return Hop::Wrong("is sent to something that is no address".to_owned());
    };
    if to.scheme() != "https" {
        return Hop::Wrong("is sent on in the clear".to_owned());
    }
    if to.host_str() != step.secure.host_str() {
        return Hop::Wrong(format!("is sent to another host, {}", to.host_str().unwrap_or("none")));
    }
    if to.port_or_known_default() != step.secure.port_or_known_default() {
        let port = to.port_or_known_default().unwrap_or_default();
        return Hop::Wrong(format!("is sent to port {port}, where the API is not"));
    }
    if step.back {
        return Hop::Wrong("is sent to https://, and from there back into the clear".to_owned());
    }
    let same_path = to.path() == step.secure.path() && to.query() == step.secure.query();
    Hop::Right { permanent: matches!(answer.status, 301 | 308), same_path }
}

fn shown(step: &Step) -> String {
    let path = step.plain.path();
    match &step.outcome {
        Ok(answer) => match answer.first("location") {
            Some(location) => format!("{path}: {} to {location}", answer.status),
            None => format!("{path}: {}", answer.status),
        },
        Err(failure) => format!("{path}: {}", failure.doubt().seen),
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::finding::Reason;

    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    fn step(status: u16, location: &str) -> Step {
        let headers: &[(&str, &str)] =
            if location.is_empty() { &[] } else { &[("location", location)] };
        outcome(Ok(Arc::new(answer(status, Channel::Plain, headers))))
    }

    fn outcome(outcome: Result<Arc<Answer>, Failure>) -> Step {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let (plain, secure) = ("http://api.example.com/health", "https://api.example.com/health");
        Step { plain: url(plain), secure: url(secure), outcome, back: false }
    }

    #[test]
    fn the_first_hop_decides() {
        let right = "https://api.example.com/health";
        let doubt = Outcome::Inconclusive(Reason::TimedOut);
        for (case, step, expected, notes) in [
            ("301 to the same place", step(301, right), Outcome::Pass, 0),
            ("308 to the same place", step(308, right), Outcome::Pass, 0),
            (
                "the port may be spelt out",
                step(301, "https://api.example.com:443/health"),
                Outcome::Pass,
                0,
            ),
            ("302 is noted", step(302, right), Outcome::Pass, 1),
            (
                "307 to the root is noted twice",
                step(307, "https://api.example.com/"),
                Outcome::Pass,
                2,
            ),
            ("closed port", outcome(Err(Failure::Closed("refused".into()))), Outcome::Pass, 1),
            ("200 in the clear", step(200, ""), Outcome::Fail, 0),
            ("404 in the clear", step(404, ""), Outcome::Fail, 0),
            ("200 with a location", step(200, right), Outcome::Fail, 0),
            ("nowhere", step(301, ""), Outcome::Fail, 0),
            ("http to http", step(301, "http://www.example.com/"), Outcome::Fail, 0),
            ("relative", step(301, "/login"), Outcome::Fail, 0),
            ("protocol-relative", step(301, "//api.example.com/health"), Outcome::Fail, 0),
            ("another host", step(301, "https://evil.test/health"), Outcome::Fail, 0),
            (
                "the host as a user name",
                step(301, "https://api.example.com@evil.test/"),
                Outcome::Fail,
                0,
            ),
            ("another port", step(301, "https://api.example.com:8443/health"), Outcome::Fail, 0),
            ("back again", Step { back: true, ..step(301, right) }, Outcome::Fail, 0),
            ("silence", outcome(Err(Failure::TimedOut("silence".into()))), doubt, 0),
        ] {
            let judgement = RedirectsToHttps::judge(&vec![step], &Params::default());
            assert_eq!((judgement.outcome, judgement.notes.len()), (expected, notes), "{case}");
        }
    }

    #[test]
    fn a_redirect_of_the_root_alone_fails() {
        let steps = vec![step(301, "https://api.example.com/health"), step(200, "")];
        let judgement = RedirectsToHttps::judge(&steps, &Params::default());
        assert_eq!(judgement.outcome, Outcome::Fail);
        assert!(judgement.summary.contains("200"), "{}", judgement.summary);
    }
}
