//! Browsers do not guess what an answer is.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::http::every_page::{EveryPage, Words};
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

const HEADER: &str = "x-content-type-options";

/// `headers.content-type-options`
pub struct ContentTypeOptions;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What one page says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Nosniff,
    Nothing,
    Other,
}

impl Probe for ContentTypeOptions {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.content-type-options",
        rules: 2,
        claim: "Answers tell browsers not to guess their type (nosniff).",
        why: "A browser that guesses can take an uploaded text for a script.",
        how: "Gets the root, /health, a page that does not exist and the front end's page, and reads X-Content-Type-Options as \
              the Fetch standard does: the first value counts.",
        blind: "Other paths, and whether Content-Type itself is right.",
        remedy: "Send `X-Content-Type-Options: nosniff` on every answer (Helmet does). Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "X-Content-Type-Options: nosniff".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe_all(cx, &[HEADER]).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let said: Vec<Said> = pages.all.iter().map(said).collect();
        let every = EveryPage::of(pages, Self::expected(params), shown);
        if said.contains(&Said::Other) {
            return every.verdict(Outcome::Fail, "The header is not `nosniff`");
        }
        let words = Words {
            missing: "The header is missing on",
            sent: "Browsers are told not to guess types",
            on_errors: "nosniff-not-on-errors",
        };
        every.unless_missing(&said, |said| *said == Said::Nothing, &words)
    }
}

/// The first value counts (Fetch, "determine nosniff").
fn said(page: &Page) -> Said {
    match page.answer.first(HEADER).and_then(|field| field.split(',').next()) {
        None => Said::Nothing,
        Some(value) if value.trim().eq_ignore_ascii_case("nosniff") => Said::Nosniff,
        Some(_) => Said::Other,
    }
}

fn shown(page: &Page) -> String {
    let field = page.answer.first(HEADER).unwrap_or("no header");
    format!("{} ({}): {field}", page.path, page.answer.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::page;

    #[test]
    fn only_nosniff_counts() {
        let none: &[(&str, &str)] = &[];
        let good: &[(&str, &str)] = &[(HEADER, "nosniff")];
        for (case, pages, outcome, notes) in [
            ("as asked", vec![page(200, good), page(404, good)], Outcome::Pass, 0),
            ("in capitals", vec![page(200, &[(HEADER, "NoSniff")])], Outcome::Pass, 0),
            ("twice", vec![page(200, &[(HEADER, "nosniff, nosniff")])], Outcome::Pass, 0),
            ("missing", vec![page(200, none)], Outcome::Fail, 0),
            ("missing on errors", vec![page(200, good), page(404, none)], Outcome::Pass, 1),
            ("misspelt", vec![page(200, &[(HEADER, "no-sniff")])], Outcome::Fail, 0),
            ("quoted", vec![page(200, &[(HEADER, "\"nosniff\"")])], Outcome::Fail, 0),
            ("empty", vec![page(200, &[(HEADER, "")])], Outcome::Fail, 0),
            (
                "wrong on an error page",
                vec![page(200, good), page(404, &[(HEADER, "off")])],
                Outcome::Fail,
                0,
            ),
        ] {
            let judgement = ContentTypeOptions::judge(&pages.into(), &Params {});
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
    }
}
