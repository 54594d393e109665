//! Whether alerts are made, asked of servers that answer as Prometheus documents it, and of
//! others.

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use serde_json::json;

use crate::server::{SILENCE, Server, answer, json as body};
use crate::servers::{context, free_port, look};
use crate::{NOT_CONFIGURED, TIMED_OUT, UNEXPECTED, UNREACHABLE};

/// One group with a rule that is evaluated now, whenever that is.
fn rules() -> String {
    let now = chrono::Utc::now().to_rfc3339();
    said(&format!(
        r#"{{"groups":[{{"name":"g","interval":15,"rules":[{{"name":"Down","type":"alerting",
           "health":"ok","state":"inactive","lastEvaluation":"{now}"}}]}}]}}"#
    ))
}

fn said(data: &str) -> String {
    body(200, &format!(r#"{{"status":"success","data":{data}}}"#))
}

fn up() -> String {
    said(
        r#"{"resultType":"vector","result":[{"metric":{"job":"api"},"value":[1700000000.1,"1"]}]}"#,
    )
}

fn managers() -> String {
    said(
        r#"{"activeAlertmanagers":[{"url":"http://192.0.2.1:9093/api/v2/alerts"}],"droppedAlertmanagers":[]}"#,
    )
}

/// Asks a server whose answers to the three questions are these.
async fn ask(rules: String, managers: String, query: String) -> Finding {
    let server = Server::plain(move |request| match request.path.as_str() {
        path if path.starts_with("/api/v1/rules") => rules.clone(),
        path if path.starts_with("/api/v1/alertmanagers") => managers.clone(),
        path if path.contains("notifications") => said(r#"{"resultType":"vector","result":[]}"#),
        _ => query.clone(),
    })
    .await;
    at(&format!("http://127.0.0.1:{}", server.port)).await
}

async fn at(url: &str) -> Finding {
    let targets = Targets { metrics: Some(url.to_owned()), ..Targets::default() };
    look(&context(targets, &[], &[("metrics_job", "api")]), "metrics.alerting", json!({})).await
}

#[tokio::test]
async fn only_prometheus_itself_is_believed() {
    const REFUSED: Outcome = Outcome::Inconclusive(Reason::Refused);
    let finding = ask(rules(), managers(), up()).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    let ok = || answer(200, "", "ok");
    let page = || answer(200, "content-type: text/html\r\n", "<title>Prometheus</title>");
    let long = |word: &str| said(&format!(r#"{{"groups":[],"x":"{}"}}"#, word.repeat(5_000_000)));
    for (case, rules, managers, query, outcome) in [
        ("200 to everything", ok(), ok(), ok(), UNEXPECTED),
        ("a page", page(), page(), page(), UNEXPECTED),
        ("no rules in the answer", said("{}"), managers(), up(), UNEXPECTED),
        ("more than is read", long("x"), managers(), up(), UNEXPECTED),
        ("an error", body(503, r#"{"status":"error"}"#), managers(), up(), UNEXPECTED),
        ("no list of Alertmanagers", rules(), body(404, "{}"), up(), UNEXPECTED),
        ("another list", rules(), said("[]"), up(), UNEXPECTED),
        ("no targets to be seen", rules(), managers(), ok(), UNEXPECTED),
        ("a login", answer(401, "", ""), managers(), up(), REFUSED),
        ("silence", SILENCE.to_owned(), managers(), up(), TIMED_OUT),
        ("silence later", rules(), managers(), SILENCE.to_owned(), TIMED_OUT),
        ("the demo", answer(200, "x-countersign-demo: 1\r\n", ""), ok(), ok(), NOT_CONFIGURED),
        ("elsewhere", answer(302, "location: http://127.0.0.1:1/\r\n", ""), ok(), ok(), UNEXPECTED),
    ] {
        let finding = ask(rules, managers, query).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:#?}");
    }
    let gone = at(&format!("http://127.0.0.1:{}", free_port())).await;
    assert_eq!(gone.outcome, UNREACHABLE, "{gone:?}");
    let none = context(Targets::default(), &[], &[]);
    assert_eq!(look(&none, "metrics.alerting", json!({})).await.outcome, NOT_CONFIGURED);
}

#[tokio::test]
async fn a_token_is_sent_and_shown_to_nobody() {
    const TOKEN: &str = "t0ken-of-the-metrics-0123456789";
    let server = Server::plain(|request| match request.header("authorization") {
        "Bearer t0ken-of-the-metrics-0123456789" => up(),
        _ => answer(401, "", ""),
    })
    .await;
    let url = format!("http://127.0.0.1:{}", server.port);
    let targets = || Targets { metrics: Some(url.clone()), ..Targets::default() };
    let facts = [("watch_failed_logins", "up")];
    let params = || json!({"name": "failed-logins", "at_most": 50});
    let cx = context(targets(), &[("METRICS_TOKEN", TOKEN)], &facts);
    let finding = look(&cx, "metrics.signal", params()).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    assert!(!format!("{finding:?}").contains(TOKEN), "{finding:#?}");
    let command = finding.reproduce.expect("a command");
    assert!(command.contains("$METRICS_TOKEN"), "{command}");
    let finding = look(&context(targets(), &[], &facts), "metrics.signal", params()).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::Refused), "{finding:#?}");
}
