//! Servers that answer oddly, and every claim about HTTP and TLS against each of them: the
//! exact set of claims that may pass. What is written here stands in docs/honesty.md.

use std::collections::BTreeSet;

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome};
use countersign_probes::context::Context;
use countersign_probes::registry;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{
    Authority, Handler, Request, Server, answer, api, context, find, handler, impatient,
};

/// The families under test.
const FAMILIES: [&str; 5] = ["http.", "headers.", "cors.", "auth.", "tls."];
/// A JWT whose signature is the word `signature`.
pub(crate) const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";
/// What a sound TLS stack makes true, whatever is behind it.
pub(crate) const TLS: &str = "tls.certificate-trusted tls.expect tls.legacy-refused tls.modern-accepted \
     tls.weak-suites-refused";

/// What the claims that speak of the team's own conditions are asked for.
fn params(name: &str) -> Value {
    match name {
        "http.expect" => {
            json!({"path": "/health", "expect": ["status == 200", "json.status == 'ok'"]})
        }
        "tls.expect" => json!({"expect": ["version.startsWith('TLSv1.')", "trusted"]}),
        _ => json!({}),
    }
}

/// Every claim of the families, looked at at once.
pub(crate) async fn all(cx: &Context) -> Vec<Finding> {
    let names = registry::all().iter().map(|probe| probe.definition().name);
    let wanted = names.filter(|name| FAMILIES.iter().any(|family| name.starts_with(family)));
    let looks = wanted.map(|name| find(cx, name, params(name)));
    futures::future::join_all(looks).await
}

/// Fails unless exactly the claims of `expected` (parted by blanks) pass.
pub(crate) fn exactly(case: &str, findings: &[Finding], expected: &str) {
    let passed: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Pass)
        .map(|finding| finding.probe.as_str())
        .collect();
    let expected: BTreeSet<&str> = expected.split_whitespace().collect();
    assert_eq!(passed, expected, "{case}: {findings:#?}");
}

/// The same handler with and without TLS, looked at as one deployment.
pub(crate) async fn over_tls(handler: Handler) -> Vec<Finding> {
    let authority = Authority::new();
    let secure = Server::http(Some(&authority.good()), handler.clone()).await;
    let plain = Server::http(None, handler).await;
    let mut targets = api("https", secure.port, Some(&authority));
    targets.api_plain = Some(format!("http://127.0.0.1:{}", plain.port));
    all(&context(targets, &[("AUTH_TOKEN", TOKEN)])).await
}

/// Three at a time: more, and a busy machine makes good servers look silent.
async fn some_at_a_time<T>(looks: impl IntoIterator<Item: Future<Output = T>>) -> Vec<T> {
    futures::stream::iter(looks).buffered(3).collect().await
}

