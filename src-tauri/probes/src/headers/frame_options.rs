//! Other sites cannot put the pages into a frame.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::headers::policy::{self, ENFORCED};
use crate::http::every_page::{EveryPage, Words};
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

const HEADER: &str = "x-frame-options";

/// `headers.frame-options`
pub struct FrameOptions;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What keeps one page out of frames.
#[derive(Debug, PartialEq, Eq)]
enum Guard {
    /// `frame-ancestors` does; it goes before X-Frame-Options.
    Policy,
    Header,
    Nothing,
    Broken(&'static str),
}

impl Probe for FrameOptions {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.frame-options",
        rules: 2,
        claim: "Other sites cannot show the pages in a frame.",
        why: "A page in an invisible frame can be clicked by a user who means another one.",
        how: "Gets the root, /health, a page that does not exist and the front end's page. X-Frame-Options must be DENY or \
              SAMEORIGIN, or the policy's frame-ancestors must name no open source; where both are \
              sent, frame-ancestors counts.",
        blind: "Other paths and other pages of the front end.",
        remedy: "Send `X-Frame-Options: DENY` and `frame-ancestors 'none'` (Helmet sends both). Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "X-Frame-Options DENY or SAMEORIGIN, or a frame-ancestors that names no open source"
            .to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe_all(cx, &[HEADER, ENFORCED]).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let guards: Vec<Guard> = pages.all.iter().map(guard).collect();
        let every = EveryPage::of(pages, Self::expected(params), shown);
        let broken = guards.iter().find_map(|guard| match guard {
            Guard::Broken(why) => Some(*why),
            Guard::Policy | Guard::Header | Guard::Nothing => None,
        });
        if let Some(why) = broken {
            return every.verdict(Outcome::Fail, why);
        }
        let words = Words {
            missing: "Any site may frame",
            sent: "Other sites cannot frame the pages",
            on_errors: "frame-options-not-on-errors",
        };
        every.unless_missing(&guards, |guard| *guard == Guard::Nothing, &words)
    }
}

fn guard(page: &Page) -> Guard {
    let policies = policy::policies(&page.answer, ENFORCED);
    let ancestors: Vec<_> =
        policies.iter().filter_map(|policy| policy.sources("frame-ancestors")).collect();
    if !ancestors.is_empty() {
        // Every policy is enforced, so one that names no open source is enough.
        let closed = ancestors.iter().any(|sources| !sources.iter().any(|source| is_open(source)));
        return if closed {
            Guard::Policy
        } else {
            Guard::Broken("frame-ancestors names any site")
        };
    }
    let values: Vec<String> = page
        .answer
        .all(HEADER)
        .flat_map(|field| field.split(','))
        .map(|value| value.trim().to_ascii_lowercase())
        .collect();
    match values.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Guard::Nothing,
        ["deny" | "sameorigin"] => Guard::Header,
        [_, _, ..] => {
            Guard::Broken("X-Frame-Options holds two values, which browsers treat differently")
        }
        [_] => Guard::Broken("X-Frame-Options holds a value that browsers ignore"),
    }
}

fn is_open(source: &str) -> bool {
    policy::is_any_host(source)
}

fn shown(page: &Page) -> String {
    let fields: Vec<_> = page.answer.all(HEADER).collect();
    let text = if fields.is_empty() { "no header".to_owned() } else { fields.join(" | ") };
    let policy = if guard(page) == Guard::Policy { ", frame-ancestors in the policy" } else { "" };
    format!("{} ({}): {text}{policy}", page.path, page.answer.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::page;

    #[test]
    fn the_header_or_the_policy_must_close_the_frame() {
        let none: &[(&str, &str)] = &[];
        let deny: &[(&str, &str)] = &[(HEADER, "DENY")];
        for (case, pages, outcome, notes) in [
            ("DENY", vec![page(200, deny)], Outcome::Pass, 0),
            (
                "sameorigin in lower case",
                vec![page(200, &[(HEADER, "sameorigin")])],
                Outcome::Pass,
                0,
            ),
            ("nothing", vec![page(200, none)], Outcome::Fail, 0),
            ("not on errors", vec![page(200, deny), page(404, none)], Outcome::Pass, 1),
            ("ALLOWALL", vec![page(200, &[(HEADER, "ALLOWALL")])], Outcome::Fail, 0),
            (
                "ALLOW-FROM",
                vec![page(200, &[(HEADER, "ALLOW-FROM https://a.test")])],
                Outcome::Fail,
                0,
            ),
            ("twice in one field", vec![page(200, &[(HEADER, "DENY, DENY")])], Outcome::Fail, 0),
            (
                "twice",
                vec![page(200, &[(HEADER, "DENY"), (HEADER, "SAMEORIGIN")])],
                Outcome::Fail,
                0,
            ),
            (
                "policy alone",
                vec![page(200, &[(ENFORCED, "frame-ancestors 'none'")])],
                Outcome::Pass,
                0,
            ),
            (
                "an open policy goes before DENY",
                vec![page(200, &[(HEADER, "DENY"), (ENFORCED, "frame-ancestors *")])],
                Outcome::Fail,
                0,
            ),
            (
                "a closed one before ALLOWALL",
                vec![page(200, &[(HEADER, "ALLOWALL"), (ENFORCED, "frame-ancestors 'self'")])],
                Outcome::Pass,
                0,
            ),
            (
                "a policy that says nothing of it",
                vec![page(200, &[(ENFORCED, "default-src 'self'")])],
                Outcome::Fail,
                0,
            ),
        ] {
            let judgement = FrameOptions::judge(&pages.into(), &Params {});
            assert_eq!((judgement.outcome, judgement.notes.len()), (outcome, notes), "{case}");
        }
    }
}
