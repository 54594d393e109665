//! Runs many claims at once and turns whatever happens into exactly one finding each: a
//! deadline, a cancelled run, a probe that panics, a name that nobody knows. Claims that
//! load or change the target are tested only when that was allowed; commands take turns
//! beside the others, and what would disturb the others comes last.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_domain::finding::{Finding, Outcome, Reason};
use countersign_domain::id::ItemId;
use countersign_domain::template::ProbeUse;
use futures::StreamExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::probe::{AnyProbe, DEADLINE, Doubt, Turn};
use crate::registry;
use crate::said::Listener;

/// One claim of one item.
#[derive(Debug, Clone)]
pub struct Task {
    /// The item that it belongs to.
    pub item: ItemId,
    /// Its place among the item's claims.
    pub slot: u32,
    /// The probe and its parameters.
    pub probe: ProbeUse,
}

/// Bounds of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For one claim; a probe that declares a longer deadline gets it.
    pub per_probe: Duration,
    /// For all claims together.
    pub run: Duration,
    /// Claims looked at at the same time, beside at most one command.
    pub at_once: usize,
    /// Whether claims that load or change the target may be tested.
    pub allow_active: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let run = Duration::from_secs(15 * 60);
        Self { per_probe: DEADLINE, run, at_once: 8, allow_active: false }
    }
}

/// What the run tells while it goes on.
#[derive(Debug, Clone)]
pub enum Progress {
    /// A claim is being looked at.
    Started {
        /// The item.
        item: ItemId,
        /// The place among its claims.
        slot: u32,
    },
    /// A look that takes its time says how far it is: the latest line of a command.
    Said {
        /// The item.
        item: ItemId,
        /// The place among its claims.
        slot: u32,
        /// One line, redacted and bounded.
        line: String,
    },
    /// A claim has its finding.
    Finished {
        /// The item.
        item: ItemId,
        /// The place among its claims.
        slot: u32,
        /// What came out.
        finding: Box<Finding>,
    },
}

/// The same claim with the same parameters, asked by one or more items: looked at once.
struct Group {
    probe: ProbeUse,
    asked_by: Vec<(ItemId, u32)>,
}

impl Group {
    fn turn(&self) -> Turn {
        registry::find(&self.probe.name).map_or(Turn::Shared, AnyProbe::turn)
    }
}

/// Looks at every claim. Each task gets exactly one [`Progress::Finished`]; a listener
/// that has gone away does not stop the run.
pub async fn run(
    cx: Arc<Context>,
    tasks: Vec<Task>,
    limits: Limits,
    cancel: CancellationToken,
    on: UnboundedSender<Progress>,
) {
    let groups = grouped(tasks);
    let (last, groups): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.turn() == Turn::Last);
    let (in_line, shared): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.turn() == Turn::InLine);
    let end = tokio::time::Instant::now() + limits.run;
    let round = Round { cx, limits, cancel, on, end };
    let together = |groups: Vec<Group>, at_once: usize| {
        futures::stream::iter(groups)
            .map(|group| round.settle(group))
            .buffer_unordered(at_once.max(1))
            .collect::<()>()
    };
    tokio::join!(together(shared, limits.at_once), together(in_line, 1));
    together(last, 1).await;
}

fn grouped(tasks: Vec<Task>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for Task { item, slot, probe } in tasks {
        let key = serde_json::to_string(&probe).unwrap_or_else(|_| format!("{item} {slot}"));
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.asked_by.push((item, slot)),
            None => groups.push(Group { probe, asked_by: vec![(item, slot)] }),
        }
    }
    groups
}

struct Round {
    cx: Arc<Context>,
    limits: Limits,
    cancel: CancellationToken,
    on: UnboundedSender<Progress>,
    end: tokio::time::Instant,
}

impl Round {
    async fn settle(&self, group: Group) {
        let started_at = self.cx.now();
        let clock = Instant::now();
        let finding = match self.look(&group).await {
            Ok(finding) => finding,
            Err(doubt) => Finding {
                started_at,
                took_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
                ..self.unlooked(&group.probe, &doubt)
            },
        };
        for (item, slot) in group.asked_by {
            let finding = Box::new(finding.clone());
            // Nobody listening is no reason to stop.
            let _ = self.on.send(Progress::Finished { item, slot, finding });
        }
    }

