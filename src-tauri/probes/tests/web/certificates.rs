//! Whom we believe, and why not.

use std::path::Path;
use std::process::Command;

use countersign_domain::finding::Outcome;
use rcgen::date_time_ymd;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::server::{
    Authority, Identity, Server, UNEXPECTED, UNREACHABLE, answer, api, closed_port, context, find,
    handler,
};
use crate::versions::OpenSsl;

const PROBE: &str = "tls.certificate-trusted";

async fn verdict(
    identity: &Identity,
    authority: Option<&Authority>,
) -> countersign_domain::finding::Finding {
    let server = Server::http(Some(identity), handler(|_| answer(200, &[], ""))).await;
    find(&context(api("https", server.port, authority), &[]), PROBE, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_authority_that_the_environment_names_is_trusted() {
    let authority = Authority::new();
    let finding = verdict(&authority.good(), Some(&authority)).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    assert!(
        finding.observed.contains("127.0.0.1") && finding.observed.contains("SHA-256"),
        "{finding:?}"
    );
    assert!(finding.reproduce.as_deref().is_some_and(|line| line.starts_with("openssl s_client")));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_certificate_is_named() {
    let authority = Authority::new();
    let expired =
        authority.issue("127.0.0.1", |params| params.not_after = date_time_ymd(2024, 1, 1));
    let early = authority.issue("127.0.0.1", |params| {
        params.not_before = date_time_ymd(2090, 1, 1);
        params.not_after = date_time_ymd(2091, 1, 1);
    });
    let other = authority.issue("other.example", |_| ());
    let both =
        authority.issue("other.example", |params| params.not_after = date_time_ymd(2024, 1, 1));
    let (good, own) = (authority.good(), Identity::self_signed());
    for (case, identity, trust, words) in [
        ("expired", &expired, Some(&authority), &["expired"][..]),
        ("not valid yet", &early, Some(&authority), &["not valid yet"]),
        ("another name", &other, Some(&authority), &["another name"]),
        ("expired and another name", &both, Some(&authority), &["expired", "another name"]),
        ("unknown authority", &good, None, &["authority that is not trusted"]),
        ("self-signed", &own, None, &["self-signed"]),
    ] {
        let finding = verdict(identity, trust).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{case}: {finding:?}");
        for word in words {
            assert!(finding.summary.contains(word), "{case}: {}", finding.summary);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_soon_passes_with_a_note() {
    let authority = Authority::new();
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(10 * 86_400);
    let identity = authority.issue("127.0.0.1", |params| params.not_after = soon.into());
    let finding = verdict(&identity, Some(&authority)).await;
    assert_eq!(finding.outcome, Outcome::Pass);
    assert_eq!(finding.notes[0].code, "certificate-expires-soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_and_no_tls_are_doubts_and_a_missing_authority_file_is_named() {
    let down = context(api("https", closed_port().await, None), &[]);
    assert_eq!(find(&down, PROBE, json!({})).await.outcome, UNREACHABLE);
    let plain = Server::tcp(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let cx = context(api("https", plain.port, None), &[]);
    assert_eq!(find(&cx, PROBE, json!({})).await.outcome, UNEXPECTED);
    let mut targets = api("https", plain.port, None);
    targets.ca_file = Some("/nowhere/ca.pem".to_owned());
    let finding = find(&context(targets, &[]), PROBE, json!({})).await;
    assert!(finding.observed.contains("/nowhere/ca.pem"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_still_seen_behind_a_self_signed_certificate_and_a_token_never_goes_there() {
    let server = Server::http(
        Some(&Identity::self_signed()),
        handler(|_| answer(200, &[("x-content-type-options", "nosniff")], "")),
    )
    .await;
    let token = "a-very-secret-token";
    let cx = context(api("https", server.port, None), &[("AUTH_TOKEN", token)]);
    let finding = find(&cx, "headers.content-type-options", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    assert_eq!(finding.notes[0].code, "certificate-untrusted");
    let params = json!({"path": "/secret", "expect": ["status == 200"], "token": "AUTH_TOKEN"});
    let finding = find(&cx, "http.expect", params).await;
    assert_eq!(finding.outcome, UNEXPECTED, "{finding:?}");
    assert_eq!(server.count("/secret"), 0, "no request is made past the certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_certificate_of_ours_still_shows_its_own() {
    let authority = Authority::new();
    for options in [&["-Verify", "1", "-tls1_2"][..], &["-Verify", "1", "-tls1_3"]] {
        let server = OpenSsl::with(&authority, &authority.good(), options).await;
        let cx = context(api("https", server.1, Some(&authority)), &[]);
        let finding = find(&cx, PROBE, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{options:?}: {finding:?}");
        let headers = find(&cx, "headers.csp", json!({})).await;
        assert_eq!(headers.outcome, UNEXPECTED, "{options:?}: {headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_know_its_own_name_fails_and_says_what_it_has() {
    let authority = Authority::new();
    let identity = authority.issue("localhost", |_| ());
    let folder = authority.folder.path().display();
    let (cert, key) = (format!("{folder}/own.pem"), format!("{folder}/own.key"));
    let other =
        ["-servername", "other.example", "-servername_fatal", "-cert2", &cert, "-key2", &key];
    let server = OpenSsl::with(&authority, &identity, &other).await;
    let mut targets = api("https", server.1, Some(&authority));
    targets.api = Some(format!("https://localhost:{}", server.1));
    let cx = context(targets, &[]);
    let finding = find(&cx, PROBE, json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.summary.contains("alert 112"), "{}", finding.summary);
    assert!(finding.observed.contains("localhost"), "{}", finding.observed);
    // What it refuses is the name, not the version.
    for claim in ["tls.legacy-refused", "tls.modern-accepted", "tls.weak-suites-refused"] {
        let finding = find(&cx, claim, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Pass, "{claim}: {finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_compared_as_browsers_do() {
    let authority = Authority::new();
    let wildcard = |params: &mut rcgen::CertificateParams, name: &str| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName(name.try_into().expect("a name"))];
    };
    for (case, identity, word) in [
        (
            "a common name alone",
            authority.issue("127.0.0.1", |params| {
                params.subject_alt_names.clear();
                params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
            }),
            "common names are not looked at",
        ),
        (
            "an address as if it were a name",
            authority.issue("127.0.0.1", |params| wildcard(params, "127.0.0.1")),
            "as an IP address",
        ),
        ("an asterisk", authority.issue("127.0.0.1", |params| wildcard(params, "*.0.0.1")), "IP"),
    ] {
        let finding = verdict(&identity, Some(&authority)).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{case}: {finding:?}");
        assert!(finding.summary.contains(word), "{case}: {}", finding.summary);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_intermediate_is_named_and_a_sent_one_is_used() {
    let authority = Authority::new();
    let middle = authority.intermediate("Countersign test intermediate");
    let alone = middle.issue_under("127.0.0.1", false);
    let finding = verdict(&alone, Some(&authority)).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.summary.contains("Countersign test intermediate"), "{}", finding.summary);
    let whole = middle.issue_under("127.0.0.1", true);
    let finding = verdict(&whole, Some(&authority)).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    assert!(finding.transcript[0].contains("chain of 2"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_stays_one_when_the_environment_trusts_it() {
    let own = Identity::self_signed();
    let authority = Authority::new();
    std::fs::write(authority.folder.path().join("ca.pem"), &own.pem).expect("written");
    let finding = verdict(&own, Some(&authority)).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert!(finding.summary.contains("self-signed"), "{}", finding.summary);
}

/// A certificate that `openssl req` makes in `folder`, under the name `file`.
fn made(folder: &Path, file: &str, key: &[&str], more: &[&str]) -> Identity {
    let place = |ending: &str| folder.join(format!("{file}.{ending}"));
    let (pem, key_pem, settings) = (place("pem"), place("key"), place("cnf"));
    // Nothing of what the system's own settings would add.
    std::fs::write(&settings, "[req]\ndistinguished_name = name\n[name]\n").expect("written");
    let done = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "60", "-config"])
        .arg(&settings)
        .arg("-newkey")
        .args(key)
        .args(more)
        .arg("-keyout")
        .arg(&key_pem)
        .arg("-out")
        .arg(&pem)
        .output()
        .expect("openssl is installed");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = |path| std::fs::read_to_string(path).expect("written");
    Identity::read(text(pem), text(key_pem))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_name_of_a_trusted_authority_is_not_called_weak() {
    const RSA: &[&str] = &["rsa:2048"];
    const CURVE: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    let authority = Authority::new();
    let folder = authority.folder.path();
    let root = ["-subj", "/CN=Example Root"];
    let trusted = made(folder, "root", RSA, &root);
    std::fs::write(folder.join("ca.pem"), &trusted.pem).expect("written");
    made(folder, "forger", CURVE, &root);
    let server = ["-subj", "/CN=Example Root", "-addext", "subjectAltName=IP:127.0.0.1"];
    let (cert, key) = (folder.join("forger.pem"), folder.join("forger.key"));
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let mut issued = vec!["-CA", &cert, "-CAkey", &key];
    issued.extend(["-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1"]);
    for (case, identity, word) in [
        ("self-signed, another kind of key", made(folder, "curve", CURVE, &server), "self-signed"),
        ("self-signed, the same kind of key", made(folder, "rsa", RSA, &server), "self-signed"),
        ("by a namesake", made(folder, "api", RSA, &issued), "did not sign it"),
    ] {
        let finding = verdict(&identity, Some(&authority)).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{case}: {finding:?}");
        assert!(finding.summary.contains(word), "{case}: {}", finding.summary);
        assert!(!finding.summary.contains("weak"), "{case}: {}", finding.summary);
    }
}
