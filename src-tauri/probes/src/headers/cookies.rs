//! Cookies travel over TLS alone, stay out of scripts' reach, and do not come along with
//! requests that other sites start.

use cookie::{Cookie, SameSite};
use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use crate::context::Context;
use crate::http::pages::{self, Page, Pages};
use crate::probe::{Definition, Judgement, Observation, Probe};

const HEADER: &str = "set-cookie";
/// Cookies of one page that are judged; a page may set thousands.
const MAX_COOKIES: usize = 50;

/// `headers.cookies`
pub struct Cookies;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What is wrong with one cookie.
#[derive(Debug, Default)]
struct Faults {
    grave: Vec<&'static str>,
    slight: Vec<&'static str>,
}

impl Probe for Cookies {
    type Params = Params;
    type Facts = Pages;

    const DEFINITION: Definition = Definition {
        name: "headers.cookies",
        rules: 2,
        claim: "Every cookie that the pages set is Secure, HttpOnly and SameSite.",
        why: "A session cookie without Secure crosses the network in the clear, one without HttpOnly \
              is there for any injected script to read, one without SameSite comes along with \
              requests that other sites start.",
        how: "Gets the root, /health, a page that does not exist and the front end's page, and reads \
              each Set-Cookie. A name with csrf or xsrf may be read by scripts. `__Host-` and \
              `__Secure-` names must keep what they promise. Values are not kept.",
        blind: "Cookies that are set after a login, or by scripts.",
        remedy: "Set the three attributes (Express: `cookie: { secure: true, httpOnly: true, sameSite: \
                 'lax' }`), and name the cookie `__Host-…`. Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "Secure, HttpOnly and SameSite on every cookie".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Pages> {
        // The header itself is not shown: its value may open a session.
        let mut seen = pages::observe_all(cx, &[]).await;
        if let Ok(pages) = &seen.facts {
            seen.transcript.extend(pages.all.iter().flat_map(fields).map(|field| shown(&field)));
        }
        seen
    }

    fn judge(pages: &Pages, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let fields: Vec<String> = pages.all.iter().flat_map(fields).collect();
        let looked_at = pages::paths(&pages.all.iter().collect::<Vec<_>>());
        if fields.is_empty() {
            let seen = format!("no Set-Cookie on {looked_at}");
            if let Some(undecided) = pages.undecided(&expected, &seen) {
                return undecided;
            }
            let summary = format!("No cookie is set on {looked_at}");
            return Judgement::new(Outcome::NotApplicable, summary, expected, seen);
        }
        let mut lines: Vec<String> = fields.iter().map(|field| shown(field)).collect();
        lines.sort_unstable();
        lines.dedup();
        let seen = lines.join("; ");
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(pages::certificate_note(&pages.all))
        };
        // Whatever stands behind the last one that is judged may be anything.
        let mut unread = pages.all.iter().any(|page| page.answer.all(HEADER).count() > MAX_COOKIES);
        let (mut grave, mut slight) = (Vec::new(), Vec::new());
        for field in &fields {
            let Ok(cookie) = Cookie::parse(field.as_str()) else {
                unread = true;
                continue;
            };
            let faults = faults(&cookie);
            let named = |what: &Vec<&str>| format!("`{}` {}", cookie.name(), what.join(", "));
            if !faults.grave.is_empty() {
                grave.push(named(&faults.grave));
            }
            if !faults.slight.is_empty() {
                slight.push(named(&faults.slight));
            }
        }
        grave.sort_unstable();
        grave.dedup();
        slight.sort_unstable();
        slight.dedup();
        if !grave.is_empty() {
            return verdict(Outcome::Fail, grave.join("; "));
        }
        if unread {
            let outcome = Outcome::Inconclusive(Reason::Unexpected);
            return verdict(
                outcome,
                "Could not tell: not every Set-Cookie could be read".to_owned(),
            );
        }
        let judgement = verdict(Outcome::Pass, "Cookies are kept from others".to_owned())
            .notes(pages.unseen.clone());
        if slight.is_empty() {
            return judgement;
        }
        judgement.note("cookie-reservation", slight.join("; "))
    }
}

fn fields(page: &Page) -> Vec<String> {
    page.answer.all(HEADER).take(MAX_COOKIES).map(str::to_owned).collect()
}

