//! Where two texts first differ, for a message that a person can act on.

use serde_json::Value;

/// The first place where a member differs from what the events give.
pub(super) fn first(name: &str, found: &[u8], expected: &[u8]) -> String {
    let json = || {
        let found: Value = serde_json::from_slice(found).ok()?;
        let expected: Value = serde_json::from_slice(expected).ok()?;
        value(&mut String::new(), &found, &expected)
    };
    if name.ends_with(".json") {
        return json().unwrap_or_else(|| "it is not in canonical form".into());
    }
    let (found, expected) = (String::from_utf8_lossy(found), String::from_utf8_lossy(expected));
    let same = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    match (found.lines().nth(same), expected.lines().nth(same)) {
        (None, None) => "its line ends differ".into(),
        (found, expected) => format!(
            "line {} is {}, the events give {}",
            same + 1,
            found.map_or("missing".into(), quoted),
            expected.map_or("nothing".into(), quoted)
        ),
    }
}

fn value(path: &mut String, found: &Value, expected: &Value) -> Option<String> {
    let length = path.len();
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for ((key, a), b) in a.iter().zip(b.values()) {
                path.push('/');
                path.push_str(key);
                if let Some(told) = value(path, a, b) {
                    return Some(told);
                }
                path.truncate(length);
            }
            None
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                path.push_str(&format!("/{index}"));
                if let Some(told) = value(path, a, b) {
                    return Some(told);
                }
                path.truncate(length);
            }
            None
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!(
            "{} is {}, the events give {}",
            if path.is_empty() { "the whole" } else { path },
            quoted(&a.to_string()),
            quoted(&b.to_string())
        )),
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
