//! Asks whether commands exist, and whether the application's user may run them.

use countersign_domain::finding::Reason;
use redis::Value;

use super::{ADVISED, Command, CommandsDisabled, Entry, Facts, May, Params, Told};
use crate::context::Context;
use crate::probe::{Doubt, Probe as _};
use crate::redis::acl::{Described, Rules};
use crate::redis::endpoint::{Endpoint, declared_user};
use crate::redis::session::{Refusal, Session, items, text};

/// Place of the list of subcommands in an answer of COMMAND INFO (Redis 7.0).
const SUBCOMMANDS: usize = 9;
/// Arguments that a dry run fills in at most.
const MAX_ARGUMENTS: i64 = 16;
/// A command that no Redis lacks; whoever does not know it is no Redis.
const CONTROL: &str = "ping";

/// Where to ask, and about whom.
struct Asking {
    session: Session,
    user: String,
    major: Option<u32>,
    list: Option<Vec<String>>,
    /// Asked for when the first dry run tells nothing: the answer holds password hashes.
    rules: Option<Result<Rules, String>>,
}

pub(super) async fn look(cx: &Context, params: &Params) -> Result<Facts, Doubt> {
    CommandsDisabled::check(params).map_err(|wrong| Doubt::new(Reason::NotConfigured, wrong))?;
    let mut session = Session::open(cx, &Endpoint::of(cx)?).await?;
    let control = session.ask(&["COMMAND", "INFO", CONTROL]).await;
    if let (Entry::Nil, _) = read_entry(CONTROL, control)? {
        let seen = "the server does not know PING: its PING was renamed, or it is no Redis";
        return Err(Doubt::new(Reason::Unexpected, seen));
    }
    let info = session.info("server").await.unwrap_or_default();
    let version = info.field("redis_version").unwrap_or("unknown").to_owned();
    let whoami = session.ask(&["ACL", "WHOAMI"]).await.ok().as_ref().and_then(text);
    let user = declared_user(cx).map(str::to_owned).or(whoami);
    let user = user.unwrap_or_else(|| "default".into());
    let list = session.ask(&["COMMAND", "LIST"]).await.ok();
    let list = list.map(|answer| items(&answer).iter().filter_map(text).collect());
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let mut asking = Asking { session, user, major, list, rules: None };
    let mut commands = Vec::new();
    for name in &params.commands {
        commands.push(asking.about(name).await?);
    }
    let mut advised = Vec::new();
    for (name, _) in ADVISED {
        if !params.commands.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            advised.push(asking.about(name).await?);
        }
    }
    let denied = commands.iter().any(|command| matches!(command.may, May::No(_)));
    let setuser = if denied { Some(asking.setuser().await?) } else { None };
    Ok(Facts { user: asking.user, version, commands, advised, setuser })
}

async fn rules(session: &mut Session, user: &str) -> Result<Result<Rules, String>, Doubt> {
    match session.ask(&["ACL", "GETUSER", user]).await {
        Err(Refusal::Lost(doubt)) => Err(doubt),
        Err(Refusal::Said(said)) => Ok(Err(format!("ACL GETUSER: {said}"))),
        Ok(Value::Nil) => Ok(Err(format!("ACL GETUSER: there is no user {user}"))),
        Ok(answer) => {
            let strange = || "ACL GETUSER: not an answer that is known".to_owned();
            Ok(Rules::read(&answer).ok_or_else(strange))
        }
    }
}

impl Asking {
    async fn about(&mut self, name: &str) -> Result<Command, Doubt> {
        let lower = name.to_ascii_lowercase();
        let answer = self.session.ask(&["COMMAND", "INFO", &lower]).await;
        let (entry, described) = read_entry(&lower, answer)?;
        let may = self.may(&lower, described.as_ref()).await?;
        let known = |list: &Vec<String>| list.iter().any(|each| each.eq_ignore_ascii_case(&lower));
        let listed = self.list.as_ref().map(known);
        Ok(Command { name: name.to_ascii_uppercase(), entry, listed, may })
    }

