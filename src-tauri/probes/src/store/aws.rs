//! AWS Secrets Manager: `DescribeSecret`, which answers with everything but the value.

use chrono::{DateTime, Utc};
use countersign_domain::finding::Reason;
use reqwest::Method;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Found, Kept, Rotation, code, digest, json, odd, seconds, whole};
use super::sign::{Keys, post};
use crate::context::Context;
use crate::http::visit::{Answer, Ask};
use crate::probe::Doubt;

/// `DescribeSecret` in the AWS API reference.
const ACTION: &str = "secretsmanager.DescribeSecret";
const CONTENT: &str = "application/x-amz-json-1.1";

/// The keys of the environment.
pub(super) fn keys(cx: &Context) -> Result<Keys, Doubt> {
    let need = |name: &str| -> Result<Zeroizing<String>, Doubt> {
        cx.secret(name).cloned().ok_or_else(|| super::look::missing(name))
    };
    Ok(Keys {
        id: need("AWS_ACCESS_KEY_ID")?,
        secret: need("AWS_SECRET_ACCESS_KEY")?,
        token: cx.secret("AWS_SESSION_TOKEN").cloned(),
    })
}

/// The question about one secret.
pub(super) fn ask(
    keys: &Keys,
    region: &str,
    endpoint: &Url,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Ask, Doubt> {
    let body = serde_json::json!({ "SecretId": name }).to_string();
    let headers = [("content-type", CONTENT), ("x-amz-target", ACTION)];
    let signed = post(keys, (region, "secretsmanager"), endpoint, &headers, &body, now.into())?;
    let mut ask = Ask::new(Method::POST, endpoint.clone()).json(body);
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    for (name, value) in signed {
        ask = ask.secret_header(name, value);
    }
    Ok(ask)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    name: String,
    #[serde(rename = "ARN")]
    arn: String,
    rotation_enabled: Option<bool>,
    rotation_rules: Option<Rules>,
    created_date: Option<f64>,
    last_rotated_date: Option<f64>,
    next_rotation_date: Option<f64>,
    deleted_date: Option<f64>,
    version_ids_to_stages: Option<std::collections::BTreeMap<String, Vec<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    automatically_after_days: Option<i64>,
    schedule_expression: Option<String>,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(rename = "__type", default)]
    kind: String,
}

/// What an answer says about the secret `name`.
pub(super) fn read(answer: &Answer, region: &str, name: &str) -> Result<Found, Doubt> {
    let body = whole(answer)?;
    if answer.status == 200 {
        return described(json(body)?, region, name);
    }
    let told: Refused = serde_json::from_slice(body).unwrap_or_default();
    let header = answer.first("x-amzn-errortype").unwrap_or_default();
    let code = code(if told.kind.is_empty() { header } else { &told.kind });
    match code.as_str() {
        // A page of a proxy says 404 too; only the store's own word counts.
        "ResourceNotFoundException" => Ok(Found::Gone("the store does not know it".to_owned())),
        "AccessDeniedException" | "AccessDenied" => Err(Doubt::new(
            Reason::Refused,
            format!("{code}: the keys lack the permission secretsmanager:DescribeSecret"),
        )),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException"
        | "SignatureDoesNotMatch" => Err(Doubt::new(
            Reason::Refused,
            format!("{code}: the keys were not accepted (wrong, expired, or the clock is off)"),
        )),
        _ => Err(odd(&format!("status {}, {code}", answer.status))),
    }
}

fn described(said: Described, region: &str, name: &str) -> Result<Found, Doubt> {
    let own =
        said.arn.starts_with("arn:aws") && said.arn.contains(&format!(":secretsmanager:{region}:"));
    if said.name != name || !own {
        return Err(odd("the answer is about another secret than the one that was asked for"));
    }
    if let Some(at) = said.deleted_date {
        let at = super::answer::day(seconds(at));
        return Ok(Found::Gone(format!("it was deleted on {at} and waits for its removal")));
    }
    let stages = said.version_ids_to_stages.unwrap_or_default();
    if !stages.values().flatten().any(|stage| stage == "AWSCURRENT") {
        return Ok(Found::Gone("it has a name and no value".to_owned()));
    }
    let time = |at: Option<f64>| at.and_then(seconds);
    let rotation = if said.rotation_enabled == Some(true) {
        Rotation::On {
            every_days: days(&said.rotation_rules.unwrap_or_default()),
            last: time(said.last_rotated_date),
            next: time(said.next_rotation_date),
        }
    } else {
        Rotation::Off
    };
    Ok(Found::There(Kept {
        created: time(said.created_date),
        replaced: time(said.last_rotated_date),
        versions: None,
        expires: None,
        rotation,
        id: Some(digest(&said.arn)),
    }))
}

