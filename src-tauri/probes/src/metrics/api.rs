//! The HTTP API of Prometheus: where it is asked, and the envelope of every answer
//! (Prometheus, "HTTP API", format overview).

use countersign_domain::finding::Reason;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::http::target;
use crate::http::visit::{Answer, Ask, BodyEnd};
use crate::probe::Doubt;

/// The secret that is sent to a Prometheus behind a login.
pub(super) const TOKEN: &str = "METRICS_TOKEN";
/// Longest query, in bytes.
const MAX_QUERY: usize = 2_000;
/// Longest message of Prometheus that is repeated.
const MAX_MESSAGE: usize = 200;

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    data: Option<T>,
}

/// A GET of `path` below the target `metrics`, with the token if there is one.
pub(super) fn get(cx: &Context, path: &str) -> Result<Ask, Doubt> {
    let ask = Ask::get(target::join(&target::metrics(cx)?, path));
    Ok(match cx.secret(TOKEN) {
        Some(token) => ask.bearer(token.clone()),
        None => ask,
    })
}

/// An instant query.
pub(super) fn query(cx: &Context, query: &str) -> Result<Ask, Doubt> {
    let mut ask = get(cx, "/api/v1/query")?;
    ask.url.query_pairs_mut().append_pair("query", query);
    Ok(ask)
}

/// Whether a query may be sent; what is wrong, in words that follow its name.
pub(super) fn check(query: &str) -> Result<(), String> {
    let length = query.len();
    if query.trim().is_empty() || length > MAX_QUERY {
        return Err(format!("has {length} bytes: expected 1 to {MAX_QUERY}"));
    }
    Ok(())
}

/// What an answer holds. Everything but a whole answer of success is a doubt.
pub(super) fn data<T: DeserializeOwned>(answer: &Answer) -> Result<T, Doubt> {
    let odd = |what: String| Doubt::new(Reason::Unexpected, what);
    match answer.end {
        BodyEnd::Whole => {}
        BodyEnd::Cut => return Err(odd(format!("more than {} bytes", answer.body.len()))),
        BodyEnd::TimedOut => {
            return Err(Doubt::new(Reason::TimedOut, "the answer did not end within the deadline"));
        }
        BodyEnd::Broken => return Err(odd("the answer broke off".to_owned())),
    }
    if matches!(answer.status, 401 | 403) {
        let seen = format!("status {}: Prometheus wants a login (`{TOKEN}`)", answer.status);
        return Err(Doubt::new(Reason::Refused, seen));
    }
    let told: Envelope<T> = serde_json::from_slice(&answer.body)
        .map_err(|_| odd(format!("status {}: not an answer of Prometheus", answer.status)))?;
    if told.status != "success" || answer.status != 200 {
        return Err(odd(format!("status {}: {}", answer.status, short(&told.error))));
    }
    if !told.warnings.is_empty() {
        // Prometheus and Thanos warn when a part of the data could not be read.
        return Err(odd(format!(
            "the answer may lack a part: {}",
            short(&told.warnings.join("; "))
        )));
    }
    told.data.ok_or_else(|| odd("the answer holds no data".to_owned()))
}

fn short(message: &str) -> String {
    message.chars().take(MAX_MESSAGE).collect()
}
