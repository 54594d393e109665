//! Claim: the application's Redis clients are given a password, and none is written out.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::language::Node;
use super::names::Names;
use super::settings::{Given, given, object};
use super::source::{self, Left, calls};
use super::syntax::{arguments, bare, callee, is, key, kids, line, literal, one_line, value};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Keys that hold the connection's settings inside other settings.
const INNER: [&str; 8] = [
    "redis",
    "connection",
    "options",
    "config",
    "redisOptions",
    "defaults",
    "useFactory",
    "socket",
];

/// `code.redis-password`
pub struct RedisPassword;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// One client that the code makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Where: `src/redis.ts:12`.
    pub at: String,
    /// What makes it: `createClient`.
    pub made_by: String,
    /// Where its password comes from.
    pub password: Given,
}

/// What the code makes.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its clients.
    pub clients: Vec<Client>,
    /// What was not read.
    pub left: Left,
}

impl Probe for RedisPassword {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.redis-password",
        rules: 1,
        claim: "Every Redis client in the code is given a password that is not written out.",
        why: "A client without a password works only while the server asks for none; one with a \
              password in the code gives it to everybody who reads the code.",
        how: "Parses the source tree (tests left out) and reads what is given to redis, ioredis, \
              bull, keyv and the Nest modules around them: `password`, or the URL. A value from \
              the environment or the configuration counts; one that is written out, also as the \
              value to fall back to, fails. Values are never shown. Nothing is run or sent.",
        blind: "Clients of other libraries, and whether the variable is set where the code runs: \
                that shows on the server.",
        remedy: "Give the client `password: process.env.REDIS_PASSWORD`, without a value to fall \
                 back to. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "each client has a password from the environment or the configuration".to_owned()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let mut seen = source::look(cx, look).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.clients.iter().map(shown).collect();
        }
        let search = "grep -rnE 'createClient|new (IO)?Redis|redisStore' --include='*.ts' .";
        seen.reproduce = Some(search.to_owned());
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let of = |wanted: fn(&Given) -> bool| {
            facts.clients.iter().find(|client| wanted(&client.password))
        };
        let person = Outcome::Inconclusive(Reason::NeedsPerson);
        let literal = of(|given| *given == Given::Literal);
        let nothing = of(|given| *given == Given::Nothing);
        let unclear = of(|given| matches!(given, Given::Unclear(_)));
        let (outcome, summary) = match (literal, nothing, unclear) {
            (Some(client), _, _) => {
                (Outcome::Fail, format!("A password is written out at {}", client.at))
            }
            (_, Some(client), _) => {
                (Outcome::Fail, format!("The client at {} has no password", client.at))
            }
            (_, _, Some(client)) => (
                person,
                format!(
                    "Whether the client at {} has a password, its code does not tell",
                    client.at
                ),
            ),
            _ if facts.clients.is_empty() => {
                (person, "No Redis client of a known library is made in the code".to_owned())
            }
            _ if facts.left.is_partial() => (
                Outcome::Inconclusive(Reason::Unexpected),
                "Not every file could be read as code".to_owned(),
            ),
            _ => {
                let many = facts.clients.len();
                (Outcome::Pass, format!("{many} client(s), each with a password from outside"))
            }
        };
        let observed: Vec<_> = facts.clients.iter().map(shown).collect();
        let observed = format!("{} files read; {}", facts.left.read, observed.join("; "));
        Judgement::new(outcome, summary, Self::expected(params), observed).notes(facts.left.note())
    }
}

fn shown(client: &Client) -> String {
    let from = match &client.password {
        Given::Reference(text) => format!("password from {text}"),
        Given::Unclear(text) => format!("cannot tell: {text}"),
        Given::Nothing => "no password".to_owned(),
        Given::Literal => "password written out: ••••".to_owned(),
    };
    format!("{}  {}  {from}", client.at, client.made_by)
}

fn look(root: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let mut facts = Facts::default();
    let words = ["redis", "Redis", "bull", "Bull", "REDIS"];
    let left = calls(root, abandoned, &words, |path, names, call| {
        if let Some((made_by, password)) = client(names, call) {
            let at = format!("{path}:{}", line(call));
            facts.clients.push(Client { at, made_by, password });
        }
    })?;
    facts.left = left;
    Ok(facts)
}

/// The client that a call makes, if it makes one.
fn client<'t>(names: &Names<'t>, call: &Node<'t>) -> Option<(String, Given)> {
    let named = names.resolve(&callee(call)?)?;
    let module = named.origin.module()?;
    let makes = matches!(
        named.name.as_str(),
        "createClient" | "createCluster" | "createSentinel" | "createClientPool"
    );
    let is_new = is(call, "new_expression");
    // Some of these may also be made with a client that is made elsewhere.
    let (counts, sure) = match module {
        "redis" | "@redis/client" => (makes, true),
        "ioredis" => (is_new, true),
        "@keyv/redis" => (is_new || named.name.starts_with("create"), true),
        "bull" | "bullmq" => (true, false),
        "@nestjs/bull" | "@nestjs/bullmq" => (true, false),
        "@nestjs/cache-manager" | "@nestjs/microservices" => (true, false),
        module
            if module.contains("redis")
                && (module.contains("nest") || module.contains("cache")) =>
        {
            (true, false)
        }
        _ => (false, false),
    };
    let found = counts.then(|| password(&arguments(call), names))?;
    let given = found.or_else(|| sure.then_some(Given::Nothing))?;
    Some((named.name, given))
}

