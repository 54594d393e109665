//! Judges conditions when a part of what they may speak of could not be seen, or must not
//! be shown: what speaks of the unseen is left open, never taken for true or false.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};

use crate::conditions::{self, Names, Scope, Verdict};
use crate::probe::{Doubt, Judgement};

/// What is seen, and what of it is not.
pub(crate) struct View {
    /// Every name that a condition may use.
    pub(crate) names: Names,
    /// What was seen, by those names.
    pub(crate) scope: Scope,
    /// Names whose value is not known, and why.
    pub(crate) unseen: Option<(Names, Doubt)>,
    /// Names whose value stays out of the evidence.
    pub(crate) hidden: Names,
}

impl View {
    /// All of it is seen and may be shown.
    pub(crate) fn of(names: Names, scope: Scope) -> Self {
        Self { names, scope, unseen: None, hidden: &[] }
    }

    /// The same, with these names unknown.
    pub(crate) fn unseen(self, names: Names, doubt: Doubt) -> Self {
        Self { unseen: Some((names, doubt)), ..self }
    }

    /// The same, with these names kept out of the evidence.
    pub(crate) fn hidden(self, names: Names) -> Self {
        Self { hidden: names, ..self }
    }

    /// Judges a claim whose conditions must all hold; `seen` is shown when they do.
    pub(crate) fn judge(self, sources: &[String], seen: impl Into<String>) -> Judgement {
        let expected = sources.join(" and ");
        let scope = Arc::new(self.scope);
        let (mut broken, mut mistaken, mut open) = (Vec::new(), Vec::new(), None);
        for source in sources {
            let used = conditions::check(source, self.names).unwrap_or_default();
            let speaks_of = |names: Names| used.iter().any(|name| names.contains(name));
            if let Some((names, doubt)) = &self.unseen
                && speaks_of(names)
            {
                open = open.or_else(|| Some(doubt.clone()));
                continue;
            }
            let shown = |seen: String| {
                if speaks_of(self.hidden) {
                    "it does not hold (not shown)".to_owned()
                } else {
                    seen
                }
            };
            match conditions::evaluate(source, &scope) {
                Verdict::Holds => {}
                Verdict::Broken(seen) => broken.push(format!("`{source}`: {}", shown(seen))),
                Verdict::Mistaken(what) => mistaken.push(format!("`{source}`: {}", shown(what))),
            }
        }
        if !broken.is_empty() {
            let summary = format!("{} of {} conditions do not hold", broken.len(), sources.len());
            return Judgement::new(Outcome::Fail, summary, expected, broken.join("; "));
        }
        if !mistaken.is_empty() {
            let outcome = Outcome::Inconclusive(Reason::Internal);
            let summary = "Could not tell: a condition of the template is wrong";
            return Judgement::new(outcome, summary, expected, mistaken.join("; "));
        }
        if let Some(doubt) = open {
            let summary = format!("Could not tell: {}", doubt.reason.words());
            let outcome = Outcome::Inconclusive(doubt.reason);
            return Judgement::new(outcome, summary, expected, doubt.seen);
        }
        Judgement::new(Outcome::Pass, "Every condition holds", expected, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = &["exists", "text"];

    fn judge(sources: &[&str], unseen: bool) -> Judgement {
        let scope = Scope(vec![("exists", true.into()), ("text", "hunter2".into())]);
        let view = View::of(NAMES, scope).hidden(&["text"]);
        let doubt = Doubt::new(Reason::Unexpected, "too large");
        let view = if unseen { view.unseen(&["text"], doubt) } else { view };
        let sources: Vec<_> = sources.iter().map(|source| (*source).to_owned()).collect();
        view.judge(&sources, "seen")
    }

    #[test]
    fn what_speaks_of_the_unseen_is_open_and_the_rest_is_judged() {
        let open = Outcome::Inconclusive(Reason::Unexpected);
        for (sources, unseen, outcome) in [
            (&["exists"][..], true, Outcome::Pass),
            (&["!exists"], true, Outcome::Fail),
            (&["exists", "text == ''"], true, open),
            (&["!text.contains('x')"], true, open),
            (&["!exists", "text == ''"], true, Outcome::Fail),
            (&["text.contains('hunter2')"], false, Outcome::Pass),
            (&["text.contains('x')"], false, Outcome::Fail),
            (&["text"], false, Outcome::Inconclusive(Reason::Internal)),
        ] {
            let judgement = judge(sources, unseen);
            assert_eq!(judgement.outcome, outcome, "{sources:?}");
            let shown = judgement.observed + &judgement.summary;
            assert!(!shown.contains("hunter2") || sources[0].contains("hunter2"), "{shown}");
        }
    }
}
