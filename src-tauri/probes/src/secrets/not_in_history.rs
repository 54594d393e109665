//! Claim: no secret stands in any version of any file that git remembers.

use std::path::Path;
use std::time::{Duration, Instant};

use countersign_domain::finding::{Outcome, Reason};
use zeroize::Zeroizing;

use super::hits::{Hit, MAX_FILE, Params, Tally, value_notes};
use super::rules::Rules;
use super::value;
use crate::context::Context;
use crate::git::blobs::{self, Bounds, Content, Progress};
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::source;

/// How long history is read; what is left then is told, and the claim stays open.
const BUDGET: Duration = Duration::from_secs(150);

/// `secrets.not-in-history`
pub struct NotInHistory;

/// What history holds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What was read and found.
    pub tally: Tally,
    /// Values that were looked for.
    pub values: usize,
    /// Values too short to be looked for.
    pub too_short: usize,
    /// How far the reading came.
    pub progress: Progress,
}

impl Probe for NotInHistory {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "secrets.not-in-history",
        rules: 1,
        claim: "No secret stands in any version of a file, or in a message, that a branch, tag \
                or stash reaches.",
        why: "What was committed once is in every clone, however soon it was deleted; its \
              secrets are known.",
        how: "Reads every content of every file that any reference reaches, each once, up to \
              2 MiB each, and the texts of commits and tags, by the rules of \
              secrets.not-in-source. A find names a commit that holds it. Executes nothing; \
              stops after 150 seconds and then says that it does not know.",
        blind: "Sees this clone only: not commits that no reference reaches, nor other clones, \
                binary or larger files. A content that stood at several paths is told with one \
                of them.",
        remedy: "Replace every secret that was found (that is what counts), then take it out of \
                 history with git filter-repo. 1 to 4 hours.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no secret value, token or literal password in any version of any file in git".into()
    }

    fn deadline(_: &Params) -> Duration {
        BUDGET + Duration::from_secs(30)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let (values, params) = (value::all(cx), params.clone());
        let work = move |root: &Path, abandoned: &Abandoned| {
            scan(root, &values, &params, Instant::now() + BUDGET, abandoned)
        };
        let mut seen = source::look(cx, work).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.tally.hits.iter().map(Hit::words).collect();
            if let Some(hit) = facts.tally.hits.first() {
                let place = format!("{}:{}", hit.commit, hit.path);
                seen.reproduce = Some(format!("git show '{}'", place.replace('\'', "'\\''")));
            }
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let Facts { tally, values, too_short, progress } = facts;
        let (counted, notes) = tally.weigh(params);
        let (outcome, summary) = if let Some(first) = counted.first() {
            let many = counted.len() + tally.more;
            let commit = first.commit.get(..12).unwrap_or(&first.commit);
            let place = format!("{}:{} in {commit}", first.path, first.line);
            (Outcome::Fail, format!("{many} found, the first at {place}"))
        } else if progress.left > 0 {
            let summary = "The time did not suffice for all of history";
            (Outcome::Inconclusive(Reason::TimedOut), summary.into())
        } else if let Some(doubt) = progress.history.doubt() {
            doubt
        } else if tally.unreadable > 0 {
            let summary = format!(
                "{} files of history are not in this clone: fetch them with \
                 `git fetch --refetch --filter=blob:limit=1g`, or repair it",
                tally.unreadable
            );
            (Outcome::Inconclusive(Reason::Unexpected), summary)
        } else if tally.more > 0 {
            let summary = "There are more finds than are kept".to_owned();
            (Outcome::Inconclusive(Reason::Unexpected), summary)
        } else {
            (Outcome::Pass, format!("No secret in {}", progress.history.words()))
        };
        let left = match progress.left {
            0 => String::new(),
            many => format!("; at least {many} not reached in time"),
        };
        let observed = format!(
            "{}: {} texts read, {values} values looked for; skipped: {}{left}",
            progress.history.words(),
            tally.read,
            tally.skipped()
        );
        Judgement::new(outcome, summary, Self::expected(params), observed)
            .notes(value_notes(*values, *too_short))
            .notes(notes)
            .notes(progress.history.note())
            .notes(tally.skipped_note())
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }
}

