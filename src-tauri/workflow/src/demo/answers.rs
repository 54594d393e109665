//! What the demo's target answers, with the planted faults and without them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    ORIGIN, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::folder::{Condition, Folder};
use super::{FRONTEND, socket, tree};

/// On every answer, so that nobody takes the demo for anything else.
pub(crate) const MARK: HeaderName =
    HeaderName::from_static(countersign_probes::http::visit::DEMO_MARK);
/// Bytes of a request's body that are read.
const MAX_BODY: usize = 16 * 1024;
/// Failed logins for one address, and the window in which they count.
const MAX_LOGINS: u32 = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 1000;
/// Sockets that are open at a time.
const MAX_SOCKETS: usize = 16;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// Which port a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// Over TLS.
    Secure,
    /// In the clear.
    Plain,
}

/// What the target knows.
pub(super) struct Site {
    pub(super) folder: Folder,
    pub(super) stop: CancellationToken,
    pub(super) sockets: Arc<Semaphore>,
    secure_port: u16,
    logins: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Site {
    /// A site over `folder` that ends with `stop`.
    pub(super) fn new(folder: Folder, secure_port: u16, stop: CancellationToken) -> Self {
        let sockets = Arc::new(Semaphore::new(MAX_SOCKETS));
        Self { folder, stop, sockets, secure_port, logins: Mutex::default() }
    }

    /// Counts a failed login; whether it is still below the limit.
    fn may_log_in(&self, email: &str, now: Instant) -> bool {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        if logins.len() >= MAX_ADDRESSES {
            logins.clear();
        }
        // By address, not by machine: a second check run must meet the same limit as the
        // first, not what the first has used up.
        let (_, count) = logins.entry(email.to_ascii_lowercase()).or_insert((now, 0));
        *count = count.saturating_add(1);
        *count <= MAX_LOGINS
    }
}

/// Answers one request.
pub(super) async fn answer(
    site: &Arc<Site>,
    channel: Channel,
    request: Request<Incoming>,
) -> Answer {
    let condition = site.folder.condition();
    let asked = request.headers().clone();
    let mut answer = if !is_for_us(&asked) {
        // A page elsewhere that made its name lead here must learn nothing.
        json(StatusCode::MISDIRECTED_REQUEST, r#"{"error":"this is the Countersign demo"}"#)
    } else if channel == Channel::Plain && condition == Condition::Repaired {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let place = format!("https://127.0.0.1:{}{path}", site.secure_port);
        empty(Response::builder().status(StatusCode::MOVED_PERMANENTLY).header(LOCATION, place))
    } else {
        route(site, condition, channel, request).await
    };
    let headers = answer.headers_mut();
    headers.insert(MARK, HeaderValue::from_static("1"));
    allow_origin(headers, &asked, condition);
    if condition == Condition::Repaired {
        protect(headers, channel);
    }
    answer
}

fn is_for_us(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

async fn route(
    site: &Arc<Site>,
    condition: Condition,
    channel: Channel,
    request: Request<Incoming>,
) -> Answer {
    let path = request.uri().path().to_owned();
    match (request.method(), path.as_str()) {
        (&Method::OPTIONS, _) => empty(Response::builder().status(StatusCode::NO_CONTENT)),
        (&Method::GET | &Method::HEAD, "/") => page(condition),
        (&Method::GET | &Method::HEAD, "/health") => json(StatusCode::OK, r#"{"status":"ok"}"#),
        (&Method::GET, "/auth/me") => profile(site, request.headers()),
        (&Method::POST, "/auth/login") => log_in(site, condition, request).await,
        (&Method::GET, "/socket.io/") if channel == Channel::Secure => socket::open(site, request),
        _ => json(StatusCode::NOT_FOUND, r#"{"error":"not found"}"#),
    }
}

fn page(condition: Condition) -> Answer {
    let state = match condition {
        Condition::Faulty => "with planted faults",
        Condition::Repaired => "with its faults repaired",
    };
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Countersign demo</title>\
         <h1>Countersign demo target</h1><p>A server inside Countersign, {state}. It is there to be \
         looked at by probes, and answers for nothing real.</p></html>"
    );
    body(Response::builder().header(CONTENT_TYPE, "text/html; charset=utf-8"), text.into())
}

fn profile(site: &Site, headers: &HeaderMap) -> Answer {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    match (given, site.folder.value(tree::SECRETS[2])) {
        (Some(given), Some(own)) if given == own.as_str() => {
            json(StatusCode::OK, r#"{"id":"demo-user","tenant":"demo"}"#)
        }
        _ => {
            let mut answer = json(StatusCode::UNAUTHORIZED, r#"{"error":"unauthorized"}"#);
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            answer
        }
    }
}

/// Nobody can log in: the demo has no accounts.
async fn log_in(site: &Site, condition: Condition, request: Request<Incoming>) -> Answer {
    let text = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let given = text.ok().and_then(|text| {
        let given: serde_json::Value = serde_json::from_slice(&text.to_bytes()).ok()?;
        Some(given.get("email")?.as_str()?.to_owned())
    });
    let Some(email) = given else {
        return json(StatusCode::BAD_REQUEST, r#"{"error":"send email and password as JSON"}"#);
    };
    if condition == Condition::Repaired && !site.may_log_in(&email, Instant::now()) {
        let mut answer = json(StatusCode::TOO_MANY_REQUESTS, r#"{"error":"too many attempts"}"#);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(WINDOW.as_secs()));
        return answer;
    }
    json(StatusCode::UNAUTHORIZED, r#"{"error":"wrong e-mail or password"}"#)
}

/// Faulty: whoever asks is allowed whatever is asked. Repaired: the front end alone.
fn allow_origin(headers: &mut HeaderMap, asked: &HeaderMap, condition: Condition) {
    let preflight = asked.get(ACCESS_CONTROL_REQUEST_METHOD);
    let (origin, methods) = match condition {
        Condition::Faulty => (asked.get(ORIGIN).cloned(), preflight.cloned()),
        Condition::Repaired => {
            headers.append(VARY, HeaderValue::from_static("Origin"));
            let own = HeaderValue::from_static(FRONTEND);
            (
                asked.get(ORIGIN).filter(|origin| **origin == own).cloned(),
                preflight.map(|_| METHODS),
            )
        }
    };
    let Some(origin) = origin else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if let Some(methods) = methods {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        let allowed = HeaderValue::from_static("Content-Type, Authorization");
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
}

fn protect(headers: &mut HeaderMap, channel: Channel) {
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if channel == Channel::Secure {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
}

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, text: &'static str) -> Answer {
    let builder = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    body(builder, Bytes::from_static(text.as_bytes()))
}

/// An answer without a body.
pub(super) fn empty(builder: hyper::http::response::Builder) -> Answer {
    body(builder, Bytes::new())
}

fn body(builder: hyper::http::response::Builder, bytes: Bytes) -> Answer {
    builder.body(Full::new(bytes)).unwrap_or_else(|_| {
        // Only a path that is no header value gets here.
        let mut answer = Response::new(Full::new(Bytes::new()));
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        answer
    })
}
