//! Conditions that hold, break, are mistaken, or are made to exhaust us.

use super::*;

const NAMES: Names = &["status", "headers", "json", "body", "took_ms"];

fn health(body: &str) -> Arc<Scope> {
    let json = serde_json::from_str(body).unwrap_or(Json::Null);
    let headers = serde_json::json!({"content-type": "application/json"});
    Arc::new(Scope(vec![
        ("status", 200.into()),
        ("headers", headers),
        ("json", json),
        ("body", body.into()),
        ("took_ms", 12.into()),
    ]))
}

#[test]
fn a_condition_holds_or_shows_what_was_seen() {
    let body = r#"{"status":"degraded","checks":[{"ok":true},{"ok":false}],"n":5}"#;
    for (source, shown) in [
        ("status == 200", None),
        ("json.n == 5 && json.n + 1 < 7", None),
        ("headers['content-type'].startsWith('application/json')", None),
        ("has(json.n) && !has(json.version)", None),
        ("json.checks.exists(check, check.ok)", None),
        ("body.contains('degraded') && took_ms >= 0", None),
        ("json.status == 'ok'", Some("it is \"degraded\"")),
        ("status >= 500", Some("it is 200")),
        ("json.checks.all(check, check.ok)", Some("checks")),
        ("json.version == '1'", Some("no `version`")),
        ("headers['x-missing'] == '1'", Some("content-type")),
        ("json.checks[9].ok", Some("json is")),
        ("json.status > 3", Some("degraded")),
    ] {
        check(source, NAMES).expect(source);
        match (evaluate(source, &health(body)), shown) {
            (Verdict::Holds, None) => {}
            (Verdict::Broken(seen), Some(word)) => {
                assert!(seen.contains(word), "{source}: {seen}")
            }
            (verdict, _) => panic!("{source}: {verdict:?}"),
        }
    }
}

#[test]
fn an_answer_that_is_not_json_breaks_a_condition_on_json() {
    let verdict = evaluate("json.status == 'ok'", &health("<html>ok</html>"));
    assert!(
        matches!(&verdict, Verdict::Broken(seen) if seen.contains("json is null")),
        "{verdict:?}"
    );
}

#[test]
fn a_condition_that_is_neither_true_nor_false_is_a_mistake() {
    assert!(matches!(evaluate("status", &health("{}")), Verdict::Mistaken(_)));
}

#[test]
fn a_mistake_is_found_when_the_template_is_loaded() {
    for (source, word) in [
        ("status ==", "status =="),
        ("status = 200", "status = 200"),
        ("stauts == 200", "`stauts`"),
        ("status == 500 && bodyy == ''", "`bodyy`"),
        ("json.items.all(x, y)", "`y`"),
    ] {
        let error = check(source, NAMES).expect_err(source);
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(check("json.items.all(x, x.ok)", NAMES), Ok(vec!["json"]));
    assert_eq!(check("status == 200 && took_ms < 500", NAMES), Ok(vec!["status", "took_ms"]));
}

#[test]
fn a_condition_made_to_exhaust_us_is_refused_or_done_in_time() {
    let nested =
        |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    assert!(check(&nested("(", ")", 400), NAMES).is_err());
    assert!(check(&nested("[", "]", 17), NAMES).is_err());
    assert!(check(&nested("[1].all(x,", ")", 3), NAMES).is_err(), "three loops inside each other");
    assert!(check(&"a".repeat(1_001), NAMES).is_err());
    for long in [
        format!("{} == 1", nested("(", ")", 16)),
        format!("status{} > 0", "+1".repeat(490)),
        format!("{}true", "!".repeat(990)),
        format!("true{}", "&&true".repeat(160)),
    ] {
        assert_eq!(evaluate(&long, &health("{}")), Verdict::Holds, "{long}");
    }
    let list = format!("[{}]", vec!["1"; 20_000].join(","));
    let slow = "json.all(x, json.all(y, x == y))";
    assert!(matches!(evaluate(slow, &health(&list)), Verdict::Mistaken(_) | Verdict::Holds));
}