/// Days between two rotations: the number itself, or that of `rate(N days)` or
/// `rate(N hours)`; a cron() has none.
fn days(rules: &Rules) -> Option<i64> {
    if let Some(days) = rules.automatically_after_days {
        return (1..=1_000).contains(&days).then_some(days);
    }
    let rate = rules.schedule_expression.as_deref()?.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = rate.trim().split_once(' ')?;
    let number: i64 = number.parse().ok().filter(|number| (1..=1_000).contains(number))?;
    match unit.trim().trim_end_matches('s') {
        "day" => Some(number),
        "hour" => Some((number + 23) / 24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::{BodyEnd, Channel};

    fn said(status: u16, body: &str) -> Result<Found, Doubt> {
        let answer = Answer {
            body: body.as_bytes().to_vec(),
            end: BodyEnd::Whole,
            ..answer(status, Channel::Trusted, &[])
        };
        read(&answer, "eu-central-1", "app/jwt")
    }

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app/jwt-AbCdEf";

    fn body(name: &str, more: &str) -> String {
        format!(
            r#"{{"Name":"{name}","ARN":"{ARN}","CreatedDate":1.7e9,
                "VersionIdsToStages":{{"v":["AWSCURRENT"]}}{more}}}"#
        )
    }

    #[test]
    fn only_the_stores_own_words_say_that_a_secret_is_there_or_not() {
        let gone = |found: &Result<Found, Doubt>| matches!(found, Ok(Found::Gone(_)));
        let reason = |found: Result<Found, Doubt>| found.map_err(|doubt| doubt.reason).err();
        assert!(matches!(said(200, &body("app/jwt", "")), Ok(Found::There(_))));
        assert!(gone(&said(400, r#"{"__type":"ResourceNotFoundException","Message":"no"}"#)));
        assert!(gone(&said(200, &body("app/jwt", r#","DeletedDate":1.7e9"#))));
        let empty = body("app/jwt", "").replace("AWSCURRENT", "AWSPENDING");
        assert!(gone(&said(200, &empty)), "a name without a value");
        for (case, status, text, expected) in [
            ("another secret", 200, body("app/other", ""), Reason::Unexpected),
            ("200 to everything", 200, "{\"ok\":true}".to_owned(), Reason::Unexpected),
            (
                "another region",
                200,
                body("app/jwt", "").replace("eu-central-1", "us-east-1"),
                Reason::Unexpected,
            ),
            ("a page", 200, "<html>".to_owned(), Reason::Unexpected),
            ("a proxy's 404", 404, "<html>not found".to_owned(), Reason::Unexpected),
            (
                "throttled",
                400,
                r#"{"__type":"ThrottlingException"}"#.to_owned(),
                Reason::Unexpected,
            ),
            ("denied", 400, r#"{"__type":"AccessDeniedException"}"#.to_owned(), Reason::Refused),
            (
                "wrong keys",
                400,
                r#"{"__type":"UnrecognizedClientException"}"#.to_owned(),
                Reason::Refused,
            ),
        ] {
            assert_eq!(reason(said(status, &text)), Some(expected), "{case}");
        }
    }

    #[test]
    fn no_account_id_comes_out_of_an_answer() {
        let found = format!("{:?}", said(200, &body("app/jwt", "")));
        assert!(!found.contains("123456789012") && found.contains(&digest(ARN)), "{found}");
    }

    #[test]
    fn a_schedule_is_read_in_days() {
        let rules = |days, rate: Option<&str>| Rules {
            automatically_after_days: days,
            schedule_expression: rate.map(str::to_owned),
        };
        for (rules, expected) in [
            (rules(Some(30), None), Some(30)),
            (rules(None, Some("rate(10 days)")), Some(10)),
            (rules(None, Some("rate(4 hours)")), Some(1)),
            (rules(None, Some("rate(1 day)")), Some(1)),
            (rules(None, Some("cron(0 8 1 * ? *)")), None),
            (rules(None, Some("rate(-1 days)")), None),
            (rules(Some(0), None), None),
            (rules(None, None), None),
        ] {
            assert_eq!(days(&rules), expected);
        }
    }
}
