//! Claim: no secret stands in the source tree.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use zeroize::Zeroizing;

use super::hits::value_notes;
pub use super::hits::{Allowed, Hit, Params, Tally};
use super::rules::Rules;
use super::{tree, value};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::source;

/// `secrets.not-in-source`
pub struct NotInSource;

/// What the tree holds.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What was read and found.
    pub tally: Tally,
    /// Values that were looked for.
    pub values: usize,
    /// Values too short to be looked for.
    pub too_short: usize,
    /// Whether the tree has more files than one look reads.
    pub cut_short: bool,
}

impl Probe for NotInSource {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "secrets.not-in-source",
        rules: 2,
        claim: "No secret stands in the source tree.",
        why: "Whoever reads the code (a contractor, a leaked laptop, a public mirror) would \
              hold the keys.",
        how: "Reads every text file that git tracks or would not ignore, up to 2 MiB each, and \
              looks for the environment's own secret values (as they are and in base64, hex, \
              URL, JSON and HTML form), for tokens of a known shape, for addresses with a \
              password, and for literals given to names such as JWT_SECRET or PASSWORD. Finds \
              are shown with four characters. `allow` names places that were looked at and \
              found harmless: path, rule (optional), reason. Nothing is sent.",
        blind: "Does not read binary or larger files, nor values that are split, encrypted or \
                encoded otherwise. Literals in tests and in templates of settings do not count.",
        remedy: "Move the value to the environment or the secret store, replace it (it is \
                 known now), and remove the literal. 30 minutes each.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no secret value, token or literal password in any file that git tracks or does not \
         ignore"
            .into()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(120)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let values = value::all(cx);
        let mut seen =
            source::look(cx, move |root, abandoned| scan(root, &values, abandoned)).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.tally.hits.iter().map(Hit::words).collect();
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let Facts { tally, values, too_short, cut_short } = facts;
        let (counted, notes) = tally.weigh(params);
        let (outcome, summary) = if let Some(first) = counted.first() {
            let many = counted.len() + tally.more;
            (Outcome::Fail, format!("{many} found, the first at {}:{}", first.path, first.line))
        } else if tally.more > 0 || *cut_short {
            (Outcome::Inconclusive(Reason::Unexpected), "The tree is too large for one look".into())
        } else if tally.read == 0 {
            let summary = "The tree holds no file that could be read";
            (Outcome::Inconclusive(Reason::NotConfigured), summary.into())
        } else {
            (Outcome::Pass, "No secret in the source tree".into())
        };
        let skipped = tally.skipped();
        let observed =
            format!("{} files read, {values} values looked for; skipped: {skipped}", tally.read);
        Judgement::new(outcome, summary, Self::expected(params), observed)
            .notes(value_notes(*values, *too_short))
            .notes(notes)
            .notes(tally.skipped_note())
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }
}

fn scan(root: &Path, values: &[Zeroizing<String>], abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let rules = Rules::of(values)?;
    let (tally, cut_short) = tree::scan(root, &rules, abandoned)?;
    Ok(Facts { tally, values: values.len(), too_short: rules.too_short, cut_short })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(rule: &'static str, path: &str) -> Hit {
        Hit {
            rule, path: path.into(), line: 3, mask: "ab••••".into(), commit: String::new()
        }
    }

    fn verdict(hits: Vec<Hit>, params: &Params) -> Judgement {
        let tally = Tally { hits, read: 10, ..Tally::default() };
        NotInSource::judge(&Facts { tally, values: 1, ..Facts::default() }, params)
    }

    #[test]
    fn a_made_up_password_in_a_test_does_not_count_but_a_real_value_there_does() {
        let none = Params::default();
        let literal = verdict(vec![hit("literal-for-a-secret-name", "src/auth.spec.ts")], &none);
        assert_eq!(literal.outcome, Outcome::Pass);
        assert_eq!(literal.notes[0].code, "literals-in-tests");
        for rule in ["value-of-a-secret", "aws-access-key", "private-key"] {
            let value = verdict(vec![hit(rule, "src/auth.spec.ts")], &none);
            assert_eq!(value.outcome, Outcome::Fail, "{rule}");
        }
    }

    #[test]
    fn an_allowed_folder_is_shown_with_its_reason_and_nothing_beside_it_is_allowed() {
        let allow = |rule: Option<&str>| {
            let (path, reason) = ("docs/".to_owned(), "a published example".to_owned());
            Params { allow: vec![Allowed { path, rule: rule.map(str::to_owned), reason }] }
        };
        for rule in [None, Some("aws-access-key")] {
            let inside = verdict(vec![hit("aws-access-key", "docs/aws.md")], &allow(rule));
            assert_eq!(inside.outcome, Outcome::Pass);
            assert!(inside.notes[0].text.contains("a published example"));
        }
        let beside = verdict(vec![hit("aws-access-key", "docs2/aws.md")], &allow(None));
        assert_eq!(beside.outcome, Outcome::Fail);
        assert!(beside.summary.contains("docs2/aws.md:3"));
        let other = verdict(vec![hit("private-key", "docs/aws.md")], &allow(Some("npm-token")));
        assert_eq!(other.outcome, Outcome::Fail);
    }

    #[test]
    fn a_tree_without_a_readable_file_proves_nothing() {
        let judged = NotInSource::judge(&Facts::default(), &Params::default());
        assert_eq!(judged.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    }

    #[test]
    fn files_that_were_not_read_are_a_reservation() {
        let tally = Tally { read: 1, large: 2, ..Tally::default() };
        let facts = Facts { tally, values: 1, ..Facts::default() };
        let judged = NotInSource::judge(&facts, &Params::default());
        assert_eq!(judged.outcome, Outcome::Pass);
        assert_eq!(judged.notes[0].code, "files-not-read");
    }
}
