//! Addresses of pages, which may hold identifiers, stay on their own site.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::http::every_page::{EveryPage, Words};
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

const HEADER: &str = "referrer-policy";

/// `headers.referrer-policy`
pub struct ReferrerPolicy;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What one page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing but the origin leaves the site, and not to a page in the clear.
    Closed,
    /// The origin leaves the site, in the clear too.
    Origin,
    /// Whole addresses leave the site.
    Open,
    Nothing,
}

impl Probe for ReferrerPolicy {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.referrer-policy",
        rules: 1,
        claim: "Browsers are told not to send the pages' addresses to other sites.",
        why: "Addresses hold identifiers, search words and reset tokens; every foreign link and \
              image would pass them on.",
        how: "Gets the root, /health, a page that does not exist and the front end's page, and reads \
              Referrer-Policy as browsers do: the last value that is known counts.",
        blind: "Other paths, and policies in the pages themselves.",
        remedy: "Send `Referrer-Policy: no-referrer` or `strict-origin-when-cross-origin` (Helmet \
                 does). Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "Referrer-Policy no-referrer, same-origin, strict-origin or strict-origin-when-cross-origin"
            .to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe_all(cx, &[HEADER]).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let said: Vec<Said> = pages.all.iter().map(said).collect();
        let every = EveryPage::of(pages, Self::expected(params), shown);
        if said.contains(&Said::Open) {
            return every.verdict(Outcome::Fail, "Whole addresses are sent to other sites");
        }
        let words = Words {
            missing: "No known policy on",
            sent: "Addresses are not sent to other sites",
            on_errors: "referrer-policy-not-on-errors",
        };
        let judgement = every.unless_missing(&said, |said| *said == Said::Nothing, &words);
        if judgement.outcome == Outcome::Pass && said.contains(&Said::Origin) {
            let text = "The origin is sent to other sites, also to pages in the clear";
            return judgement.note("referrer-origin-sent", text);
        }
        judgement
    }
}

/// The last known value counts (Referrer Policy, 8.1).
fn said(page: &Page) -> Said {
    let values: Vec<&str> =
        page.answer.all(HEADER).flat_map(|field| field.split(',')).map(str::trim).collect();
    let known = values.iter().rev().find_map(|value| match value.to_ascii_lowercase().as_str() {
        "no-referrer" | "same-origin" | "strict-origin" | "strict-origin-when-cross-origin" => {
            Some(Said::Closed)
        }
        "origin" | "origin-when-cross-origin" => Some(Said::Origin),
        "unsafe-url" | "no-referrer-when-downgrade" => Some(Said::Open),
        _ => None,
    });
    known.unwrap_or(Said::Nothing)
}

fn shown(page: &Page) -> String {
    let fields: Vec<_> = page.answer.all(HEADER).collect();
    let text = if fields.is_empty() { "no header".to_owned() } else { fields.join(", ") };
    format!("{} ({}): {text}", page.path, page.answer.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::page;

    #[test]
    fn the_last_known_value_counts() {
        let with = |value: &str| vec![page(200, &[(HEADER, value)])];
        for (case, pages, outcome, notes) in [
            ("Helmet's own", with("no-referrer"), Outcome::Pass, 0),
            ("in capitals", with("SAME-ORIGIN"), Outcome::Pass, 0),
            ("a fallback first", with("unsafe-url, strict-origin"), Outcome::Pass, 0),
            ("a newer one that is not known", with("no-referrer, future"), Outcome::Pass, 0),
            ("the origin", with("origin"), Outcome::Pass, 1),
            ("everything", with("unsafe-url"), Outcome::Fail, 0),
            ("everything last", with("no-referrer, unsafe-url"), Outcome::Fail, 0),
            ("to every https:// page", with("no-referrer-when-downgrade"), Outcome::Fail, 0),
            ("misspelt", with("no-referer"), Outcome::Fail, 0),
            ("missing", vec![page(200, &[])], Outcome::Fail, 0),
            (
                "not on errors",
                vec![page(200, &[(HEADER, "no-referrer")]), page(404, &[])],
                Outcome::Pass,
                1,
            ),
        ] {
            let judgement = ReferrerPolicy::judge(&pages.into(), &Params {});
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
    }
}
