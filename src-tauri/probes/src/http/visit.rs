//! One exchange over HTTP, as every claim about answers sees it: no redirects followed, no
//! cookies, no proxy, bounded in time and bytes, duplicate headers kept. HTTP/1.1 is spoken,
//! and HTTP/2 to a server that has nothing else. A certificate that
//! is not trusted does not hide the headers behind it, but it is always told, and no
//! secret is ever sent past one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_domain::finding::{Note, Reason};
use reqwest::{Client, Method, Response};
use tokio::time::timeout_at;
use url::Url;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::http::failure::Failure;
use crate::http::target;
use crate::probe::Doubt;
use crate::tls::recorder::{self, Recorder};

/// Every answer of the built-in demo target carries this header.
pub const DEMO_MARK: &str = "x-countersign-demo";

/// Bytes of a body that are read unless the question asks for more; then the connection is
/// closed.
pub const MAX_BODY: usize = 64 * 1024;
/// Who we say we are, so that an operator finds us in the logs.
pub(crate) const USER_AGENT: &str = concat!("countersign-probe/", env!("CARGO_PKG_VERSION"));

/// What came of a question.
pub type Outcome = Result<Arc<Answer>, Failure>;

/// A question to a server.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers that hold nothing secret.
    pub headers: Vec<(String, String)>,
    /// A token for `Authorization: Bearer …`. Only sent over TLS with a trusted
    /// certificate, or to this machine.
    pub bearer: Option<Zeroizing<String>>,
    /// Other headers that hold a secret; sent where a token would be.
    pub secret_headers: Vec<(&'static str, Zeroizing<String>)>,
    /// A JSON body.
    pub json: Option<String>,
    /// Bytes of the answer's body that are read.
    pub max_body: usize,
}

impl Ask {
    /// A bare question.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            bearer: None,
            secret_headers: Vec::new(),
            json: None,
            max_body: MAX_BODY,
        }
    }

    /// A bare GET.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a token.
    #[must_use]
    pub fn bearer(mut self, token: Zeroizing<String>) -> Self {
        self.bearer = Some(token);
        self
    }

    /// The same with one more header that holds a secret.
    #[must_use]
    pub fn secret_header(mut self, name: &'static str, value: Zeroizing<String>) -> Self {
        self.secret_headers.push((name, value));
        self
    }

    /// The same with a JSON body, sent as `application/json` unless a header says otherwise.
    #[must_use]
    pub fn json(mut self, json: String) -> Self {
        self.json = Some(json);
        self
    }

    /// The same, with another bound for the answer's body, in bytes.
    #[must_use]
    pub fn up_to(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    fn holds_secret(&self) -> bool {
        self.bearer.is_some() || !self.secret_headers.is_empty() || self.url.password().is_some()
    }

    /// What tells this question from others, unless it must be asked anew each time.
    #[must_use]
    pub fn memo_key(&self) -> Option<String> {
        let repeatable = matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        (repeatable && !self.holds_secret() && self.json.is_none())
            .then(|| format!("{} {} {:?} {}", self.method, self.url, self.headers, self.max_body))
    }

    /// The question in one line, for the transcript.
    #[must_use]
    pub fn line(&self) -> String {
        let extra: String =
            self.headers.iter().map(|(name, value)| format!(" · {name}: {value}")).collect();
        let token = if self.bearer.is_some() { " · authorization: Bearer …" } else { "" };
        let hidden: String =
            self.secret_headers.iter().map(|(name, _)| format!(" · {name}: …")).collect();
        format!("> {} {}{extra}{token}{hidden}", self.method, target::shown(&self.url))
    }
}

/// How the answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// Without TLS.
    Plain,
    /// TLS with a trusted certificate.
    Trusted,
    /// TLS with a certificate that is not trusted, and why not.
    Untrusted(String),
}

/// How the body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// All of it was read.
    Whole,
    /// More came than we read.
    Cut,
    /// It was not finished at the deadline.
    TimedOut,
    /// The connection broke in the middle.
    Broken,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case; several fields of one name stay apart and in order.
    pub headers: Vec<(String, String)>,
    /// The body, up to [`Ask::max_body`].
    pub body: Vec<u8>,
    /// How the body ended.
    pub end: BodyEnd,
    /// From the question to the end of the answer, in milliseconds.
    pub took_ms: u64,
    /// How the answer came.
    pub channel: Channel,
}

