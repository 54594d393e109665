//! Redirects, HSTS, headers, and answers that are not answers.

use std::time::{Duration, Instant};

use countersign_domain::finding::{Outcome, Reason};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{
    Authority, Handler, Server, TIMED_OUT, UNEXPECTED, UNREACHABLE, answer, api, closed_port,
    context, find, handler,
};

const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

fn hardened() -> Handler {
    handler(|request| {
        let headers = [
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("content-security-policy", POLICY),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("content-type", "application/json"),
        ];
        match request.path.as_str() {
            "/health" => answer(200, &headers, r#"{"status":"ok"}"#),
            _ => answer(404, &headers, r#"{"message":"not found"}"#),
        }
    })
}

fn bare() -> Handler {
    handler(|request| match request.path.as_str() {
        "/health" => answer(200, &[("x-frame-options", "ALLOWALL")], r#"{"status":"degraded"}"#),
        _ => answer(404, &[], "nothing"),
    })
}

const CLAIMS: [&str; 4] =
    ["http.hsts", "headers.csp", "headers.frame-options", "headers.content-type-options"];

#[tokio::test(flavor = "multi_thread")]
async fn every_header_claim_passes_on_the_hardened_and_fails_on_the_bare_server() {
    let authority = Authority::new();
    let identity = authority.good();
    let (good, bad) = (
        Server::http(Some(&identity), hardened()).await,
        Server::http(Some(&identity), bare()).await,
    );
    let good_cx = context(api("https", good.port, Some(&authority)), &[]);
    let bad_cx = context(api("https", bad.port, Some(&authority)), &[]);
    let down_cx = context(api("https", closed_port().await, Some(&authority)), &[]);
    for claim in CLAIMS {
        let finding = find(&good_cx, claim, json!({})).await;
        assert_eq!(
            (finding.outcome, finding.notes.len()),
            (Outcome::Pass, 0),
            "{claim}: {finding:?}"
        );
        let finding = find(&bad_cx, claim, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{claim}: {finding:?}");
        assert_eq!(find(&down_cx, claim, json!({})).await.outcome, UNREACHABLE, "{claim}");
    }
    let health = json!({"path": "/health", "expect": ["status == 200", "json.status == 'ok'"]});
    assert_eq!(find(&good_cx, "http.expect", health.clone()).await.outcome, Outcome::Pass);
    assert_eq!(good.count("/health"), 1, "one visit feeds every claim");
    let finding = find(&bad_cx, "http.expect", health).await;
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(finding.observed.contains("degraded"), "{finding:?}");
}

/// What Helmet 8 sends without any configuration.
const HELMET: [(&str, &str); 12] = [
    (
        "Content-Security-Policy",
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';\
         frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';\
         script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Origin-Agent-Cluster", "?1"),
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-DNS-Prefetch-Control", "off"),
    ("X-Download-Options", "noopen"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Permitted-Cross-Domain-Policies", "none"),
    ("X-XSS-Protection", "0"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_helmet_sends_by_itself_passes_every_header_claim() {
    let authority = Authority::new();
    let helmet = handler(|request| {
        let status = if request.path == "/health" { 200 } else { 404 };
        answer(status, &HELMET, r#"{"status":"ok"}"#)
    });
    let server = Server::http(Some(&authority.good()), helmet).await;
    let cx = context(api("https", server.port, Some(&authority)), &[]);
    for claim in CLAIMS.iter().chain(&["headers.referrer-policy", "headers.no-leak"]) {
        let finding = find(&cx, claim, json!({})).await;
        assert_eq!((finding.outcome, finding.notes.len()), (Outcome::Pass, 0), "{finding:?}");
    }
    let finding = find(&cx, "headers.cookies", json!({})).await;
    assert_eq!(finding.outcome, Outcome::NotApplicable, "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_ends_own_page_is_judged_with_the_api() {
    let authority = Authority::new();
    let secure = Server::http(Some(&authority.good()), hardened()).await;
    let bare =
        Server::http(None, handler(|_| answer(200, &[("set-cookie", "sid=1")], "<h1>"))).await;
    let mut targets = api("https", secure.port, Some(&authority));
    targets.frontend = Some(format!("http://127.0.0.1:{}", bare.port));
    let cx = context(targets.clone(), &[]);
    for claim in ["headers.csp", "headers.frame-options", "headers.cookies"] {
        let finding = find(&cx, claim, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
        assert!(claim == "headers.cookies" || finding.summary.contains("front end"), "{finding:?}");
        assert!(!format!("{finding:?}").contains("sid=1"), "no value of a cookie: {finding:?}");
    }
    targets.frontend = Some(format!("http://127.0.0.1:{}", closed_port().await));
    let finding = find(&context(targets, &[]), "headers.csp", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    assert_eq!(finding.notes[0].code, "front-end-not-seen", "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_the_teams_own_asks_as_it_was_told_to() {
    let server = Server::http(None, hardened()).await;
    let targets = api("http", server.port, None);
    let cx = context(targets, &[("AUTH_TOKEN", "token-of-the-test")]);
    let own = format!("http://127.0.0.1:{}/health", server.port);
    for (case, params) in [
        (
            "HEAD",
            json!({"path": "/health", "method": "HEAD", "expect": ["status == 200", "'x-frame-options' in headers"]}),
        ),
        ("OPTIONS", json!({"path": "/health", "method": "OPTIONS", "expect": ["status == 200"]})),
        (
            "a token",
            json!({"path": "/health", "token": "AUTH_TOKEN", "expect": ["json.status == 'ok'"]}),
        ),
        ("a URL", json!({"url": own, "expect": ["took_ms < 5000", "body.contains('ok')"]})),
        (
            "a header",
            json!({"path": "/health", "headers": {"accept": "application/json"}, "expect": ["status == 200"]}),
        ),
    ] {
        let finding = find(&cx, "http.expect", params).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{case}: {finding:?}");
        assert!(finding.reproduce.is_some_and(|line| line.contains("curl")), "{case}");
    }
    let seen = server.requests.lock().expect("no panic").clone();
    let methods: Vec<_> = seen.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["HEAD", "OPTIONS", "GET", "GET", "GET"]);
    assert_eq!(seen[2].header("authorization"), Some("Bearer token-of-the-test"));
    assert_eq!(seen[4].header("accept"), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_judged_by_its_first_hop() {
    let authority = Authority::new();
    let secure = Server::http(Some(&authority.good()), hardened()).await;
    let port = secure.port;
    let to = move |status: u16, host: &'static str, rest: &'static str| {
        handler(move |request| {
            let place = format!(
                "{host}{}{}",
                if host.ends_with(':') { port.to_string() } else { String::new() },
                if rest.is_empty() { request.path.clone() } else { rest.to_owned() }
            );
            answer(status, &[("location", &place)], "")
        })
    };
    for (case, handler, outcome, notes) in [
        ("301 to the same place", to(301, "https://127.0.0.1:", ""), Outcome::Pass, 0),
        ("302 is noted", to(302, "https://127.0.0.1:", ""), Outcome::Pass, 1),
        ("the path is lost", to(301, "https://127.0.0.1:", "/start"), Outcome::Pass, 1),
        ("http to http first", to(301, "http://127.0.0.1:", ""), Outcome::Fail, 0),
        ("another host", to(301, "https://evil.test", ""), Outcome::Fail, 0),
        ("served in the clear", hardened(), Outcome::Fail, 0),
    ] {
        let plain = Server::http(None, handler).await;
        let mut targets = api("https", secure.port, Some(&authority));
        targets.api_plain = Some(format!("http://127.0.0.1:{}", plain.port));
        let finding = find(&context(targets, &[]), "http.redirects-to-https", json!({})).await;
        assert_eq!((finding.outcome, finding.notes.len()), (outcome, notes), "{case}: {finding:?}");
        assert_eq!(plain.requests.lock().expect("no panic").len(), 3, "{case}: never followed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_plain_port_counts_only_while_https_answers() {
    let authority = Authority::new();
    let secure = Server::http(Some(&authority.good()), hardened()).await;
    let mut targets = api("https", secure.port, Some(&authority));
    targets.api_plain = Some(format!("http://127.0.0.1:{}", closed_port().await));
    let finding = find(&context(targets.clone(), &[]), "http.redirects-to-https", json!({})).await;
    assert_eq!((finding.outcome, finding.notes.len()), (Outcome::Pass, 1), "{finding:?}");
    targets.api = Some(format!("https://127.0.0.1:{}", closed_port().await));
    let finding = find(&context(targets, &[]), "http.redirects-to-https", json!({})).await;
    assert_eq!(finding.outcome, UNREACHABLE, "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_answers_end_in_a_doubt_and_in_time() {
    let silent = Server::tcp(|mut stream| async move {
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink).await;
    })
    .await;
    let garbage = raw(b"\x00\x01 SSH-2.0 nonsense\r\n\r\n".to_vec(), None).await;
    let closes = raw(Vec::new(), None).await;
    let half = raw(b"HTTP/1.1 200 OK\r\nx-a: ".to_vec(), None).await;
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let endless_headers =
        raw(head.clone(), Some(b"x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")).await;
    for (case, server, outcome) in [
        ("never answers", &silent, TIMED_OUT),
        ("garbage", &garbage, UNEXPECTED),
        ("closes at once", &closes, UNEXPECTED),
        ("closes in the middle", &half, UNEXPECTED),
        ("endless headers", &endless_headers, UNEXPECTED),
    ] {
        let start = Instant::now();
        let cx = context(api("http", server.port, None), &[]);
        let finding = find(&cx, "http.expect", json!({"expect": ["status == 200"]})).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
        assert!(start.elapsed() < Duration::from_secs(8), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_is_cut_and_a_dripping_one_ends_at_the_deadline() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let flood: &'static [u8] = &[b'a'; 4096];
    let endless = raw(head.clone(), Some(flood)).await;
    let cx = context(api("http", endless.port, None), &[]);
    let params = json!({"expect": ["status == 200", "size(body) == 65536"]});
    let finding = find(&cx, "http.expect", params).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");

    let drip = Server::tcp(|mut stream| async move {
        let mut buffer = [0; 1024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let start = Instant::now();
    let cx = context(api("http", drip.port, None), &[]);
    let on_body = find(&cx, "http.expect", json!({"expect": ["body == ''"]})).await;
    assert_eq!(on_body.outcome, TIMED_OUT, "{on_body:?}");
    assert!(start.elapsed() < Duration::from_secs(8));
    let on_status = find(&cx, "http.expect", json!({"expect": ["status == 200"]})).await;
    assert_eq!(on_status.outcome, Outcome::Pass, "the headers came in time: {on_status:?}");
}

/// Reads a request, sends `first`, then `again` for as long as the other side reads.
async fn raw(first: Vec<u8>, again: Option<&'static [u8]>) -> Server {
    Server::tcp(move |mut stream| {
        let first = first.clone();
        async move {
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(&first).await;
            if let Some(again) = again {
                while stream.write_all(again).await.is_ok() {}
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_nobody_configured_is_never_contacted() {
    let (api_server, stranger) =
        (Server::http(None, hardened()).await, Server::http(None, hardened()).await);
    let cx = context(api("http", api_server.port, None), &[]);
    let url = format!("http://localhost:{}/", stranger.port);
    let finding = find(&cx, "http.expect", json!({"url": url, "expect": ["status == 200"]})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{finding:?}");
    assert_eq!(stranger.connections.load(std::sync::atomic::Ordering::SeqCst), 0);
}
