//! Servers that are nearly right: a rule that holds for the page, the method, the spelling
//! or the first step that is looked at, and not beside it. What is written here stands in
//! docs/honesty.md.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_domain::finding::{Finding, Outcome};
use serde_json::{Value, json};

use crate::odd::{GOOD, TLS, TOKEN, exactly, over_tls};
use crate::server::{Authority, Handler, Request, Server, answer, api, context, find, handler};

/// One claim about a server that speaks in the clear.
async fn look(claim: &str, params: Value, own: Handler) -> Finding {
    let server = Server::http(None, own).await;
    let cx = context(api("http", server.port, None), &[("AUTH_TOKEN", TOKEN)]);
    find(&cx, claim, params).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_page_or_on_error_pages_alone_is_not_sent() {
    let page = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
        <meta http-equiv="refresh" content="0; url=https://127.0.0.1/">
        <meta name="referrer" content="no-referrer">"#;
    let errors_alone = |request: &Request| match request.path.as_str() {
        "/" | "/health" => answer(200, &[], "ok"),
        _ => answer(404, &GOOD, "no"),
    };
    let alike = format!("{TLS} cors.foreign-origins-refused headers.no-leak");
    for (case, own) in [
        ("in the page", handler(move |_| answer(200, &[], page))),
        ("on error pages", handler(errors_alone)),
    ] {
        exactly(case, &over_tls(own).await, &alike);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_two_policies_about_https_counts_as_in_a_browser() {
    let authority = Authority::new();
    for (first, second, outcome) in [
        ("max-age=31536000", "max-age=0", Outcome::Pass),
        ("max-age=0", "max-age=31536000", Outcome::Fail),
        ("max-age=31536000, max-age=0", "max-age=31536000", Outcome::Fail),
    ] {
        let name = "strict-transport-security";
        let own = handler(move |_| answer(200, &[(name, first), (name, second)], "x"));
        let server = Server::http(Some(&authority.good()), own).await;
        let cx = context(api("https", server.port, Some(&authority)), &[]);
        let finding = find(&cx, "http.hsts", json!({})).await;
        assert_eq!(finding.outcome, outcome, "{first}, then {second}: {finding:?}");
        let twice = finding.notes.iter().any(|note| note.code == "hsts-sent-twice");
        assert_eq!(twice, outcome == Outcome::Pass, "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preflights_with_a_list_of_their_own_are_asked_too() {
    let own = handler(|request| {
        let origin = request.header("origin").unwrap_or_default();
        let exact = origin == "https://app.example.com";
        let listed = exact || (request.method == "OPTIONS" && origin.ends_with("app.example.com"));
        let headers = [("access-control-allow-origin", origin), ("vary", "Origin")];
        answer(200, if listed { &headers } else { &[] }, "")
    });
    let finding = look("cors.foreign-origins-refused", json!({}), own).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.observed.contains("(preflight)"), "{}", finding.observed);
    assert!(finding.summary.contains("end of the origin"), "{}", finding.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_into_the_clear_is_found_behind_more_than_one_redirect() {
    let authority = Authority::new();
    for (case, end, outcome) in [
        ("into the clear", "http://127.0.0.1/", Outcome::Fail),
        ("to itself for ever", "/b", Outcome::Pass),
    ] {
        let secure = Server::http(
            Some(&authority.good()),
            handler(move |request| match request.path.as_str() {
                "/b" => answer(302, &[("Location", end)], ""),
                "/a" => answer(302, &[("Location", "/b")], ""),
                _ => answer(302, &[("Location", "/a")], ""),
            }),
        )
        .await;
        let port = secure.port;
        let plain = handler(move |request| {
            let on = format!("https://127.0.0.1:{port}{}", request.path);
            answer(301, &[("Location", &on)], "")
        });
        let plain = Server::http(None, plain).await;
        let mut targets = api("https", port, Some(&authority));
        targets.api_plain = Some(format!("http://127.0.0.1:{}", plain.port));
        let finding = find(&context(targets, &[]), "http.redirects-to-https", json!({})).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_closed_from_the_first_attempt_on_is_told_so() {
    for (case, elsewhere, passes) in [("the login alone", 200, true), ("everything", 429, false)] {
        let own = handler(move |request| {
            let login = request.path == "/auth/login";
            answer(if login { 429 } else { elsewhere }, &[("retry-after", "60")], "")
        });
        let finding = look("http.rate-limit", json!({}), own).await;
        assert_eq!(finding.outcome == Outcome::Pass, passes, "{case}: {finding:?}");
        let told = finding.notes.iter().any(|note| note.code == "limited-from-first");
        assert_eq!(told, passes, "{case}: {finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_that_only_looks_well_is_not() {
    for body in [
        r#"{"status":"error"}"#,
        r#"{"status":"OK"}"#,
        r#"{"status":["ok"]}"#,
        r#"{"data":{"status":"ok"}}"#,
        r#"[{"status":"ok"}]"#,
        r#"{"status":"ok","status":"error"}"#,
        r#"{"status":"ok"} trailing"#,
        "ok",
    ] {
        let params = json!({"path": "/health", "expect": ["status == 200", "json.status == 'ok'"]});
        let own = handler(move |_| answer(200, &[("content-type", "application/json")], body));
        let finding = look("http.expect", params, own).await;
        assert_ne!(finding.outcome, Outcome::Pass, "{body}: {finding:?}");
    }
}

/// The token that came in the header: its own header, decoded, and its signature.
fn bearer(request: &Request) -> Option<(String, String)> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let (head, rest) = token.split_once('.')?;
    let head = String::from_utf8(URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
    Some((head, rest.rsplit_once('.')?.1.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_signature_is_tried_in_each_way_that_servers_overlook() {
    type Guard = fn(&Request) -> bool;
    let valid =
        |request: &Request| request.header("authorization") == Some(&format!("Bearer {TOKEN}"));
    let cases: [(&str, Guard, &str); 4] = [
        ("checks", |_| false, ""),
        (
            "refuses `none` letter by letter",
            |request| {
                bearer(request).is_some_and(|(head, _)| {
                    !head.contains(r#""none""#) && head.to_lowercase().contains(r#""none""#)
                })
            },
            "alg nOnE",
        ),
        (
            "checks a signature if there is one",
            |request| {
                bearer(request).is_some_and(|(head, end)| head.contains("HS256") && end.is_empty())
            },
            "whose signature is gone",
        ),
        (
            "takes it from the address alone",
            |request| request.path.contains("token="),
            "even with the valid token",
        ),
    ];
    for (case, guard, words) in cases {
        let by_address = case.contains("address");
        let own = handler(move |request| {
            let open = guard(request) || (!by_address && valid(request));
            answer(if open { 200 } else { 401 }, &[], r#"{"id":7}"#)
        });
        let finding = look("auth.me", json!({}), own).await;
        let expected = if words.is_empty() { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(finding.outcome, expected, "{case}: {finding:?}");
        assert!(finding.summary.contains(words), "{case}: {}", finding.summary);
    }
}
