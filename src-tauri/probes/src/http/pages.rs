//! The answers that claims about headers look at: the root, the health endpoint, and a
//! page that does not exist. A header that is set for good pages only is missing on the
//! error page, and some servers set it there alone.

use std::sync::Arc;

use countersign_domain::finding::Note;

use crate::context::Context;
use crate::http::target;
use crate::http::visit::{Answer, Ask};
use crate::probe::{Doubt, Observation};

/// Paths below the API that are looked at.
pub const PATHS: [&str; 3] = ["/", "/health", "/countersign-no-such-page"];

/// One answer and where it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// The path below the API.
    pub path: &'static str,
    /// The answer.
    pub answer: Arc<Answer>,
}

impl Page {
    /// Whether it is an error page.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.answer.status >= 400
    }
}

/// Gets the pages; one that does not answer is a doubt for the whole claim. `headers` are
/// those shown in the transcript.
pub async fn observe(cx: &Context, headers: &[&str]) -> Observation<Vec<Page>> {
    let base = match target::api(cx) {
        Ok(base) => base,
        Err(doubt) => return Observation::new("api", Err(doubt)),
    };
    let asks = PATHS.map(|path| Ask::get(target::join(&base, path)));
    let outcomes = futures::future::join_all(asks.iter().map(|ask| cx.visit(ask))).await;
    let mut transcript = Vec::new();
    let mut pages = Vec::new();
    let mut doubt: Option<Doubt> = None;
    for ((path, ask), outcome) in PATHS.into_iter().zip(&asks).zip(outcomes) {
        transcript.push(ask.line());
        match outcome {
            Ok(answer) => {
                transcript.push(answer.line(headers));
                pages.push(Page { path, answer });
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
        facts: doubt.map_or(Ok(pages), Err),
        transcript,
        reproduce: Some(super::reproduce::curl(cx, &asks[1], "AUTH_TOKEN")),
    }
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
    pages.iter().map(|page| page.path).collect::<Vec<_>>().join(", ")
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
        Page { path: "/health", answer: Arc::new(answer(status, Channel::Trusted, headers)) }
    }

    pub(crate) fn past(channel: Channel, headers: &[(&str, &str)]) -> Page {
        Page { path: "/", answer: Arc::new(answer(200, channel, headers)) }
    }
}
