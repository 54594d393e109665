//! Claim: no commit that any reference reaches ever held a `.env` file.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use serde::Deserialize;

use super::names::is_env_file;
use super::open::{open, unreadable};
use crate::context::Context;
use crate::offload::{Abandoned, offload};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Commits that one look visits at most.
const MAX_COMMITS: usize = 50_000;
/// Finds that are kept.
const MAX_FOUND: usize = 20;
/// Deepest folder that is entered; a work tree deeper than this cannot be checked out.
const MAX_DEPTH: usize = 256;
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
    /// The most recent commit that was seen to hold it.
    pub commit: String,
    /// Its path.
    pub path: String,
}

/// What history holds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Leaks, at most a handful.
    pub leaks: Vec<Leak>,
    /// Commits visited.
    pub commits: usize,
    /// References that lead to a commit.
    pub references: usize,
    /// Whether the clone has only the recent part of history.
    pub shallow: bool,
    /// Whether history is longer than one look.
    pub cut_short: bool,
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
        let Some(source) = cx.environment().targets.source.as_deref() else {
            return Observation::not_configured("source");
        };
        let root = cx.path(source);
        let mut seen =
            Observation::new(source, offload(move |abandoned| look(&root, abandoned)).await);
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
        } else if facts.cut_short {
            let summary = format!("History is longer than {MAX_COMMITS} commits");
            (Outcome::Inconclusive(Reason::Unexpected), summary)
        } else if facts.shallow {
            let summary = "The clone is shallow: fetch the rest with `git fetch --unshallow`";
            (Outcome::Inconclusive(Reason::NotConfigured), summary.into())
        } else if facts.commits == 0 {
            (
                Outcome::Inconclusive(Reason::NotConfigured),
                "The repository has no commit yet".into(),
            )
        } else {
            (Outcome::Pass, format!("None of {} commits held a .env file", facts.commits))
        };
        let observed = format!(
            "{} commits from {} references, {} finds{}",
            facts.commits,
            facts.references,
            facts.leaks.len(),
            if facts.leaks.len() >= MAX_FOUND { " (more were not counted)" } else { "" }
        );
        let mut notes = Vec::new();
        if facts.shallow {
            let text = "only the recent part of history is here".to_owned();
            notes.push(Note { code: "shallow-clone".into(), text });
        }
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }
}

fn look(source: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let mut repository = open(source)?;
    repository.object_cache_size(OBJECT_CACHE);
    let tips = tips(&repository)?;
    let shallow = repository.is_shallow().map_err(|error| unreadable("shallow file", error))?;
    let mut facts = Facts { references: tips.len(), shallow, ..Facts::default() };
    let walk = repository.rev_walk(tips).all().map_err(|error| unreadable("history", error))?;
    let mut search =
        Search { repository: &repository, clean: HashSet::new(), paths: BTreeSet::new() };
    for commit in walk {
        if abandoned.is() {
            return Err(Doubt::new(Reason::Cancelled, "nobody waits for the answer"));
        }
        if facts.commits >= MAX_COMMITS {
            facts.cut_short = true;
            break;
        }
        facts.commits += 1;
        let commit = commit.map_err(|error| unreadable("history", error))?;
        let tree = commit
            .object()
            .and_then(|object| object.tree_id())
            .map_err(|error| unreadable("commit", error))?;
        let before = search.paths.clone();
        search.tree(tree.detach(), "", 0)?;
        for path in search.paths.difference(&before) {
            facts.leaks.push(Leak { commit: commit.id.to_string(), path: path.clone() });
        }
        if facts.leaks.len() >= MAX_FOUND {
            facts.leaks.truncate(MAX_FOUND);
            break;
        }
    }
    Ok(facts)
}

/// The commits that references lead to, HEAD and the stash among them.
fn tips(repository: &gix::Repository) -> Result<BTreeSet<ObjectId>, Doubt> {
    let mut tips = BTreeSet::new();
    let platform = repository.references().map_err(|error| unreadable("references", error))?;
    let all = platform.all().map_err(|error| unreadable("references", error))?;
    for reference in all {
        let mut reference = reference.map_err(|error| unreadable("reference", error))?;
        let id = reference.peel_to_id().map_err(|error| unreadable("reference", error))?;
        // A tag may name a tree or a file; only commits have a history.
        if id.object().is_ok_and(|object| object.kind == gix::objs::Kind::Commit) {
            tips.insert(id.detach());
        }
    }
    if let Ok(head) = repository.head_id() {
        tips.insert(head.detach());
    }
    Ok(tips)
}

/// Looks at each distinct tree once: its names decide, wherever it hangs.
struct Search<'a> {
    repository: &'a gix::Repository,
    clean: HashSet<ObjectId>,
    paths: BTreeSet<String>,
}

impl Search<'_> {
    fn tree(&mut self, id: ObjectId, prefix: &str, depth: usize) -> Result<(), Doubt> {
        if depth > MAX_DEPTH || !self.clean.insert(id) {
            return Ok(());
        }
        let tree = self.repository.find_tree(id).map_err(|error| unreadable("tree", error))?;
        let mut folders = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| unreadable("tree", error))?;
            let name = entry.filename();
            match entry.kind() {
                EntryKind::Tree => {
                    folders.push((entry.object_id(), name.to_str_lossy().into_owned()))
                }
                EntryKind::Commit => {}
                _ if is_env_file(name) => {
                    self.paths.insert(format!("{prefix}{}", name.to_str_lossy()));
                }
                _ => {}
            }
        }
        for (id, name) in folders {
            self.tree(id, &format!("{prefix}{name}/"), depth + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(facts: Facts) -> Outcome {
        EnvNeverCommitted::judge(&facts, &Params {}).outcome
    }

    #[test]
    fn only_a_whole_history_without_a_find_passes() {
        let whole = || Facts { commits: 10, references: 2, ..Facts::default() };
        assert_eq!(outcome(whole()), Outcome::Pass);
        let leak = Leak { commit: "a".repeat(40), path: "backend/.env".into() };
        assert_eq!(outcome(Facts { leaks: vec![leak], ..whole() }), Outcome::Fail);
        for facts in [
            Facts { shallow: true, ..whole() },
            Facts { cut_short: true, ..whole() },
            Facts::default(),
        ] {
            assert!(matches!(outcome(facts), Outcome::Inconclusive(_)));
        }
    }

    #[test]
    fn a_find_in_a_shallow_clone_is_still_a_find() {
        let leak = Leak { commit: "b".repeat(40), path: ".env".into() };
        let facts = Facts { leaks: vec![leak], commits: 1, shallow: true, ..Facts::default() };
        assert_eq!(outcome(facts), Outcome::Fail);
    }
}
