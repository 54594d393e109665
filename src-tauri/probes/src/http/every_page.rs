//! The verdict on a header that every page must send: a good page without it fails, an
//! error page without it is a reservation, and error pages alone decide nothing.

use countersign_domain::finding::Outcome;

use crate::http::pages::{Page, Pages, certificate_note, failing, paths};
use crate::probe::Judgement;

/// What a claim about such a header says of the pages that lack it, and of none.
pub struct Words {
    /// Before the paths that lack it: `The header is missing on`.
    pub missing: &'static str,
    /// When no page lacks it.
    pub sent: &'static str,
    /// Code of the reservation about error pages.
    pub on_errors: &'static str,
}

/// The pages of one look, with what stands in every verdict on them.
pub struct EveryPage<'a> {
    pages: &'a Pages,
    expected: String,
    seen: String,
}

impl<'a> EveryPage<'a> {
    /// The pages, what was asked for, and how one of them is shown.
    #[must_use]
    pub fn of(pages: &'a Pages, expected: String, shown: impl Fn(&Page) -> String) -> Self {
        let seen = pages.all.iter().map(shown).collect::<Vec<_>>().join("; ");
        Self { pages, expected, seen }
    }

    /// A verdict on all of them.
    #[must_use]
    pub fn verdict(&self, outcome: Outcome, summary: impl Into<String>) -> Judgement {
        Judgement::new(outcome, summary, self.expected.clone(), self.seen.clone())
            .notes(certificate_note(&self.pages.all))
    }

    /// The verdict when nothing worse was found than pages that lack the header; `lacks`
    /// judges what was said on each page, in their order.
    #[must_use]
    pub fn unless_missing<V>(
        &self,
        said: &[V],
        lacks: impl Fn(&V) -> bool,
        words: &Words,
    ) -> Judgement {
        let (missing, on_errors) = failing(&self.pages.all, said, lacks);
        if !missing.is_empty() {
            let summary = format!("{} {}", words.missing, paths(&missing));
            return self.verdict(Outcome::Fail, summary);
        }
        if let Some(undecided) = self.pages.undecided(&self.expected, &self.seen) {
            return undecided;
        }
        let judgement = self.verdict(Outcome::Pass, words.sent).notes(self.pages.unseen.clone());
        if on_errors.is_empty() {
            return judgement;
        }
        let text = format!("Missing on error pages: {}", paths(&on_errors));
        judgement.note(words.on_errors, text)
    }
}
