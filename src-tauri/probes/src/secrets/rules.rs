//! What a secret looks like in a text: the environment's own values in every form, tokens
//! of a known shape, and a literal assigned to a name that says what it is. Pure over bytes.

mod anchors;
mod named;
mod shapes;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use countersign_domain::finding::Reason;
use zeroize::Zeroizing;

use self::anchors::{Anchors, anchor};
use self::named::Named;
use self::shapes::Shapes;
use crate::forms::forms;
use crate::probe::Doubt;

/// A value shorter than this occurs in any text by chance.
const MIN_VALUE: usize = 6;
/// The rule about the environment's own values.
const VALUE: &str = "value-of-a-secret";

/// The name of every rule.
pub(super) fn names() -> Vec<&'static str> {
    [VALUE].into_iter().chain(shapes::rules()).chain([named::LITERAL, named::RANDOM]).collect()
}

/// Whether a find of this rule is harmless where made-up secrets belong.
pub(super) fn is_soft(rule: &str) -> bool {
    [named::LITERAL, named::RANDOM, shapes::URL_RULE, shapes::TOKEN_RULE].contains(&rule)
}

/// What the path of a text says about how to read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// A settings file, where a value needs no quotes.
    pub(super) settings: bool,
    /// A template of a settings file, where values are made up.
    pub(super) template: bool,
    /// A list of packages, full of checksums: names say nothing there.
    pub(super) lock: bool,
}

/// One place that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) rule: &'static str,
    pub(super) range: Range<usize>,
}

/// Why there are no rules: our own bug, or values too large to look for.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Broken {
    #[error("{0}")]
    Pattern(#[from] regex::Error),
    #[error("{0}")]
    Search(#[from] aho_corasick::BuildError),
}

/// What is the same in every run.
struct Patterns {
    tokens: Anchors<usize>,
    names: Anchors<()>,
    shapes: Shapes,
    named: Named,
}

static PATTERNS: LazyLock<Result<Patterns, Broken>> = LazyLock::new(|| {
    Ok(Patterns {
        tokens: Anchors::new(Shapes::anchors())?,
        names: Anchors::new(Named::anchors())?,
        shapes: Shapes::new()?,
        named: Named::new()?,
    })
});

/// The rules of one run.
pub(super) struct Rules {
    forms: Vec<Zeroizing<String>>,
    values: Anchors<usize>,
    patterns: &'static Patterns,
    /// Values too short to be looked for.
    pub(super) too_short: usize,
}

impl Rules {
    /// Rules for these values.
    ///
    /// # Errors
    /// Our own bug, or values too large to look for.
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Result<Self, Broken> {
        let (long, short): (Vec<_>, Vec<_>) = values.partition(|value| value.len() >= MIN_VALUE);
        let mut all: Vec<_> = long.iter().flat_map(|value| forms(value, MIN_VALUE)).collect();
        // Longest first: of two values that begin alike, the whole one is reported.
        all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        let known = all.iter().enumerate();
        let known = known.filter_map(|(number, form)| Some((anchor(form.as_bytes())?, number)));
        Ok(Self {
            values: Anchors::new(known)?,
            patterns: PATTERNS.as_ref().map_err(Clone::clone)?,
            too_short: short.len(),
            forms: all,
        })
    }

    /// Rules for the values of a run.
    pub(super) fn of(values: &[Zeroizing<String>]) -> Result<Self, Doubt> {
        Self::new(values.iter().map(|value| value.as_str()))
            .map_err(|error| Doubt::new(Reason::Internal, format!("rules: {error}")))
    }

    /// Everything in `text` that looks like a secret, in order of place. One place is
    /// reported once: as a value rather than a shape, as a shape rather than a literal.
    pub(super) fn matches(&self, text: &[u8], place: Place) -> Vec<Match> {
        let (mut found, patterns) = (Found::default(), self.patterns);
        self.values.each(text, |at, number| {
            if let Some(form) = self.forms.get(*number)
                && text[at..].starts_with(form.as_bytes())
            {
                found.add(VALUE, at..at + form.len());
            }
        });
        patterns.tokens.each(text, |at, number| {
            if let Some((rule, range)) = patterns.shapes.check(text, at, *number) {
                found.add(rule, range);
            }
        });
        if !place.lock {
            // A name may be noticed several times: `access_token_secret`.
            let mut read = 0..0;
            patterns.names.each(text, |at, ()| {
                if read.contains(&at) {
                    return;
                }
                read = Named::name(text, at);
                if let Some((rule, range)) = patterns.named.check(text, read.clone(), place) {
                    found.add(rule, range);
                }
            });
        }
        found.0.into_values().collect()
    }
}

/// Finds by where they begin, none of which overlaps another.
#[derive(Default)]
struct Found(BTreeMap<usize, Match>);

impl Found {
    fn add(&mut self, rule: &'static str, range: Range<usize>) {
        let before = self.0.range(..range.end).next_back();
        if before.is_none_or(|(_, other)| other.range.end <= range.start) {
            self.0.insert(range.start, Match { rule, range });
        }
    }
}

#[cfg(test)]
mod tests;
