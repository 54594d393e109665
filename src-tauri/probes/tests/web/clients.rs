//! What a browser of another origin, a caller without a token and a guesser of passwords
//! get.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_domain::finding::{Outcome, Reason};
use serde_json::json;

use crate::server::{
    Handler, Request, Server, UNREACHABLE, answer, api, closed_port, context, find, handler,
};

const OWN: &str = "https://app.example.com";

/// A server whose allow-list is `allows`; preflights name `methods`.
fn cors(allows: fn(&str) -> bool, methods: &'static str) -> Handler {
    handler(move |request: &Request| {
        let origin = request.header("origin").unwrap_or_default();
        let mut headers = vec![("vary", "Origin")];
        if allows(origin) {
            headers.push(("access-control-allow-origin", origin));
            headers.push(("access-control-allow-credentials", "true"));
            headers.push(("access-control-allow-methods", methods));
        }
        answer(if request.method == "OPTIONS" { 204 } else { 200 }, &headers, "")
    })
}

const CLAIMS: [&str; 4] = [
    "cors.allowed-origin-exact",
    "cors.foreign-origins-refused",
    "cors.credentials",
    "cors.methods",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_exact_list_passes_every_claim_and_a_server_that_is_down_none() {
    let server =
        Server::http(None, cors(|origin| origin == OWN, "GET,POST,PUT,PATCH,DELETE")).await;
    let cx = context(api("http", server.port, None), &[]);
    let down = context(api("http", closed_port().await, None), &[]);
    for claim in CLAIMS {
        let finding = find(&cx, claim, json!({})).await;
        assert_eq!(
            (finding.outcome, finding.notes.len()),
            (Outcome::Pass, 0),
            "{claim}: {finding:?}"
        );
        assert_eq!(find(&down, claim, json!({})).await.outcome, UNREACHABLE, "{claim}");
    }
    let sent = server.requests.lock().expect("no panic").clone();
    assert!(sent.iter().all(|request| request.header("cookie").is_none()));
    let foreign = sent.iter().filter(|request| request.header("origin") != Some(OWN)).count();
    assert!(foreign <= 26, "{foreign} foreign questions");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_loose_list_is_caught_by_its_own_trick() {
    let all = "GET,POST,PUT,PATCH,DELETE";
    for (case, allows, word) in [
        ("everybody", (|_| true) as fn(&str) -> bool, "Any origin"),
        ("null", |origin| origin == OWN || origin == "null", "null"),
        ("end", |origin| origin.ends_with("app.example.com"), "end"),
        ("beginning", |origin| origin.starts_with(OWN), "beginning"),
        (
            "domain",
            |origin| origin.ends_with("example.com") && origin.starts_with("https"),
            "domain",
        ),
    ] {
        let server = Server::http(None, cors(allows, all)).await;
        let cx = context(api("http", server.port, None), &[]);
        let finding = find(&cx, "cors.foreign-origins-refused", json!({})).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{case}: {finding:?}");
        assert!(finding.summary.contains(word), "{case}: {}", finding.summary);
    }
    let wide =
        Server::http(None, cors(|origin| origin == OWN, "GET,POST,PUT,PATCH,DELETE,TRACE")).await;
    let cx = context(api("http", wide.port, None), &[]);
    let finding = find(&cx, "cors.methods", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(finding.summary.contains("TRACE"), "{}", finding.summary);
}

/// A valid token: a JWT whose signature is the word `signature`.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";

fn guarded(accepts: fn(&str) -> bool) -> Handler {
    handler(move |request| {
        let token =
            request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        answer(if token.is_some_and(accepts) { 200 } else { 401 }, &[], r#"{"sub":"7"}"#)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_guarded_only_if_every_caller_gets_what_is_due() {
    let run = async |accepts: fn(&str) -> bool, secrets: &[(&str, &str)]| {
        let server = Server::http(None, guarded(accepts)).await;
        find(&context(api("http", server.port, None), secrets), "auth.me", json!({})).await
    };
    let secrets = [("AUTH_TOKEN", TOKEN)];
    let finding = run(|token| token == TOKEN, &secrets).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    let text = serde_json::to_string(&finding).expect("JSON");
    assert!(
        !text.contains(TOKEN) && !text.contains("c2lnbmF0dXJl"),
        "no token in a finding: {text}"
    );
    assert!(finding.reproduce.is_some_and(|line| line.contains("$AUTH_TOKEN")));

    let finding = run(|token| token.ends_with(".c2lnbmF0dXJl"), &secrets).await;
    assert!(finding.summary.contains("tampered"), "{finding:?}");
    let finding = run(|token| token == TOKEN || token.ends_with('.'), &secrets).await;
    assert!(finding.summary.contains("unsigned"), "{finding:?}");
    assert_eq!(run(|_| false, &secrets).await.outcome, Outcome::Fail, "refuses everybody");
    let finding = run(|token| token == TOKEN, &[]).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NeedsCredentials), "{finding:?}");

    let open = Server::http(None, handler(|_| answer(200, &[], r#"{"user":null}"#))).await;
    let finding = find(&context(api("http", open.port, None), &[]), "auth.me", json!({})).await;
    assert_eq!(
        finding.outcome,
        Outcome::Fail,
        "open without a token, even though no token is known"
    );
    let down = context(api("http", closed_port().await, None), &secrets);
    assert_eq!(find(&down, "auth.me", json!({})).await.outcome, UNREACHABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_stops_at_the_first_429_and_never_goes_on_past_the_limit() {
    let tries = Arc::new(AtomicUsize::new(0));
    let limited = handler(move |_| {
        let status = if tries.fetch_add(1, Ordering::SeqCst) < 5 { 401 } else { 429 };
        answer(status, &[("retry-after", "60")], "{}")
    });
    for (case, handler, params, outcome, sent) in [
        ("429 on the sixth", limited, json!({}), Outcome::Pass, 6),
        ("never 429", handler(|_| answer(401, &[], "{}")), json!({}), Outcome::Fail, 6),
        (
            "at once",
            handler(|request| {
                let status = if request.method == "POST" { 429 } else { 200 };
                answer(status, &[("retry-after", "9")], "")
            }),
            json!({}),
            Outcome::Pass,
            1,
        ),
        (
            "whatever is asked for",
            handler(|_| answer(429, &[("retry-after", "9")], "")),
            json!({}),
            Outcome::Inconclusive(Reason::Unexpected),
            1,
        ),
        (
            "three attempts",
            handler(|_| answer(401, &[], "{}")),
            json!({"attempts": 3}),
            Outcome::Fail,
            3,
        ),
    ] {
        let server = Server::http(None, handler).await;
        let cx = context(api("http", server.port, None), &[]);
        let finding = find(&cx, "http.rate-limit", params).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
        assert_eq!(server.count("/auth/login"), sent, "{case}");
        let requests = server.requests.lock().expect("no panic");
        assert!(
            requests
                .iter()
                .filter(|request| request.path == "/auth/login")
                .all(|request| request.method == "POST"
                    && request.header("content-type") == Some("application/json")),
            "{case}"
        );
    }
    let down = context(api("http", closed_port().await, None), &[]);
    assert_eq!(find(&down, "http.rate-limit", json!({})).await.outcome, UNREACHABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_attempt_tells_whether_a_forged_address_escapes_the_limit() {
    for (case, trusts, outcome) in
        [("by address", true, Outcome::Fail), ("whatever is claimed", false, Outcome::Pass)]
    {
        let tries = Arc::new(AtomicUsize::new(0));
        let limited = handler(move |request| {
            let other = trusts && request.header("x-forwarded-for").is_some();
            let stop = tries.fetch_add(1, Ordering::SeqCst) >= 5 && !other;
            answer(
                if stop { 429 } else { 401 },
                &[("retry-after", "60"), ("ratelimit", "r=0")],
                "{}",
            )
        });
        let server = Server::http(None, limited).await;
        let cx = context(api("http", server.port, None), &[]);
        let finding = find(&cx, "http.rate-limit", json!({"try_forwarded": true})).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
        assert_eq!(server.count("/auth/login"), 7, "{case}: six attempts and one");
        assert!(finding.observed.contains("Retry-After: 60; ratelimit: r=0"), "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_that_is_open_while_the_get_is_closed_is_caught() {
    let server = Server::http(
        None,
        handler(|request| {
            let origin = request.header("origin").unwrap_or_default();
            let open = origin == OWN || request.method == "OPTIONS";
            let headers = [("access-control-allow-origin", if open { origin } else { OWN })];
            answer(200, &headers, "")
        }),
    )
    .await;
    let cx = context(api("http", server.port, None), &[]);
    let finding = find(&cx, "cors.foreign-origins-refused", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.observed.contains("(preflight)"), "{finding:?}");
}