/// Where the password among the arguments comes from; `None` when they hold no settings of
/// a connection.
fn password<'t>(given: &[Node<'t>], names: &Names<'t>) -> Option<Given> {
    let found: Vec<_> = given.iter().filter_map(|one| settings(one, names, 0)).collect();
    // `new Redis(url, { password })`: what is given once is given.
    let best = found.iter().find(|given| **given == Given::Literal);
    best.or_else(|| found.iter().min()).cloned()
}

fn settings<'t>(node: &Node<'t>, names: &Names<'t>, depth: usize) -> Option<Given> {
    if depth > 4 {
        return None;
    }
    let Some(object) = object(node, names) else { return unclear(node, names) };
    if let Some(value) = value(&object, "password") {
        return Some(given_here(&value, names));
    }
    if let Some(value) = value(&object, "url") {
        return Some(url(&value, names));
    }
    let mut connects = false;
    for name in INNER {
        let inner = kids(&object).into_iter().rfind(|part| {
            key(part).as_deref() == Some(name)
                || part.field("name").is_some_and(|own| own.text() == name)
        });
        let inner = inner.map(|part| part.field("value").map_or(part, |value| bare(&value)));
        match inner.and_then(|inner| settings(&inner, names, depth + 1)) {
            Some(Given::Nothing) => connects = true,
            None => {}
            found => return found,
        }
    }
    if let Some(spread) = kids(&object).iter().find(|part| is(part, "spread_element")) {
        return Some(Given::Unclear(one_line(spread)));
    }
    let connects = connects
        || ["host", "port", "path", "socket"].iter().any(|name| value(&object, name).is_some());
    connects.then_some(Given::Nothing)
}

/// A shorthand `password` is a name of the file.
fn given_here<'t>(value: &Node<'t>, names: &Names<'t>) -> Given {
    if !is(value, "shorthand_property_identifier") {
        return given(value, names);
    }
    let name = value.text();
    match names.declaration(&name).and_then(|declaration| declaration.field("value")) {
        Some(value) => given(&value, names),
        None if names.is_variable(&name) => Given::Reference(name.into_owned()),
        None => Given::Unclear(name.into_owned()),
    }
}

/// What is no object: a URL, a client that is made elsewhere, or settings that cannot be seen.
fn unclear<'t>(node: &Node<'t>, names: &Names<'t>) -> Option<Given> {
    let node = bare(node);
    match node.kind().as_ref() {
        "string" | "template_string" => {
            let text = node.text();
            let is_url = text.contains("redis://") || text.contains("rediss://");
            (is_url || text.starts_with("`${")).then(|| url(&node, names))
        }
        "identifier"
        | "member_expression"
        | "call_expression"
        | "binary_expression"
        | "shorthand_property_identifier"
        | "ternary_expression" => Some(url(&node, names)),
        _ => None,
    }
}

/// Where the password in a URL comes from.
fn url<'t>(node: &Node<'t>, names: &Names<'t>) -> Given {
    let node = bare(node);
    if let Some(text) = literal(&node) {
        return match user_part(&text).and_then(|user| user.split_once(':')) {
            Some((_, password)) if !password.is_empty() => Given::Literal,
            _ => Given::Nothing,
        };
    }
    if is(&node, "template_string") {
        let text = node.text();
        let Some((_, password)) = user_part(&text).and_then(|user| user.split_once(':')) else {
            let whole = text.starts_with("`${");
            return if whole { Given::Unclear(one_line(&node)) } else { Given::Nothing };
        };
        return match password {
            "" => Given::Nothing,
            password if password.starts_with("${") => given(&node, names),
            _ => Given::Literal,
        };
    }
    match node.kind().as_ref() {
        "binary_expression" | "ternary_expression" => {
            let parts = kids(&node);
            let parts = parts.iter().filter_map(|part| literal(part).map(|_| url(part, names)));
            match parts.max() {
                Some(Given::Literal) => Given::Literal,
                _ => Given::Unclear(format!("{}: the URL decides", one_line(&node))),
            }
        }
        "identifier" => match names.declaration(&node.text()).and_then(|own| own.field("value")) {
            Some(value) if !is(&bare(&value), "identifier") => url(&value, names),
            _ => Given::Unclear(one_line(&node)),
        },
        _ => Given::Unclear(format!("{}: the URL decides", one_line(&node))),
    }
}

/// `user:password` of a URL; the last `@` before the path ends it.
fn user_part(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.rsplit_once('@').map(|(user, _)| user)
}

#[cfg(test)]
mod tests;
