//! A claim of the team's own: one command that only reads, and conditions on the answer.

use std::sync::Arc;
use std::time::Instant;

use countersign_domain::finding::Reason;
use redis::Value;
use serde::Deserialize;
use serde_json::Value as Json;

use super::endpoint::{Endpoint, target};
use super::session::{Refusal, Session, items, text};
use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["reply", "text", "took_ms"];
/// Settings whose value is a secret.
const SECRET_SETTINGS: &[&str] =
    &["requirepass", "masterauth", "tls-key-file-pass", "tls-client-key-file-pass"];
/// Characters of an answer that the transcript keeps.
const SHOWN: usize = 400;

/// Commands that may be sent, and what may follow each. None reads or writes a key, walks
/// over the data, or names clients or password hashes.
const ALLOWED: &[(&[&str], Rest)] = &[
    (&["PING"], Rest::Nothing),
    (&["DBSIZE"], Rest::Nothing),
    (&["LASTSAVE"], Rest::Nothing),
    (&["ROLE"], Rest::Nothing),
    (&["INFO"], Rest::Section),
    (&["ACL", "WHOAMI"], Rest::Nothing),
    (&["CONFIG", "GET"], Rest::Setting),
    (&["COMMAND", "COUNT"], Rest::Nothing),
    (&["SLOWLOG", "LEN"], Rest::Nothing),
    (&["CLUSTER", "INFO"], Rest::Nothing),
];

/// What may follow an allowed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// At most one section of INFO.
    Section,
    /// Exactly one setting, without wildcards, that is no secret.
    Setting,
}

/// `redis.expect`
pub struct Expect;

/// The command and the conditions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The command as a list of words: `["INFO", "persistence"]`.
    pub command: Vec<String>,
    /// Conditions in CEL over `reply`, `text` and `took_ms`; all must hold.
    pub expect: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Facts {
    /// As JSON: INFO, CLUSTER INFO and CONFIG GET are maps by name.
    pub reply: Json,
    /// As text, where it is one.
    pub text: Option<String>,
    /// From the question to its answer, in milliseconds.
    pub took_ms: u64,
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.expect",
        rules: 1,
        claim: "One answer of Redis meets every condition of the template.",
        why: "How much memory, which eviction, how many replicas: what is healthy is known to \
              the team alone.",
        how: "Logs in as the URL says and sends one command, one of: PING, DBSIZE, LASTSAVE, \
              ROLE, INFO [section], ACL WHOAMI, CONFIG GET name (no wildcard, no password), \
              COMMAND COUNT, SLOWLOG LEN, CLUSTER INFO. Conditions are CEL over reply (INFO, \
              CLUSTER INFO and CONFIG GET as maps, whole and decimal numbers as numbers), text \
              (null when the answer is no text) and took_ms.",
        blind: "Everything that the conditions do not speak of.",
        remedy: "The condition that does not hold is shown with what was seen; the cure is the \
                 team's own.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    fn check(params: &Params) -> Result<(), String> {
        allowed(&params.command)?;
        conditions::check_all(&params.expect, NAMES)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(target, look(cx, params).await);
        let command = params.command.join(" ");
        seen.transcript = vec![format!("> {command}")];
        if let Ok(facts) = &seen.facts {
            let shown = facts.text.clone().unwrap_or_else(|| facts.reply.to_string());
            seen.transcript.push(shown.chars().take(SHOWN).collect());
        }
        if let Ok(at) = Endpoint::of(cx) {
            let words: Vec<_> = params.command.iter().map(|word| quoted(word)).collect();
            seen.reproduce = Some(format!("{} {}", at.cli_as(cx), words.join(" ")));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let scope = Scope(vec![
            ("reply", facts.reply.clone()),
            ("text", facts.text.clone().map_or(Json::Null, Json::from)),
            ("took_ms", facts.took_ms.into()),
        ]);
        let seen = format!("answered in {} ms", facts.took_ms);
        conditions::judge(&params.expect, &Arc::new(scope), seen)
    }
}

/// Whether the command is one that may be sent.
fn allowed(command: &[String]) -> Result<(), String> {
    let same = |(word, known): (&String, &&str)| word.eq_ignore_ascii_case(known);
    let found = ALLOWED
        .iter()
        .find(|(words, _)| command.len() >= words.len() && command.iter().zip(*words).all(same));
    let Some((words, rest)) = found else {
        let known: Vec<_> = ALLOWED.iter().map(|(words, _)| words.join(" ")).collect();
        let known = known.join(", ");
        return Err(format!(
            "`command` is {command:?}: expected a list that begins with one of \
                            {known}"
        ));
    };
    let name = words.join(" ");
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match (rest, &command[words.len()..]) {
        (Rest::Nothing | Rest::Section, []) => Ok(()),
        (Rest::Section, [section]) if plain(section) => Ok(()),
        (Rest::Setting, [setting]) if plain(setting) => {
            let secret = SECRET_SETTINGS.iter().any(|s| s.eq_ignore_ascii_case(setting));
            if secret { Err(format!("`command`: {setting} is a secret")) } else { Ok(()) }
        }
        (Rest::Nothing, _) => Err(format!("`command`: nothing may follow {name}")),
        (Rest::Section, _) => Err(format!("`command`: expected one section after {name}")),
        (Rest::Setting, _) => {
            Err(format!("`command`: expected one name without wildcards after {name}"))
        }
    }
}

