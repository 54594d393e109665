//! Weak cipher suites against real servers that can still be told to accept them, and
//! against one that answers by hand for those that no library of today has any more.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign_domain::finding::{Finding, Outcome};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{
    Authority, Server, TIMED_OUT, UNREACHABLE, api, closed_port, context, find, free_port,
    impatient,
};
use crate::versions::OpenSsl;

const PROBE: &str = "tls.weak-suites-refused";

async fn look(port: u16, authority: &Authority) -> Finding {
    find(&context(api("https", port, Some(authority)), &[]), PROBE, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_fails_for_each_weak_suite_that_it_was_told_to_accept() {
    let authority = Authority::new();
    for (options, word) in [
        (vec!["-tls1_2", "-cipher", "ALL:eNULL:@SECLEVEL=0"], "NULL"),
        (vec!["-cipher", "ECDHE+AESGCM:eNULL:@SECLEVEL=0"], "NULL"),
        (vec!["-cipher", "ALL:aNULL:@SECLEVEL=0", "-serverpref"], "anonymous"),
        // Kept for an old version alone, while TLS 1.3 is offered too.
        (vec!["-cipher", "ECDHE+AESGCM:AECDH:@SECLEVEL=0"], "anonymous"),
    ] {
        let server = OpenSsl::with(&authority, &authority.good(), &options).await;
        let finding = look(server.1, &authority).await;
        assert_eq!(finding.outcome, Outcome::Fail, "{options:?}: {finding:?}");
        assert!(finding.summary.contains(word), "{options:?}: {}", finding.summary);
        assert!(finding.observed.contains("TLS_"), "names the suite: {}", finding.observed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_of_today_passes() {
    let authority = Authority::new();
    for options in [
        vec![],
        vec!["-tls1_2"],
        vec!["-tls1_3"],
        vec!["-cipher", "HIGH:!aNULL:!eNULL:@SECLEVEL=0", "-serverpref"],
    ] {
        let server = OpenSsl::with(&authority, &authority.good(), &options).await;
        let finding = look(server.1, &authority).await;
        assert_eq!((finding.outcome, finding.notes.len()), (Outcome::Pass, 0), "{finding:?}");
    }
}

/// An nginx with these ciphers; ends with the test.
struct Nginx {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nginx {
    async fn start(authority: &Authority, ciphers: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port().await);
        let (dir, identity) = (folder.path().display(), authority.good());
        std::fs::write(folder.path().join("own.pem"), &identity.pem).expect("written");
        std::fs::write(folder.path().join("own.key"), &identity.key_pem).expect("written");
        let conf = format!(
            "daemon off; master_process off; pid {dir}/pid; error_log stderr;\nevents {{}}\n\
             http {{ access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; \
             fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};\n\
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {dir}/own.pem; \
             ssl_certificate_key {dir}/own.key; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; \
             ssl_ciphers {ciphers}; return 204; }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, conf).expect("written");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed");
        let server = Self { child, port, _folder: folder };
        let until = Instant::now() + Duration::from_secs(5);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < until, "nginx listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_nginx_is_judged_by_what_its_ciphers_allow() {
    let authority = Authority::new();
    let old = find_legacy(&authority, "'ALL:eNULL:aNULL:@SECLEVEL=0'").await;
    assert_eq!(old[0].outcome, Outcome::Fail, "{:?}", old[0]);
    assert!(
        old[0].summary.contains("NULL") && old[0].summary.contains("anonymous"),
        "{:?}",
        old[0]
    );
    assert_eq!(old[1].outcome, Outcome::Fail, "{:?}", old[1]);
    // Old versions are on and none of their ciphers is left: refused, with a reservation.
    let left = find_legacy(&authority, "'HIGH:!aNULL:!eNULL'").await;
    assert_eq!((left[0].outcome, left[1].outcome), (Outcome::Pass, Outcome::Pass), "{left:?}");
    assert_eq!(left[1].notes.len(), 1, "{:?}", left[1]);
}

/// What is said of weak suites and of old versions.
async fn find_legacy(authority: &Authority, ciphers: &str) -> [Finding; 2] {
    let nginx = Nginx::start(authority, ciphers).await;
    let cx = context(api("https", nginx.port, Some(authority)), &[]);
    [find(&cx, PROBE, json!({})).await, find(&cx, "tls.legacy-refused", json!({})).await]
}

/// Passes ordinary hellos on to `behind`, and answers one of weak suites alone by choosing
/// the first of `accepts` that was offered, or with silence when it accepts none.
async fn chooser(behind: u16, accepts: &'static [u16]) -> Server {
    Server::tcp(move |mut stream| async move {
        let mut hello = vec![0; 4096];
        let read = stream.read(&mut hello).await.unwrap_or(0);
        hello.truncate(read);
        let offered = suites(&hello);
        if offered.iter().any(|suite| (0x1301..=0x1305).contains(suite) || *suite == 0xc02b) {
            let Ok(mut real) = tokio::net::TcpStream::connect(("127.0.0.1", behind)).await else {
                return;
            };
            if real.write_all(&hello).await.is_ok() {
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut real).await;
            }
            return;
        }
        let Some(suite) = accepts.iter().find(|suite| offered.contains(suite)) else {
            let _ = stream.read(&mut [0; 16]).await;
            return;
        };
        let body = [&[3, 3][..], &[7; 32], &[0], &suite.to_be_bytes(), &[0]].concat();
        let length = u8::try_from(body.len()).expect("short");
        let record = [&[22, 3, 3, 0, length + 4, 2, 0, 0, length][..], &body].concat();
        let _ = stream.write_all(&record).await;
    })
    .await
}

fn suites(hello: &[u8]) -> Vec<u16> {
    let Some(session) = hello.get(43).copied() else { return Vec::new() };
    let rest = hello.get(44 + usize::from(session)..).unwrap_or_default();
    let Some((length, rest)) = rest.split_first_chunk::<2>() else { return Vec::new() };
    let list = rest.get(..usize::from(u16::from_be_bytes(*length))).unwrap_or_default();
    list.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_named_and_silence_is_no_refusal() {
    let authority = Authority::new();
    let real = OpenSsl::with(&authority, &authority.good(), &[]).await;
    let (port, trusted) = (real.1, &authority);
    let cases = [
        (&[0x0005][..], &["RC4"][..]),
        (&[0x000a], &["3DES"]),
        (&[0x0009], &["single DES"]),
        (&[0x0003], &["EXPORT"]),
        (&[0x0034], &["anonymous"]),
        (&[0x003b], &["NULL"]),
        (&[0x000a, 0x0005, 0x0003], &["EXPORT", "RC4", "3DES"]),
    ];
    let looks = cases.map(|(accepts, words)| async move {
        let server = chooser(port, accepts).await;
        let cx = impatient(context(api("https", server.port, Some(trusted)), &[]));
        (words, find(&cx, PROBE, json!({})).await)
    });
    for (words, finding) in futures::future::join_all(looks).await {
        assert_eq!(finding.outcome, Outcome::Fail, "{words:?}: {finding:?}");
        for word in words {
            assert!(finding.summary.contains(word), "{words:?}: {}", finding.summary);
        }
    }
    let silent = chooser(real.1, &[]).await;
    let cx = impatient(context(api("https", silent.port, Some(&authority)), &[]));
    assert_eq!(find(&cx, PROBE, json!({})).await.outcome, TIMED_OUT);
    assert_eq!(look(closed_port().await, &authority).await.outcome, UNREACHABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_once_has_not_refused_an_old_version() {
    let authority = Authority::new();
    let old = ["-cipher", "ALL:@SECLEVEL=0"];
    let real = OpenSsl::with(&authority, &authority.good(), &old).await;
    let port = real.1;
    let seen: Arc<[AtomicUsize; 2]> = Arc::default();
    let busy = Server::tcp(move |mut stream| {
        let seen = seen.clone();
        async move {
            let mut hello = vec![0; 4096];
            let read = stream.read(&mut hello).await.unwrap_or(0);
            hello.truncate(read);
            // Byte 10 is the lower half of the version: 1 and 2 are TLS 1.0 and 1.1.
            let version = hello.get(10).copied().unwrap_or_default();
            if let Some(count) = seen.get(usize::from(version).wrapping_sub(1))
                && count.fetch_add(1, Ordering::SeqCst) == 0
            {
                return;
            }
            let Ok(mut real) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            if real.write_all(&hello).await.is_ok() {
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut real).await;
            }
        }
    })
    .await;
    let cx = context(api("https", busy.port, Some(&authority)), &[]);
    let finding = find(&cx, "tls.legacy-refused", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
}
