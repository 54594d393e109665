//! Old TLS against a real OpenSSL, which can still be told to speak it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign_domain::finding::Outcome;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{
    Authority, Identity, Server, TIMED_OUT, UNEXPECTED, UNREACHABLE, answer, api, context, find,
    free_port, handler,
};

const LEGACY: &str = "tls.legacy-refused";
const MODERN: &str = "tls.modern-accepted";

/// `openssl s_server` with these options; ends with the test.
pub(crate) struct OpenSsl(Child, pub(crate) u16);

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl OpenSsl {
    async fn start(authority: &Authority, options: &[&str]) -> Self {
        Self::with(authority, &authority.good(), options).await
    }

    /// The same with a certificate of its own.
    pub(crate) async fn with(authority: &Authority, identity: &Identity, options: &[&str]) -> Self {
        let (certificate, key) =
            (authority.folder.path().join("own.pem"), authority.folder.path().join("own.key"));
        std::fs::write(&certificate, &identity.pem).expect("written");
        std::fs::write(&key, &identity.key_pem).expect("written");
        let port = free_port().await;
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")])
            .arg("-cert")
            .arg(&certificate)
            .arg("-key")
            .arg(&key)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let server = Self(child, port);
        let until = Instant::now() + Duration::from_secs(5);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < until, "openssl s_server listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_today_passes_both_claims() {
    let authority = Authority::new();
    let server = OpenSsl::start(&authority, &[]).await;
    let cx = context(api("https", server.1, Some(&authority)), &[]);
    let finding = find(&cx, LEGACY, json!({})).await;
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    assert_eq!(finding.transcript.len(), 4, "one line for each version");
    assert_eq!(find(&cx, MODERN, json!({})).await.outcome, Outcome::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_that_accepts_an_old_version_fails() {
    let authority = Authority::new();
    let all = ["-cipher", "ALL:@SECLEVEL=0", "-no_tls1_3"];
    for (options, word) in [
        ([&all[..], &["-no_tls1"]].concat(), "TLS 1.1 is"),
        (all.to_vec(), "TLS 1.0 and TLS 1.1"),
        (vec!["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "TLS 1.0 is"),
    ] {
        let server = OpenSsl::start(&authority, &options).await;
        let cx = context(api("https", server.1, Some(&authority)), &[]);
        let finding = find(&cx, LEGACY, json!({})).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{options:?}: {finding:?}");
        assert!(finding.summary.contains(word), "{options:?}: {}", finding.summary);
    }
    let only_old = OpenSsl::start(&authority, &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]).await;
    let cx = context(api("https", only_old.1, Some(&authority)), &[]);
    assert_eq!(find(&cx, MODERN, json!({})).await.outcome, Outcome::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_alone_is_accepted_with_a_note() {
    let authority = Authority::new();
    let server = OpenSsl::start(&authority, &["-tls1_2"]).await;
    let cx = context(api("https", server.1, Some(&authority)), &[]);
    let finding = find(&cx, MODERN, json!({})).await;
    assert_eq!((finding.outcome, finding.notes.len()), (Outcome::Pass, 1), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_tls_is_no_refusal() {
    let silent = Server::tcp(|mut stream| async move {
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink).await;
    })
    .await;
    let html = Server::http(None, handler(|_| answer(400, &[], "plain"))).await;
    let noise = Server::tcp(|mut stream| async move {
        let mut buffer = [0; 64];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let hangs_up = Server::tcp(|stream| async move { drop(stream) }).await;
    for (case, port, outcome) in [
        ("closed", free_port().await, UNREACHABLE),
        ("silent", silent.port, TIMED_OUT),
        ("HTTP", noise.port, UNEXPECTED),
        ("refuses everybody", hangs_up.port, UNEXPECTED),
    ] {
        let finding = find(&context(api("https", port, None), &[]), LEGACY, json!({})).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
    let finding = find(&context(api("http", html.port, None), &[]), MODERN, json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "an http:// address has no TLS");
}