async fn look(cx: &Context, params: &Params) -> Result<Facts, Doubt> {
    // A template that was never checked must not get past the list either.
    allowed(&params.command).map_err(|wrong| Doubt::new(Reason::Internal, wrong))?;
    let words: Vec<_> = params.command.iter().map(String::as_str).collect();
    let mut session = Session::open(cx, &Endpoint::of(cx)?).await?;
    let clock = Instant::now();
    let answer = session.ask(&words).await.map_err(|refusal| match refusal {
        Refusal::Said(said) => Doubt::new(Reason::Refused, said),
        Refusal::Lost(doubt) => doubt,
    })?;
    let took_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Facts { reply: reply(&words, &answer)?, text: text(&answer), took_ms })
}

/// The answer as JSON, in the shape that is handy in a condition.
fn reply(words: &[&str], answer: &Value) -> Result<Json, Doubt> {
    let strange = || Doubt::new(Reason::Unexpected, "not an answer that Redis gives to this");
    let is = |name: &str| words.first().is_some_and(|word| word.eq_ignore_ascii_case(name));
    if is("INFO") || is("CLUSTER") {
        let text = text(answer).ok_or_else(strange)?;
        let pairs = text.lines().filter_map(|line| line.trim_end().split_once(':'));
        let fields: serde_json::Map<_, _> =
            pairs.map(|(name, value)| (name.to_owned(), number_or_text(value))).collect();
        return if fields.is_empty() { Err(strange()) } else { Ok(fields.into()) };
    }
    if is("CONFIG") {
        let Value::Array(pair) = answer else { return Err(strange()) };
        let Some(value) = pair.get(1).and_then(text) else { return Err(strange()) };
        let name = words.get(2).copied().unwrap_or_default().to_ascii_lowercase();
        if pair.first().and_then(text).is_none_or(|own| own != name) {
            return Err(strange());
        }
        return Ok(serde_json::json!({ name: number_or_text(&value) }));
    }
    Ok(json(answer))
}

/// Numbers as Redis writes them; `007` and `1e5` are texts (a hash may look like that).
fn number_or_text(value: &str) -> Json {
    if let Ok(whole) = value.parse::<i64>()
        && whole.to_string() == value
    {
        return whole.into();
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let decimal = value
        .trim_start_matches('-')
        .split_once('.')
        .is_some_and(|(whole, part)| digits(whole) && digits(part));
    match value.parse::<f64>() {
        Ok(number) if decimal => number.into(),
        _ => value.into(),
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Boolean(is) => (*is).into(),
        Value::Array(_) | Value::Set(_) => items(value).iter().map(json).collect(),
        other => text(other).map_or(Json::Null, Json::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn only_commands_that_read_no_data_may_be_sent() {
        for line in [
            "PING",
            "ping",
            "INFO",
            "info persistence",
            "DBSIZE",
            "ACL WHOAMI",
            "acl whoami",
            "CONFIG GET maxmemory-policy",
            "COMMAND COUNT",
            "LASTSAVE",
            "ROLE",
        ] {
            assert_eq!(allowed(&words(line)), Ok(()), "{line}");
        }
        for (line, word) in [
            ("FLUSHALL", "expected a list"),
            ("GET secret", "expected a list"),
            ("ACL", "expected a list"),
            ("ACL LIST", "expected a list"),
            ("CONFIG SET maxmemory", "expected a list"),
            ("CONFIG GET *", "without wildcards"),
            ("CONFIG GET require?ass", "without wildcards"),
            ("CONFIG GET requirepass", "secret"),
            ("CONFIG GET MASTERAUTH", "secret"),
            ("CONFIG GET maxmemory save", "one name"),
            ("CONFIG GET", "one name"),
            ("PING hello", "nothing may follow"),
            ("INFO a b", "one section"),
            ("INFO \r\nFLUSHALL", "one section"),
            ("", "expected a list"),
        ] {
            let error = allowed(&words(line)).expect_err(line);
            assert!(error.contains(word), "{line}: {error}");
        }
        assert!(allowed(&[]).is_err());
    }

    #[test]
    fn fields_become_numbers_only_when_redis_writes_numbers() {
        for (value, expected) in [
            ("6379", Json::from(6379)),
            ("-1", Json::from(-1)),
            ("1.50", Json::from(1.5)),
            ("7.0.15", Json::from("7.0.15")),
            ("00000000", Json::from("00000000")),
            ("12e5", Json::from("12e5")),
            ("1.", Json::from("1.")),
            ("99999999999999999999", Json::from("99999999999999999999")),
            ("", Json::from("")),
        ] {
            assert_eq!(number_or_text(value), expected, "{value}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_a_doubt() {
        for (line, answer) in [
            ("INFO", Value::Okay),
            ("INFO", Value::Nil),
            ("CONFIG GET maxmemory", Value::Array(vec![])),
            ("CONFIG GET maxmemory", Value::Array(vec![Value::Okay, Value::Okay])),
        ] {
            let words: Vec<_> = line.split(' ').collect();
            assert!(reply(&words, &answer).is_err(), "{line} {answer:?}");
        }
    }
}
