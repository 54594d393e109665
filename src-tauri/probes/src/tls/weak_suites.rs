//! Ciphers that do not protect are refused, however a client asks for them.

use std::sync::Arc;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use crate::context::Context;
use crate::http::reproduce;
use crate::http::target;
use crate::probe::{Definition, Judgement, Observation, Probe};
use crate::tls::hello::{Reply, TLS10, TLS11, TLS12};
use crate::tls::suites::{self, Weakness};
use crate::tls::versions::{self, Answer, Versions};

/// `tls.weak-suites-refused`
pub struct WeakSuitesRefused;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What came of offering weak suites alone, in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The version: `TLS 1.2`.
    pub version: &'static str,
    /// Weak suites that the server chose, one of each kind.
    pub accepted: Vec<u16>,
    /// How it ended once no more was accepted.
    pub end: Answer,
}

/// The offers, and what the server makes of ordinary ones.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Which versions are spoken with ordinary suites.
    pub versions: Arc<Versions>,
    /// The offers.
    pub offers: Vec<Offer>,
}

impl Probe for WeakSuitesRefused {
    type Params = Params;
    /// `None` when the API's address is not `https://`.
    type Facts = Option<Facts>;

    const DEFINITION: Definition = Definition {
        name: "tls.weak-suites-refused",
        rules: 1,
        claim: "The API refuses ciphers that do not protect: NULL, anonymous, EXPORT, DES, RC4, 3DES.",
        why: "A server that accepts a broken cipher can be talked into it by somebody on the way, \
              who then reads or changes what is sent.",
        how: "Offers nothing but weak suites, in TLS 1.2 and in every older version that is spoken, \
              and reads the first answer; a kind that was chosen is left out and the rest offered \
              again. Ordinary suites are offered too: a server that accepts nothing has refused \
              nothing. No handshake is finished.",
        blind: "Weak Diffie-Hellman groups, CBC suites, and other names of the same server.",
        remedy: "Name the ciphers that are allowed (nginx: `ssl_ciphers HIGH:!aNULL:!eNULL:!3DES:!RC4;`, \
                 or the list of Mozilla's server-side TLS guide) and reload. Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "no NULL, anonymous, EXPORT, DES, RC4 or 3DES suite accepted".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Self::Facts> {
        let url = match target::api(cx) {
            Ok(url) => url,
            Err(doubt) => return Observation::new("api", Err(doubt)),
        };
        let Some((host, port)) = super::https_address(&url) else {
            return Observation::new(target::shown(&url), Ok(None));
        };
        let versions = cx.tls_versions(&host, port).await;
        let doubt = versions.doubt().filter(|_| !versions.any_modern());
        let mut offers = Vec::new();
        if doubt.is_none() {
            offers.push(offer(cx, &host, port, ("TLS 1.2", TLS12)).await);
            for (version, old) in
                [(("TLS 1.1", TLS11), &versions.tls11), (("TLS 1.0", TLS10), &versions.tls10)]
            {
                // A server may keep a cipher for an old version alone.
                if *old == Answer::Accepted {
                    offers.push(offer(cx, &host, port, version).await);
                }
            }
        }
        let options = "-tls1_2 -cipher 'aNULL:eNULL:EXPORT:DES:RC4:3DES:IDEA:@SECLEVEL=0'";
        let transcript = offers.iter().map(line).collect();
        let facts = doubt.map_or(Ok(Some(Facts { versions, offers })), Err);
        Observation {
            target: format!("{host}:{port}"),
            facts,
            transcript,
            reproduce: Some(reproduce::s_client(&host, port, options)),
        }
    }

    fn judge(facts: &Self::Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let Some(facts) = facts else {
            let outcome = Outcome::Inconclusive(Reason::NotConfigured);
            let summary = "Could not tell: the API's address is not https://";
            return Judgement::new(outcome, summary, expected, "no TLS at this address");
        };
        let seen = facts.offers.iter().map(line).collect::<Vec<_>>().join("; ");
        let mut kinds: Vec<_> = facts
            .offers
            .iter()
            .flat_map(|offer| &offer.accepted)
            .filter_map(|suite| Weakness::of(*suite))
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            let kinds: Vec<_> = kinds.into_iter().map(Weakness::words).collect();
            let summary = format!("Weak ciphers are accepted: {}", kinds.join(", "));
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        let unknown = facts.offers.iter().find_map(|offer| match &offer.end {
            Answer::Unknown(doubt) => Some((offer.version, doubt)),
            Answer::Accepted | Answer::Refused(_) => None,
        });
        if let Some((version, doubt)) = unknown {
            let summary = format!("Could not tell for {version}: {}", doubt.seen);
            return Judgement::new(Outcome::Inconclusive(doubt.reason), summary, expected, seen);
        }
        if facts.offers.is_empty() || !facts.versions.any_modern() {
            let outcome = Outcome::Inconclusive(Reason::Unexpected);
            let summary = "Could not tell: no version is accepted with ordinary ciphers";
            return Judgement::new(outcome, summary, expected, seen);
        }
        Judgement::new(Outcome::Pass, "Weak ciphers are refused", expected, seen)
    }
}

