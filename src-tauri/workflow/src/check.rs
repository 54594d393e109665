//! Check runs: the environment is looked at, and each verdict is in the ledger before it is
//! shown.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use countersign_domain::environment::Environment;
use countersign_domain::event::Body;
use countersign_domain::finding::{Finding, Outcome};
use countersign_domain::id::{ItemId, ProjectId, ReleaseId, RunId};
use countersign_ledger::keys::UnlockedKey;
use countersign_probes::context::Context;
use countersign_probes::run::{Limits, Progress, Task, run};
use countersign_probes::secrets::resolve::resolve;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::error::Failure;
use crate::home::Home;
use crate::query;
use crate::view::{CheckView, ItemResult, NoteView, ProgressView};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these items; every item with a probe when empty.
    pub items: Vec<ItemId>,
    /// Whether probes that load or change the target may run in production.
    pub allow_active: bool,
    /// Whether items of the phases after the deployment are looked at, too.
    pub after: bool,
}

struct Plan {
    environment: Environment,
    tasks: Vec<Task>,
    items: Vec<ItemId>,
    titles: Vec<(ItemId, String, &'static str)>,
}

/// Removes the run from the table however the run ends.
struct Registered<'a>(&'a Home, &'a ReleaseId);

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner).remove(self.1);
    }
}

impl Home {
    /// Looks at the environment of a release. Every finding is signed and stored before
    /// `tell` hears of it.
    ///
    /// # Errors
    /// [`Failure::Running`], or a refusal or ledger trouble; findings stored before stay.
    pub async fn check(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        release: &ReleaseId,
        selection: Selection,
        mut tell: impl FnMut(ProgressView) + Send,
    ) -> Result<CheckView, Failure> {
        let started = Instant::now();
        let mut plan = self.plan(project, release, &selection)?;
        if plan.environment.demo {
            self.ensure_demo_target(&plan.environment).await?;
            // Its ports may be other ones now.
            plan = self.plan(project, release, &selection)?;
        }
        let cancel = CancellationToken::new();
        let _registered = self.register(release, cancel.clone())?;
        let run_id = RunId::parse(&self.fresh("run"))?;
        let body = Body::CheckStarted {
            release: release.clone(),
            run: run_id.clone(),
            items: plan.items.clone(),
        };
        self.act(key, project, body)?;
        let total = u32::try_from(plan.tasks.len()).unwrap_or(u32::MAX);
        tell(ProgressView::Began { run: run_id.to_string(), total });

        let allow_active = selection.allow_active || !plan.environment.production;
        let context = Arc::new(self.context(plan.environment));
        let limits = Limits { allow_active, ..Limits::default() };
        let (on, mut news) = unbounded_channel();
        let running = tokio::spawn(run(context, plan.tasks, limits, cancel.clone(), on));
        let mut found: Vec<(ItemId, Finding)> = Vec::new();
        let mut stored = Ok(());
        while let Some(progress) = news.recv().await {
            match progress {
                Progress::Started { item, .. } => {
                    tell(ProgressView::Started { item: item.to_string() });
                }
                Progress::Said { item, line, .. } => {
                    tell(ProgressView::Said { item: item.to_string(), line });
                }
                Progress::Finished { item, slot, finding } => {
                    let body = Body::FindingRecorded {
                        release: release.clone(),
                        run: run_id.clone(),
                        item: item.clone(),
                        slot,
                        finding: (*finding).clone(),
                    };
                    stored = self.act(key, project, body).map(|_| ());
                    if stored.is_err() {
                        cancel.cancel();
                        break;
                    }
                    found.push((item.clone(), *finding));
                    let done = u32::try_from(found.len()).unwrap_or(u32::MAX);
                    tell(finished(&item, &found[found.len() - 1].1, done, total));
                }
            }
        }
        drop(news);
        // The run itself always returns; a panic in it would be ours and is reported as such.
        if running.await.is_err() && stored.is_ok() {
            cancel.cancel();
        }
        stored?;
        let cancelled = cancel.is_cancelled();
        let body = Body::CheckFinished { release: release.clone(), run: run_id.clone(), cancelled };
        self.act(key, project, body)?;
        tell(ProgressView::Ended { cancelled });
        Ok(CheckView {
            run: run_id.to_string(),
            cancelled,
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            items: results(&plan.titles, &found),
        })
    }