    /// A dry run where there is one; else the user's rules.
    async fn may(&mut self, name: &str, entry: Option<&Value>) -> Result<May, Doubt> {
        if self.major.is_some_and(|major| major < 6) {
            return Ok(May::Yes(Told::NoAcl));
        }
        let by_dry_run = if self.major == Some(6) {
            May::Unknown("this version has no ACL DRYRUN (7.0)".into())
        } else {
            self.dry_run(name, entry).await?
        };
        let May::Unknown(why) = &by_dry_run else { return Ok(by_dry_run) };
        self.by_rules(why, name, entry, Rules::allow).await
    }

    /// Whether the user may run ACL SETUSER.
    async fn setuser(&mut self) -> Result<May, Doubt> {
        let answer = self.session.ask(&["COMMAND", "INFO", "acl"]).await;
        let (entry, described) = read_entry("acl", answer)?;
        if entry == Entry::Nil {
            return Ok(May::NotFound);
        }
        let call = ["ACL", "DRYRUN", &self.user, "ACL", "SETUSER", "nobody"];
        let by_dry_run = match self.session.ask(&call).await {
            Err(Refusal::Lost(doubt)) => return Err(doubt),
            answer => read_dry_run(answer),
        };
        let May::Unknown(why) = &by_dry_run else { return Ok(by_dry_run) };
        let allow = |rules: &Rules, acl: &Described| rules.allow_part(acl, "setuser");
        self.by_rules(why, "acl", described.as_ref(), allow).await
    }

    /// What the user's rules say where a dry run tells nothing, and `why` it does not.
    async fn by_rules(
        &mut self,
        why: &str,
        name: &str,
        entry: Option<&Value>,
        allow: impl Fn(&Rules, &Described) -> bool,
    ) -> Result<May, Doubt> {
        let rules = match self.rules.take() {
            Some(known) => known,
            None => rules(&mut self.session, &self.user).await?,
        };
        let rules = match self.rules.insert(rules) {
            Ok(rules) => rules,
            Err(also) => return Ok(May::Unknown(format!("{why}; {also}"))),
        };
        let Some(described) = entry.and_then(|entry| Described::read(name, entry)) else {
            let text = format!("{why}; COMMAND INFO tells no categories");
            return Ok(May::Unknown(text));
        };
        let told = Told::Rules(rules.words());
        Ok(if allow(rules, &described) { May::Yes(told) } else { May::No(told) })
    }

    /// Asks whether the user may run the command, or any of its subcommands.
    async fn dry_run(&mut self, name: &str, entry: Option<&Value>) -> Result<May, Doubt> {
        let mut worst = May::NotFound;
        for words in calls(name, entry) {
            let mut ask = vec!["ACL", "DRYRUN", &self.user];
            ask.extend(words.iter().map(String::as_str));
            let answer = match self.session.ask(&ask).await {
                Err(Refusal::Lost(doubt)) => return Err(doubt),
                answer => read_dry_run(answer),
            };
            match answer {
                May::Yes(_) => return Ok(answer),
                May::Unknown(_) => worst = answer,
                _ if matches!(worst, May::Unknown(_)) => {}
                answer => worst = answer,
            }
        }
        Ok(worst)
    }
}

fn read_entry(name: &str, answer: Result<Value, Refusal>) -> Result<(Entry, Option<Value>), Doubt> {
    let strange = || (Entry::Refused("not an answer of COMMAND INFO".into()), None);
    match answer {
        Ok(value) => Ok(match items(&value) {
            [Value::Nil] => (Entry::Nil, None),
            [Value::Array(fields)] if fields.is_empty() => (Entry::Nil, None),
            [entry] => match items(entry).first().and_then(text) {
                Some(own) if own.eq_ignore_ascii_case(name) => (Entry::Exists, Some(entry.clone())),
                _ => strange(),
            },
            _ => strange(),
        }),
        Err(Refusal::Lost(doubt)) => Err(doubt),
        Err(refusal) => Ok((Entry::Refused(refusal.words().to_owned()), None)),
    }
}

