//! The answers that claims about headers look at: the root, the health endpoint, and a
//! page that does not exist. A header that is set for good pages only is missing on the
//! error page, and some servers set it there alone. What a browser shows comes from the
//! front end, so claims about pages look at that one too.

use std::sync::Arc;

use countersign_domain::finding::{Note, Outcome, Reason};
use url::Url;

use crate::context::Context;
use crate::http::target;
use crate::http::visit::{Answer, Ask};
use crate::probe::{Doubt, Judgement, Observation};

/// The fact that names the health endpoint's path, when it is not `/health`.
pub const HEALTH: &str = "health_path";
/// A page that no server has.
const NO_PAGE: &str = "/countersign-no-such-page";
/// How the front end's page is called among the paths of the API.
pub const FRONTEND: &str = "the front end";

/// The health endpoint's path below the API's address: the fact `health_path`, or `/health`.
#[must_use]
pub fn health_path(cx: &Context) -> &str {
    cx.fact(HEALTH).filter(|path| path.starts_with('/')).unwrap_or("/health")
}

/// One answer and where it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// The path below the API.
    pub path: String,
    /// The answer.
    pub answer: Arc<Answer>,
}

impl Page {
    /// Whether it is an error page.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.answer.status >= 400
    }

    fn is_good(&self) -> bool {
        (200..300).contains(&self.answer.status)
    }
}

/// The pages of one look.
#[derive(Debug, Clone)]
pub struct Pages {
    /// The pages that answered: those of the API, and perhaps the front end's.
    pub all: Vec<Page>,
    /// Why the front end's page is not among them, when it should be.
    pub unseen: Option<Note>,
}

impl From<Vec<Page>> for Pages {
    fn from(all: Vec<Page>) -> Self {
        Self { all, unseen: None }
    }
}

impl Pages {
    /// The verdict when no page of the API was answered with success: an error page may
    /// come from something in front of it.
    #[must_use]
    pub fn undecided(&self, expected: &str, seen: &str) -> Option<Judgement> {
        if self.all.iter().any(|page| page.path != FRONTEND && page.is_good()) {
            return None;
        }
        let outcome = Outcome::Inconclusive(Reason::Unexpected);
        let summary = format!(
            "Could not tell: no page of the API was answered with success (name one in the fact \
             `{HEALTH}`)"
        );
        Some(Judgement::new(outcome, summary, expected, seen).notes(certificate_note(&self.all)))
    }
}

/// Gets the API's pages; one that does not answer is a doubt for the whole claim.
/// `headers` are those shown in the transcript.
pub async fn observe(cx: &Context, headers: &[&str]) -> Observation<Pages> {
    let base = match target::api(cx) {
        Ok(base) => base,
        Err(doubt) => return Observation::new("api", Err(doubt)),
    };
    let paths = ["/", health_path(cx), NO_PAGE];
    let asks = paths.map(|path| Ask::get(target::join(&base, path)));
    let outcomes = futures::future::join_all(asks.iter().map(|ask| cx.visit(ask))).await;
    let mut transcript = Vec::new();
    let mut all = Vec::new();
    let mut doubt: Option<Doubt> = None;
    for ((path, ask), outcome) in paths.into_iter().zip(&asks).zip(outcomes) {
        transcript.push(ask.line());
        match outcome {
            Ok(answer) => {
                transcript.push(answer.line(headers));
                all.push(Page { path: path.to_owned(), answer });
            }
            Err(failure) => {
                let seen = failure.doubt();
                transcript.push(format!("< {}", seen.seen));
                doubt = doubt.or(Some(Doubt::new(seen.reason, format!("{path}: {}", seen.seen))));
            }
        }
    }
    Observation {
        target: target::shown(&base),
        facts: doubt.map_or(Ok(all.into()), Err),
        transcript,
        reproduce: Some(super::reproduce::curl(cx, &asks[1], "AUTH_TOKEN")),
    }
}

