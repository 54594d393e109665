//! A version of today is spoken.

use std::sync::Arc;

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};
use crate::tls::versions::{Answer, Versions};

/// `tls.modern-accepted`
pub struct ModernAccepted;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

impl Probe for ModernAccepted {
    type Params = Params;
    type Facts = Option<Arc<Versions>>;

    const DEFINITION: Definition = Definition {
        name: "tls.modern-accepted",
        rules: 1,
        claim: "The API speaks TLS 1.2 or 1.3.",
        why: "Without TLS everybody on the way reads passwords and tokens.",
        how: "Opens one connection for each version and reads the first answer; for TLS 1.3 the \
              handshake is finished. The certificate is another claim.",
        blind: "Which ciphers are offered beside the one that was chosen.",
        remedy: "Terminate TLS at the proxy or load balancer with a certificate for the API's \
                 name. An hour with an ACME client.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "TLS 1.2 or TLS 1.3 accepted".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Self::Facts> {
        super::observe_versions(cx, "-brief").await
    }

    fn judge(facts: &Self::Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let Some(versions) = facts else {
            let seen = "the API's address is http://";
            return Judgement::new(Outcome::Fail, "The API is served without TLS", expected, seen);
        };
        let seen =
            format!("TLS 1.2: {}; TLS 1.3: {}", versions.tls12.words(), versions.tls13.words());
        if !versions.any_modern() {
            let summary = "Neither TLS 1.2 nor TLS 1.3 is accepted";
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        let judgement = Judgement::new(Outcome::Pass, "TLS 1.2 or 1.3 is accepted", expected, seen);
        if versions.tls13 == Answer::Accepted {
            return judgement;
        }
        judgement.note("no-tls13", "TLS 1.3 is not spoken; 1.2 still is enough")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_modern_version_is_enough_and_none_fails() {
        use Answer::{Accepted, Refused};
        let no = || Refused("alert 70".into());
        for (case, tls12, tls13, expected, notes) in [
            ("both", Accepted, Accepted, Outcome::Pass, 0),
            ("1.3 alone", no(), Accepted, Outcome::Pass, 0),
            ("1.2 alone is noted", Accepted, no(), Outcome::Pass, 1),
            ("neither", no(), no(), Outcome::Fail, 0),
        ] {
            let versions = Versions { tls10: Accepted, tls11: Accepted, tls12, tls13 };
            let judgement = ModernAccepted::judge(&Some(Arc::new(versions)), &Params {});
            assert_eq!((judgement.outcome, judgement.notes.len()), (expected, notes), "{case}");
        }
        assert_eq!(ModernAccepted::judge(&None, &Params {}).outcome, Outcome::Fail);
    }
}
