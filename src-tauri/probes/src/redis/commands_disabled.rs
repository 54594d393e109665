//! Claim: the application's user cannot run dangerous commands. Asks about them; never
//! sends one.

use countersign_domain::finding::{Note, Outcome, Reason};
use redis::Value;
use serde::Deserialize;

use super::endpoint::{Endpoint, target};
use super::session::{Refusal, Session, items, text};
use crate::context::Context;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// The declared fact: the application's own user, when the URL names an auditor.
const FACT: &str = "redis_app_user";
/// Place of the list of subcommands in an answer of COMMAND INFO (Redis 7.0).
const SUBCOMMANDS: usize = 9;
/// Arguments that a dry run fills in at most.
const MAX_ARGUMENTS: i64 = 16;

/// `redis.commands-disabled`
pub struct CommandsDisabled;

/// Which commands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Names of commands, in any case.
    #[serde(default = "dangerous")]
    pub commands: Vec<String>,
}

fn dangerous() -> Vec<String> {
    ["FLUSHDB", "FLUSHALL", "CONFIG", "SHUTDOWN"].map(str::to_owned).to_vec()
}

/// An answer of COMMAND INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// No command of that name.
    Nil,
    /// The command exists.
    Exists,
    /// It may not be asked, or could not be.
    Refused(String),
}

/// An answer of ACL DRYRUN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DryRun {
    /// The user may run it.
    Allowed,
    /// The user may not.
    Denied,
    /// There is no such command.
    NotFound,
    /// It may not be asked, or could not be.
    Refused(String),
    /// The server is older than ACL DRYRUN (before 7.0), or than ACLs (before 6.0).
    TooOld {
        /// Whether it has ACLs at all.
        acl: bool,
    },
}

/// What is known of one command.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its name in capitals.
    pub name: String,
    /// Whether it exists under that name.
    pub entry: Entry,
    /// Whether the server lists it, which it does even when it was renamed.
    pub listed: Option<bool>,
    /// Whether the user may run it.
    pub dry_run: DryRun,
}

/// What is known of all of them.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The user that was asked about.
    pub user: String,
    /// Redis's version.
    pub version: String,
    /// Each command.
    pub commands: Vec<Command>,
}

/// What becomes of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Removed,
    Renamed,
    Denied,
    Callable,
    Unknown(String),
}

impl Probe for CommandsDisabled {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.commands-disabled",
        rules: 1,
        claim: "The application's Redis user cannot run the dangerous commands.",
        why: "One injected command could empty the store, rewrite its configuration or stop it.",
        how: "COMMAND INFO and COMMAND LIST tell whether a command exists, ACL DRYRUN whether \
              the user may run it. The commands themselves are never sent.",
        blind: "A command that was renamed can still be called by whoever knows its new name. \
                Other users of the server are not looked at.",
        remedy: "Take them from the user: `ACL SETUSER app -flushall -flushdb -config \
                 -shutdown` (renaming is deprecated, and accepted). 10 minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("{}: removed, or denied to the user", params.commands.join(", "))
    }

    fn check(params: &Params) -> Result<(), String> {
        let word =
            |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if params.commands.is_empty() || params.commands.len() > 50 {
            return Err("`commands`: expected 1 to 50 names".into());
        }
        match params.commands.iter().find(|name| !word(name)) {
            Some(name) => Err(format!("`commands`: {name:?} is no name of a command")),
            None => Ok(()),
        }
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Some(target) = target(cx) else { return Observation::not_configured("redis") };
        let mut seen = Observation::new(target, look(cx, params).await);
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.commands.iter().map(line).collect();
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let fates: Vec<_> = facts.commands.iter().map(|c| (c.name.as_str(), fate(c))).collect();
        let of = |wanted: fn(&Fate) -> bool| -> Vec<&str> {
            fates.iter().filter(|(_, fate)| wanted(fate)).map(|(name, _)| *name).collect()
        };
        let callable = of(|fate| *fate == Fate::Callable);
        let unknown = of(|fate| matches!(fate, Fate::Unknown(_)));
        let renamed = of(|fate| *fate == Fate::Renamed);
        let (outcome, summary) = if !callable.is_empty() {
            (Outcome::Fail, format!("{} can run {}", facts.user, callable.join(", ")))
        } else if !unknown.is_empty() {
            let summary = format!("The user may not ask about {}", unknown.join(", "));
            (Outcome::Inconclusive(Reason::Refused), summary)
        } else {
            (Outcome::Pass, format!("{} can run none of them", facts.user))
        };
        let said = |(name, fate): &(&str, Fate)| format!("{name}: {}", fate_words(fate));
        let mut notes = Vec::new();
        if !renamed.is_empty() {
            let text = format!("{} can still be called by a secret name", renamed.join(", "));
            notes.push(Note { code: "redis-renamed".into(), text });
        }
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: fates.iter().map(said).collect::<Vec<_>>().join("; "),
            notes,
        }
    }
}