/// A server that ignores the protocol, asked over http:// and over https://.
async fn over_tcp(bytes: &'static [u8], again: Option<&'static [u8]>) -> Vec<Finding> {
    let server = Server::tcp(move |mut stream| async move {
        let _ = stream.write_all(bytes).await;
        let Some(again) = again else {
            let mut buffer = [0; 512];
            let _ = stream.read(&mut buffer).await;
            return;
        };
        while stream.write_all(again).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
    })
    .await;
    let mut findings = Vec::new();
    for scheme in ["http", "https"] {
        let mut targets = api(scheme, server.port, None);
        targets.api_plain = Some(format!("http://127.0.0.1:{}", server.port));
        findings.extend(all(&impatient(context(targets, &[("AUTH_TOKEN", TOKEN)]))).await);
    }
    findings
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_and_no_tls_passes_nothing() {
    let cases = [
        ("says nothing and hangs up", &b""[..], None),
        ("an SSH banner", b"SSH-2.0-OpenSSH_9.2\r\n", None),
        ("Redis", b"-ERR unknown command 'GET'\r\n", None),
        ("SMTP", b"220 mail.example.com ESMTP\r\n", None),
        ("HTTP/0.9", b"<html>status ok</html>", None),
        ("half a TLS record", b"\x16\x03\x03\x40", None),
        ("a TLS alert to everything", b"\x15\x03\x01\x00\x02\x02\x28", None),
        ("one byte at a time", b"H", Some(&b"T"[..])),
        ("TLS one byte at a time", b"\x16\x03\x03\x00\x50", Some(&b"\x02"[..])),
        ("interim answers without end", b"", Some(&b"HTTP/1.1 100 Continue\r\n\r\n"[..])),
    ];
    let looks =
        cases.map(|(case, bytes, again)| async move { (case, over_tcp(bytes, again).await) });
    for (case, findings) in some_at_a_time(looks).await {
        exactly(case, &findings, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_answer_of_tls_and_nothing_behind_it_is_no_tls() {
    // Chooses the version and the first suite that were offered, whatever they are.
    let server = Server::tcp(|mut stream| async move {
        let mut hello = [0; 2048];
        let read = stream.read(&mut hello).await.unwrap_or(0);
        if read < 80 {
            return;
        }
        let session = usize::from(hello[43]);
        let suite = [hello[46 + session], hello[47 + session]];
        let body = [&hello[9..11], &[7; 32], &[0], &suite, &[0]].concat();
        let length = u8::try_from(body.len()).expect("short");
        let record = [&[22, 3, 3, 0, length + 4, 2, 0, 0, length][..], &body].concat();
        let _ = stream.write_all(&record).await;
    })
    .await;
    let mut targets = api("https", server.port, None);
    targets.api_plain = Some(format!("http://127.0.0.1:{}", server.port));
    let findings = all(&impatient(context(targets, &[]))).await;
    exactly("a first answer", &findings, "");
    for claim in ["tls.modern-accepted", "tls.weak-suites-refused"] {
        let finding = findings.iter().find(|finding| finding.probe == claim).expect("looked at");
        assert!(matches!(finding.outcome, Outcome::Inconclusive(_)), "{finding:?}");
        assert!(finding.observed.contains("peer misbehaved"), "{finding:?}");
    }
}

fn echo(request: &Request) -> String {
    let origin = request.header("origin").unwrap_or_default();
    let method = request.header("access-control-request-method").unwrap_or("GET");
    let asked = request.header("access-control-request-headers").unwrap_or_default();
    let headers = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", method),
        ("access-control-allow-headers", asked),
    ];
    answer(200, &headers, &request.path)
}

pub(crate) const GOOD: [(&str, &str); 6] = [
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    (
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
    ),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Server", "proxy"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_everything_alike_passes_only_what_is_true_of_it() {
    let all_alike = "cors.foreign-origins-refused headers.no-leak";
    let good = "headers.content-type-options headers.csp headers.frame-options headers.no-leak \
                headers.referrer-policy http.hsts cors.foreign-origins-refused";
    let cases: [(&str, Handler, String); 10] = [
        ("200 and nothing", handler(|_| answer(200, &[], "")), format!("{TLS} {all_alike}")),
        (
            "200 and a page",
            handler(|_| answer(200, &[], "<h1>ok</h1>")),
            format!("{TLS} {all_alike}"),
        ),
        (
            "200 and the health of others",
            handler(|_| answer(200, &[], r#"{"status":"ok"}"#)),
            format!("{TLS} {all_alike} http.expect"),
        ),
        (
            "204",
            handler(|_| "HTTP/1.1 204 X\r\nconnection: close\r\n\r\n".into()),
            format!("{TLS} {all_alike}"),
        ),
        ("304", handler(|_| "HTTP/1.1 304 X\r\nconnection: close\r\n\r\n".into()), TLS.to_owned()),
        (
            "whatever was asked for",
            handler(echo),
            format!("{TLS} cors.allowed-origin-exact cors.credentials headers.no-leak"),
        ),
        ("200 with every header", handler(|_| answer(200, &GOOD, "x")), format!("{TLS} {good}")),
        ("401 with every header", handler(|_| answer(401, &GOOD, "x")), TLS.to_owned()),
        ("503 with every header", handler(|_| answer(503, &GOOD, "x")), TLS.to_owned()),
        ("429 with every header", handler(|_| answer(429, &GOOD, "x")), TLS.to_owned()),
    ];
    let looks = cases
        .map(|(case, handler, expected)| async move { (case, over_tls(handler).await, expected) });
    for (case, findings, expected) in some_at_a_time(looks).await {
        exactly(case, &findings, &expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_in_a_circle_passes_nothing_but_tls() {
    let itself = handler(|request| answer(302, &[("Location", &request.path)], ""));
    exactly("to itself", &over_tls(itself).await, TLS);

    // Plain requests go to https://, and https:// goes back.
    let authority = Authority::new();
    let plain_port = crate::server::free_port().await;
    let secure = Server::http(
        Some(&authority.good()),
        handler(move |request| {
            let back = format!("http://127.0.0.1:{plain_port}{}", request.path);
            answer(301, &[("Location", &back)], "")
        }),
    )
    .await;
    let secure_port = secure.port;
    let plain = handler(move |request| {
        let on = format!("https://127.0.0.1:{secure_port}{}", request.path);
        answer(301, &[("Location", &on)], "")
    });
    let _plain = Server::http_at(&format!("127.0.0.1:{plain_port}"), None, plain).await;
    let mut targets = api("https", secure_port, Some(&authority));
    targets.api_plain = Some(format!("http://127.0.0.1:{plain_port}"));
    exactly("there and back", &all(&context(targets, &[])).await, TLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_count_as_a_browser_reads_them() {
    let raw = |head: &str| {
        format!("HTTP/1.1 200 X\r\n{head}connection: close\r\ncontent-length: 0\r\n\r\n")
    };
    let doubled = raw(
        "Strict-Transport-Security: max-age=0\r\nStrict-Transport-Security: max-age=31536000\r\n\
         X-Frame-Options: DENY\r\nX-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: off, nosniff\r\n\
         Content-Security-Policy: default-src *\r\nContent-Security-Policy: img-src 'self'\r\n\
         Referrer-Policy: no-referrer\r\nReferrer-Policy: unsafe-url\r\nX-Powered-By: Express\r\n\
         Set-Cookie: __Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax\r\nSet-Cookie: b=2\r\n\
         Access-Control-Allow-Origin: https://app.example.com\r\nAccess-Control-Allow-Origin: *\r\n",
    );
    let cased = raw("sTRICT-tRANSPORT-sECURITY: MAX-AGE=31536000\r\nX-FRAME-OPTIONS: deny\r\n\
         x-content-type-options: NOSNIFF\r\nCONTENT-SECURITY-POLICY: DEFAULT-SRC 'SELF'\r\n\
         referrer-POLICY: No-Referrer\r\nset-cookie: __Host-a=1; path=/; secure; httponly; samesite=lax\r\n");
    let folded = raw(
        "Content-Security-Policy: default-src 'self';\r\n object-src 'none'\r\nX-Frame-Options:\r\n DENY\r\n",
    );
    let lookalikes = raw(
        "X-Frame-Options : DENY\r\nStrict_Transport_Security: max-age=31536000\r\n\
         X-Content-Security-Policy: default-src 'self'\r\nContent-Security-Policy-Report-Only: default-src 'self'\r\n",
    );
    let nul = raw("X-Frame-Options: DENY\0\r\nX-Content-Type-Options: nosniff\r\n");
    let bomb = raw(&format!("X-Filler: {}\r\nX-Frame-Options: DENY\r\n", "a".repeat(1 << 20)));
    let many = raw(&"X-Filler: a\r\n".repeat(5_000));
    let cased_passes = format!(
        "{TLS} headers.content-type-options headers.cookies headers.csp headers.frame-options \
         headers.no-leak headers.referrer-policy http.hsts cors.foreign-origins-refused"
    );
    let cases = [
        ("twice, against each other", doubled, TLS),
        ("in odd letters", cased, cased_passes.as_str()),
        ("folded over two lines", folded, TLS),
        ("a blank before the colon and names that only look right", lookalikes, TLS),
        ("a NUL in a value", nul, TLS),
        ("a megabyte in one header", bomb, TLS),
        ("thousands of headers", many, TLS),
    ];
    let looks = cases.map(|(case, text, expected)| async move {
        (case, over_tls(handler(move |_| text.clone())).await, expected)
    });
    for (case, findings, expected) in some_at_a_time(looks).await {
        exactly(case, &findings, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_never_come_right_pass_no_claim_about_them() {
    let alike = format!("{TLS} cors.foreign-origins-refused headers.no-leak");
    let cases = [
        ("chunks that are none", "transfer-encoding: chunked", "zz\r\nstatus ok\r\n".to_owned()),
        (
            "a chunk without end",
            "transfer-encoding: chunked",
            "ffffffff\r\n{\"status\":\"ok\"}".to_owned(),
        ),
        ("shorter than announced", "content-length: 999", r#"{"status":"ok"}"#.to_owned()),
        ("packed", "content-encoding: gzip\r\ncontent-length: 4", "\u{1f}\u{8}\0".to_owned()),
        (
            "a megabyte of blanks before the JSON",
            "x-a: b",
            format!("{}{{\"status\":\"ok\"}}", " ".repeat(1 << 20)),
        ),
    ];
    let looks = cases.map(|(case, head, body)| async move {
        let text = format!("HTTP/1.1 200 X\r\n{head}\r\nconnection: close\r\n\r\n{body}");
        (case, over_tls(handler(move |_| text.clone())).await)
    });
    for (case, findings) in some_at_a_time(looks).await {
        exactly(case, &findings, &alike);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_wakes_up_late_or_lets_its_cache_talk_is_caught() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let seen = std::sync::Arc::new(AtomicUsize::new(0));
    let cached = handler(move |request| {
        let bearer = request.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        let open = bearer || seen.load(Ordering::SeqCst) > 0;
        if bearer {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        answer(if open { 200 } else { 401 }, &[], r#"{"id":7}"#)
    });
    let server = Server::http(None, cached).await;
    let cx = context(api("http", server.port, None), &[("AUTH_TOKEN", TOKEN)]);
    let finding = find(&cx, "auth.me", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.summary.contains("right after the valid one"), "{}", finding.summary);

    for (case, body) in [("nobody", r#"{"user":null}"#), ("empty", "{}"), ("a page", "<h1>")] {
        let guarded = handler(move |request| {
            let bearer = request.header("authorization") == Some(&format!("Bearer {TOKEN}"));
            answer(if bearer { 200 } else { 401 }, &[], body)
        });
        let server = Server::http(None, guarded).await;
        let cx = context(api("http", server.port, None), &[("AUTH_TOKEN", TOKEN)]);
        let finding = find(&cx, "auth.me", json!({})).await;
        assert_ne!(finding.outcome, Outcome::Pass, "{case}: {finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_http_2_only_is_read_like_any_other() {
    let authority = Authority::new();
    let acceptor =
        tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(authority.good().config(&[b"h2"])));
    let server = Server::tcp(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let status = if request.uri().path() == "/health" { 200 } else { 404 };
                let mut builder = http::Response::builder().status(status);
                for (name, value) in GOOD {
                    builder = builder.header(name.to_ascii_lowercase(), value);
                }
                let Ok(response) = builder.body(()) else { return };
                if let Ok(mut body) = respond.send_response(response, false) {
                    let _ = body.send_data(r#"{"status":"ok"}"#.into(), true);
                }
            }
        }
    })
    .await;
    let cx = context(api("https", server.port, Some(&authority)), &[]);
    for claim in ["http.hsts", "headers.csp", "headers.frame-options", "headers.referrer-policy"] {
        let finding = find(&cx, claim, params(claim)).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{claim}: {finding:?}");
    }
    let health = json!({"path": "/health", "expect": ["json.status == 'ok'"]});
    assert_eq!(find(&cx, "http.expect", health).await.outcome, Outcome::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_at_an_ipv6_address_alone_is_found() {
    let authority = Authority::new();
    let identity = authority.issue("::1", |_| ());
    let good = handler(|_| answer(200, &GOOD, "x"));
    let server = Server::http_at("[::1]:0", Some(&identity), good).await;
    let targets = Targets {
        api: Some(format!("https://[::1]:{}", server.port)),
        ..api("https", server.port, Some(&authority))
    };
    let cx = context(targets, &[]);
    for claim in TLS.split_whitespace().chain(["http.hsts", "headers.csp"]) {
        let finding = find(&cx, claim, params(claim)).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{claim}: {finding:?}");
    }
}