/// The same with the front end's page, when the environment names one. A front end that
/// does not answer is a reservation: the API's own answers were still seen.
pub async fn observe_all(cx: &Context, headers: &[&str]) -> Observation<Pages> {
    let mut seen = observe(cx, headers).await;
    let (Ok(pages), Ok(frontend)) = (&mut seen.facts, target::frontend(cx)) else { return seen };
    if is_reserved(&frontend) {
        return seen;
    }
    let ask = Ask::get(frontend);
    seen.transcript.push(ask.line());
    let why = match cx.visit(&ask).await {
        Ok(answer) => {
            seen.transcript.push(answer.line(headers));
            let page = Page { path: FRONTEND.to_owned(), answer };
            if page.is_good() {
                pages.all.push(page);
                return seen;
            }
            format!("it answers {}", page.answer.status)
        }
        Err(failure) => failure.doubt().seen,
    };
    seen.transcript.push(format!("< {why}"));
    let text = format!("The front end's own page was not seen: {why}");
    pages.unseen = Some(Note { code: "front-end-not-seen".to_owned(), text });
    seen
}

/// Whether the host's name is kept for examples and tests (RFC 2606): nobody is there to ask.
fn is_reserved(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let last = host.rsplit('.').next().unwrap_or_default();
    let example = ["example.com", "example.net", "example.org"].iter().any(|name| {
        host.strip_suffix(name).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
    });
    example || matches!(last, "test" | "example" | "invalid")
}

/// The reservation for an untrusted certificate, if one was seen.
#[must_use]
pub fn certificate_note(pages: &[Page]) -> Option<Note> {
    pages.iter().find_map(|page| page.answer.certificate_note())
}

/// The pages whose verdict is `bad`, told apart: a good page decides, an error page alone
/// is a reservation. Without a good page the error pages decide.
#[must_use]
pub fn failing<'a, V>(
    pages: &'a [Page],
    verdicts: &[V],
    bad: impl Fn(&V) -> bool,
) -> (Vec<&'a Page>, Vec<&'a Page>) {
    let any_good = pages.iter().any(|page| !page.is_error());
    pages
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| bad(verdict))
        .map(|(page, _)| page)
        .partition(|page| !any_good || !page.is_error())
}

/// The paths of the pages, in one line.
#[must_use]
pub fn paths(pages: &[&Page]) -> String {
    pages.iter().map(|page| page.path.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::{Answer, Arc, Page};
    use crate::http::visit::{BodyEnd, Channel};

    pub(crate) fn answer(status: u16, channel: Channel, headers: &[(&str, &str)]) -> Answer {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status, headers, body: Vec::new(), end: BodyEnd::Whole, took_ms: 1, channel }
    }

    pub(crate) fn page(status: u16, headers: &[(&str, &str)]) -> Page {
        Page {
            path: "/health".to_owned(),
            answer: Arc::new(answer(status, Channel::Trusted, headers)),
        }
    }

    pub(crate) fn past(channel: Channel, headers: &[(&str, &str)]) -> Page {
        Page { path: "/".to_owned(), answer: Arc::new(answer(200, channel, headers)) }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::page;
    use super::*;

    #[test]
    fn error_pages_alone_decide_nothing() {
        for (statuses, decided) in [
            (&[200, 404][..], true),
            (&[404, 404], false),
            (&[403, 503], false),
            (&[302, 404], false),
        ] {
            let pages: Vec<Page> = statuses.iter().map(|status| page(*status, &[])).collect();
            let undecided = Pages::from(pages).undecided("", "");
            assert_eq!(undecided.is_none(), decided, "{statuses:?}");
        }
        let mut front = page(200, &[]);
        front.path = FRONTEND.to_owned();
        let pages = Pages::from(vec![page(404, &[]), front]);
        assert!(pages.undecided("", "").is_some(), "the front end is another server");
    }

    #[test]
    fn nobody_asks_a_name_that_is_kept_for_examples() {
        for (url, reserved) in [
            ("https://app.example.com", true),
            ("https://example.org", true),
            ("https://app.demo.invalid", true),
            ("https://shop.test", true),
            ("https://notexample.com", false),
            ("http://localhost:3000", false),
            ("https://127.0.0.1:8443", false),
        ] {
            assert_eq!(is_reserved(&Url::parse(url).expect("a URL")), reserved, "{url}");
        }
    }
}
