//! The certificate is one that any client would believe, and stays so for a while.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::context::Context;
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::tls::certificate::Certificate;
use crate::tls::recorder::{self, Fault, Recorder, Seen};
use crate::tls::versions::{connect, server_name};

/// `tls.certificate-trusted`
pub struct CertificateTrusted;

/// How long the certificate must last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Days of validity below which a reservation is noted.
    pub min_days: i64,
}

impl Default for Params {
    fn default() -> Self {
        Self { min_days: 30 }
    }
}

/// What the handshake showed.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The name that was asked for.
    pub host: String,
    /// The server's own certificate.
    pub certificate: Certificate,
    /// Certificates sent.
    pub chain: usize,
    /// Subject and weakness of the certificates above it that are too weak to vouch.
    pub weak_above: Vec<String>,
    /// What the check found wrong.
    pub faults: Vec<Fault>,
    /// When it was checked.
    pub at: DateTime<Utc>,
}

impl Probe for CertificateTrusted {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "tls.certificate-trusted",
        rules: 3,
        claim: "The API's certificate is trusted, made out to its name, and does not run out soon.",
        why: "With a certificate that clients must be told to ignore, nobody can tell the API from \
              somebody in between; one that runs out stops every client at once.",
        how: "One TLS handshake. The chain is checked against the system's authorities and the \
              environment's `ca_file`, for this host name and this moment. RSA keys under 2048 bits, \
              curves under 224, DSA, SHA-1 and MD5 fail. A server that does not know its own name \
              (alert 112) is asked once more without it, to see what it has.",
        blind: "Revocation, and what clients with other authorities think of it. A proxy with an \
                authority of its own between here and the server is only visible as the issuer.",
        remedy: "Get a certificate for the name from a public authority and serve it with its \
                 intermediates; renew by machine. An hour.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("a trusted chain, the right name, valid for {} days or more", params.min_days)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let url = match target::api(cx) {
            Ok(url) => url,
            Err(doubt) => return Observation::new("api", Err(doubt)),
        };
        let Some((host, port)) = super::https_address(&url) else {
            return Observation::new(target::shown(&url), Err(not_https(&url)));
        };
        let facts = look(cx, &host, port).await;
        let transcript = facts.as_ref().map_or_else(|_| Vec::new(), lines);
        Observation {
            target: format!("{host}:{port}"),
            facts,
            transcript,
            reproduce: Some(reproduce::s_client(&host, port, "-showcerts")),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let certificate = &facts.certificate;
        let days = (certificate.not_after - facts.at).num_days();
        let seen = format!(
            "subject {}; names {}; issuer {}; until {} ({days} days); {} {} bits; {}; SHA-256 {}",
            certificate.subject,
            certificate.names.join(", "),
            certificate.issuer,
            certificate.not_after.format("%Y-%m-%d"),
            certificate.key,
            certificate.key_bits,
            certificate.signature,
            certificate.sha256,
        );
        let mut wrong = facts.faults.clone();
        wrong.extend(certificate.weakness().map(Fault::Weak));
        wrong.extend(facts.weak_above.iter().cloned().map(Fault::Weak));
        // A certificate that stands in `ca_file` itself is believed, and still self-signed.
        if certificate.is_self_signed() && !wrong.contains(&Fault::SelfSigned) {
            wrong.push(Fault::SelfSigned);
        }
        if !wrong.is_empty() {
            let mut summary =
                format!("The certificate is not trusted: {}", recorder::words(&wrong));
            if wrong.contains(&Fault::WrongName) {
                summary = format!("{summary} ({})", certificate.why_not_for(&facts.host));
            }
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        let summary = format!("The certificate is trusted for {}, {days} days left", facts.host);
        let judgement = Judgement::new(Outcome::Pass, summary, expected, seen);
        if days < params.min_days {
            let text = format!("The certificate runs out in {days} days");
            return judgement.note("certificate-expires-soon", text);
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        let fits = (0..=825).contains(&params.min_days);
        let error = || format!("`min_days` is {}: expected 0 to 825", params.min_days);
        fits.then_some(()).ok_or_else(error)
    }
}

fn not_https(url: &Url) -> Doubt {
    let seen = format!("{} is not an https:// address", target::shown(url));
    Doubt::new(Reason::NotConfigured, seen)
}

fn lines(facts: &Facts) -> Vec<String> {
    let verdict =
        if facts.faults.is_empty() { "trusted".to_owned() } else { recorder::words(&facts.faults) };
    vec![
        format!("chain of {} certificates for {}: {verdict}", facts.chain, facts.host),
        format!("subject {} · issuer {}", facts.certificate.subject, facts.certificate.issuer),
    ]
}

async fn look(cx: &Context, host: &str, port: u16) -> Result<Facts, Doubt> {
    let (seen, faults) = match handshake(cx, host, port, true).await {
        Err(doubt) if doubt.seen.contains("UnrecognisedName") => {
            let seen = handshake(cx, host, port, false).await?;
            let unknown = Fault::Other("the server does not know its own name (alert 112)".into());
            let faults = std::iter::once(unknown).chain(seen.faults.clone()).collect();
            (seen, faults)
        }
        other => other.map(|seen| (seen.clone(), seen.faults))?,
    };
    let above = seen.chain.iter().skip(1).filter_map(|der| Certificate::read(der));
    let weak_above = above
        // Nobody checks the signature of a certificate that vouches for itself.
        .filter(|above| !above.is_self_signed())
        .filter_map(|above| Some(format!("`{}` has {}", above.subject, above.weakness()?)))
        .collect();
    let garbage = || Doubt::new(Reason::Unexpected, "the certificate could not be read");
    let own = seen.chain.first().ok_or_else(garbage)?;
    Ok(Facts {
        host: host.to_owned(),
        certificate: Certificate::read(own).ok_or_else(garbage)?,
        chain: seen.chain.len(),
        weak_above,
        faults,
        at: seen.at,
    })
}

/// One handshake with `host:port` that goes on whatever the certificate is.
async fn handshake(cx: &Context, host: &str, port: u16, named: bool) -> Result<Seen, Doubt> {
    let trust = cx.trust().await?;
    let ours = |error: rustls::Error| Doubt::new(Reason::Internal, error.to_string());
    let recorder = Recorder::new(&trust, false).map_err(ours)?;
    let mut config = trust.client(recorder.clone(), rustls::DEFAULT_VERSIONS).map_err(ours)?;
    config.enable_sni = named;
    let name = server_name(host)?;
    let _place = cx.place(host).await;
    let stream = connect(cx, host, port).await?;
    let shaking = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream);
    let ended = timeout(cx.patience().total, shaking).await;
    // The certificate counts even when the handshake breaks after it.
    if let Some(seen) = recorder.seen() {
        return Ok(seen);
    }
    Err(match ended {
        Err(_) => Doubt::new(Reason::TimedOut, "the handshake was not done within the deadline"),
        Ok(Err(error)) => Doubt::new(Reason::Unexpected, format!("handshake: {error}")),
        Ok(Ok(_)) => Doubt::new(Reason::Unexpected, "the server showed no certificate"),
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn facts(days: i64, faults: Vec<Fault>) -> Facts {
        let at = DateTime::from_timestamp(1_750_000_000, 0).expect("a time");
        let certificate = Certificate {
            subject: "CN=api.example.com".into(),
            issuer: "CN=Example CA".into(),
            names: vec!["api.example.com".into()],
            not_before: at - Duration::days(1),
            not_after: at + Duration::days(days),
            key: "RSA",
            key_bits: 2048,
            signature: "SHA-256 with RSA".into(),
            sha256: "00".repeat(32),
        };
        Facts {
            host: "api.example.com".into(),
            certificate,
            chain: 2,
            weak_above: vec![],
            faults,
            at,
        }
    }

    fn with(change: impl FnOnce(&mut Certificate)) -> Facts {
        let mut facts = facts(90, vec![]);
        change(&mut facts.certificate);
        facts
    }

    #[test]
    fn a_certificate_passes_only_without_any_fault() {
        for (case, facts, outcome, word) in [
            ("sound", facts(90, vec![]), Outcome::Pass, "90 days"),
            ("soon over", facts(29, vec![]), Outcome::Pass, "29 days"),
            ("expired", facts(-1, vec![Fault::Expired]), Outcome::Fail, "expired"),
            ("wrong name", facts(90, vec![Fault::WrongName]), Outcome::Fail, "another name"),
            ("self-signed", facts(90, vec![Fault::SelfSigned]), Outcome::Fail, "self-signed"),
            ("RSA-1024", with(|c| c.key_bits = 1024), Outcome::Fail, "1024 bits"),
            ("P-192", with(|c| (c.key, c.key_bits) = ("EC", 192)), Outcome::Fail, "192 bits"),
            ("DSA", with(|c| c.key = "DSA"), Outcome::Fail, "DSA"),
            (
                "trusted, yet its own issuer",
                with(|c| c.issuer = c.subject.clone()),
                Outcome::Fail,
                "self-signed",
            ),
            (
                "SHA-1 above it",
                Facts {
                    weak_above: vec!["`CN=Old` has signed with SHA-1".into()],
                    ..facts(90, vec![])
                },
                Outcome::Fail,
                "CN=Old",
            ),
            (
                "no names but the common one",
                Facts { faults: vec![Fault::WrongName], ..with(|c| c.names.clear()) },
                Outcome::Fail,
                "common names are not looked at",
            ),
            ("SHA-1", with(|c| c.signature = "SHA-1 with RSA".into()), Outcome::Fail, "SHA-1"),
        ] {
            let judgement = CertificateTrusted::judge(&facts, &Params::default());
            assert_eq!(judgement.outcome, outcome, "{case}");
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
    }

    #[test]
    fn thirty_days_are_enough_and_twenty_nine_are_noted() {
        let notes =
            |days| CertificateTrusted::judge(&facts(days, vec![]), &Params::default()).notes.len();
        assert_eq!((notes(30), notes(29)), (0, 1));
    }
}
