//! Claim: no secret stands in the source tree.

use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::rules::Rules;
use crate::context::Context;
use crate::offload::{Abandoned, offload};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Files beyond this size are not read.
const MAX_FILE: u64 = 2 * 1024 * 1024;
/// Files that one look reads at most.
const MAX_FILES: usize = 100_000;
/// Finds that are kept; more are only counted.
const MAX_HITS: usize = 200;
/// How much of a file decides whether it is text.
const SNIFF: usize = 8_192;

/// `secrets.not-in-source`
pub struct NotInSource;

/// Nothing to set, except places that were looked at and found harmless.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Paths whose finds are shown but do not count.
    pub allow: Vec<Allowed>,
}

/// A path whose finds are known and harmless.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// A file or folder, from the root of the source tree.
    pub path: String,
    /// Why its finds are harmless.
    pub reason: String,
}

/// One find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which rule saw it.
    pub rule: &'static str,
    /// Where, from the root of the tree.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// At most its first four characters.
    pub mask: String,
}

/// What the tree holds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Finds, in order of path.
    pub hits: Vec<Hit>,
    /// Finds beyond those that are kept.
    pub more: usize,
    /// Files read.
    pub read: usize,
    /// Values that were looked for.
    pub values: usize,
    /// Values too short to be looked for.
    pub too_short: usize,
    /// Files that are not text.
    pub binary: usize,
    /// Files that are too large.
    pub large: usize,
    /// Files and folders that could not be read.
    pub unreadable: usize,
    /// Whether the tree has more files than one look reads.
    pub cut_short: bool,
}

impl Probe for NotInSource {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "secrets.not-in-source",
        rules: 1,
        claim: "No secret stands in the source tree.",
        why: "Whoever reads the code (a contractor, a leaked laptop, a public mirror) would \
              hold the keys.",
        how: "Reads every text file that git would not ignore, up to 2 MiB each, and looks for \
              the environment's own secret values, for tokens of a known shape, and for \
              literals given to names such as JWT_SECRET or PASSWORD. Finds are shown with \
              four characters. Nothing is sent.",
        blind: "Does not read history, binary or larger files, nor values that are split, \
                encrypted or encoded. A file that git ignores is not read, even if tracked.",
        remedy: "Move the value to the environment or the secret store, replace it (it is \
                 known now), and remove the literal. 30 minutes each.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no secret value, token or literal password in any file that git does not ignore".into()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(120)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(source) = cx.environment().targets.source.as_deref() else {
            return Observation::not_configured("source");
        };
        let root = cx.path(source);
        let values: Vec<Zeroizing<String>> =
            cx.environment().secrets.keys().filter_map(|name| cx.secret(name).cloned()).collect();
        let facts = offload(move |abandoned| scan(&root, &values, abandoned)).await;
        let mut seen = Observation::new(source, facts);
        if let Ok(facts) = &seen.facts {
            let line = |hit: &Hit| format!("{}:{}  {}  {}", hit.path, hit.line, hit.rule, hit.mask);
            seen.transcript = facts.hits.iter().map(line).collect();
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let allowed = |hit: &&Hit| params.allow.iter().any(|place| covers(&place.path, &hit.path));
        let (known, rest): (Vec<&Hit>, Vec<&Hit>) = facts.hits.iter().partition(allowed);
        let (in_tests, counted): (Vec<&Hit>, Vec<&Hit>) = rest
            .into_iter()
            .partition(|hit| hit.rule == "literal-for-a-secret-name" && is_test(&hit.path));
        let (outcome, summary) = if let Some(first) = counted.first() {
            let many = counted.len() + facts.more;
            (Outcome::Fail, format!("{many} found, the first at {}:{}", first.path, first.line))
        } else if facts.more > 0 || facts.cut_short {
            (Outcome::Inconclusive(Reason::Unexpected), "The tree is too large for one look".into())
        } else if facts.read == 0 {
            let summary = "The tree holds no file that could be read";
            (Outcome::Inconclusive(Reason::NotConfigured), summary.into())
        } else {
            (Outcome::Pass, "No secret in the source tree".into())
        };
        let observed = format!(
            "{} files read, {} values looked for; skipped: {} binary, {} over 2 MiB, {} unreadable",
            facts.read, facts.values, facts.binary, facts.large, facts.unreadable
        );
        let notes = notes(facts, params, &known, &in_tests);
        Judgement { outcome, summary, expected: Self::expected(params), observed, notes }
    }

    fn check(params: &Params) -> Result<(), String> {
        match params.allow.iter().find(|place| place.reason.trim().is_empty()) {
            Some(place) => Err(format!("`allow` of {:?} has no reason", place.path)),
            None => Ok(()),
        }
    }
}

fn notes(facts: &Facts, params: &Params, known: &[&Hit], in_tests: &[&Hit]) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |code: &str, text: String| notes.push(Note { code: code.into(), text });
    if facts.values == 0 {
        say(
            "no-values",
            "no secret of the environment has a value: only shapes were looked for".into(),
        );
    }
    if facts.too_short > 0 {
        say("short-values", format!("{} values are too short to be looked for", facts.too_short));
    }
    if !in_tests.is_empty() {
        say(
            "literals-in-tests",
            format!("{} literals in test files were not counted", in_tests.len()),
        );
    }
    for place in params.allow.iter().filter(|p| known.iter().any(|hit| covers(&p.path, &hit.path)))
    {
        say("allowed-path", format!("{} not counted: {}", place.path, place.reason));
    }
    notes
}

