//! Queries to servers that answer as Prometheus documents it, and to others.

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use serde_json::json;

use crate::server::{SILENCE, Server, answer, json as body};
use crate::servers::{context, free_port, look};
use crate::{NOT_CONFIGURED, TIMED_OUT, UNEXPECTED, UNREACHABLE};

async fn ask(url: &str, expect: &str) -> Finding {
    let targets = Targets { metrics: Some(url.to_owned()), ..Targets::default() };
    let params = json!({"query": "sum by (job) (rate(errors_total[5m]))", "expect": [expect]});
    look(&context(targets, &[], &[]), "promql.expect", params).await
}

fn vector(values: &[(&str, &str)]) -> String {
    let each: Vec<_> = values
        .iter()
        .map(|(job, value)| {
            format!(r#"{{"metric":{{"job":"{job}"}},"value":[1700000000.1,"{value}"]}}"#)
        })
        .collect();
    body(
        200,
        &format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#,
            each.join(",")
        ),
    )
}

#[tokio::test]
async fn what_was_measured_is_judged_and_what_was_not_is_unknown() {
    let two = || vector(&[("api", "0.5"), ("web", "12")]);
    for (case, said, expect, outcome) in [
        ("the first value", two(), "value < 1", Outcome::Pass),
        ("a whole number", vector(&[("api", "12")]), "value == 12", Outcome::Pass),
        ("each value", two(), "values.all(v, v < 10)", Outcome::Fail),
        ("labels", two(), "series.exists(s, s.labels.job == 'web' && s.value > 10)", Outcome::Pass),
        ("how many", two(), "count == 2", Outcome::Pass),
        ("no series is not 0", vector(&[]), "value < 1", UNEXPECTED),
        ("all of no series", vector(&[]), "values.all(v, v < 1)", UNEXPECTED),
        ("every label of none", vector(&[]), "!series.exists(s, s.value > 1)", UNEXPECTED),
        ("no series, counted", vector(&[]), "count == 0", Outcome::Pass),
        ("not a number", vector(&[("api", "NaN")]), "value < 1", UNEXPECTED),
        ("infinite", vector(&[("api", "+Inf")]), "value < 1", Outcome::Fail),
        ("200 to everything", answer(200, "", "ok"), "count == 0", UNEXPECTED),
        ("another API", body(200, r#"{"status":"ok"}"#), "count == 0", UNEXPECTED),
        ("too much", body(200, &" ".repeat(100_000)), "count == 0", UNEXPECTED),
        (
            "a redirect",
            answer(302, "location: http://127.0.0.1:1/\r\n", ""),
            "count == 0",
            UNEXPECTED,
        ),
        ("a login", answer(401, "", ""), "count == 0", Outcome::Inconclusive(Reason::Refused)),
        ("silence", SILENCE.to_owned(), "count == 0", TIMED_OUT),
        ("the demo", answer(200, "x-countersign-demo: 1\r\n", ""), "count == 0", NOT_CONFIGURED),
    ] {
        let server = Server::plain(move |_| said.clone()).await;
        let finding = ask(&format!("http://127.0.0.1:{}/prom", server.port), expect).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
        let path = server.requests()[0].path.clone();
        assert!(path.starts_with("/prom/api/v1/query?query=sum+by+%28job%29"), "{path}");
    }
    let gone = ask(&format!("http://127.0.0.1:{}", free_port()), "count == 0").await;
    assert_eq!(gone.outcome, UNREACHABLE, "{gone:?}");
    let none = context(Targets::default(), &[], &[]);
    let params = json!({"query": "up", "expect": ["count == 0"]});
    assert_eq!(look(&none, "promql.expect", params).await.outcome, NOT_CONFIGURED);
}
