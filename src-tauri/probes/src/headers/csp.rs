//! A Content-Security-Policy is enforced, and holds against injected script.

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::headers::policy::{self, ENFORCED, Gap, REPORT_ONLY};
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `headers.csp`
pub struct Csp;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for Csp {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.csp",
        rules: 3,
        claim: "A Content-Security-Policy is enforced that keeps injected script from running.",
        why: "When somebody gets markup into a page, the policy is what stands between it and the \
              user's session.",
        how: "Gets the root, /health, a page that does not exist and the front end's page, reads every policy (two are both \
              enforced) and looks for what they leave open: inline script, any host, data: URLs, no \
              limit on scripts or plugins.",
        blind: "Whether an allowed host serves scripts that an attacker can use, policies in <meta> \
                elements, and other pages of the front end.",
        remedy: "With Helmet's defaults: `app.use(helmet())`. Then move inline scripts to files or give \
                 them a nonce. Hours, for pages with inline script.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "an enforced policy without 'unsafe-inline', open hosts or data: for scripts".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        pages::observe_all(cx, &[ENFORCED, REPORT_ONLY]).await
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let facts = &pages.all;
        let expected = Self::expected(params);
        let found: Vec<Option<Vec<Gap>>> = facts.iter().map(gaps).collect();
        let seen = facts.iter().map(shown).collect::<Vec<_>>().join("; ");
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(pages::certificate_note(facts))
        };
        let (missing, on_errors) = pages::failing(facts, &found, Option::is_none);
        if !missing.is_empty() {
            let reported = missing.iter().any(|page| page.answer.first(REPORT_ONLY).is_some());
            let how = if reported { "only reported, not enforced," } else { "missing" };
            return verdict(
                Outcome::Fail,
                format!("The policy is {how} on {}", pages::paths(&missing)),
            );
        }
        if let Some(nonce) = repeated_nonce(facts) {
            let summary = format!("The nonce `{nonce}` stands in two answers: anybody can know it");
            return verdict(Outcome::Fail, summary);
        }
        let mut all: Vec<Gap> = found.iter().flatten().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let (grave, slight): (Vec<Gap>, Vec<Gap>) = all.into_iter().partition(|gap| gap.is_grave());
        if !grave.is_empty() {
            let words: Vec<_> = grave.iter().map(|gap| gap.words()).collect();
            return verdict(Outcome::Fail, format!("The policy has gaps: {}", words.join("; ")));
        }
        if let Some(undecided) = pages.undecided(&expected, &seen) {
            return undecided;
        }
        let mut judgement =
            verdict(Outcome::Pass, "A policy against injected script is enforced".to_owned());
        judgement = judgement.notes(pages.unseen.clone());
        if !on_errors.is_empty() {
            let text = format!("Missing on error pages: {}", pages::paths(&on_errors));
            judgement = judgement.note("csp-not-on-errors", text);
        }
        slight.into_iter().fold(judgement, |judgement, gap| judgement.note(gap.code(), gap.words()))
    }
}

/// What the enforced policies of a page leave open; nothing when there is none.
fn gaps(page: &Page) -> Option<Vec<Gap>> {
    let policies = policy::policies(&page.answer, ENFORCED);
    (!policies.is_empty()).then(|| policy::gaps(&policies))
}

/// A nonce that two answers share is no secret of either (CSP 3, 7.1).
fn repeated_nonce(pages: &[Page]) -> Option<String> {
    let mut known: Vec<String> = Vec::new();
    for page in pages {
        let mut own: Vec<String> = policy::policies(&page.answer, ENFORCED)
            .iter()
            .flat_map(policy::Policy::nonces)
            .collect();
        own.sort_unstable();
        own.dedup();
        if let Some(shared) = own.iter().find(|nonce| known.contains(nonce)) {
            return Some(shared.clone());
        }
        known.extend(own);
    }
    None
}

fn shown(page: &Page) -> String {
    let fields: Vec<_> = page.answer.all(ENFORCED).collect();
    let text = if fields.is_empty() { "no policy".to_owned() } else { fields.join(" | ") };
    format!("{} ({}): {text}", page.path, page.answer.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::{page, past};
    use crate::http::visit::Channel;

    #[test]
    fn an_enforced_policy_without_gaps_passes() {
        let helmet = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';\
                      frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';\
                      script-src-attr 'none';style-src 'self' https: 'unsafe-inline';\
                      upgrade-insecure-requests";
        let good: &[(&str, &str)] = &[(ENFORCED, helmet)];
        let none: &[(&str, &str)] = &[];
        for (case, pages, outcome, word, notes) in [
            ("Helmet's own", vec![page(200, good), page(404, good)], Outcome::Pass, "enforced", 0),
            ("not on errors", vec![page(200, good), page(404, none)], Outcome::Pass, "enforced", 1),
            ("on errors only", vec![page(200, none), page(404, good)], Outcome::Fail, "missing", 0),
            ("none", vec![page(200, none)], Outcome::Fail, "missing", 0),
            (
                "report-only",
                vec![page(200, &[(REPORT_ONLY, helmet)])],
                Outcome::Fail,
                "only reported",
                0,
            ),
            ("empty", vec![page(200, &[(ENFORCED, " ; ")])], Outcome::Fail, "missing", 0),
            (
                "the same nonce twice",
                vec![
                    page(200, &[(ENFORCED, "default-src 'nonce-YWJj'")]),
                    page(404, &[(ENFORCED, "default-src 'nonce-YWJj'")]),
                ],
                Outcome::Fail,
                "two answers",
                0,
            ),
            (
                "inline",
                vec![page(200, &[(ENFORCED, "default-src 'self' 'unsafe-inline'")])],
                Outcome::Fail,
                "inline",
                0,
            ),
            (
                "bare",
                vec![page(200, &[(ENFORCED, "default-src 'self'")])],
                Outcome::Pass,
                "enforced",
                2,
            ),
            (
                "self-signed",
                vec![past(Channel::Untrusted("self-signed".into()), good)],
                Outcome::Pass,
                "enforced",
                1,
            ),
        ] {
            let judgement = Csp::judge(&pages.into(), &Params {});
            assert_eq!(
                (judgement.outcome, judgement.notes.len()),
                (outcome, notes),
                "{case}: {judgement:?}"
            );
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
    }
}