fn scan(
    root: &Path,
    values: &[Zeroizing<String>],
    params: &Params,
    end: Instant,
    abandoned: &Abandoned,
) -> Result<Facts, Doubt> {
    let rules = Rules::of(values)?;
    let bounds = Bounds { max_file: MAX_FILE, end };
    let tell = |tally: &mut Tally, content: Content<'_>| match content {
        Content::Text(path, commit, bytes) => tally.read(&rules, path, commit, bytes),
        Content::Large => tally.large += 1,
        Content::Missing => tally.unreadable += 1,
    };
    let spares = |path: &str| params.spares(path);
    let (progress, parts) = blobs::read(root, abandoned, &bounds, &spares, &Tally::default, &tell)?;
    let mut tally = Tally::default();
    parts.into_iter().for_each(|part| tally.add(part));
    tally.settle();
    Ok(Facts { tally, values: values.len(), too_short: rules.too_short, progress })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::history::History;

    fn whole() -> Facts {
        let history = History { commits: 10, references: 2, ..History::default() };
        let tally = Tally { read: 10, ..Tally::default() };
        Facts { tally, values: 1, too_short: 0, progress: Progress { history, left: 0 } }
    }

    fn hit() -> Hit {
        let (path, mask) = ("src/a.ts".to_owned(), "ab••••".to_owned());
        Hit { rule: "value-of-a-secret", path, line: 3, mask, commit: "c".repeat(40) }
    }

    fn outcome(facts: &Facts) -> Outcome {
        NotInHistory::judge(facts, &Params::default()).outcome
    }

    #[test]
    fn only_a_whole_history_read_to_its_end_passes() {
        assert_eq!(outcome(&whole()), Outcome::Pass);
        type Change = fn(&mut Facts);
        let cases: [(&str, Change, Reason); 5] = [
            ("late", |facts| facts.progress.left = 1, Reason::TimedOut),
            ("shallow", |facts| facts.progress.history.shallow = true, Reason::NotConfigured),
            ("too long", |facts| facts.progress.history.cut_short = true, Reason::Unexpected),
            ("empty", |facts| facts.progress.history.commits = 0, Reason::NotConfigured),
            ("a partial clone", |facts| facts.tally.unreadable = 1, Reason::Unexpected),
        ];
        for (name, change, reason) in cases {
            let mut facts = whole();
            change(&mut facts);
            assert_eq!(outcome(&facts), Outcome::Inconclusive(reason), "{name}");
            facts.tally.hits.push(hit());
            assert_eq!(outcome(&facts), Outcome::Fail, "{name}, and a find");
        }
    }

    #[test]
    fn a_find_is_told_with_its_commit_and_place() {
        let mut facts = whole();
        facts.tally.hits.push(hit());
        let judged = NotInHistory::judge(&facts, &Params::default());
        assert_eq!(judged.summary, "1 found, the first at src/a.ts:3 in cccccccccccc");
    }

    #[tokio::test]
    async fn a_history_that_the_time_does_not_suffice_for_stays_open() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.ts"), "ok\n").expect("written");
        for arguments in
            ["init -q", "add .", "-c user.name=A -c user.email=a@b.invalid commit -qm x"]
        {
            let mut git = std::process::Command::new("git");
            let done = git.args(arguments.split(' ')).current_dir(folder.path()).status();
            assert!(done.expect("git runs").success(), "{arguments}");
        }
        for (end, expected) in [
            (Instant::now(), Outcome::Inconclusive(Reason::TimedOut)),
            (Instant::now() + BUDGET, Outcome::Pass),
        ] {
            let root = folder.path().to_owned();
            let work =
                move |abandoned: &Abandoned| scan(&root, &[], &Params::default(), end, abandoned);
            let facts = crate::offload::offload(work).await.expect("facts");
            assert_eq!(outcome(&facts), expected);
        }
    }
}
