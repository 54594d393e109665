//! Claim: git ignores `.env` files and tracks none.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use gix::bstr::ByteSlice as _;
use serde::Deserialize;
use unicode_bom::Bom;

use super::names::is_env_file;
use super::open::{open, unreadable};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::source;

/// Entries of the work tree that one look visits at most.
const MAX_ENTRIES: usize = 300_000;

/// A pattern that matches the root of the work tree alone, and takes it back in.
const ROOT_STAYS: &str = "!/";

/// Bytes of the longest byte order mark there is.
const LONGEST_MARK: u64 = 4;

/// `git.env-ignored`
pub struct EnvIgnored;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// The pattern that decides about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The pattern as it stands in the file.
    pub pattern: String,
    /// The file, from the work tree's root where it is inside.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Whether the pattern takes the path back in (`!.env`).
    pub negative: bool,
    /// Whether the file travels with the repository, so that it protects every clone.
    pub shared: bool,
}

/// What git would do with one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The path, from the work tree's root.
    pub path: String,
    /// Whether the file exists now.
    pub exists: bool,
    /// The deciding pattern, if any matches.
    pub rule: Option<Rule>,
}

/// What git would do with every place of a `.env` file.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Each place.
    pub fates: Vec<Fate>,
    /// Settings files in the index.
    pub tracked: Vec<String>,
    /// Whether the work tree has more entries than one look visits.
    pub cut_short: bool,
}

impl Probe for EnvIgnored {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "git.env-ignored",
        rules: 4,
        claim: "Git ignores every .env file and tracks none.",
        why: "One `git add .` would publish every secret of the deployment.",
        how: "Asks git's own rules (nested .gitignore, negation, info/exclude, global excludes) \
              about `.env` at the root, beside each package.json, and for each such file that \
              exists; then reads the index. Nothing is executed or written.",
        blind: "Does not know names other than `.env` and `.env.*`; folders named node_modules \
                are not visited.",
        remedy: "Add `.env` and `.env.*` and `!.env.example` to .gitignore; a tracked file also \
                 needs `git rm --cached`, and its secrets replaced. 5 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "every .env file is ignored by a pattern of the repository, none is in the index".into()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let mut seen = source::look(cx, look).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.fates.iter().map(line).collect();
            seen.transcript.extend(facts.tracked.iter().map(|path| format!("{path}  tracked")));
            let paths: Vec<_> = facts.fates.iter().map(|fate| fate.path.as_str()).collect();
            seen.reproduce = Some(format!(
                "git check-ignore --no-index -v -n {}; git ls-files '*.env*'",
                paths.join(" ")
            ));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let open: Vec<_> = facts.fates.iter().filter(|fate| !is_ignored(fate)).collect();
        let (outcome, summary) = if let Some(path) = facts.tracked.first() {
            (Outcome::Fail, format!("{path} is tracked: ignoring it does not take it out"))
        } else if let Some(fate) = open.first() {
            let why = match &fate.rule {
                Some(rule) => format!("{}:{} takes it back in", rule.file, rule.line),
                None => "no pattern matches it".to_owned(),
            };
            (Outcome::Fail, format!("{} is not ignored: {why}", fate.path))
        } else if facts.fates.is_empty() {
            (
                Outcome::Inconclusive(Reason::NotConfigured),
                "The source tree is not in the work tree of its repository".into(),
            )
        } else if facts.cut_short {
            (
                Outcome::Inconclusive(Reason::Unexpected),
                "The work tree is too large for one look".into(),
            )
        } else {
            (Outcome::Pass, format!("Git ignores .env in all {} places", facts.fates.len()))
        };
        let observed = format!(
            "{} of {} places ignored, {} tracked",
            facts.fates.len() - open.len(),
            facts.fates.len(),
            facts.tracked.len()
        );
        let mut notes = Vec::new();
        let here_only =
            |fate: &&Fate| fate.rule.as_ref().is_some_and(|rule| !rule.negative && !rule.shared);
        if let Some(fate) = facts.fates.iter().find(here_only) {
            let text = format!(
                "{} is ignored by a file of this machine only; other clones are not protected",
                fate.path
            );
            notes.push(Note { code: "ignored-here-only".into(), text });
        }
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }
}

fn is_ignored(fate: &Fate) -> bool {
    fate.rule.as_ref().is_some_and(|rule| !rule.negative)
}

fn line(fate: &Fate) -> String {
    match &fate.rule {
        Some(rule) => format!("{}:{}:{}  {}", rule.file, rule.line, rule.pattern, fate.path),
        None => format!("::  {}", fate.path),
    }
}

