//! One cross-origin question and what a browser would make of the answer.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use reqwest::Method;
use url::Url;

use crate::context::Context;
use crate::http::visit::{Answer, Ask};
use crate::http::{pages, target};
use crate::probe::{Doubt, Judgement, Observation};

/// Headers shown in the transcript.
pub const SHOWN: [&str; 5] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "vary",
];

/// Where to ask, and whose front end it is.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The route.
    pub route: Url,
    /// The front end.
    pub frontend: Url,
}

impl Stage {
    /// Both addresses out of the environment.
    ///
    /// # Errors
    /// A doubt when either is not configured.
    pub fn set(cx: &Context) -> Result<Self, Doubt> {
        // The health endpoint exists everywhere and needs no token.
        let route = target::join(&target::api(cx)?, pages::health_path(cx));
        Ok(Self { route, frontend: target::frontend(cx)? })
    }

    /// A GET from `origin`.
    #[must_use]
    pub fn get(&self, origin: &str) -> Ask {
        Ask::get(self.route.clone()).header("origin", origin)
    }

    /// The question that a browser puts before it sends `method` from `origin`.
    #[must_use]
    pub fn preflight(&self, origin: &str, method: &str) -> Ask {
        Ask::new(Method::OPTIONS, self.route.clone())
            .header("origin", origin)
            .header("access-control-request-method", method)
    }
}

/// What the headers allow.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Every `Access-Control-Allow-Origin` field; a browser accepts one alone.
    pub origins: Vec<String>,
    /// Whether cookies and the like may come along: exactly `true`.
    pub credentials: Option<String>,
    /// Methods of `Access-Control-Allow-Methods`.
    pub methods: Vec<String>,
    /// Headers of `Access-Control-Allow-Headers`, in lower case.
    pub headers: Vec<String>,
    /// Whether caches keep answers for different origins apart.
    pub varies: bool,
    /// Status of the answer.
    pub status: u16,
}

impl Grant {
    /// Reads an answer.
    #[must_use]
    pub fn read(answer: &Answer) -> Self {
        let listed = |name| {
            let fields: Vec<_> = answer.all(name).flat_map(|field| field.split(',')).collect();
            fields.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty())
        };
        Self {
            origins: answer
                .all("access-control-allow-origin")
                .map(|field| field.trim().to_owned())
                .collect(),
            credentials: answer.first("access-control-allow-credentials").map(str::to_owned),
            methods: listed("access-control-allow-methods").collect(),
            headers: listed("access-control-allow-headers")
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            varies: listed("vary").any(|name| name == "*" || name.eq_ignore_ascii_case("origin")),
            status: answer.status,
        }
    }

    /// Whether a browser lets `origin` read the answer.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        matches!(self.origins.as_slice(), [only] if only == origin || only == "*")
    }

    /// Whether `origin` or anybody is named, be it in a way that browsers refuse: twice, or
    /// in a list. A proxy that tidies headers up would make it work.
    #[must_use]
    pub fn names(&self, origin: &str) -> bool {
        let parts = self.origins.iter().flat_map(|field| field.split(','));
        parts.map(str::trim).any(|part| part == "*" || part.eq_ignore_ascii_case(origin))
    }

    /// Whether any origin at all is named as allowed.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    /// Whether credentials are allowed.
    #[must_use]
    pub fn with_credentials(&self) -> bool {
        self.credentials.as_deref() == Some("true")
    }

    /// A server that is busy, broken or sends us elsewhere has not answered the question.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        matches!(self.status, 300..=399 | 429 | 500..=599)
    }

    /// Whether the answer shows what the route does with `origin`: it works, or it allows
    /// that origin. An error page without any header may come from before the list.
    #[must_use]
    pub fn is_evidence_for(&self, origin: &str) -> bool {
        (200..300).contains(&self.status) || self.allows(origin)
    }

    /// The allowed origins in words.
    #[must_use]
    pub fn origins_in_words(&self) -> String {
        if self.origins.is_empty() { "none".to_owned() } else { self.origins.join(" and ") }
    }
}

/// Asks, keeping the lines.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(
    cx: &Context,
    ask: &Ask,
    transcript: &mut Vec<String>,
) -> Result<Arc<Answer>, Doubt> {
    transcript.push(ask.line());
    match cx.visit(ask).await {
        Ok(answer) => {
            transcript.push(answer.line(&SHOWN));
            Ok(answer)
        }
        Err(failure) => {
            let doubt = failure.doubt();
            transcript.push(format!("< {}", doubt.seen));
            Err(doubt)
        }
    }
}

/// The observation when the environment does not say enough.
#[must_use]
pub fn unset<F>(doubt: Doubt) -> Observation<F> {
    Observation::new("cors", Err(doubt))
}

/// The verdict when the route did not answer the question.
#[must_use]
pub fn busy(status: u16, expected: String) -> Judgement {
    let summary = format!("Could not tell: the server answered {status}");
    let busy = matches!(status, 429 | 502..=504);
    let outcome = Outcome::Inconclusive(if busy { Reason::Refused } else { Reason::Unexpected });
    Judgement::new(outcome, summary, expected, format!("status {status}"))
}
