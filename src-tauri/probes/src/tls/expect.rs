//! A claim of the team's own: one TLS handshake, and conditions on what it showed.

use countersign_domain::finding::Reason;
use serde::Deserialize;

use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::hosts;
use crate::http::reproduce;
use crate::link::secure;
use crate::partly::View;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::tls::certificate::Certificate;
use crate::tls::recorder;
use crate::tls::versions::connect;

/// What a condition may speak of.
const NAMES: Names = &[
    "version",
    "cipher",
    "issuer",
    "subject",
    "sans",
    "days_left",
    "chain_length",
    "key",
    "key_bits",
    "trusted",
];

/// `tls.expect`
pub struct Expect;

/// The server and the conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// A host of the environment; the API's when neither this nor `target` is given.
    pub host: Option<String>,
    /// The host and port of this target, instead of `host`.
    pub target: Option<String>,
    /// The port; that of the target, or 443.
    pub port: Option<u16>,
    /// Conditions in CEL over the names that `how` lists; all must hold.
    pub expect: Vec<String>,
}

/// What the handshake showed.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `TLSv1.3`
    pub version: String,
    /// The cipher suite.
    pub cipher: String,
    /// The server's own certificate.
    pub certificate: Certificate,
    /// Certificates sent.
    pub chain: usize,
    /// Days until the certificate runs out.
    pub days_left: i64,
    /// What is wrong with the certificate; empty when it is trusted.
    pub faults: String,
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "tls.expect",
        rules: 1,
        claim: "One TLS handshake meets every condition of the template.",
        why: "Which authority, which key and how many days are right is known to the team alone.",
        how: "One handshake, TLS from its first byte on, that goes on whatever the certificate is. \
              Parameters: `host` (one of the environment's targets or of its fact `hosts`) or \
              `target`, and `port`. Conditions are CEL over version ('TLSv1.3'), cipher, issuer, \
              subject, sans, days_left, chain_length, key ('RSA', 'EC', 'Ed25519'), key_bits and \
              trusted.",
        blind: "What other versions and suites the server accepts (tls.legacy-refused asks), and \
                revocation.",
        remedy: "The condition that does not hold is shown with what was seen; the cure is the \
                 team's own.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let host = match hosts::wanted(cx, params.host.as_deref(), params.target.as_deref()) {
            Ok(host) => host,
            Err(doubt) => return Observation::new("a server", Err(doubt)),
        };
        let port = params.port.or(host.port).unwrap_or(443);
        let facts = look(cx, &host.name, port).await;
        Observation {
            target: format!("{}:{port}", host.bracketed()),
            transcript: facts.iter().map(words).collect(),
            facts,
            reproduce: Some(reproduce::s_client(&host.bracketed(), port, "-showcerts")),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let Certificate { issuer, subject, names, key, key_bits, .. } = &facts.certificate;
        let scope = Scope(vec![
            ("version", facts.version.clone().into()),
            ("cipher", facts.cipher.clone().into()),
            ("issuer", issuer.clone().into()),
            ("subject", subject.clone().into()),
            ("sans", names.clone().into()),
            ("days_left", facts.days_left.into()),
            ("chain_length", facts.chain.into()),
            ("key", (*key).into()),
            ("key_bits", (*key_bits).into()),
            ("trusted", facts.faults.is_empty().into()),
        ]);
        View::of(NAMES, scope).judge(&params.expect, words(facts))
    }

    fn check(params: &Params) -> Result<(), String> {
        hosts::check(params.host.as_deref(), params.target.as_deref())?;
        if params.port == Some(0) {
            return Err("`port` is 0: expected 1 to 65535".to_owned());
        }
        conditions::check_all(&params.expect, NAMES)
    }
}

async fn look(cx: &Context, host: &str, port: u16) -> Result<Facts, Doubt> {
    let _place = cx.place(host).await;
    let stream = connect(cx, host, port).await?;
    let secured = secure(cx, host, stream, false).await?;
    let odd = |what: &str| Doubt::new(Reason::Unexpected, what);
    let seen = secured.seen.ok_or_else(|| odd("the server showed no certificate"))?;
    let certificate = seen.chain.first().and_then(|own| Certificate::read(own));
    let certificate = certificate.ok_or_else(|| odd("the certificate could not be read"))?;
    let mut faults = recorder::words(&seen.faults);
    if let Some(weakness) = certificate.weakness().filter(|_| faults.is_empty()) {
        faults = weakness;
    }
    Ok(Facts {
        // The library writes `TLSv1_3`.
        version: secured.version.replace('_', "."),
        cipher: secured.cipher,
        days_left: (certificate.not_after - seen.at).num_days(),
        chain: seen.chain.len(),
        certificate,
        faults,
    })
}

fn words(facts: &Facts) -> String {
    let own = &facts.certificate;
    let trust = if facts.faults.is_empty() { "trusted" } else { facts.faults.as_str() };
    format!(
        "{}, {}; subject {}; names {}; issuer {}; {} days left; chain of {}; {} {} bits; {trust}",
        facts.version,
        facts.cipher,
        own.subject,
        own.names.join(", "),
        own.issuer,
        facts.days_left,
        facts.chain,
        own.key,
        own.key_bits,
    )
}
