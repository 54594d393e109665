//! What a run asks of servers at a time: never more than its caps, and no question twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign_domain::finding::{Finding, Outcome};
use countersign_domain::id::ItemId;
use countersign_domain::template::ProbeUse;
use countersign_probes::context::Context;
use countersign_probes::run::{Limits, Progress, Task, run};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::server::{Authority, Server, answer, api, context, handler};

fn task(slot: u32, name: &str, params: Value) -> Task {
    let Value::Object(params) = params else { panic!("parameters are a map") };
    let item = ItemId::parse("an.item").expect("an id");
    Task { item, slot, probe: ProbeUse { name: name.to_owned(), params } }
}

async fn findings(cx: Context, tasks: Vec<Task>, limits: Limits) -> Vec<Finding> {
    let (send, mut receive) = unbounded_channel();
    run(Arc::new(cx), tasks, limits, CancellationToken::new(), send).await;
    let mut all = Vec::new();
    while let Some(progress) = receive.recv().await {
        if let Progress::Finished { finding, .. } = progress {
            all.push(*finding);
        }
    }
    all
}

/// How many there are now, and how many there were at most.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// A server that takes its time, and counts those who wait.
async fn slow() -> (Server, Arc<Crowd>) {
    let own = Arc::new(Crowd::default());
    let crowd = own.clone();
    let server = Server::tcp(move |mut stream| {
        let own = crowd.clone();
        async move {
            own.enter();
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
            // Before the last byte, so that the next one may come as soon as it is read.
            own.leave();
            let _ = stream.write_all(answer(200, &[], "{}").as_bytes()).await;
        }
    })
    .await;
    (server, own)
}

/// As many looks, each at a page of its own.
fn looks(many: u32) -> Vec<Task> {
    let params = |n| json!({"path": format!("/{n}"), "expect": ["status == 200"]});
    (0..many).map(|n| task(n, "http.expect", params(n))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_sees_four_connections_at_a_time_at_most_and_a_run_no_more_than_its_cap() {
    let (server, here) = slow().await;
    for (at_once, most) in [(2, 2), (16, 4)] {
        here.most.store(0, Ordering::SeqCst);
        let cx = context(api("http", server.port, None), &[]);
        let limits = Limits { at_once, ..Limits::default() };
        let all = findings(cx, looks(24), limits).await;
        assert!(all.iter().all(|finding| finding.outcome == Outcome::Pass), "{all:#?}");
        assert_eq!(here.most(), most, "at once: {at_once}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_run_at_once_does() {
    let (server, _) = slow().await;
    let time = async |at_once| {
        let cx = context(api("http", server.port, None), &[]);
        let start = Instant::now();
        let all = findings(cx, looks(12), Limits { at_once, ..Limits::default() }).await;
        assert_eq!(all.len(), 12);
        start.elapsed()
    };
    let (alone, together) = (time(1).await, time(8).await);
    assert!(alone >= Duration::from_millis(12 * 60), "{alone:?}");
    assert!(together < alone * 2 / 3, "{together:?} together, {alone:?} one by one");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fetch_feeds_every_claim_that_looks_at_the_same_answer() {
    let authority = Authority::new();
    let identity = authority.good();
    let server = Server::http(
        Some(&identity),
        handler(|_| answer(200, &[("x-frame-options", "DENY")], "{}")),
    )
    .await;
    let claims =
        ["http.hsts", "headers.csp", "headers.frame-options", "headers.content-type-options"];
    let tasks = || (0..).zip(claims).map(|(slot, name)| task(slot, name, json!({}))).collect();
    let alone = {
        let cx = context(api("https", server.port, Some(&authority)), &[]);
        findings(cx, vec![task(0, claims[0], json!({}))], Limits::default()).await;
        server.requests.lock().expect("no panic").len()
    };
    server.requests.lock().expect("no panic").clear();
    let cx = context(api("https", server.port, Some(&authority)), &[]);
    let all = findings(cx, tasks(), Limits::default()).await;
    assert_eq!(all.len(), claims.len());
    let asked: Vec<_> = server
        .requests
        .lock()
        .expect("no panic")
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    let once: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), once.len(), "no question was asked twice: {asked:?}");
    assert!(asked.len() < alone * claims.len(), "{asked:?}, and {alone} for one claim");
}
