//! Claim: redis.conf sets a password.

use std::path::Path;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::conf::{directives, last, read};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::offload::offload;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::secrets::judge::{Bucket, judge_value};

/// `redis.conf-requirepass`
pub struct ConfRequirepass;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What the ACL says of the `default` user, as whom strangers arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultUser {
    /// Switched off, or not without a password.
    Closed,
    /// Needs no password.
    Open,
    /// Not mentioned.
    Unsaid,
}

/// What an ACL file holds, when redis.conf names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclFile {
    /// redis.conf names none.
    None,
    /// Read.
    Read(DefaultUser),
    /// Named, and not readable from here.
    Unreadable(String),
}

/// What redis.conf says. Passwords are described, never kept.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Strength of `requirepass`; `None` when it is not set.
    pub requirepass: Option<Bucket>,
    /// What `user default …` lines of redis.conf say.
    pub inline: DefaultUser,
    /// What the ACL file says.
    pub acl_file: AclFile,
    /// Files that redis.conf includes and that were not read.
    pub includes: usize,
}

impl Probe for ConfRequirepass {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "redis.conf-requirepass",
        rules: 1,
        claim: "redis.conf sets a password for the default user.",
        why: "A password that was only set at run time is gone after the next restart.",
        how: "Reads redis.conf and the ACL file that it names. Nothing is sent.",
        blind: "Does not know whether the server was started with this file, nor read the files \
                that it includes; redis.password-required tells what the server does.",
        remedy: "Add `requirepass` with 32 random bytes, or a `user` line. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "requirepass, or an ACL that lets nobody in as `default` without a password".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(file) = cx.environment().targets.redis_conf.as_deref() else {
            return Observation::not_configured("redis_conf");
        };
        let path = cx.path(file);
        let facts = offload(move |_| look(&path)).await;
        let mut seen = Observation::new(file, facts);
        seen.reproduce =
            Some(format!("grep -ciE '^ *(requirepass|aclfile|user) ' {}", quoted(file)));
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let mut notes = Vec::new();
        let mut say = |code: &str, text: &str| {
            notes.push(Note { code: code.into(), text: text.into() });
        };
        if facts.includes > 0 {
            say("includes-not-read", "redis.conf includes other files, which may say otherwise");
        }
        let (outcome, summary) = match (&facts.acl_file, facts.inline, facts.requirepass) {
            (AclFile::Unreadable(_), ..) => (
                Outcome::Inconclusive(Reason::NeedsPerson),
                "The ACL file decides (requirepass is ignored beside it) and cannot be read here",
            ),
            (AclFile::Read(DefaultUser::Closed), ..) => {
                say("acl-file", "an ACL file decides; requirepass is ignored beside it");
                (Outcome::Pass, "The ACL file lets nobody in without a password")
            }
            (AclFile::Read(_), ..) => {
                (Outcome::Fail, "The ACL file decides, and its default user needs no password")
            }
            (AclFile::None, DefaultUser::Open, _) => {
                (Outcome::Fail, "A `user default` line lets everybody in without a password")
            }
            (AclFile::None, DefaultUser::Closed, None) => {
                say("acl-user", "set by a `user` line instead of requirepass");
                (Outcome::Pass, "A `user default` line asks for a password")
            }
            (AclFile::None, _, Some(strength)) => {
                if strength < Bucket::Strong {
                    say("weak-password", "the password in the file can be guessed");
                }
                (Outcome::Pass, "requirepass is set")
            }
            (AclFile::None, DefaultUser::Unsaid, None) => {
                (Outcome::Fail, "redis.conf sets no password")
            }
        };
        let observed = format!(
            "requirepass: {}; default user in the file: {:?}; ACL file: {}",
            facts.requirepass.map_or("not set", Bucket::words),
            facts.inline,
            match &facts.acl_file {
                AclFile::None => "none".into(),
                AclFile::Read(user) => format!("{user:?}"),
                AclFile::Unreadable(why) => why.clone(),
            }
        );
        Judgement {
            outcome,
            summary: summary.into(),
            expected: Self::expected(params),
            observed,
            notes,
        }
    }
}

