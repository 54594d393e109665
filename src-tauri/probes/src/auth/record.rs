//! Whether an answer holds somebody's record: a route that answers 200 and `{"user":null}`
//! knows nobody, and one that answers with a page for browsers has not been asked at all.

use serde_json::Value;

use crate::http::visit::{Answer, BodyEnd};

/// Members under which a record usually stands; `null` there means nobody.
const USUAL: [&str; 6] = ["user", "data", "me", "profile", "account", "result"];
/// How deep a record is searched for its id.
const DEPTH: usize = 4;

/// What an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The record of the user that the team declared.
    Own,
    /// A record; whose, nobody declared.
    Somebody,
    /// A record without the id that the team declared.
    Other,
    /// JSON without anybody's record.
    Nobody,
    /// No JSON, or not all of it.
    Unread,
}

impl Record {
    /// Reads an answer; `id` is the fact that the team declared.
    #[must_use]
    pub fn of(answer: &Answer, id: Option<&str>) -> Self {
        if answer.end != BodyEnd::Whole {
            return Self::Unread;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else { return Self::Unread };
        if !holds_anything(&value) {
            return Self::Nobody;
        }
        match id {
            None => Self::Somebody,
            Some(id) if holds_id(&value, id, DEPTH) => Self::Own,
            Some(_) => Self::Other,
        }
    }

    /// The record in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "the declared user's record",
            Self::Somebody => "a record (whose is not compared: no fact `auth_user_id`)",
            Self::Other => "a record without the declared user's id",
            Self::Nobody => "JSON without a record",
            Self::Unread => "no whole JSON",
        }
    }
}

fn holds_anything(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    let said = |value: &Value| match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(inner) => inner.values().any(|value| !value.is_null()),
    };
    let usual: Vec<&Value> = USUAL.iter().filter_map(|name| members.get(*name)).collect();
    if usual.is_empty() { members.values().any(said) } else { usual.into_iter().any(said) }
}

/// Whether a member whose name ends in `id` (or is `sub`) has that value.
fn holds_id(value: &Value, id: &str, depth: usize) -> bool {
    let Value::Object(members) = value else { return false };
    members.iter().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let named = name.ends_with("id") || name == "sub";
        match value {
            Value::String(text) => named && text == id,
            Value::Number(number) => named && number.to_string() == id,
            inner => depth > 0 && holds_id(inner, id, depth - 1),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::Channel;

    #[test]
    fn nobody_is_told_from_somebody() {
        use Record::{Nobody, Other, Own, Somebody, Unread};
        for (body, id, expected) in [
            (r#"{"id":7,"email":"a@example.invalid"}"#, Some("7"), Own),
            (r#"{"user":{"_id":"u-7"}}"#, Some("u-7"), Own),
            (r#"{"data":{"user":{"userId":"u-7"}}}"#, Some("u-7"), Own),
            (r#"{"id":8}"#, Some("7"), Other),
            (r#"{"name":"7"}"#, Some("7"), Other),
            (r#"{"id":8}"#, None, Somebody),
            (r#"{"user":null}"#, None, Nobody),
            (r#"{"user":null,"status":"ok"}"#, None, Nobody),
            (r#"{"user":{}}"#, Some("7"), Nobody),
            ("{}", None, Nobody),
            ("null", None, Nobody),
            ("[]", None, Nobody),
            (r#"{"ok":true}"#, None, Nobody),
            ("", None, Unread),
            ("<!doctype html>", None, Unread),
        ] {
            let answer = Answer { body: body.into(), ..answer(200, Channel::Trusted, &[]) };
            assert_eq!(Record::of(&answer, id), expected, "{body} with {id:?}");
        }
    }
}
