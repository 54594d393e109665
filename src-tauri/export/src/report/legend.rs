//! The words of every code, for a layout that is not made here: a code that the record gains
//! is named in one place for all forms.

use std::collections::BTreeMap;

use countersign_domain::event::{Decision, Verdict};
use countersign_domain::member::Role;
use countersign_domain::template::{Phase, Severity};
use serde::Serialize;

use super::words::{self, Mark};

/// Codes as the record writes them, with their words.
#[derive(Debug, Clone, Serialize)]
pub struct Legend {
    /// Statuses: of gate, check, tick, item, signature and exception. No code has two words.
    marks: BTreeMap<&'static str, Mark>,
    /// Everything that is a word and no status, by kind and code.
    words: BTreeMap<&'static str, BTreeMap<String, &'static str>>,
}

type Word = fn(&str) -> Mark;

/// The legend of this version.
#[must_use]
pub fn legend() -> Legend {
    let statuses: [(Word, &[&'static str]); 5] = [
        (words::verdict, &["go", "ready", "no-go"]),
        (words::outcome, &["pass", "fail", "not-applicable", "inconclusive", "not-run"]),
        (words::standing, &["settled", "excepted", "failed", "open"]),
        (words::signoff, &["signed", "stale", "declined", "revoked", "missing"]),
        (words::exception, &["requested", "approved", "rejected", "expired"]),
    ];
    let mut marks: BTreeMap<_, _> = statuses
        .into_iter()
        .flat_map(|(word, codes)| codes.iter().map(move |code| (*code, word(code))))
        .collect();
    marks.insert("done", words::tick(countersign_domain::event::Tick::Done));
    marks.insert("not-done", words::tick(countersign_domain::event::Tick::NotDone));
    let all = [
        ("role", by_code(&Role::ALL, |one| one.words())),
        (
            "decision",
            by_code(&[Decision::Approve, Decision::Decline, Decision::Revoke], |one| {
                words::decision(*one)
            }),
        ),
        (
            "exception",
            by_code(&[Verdict::Approve, Verdict::Reject], |one| words::exception_verdict(*one)),
        ),
        (
            "severity",
            by_code(&[Severity::Critical, Severity::High, Severity::Recommended], |one| {
                words::severity(*one)
            }),
        ),
        (
            "phase",
            by_code(
                &[Phase::Before, Phase::Tests, Phase::SignOff, Phase::After, Phase::Watch],
                |one| words::phase(*one),
            ),
        ),
    ];
    Legend { marks, words: all.into() }
}

fn by_code<T: Serialize>(
    all: &[T],
    word: fn(&T) -> &'static str,
) -> BTreeMap<String, &'static str> {
    let code = |one: &T| Some(serde_json::to_value(one).ok()?.as_str()?.to_owned());
    all.iter().filter_map(|one| Some((code(one)?, word(one)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_word() {
        let legend = legend();
        assert_eq!(legend.marks.len(), 5 - 1 + 3 + 4 + 5 + 4 + 2 + 1, "no code is there twice");
        assert_eq!(legend.marks["not-run"].word, "Not run");
        assert_eq!(legend.marks["missing"].word, "Not signed");
        assert_eq!(legend.words["role"]["devops"], "DevOps");
        assert_eq!(legend.words["phase"].len(), 5);
        assert_eq!(legend.words["decision"]["revoke"], "Took the approval back");
    }
}
