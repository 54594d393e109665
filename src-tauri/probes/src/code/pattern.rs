//! Claim: a piece of code occurs in the source tree, or does not.

use std::path::Path;
use std::time::Duration;

use ast_grep_core::Pattern;
use countersign_domain::finding::{Note, Outcome, Reason};
use ignore::overrides::{Override, OverrideBuilder};
use serde::Deserialize;

use super::language::{Script, first_error, parse};
use super::source::{self, Left, scan};
use super::syntax::{line, one_line};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4_000;
/// Most globs in one claim.
const MAX_GLOBS: usize = 50;
/// Places that are kept; more are only counted.
const MAX_HITS: usize = 100;

/// `code.pattern`
pub struct CodePattern;

/// What is looked for, where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Code with holes: `$A` stands for one node, `$$$` for any number (ast-grep's syntax).
    pub pattern: String,
    /// Which files, as gitignore-like globs from the root of the tree; `!` takes out.
    #[serde(default = "everything")]
    pub files: Vec<String>,
    /// The dialect; without it the file's ending decides.
    #[serde(default)]
    pub language: Option<Script>,
    /// Whether the pattern must occur or must not.
    pub expect: Expect,
    /// How often it must occur, with `expect = "found"`.
    #[serde(default = "once")]
    pub at_least: usize,
    /// The kind of node that is meant, when the pattern is only part of what makes it parse:
    /// pattern `class A { $F = $V }` with kind `public_field_definition`.
    #[serde(default)]
    pub kind: Option<String>,
}

/// Which of the two is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The pattern occurs.
    Found,
    /// The pattern does not occur.
    Absent,
}

fn everything() -> Vec<String> {
    vec!["**".to_owned()]
}

fn once() -> usize {
    1
}

/// Where it occurs.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Places, as `path:line  code`.
    pub hits: Vec<String>,
    /// Places beyond those that are kept.
    pub more: usize,
    /// What was not read.
    pub left: Left,
}

impl Probe for CodePattern {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.pattern",
        rules: 1,
        claim: "The piece of code occurs in the source tree, or does not.",
        why: "A rule about the project's own code holds only while somebody looks.",
        how: "Parses every TypeScript and JavaScript file that the globs name and git does not \
              ignore (node_modules and build folders left out), up to 1 MiB each, and matches \
              the pattern against the syntax tree: comments, strings and layout do not count. \
              Nothing is run or sent.",
        blind: "Code that says the same in other words. Files that do not parse: a claim of \
                absence is then left open.",
        remedy: "Change the code at the places that are shown.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        let places = params.files.join(", ");
        match params.expect {
            Expect::Found => {
                format!("{} in {places}, at least {}×", params.pattern, params.at_least)
            }
            Expect::Absent => format!("{} nowhere in {places}", params.pattern),
        }
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(120)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let wanted = params.clone();
        let work = move |root: &Path, abandoned: &Abandoned| look(root, &wanted, abandoned);
        let mut seen = source::look(cx, work).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript.clone_from(&facts.hits);
        }
        // Single quotes end and begin again around one that is quoted by itself.
        let quoted = params.pattern.replace('\'', r"'\''");
        seen.reproduce = Some(format!("ast-grep run --lang ts --pattern '{quoted}'"));
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let count = facts.hits.len() + facts.more;
        let left = &facts.left;
        let person = |why: &str| (Outcome::Inconclusive(Reason::Unexpected), why.to_owned());
        let first = facts.hits.first().map_or("", String::as_str);
        let (outcome, summary) = match params.expect {
            _ if left.read == 0 => {
                let why = "No file of code is named by the globs".to_owned();
                (Outcome::Inconclusive(Reason::NotConfigured), why)
            }
            Expect::Found if count >= params.at_least => {
                (Outcome::Pass, format!("Found {count}×, first at {first}"))
            }
            Expect::Absent if count > 0 => {
                (Outcome::Fail, format!("Found {count}×, first at {first}"))
            }
            _ if left.is_partial() => person("Not every file could be read as code"),
            Expect::Found => (Outcome::Fail, format!("Found {count}× of {}", params.at_least)),
            Expect::Absent => (Outcome::Pass, format!("Found in none of {} files", left.read)),
        };
        let words = left.words();
        let skipped = if words.is_empty() { "nothing".to_owned() } else { words };
        let observed = format!("{count} in {} files; skipped: {skipped}", left.read);
        Judgement::new(outcome, summary, Self::expected(params), observed)
            .notes(left.note().into_iter().collect::<Vec<Note>>())
    }

    fn check(params: &Params) -> Result<(), String> {
        if params.at_least == 0 || (params.expect == Expect::Absent && params.at_least != 1) {
            return Err("`at_least` goes with expect = \"found\" and is 1 or more".into());
        }
        globs(Path::new("/"), &params.files)?;
        for script in params.language.map_or(Script::ALL.to_vec(), |one| vec![one]) {
            compile(&params.pattern, params.kind.as_deref(), script)
                .map_err(|error| format!("`pattern`: {error}"))?;
        }
        Ok(())
    }
}

/// Reads a pattern.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub(super) fn compile(text: &str, kind: Option<&str>, script: Script) -> Result<Pattern, String> {
    if text.len() > MAX_PATTERN {
        return Err(format!("{} bytes: expected at most {MAX_PATTERN}", text.len()));
    }
    let tree = parse(text, script).map_err(|error| error.to_string())?;
    if let Some(line) = first_error(&tree) {
        return Err(format!("{text:?} does not parse at line {line}: expected one piece of code"));
    }
    let pattern = match kind {
        Some(kind) => Pattern::contextual(text, kind, script),
        None => Pattern::try_new(text, script),
    };
    let pattern = pattern.map_err(|error| error.to_string())?;
    if pattern.fixed_string().trim().is_empty() {
        return Err(format!("{text:?} matches any code: expected at least one word of its own"));
    }
    Ok(pattern)
}

fn globs(root: &Path, files: &[String]) -> Result<Override, String> {
    if files.len() > MAX_GLOBS || !files.iter().any(|glob| !glob.starts_with('!')) {
        return Err(format!("`files`: expected 1 to {MAX_GLOBS} globs, one of them without `!`"));
    }
    let mut builder = OverrideBuilder::new(root);
    for glob in files {
        builder.add(glob).map_err(|error| format!("`files`: {glob:?}: {error}"))?;
    }
    builder.build().map_err(|error| format!("`files`: {error}"))
}

fn look(root: &Path, params: &Params, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let ours = |error: String| Doubt::new(Reason::Internal, error);
    let globs = globs(root, &params.files).map_err(ours)?;
    let mut patterns = Vec::new();
    for script in Script::ALL {
        // A pattern for one dialect need not be code in the other.
        if params.language.is_none_or(|own| own == script) {
            let pattern = compile(&params.pattern, params.kind.as_deref(), script).map_err(ours)?;
            patterns.push((script, pattern));
        }
    }
    let mut facts = Facts::default();
    let wanted = |path: &str| globs.matched(root.join(path), false).is_whitelist();
    let left = scan(root, abandoned, wanted, &[], params.language, |source| {
        let script = *source.tree.lang();
        let of_script = patterns.iter().find(|(own, _)| *own == script);
        let Some((_, pattern)) = of_script else { return };
        for found in source.tree.root().find_all(pattern) {
            if facts.hits.len() >= MAX_HITS {
                facts.more += 1;
                continue;
            }
            facts.hits.push(format!("{}:{}  {}", source.path, line(&found), one_line(&found)));
        }
    })?;
    facts.left = left;
    Ok(facts)
}

#[cfg(test)]
mod tests;
