//! Browsers are told to come back over HTTPS only.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::http::pages::{self, Page, Pages};
use crate::http::transport_security::{self, Policy};
use crate::http::visit::Channel;
use crate::probe::{Definition, Judgement, Observation, Probe};

const HEADER: &str = "strict-transport-security";

/// `http.hsts`
pub struct Hsts;

/// How long the policy must last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Least `max-age` in seconds.
    pub min_age: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self { min_age: 31_536_000 }
    }
}

/// What one page tells a browser.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Policy(Policy),
    Nothing,
    Ignored(String),
}

impl Probe for Hsts {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "http.hsts",
        rules: 2,
        claim: "Every answer tells browsers to use HTTPS only, for a year or more.",
        why: "A redirect protects nobody whose first request is caught; a browser that knows the \
              policy never sends that request.",
        how: "Gets the root, /health and a page that does not exist over HTTPS, and reads the first \
              Strict-Transport-Security field of each as RFC 6797 says.",
        blind: "Other paths, and the list of names that browsers know beforehand.",
        remedy: "Send `Strict-Transport-Security: max-age=31536000` on every answer (nginx: \
                 `add_header … always`). Minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!(
            "Strict-Transport-Security with max-age of {} or more, over a trusted certificate",
            params.min_age
        )
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe(cx, &[HEADER]).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let facts = &pages.all;
        let expected = Self::expected(params);
        let told: Vec<Told> = facts.iter().map(told).collect();
        let seen = facts.iter().map(shown).collect::<Vec<_>>().join("; ");
        let fail = |summary: String| {
            Judgement::new(Outcome::Fail, summary, expected.clone(), seen.clone())
                .notes(pages::certificate_note(facts))
        };
        if facts.iter().any(|page| page.answer.channel == Channel::Plain) {
            return fail(
                "The API is served without TLS, where browsers ignore the header".to_owned(),
            );
        }
        for told in &told {
            match told {
                Told::Ignored(why) => return fail(format!("Browsers ignore the header: {why}")),
                Told::Policy(policy) if policy.max_age == 0 => {
                    return fail("max-age=0 switches the policy off".to_owned());
                }
                Told::Policy(policy) if policy.max_age < params.min_age => {
                    let (is, least) = (policy.max_age, params.min_age);
                    return fail(format!("max-age is {is} seconds, {least} is asked for"));
                }
                Told::Policy(_) | Told::Nothing => {}
            }
        }
        let (missing, on_errors) = pages::failing(facts, &told, |told| *told == Told::Nothing);
        if !missing.is_empty() {
            return fail(format!("The header is missing on {}", pages::paths(&missing)));
        }
        if pages::certificate_note(facts).is_some() {
            return fail(
                "The header is right, but browsers ignore it while the certificate is not trusted"
                    .to_owned(),
            );
        }
        if let Some(undecided) = pages.undecided(&expected, &seen) {
            return undecided;
        }
        let judgement =
            Judgement::new(Outcome::Pass, "Browsers are told to use HTTPS only", expected, seen);
        let twice = facts.iter().any(|page| page.answer.all(HEADER).count() > 1);
        let judgement = if twice {
            judgement.note("hsts-sent-twice", "Sent more than once; browsers keep the first")
        } else {
            judgement
        };
        let judgement = if on_errors.is_empty() {
            judgement
        } else {
            let text = format!("Missing on error pages: {}", pages::paths(&on_errors));
            judgement.note("hsts-not-on-errors", text)
        };
        if told.iter().all(|told| matches!(told, Told::Policy(policy) if !policy.subdomains)) {
            return judgement.note("hsts-no-subdomains", "The policy leaves out subdomains");
        }
        judgement
    }
}

/// Only the first field counts (RFC 6797, 8.1).
fn told(page: &Page) -> Told {
    let Some(field) = page.answer.first(HEADER) else { return Told::Nothing };
    match transport_security::read(field) {
        Ok(policy) => Told::Policy(policy),
        Err(why) => Told::Ignored(why),
    }
}

fn shown(page: &Page) -> String {
    let field = page.answer.first(HEADER).unwrap_or("no header");
    format!("{} ({}): {field}", page.path, page.answer.status)
}

#[cfg(test)]
mod tests {
    use countersign_domain::finding::Reason;

    use super::*;
    use crate::http::pages::fixture::{page, past};

    const GOOD: &[(&str, &str)] = &[(HEADER, "max-age=31536000; includeSubDomains")];
    const NONE: &[(&str, &str)] = &[];

    #[test]
    fn each_page_counts_and_error_pages_alone_are_noted() {
        let first = &[(HEADER, "max-age=31536000; includeSubDomains"), (HEADER, "max-age=0")];
        let second = &[(HEADER, "max-age=0"), (HEADER, "max-age=31536000")];
        for (case, pages, outcome, notes) in [
            ("everywhere", vec![page(200, GOOD), page(404, GOOD)], Outcome::Pass, 0),
            (
                "without subdomains",
                vec![page(200, &[(HEADER, "max-age=31536000")])],
                Outcome::Pass,
                1,
            ),
            ("not on errors", vec![page(200, GOOD), page(404, NONE)], Outcome::Pass, 1),
            ("on errors only", vec![page(200, NONE), page(404, GOOD)], Outcome::Fail, 0),
            ("nowhere", vec![page(200, NONE), page(404, NONE)], Outcome::Fail, 0),
            (
                "only error pages, with",
                vec![page(404, GOOD)],
                Outcome::Inconclusive(Reason::Unexpected),
                0,
            ),
            ("only error pages, without", vec![page(404, NONE)], Outcome::Fail, 0),
            ("a month", vec![page(200, &[(HEADER, "max-age=2592000")])], Outcome::Fail, 0),
            (
                "one second short",
                vec![page(200, &[(HEADER, "max-age=31535999")])],
                Outcome::Fail,
                0,
            ),
            ("switched off", vec![page(200, &[(HEADER, "max-age=0")])], Outcome::Fail, 0),
            ("malformed", vec![page(200, &[(HEADER, "31536000")])], Outcome::Fail, 0),
            ("the first of two counts", vec![page(200, first)], Outcome::Pass, 1),
            ("the second does not", vec![page(200, second)], Outcome::Fail, 0),
            (
                "past a bad certificate",
                vec![past(Channel::Untrusted("expired".into()), GOOD)],
                Outcome::Fail,
                1,
            ),
            ("in the clear", vec![past(Channel::Plain, GOOD)], Outcome::Fail, 0),
        ] {
            let judgement = Hsts::judge(&pages.into(), &Params::default());
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
    }
}