fn look(path: &Path) -> Result<Facts, Doubt> {
    let text = read(path).map_err(|why| Doubt::new(Reason::NotConfigured, why))?;
    let lines = directives(&text);
    let password =
        last(&lines, "requirepass").and_then(<[String]>::first).filter(|p| !p.is_empty());
    let acl_file = match last(&lines, "aclfile").and_then(<[String]>::first) {
        None => AclFile::None,
        Some(name) if name.is_empty() => AclFile::None,
        Some(name) => {
            let file = path.parent().unwrap_or(Path::new(".")).join(name);
            match read(&file) {
                Ok(text) => AclFile::Read(default_user(&directives(&text))),
                Err(why) => AclFile::Unreadable(why),
            }
        }
    };
    Ok(Facts {
        requirepass: password.map(|value| judge_value("requirepass", value).bucket),
        inline: default_user(&lines),
        acl_file,
        includes: lines.iter().filter(|words| words[0] == "include").count(),
    })
}

/// What the `user default …` lines add up to: rules are read from left to right, and each
/// changes what the ones before said.
fn default_user(lines: &[Vec<String>]) -> DefaultUser {
    let mine = lines
        .iter()
        .filter(|words| words[0] == "user" && words.get(1).is_some_and(|name| name == "default"));
    let mut said = false;
    let (mut on, mut nopass) = (true, true);
    for rule in mine.flat_map(|words| &words[2..]) {
        said = true;
        match rule.as_str() {
            "on" => on = true,
            "off" => on = false,
            "nopass" => nopass = true,
            "reset" => (on, nopass) = (false, false),
            "resetpass" => nopass = false,
            other if other.starts_with(['>', '#']) => nopass = false,
            _ => {}
        }
    }
    match (said, on && nopass) {
        (false, _) => DefaultUser::Unsaid,
        (true, true) => DefaultUser::Open,
        (true, false) => DefaultUser::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(conf: &str, acl: Option<&str>) -> (Outcome, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("redis.conf");
        std::fs::write(&path, conf).expect("a file");
        if let Some(acl) = acl {
            std::fs::write(folder.path().join("users.acl"), acl).expect("a file");
        }
        let judged = ConfRequirepass::judge(&look(&path).expect("facts"), &Params {});
        (judged.outcome, judged.notes.into_iter().map(|note| note.code).collect())
    }

    #[test]
    fn the_file_is_read_as_redis_would_apply_it() {
        let strong = "requirepass q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA=";
        let ask = Outcome::Inconclusive(Reason::NeedsPerson);
        type Case<'a> = (&'a str, &'a str, Option<&'a str>, Outcome, &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            ("set", strong, None, Outcome::Pass, &[]),
            ("set and weak", "requirepass foobared", None, Outcome::Pass, &["weak-password"]),
            ("commented out", "# requirepass foobared", None, Outcome::Fail, &[]),
            ("emptied later", "requirepass abc\nrequirepass \"\"", None, Outcome::Fail, &[]),
            ("an ACL user", "user default on >abc ~* +@all", None, Outcome::Pass, &["acl-user"]),
            ("default off", "user default off", None, Outcome::Pass, &["acl-user"]),
            (
                "nopass after all",
                "requirepass abc\nuser default on nopass +@all",
                None,
                Outcome::Fail,
                &[],
            ),
            (
                "an ACL file",
                "aclfile users.acl",
                Some("user default off"),
                Outcome::Pass,
                &["acl-file"],
            ),
            (
                "an open ACL file beats requirepass",
                "requirepass abc\naclfile users.acl",
                Some("user default on nopass"),
                Outcome::Fail,
                &[],
            ),
            ("an ACL file elsewhere", "requirepass abc\naclfile users.acl", None, ask, &[]),
            (
                "an include",
                "requirepass foobared\ninclude more.conf",
                None,
                Outcome::Pass,
                &["includes-not-read", "weak-password"],
            ),
        ];
        for (name, conf, acl, expected, notes) in cases {
            let (outcome, seen) = outcome(conf, *acl);
            assert_eq!(
                (outcome, &seen[..]),
                (*expected, &notes.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()[..]),
                "{name}"
            );
        }
    }
}
