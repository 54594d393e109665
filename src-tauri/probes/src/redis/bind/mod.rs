//! Claim: Redis listens only where it should. What the server or its file says decides;
//! other addresses of the host are dialled where the team lists them.

mod look;

use std::net::IpAddr;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::endpoint::{Endpoint, target};
use super::listening::Listening;
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `redis.bind`
pub struct Bind;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// Who told where Redis listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The running server (CONFIG GET).
    Server,
    /// redis.conf, and how many files it includes that were not read.
    File {
        /// Lines `include`.
        includes: usize,
    },
}

/// What came of dialling an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The connection was refused.
    Refused,
    /// The connection was taken.
    Answered,
    /// Nothing came within the deadline.
    Silent,
    /// The network said something else.
    Failed(String),
}

/// One address that was dialled.
#[derive(Debug, Clone)]
pub struct Dial {
    /// Address and port.
    pub address: String,
    /// Whether it is one of this machine's own loopback addresses.
    pub loopback: bool,
    /// What came of it.
    pub answer: Answer,
}

/// Where Redis listens.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the server or its file says, or why neither could be asked.
    pub listening: Result<(Listening, Source), String>,
    /// Whether protected mode is on, where that was told.
    pub protected: Option<bool>,
    /// Addresses that the team declared.
    pub expected: Option<Listening>,
    /// Other addresses of the host, dialled.
    pub dials: Vec<Dial>,
    /// Our own address on the connection to Redis.
    pub from: Option<IpAddr>,
}

impl Probe for Bind {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.bind",
        rules: 1,
        claim: "Redis listens only on loopback or private addresses, or on those declared.",
        why: "A Redis that listens everywhere waits for one wrong firewall rule. Thousands were \
              emptied and held to ransom that way.",
        how: "CONFIG GET bind where that is allowed, else the bind line of `redis_conf`; no bind \
              line means every interface. The fact `redis_bind` (addresses, comma between) is \
              compared when declared. Each address of the fact `redis_addresses` (other \
              addresses of Redis's host, with `:port` where it differs) is dialled once: it must \
              refuse. No byte is sent there.",
        blind: "Sees neither published container ports nor forwarding in the network. Dialled \
                from the server's own machine, firewalls are not tested. A file may not be the \
                one that the server was started with.",
        remedy: "`bind 127.0.0.1 -::1`, or the private address that the application uses, in \
                 redis.conf; restart. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "bound to loopback or private addresses (or exactly to `redis_bind`); every address of \
         `redis_addresses` refuses"
            .into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let file = cx.environment().targets.redis_conf.as_deref();
        let Some(shown) = target(cx).or(file) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(shown, look::look(cx).await);
        seen.transcript = seen.facts.iter().flat_map(lines).collect();
        let asked = Endpoint::of(cx).ok().map(|at| format!("{} CONFIG GET bind", at.cli_as(cx)));
        let read = file.map(|file| format!("grep -inE '^ *bind ' {}", quoted(file)));
        let by_file = matches!(&seen.facts, Ok(Facts { listening: Ok((_, source)), .. })
            if *source != Source::Server);
        seen.reproduce = if by_file { read.or(asked) } else { asked.or(read) };
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: lines(facts).join("; "),
            notes: notes(facts, outcome),
        }
    }
}

fn verdict(facts: &Facts) -> (Outcome, String) {
    let answered = addresses(facts, |answer| *answer == Answer::Answered);
    if !answered.is_empty() {
        return (Outcome::Fail, format!("Redis's port answers on {}", answered.join(", ")));
    }
    let (listening, source) = match &facts.listening {
        Ok(known) => known,
        Err(why) => return by_dials(facts, why),
    };
    let unknown = |reason, text: &str| (Outcome::Inconclusive(reason), text.to_owned());
    if matches!(source, Source::File { includes: 1.. }) {
        let text = "redis.conf includes other files, which may say otherwise";
        return unknown(Reason::NeedsPerson, text);
    }
    if !listening.everywhere.is_empty() {
        return (Outcome::Fail, "Redis listens on every interface".into());
    }
    if let Some(expected) = &facts.expected {
        if !expected.everywhere.is_empty() {
            let text = "`redis_bind` must name addresses, and none that means all of them";
            return unknown(Reason::NotConfigured, text);
        }
        let beyond = listening.beyond(expected);
        if !beyond.is_empty() {
            let text = format!("Redis listens on {}, which is not declared", beyond.join(", "));
            return (Outcome::Fail, text);
        }
        return (Outcome::Pass, "Redis listens on declared addresses only".into());
    }
    if !listening.public.is_empty() {
        let public = listening.public.join(", ");
        return (Outcome::Fail, format!("Redis listens on the public address {public}"));
    }
    if !listening.names.is_empty() {
        let text = "Redis is bound to a name: declare it as `redis_bind` if it is the right one";
        return unknown(Reason::NeedsPerson, text);
    }
    (Outcome::Pass, "Redis listens on loopback or private addresses only".into())
}

