//! Answers do not say which software makes them.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

/// Headers that exist to name software.
const NAMING: [&str; 6] = [
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-generator",
    "x-drupal-cache",
    "x-runtime",
];
/// Headers that may be there, without a version.
const WITHOUT_VERSION: [&str; 2] = ["server", "via"];

/// `headers.no-leak`
pub struct NoLeak;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for NoLeak {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.no-leak",
        rules: 1,
        claim: "Answers name neither the framework nor the version of the server.",
        why: "Whoever looks for servers with a known hole finds them by these headers. Hiding them \
              mends no hole; it takes the service off that list.",
        how: "Gets the root, /health, a page that does not exist and the front end's page. \
              X-Powered-By and its like must be missing, Server and Via must hold no digits after a \
              name.",
        blind: "What else tells the software: error texts, cookie names, the order of headers.",
        remedy: "nginx: `server_tokens off;`. Express: `app.disable('x-powered-by')` (Helmet does). \
                 Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no X-Powered-By and the like, no version in Server or Via".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe_all(cx, &[NAMING.as_slice(), &WITHOUT_VERSION].concat()).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let facts = &pages.all;
        let expected = Self::expected(params);
        let mut leaks: Vec<String> = facts.iter().flat_map(leaks).collect();
        leaks.sort_unstable();
        leaks.dedup();
        if !leaks.is_empty() {
            let summary = "Answers say which software makes them";
            return Judgement::new(Outcome::Fail, summary, expected, leaks.join("; "))
                .notes(pages::certificate_note(facts));
        }
        let seen = format!("nothing of it on {}", pages::paths(&facts.iter().collect::<Vec<_>>()));
        if let Some(undecided) = pages.undecided(&expected, &seen) {
            return undecided;
        }
        Judgement::new(Outcome::Pass, "Answers do not name their software", expected, seen)
            .notes(pages::certificate_note(facts))
            .notes(pages.unseen.clone())
    }
}

fn leaks(page: &Page) -> Vec<String> {
    let headers = page.answer.headers.iter();
    headers
        .filter(|(name, value)| {
            NAMING.contains(&name.as_str())
                || (WITHOUT_VERSION.contains(&name.as_str()) && holds_version(name, value))
        })
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

/// `nginx/1.22.1` holds one; `nginx` and the protocol of `Via: 1.1 proxy` do not.
fn holds_version(name: &str, value: &str) -> bool {
    value.split(',').any(|hop| {
        let said = if name == "via" {
            hop.trim().split_once(' ').map_or("", |(_, by)| by)
        } else {
            hop.trim()
        };
        said.split(['/', ' ', '('])
            .skip(1)
            .any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::page;

    #[test]
    fn a_name_may_stand_there_and_a_version_may_not() {
        for (name, value, outcome) in [
            ("server", "nginx", Outcome::Pass),
            ("server", "cloudflare", Outcome::Pass),
            ("server", "nginx/1.22.1", Outcome::Fail),
            ("server", "Apache/2.4.57 (Debian)", Outcome::Fail),
            ("server", "Werkzeug/3.0 Python/3.11", Outcome::Fail),
            ("via", "1.1 proxy", Outcome::Pass),
            ("via", "1.1 varnish (Varnish/7.1)", Outcome::Fail),
            ("x-powered-by", "Express", Outcome::Fail),
            ("x-aspnet-version", "4.0.30319", Outcome::Fail),
            ("date", "Tue, 15 Nov 1994 08:12:31 GMT", Outcome::Pass),
        ] {
            let pages = vec![page(200, &[(name, value)])];
            let judgement = NoLeak::judge(&pages.into(), &Params {});
            assert_eq!(judgement.outcome, outcome, "{name}: {value}: {judgement:?}");
        }
        let on_errors = vec![page(200, &[]), page(404, &[("x-powered-by", "Express")])];
        assert_eq!(NoLeak::judge(&on_errors.into(), &Params {}).outcome, Outcome::Fail);
    }
}
