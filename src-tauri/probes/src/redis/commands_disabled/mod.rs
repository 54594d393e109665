//! Claim: the application's user cannot run dangerous commands. Asks about them; never
//! sends one.

mod look;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::endpoint::{Endpoint, target};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// Commands that are only advised against: a note tells when the user may run them.
const ADVISED: &[(&str, &str)] = &[
    ("DEBUG", "DEBUG can crash or stall the server (7.0 and later also ask enable-debug-command)"),
    ("KEYS", "KEYS walks over every key and stalls the server meanwhile; SCAN does not"),
];

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

/// Whether the user may run a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum May {
    /// It may.
    Yes(Told),
    /// It may not.
    No(Told),
    /// There is no such command (ACL DRYRUN).
    NotFound,
    /// Nobody told.
    Unknown(String),
}

impl May {
    fn words(&self) -> String {
        let told = |told: &Told| match told {
            Told::DryRun => "ACL DRYRUN".to_owned(),
            Told::Rules(rules) => format!("ACL GETUSER: {rules}"),
            Told::NoAcl => "no ACL before Redis 6.0".to_owned(),
        };
        match self {
            Self::Yes(by) => format!("allowed ({})", told(by)),
            Self::No(by) => format!("denied ({})", told(by)),
            Self::NotFound => "not found".to_owned(),
            Self::Unknown(why) => format!("unknown ({why})"),
        }
    }
}

/// Who told what the user may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// ACL DRYRUN (7.0).
    DryRun,
    /// The user's rules (ACL GETUSER), worked out here.
    Rules(String),
    /// The server has no ACL (before 6.0): whoever is logged in may run whatever exists.
    NoAcl,
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
    pub may: May,
}

