//! What Redis says of writing its data to disk. Shared by the claims about snapshots and
//! about the append-only file.

use countersign_domain::finding::Reason;

use super::conf::{directives, last, read};
use super::endpoint::{Endpoint, target};
use super::session::{Refusal, Session, items, text};
use crate::context::Context;
use crate::offload::offload;
use crate::probe::{Doubt, Observation};

/// What Redis says of writing its data to disk.
#[derive(Debug, Clone, Default)]
pub struct Saving {
    /// Save points (`3600 1 300 100`), empty for none; `None` when they cannot be seen.
    pub points: Option<String>,
    /// Where the save points were read.
    pub points_from: &'static str,
    /// Whether the append-only file is on.
    pub aof: Option<bool>,
    /// `ok` or `err`.
    pub aof_write: Option<String>,
    /// `ok` (also of a server that never saved) or `err`.
    pub last_save: Option<String>,
    /// Changes since the last snapshot.
    pub changes: Option<String>,
    /// What the team declared: whether this is wanted.
    pub wanted: Option<bool>,
}

impl Saving {
    /// The fields as lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
        let points = match self.points.as_deref() {
            Some("") => "none",
            Some(points) => points,
            None => "unknown",
        };
        let aof = self.aof.map_or("unknown", |on| if on { "1" } else { "0" });
        vec![
            format!("save points: {points} (from {})", self.points_from),
            format!("aof_enabled: {aof}"),
            format!("aof_last_write_status: {}", or(&self.aof_write)),
            format!("rdb_last_bgsave_status: {}", or(&self.last_save)),
            format!("rdb_changes_since_last_save: {}", or(&self.changes)),
        ]
    }
}

/// What Redis says, with the declared fact that tells whether it is wanted.
pub(super) async fn observe(cx: &Context, fact: &str) -> Observation<Saving> {
    let Some(target) = target(cx) else { return Observation::not_configured("redis") };
    let mut seen = Observation::new(target, look(cx, fact).await);
    seen.transcript = seen.facts.iter().flat_map(Saving::lines).collect();
    if let Ok(at) = Endpoint::of(cx) {
        seen.reproduce = Some(format!("{} INFO persistence", at.cli_as(cx)));
    }
    seen
}

/// Asks Redis, and its file where CONFIG is not allowed.
async fn look(cx: &Context, fact: &str) -> Result<Saving, Doubt> {
    let wanted = cx.fact(fact).map(|value| declared(fact, value)).transpose()?;
    let mut session = Session::open(cx, &Endpoint::of(cx)?).await?;
    let info = session.info("persistence").await.map_err(|refusal| match refusal {
        Refusal::Said(text) => Doubt::new(Reason::Refused, format!("INFO persistence: {text}")),
        Refusal::Lost(doubt) => doubt,
    })?;
    let field = |name| info.field(name).map(str::to_owned);
    let (points, points_from) = points(cx, &mut session).await;
    Ok(Saving {
        points,
        points_from,
        aof: info.field("aof_enabled").map(|value| value == "1"),
        aof_write: field("aof_last_write_status"),
        last_save: field("rdb_last_bgsave_status"),
        changes: field("rdb_changes_since_last_save"),
        wanted,
    })
}

/// What a fact declares; another word is no "no", which would excuse whatever is found.
fn declared(fact: &str, value: &str) -> Result<bool, Doubt> {
    match value.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => {
            let seen = format!("the fact `{fact}` is `{value}`: expected yes or no");
            Err(Doubt::new(Reason::NotConfigured, seen))
        }
    }
}

/// INFO never shows save points; only CONFIG or the file does.
async fn points(cx: &Context, session: &mut Session) -> (Option<String>, &'static str) {
    if let Ok(answer) = session.ask(&["CONFIG", "GET", "save"]).await
        && let [_, value] = items(&answer)
    {
        return (text(value), "CONFIG GET");
    }
    let Some(file) = cx.environment().targets.redis_conf.as_deref() else {
        return (None, "nowhere: CONFIG is not allowed, and the environment names no `redis_conf`");
    };
    let path = cx.path(file);
    let read = move |_: &_| Ok(read(&path));
    match offload(read).await.unwrap_or_else(|doubt| Err(doubt.seen)) {
        Ok(text) => (Some(points_in(&text)), "redis.conf"),
        Err(_) => (None, "nowhere: CONFIG is not allowed, and redis.conf cannot be read"),
    }
}

/// The save points of a file. None at all means the built-in ones (redis.conf of 7.0);
/// `save ""` forgets those before it.
fn points_in(text: &str) -> String {
    let lines = directives(text);
    if last(&lines, "save").is_none() {
        return "3600 1 300 100 60 10000".to_owned();
    }
    let mut points: Vec<String> = Vec::new();
    for words in lines.iter().filter(|words| words[0] == "save") {
        if words[1..].iter().all(String::is_empty) {
            points.clear();
        } else {
            points.push(words[1..].join(" "));
        }
    }
    points.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_no_declares_that_it_is_not_needed() {
        for (value, expected) in [
            ("yes", Some(true)),
            (" YES ", Some(true)),
            ("on", Some(true)),
            ("no", Some(false)),
            ("False", Some(false)),
            ("needed", None),
            ("aof", None),
            ("", None),
        ] {
            assert_eq!(declared("persistence", value).ok(), expected, "{value:?}");
        }
    }

    #[test]
    fn save_lines_add_up_and_an_empty_one_forgets() {
        assert_eq!(points_in("save 900 1\nsave 300 10"), "900 1 300 10");
        assert_eq!(points_in("save 900 1\nsave \"\""), "");
        assert_eq!(points_in("port 1"), "3600 1 300 100 60 10000");
    }
}