impl Answer {
    /// Every field of that name (in lower case).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The first field of that name (in lower case).
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The answer in one line: its status and the named headers.
    #[must_use]
    pub fn line(&self, names: &[&str]) -> String {
        let shown: String = self
            .headers
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| format!(" · {name}: {value}"))
            .collect();
        format!("< {}{shown}", self.status)
    }

    /// The reservation that belongs on every verdict over an untrusted certificate.
    #[must_use]
    pub fn certificate_note(&self) -> Option<Note> {
        let Channel::Untrusted(why) = &self.channel else { return None };
        let text = format!("Seen past a certificate that is not trusted: {why}");
        Some(Note { code: "certificate-untrusted".to_owned(), text })
    }
}

/// Puts the question once.
///
/// # Errors
/// Why there is no answer.
pub async fn fetch(cx: &Context, ask: &Ask) -> Outcome {
    if ask.holds_secret() && ask.url.scheme() != "https" && !target::is_loopback(&ask.url) {
        let seen = "a secret is not sent over http://: give an https:// address";
        return Err(Failure::Unasked(Doubt::new(Reason::NotConfigured, seen)));
    }
    match exchange(cx, ask, Speech::Http1).await {
        // Refused within the handshake: the question itself was not put yet.
        Err(Failure::OtherProtocol(_)) => exchange(cx, ask, Speech::Http2).await,
        other => other,
    }
}

/// The version of HTTP that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Http1,
    Http2,
}

async fn exchange(cx: &Context, ask: &Ask, speech: Speech) -> Outcome {
    let trust = cx.trust().await.map_err(Failure::Unasked)?;
    let ours = |error: String| Failure::Unasked(Doubt::new(Reason::Internal, error));
    let recorder =
        Recorder::new(&trust, ask.holds_secret()).map_err(|error| ours(error.to_string()))?;
    let mut tls = trust
        .client(recorder.clone(), rustls::DEFAULT_VERSIONS)
        .map_err(|error| ours(error.to_string()))?;
    let protocol: &[u8] = if speech == Speech::Http1 { b"http/1.1" } else { b"h2" };
    tls.alpn_protocols = vec![protocol.to_vec()];
    // One client for one question: an answer never comes over a connection whose
    // certificate another question saw.
    let builder = match speech {
        Speech::Http1 => Client::builder().http1_only(),
        Speech::Http2 => Client::builder().http2_prior_knowledge(),
    };
    let client = builder
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(USER_AGENT)
        .connect_timeout(cx.patience().connect)
        .build()
        .map_err(|error| ours(error.to_string()))?;
    let _place = cx.place(ask.url.host_str().unwrap_or_default()).await;
    let started = Instant::now();
    let deadline = tokio::time::Instant::now() + cx.patience().total;
    let response = timeout_at(deadline, request(&client, ask).send())
        .await
        .map_err(|_| Failure::TimedOut("no answer within the deadline".to_owned()))?
        .map_err(|error| Failure::of(&error))?;
    let channel = match (ask.url.scheme(), recorder.seen()) {
        ("https", Some(seen)) if seen.faults.is_empty() => Channel::Trusted,
        ("https", Some(seen)) => Channel::Untrusted(recorder::words(&seen.faults)),
        ("https", None) => Channel::Untrusted("no certificate was seen".to_owned()),
        _ => Channel::Plain,
    };
    if response.headers().contains_key(DEMO_MARK) && !cx.environment().demo {
        let seen = "the built-in demo answered: it stands for no real target";
        return Err(Failure::Unasked(Doubt::new(Reason::NotConfigured, seen)));
    }
    Ok(Arc::new(read(response, channel, started, deadline, ask.max_body).await))
}

fn request(client: &Client, ask: &Ask) -> reqwest::RequestBuilder {
    let mut request = client.request(ask.method.clone(), ask.url.clone());
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    if let Some(token) = &ask.bearer {
        request = request.bearer_auth(token.as_str());
    }
    for (name, value) in &ask.secret_headers {
        request = request.header(*name, value.as_str());
    }
    if let Some(json) = &ask.json {
        if !ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("content-type", "application/json");
        }
        request = request.body(json.clone());
    }
    request
}

async fn read(
    mut response: Response,
    channel: Channel,
    started: Instant,
    deadline: tokio::time::Instant,
    max_body: usize,
) -> Answer {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let mut body = Vec::new();
    let end = loop {
        match timeout_at(deadline, response.chunk()).await {
            Err(_) => break BodyEnd::TimedOut,
            Ok(Err(_)) => break BodyEnd::Broken,
            Ok(Ok(None)) => break BodyEnd::Whole,
            Ok(Ok(Some(chunk))) => {
                let room = max_body - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break BodyEnd::Cut;
                }
            }
        }
    };
    let took_ms = millis(started.elapsed());
    Answer { status, headers, body, end, took_ms, channel }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