/// What is known of all of them.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The user that was asked about.
    pub user: String,
    /// Redis's version.
    pub version: String,
    /// Each command of the claim.
    pub commands: Vec<Command>,
    /// Commands that are only advised against.
    pub advised: Vec<Command>,
    /// Whether the user may run ACL SETUSER, and so give itself what it is denied; `None`
    /// when it is denied nothing.
    pub setuser: Option<May>,
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
        rules: 3,
        claim: "The application's Redis user cannot run the dangerous commands.",
        why: "One injected command could empty the store, rewrite its configuration or stop it.",
        how: "COMMAND INFO and COMMAND LIST tell whether a command exists, ACL DRYRUN whether \
              the user may run it; before Redis 7.0, or where that is not allowed, the user's \
              rules (ACL GETUSER) are worked out here. Whoever may run ACL SETUSER can give itself \
              what it is denied, so that is asked too. The user is the fact `redis_app_user`, \
              else the one logged in. The commands themselves are never sent.",
        blind: "A command that was renamed can still be called by whoever knows its new name. \
                Other users of the server are not looked at.",
        remedy: "Take them from the user, and ACL with them: `ACL SETUSER app -flushall -flushdb \
                 -config -shutdown -acl`, or better `-@dangerous` (renaming is deprecated, and \
                 accepted). 10 minutes.",
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
        let mut seen = Observation::new(target, look::look(cx, params).await);
        let Ok(facts) = &seen.facts else { return seen };
        seen.transcript = facts.commands.iter().chain(&facts.advised).map(line).collect();
        let setuser = facts.setuser.iter().map(|may| format!("ACL SETUSER: {}", may.words()));
        seen.transcript.extend(setuser);
        if let Ok(at) = Endpoint::of(cx) {
            let user = quoted(&facts.user);
            seen.reproduce = Some(format!("{} ACL GETUSER {user}", at.cli_as(cx)));
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
        } else if let Some(May::Yes(_)) = facts.setuser {
            let denied = of(|fate| *fate == Fate::Denied).join(", ");
            let summary = format!("{} can give itself {denied} by ACL SETUSER", facts.user);
            (Outcome::Fail, summary)
        } else if !unknown.is_empty() {
            let summary = format!("The user may not ask about {}", unknown.join(", "));
            (Outcome::Inconclusive(Reason::Refused), summary)
        } else if let Some(May::Unknown(_)) = facts.setuser {
            let summary = "Whether the user may give itself more (ACL SETUSER) is not told";
            (Outcome::Inconclusive(Reason::Refused), summary.to_owned())
        } else {
            (Outcome::Pass, format!("{} can run none of them", facts.user))
        };
        let said = |(name, fate): &(&str, Fate)| format!("{name}: {}", fate_words(fate));
        let mut notes = Vec::new();
        if !renamed.is_empty() {
            let text = format!("{} can still be called by a secret name", renamed.join(", "));
            notes.push(Note { code: "redis-renamed".into(), text });
        }
        for advised in facts.advised.iter().filter(|command| fate(command) == Fate::Callable) {
            let why = ADVISED.iter().find(|(name, _)| *name == advised.name);
            notes.extend(why.map(|(name, text)| Note {
                code: format!("redis-{}-callable", name.to_ascii_lowercase()),
                text: format!("{} can run {name}: {text}", facts.user),
            }));
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
    match (&command.entry, &command.may) {
        (Entry::Nil, _) if command.listed == Some(true) => Fate::Renamed,
        (Entry::Nil, _) => Fate::Removed,
        (_, May::No(_)) => Fate::Denied,
        (_, May::Yes(_)) => Fate::Callable,
        (Entry::Refused(why), _) => Fate::Unknown(why.clone()),
        (Entry::Exists, May::NotFound) => Fate::Unknown("the answers contradict each other".into()),
        (Entry::Exists, May::Unknown(why)) => Fate::Unknown(why.clone()),
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
    let Command { name, entry, listed, may } = command;
    let may = may.words();
    let entry = match entry {
        Entry::Nil => "nil",
        Entry::Exists => "exists",
        Entry::Refused(why) => why,
    };
    let listed = match listed {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    format!("{name}: COMMAND INFO {entry}; listed {listed}; {may}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(entry: Entry, listed: Option<bool>, may: May) -> Command {
        Command { name: "FLUSHALL".into(), entry, listed, may }
    }

    fn judged(command: Command, advised: Vec<Command>) -> Judgement {
        let setuser = matches!(command.may, May::No(_)).then_some(May::No(Told::DryRun));
        beside(command, advised, setuser)
    }

    fn beside(command: Command, advised: Vec<Command>, setuser: Option<May>) -> Judgement {
        let (user, version) = ("app".into(), "7.0".into());
        let facts = Facts { user, version, commands: vec![command], advised, setuser };
        CommandsDisabled::judge(&facts, &Params { commands: dangerous() })
    }

    #[test]
    fn a_denial_that_the_user_can_lift_itself_is_none() {
        let denied = || command(Entry::Exists, Some(true), May::No(Told::DryRun));
        for (name, setuser, expected) in [
            ("it may not", May::No(Told::DryRun), Outcome::Pass),
            ("there is no such command", May::NotFound, Outcome::Pass),
            ("it may", May::Yes(Told::DryRun), Outcome::Fail),
            ("it may by its rules", May::Yes(Told::Rules("+@all".into())), Outcome::Fail),
            ("nobody tells", May::Unknown("NOPERM".into()), Outcome::Inconclusive(Reason::Refused)),
        ] {
            assert_eq!(beside(denied(), Vec::new(), Some(setuser)).outcome, expected, "{name}");
        }
    }

    #[test]
    fn the_decision_table_holds() {
        let refused = || May::Unknown("NOPERM 'acl|dryrun'".into());
        let rules = || Told::Rules("+@all".into());
        let unknown = Outcome::Inconclusive(Reason::Refused);
        let exists = || Entry::Exists;
        let cases = [
            ("renamed to nothing", command(Entry::Nil, Some(false), May::NotFound), Outcome::Pass),
            (
                "renamed to a secret name",
                command(Entry::Nil, Some(true), May::NotFound),
                Outcome::Pass,
            ),
            (
                "denied by the ACL",
                command(exists(), Some(true), May::No(Told::DryRun)),
                Outcome::Pass,
            ),
            ("denied by its rules", command(exists(), None, May::No(rules())), Outcome::Pass),
            ("callable", command(exists(), Some(true), May::Yes(Told::DryRun)), Outcome::Fail),
            ("callable by its rules", command(exists(), None, May::Yes(rules())), Outcome::Fail),
            ("may not ask", command(exists(), Some(true), refused()), unknown),
            (
                "may not even list",
                command(Entry::Refused("NOPERM".into()), None, refused()),
                unknown,
            ),
            ("contradictory", command(exists(), Some(true), May::NotFound), unknown),
            ("Redis 5", command(exists(), None, May::Yes(Told::NoAcl)), Outcome::Fail),
        ];
        for (name, command, expected) in cases {
            let judged = judged(command, Vec::new());
            assert_eq!(judged.outcome, expected, "{name}");
            assert_eq!(judged.notes.len(), usize::from(name.contains("secret name")), "{name}");
        }
    }

    #[test]
    fn what_is_only_advised_against_is_noted_when_it_can_be_run() {
        let denied = || command(Entry::Exists, Some(true), May::No(Told::DryRun));
        let named = |name: &str, may| Command {
            name: name.into(),
            ..command(Entry::Exists, Some(true), may)
        };
        let advised =
            vec![named("DEBUG", May::No(Told::DryRun)), named("KEYS", May::Yes(Told::DryRun))];
        let judged = judged(denied(), advised);
        assert_eq!(judged.outcome, Outcome::Pass);
        let codes: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(codes, ["redis-keys-callable"]);
    }
}