/// RFC 6265bis, 4.1: what the attributes do, and what the prefixes promise.
fn faults(cookie: &Cookie<'_>) -> Faults {
    let mut faults = Faults::default();
    let name = cookie.name().to_ascii_lowercase();
    let secure = cookie.secure() == Some(true);
    if !secure {
        faults.grave.push("lacks Secure");
    }
    if cookie.http_only() != Some(true) {
        // A token against forged requests is made to be read by the page.
        if name.contains("csrf") || name.contains("xsrf") {
            faults.slight.push("can be read by scripts, as its kind must be");
        } else {
            faults.grave.push("lacks HttpOnly");
        }
    }
    match cookie.same_site() {
        None => faults.grave.push("lacks SameSite"),
        Some(SameSite::None) => faults.slight.push("comes along from every site (SameSite=None)"),
        Some(SameSite::Lax | SameSite::Strict) => {}
    }
    let host = cookie.path() == Some("/") && cookie.domain().is_none();
    if name.starts_with("__host-") && !host {
        faults.grave.push("has the prefix __Host- and a Domain or no Path=/: browsers drop it");
    }
    if !name.starts_with("__host-") && !name.starts_with("__secure-") {
        faults.slight.push("has no __Host- prefix");
    }
    faults
}

/// The cookie without its value.
fn shown(field: &str) -> String {
    let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
    let name = pair.split_once('=').map_or("?", |(name, _)| name.trim());
    format!("set-cookie: {name}=…; {}", attributes.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::page;

    const ALL: &str = "__Host-sid=abc; Path=/; Secure; HttpOnly; SameSite=Lax";

    #[test]
    fn each_attribute_counts_and_no_value_is_shown() {
        let unread = Outcome::Inconclusive(Reason::Unexpected);
        for (case, field, outcome, notes, word) in [
            ("all there", ALL, Outcome::Pass, 0, "kept"),
            (
                "in any case",
                "__Host-sid=abc; path=/; SECURE; httponly; samesite=strict",
                Outcome::Pass,
                0,
                "kept",
            ),
            ("no prefix", "sid=abc; Secure; HttpOnly; SameSite=Lax", Outcome::Pass, 1, "kept"),
            (
                "in the clear",
                "__Secure-sid=abc; HttpOnly; SameSite=Lax",
                Outcome::Fail,
                0,
                "Secure",
            ),
            ("to scripts", "sid=abc; Secure; SameSite=Lax", Outcome::Fail, 0, "HttpOnly"),
            ("to every site", "sid=abc; Secure; HttpOnly", Outcome::Fail, 0, "SameSite"),
            ("misspelt", "sid=abc; Secure; HttpOnly; SameSite=Laxx", Outcome::Fail, 0, "SameSite"),
            ("None", "__Secure-sid=abc; Secure; HttpOnly; SameSite=None", Outcome::Pass, 1, "kept"),
            (
                "a token for forms",
                "__Host-XSRF-TOKEN=abc; Path=/; Secure; SameSite=Strict",
                Outcome::Pass,
                1,
                "kept",
            ),
            (
                "a broken promise",
                "__Host-sid=abc; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax",
                Outcome::Fail,
                0,
                "drop",
            ),
            ("nonsense", "abc", unread, 0, "read"),
        ] {
            let pages = vec![page(200, &[(HEADER, field)])];
            let judgement = Cookies::judge(&pages.into(), &Params {});
            assert_eq!(
                (judgement.outcome, judgement.notes.len()),
                (outcome, notes),
                "{case}: {judgement:?}"
            );
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
            assert!(!format!("{judgement:?}").contains("abc"), "{case}: a value is shown");
        }
    }

    #[test]
    fn without_cookies_the_claim_does_not_apply_and_one_bad_among_good_fails() {
        let verdict = |pages: Vec<Page>| Cookies::judge(&pages.into(), &Params {}).outcome;
        assert_eq!(verdict(vec![page(200, &[])]), Outcome::NotApplicable);
        assert_eq!(verdict(vec![page(503, &[])]), Outcome::Inconclusive(Reason::Unexpected));
        let two: &[(&str, &str)] = &[(HEADER, ALL), (HEADER, "sid=1; Secure")];
        assert_eq!(verdict(vec![page(200, two)]), Outcome::Fail);
        assert_eq!(verdict(vec![page(200, &[(HEADER, ALL)]), page(404, two)]), Outcome::Fail);
        let many = vec![(HEADER, ALL); MAX_COOKIES];
        assert_eq!(verdict(vec![page(200, &many)]), Outcome::Pass);
        let hidden = [many, vec![(HEADER, "sid=1")]].concat();
        let unread = Outcome::Inconclusive(Reason::Unexpected);
        assert_eq!(verdict(vec![page(200, &hidden)]), unread, "one too many to be judged");
    }
}