    async fn look(&self, group: &Group) -> Result<Finding, Doubt> {
        let ProbeUse { name, params } = &group.probe;
        if self.cancel.is_cancelled() {
            return Err(cancelled());
        }
        let probe = registry::find(name)
            .ok_or_else(|| Doubt::new(Reason::Internal, format!("no probe is called `{name}`")))?;
        if probe.definition().active && !self.limits.allow_active {
            return Err(not_allowed());
        }
        let _place = self.place_for(name).await;
        if self.cancel.is_cancelled() {
            return Err(cancelled());
        }
        for (item, slot) in &group.asked_by {
            let _ = self.on.send(Progress::Started { item: item.clone(), slot: *slot });
        }
        let wanted = probe.deadline(params);
        let deadline = if wanted > DEADLINE { wanted } else { self.limits.per_probe };
        let (cx, params) = (self.cx.clone(), params.clone());
        let (asked_by, on) = (group.asked_by.clone(), self.on.clone());
        let listener = Listener { cx: cx.clone(), asked_by, on };
        let look = listener.hear(async move { probe.run(&cx, &params).await });
        self.supervise(look, deadline).await
    }

    /// The claims of these families each open connections of their own to one server; they
    /// take turns as claims, because a claim that holds one place must not wait for another.
    async fn place_for(&self, probe: &str) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let family =
            ["redis.", "postgres."].into_iter().find(|family| probe.starts_with(family))?;
        let turn = format!("claims {family}*");
        tokio::select! {
            place = self.cx.place(&turn) => place,
            () = self.cancel.cancelled() => None,
        }
    }

    /// Lets `work` go on until it is done, breaks off, is cancelled or is late.
    async fn supervise(
        &self,
        work: impl Future<Output = Finding> + Send + 'static,
        deadline: Duration,
    ) -> Result<Finding, Doubt> {
        let mut work = tokio::spawn(work);
        let ended = tokio::select! {
            done = &mut work => {
                return done.map_err(|_| {
                    Doubt::new(Reason::Internal, "the probe broke off: this is a bug of ours")
                });
            }
            () = self.cancel.cancelled() => cancelled(),
            () = tokio::time::sleep(deadline) => {
                Doubt::new(Reason::TimedOut, format!("not done after {} s", deadline.as_secs_f32()))
            }
            () = tokio::time::sleep_until(self.end) => {
                Doubt::new(Reason::TimedOut, "the time for the whole run was over")
            }
        };
        work.abort();
        Err(ended)
    }

    fn unlooked(&self, probe: &ProbeUse, doubt: &Doubt) -> Finding {
        let found = registry::find(&probe.name);
        self.cx.redactor().clean(Finding {
            probe: probe.name.clone(),
            rules: found.map_or(0, |found| found.definition().rules),
            target: String::new(),
            outcome: Outcome::Inconclusive(doubt.reason),
            summary: format!("Could not tell: {}", doubt.reason.words()),
            expected: found
                .map_or_else(String::new, |found| AnyProbe::expected(found, &probe.params)),
            observed: doubt.seen.clone(),
            reproduce: None,
            notes: Vec::new(),
            transcript: Vec::new(),
            started_at: self.cx.now(),
            took_ms: 0,
        })
    }
}

fn cancelled() -> Doubt {
    Doubt::new(Reason::Cancelled, "the run was cancelled before this claim was tested")
}

fn not_allowed() -> Doubt {
    let seen = "not tested: this look loads the target (failed logins, say) or runs a command \
                of the checklist, and must be allowed first";
    Doubt::new(Reason::NotAllowed, seen)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use countersign_domain::environment::{Environment, Targets};

    use super::*;

    #[tokio::test]
    async fn a_probe_that_panics_becomes_a_doubt_about_ourselves() {
        let environment = Environment {
            name: "test".to_owned(),
            production: false,
            demo: false,
            targets: Targets::default(),
            secrets: BTreeMap::new(),
            facts: BTreeMap::new(),
        };
        let clock = Arc::new(|| chrono::DateTime::UNIX_EPOCH);
        let cx = Context::new(environment, BTreeMap::new(), clock, std::path::PathBuf::new());
        let (on, _listener) = tokio::sync::mpsc::unbounded_channel();
        let end = tokio::time::Instant::now() + Duration::from_secs(5);
        let (limits, cancel) = (Limits::default(), CancellationToken::new());
        let round = Round { cx: Arc::new(cx), limits, cancel, on, end };
        let ended = round.supervise(async { panic!("on purpose") }, Duration::from_secs(5)).await;
        assert_eq!(ended.map_err(|doubt| doubt.reason), Err(Reason::Internal));
    }
}