/// Whether `path` is `place` or below it.
fn covers(place: &str, path: &str) -> bool {
    let place = place.trim_start_matches("./").trim_end_matches('/');
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a file exists for tests, where made-up passwords belong.
fn is_test(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let folders = ["test", "tests", "__tests__", "__mocks__", "fixtures", "e2e", "spec"];
    let marks = [".spec.", ".test.", ".e2e-spec."];
    marks.iter().any(|mark| file.contains(mark)) || parts.any(|part| folders.contains(&part))
}

/// Whether values stand without quotes in a file of this name.
fn is_settings(file: &str) -> bool {
    let endings = [".env", ".yml", ".yaml", ".ini", ".conf", ".cfg", ".properties", ".toml"];
    file.starts_with(".env")
        || file == "Dockerfile"
        || endings.iter().any(|end| file.ends_with(end))
}

fn scan(root: &Path, values: &[Zeroizing<String>], abandoned: &Abandoned) -> Result<Facts, Doubt> {
    if !root.is_dir() {
        return Err(Doubt::new(
            Reason::NotConfigured,
            format!("{} is not a folder", root.display()),
        ));
    }
    let rules = Rules::new(values.iter().map(|value| value.as_str()))
        .map_err(|error| Doubt::new(Reason::Internal, format!("rules: {error}")))?;
    let mut facts = Facts { values: values.len(), too_short: rules.too_short, ..Facts::default() };
    // Hidden files are read: `.env.production` is where leaks live.
    let walk = ignore::WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        // An unpacked archive has no .git, and its .gitignore still says what is local.
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        if abandoned.is() {
            return Err(Doubt::new(Reason::Cancelled, "nobody waits for the answer"));
        }
        let Ok(entry) = entry else {
            facts.unreadable += 1;
            continue;
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        if facts.read >= MAX_FILES {
            facts.cut_short = true;
            break;
        }
        read(root, entry.into_path(), &rules, &mut facts);
    }
    Ok(facts)
}

fn read(root: &Path, path: PathBuf, rules: &Rules, facts: &mut Facts) {
    match std::fs::metadata(&path) {
        Ok(meta) if meta.len() > MAX_FILE => facts.large += 1,
        Ok(_) => match std::fs::read(&path) {
            Ok(text) if text[..text.len().min(SNIFF)].contains(&0) => facts.binary += 1,
            Ok(text) => {
                facts.read += 1;
                note_hits(root, &path, &text, rules, facts);
            }
            Err(_) => facts.unreadable += 1,
        },
        Err(_) => facts.unreadable += 1,
    }
}

fn note_hits(root: &Path, path: &Path, text: &[u8], rules: &Rules, facts: &mut Facts) {
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let settings = path.file_name().is_some_and(|file| is_settings(&file.to_string_lossy()));
    for hit in rules.matches(text, settings) {
        if facts.hits.len() >= MAX_HITS {
            facts.more += 1;
            continue;
        }
        let line = 1 + text[..hit.range.start].iter().filter(|byte| **byte == b'\n').count();
        let mask = mask(&text[hit.range]);
        facts.hits.push(Hit { rule: hit.rule, path: name.clone(), line, mask });
    }
}

/// The first four characters, or fewer of a short one, and dots.
fn mask(found: &[u8]) -> String {
    let text = String::from_utf8_lossy(found);
    let shown: String = text.chars().take((text.chars().count() / 4).min(4)).collect();
    format!("{shown}••••")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(rule: &'static str, path: &str) -> Hit {
        Hit { rule, path: path.into(), line: 3, mask: "ab••••".into() }
    }

    fn verdict(hits: Vec<Hit>, params: &Params) -> Judgement {
        NotInSource::judge(&Facts { hits, read: 10, values: 1, ..Facts::default() }, params)
    }

    #[test]
    fn a_made_up_password_in_a_test_does_not_count_but_a_real_value_there_does() {
        let none = Params::default();
        let literal = verdict(vec![hit("literal-for-a-secret-name", "src/auth.spec.ts")], &none);
        assert_eq!(literal.outcome, Outcome::Pass);
        assert_eq!(literal.notes[0].code, "literals-in-tests");
        let value = verdict(vec![hit("value-of-a-secret", "src/auth.spec.ts")], &none);
        assert_eq!(value.outcome, Outcome::Fail);
    }

    #[test]
    fn an_allowed_folder_is_shown_with_its_reason_and_nothing_beside_it_is_allowed() {
        let place = Allowed { path: "docs/".into(), reason: "a published example".into() };
        let params = Params { allow: vec![place] };
        let inside = verdict(vec![hit("aws-access-key", "docs/aws.md")], &params);
        assert_eq!(inside.outcome, Outcome::Pass);
        assert!(inside.notes[0].text.contains("a published example"));
        let beside = verdict(vec![hit("aws-access-key", "docs2/aws.md")], &params);
        assert_eq!(beside.outcome, Outcome::Fail);
        assert!(beside.summary.contains("docs2/aws.md:3"));
    }

    #[test]
    fn a_tree_without_a_readable_file_proves_nothing() {
        let judged = NotInSource::judge(&Facts::default(), &Params::default());
        assert_eq!(judged.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    }
}
