//! AWS Secrets Manager: what is sent is signed as AWS computes it, and only the store's own
//! words decide.

use countersign_domain::finding::{Outcome, Reason};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::server::{Request, SILENCE, Server, answer, json};
use crate::{REFUSED, UNEXPECTED, context, exist, rotation, servers};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "session-token-of-the-test-0123456789";
const KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_SESSION_TOKEN", SESSION),
];
const FACTS: &[(&str, &str)] = &[("stored_secrets", "app/jwt, app/redis")];

fn at(server: &Server) -> String {
    format!("aws://eu-central-1?endpoint=http://127.0.0.1:{}", server.port)
}

/// What the documentation of DescribeSecret shows, for the name that was asked for.
fn described(request: &Request, more: &str) -> String {
    let asked: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
    let name = asked["SecretId"].as_str().expect("a name");
    json(
        200,
        &format!(
            r#"{{"ARN":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-AbCdEf",
            "Name":"{name}","CreatedDate":1600000000.1,
            "VersionIdsToStages":{{"0001":["AWSCURRENT"]}}{more}}}"#
        ),
    )
}

fn now() -> i64 {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp()
}

fn rotated(days_ago: i64) -> String {
    let (last, next) = (now() - days_ago * 86_400, now() + 5 * 86_400);
    format!(
        r#","RotationEnabled":true,"RotationRules":{{"AutomaticallyAfterDays":30}},
        "LastRotatedDate":{last},"NextRotationDate":{next}"#
    )
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The signature as the receiving side computes it (AWS: "Create a signed AWS API request").
fn signature(request: &Request) -> String {
    let authorization = request.header("authorization");
    let (_, signed) = authorization.split_once("SignedHeaders=").expect("signed headers");
    let signed = signed.split(',').next().expect("a list");
    let headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", request.header(name).trim())).collect();
    let body = hex::encode(Sha256::digest(request.body.as_bytes()));
    let canonical = format!("POST\n{}\n\n{headers}\n{signed}\n{body}", request.path);
    let date = request.header("x-amz-date");
    let scope = format!("{}/eu-central-1/secretsmanager/aws4_request", &date[..8]);
    let hashed = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
    let mut key = hmac(format!("AWS4{SECRET}").as_bytes(), &date[..8]);
    for part in ["eu-central-1", "secretsmanager", "aws4_request"] {
        key = hmac(&key, part);
    }
    hex::encode(hmac(&key, &text))
}

#[tokio::test]
async fn each_secret_is_described_once_and_signed_as_aws_computes_it() {
    let server = Server::plain(|request| described(request, &rotated(10))).await;
    let cx = context(&at(&server), None, KEYS, FACTS);
    let (there, scheduled) = (exist(&cx).await, rotation(&cx).await);
    assert_eq!(there.outcome, Outcome::Pass, "{there:?}");
    assert_eq!(scheduled.outcome, Outcome::Pass, "{scheduled:?}");
    let shown = format!("{there:?}{scheduled:?}");
    assert!(!shown.contains("123456789012"), "the account is nobody's business: {shown}");
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "one look feeds both claims");
    for request in &requests {
        assert_eq!(request.method, "POST");
        assert_eq!(request.header("x-amz-target"), "secretsmanager.DescribeSecret");
        assert_eq!(request.header("content-type"), "application/x-amz-json-1.1");
        assert_eq!(request.header("x-amz-security-token"), SESSION);
        let authorization = request.header("authorization");
        for name in ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"] {
            assert!(authorization.contains(name), "{name} is not signed: {authorization}");
        }
        assert!(authorization.ends_with(&format!("Signature={}", signature(request))));
        assert!(!format!("{request:?}").contains(SECRET), "the key itself is never sent");
    }
}

