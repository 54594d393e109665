//! Old versions are refused, not merely unused.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};
use crate::tls::versions::{Answer, Versions};

/// `tls.legacy-refused`
pub struct LegacyRefused;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for LegacyRefused {
    type Params = Params;
    type Facts = Option<Arc<Versions>>;

    const DEFINITION: Definition = Definition {
        name: "tls.legacy-refused",
        rules: 1,
        claim: "The API refuses TLS 1.0 and TLS 1.1.",
        why: "Both were retired (RFC 8996): their hashes and ciphers can be attacked, and a \
              server that still accepts them can be talked down to them.",
        how: "Opens one connection for each version, offers only that version with every cipher \
              of its time, and reads the first answer. TLS 1.2 and 1.3 are offered too: a server \
              that accepts nothing has refused nothing.",
        blind: "Other names or addresses of the same service, and SSL 2 and 3.",
        remedy: "Allow TLS 1.2 and 1.3 only (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`) and reload. \
                 Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "TLS 1.0 and TLS 1.1 refused, TLS 1.2 or 1.3 accepted".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Self::Facts> {
        super::observe_versions(cx, "-tls1_1 -cipher 'ALL:@SECLEVEL=0'").await
    }

    fn judge(facts: &Self::Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let Some(versions) = facts else {
            let outcome = Outcome::Inconclusive(Reason::NotConfigured);
            let summary = "Could not tell: the API's address is not https://";
            return Judgement::new(outcome, summary, expected, "no TLS at this address");
        };
        let seen = versions.lines().join("; ");
        let old = [("TLS 1.0", &versions.tls10), ("TLS 1.1", &versions.tls11)];
        let accepted: Vec<_> = old
            .iter()
            .filter(|(_, answer)| **answer == Answer::Accepted)
            .map(|(name, _)| *name)
            .collect();
        if !accepted.is_empty() {
            let summary = format!("{} is still accepted", accepted.join(" and "));
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        let unknown = old.iter().find_map(|(name, answer)| match answer {
            Answer::Unknown(doubt) => Some((name, doubt)),
            Answer::Accepted | Answer::Refused(_) => None,
        });
        if let Some((name, doubt)) = unknown {
            let summary = format!("Could not tell for {name}: {}", doubt.seen);
            return Judgement::new(Outcome::Inconclusive(doubt.reason), summary, expected, seen);
        }
        if !versions.any_modern() {
            let outcome = Outcome::Inconclusive(Reason::Unexpected);
            let summary = "Could not tell: no version at all is accepted";
            return Judgement::new(outcome, summary, expected, seen);
        }
        let judgement =
            Judgement::new(Outcome::Pass, "TLS 1.0 and TLS 1.1 are refused", expected, seen);
        // OpenSSL says so when a version is switched on and none of its ciphers is left.
        let broke = old.iter().any(|(_, answer)| **answer == Answer::Refused("alert 80".into()));
        if broke {
            let text = "The server broke off with internal_error: an old version may be switched on \
                        and fail on its ciphers alone; take it out of the configuration";
            return judgement.note("legacy-breaks-off", text);
        }
        judgement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Doubt;

    fn verdict(old: [Answer; 2], new: [Answer; 2]) -> Outcome {
        let [tls10, tls11] = old;
        let [tls12, tls13] = new;
        let versions = Arc::new(Versions { tls10, tls11, tls12, tls13 });
        LegacyRefused::judge(&Some(versions), &Params {}).outcome
    }

    #[test]
    fn only_a_spoken_refusal_beside_an_accepted_new_version_passes() {
        use Answer::{Accepted, Refused, Unknown};
        let no = || Refused("alert 70".into());
        let silent = || Unknown(Doubt::new(Reason::TimedOut, "silence"));
        let modern = || [Accepted, Accepted];
        for (case, old, new, expected) in [
            ("both refused", [no(), no()], modern(), Outcome::Pass),
            ("1.3 alone is modern enough", [no(), no()], [no(), Accepted], Outcome::Pass),
            ("1.0 accepted", [Accepted, no()], modern(), Outcome::Fail),
            ("1.1 accepted", [no(), Accepted], modern(), Outcome::Fail),
            ("accepted beats silence", [silent(), Accepted], modern(), Outcome::Fail),
            (
                "silence tells nothing",
                [silent(), no()],
                modern(),
                Outcome::Inconclusive(Reason::TimedOut),
            ),
            (
                "refuses everybody",
                [no(), no()],
                [no(), no()],
                Outcome::Inconclusive(Reason::Unexpected),
            ),
        ] {
            assert_eq!(verdict(old, new), expected, "{case}");
        }
        assert_eq!(
            LegacyRefused::judge(&None, &Params {}).outcome,
            Outcome::Inconclusive(Reason::NotConfigured)
        );
    }
}