/// The decision table.
fn fate(command: &Command) -> Fate {
    match (&command.entry, &command.dry_run) {
        (Entry::Nil, _) if command.listed == Some(true) => Fate::Renamed,
        (Entry::Nil, _) => Fate::Removed,
        (_, DryRun::Denied) => Fate::Denied,
        (_, DryRun::Allowed) => Fate::Callable,
        (Entry::Refused(why), _) => Fate::Unknown(why.clone()),
        (Entry::Exists, DryRun::NotFound) => {
            Fate::Unknown("the answers contradict each other".into())
        }
        (Entry::Exists, DryRun::Refused(why)) => Fate::Unknown(why.clone()),
        // Before ACLs, whoever is logged in may run whatever exists.
        (Entry::Exists, DryRun::TooOld { acl: false }) => Fate::Callable,
        (Entry::Exists, DryRun::TooOld { acl: true }) => {
            Fate::Unknown("this version has no ACL DRYRUN (7.0)".into())
        }
    }
}

fn fate_words(fate: &Fate) -> String {
    match fate {
        Fate::Removed => "removed".into(),
        Fate::Renamed => "renamed".into(),
        Fate::Denied => "denied".into(),
        Fate::Callable => "callable".into(),
        Fate::Unknown(why) => format!("unknown ({why})"),
    }
}

fn line(command: &Command) -> String {
    let Command { name, entry, listed, dry_run } = command;
    format!("{name}: COMMAND INFO {entry:?}, listed {listed:?}, ACL DRYRUN {dry_run:?}")
}

async fn look(cx: &Context, params: &Params) -> Result<Facts, Doubt> {
    CommandsDisabled::check(params).map_err(|wrong| Doubt::new(Reason::NotConfigured, wrong))?;
    let mut session = Session::open(cx, &Endpoint::of(cx)?).await?;
    let info = session.info("server").await.unwrap_or_default();
    let version = info.field("redis_version").unwrap_or("unknown").to_owned();
    let whoami = session.ask(&["ACL", "WHOAMI"]).await.ok().as_ref().and_then(text);
    let user = cx.fact(FACT).map(str::to_owned).or(whoami).unwrap_or_else(|| "default".into());
    let list = session.ask(&["COMMAND", "LIST"]).await.ok();
    let list: Option<Vec<String>> =
        list.map(|answer| items(&answer).iter().filter_map(text).collect());
    let mut commands = Vec::new();
    for name in &params.commands {
        let lower = name.to_ascii_lowercase();
        let answer = session.ask(&["COMMAND", "INFO", &lower]).await;
        let (entry, described) = read_entry(answer)?;
        let dry_run = dry_run(&mut session, &user, &lower, described.as_ref(), &version).await?;
        let listed =
            list.as_ref().map(|list| list.iter().any(|known| known.eq_ignore_ascii_case(&lower)));
        commands.push(Command { name: name.to_ascii_uppercase(), entry, listed, dry_run });
    }
    Ok(Facts { user, version, commands })
}

fn read_entry(answer: Result<Value, Refusal>) -> Result<(Entry, Option<Value>), Doubt> {
    match answer {
        Ok(value) => Ok(match items(&value) {
            [Value::Nil] => (Entry::Nil, None),
            [entry] if items(entry).is_empty() => (Entry::Nil, None),
            [entry] => (Entry::Exists, Some(entry.clone())),
            _ => (Entry::Refused("not an answer of COMMAND INFO".into()), None),
        }),
        Err(Refusal::Lost(doubt)) => Err(doubt),
        Err(refusal) => Ok((Entry::Refused(refusal.words().to_owned()), None)),
    }
}

/// Asks whether `user` may run the command, or any of its subcommands.
async fn dry_run(
    session: &mut Session,
    user: &str,
    name: &str,
    entry: Option<&Value>,
    version: &str,
) -> Result<DryRun, Doubt> {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if let Some(major) = major.filter(|major| *major < 7) {
        return Ok(DryRun::TooOld { acl: major >= 6 });
    }
    let mut worst = DryRun::NotFound;
    for words in calls(name, entry) {
        let mut ask = vec!["ACL", "DRYRUN", user];
        ask.extend(words.iter().map(String::as_str));
        let answer = match session.ask(&ask).await {
            Err(Refusal::Lost(doubt)) => return Err(doubt),
            answer => read_dry_run(answer),
        };
        match answer {
            DryRun::Allowed => return Ok(DryRun::Allowed),
            DryRun::Refused(_) => worst = answer,
            _ if matches!(worst, DryRun::Refused(_)) => {}
            answer => worst = answer,
        }
    }
    Ok(worst)
}

