//! Every task ends in exactly one finding, whatever happens on the way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_domain::id::ItemId;
use countersign_domain::template::ProbeUse;
use countersign_probes::context::Patience;
use countersign_probes::run::{Limits, Progress, Task, run};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::server::{Server, answer, api, context, handler};

fn task(item: &str, slot: u32, name: &str, params: Value) -> Task {
    let Value::Object(params) = params else { panic!("parameters are a map") };
    let item = ItemId::parse(item).expect("an id");
    Task { item, slot, probe: ProbeUse { name: name.to_owned(), params } }
}

/// Runs, and gives the findings in the order in which they came.
async fn findings(
    port: u16,
    tasks: Vec<Task>,
    limits: Limits,
    cancel: CancellationToken,
) -> Vec<(String, u32, Finding)> {
    let long = Duration::from_secs(30);
    let targets = Targets { source: Some(".".to_owned()), ..api("http", port, None) };
    let cx = context(targets, &[]).with_patience(Patience { connect: long, total: long });
    let (send, mut receive) = unbounded_channel();
    run(Arc::new(cx), tasks, limits, cancel, send).await;
    let mut all = Vec::new();
    while let Some(progress) = receive.recv().await {
        if let Progress::Finished { item, slot, finding } = progress {
            all.push((item.to_string(), slot, *finding));
        }
    }
    all
}

async fn silent() -> Server {
    Server::tcp(|mut stream| async move {
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink).await;
    })
    .await
}

fn health() -> Value {
    json!({"path": "/health", "expect": ["status == 200"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_gets_one_finding_and_guesses_come_last_if_allowed() {
    let server = Server::http(
        None,
        handler(|request| answer(if request.method == "POST" { 429 } else { 200 }, &[], "{}")),
    )
    .await;
    let tasks = || {
        vec![
            task("a", 0, "http.rate-limit", json!({})),
            task("b", 0, "http.expect", health()),
            task("c", 1, "http.expect", health()),
            task("d", 0, "no.such-probe", json!({})),
            task("e", 0, "http.expect", json!({"expect": 7})),
        ]
    };
    let refused = findings(server.port, tasks(), Limits::default(), CancellationToken::new()).await;
    let a = refused.iter().find(|(item, ..)| item == "a").expect("one finding");
    assert_eq!(a.2.outcome, Outcome::Inconclusive(Reason::NotAllowed));
    assert!(a.2.observed.contains("allowed first"), "{:?}", a.2);
    assert_eq!(server.count("/auth/login"), 0, "nothing active is sent unasked");
    assert_eq!(server.count("/health"), 1, "the same claim is looked at once");

    let limits = Limits { allow_active: true, ..Limits::default() };
    let all = findings(server.port, tasks(), limits, CancellationToken::new()).await;
    assert_eq!(all.len(), 5);
    assert_eq!(all[4].0, "a", "what others would notice comes last");
    let outcome =
        |item: &str| all.iter().find(|(own, ..)| own == item).map(|(.., finding)| finding.outcome);
    assert_eq!(outcome("a"), Some(Outcome::Pass));
    assert_eq!(outcome("b"), Some(Outcome::Pass));
    assert_eq!(outcome("c"), Some(Outcome::Pass));
    assert_eq!(outcome("d"), Some(Outcome::Inconclusive(Reason::Internal)));
    assert_eq!(outcome("e"), Some(Outcome::Inconclusive(Reason::Internal)));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_take_turns_while_everything_else_goes_on() {
    let server = silent().await;
    let sleep = |time: &str| json!({"run": ["sleep", time]});
    let tasks = vec![
        task("a", 0, "http.expect", health()),
        task("b", 0, "command.exit-zero", sleep("0.2")),
        task("c", 0, "command.exit-zero", sleep("0.3")),
    ];
    let limits =
        Limits { allow_active: true, per_probe: Duration::from_secs(4), ..Limits::default() };
    let all = findings(server.port, tasks, limits, CancellationToken::new()).await;
    let order: Vec<_> = all.iter().map(|(item, ..)| item.as_str()).collect();
    assert_eq!(order, ["b", "c", "a"], "nobody waits for the silent server");
    let [(.., first), (.., second), _] = all.as_slice() else { panic!("three findings") };
    assert_eq!([first.outcome, second.outcome], [Outcome::Pass; 2], "{all:?}");
    let ended = first.started_at + Duration::from_millis(first.took_ms);
    // The two clocks of a finding are read one after the other.
    let early = (ended - second.started_at).num_milliseconds();
    assert!(early <= 20, "the second began {early} ms before the first had ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_claim_and_the_run() {
    let server = silent().await;
    let short = Duration::from_millis(150);
    let per_probe = Limits { per_probe: short, ..Limits::default() };
    let whole = Limits { run: short, at_once: 1, ..Limits::default() };
    for limits in [per_probe, whole] {
        let tasks = vec![
            task("a", 0, "http.expect", json!({"path": "/a", "expect": ["true"]})),
            task("b", 0, "http.expect", json!({"path": "/b", "expect": ["true"]})),
        ];
        let start = Instant::now();
        let all = findings(server.port, tasks, limits, CancellationToken::new()).await;
        assert!(start.elapsed() < Duration::from_secs(2));
        assert_eq!(all.len(), 2);
        for (item, _, finding) in all {
            assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::TimedOut), "{item}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_ends_within_200_milliseconds_with_a_finding_for_each_task() {
    let mut best = Duration::MAX;
    // The machine, too, may pause for longer than that; it does not do so three times.
    for _ in 0..3 {
        best = best.min(time_to_end_after_cancel().await);
    }
    assert!(best < Duration::from_millis(200), "{best:?}");
}

async fn time_to_end_after_cancel() -> Duration {
    let server = silent().await;
    let tasks: Vec<_> = (0..20)
        .map(|n| task("a", n, "http.expect", json!({"path": format!("/{n}"), "expect": ["true"]})))
        .collect();
    let cancel = CancellationToken::new();
    let trigger = cancel.clone();
    let cancelled = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        trigger.cancel();
        Instant::now()
    });
    let limits = Limits { at_once: 4, ..Limits::default() };
    let all = findings(server.port, tasks, limits, cancel).await;
    let ended = Instant::now();
    assert_eq!(all.len(), 20);
    assert!(
        all.iter().all(|(.., finding)| finding.outcome == Outcome::Inconclusive(Reason::Cancelled))
    );
    ended.duration_since(cancelled.await.expect("the trigger ends"))
}