/// Offers weak suites of one version until none is chosen any more.
async fn offer(cx: &Context, host: &str, port: u16, (name, version): (&'static str, u16)) -> Offer {
    let mut left = Weakness::ALL.to_vec();
    let mut accepted = Vec::new();
    loop {
        let suites: Vec<u16> = left.iter().flat_map(|kind| kind.suites()).copied().collect();
        let reply = versions::offer(cx, host, port, version, &suites).await;
        let kind = match &reply {
            Ok(Reply::Hello { suite, .. }) => {
                Weakness::of(*suite).filter(|kind| left.contains(kind))
            }
            _ => None,
        };
        let (Some(kind), Ok(Reply::Hello { suite, .. })) = (kind, &reply) else {
            return Offer { version: name, accepted, end: end(reply) };
        };
        accepted.push(*suite);
        left.retain(|other| *other != kind);
        if left.is_empty() {
            return Offer { version: name, accepted, end: Answer::Accepted };
        }
    }
}

fn end(reply: Result<Reply, Answer>) -> Answer {
    let unexpected =
        |seen: String| Answer::Unknown(crate::probe::Doubt::new(Reason::Unexpected, seen));
    match reply {
        Ok(Reply::Alert(code)) => Answer::Refused(format!("alert {code}")),
        Ok(Reply::Hello { suite, .. }) => {
            unexpected(format!("it chose {}, which was not offered", suites::name(suite)))
        }
        Ok(Reply::NotTls | Reply::Incomplete) => unexpected("the answer was not TLS".to_owned()),
        Err(answer) => answer,
    }
}

fn line(offer: &Offer) -> String {
    let names: Vec<_> = offer.accepted.iter().map(|suite| suites::name(*suite)).collect();
    let rest = offer.end.words();
    if names.is_empty() {
        return format!("weak suites in {}: {rest}", offer.version);
    }
    format!("weak suites in {}: accepted {}; the rest {rest}", offer.version, names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Doubt;

    fn verdict(modern: Answer, offers: Vec<Offer>) -> Judgement {
        let no = || Answer::Refused("alert 70".into());
        let versions = Versions { tls10: no(), tls11: no(), tls12: modern, tls13: no() };
        let facts = Facts { versions: Arc::new(versions), offers };
        WeakSuitesRefused::judge(&Some(facts), &Params {})
    }

    fn offered(accepted: &[u16], end: Answer) -> Offer {
        Offer { version: "TLS 1.2", accepted: accepted.to_vec(), end }
    }

    #[test]
    fn only_a_refusal_beside_an_accepted_ordinary_suite_passes() {
        use Answer::{Accepted, Refused, Unknown};
        let no = || Refused("alert 40".into());
        let silent = || Unknown(Doubt::new(Reason::TimedOut, "silence"));
        let timed_out = Outcome::Inconclusive(Reason::TimedOut);
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        for (case, judgement, outcome, word) in [
            ("refused", verdict(Accepted, vec![offered(&[], no())]), Outcome::Pass, "refused"),
            ("RC4", verdict(Accepted, vec![offered(&[0x0005], no())]), Outcome::Fail, "RC4"),
            (
                "accepted beats silence",
                verdict(Accepted, vec![offered(&[0x000a], silent())]),
                Outcome::Fail,
                "3DES",
            ),
            (
                "in an old version alone",
                verdict(Accepted, vec![offered(&[], no()), offered(&[0xc010], no())]),
                Outcome::Fail,
                "NULL",
            ),
            ("silence", verdict(Accepted, vec![offered(&[], silent())]), timed_out, "TLS 1.2"),
            ("refuses all", verdict(no(), vec![offered(&[], no())]), unexpected, "ordinary"),
            ("nothing offered", verdict(Accepted, vec![]), unexpected, "Could not"),
        ] {
            assert_eq!(judgement.outcome, outcome, "{case}: {judgement:?}");
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
        let outcome = WeakSuitesRefused::judge(&None, &Params {}).outcome;
        assert_eq!(outcome, Outcome::Inconclusive(Reason::NotConfigured));
    }
}