    /// Stops the check run of a release, if there is one in this process.
    pub fn cancel_check(&self, release: &ReleaseId) {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cancel) = runs.get(release) {
            cancel.cancel();
        }
    }

    /// Whether a check run of the release is under way in this process.
    #[must_use]
    pub fn is_running(&self, release: &ReleaseId) -> bool {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).contains_key(release)
    }

    fn register<'a>(
        &'a self,
        release: &'a ReleaseId,
        cancel: CancellationToken,
    ) -> Result<Registered<'a>, Failure> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.contains_key(release) {
            return Err(Failure::Running);
        }
        runs.insert(release.clone(), cancel);
        Ok(Registered(self, release))
    }

    fn plan(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
        selection: &Selection,
    ) -> Result<Plan, Failure> {
        self.read(project, |fold| {
            let (known, release) = query::find(fold, release)?;
            let environment = known.environment(&release.environment).ok_or_else(|| {
                let name = release.environment.clone();
                countersign_domain::refusal::Refusal::UnknownEnvironment(name)
            })?;
            if let Some(unknown) =
                selection.items.iter().find(|item| release.template.item(item).is_none())
            {
                return Err(Failure::NotFound {
                    what: "item",
                    name: unknown.to_string(),
                    hint: "`countersign release show` lists the items",
                });
            }
            let after = selection.after || release.deployment.is_some();
            let chosen: Vec<_> = release
                .template
                .items()
                .filter(|(section, item)| {
                    let wanted = if selection.items.is_empty() {
                        section.phase.gates_deployment() || after
                    } else {
                        selection.items.contains(&item.id)
                    };
                    wanted && !item.probes.is_empty()
                })
                .collect();
            let tasks = chosen
                .iter()
                .flat_map(|(_, item)| {
                    item.probes.iter().zip(0u32..).map(|(probe, slot)| Task {
                        item: item.id.clone(),
                        slot,
                        probe: probe.clone(),
                    })
                })
                .collect();
            Ok(Plan {
                environment: environment.clone(),
                tasks,
                items: chosen.iter().map(|(_, item)| item.id.clone()).collect(),
                titles: chosen
                    .iter()
                    .map(|(section, item)| {
                        (item.id.clone(), item.title.clone(), item.severity_in(section).code())
                    })
                    .collect(),
            })
        })
    }

    /// What probes need to know: secrets are read here, and forgotten with the context.
    fn context(&self, environment: Environment) -> Context {
        let source = environment.targets.source.as_ref().map(PathBuf::from);
        let base = source.unwrap_or_else(|| self.path().to_owned());
        let variable = self.world.variable.clone();
        let (secrets, _missing) = resolve(&environment, &base, &|name| variable(name));
        Context::new(environment, secrets, self.world.now.clone(), base)
    }
}

fn finished(item: &ItemId, finding: &Finding, done: u32, total: u32) -> ProgressView {
    ProgressView::Finished {
        item: item.to_string(),
        probe: finding.probe.clone(),
        outcome: query::outcome_code(Some(finding.outcome)),
        reason: finding.outcome.reason().map(|reason| reason.words().to_owned()),
        summary: finding.summary.clone(),
        done,
        total,
    }
}

/// One result for each item: the finding that decides its verdict.
fn results(
    titles: &[(ItemId, String, &'static str)],
    found: &[(ItemId, Finding)],
) -> Vec<ItemResult> {
    titles
        .iter()
        .filter_map(|(id, title, severity)| {
            let mine: Vec<_> =
                found.iter().filter(|(item, _)| item == id).map(|(_, finding)| finding).collect();
            let worst = Outcome::worst(mine.iter().map(|finding| finding.outcome))?;
            let deciding = mine.iter().find(|finding| finding.outcome == worst)?;
            Some(ItemResult {
                id: id.to_string(),
                title: title.clone(),
                severity: (*severity).to_owned(),
                outcome: query::outcome_code(Some(worst)),
                reason: worst.reason().map(|reason| reason.words().to_owned()),
                summary: deciding.summary.clone(),
                expected: deciding.expected.clone(),
                observed: deciding.observed.clone(),
                reproduce: deciding.reproduce.clone(),
                notes: mine
                    .iter()
                    .flat_map(|finding| &finding.notes)
                    .map(|note| NoteView { code: note.code.clone(), text: note.text.clone() })
                    .collect(),
            })
        })
        .collect()
}
