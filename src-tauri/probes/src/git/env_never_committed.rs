//! Claim: no commit that any reference reaches ever held a `.env` file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::Outcome;
use gix::bstr::ByteSlice as _;
use serde::Deserialize;

use super::history::{self, History, Met, Trees};
use super::names::is_env_file;
use super::open::open;
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::source;

/// Finds that are kept.
const MAX_FOUND: usize = 20;
/// Decoded objects that are kept at hand, in bytes.
const OBJECT_CACHE: usize = 32 * 1024 * 1024;

/// `git.env-never-committed`
pub struct EnvNeverCommitted;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// A settings file in history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The most recent commit that was seen to hold it, or the tag.
    pub commit: String,
    /// Its path.
    pub path: String,
}

/// What history holds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Leaks, at most a handful.
    pub leaks: Vec<Leak>,
    /// How much of it was seen.
    pub history: History,
}

impl Probe for EnvNeverCommitted {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "git.env-never-committed",
        rules: 1,
        claim: "No commit that any branch or tag reaches ever held a .env file.",
        why: "A file that was deleted later is still in every clone; its secrets are known.",
        how: "Walks every commit from every reference and looks at the names in each tree once. \
              Reads no file's content; executes nothing.",
        blind: "Sees this clone only: not commits that no reference reaches, other clones, or \
                settings under other names. At most 50,000 commits.",
        remedy: "Replace every secret that the file held (that is what counts), then take it \
                 out of history with git filter-repo. 1 to 4 hours.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no .env file in any reachable commit (templates such as .env.example are fine)".into()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(180)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let mut seen = source::look(cx, look).await;
        if let Ok(facts) = &seen.facts {
            let line = |leak: &Leak| format!("{}  {}", leak.commit, leak.path);
            seen.transcript = facts.leaks.iter().map(line).collect();
        }
        seen.reproduce = Some("git log --all --oneline -- '.env*' '**/.env*'".into());
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = if let Some(leak) = facts.leaks.first() {
            let commit = leak.commit.get(..12).unwrap_or(&leak.commit);
            (Outcome::Fail, format!("Commit {commit} holds {}", leak.path))
        } else if let Some(doubt) = facts.history.doubt() {
            doubt
        } else {
            let many = facts.history.commits;
            (Outcome::Pass, format!("None of {many} commits held a .env file"))
        };
        let observed = format!(
            "{}, {} finds{}",
            facts.history.words(),
            facts.leaks.len(),
            if facts.leaks.len() >= MAX_FOUND { " (more were not counted)" } else { "" }
        );
        let notes = facts.history.note().into_iter().collect();
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }
}

fn look(source: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let mut repository = open(source)?;
    repository.object_cache_size(OBJECT_CACHE);
    // What a replaced object held is still in every clone.
    repository.objects.ignore_replacements = true;
    let (mut leaks, mut paths) = (Vec::new(), BTreeSet::new());
    let mut trees = Trees::new(&repository);
    let history = history::walk(&repository, abandoned, |holder, met| {
        if let Met::Tree(id) = met {
            trees.files(id, &|_| false, &mut |folder, name, _| {
                let path = || format!("{folder}{}", name.to_str_lossy());
                if is_env_file(name) && leaks.len() < MAX_FOUND && paths.insert(path()) {
                    leaks.push(Leak { commit: holder.to_owned(), path: path() });
                }
            })?;
        }
        Ok(leaks.len() < MAX_FOUND)
    })?;
    Ok(Facts { leaks, history })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(facts: Facts) -> Outcome {
        EnvNeverCommitted::judge(&facts, &Params {}).outcome
    }

    #[test]
    fn only_a_whole_history_without_a_find_passes() {
        let whole = || History { commits: 10, references: 2, ..History::default() };
        let seen = |history: History| outcome(Facts { leaks: Vec::new(), history });
        assert_eq!(seen(whole()), Outcome::Pass);
        let leak = Leak { commit: "a".repeat(40), path: "backend/.env".into() };
        assert_eq!(outcome(Facts { leaks: vec![leak], history: whole() }), Outcome::Fail);
        for history in [
            History { shallow: true, ..whole() },
            History { cut_short: true, ..whole() },
            History::default(),
        ] {
            assert!(matches!(seen(history), Outcome::Inconclusive(_)));
        }
    }

    #[test]
    fn a_find_in_a_shallow_clone_is_still_a_find() {
        let leak = Leak { commit: "b".repeat(40), path: ".env".into() };
        let history = History { commits: 1, shallow: true, ..History::default() };
        assert_eq!(outcome(Facts { leaks: vec![leak], history }), Outcome::Fail);
    }
}