fn look(root: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let repository = open(root)?;
    let Some(workdir) = repository.workdir().map(Path::to_owned) else {
        let seen = "the repository is bare: it has no work tree to look at";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    };
    let workdir = workdir.canonicalize().map_err(|error| unreadable("work tree", error))?;
    let root = root.canonicalize().map_err(|error| unreadable("source", error))?;
    let index = repository.index_or_empty().map_err(|error| unreadable("index", error))?;
    let mut facts = Facts::default();
    for entry in index.entries() {
        let path = entry.path(&index);
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if is_env_file(name) {
            facts.tracked.push(path.to_str_lossy().into_owned());
        }
    }
    let (places, cut_short) = places(&root, abandoned)?;
    facts.cut_short = cut_short;
    // The library lets a pattern without a folder of its own (`*` in info/exclude) exclude
    // the work tree's root, and with it everything; git never asks about the root. This
    // takes the root back in and matches nothing else.
    let root_stays = gix::ignore::Search::from_overrides([ROOT_STAYS], Default::default());
    let mut excludes = repository
        .excludes(
            &index,
            Some(root_stays),
            gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped,
        )
        .map_err(|error| unreadable("exclude patterns", error))?;
    for place in places {
        let Ok(relative) = place.strip_prefix(&workdir) else { continue };
        let platform = excludes
            .at_path(relative, Some(gix::index::entry::Mode::FILE))
            .map_err(|error| unreadable("exclude patterns", error))?;
        let found = platform.matching_exclude_pattern().filter(|found| found.source.is_some());
        if let Some(file) = found.as_ref().and_then(|found| found.source) {
            check_encoding(&workdir, file)?;
        }
        let rule = found.map(|found| rule(&found, &workdir));
        let path = relative.to_string_lossy().replace('\\', "/");
        facts.fates.push(Fate { path, exists: place.is_file(), rule });
    }
    Ok(facts)
}

/// The library passes over the mark of any encoding at the start of a file; git over that of
/// UTF-8 alone, and takes another for a part of the first pattern.
fn check_encoding(workdir: &Path, file: &Path) -> Result<(), Doubt> {
    let mut mark = Vec::new();
    let opened = std::fs::File::open(workdir.join(file))
        .map_err(|error| unreadable("ignore file", error))?;
    opened
        .take(LONGEST_MARK)
        .read_to_end(&mut mark)
        .map_err(|error| unreadable("ignore file", error))?;
    if matches!(Bom::from(&mark[..]), Bom::Null | Bom::Utf8) {
        return Ok(());
    }
    let file = file.strip_prefix(workdir).unwrap_or(file).display();
    let seen = format!("{file} is not UTF-8, so git reads it otherwise: save it as UTF-8");
    Err(Doubt::new(Reason::Unexpected, seen))
}

fn rule(found: &gix::ignore::search::Match<'_>, workdir: &Path) -> Rule {
    let file = found.source.unwrap_or(Path::new("(built in)"));
    // The stack names files inside the tree with or without the tree's own prefix.
    let inside = file.strip_prefix(workdir).unwrap_or(file);
    let shared = (inside.is_relative() || file.starts_with(workdir))
        && inside.file_name().is_some_and(|name| name == ".gitignore");
    Rule {
        pattern: found.pattern.to_string(),
        file: inside.to_string_lossy().into_owned(),
        line: found.sequence_number,
        negative: found.pattern.is_negative(),
        shared,
    }
}

/// Where a `.env` file would stand: at the root, beside each package.json, and wherever
/// one exists.
fn places(root: &Path, abandoned: &Abandoned) -> Result<(BTreeSet<PathBuf>, bool), Doubt> {
    let mut places = BTreeSet::from([root.join(".env")]);
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .filter_entry(|entry| entry.file_name() != ".git" && entry.file_name() != "node_modules")
        .build();
    for (visited, entry) in walk.enumerate() {
        if abandoned.is() {
            return Err(source::abandoned());
        }
        if visited >= MAX_ENTRIES {
            return Ok((places, true));
        }
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name() == "package.json" {
            places.extend(entry.path().parent().map(|folder| folder.join(".env")));
        }
        if is_env_file(entry.file_name().as_encoded_bytes()) {
            places.insert(entry.into_path());
        }
    }
    Ok((places, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(path: &str, rule: Option<(&str, bool, bool)>) -> Fate {
        let rule = rule.map(|(pattern, negative, shared)| Rule {
            pattern: pattern.into(),
            file: ".gitignore".into(),
            line: 2,
            negative,
            shared,
        });
        Fate { path: path.into(), exists: true, rule }
    }

    fn verdict(fates: Vec<Fate>, tracked: &[&str]) -> Judgement {
        let tracked = tracked.iter().map(|path| (*path).to_owned()).collect();
        EnvIgnored::judge(&Facts { fates, tracked, cut_short: false }, &Params {})
    }

    #[test]
    fn ignored_everywhere_and_tracked_nowhere_passes() {
        let judged = verdict(vec![fate(".env", Some((".env", false, true)))], &[]);
        assert_eq!((judged.outcome, judged.notes.len()), (Outcome::Pass, 0));
    }

    #[test]
    fn each_hole_is_named() {
        let good = || fate(".env", Some((".env", false, true)));
        let cases = [
            (
                "no pattern",
                verdict(vec![good(), fate("backend/.env", None)], &[]),
                "backend/.env is not ignored",
            ),
            (
                "taken back in",
                verdict(vec![fate(".env", Some(("!.env", true, true)))], &[]),
                ".gitignore:2",
            ),
            ("ignored and tracked", verdict(vec![good()], &[".env"]), "is tracked"),
        ];
        for (name, judged, words) in cases {
            assert_eq!(judged.outcome, Outcome::Fail, "{name}");
            assert!(judged.summary.contains(words), "{name}: {}", judged.summary);
        }
    }

    #[test]
    fn no_place_at_all_is_no_pass() {
        let judged = verdict(vec![], &[]);
        assert_eq!(judged.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    }

    #[test]
    fn a_pattern_of_this_machine_only_passes_with_a_note() {
        let judged = verdict(vec![fate(".env", Some((".env", false, false)))], &[]);
        assert_eq!(judged.outcome, Outcome::Pass);
        assert_eq!(judged.notes[0].code, "ignored-here-only");
    }
}