fn read_dry_run(answer: Result<Value, Refusal>) -> DryRun {
    match answer {
        // A denial is an ordinary answer; only OK means yes.
        Ok(value) => match text(&value) {
            Some(text) if text == "OK" => DryRun::Allowed,
            Some(text) if text.contains("has no permissions") => DryRun::Denied,
            // The command itself is allowed, only not these keys or channels.
            Some(text) if text.contains("No permissions to access a ") => DryRun::Allowed,
            other => DryRun::Refused(format!("unknown answer {:?}", other.unwrap_or_default())),
        },
        Err(refusal) if !refusal.is_permission() && refusal.words().contains("not found") => {
            if refusal.words().starts_with("ERR Command") {
                return DryRun::NotFound;
            }
            DryRun::Refused(refusal.words().to_owned())
        }
        Err(refusal) => DryRun::Refused(refusal.words().to_owned()),
    }
}

/// Full calls of a command, as many as its subcommands: a dry run checks the number of
/// arguments too. `help` harms nobody and is left out.
fn calls(name: &str, entry: Option<&Value>) -> Vec<Vec<String>> {
    let fields = entry.map_or(&[][..], items);
    let subcommands = fields.get(SUBCOMMANDS).map_or(&[][..], items);
    if subcommands.is_empty() {
        return vec![call(vec![name.to_owned()], fields)];
    }
    subcommands
        .iter()
        .filter_map(|sub| {
            let fields = items(sub);
            let full = fields.first().and_then(text)?;
            let (_, own) = full.split_once('|')?;
            (own != "help").then(|| call(vec![name.to_owned(), own.to_owned()], fields))
        })
        .collect()
}

/// The words with as many arguments as the arity (second field, negative for "at least")
/// asks for.
fn call(mut words: Vec<String>, fields: &[Value]) -> Vec<String> {
    let arity = match fields.get(1) {
        Some(Value::Int(arity)) => arity.abs().min(MAX_ARGUMENTS),
        _ => 1,
    };
    while (words.len() as i64) < arity {
        words.push("1".to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(entry: Entry, listed: Option<bool>, dry_run: DryRun) -> Command {
        Command { name: "FLUSHALL".into(), entry, listed, dry_run }
    }

    #[test]
    fn the_decision_table_holds() {
        let refused = || DryRun::Refused("NOPERM 'acl|dryrun'".into());
        let cases = [
            (
                "renamed to nothing",
                command(Entry::Nil, Some(false), DryRun::NotFound),
                Outcome::Pass,
            ),
            (
                "renamed to a secret name",
                command(Entry::Nil, Some(true), DryRun::NotFound),
                Outcome::Pass,
            ),
            (
                "denied by the ACL",
                command(Entry::Exists, Some(true), DryRun::Denied),
                Outcome::Pass,
            ),
            ("callable", command(Entry::Exists, Some(true), DryRun::Allowed), Outcome::Fail),
            (
                "may not ask",
                command(Entry::Exists, Some(true), refused()),
                Outcome::Inconclusive(Reason::Refused),
            ),
            (
                "may not even list",
                command(Entry::Refused("NOPERM".into()), None, refused()),
                Outcome::Inconclusive(Reason::Refused),
            ),
            ("Redis 5", command(Entry::Exists, None, DryRun::TooOld { acl: false }), Outcome::Fail),
            (
                "Redis 6",
                command(Entry::Exists, None, DryRun::TooOld { acl: true }),
                Outcome::Inconclusive(Reason::Refused),
            ),
        ];
        for (name, command, expected) in cases {
            let facts =
                Facts { user: "app".into(), version: "7.0".into(), commands: vec![command] };
            let judged = CommandsDisabled::judge(&facts, &Params { commands: dangerous() });
            assert_eq!(judged.outcome, expected, "{name}");
            assert_eq!(judged.notes.len(), usize::from(name.contains("secret name")), "{name}");
        }
    }

    #[test]
    fn a_dry_run_gets_the_arguments_that_the_arity_asks_for() {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let get = Value::Array(vec![bulk("config|get"), Value::Int(-3)]);
        let help = Value::Array(vec![bulk("config|help"), Value::Int(2)]);
        let mut fields = vec![bulk("config"), Value::Int(-2)];
        fields.resize(SUBCOMMANDS, Value::Nil);
        fields.push(Value::Array(vec![get, help]));
        assert_eq!(calls("config", Some(&Value::Array(fields))), [["config", "get", "1"]]);
        let keys = Value::Array(vec![bulk("keys"), Value::Int(2)]);
        assert_eq!(calls("keys", Some(&keys)), [["keys", "1"]]);
        assert_eq!(calls("gone", None), [["gone"]]);
    }
}