fn read_dry_run(answer: Result<Value, Refusal>) -> May {
    let refusal = match answer {
        // A denial is an ordinary answer; only OK means yes.
        Ok(value) => {
            return match text(&value) {
                Some(text) if text == "OK" => May::Yes(Told::DryRun),
                Some(text) if text.contains("has no permissions to run") => May::No(Told::DryRun),
                // The command itself is allowed, only not these keys or channels.
                Some(text) if text.contains("ermissions to access") => May::Yes(Told::DryRun),
                other => May::Unknown(format!("unknown answer {:?}", other.unwrap_or_default())),
            };
        }
        Err(refusal) => refusal,
    };
    let words = refusal.words();
    if words.starts_with("ERR Command") && words.contains("not found") {
        return May::NotFound;
    }
    May::Unknown(words.to_owned())
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
        Some(Value::Int(arity)) => arity.saturating_abs().min(MAX_ARGUMENTS),
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

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_dry_run_gets_the_arguments_that_the_arity_asks_for() {
        let get = Value::Array(vec![bulk("config|get"), Value::Int(-3)]);
        let help = Value::Array(vec![bulk("config|help"), Value::Int(2)]);
        let mut fields = vec![bulk("config"), Value::Int(-2)];
        fields.resize(SUBCOMMANDS, Value::Nil);
        fields.push(Value::Array(vec![get, help]));
        assert_eq!(calls("config", Some(&Value::Array(fields))), [["config", "get", "1"]]);
        let keys = Value::Array(vec![bulk("keys"), Value::Int(2)]);
        assert_eq!(calls("keys", Some(&keys)), [["keys", "1"]]);
        assert_eq!(calls("gone", None), [["gone"]]);
        let hostile = Value::Array(vec![bulk("keys"), Value::Int(i64::MIN)]);
        assert_eq!(calls("keys", Some(&hostile))[0].len(), 16);
    }

    #[test]
    fn only_an_entry_of_that_name_says_that_a_command_exists() {
        let entry = |name: &str| Value::Array(vec![Value::Array(vec![bulk(name)])]);
        let read = |answer| read_entry("keys", Ok(answer)).expect("no doubt").0;
        assert_eq!(read(entry("keys")), Entry::Exists);
        assert_eq!(read(Value::Array(vec![Value::Nil])), Entry::Nil);
        assert_eq!(read(Value::Array(vec![Value::Array(vec![])])), Entry::Nil);
        for strange in [entry("ping"), Value::Okay, Value::Nil, Value::Array(vec![Value::Okay])] {
            assert!(matches!(read(strange.clone()), Entry::Refused(_)), "{strange:?}");
        }
    }

    #[test]
    fn each_answer_of_a_dry_run_has_its_meaning() {
        let said = |text: &str| Err(Refusal::Said(text.to_owned()));
        for (answer, yes) in [
            (Ok(Value::Okay), Some(true)),
            (Ok(bulk("This user has no permissions to run the 'keys' command")), Some(false)),
            (Ok(bulk("No permissions to access a key")), Some(true)),
            (Ok(bulk("This user has no permissions to access the '1' key")), Some(true)),
            (Ok(bulk("PONG")), None),
            (said("NOPERM this user has no permissions to run the 'acl|dryrun' command"), None),
            (said("ERR User 'nobody' not found"), None),
        ] {
            let shown = format!("{answer:?}");
            match (read_dry_run(answer), yes) {
                (May::Yes(_), Some(true)) | (May::No(_), Some(false)) | (May::Unknown(_), None) => {
                }
                (may, _) => panic!("{shown}: {may:?}"),
            }
        }
        assert_eq!(read_dry_run(said("ERR Command 'keys' not found")), May::NotFound);
    }
}
