//! Claim: the application speaks TLS with PostgreSQL.

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::session::Session;
use super::target::{SslMode, Target, Which, shown};
use super::wire::offers_tls;
use crate::context::Context;
use crate::http::reproduce::s_client;
use crate::link::secure;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};
use crate::tls::certificate::Certificate;
use crate::tls::recorder::{Fault, words};
use crate::tls::versions::connect;

/// `postgres.tls`
pub struct Tls;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// A finished handshake.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// Version and cipher suite.
    pub spoken: String,
    /// What is wrong with the certificate.
    pub faults: Vec<Fault>,
    /// The server's certificate in words.
    pub certificate: String,
}

/// How the server and the URL stand to TLS.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the URL insists on.
    pub mode: SslMode,
    /// The handshake; `None` when the server offers no TLS.
    pub handshake: Option<Handshake>,
    /// What the server says of a logged-in session (`pg_stat_ssl`), or why there is none.
    pub session: String,
}

impl Probe for Tls {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "postgres.tls",
        rules: 1,
        claim: "The application's connection to PostgreSQL is encrypted.",
        why: "Without TLS, passwords and rows cross the network readable and changeable.",
        how: "Asks for TLS, negotiates it and checks the certificate against the system's roots \
              and `ca_file`; reads sslmode of the URL; where the password is known, logs in \
              over TLS and reads pg_stat_ssl.",
        blind: "Reads the URL that this environment declares, not the one the application runs \
                with. Through PgBouncer it sees PgBouncer's TLS. Whether plaintext is refused \
                too is postgres.plaintext-refused.",
        remedy: "Set `ssl = on` with a certificate in postgresql.conf and sslmode=verify-full in \
                 the URL. 15 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "TLS offered and spoken; sslmode=verify-full (require passes with a note)".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let Some(target) = shown(cx) else { return Observation::not_configured("database") };
        let mut seen = Observation::new(target, look(cx).await);
        seen.transcript = seen.facts.iter().flat_map(lines).collect();
        if let Ok(at) = Target::of(cx, Which::Database) {
            let options = "-starttls postgres";
            seen.reproduce = Some(s_client(&at.host, at.port, options));
        }
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        let mut notes = Vec::new();
        let mut say = |code: &str, text: String| notes.push(Note { code: code.into(), text });
        if outcome == Outcome::Pass && facts.mode != SslMode::VerifyFull {
            let text = format!(
                "sslmode={} does not check whom it talks to; verify-full does",
                facts.mode.words()
            );
            say("tls-unverified-client", text);
        }
        let faults = facts.handshake.as_ref().map_or(&[][..], |handshake| &handshake.faults);
        if outcome == Outcome::Pass && !faults.is_empty() {
            say(
                "certificate-untrusted",
                format!("the certificate is not trusted here: {}", words(faults)),
            );
        }
        Judgement {
            outcome,
            summary,
            expected: Self::expected(params),
            observed: lines(facts).join("; "),
            notes,
        }
    }
}

fn verdict(facts: &Facts) -> (Outcome, String) {
    let Some(handshake) = &facts.handshake else {
        return (Outcome::Fail, "The server offers no TLS".into());
    };
    let trusted = match facts.mode {
        SslMode::Disable => return (Outcome::Fail, "The URL switches TLS off".into()),
        SslMode::Absent | SslMode::Optional => {
            let summary =
                format!("The URL does not insist on TLS (sslmode {})", facts.mode.words());
            return (Outcome::Fail, summary);
        }
        SslMode::Unknown(ref word) => {
            let summary = format!("sslmode={word} is no mode that is known");
            return (Outcome::Inconclusive(Reason::NotConfigured), summary);
        }
        SslMode::Require => true,
        SslMode::VerifyCa => handshake.faults.iter().all(|fault| *fault == Fault::WrongName),
        SslMode::VerifyFull => handshake.faults.is_empty(),
    };
    if trusted {
        return (Outcome::Pass, format!("The application speaks {}", handshake.spoken));
    }
    let faults = words(&handshake.faults);
    (
        Outcome::Fail,
        format!("The URL asks for a trusted certificate, and this one is not: {faults}"),
    )
}

fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = vec![format!("sslmode: {}", facts.mode.words())];
    match &facts.handshake {
        None => lines.push("request for TLS: N (not offered)".into()),
        Some(handshake) => {
            lines.push("request for TLS: S (offered)".into());
            lines.push(format!("spoken: {}", handshake.spoken));
            lines.push(format!("certificate: {}", handshake.certificate));
            if !handshake.faults.is_empty() {
                lines.push(format!("not trusted: {}", words(&handshake.faults)));
            }
        }
    }
    lines.push(format!("logged-in session: {}", facts.session));
    lines
}

async fn look(cx: &Context) -> Result<Facts, Doubt> {
    let at = Target::of(cx, Which::Database)?;
    let mut stream = connect(cx, &at.host, at.port).await?;
    let handshake = if offers_tls(cx, &mut stream).await? {
        let secured = secure(cx, &at.host, stream, false).await?;
        let own = secured.seen.as_ref().and_then(|seen| seen.chain.first());
        let certificate =
            own.and_then(|der| Certificate::read(der)).map_or("unreadable".into(), |own| {
                format!(
                    "{}, issued by {}, until {}, SHA-256 {}",
                    own.subject, own.issuer, own.not_after, own.sha256
                )
            });
        Some(Handshake {
            spoken: format!("{} with {}", secured.version, secured.cipher),
            faults: secured.faults().to_vec(),
            certificate,
        })
    } else {
        None
    };
    let session = match &handshake {
        Some(_) => session(cx).await.unwrap_or_else(|doubt| format!("none ({})", doubt.seen)),
        None => "none".to_owned(),
    };
    Ok(Facts { mode: at.mode, handshake, session })
}

async fn session(cx: &Context) -> Result<String, Doubt> {
    let session = Session::open(cx).await?;
    let query = "SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let rows = session.rows(query).await?;
    let field = |name| rows.first().and_then(|row| row.try_get(name).ok().flatten());
    Ok(match field("ssl") {
        Some("t") => format!(
            "{} with {}",
            field("version").unwrap_or("TLS"),
            field("cipher").unwrap_or("an unknown cipher")
        ),
        Some("f") => "not encrypted where the server sees it".to_owned(),
        _ => "the server does not tell".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(mode: SslMode, faults: Option<Vec<Fault>>) -> (Outcome, Vec<String>) {
        let handshake = faults.map(|faults| Handshake {
            spoken: "TLSv1_3".into(),
            faults,
            certificate: "CN=db".into(),
        });
        let judged = Tls::judge(&Facts { mode, handshake, session: String::new() }, &Params {});
        (judged.outcome, judged.notes.into_iter().map(|note| note.code).collect())
    }

    #[test]
    fn server_and_url_must_both_want_tls() {
        use Outcome::{Fail, Pass};
        const NOTED: &[&str] = &["tls-unverified-client"];
        const BOTH: &[&str] = &["tls-unverified-client", "certificate-untrusted"];
        let good = || Some(Vec::new());
        let bad = || Some(vec![Fault::SelfSigned]);
        let unknown = Outcome::Inconclusive(Reason::NotConfigured);
        type Case = (&'static str, SslMode, Option<Vec<Fault>>, Outcome, &'static [&'static str]);
        let cases: Vec<Case> = vec![
            ("no TLS", SslMode::VerifyFull, None, Fail, &[]),
            ("verify-full, trusted", SslMode::VerifyFull, good(), Pass, &[]),
            ("verify-full, self-signed", SslMode::VerifyFull, bad(), Fail, &[]),
            ("require, trusted", SslMode::Require, good(), Pass, NOTED),
            ("require, self-signed", SslMode::Require, bad(), Pass, BOTH),
            ("verify-ca, other name", SslMode::VerifyCa, Some(vec![Fault::WrongName]), Pass, BOTH),
            ("verify-ca, self-signed", SslMode::VerifyCa, bad(), Fail, &[]),
            ("prefer", SslMode::Optional, good(), Fail, &[]),
            ("absent", SslMode::Absent, good(), Fail, &[]),
            ("disable", SslMode::Disable, good(), Fail, &[]),
            ("a word nobody knows", SslMode::Unknown("strict".into()), good(), unknown, &[]),
        ];
        for (name, mode, faults, outcome, notes) in cases {
            let expected: Vec<String> = notes.iter().map(|note| (*note).to_owned()).collect();
            assert_eq!(judged(mode, faults), (outcome, expected), "{name}");
        }
    }
}