/// Nobody told where Redis listens: what was dialled decides.
fn by_dials(facts: &Facts, why: &str) -> (Outcome, String) {
    let unknown = |reason, text: String| (Outcome::Inconclusive(reason), text);
    let silent = addresses(facts, |answer| *answer == Answer::Silent);
    if !silent.is_empty() {
        let text = format!("{} did not answer in time, and did not refuse", silent.join(", "));
        return unknown(Reason::TimedOut, text);
    }
    let failed = addresses(facts, |answer| matches!(answer, Answer::Failed(_)));
    if !failed.is_empty() {
        let text = format!("{} could not be dialled from here", failed.join(", "));
        return unknown(Reason::Unreachable, text);
    }
    if facts.dials.iter().all(|dial| dial.loopback) {
        let text = format!("Where Redis listens cannot be seen: {why}");
        return unknown(Reason::Refused, text);
    }
    (Outcome::Pass, "Redis refuses connections on its host's other addresses".into())
}

fn addresses(facts: &Facts, wanted: fn(&Answer) -> bool) -> Vec<&str> {
    let dials = facts.dials.iter().filter(|dial| wanted(&dial.answer));
    dials.map(|dial| dial.address.as_str()).collect()
}

fn notes(facts: &Facts, outcome: Outcome) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |code: &str, text: &str| {
        notes.push(Note { code: code.into(), text: text.into() });
    };
    let listening = facts.listening.as_ref().ok().map(|(listening, _)| listening);
    if listening.is_some_and(|all| !all.everywhere.is_empty()) && facts.protected == Some(true) {
        let text = "protected mode turns strangers away only until `default` gets a password; it \
                    does not close the port";
        say("redis-protected-mode", text);
    }
    let from_here = facts.from.is_some_and(|from| from.is_loopback());
    if !facts.dials.is_empty() && from_here {
        let text = "dialled from the server's own machine: what the network lets through was not \
                    tested";
        say("redis-dialled-locally", text);
    }
    if outcome != Outcome::Pass {
        return notes;
    }
    match &facts.listening {
        Ok((all, source)) => {
            if !all.public.is_empty() {
                say("redis-public-address", "the declared address is a public one");
            }
            if *source != Source::Server {
                let text = "read from redis.conf: the server may have been started otherwise";
                say("redis-file-only", text);
            }
        }
        Err(_) => say("redis-listed-addresses", "only the addresses of `redis_addresses` count"),
    }
    notes
}

fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    match &facts.listening {
        Ok((listening, source)) => {
            let source = match source {
                Source::Server => "CONFIG GET bind",
                Source::File { .. } => "bind in redis.conf",
            };
            lines.push(format!("{source}: {}", listening.all().collect::<Vec<_>>().join(" ")));
        }
        Err(why) => lines.push(format!("bind: unknown ({why})")),
    }
    if let Some(on) = facts.protected {
        lines.push(format!("protected-mode: {}", if on { "yes" } else { "no" }));
    }
    if let Some(expected) = &facts.expected {
        lines.push(format!("declared: {}", expected.all().collect::<Vec<_>>().join(" ")));
    }
    for dial in &facts.dials {
        let answer = match &dial.answer {
            Answer::Refused => "refused",
            Answer::Answered => "answered",
            Answer::Silent => "silent",
            Answer::Failed(why) => why,
        };
        lines.push(format!("dialled {}: {answer}", dial.address));
    }
    if let Some(from) = facts.from {
        lines.push(format!("seen from {from}"));
    }
    lines
}

#[cfg(test)]
mod tests;