#[tokio::test]
async fn a_missing_secret_and_a_schedule_that_is_not_kept_fail() {
    let server = Server::plain(|request| {
        if request.body.contains("app/redis") {
            return json(400, r#"{"__type":"ResourceNotFoundException","Message":"no"}"#);
        }
        described(request, "")
    })
    .await;
    let cx = context(&at(&server), None, KEYS, FACTS);
    let there = exist(&cx).await;
    assert_eq!(there.outcome, Outcome::Fail);
    assert!(there.observed.contains("app/redis") && !there.observed.contains("app/jwt"));
    let scheduled = rotation(&cx).await;
    assert_eq!(scheduled.outcome, Outcome::Fail);
    assert!(scheduled.observed.contains("app/jwt: rotation is not enabled"), "{scheduled:?}");

    let server = Server::plain(|request| described(request, &rotated(45))).await;
    let stale = rotation(&context(&at(&server), None, KEYS, FACTS)).await;
    assert_eq!(stale.outcome, Outcome::Fail);
    assert!(stale.observed.contains("45 days ago"), "{stale:?}");
}

#[tokio::test]
async fn a_server_that_is_no_store_is_never_a_pass() {
    let elsewhere = Server::plain(|request| described(request, &rotated(10))).await;
    let location = format!("location: http://127.0.0.1:{}/\r\n", elsewhere.port);
    let timed_out = Outcome::Inconclusive(Reason::TimedOut);
    type Case = (&'static str, String, Outcome);
    let cases: Vec<Case> = vec![
        ("200 to everything", json(200, "{}"), UNEXPECTED),
        ("a page", answer(200, "content-type: text/html\r\n", "<html>ok</html>"), UNEXPECTED),
        ("an empty answer", json(200, ""), UNEXPECTED),
        ("a redirect elsewhere", answer(307, &location, ""), UNEXPECTED),
        ("a proxy's 404", answer(404, "", "not found"), UNEXPECTED),
        ("endless", json(200, &"x".repeat(100_000)), UNEXPECTED),
        (
            "denied",
            json(
                400,
                r#"{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::123456789012:user/x is not authorized"}"#,
            ),
            REFUSED,
        ),
        ("wrong keys", json(400, r#"{"__type":"UnrecognizedClientException"}"#), REFUSED),
        ("silence", SILENCE.to_owned(), timed_out),
        (
            "the demo",
            answer(200, "x-countersign-demo: 1\r\n", "{}"),
            Outcome::Inconclusive(Reason::NotConfigured),
        ),
    ];
    for (case, said, outcome) in cases {
        let server = Server::plain(move |_| said.clone()).await;
        let cx = context(&at(&server), None, KEYS, FACTS);
        for finding in [exist(&cx).await, rotation(&cx).await] {
            assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
            assert!(!format!("{finding:?}").contains("123456789012"), "{case}");
        }
        let most = if case == "silence" { 1 } else { 2 };
        assert!(server.requests().len() <= most, "{case}: {}", server.requests().len());
    }
    assert!(elsewhere.requests().is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn keys_are_not_sent_in_the_clear_nor_past_a_certificate_that_is_not_trusted() {
    let cx = context("aws://eu-central-1?endpoint=http://store.example.invalid", None, KEYS, FACTS);
    let plain = exist(&cx).await;
    assert_eq!(plain.outcome, Outcome::Inconclusive(Reason::NotConfigured), "{plain:?}");
    assert!(plain.observed.contains("http://"), "{plain:?}");

    let server = Server::tls(|request| described(request, &rotated(10))).await;
    let store = format!("aws://eu-central-1?endpoint=https://127.0.0.1:{}", server.port);
    let stranger = exist(&context(&store, None, KEYS, FACTS)).await;
    assert_eq!(stranger.outcome, UNEXPECTED, "{stranger:?}");
    assert!(server.requests().is_empty(), "something was sent to a stranger");
    let known = exist(&context(&store, Some(&server.ca()), KEYS, FACTS)).await;
    assert_eq!(known.outcome, Outcome::Pass, "{known:?}");
}

#[tokio::test]
async fn a_store_that_is_gone_is_asked_once() {
    let store = format!("aws://eu-central-1?endpoint=http://127.0.0.1:{}", servers::free_port());
    let cx = context(&store, None, KEYS, FACTS);
    let unreachable = Outcome::Inconclusive(Reason::Unreachable);
    assert_eq!(exist(&cx).await.outcome, unreachable);
    assert_eq!(rotation(&cx).await.outcome, unreachable);
}
