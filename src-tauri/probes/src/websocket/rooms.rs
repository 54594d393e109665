//! Names of rooms: the ones that two tenants should have, and the ones that somebody would
//! try in order to get into the other's.

use serde_json::Value;

use super::setup::Params;

/// What is filled into a message.
pub(super) struct Slots<'a> {
    /// `${ROOM}`: a name, or a list of names.
    pub(super) room: Value,
    /// `${TOPIC}`
    pub(super) topic: Value,
    /// `${TENANT}`
    pub(super) tenant: &'a str,
    /// `${CANARY}`
    pub(super) canary: &'a str,
}

impl<'a> Slots<'a> {
    /// What a tenant says about its own room.
    pub(super) fn own(params: &Params, tenant: &'a str, topic: &str, canary: &'a str) -> Self {
        let room = Value::from(room(params, tenant, topic));
        Self { room, topic: Value::from(topic), tenant, canary }
    }

    /// What is said about `asked` where the room, or else the topic, is named.
    pub(super) fn asking(params: &Params, tenant: &'a str, topic: &str, asked: &Value) -> Self {
        let topic = if names_rooms(params) { Value::from(topic) } else { asked.clone() };
        Self { room: asked.clone(), topic, tenant, canary: "" }
    }
}

/// Whether whoever joins names the room; otherwise the server builds the name.
pub(super) fn names_rooms(params: &Params) -> bool {
    params.join_payload.contains("${ROOM}")
}

/// The name of a tenant's room.
pub(super) fn room(params: &Params, tenant: &str, topic: &str) -> String {
    params.room.replace("${TENANT}", tenant).replace("${TOPIC}", topic)
}

/// The arguments of an event: the template's JSON with the slots filled in. A text that is
/// nothing but a slot becomes what is in the slot, be it a list.
pub(super) fn arguments(template: &str, slots: &Slots<'_>) -> Vec<Value> {
    match serde_json::from_str(template).map(|value: Value| filled(value, slots)) {
        Ok(Value::Array(arguments)) => arguments,
        Ok(argument) => vec![argument],
        // Templates are checked when they are loaded.
        Err(_) => Vec::new(),
    }
}

fn filled(value: Value, slots: &Slots<'_>) -> Value {
    match value {
        Value::String(text) => match text.as_str() {
            "${ROOM}" => slots.room.clone(),
            "${TOPIC}" => slots.topic.clone(),
            _ => Value::String(
                text.replace("${ROOM}", &plain(&slots.room))
                    .replace("${TOPIC}", &plain(&slots.topic))
                    .replace("${TENANT}", slots.tenant)
                    .replace("${CANARY}", slots.canary),
            ),
        },
        Value::Array(all) => all.into_iter().map(|value| filled(value, slots)).collect(),
        Value::Object(all) => {
            all.into_iter().map(|(name, value)| (name, filled(value, slots))).collect()
        }
        other => other,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One way to ask for the other tenant's room.
#[derive(Debug, Clone, PartialEq)]
pub struct Trick {
    /// The way in words.
    pub what: &'static str,
    /// What is asked for.
    pub asked: Value,
}

/// The ways that tenant `own` would try to get into the room of `other` on `topic`.
pub(super) fn tricks(params: &Params, own: &str, other: &str, topic: &str) -> Vec<Trick> {
    let (mine, theirs) = (room(params, own, topic), room(params, other, topic));
    let mut all = vec![
        ("the other tenant's name", Value::from(theirs.clone())),
        ("the topic alone", Value::from(topic)),
        ("a way up from the own room", Value::from(room(params, own, &format!("../{theirs}")))),
        ("the other's name behind the own", Value::from(room(params, own, &theirs))),
        ("the own name and the other's, with a comma", Value::from(format!("{mine},{theirs}"))),
        ("a list of both names", Value::from(vec![mine, theirs.clone()])),
        ("capital letters", Value::from(theirs.to_uppercase())),
        ("blanks around the name", Value::from(format!(" {theirs} "))),
    ];
    if params.room.contains("${TENANT}") {
        all.push(("a star for the tenant", Value::from(room(params, "*", topic))));
    }
    let mut tricks: Vec<Trick> = Vec::new();
    for (what, asked) in all {
        if tricks.iter().all(|known| known.asked != asked) {
            tricks.push(Trick { what, asked });
        }
    }
    tricks
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slots_are_filled_as_text_or_as_what_they_hold() {
        let slots = Slots { room: json!(["a", "b"]), topic: json!("t"), tenant: "x", canary: "c" };
        for (template, expected) in [
            (r#"{"room":"${ROOM}"}"#, vec![json!({ "room": ["a", "b"] })]),
            (r#""${TOPIC}""#, vec![json!("t")]),
            (r#"["${TENANT}",{"t":"${TOPIC}!"}]"#, vec![json!("x"), json!({ "t": "t!" })]),
            (
                r#"{"r":"r:${ROOM}","text":"<${CANARY}>","n":1}"#,
                vec![json!({ "r": "r:[\"a\",\"b\"]", "text": "<c>", "n": 1 })],
            ),
        ] {
            assert_eq!(arguments(template, &slots), expected, "{template}");
        }
    }

    #[test]
    fn a_trick_stands_in_the_room_or_where_the_server_builds_it_in_the_topic() {
        let named = Params::default();
        let asked = json!("tenant:b:t");
        let slots = Slots::asking(&named, "b", "t", &asked);
        assert_eq!((slots.room, slots.topic), (asked.clone(), json!("t")));
        let built = Params { join_payload: r#""${TOPIC}""#.to_owned(), ..Params::default() };
        let slots = Slots::asking(&built, "b", "t", &asked);
        assert_eq!(arguments(&built.join_payload, &slots), [asked]);
    }

    #[test]
    fn the_tricks_hold_the_plain_the_bare_and_the_listed_name_once_each() {
        let tricks = tricks(&Params::default(), "a", "b", "t");
        let asked: Vec<_> = tricks.iter().map(|trick| trick.asked.clone()).collect();
        for wanted in [
            json!("tenant:b:t"),
            json!("t"),
            json!("tenant:a:../tenant:b:t"),
            json!(["tenant:a:t", "tenant:b:t"]),
            json!("TENANT:B:T"),
            json!("tenant:*:t"),
        ] {
            assert!(asked.contains(&wanted), "{wanted}");
        }
        let bare = Params { room: "${TOPIC}".to_owned(), ..Params::default() };
        let tricks = super::tricks(&bare, "a", "b", "t");
        assert_eq!(tricks.iter().filter(|trick| trick.asked == json!("t")).count(), 1);
    }
}
