//! One check run as pipelines read it: JUnit XML and SARIF. A function of the events: the
//! same run gives the same bytes.

mod junit;
mod sarif;

use countersign_domain::environment::Environment;
use countersign_domain::event::Body;
use countersign_domain::finding::{Finding, Outcome};
use countersign_domain::fold::Fold;
use countersign_domain::id::{ItemId, ProjectId, ReleaseId, RunId};
use countersign_domain::state::{Release, Run};
use countersign_domain::template::{Item, Section};

pub use junit::junit;
pub use sarif::sarif;

/// What is said of a probe, in plain words; the definitions themselves belong to the probes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The claim, one sentence.
    pub claim: String,
    /// Why it matters.
    pub why: String,
    /// What it cannot see.
    pub blind: String,
    /// How to make the claim true.
    pub remedy: String,
}

/// One item of a run with the findings of its probes.
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    /// Its section.
    pub section: &'a Section,
    /// The item.
    pub item: &'a Item,
    /// The latest finding of each of its probes in this run, by its place among them.
    pub findings: Vec<(u32, &'a Finding)>,
}

impl Checked<'_> {
    /// Whether every one of its probes has a finding.
    fn is_whole(&self) -> bool {
        self.findings.len() >= self.item.probes.len()
    }

    fn worst(&self) -> Option<Outcome> {
        Outcome::worst(self.findings.iter().map(|(_, finding)| finding.outcome))
    }

    fn deciding(&self) -> Option<&Finding> {
        let worst = self.worst()?;
        self.findings.iter().map(|(_, finding)| *finding).find(|known| known.outcome == worst)
    }
}

/// A check run, taken out of the events.
#[derive(Debug, Clone)]
pub struct CheckRun<'a> {
    /// The project.
    pub project: &'a ProjectId,
    /// Its name.
    pub project_name: &'a str,
    /// The release.
    pub release: &'a Release,
    /// The environment that was looked at.
    pub environment: Option<&'a Environment>,
    /// The run.
    pub run: &'a Run,
    /// Its items in the order of the checklist.
    pub items: Vec<Checked<'a>>,
}

impl<'a> CheckRun<'a> {
    /// The run of that id; `None` when the release has none.
    #[must_use]
    pub fn of(fold: &'a Fold, release: &ReleaseId, run: &RunId) -> Option<Self> {
        let project = fold.project()?;
        let release = project.releases.get(release)?;
        let run = release.runs.iter().find(|known| known.id == *run)?;
        let items = release.template.items().filter(|(_, item)| run.items.contains(&item.id));
        Some(Self {
            project: &project.id,
            project_name: &project.name,
            release,
            environment: project.environment(&release.environment),
            run,
            items: items
                .map(|(section, item)| Checked {
                    section,
                    item,
                    findings: findings(fold, &release.id, &run.id, &item.id),
                })
                .collect(),
        })
    }

    /// Whether the run came to its end and every claim has its finding.
    fn is_whole(&self) -> bool {
        let finished = self.run.finished.is_some_and(|(_, cancelled)| !cancelled);
        finished && self.items.iter().all(Checked::is_whole)
    }
}

/// The findings of one item in one run. What the fold refused is not among them.
fn findings<'a>(
    fold: &'a Fold,
    release: &ReleaseId,
    run: &RunId,
    item: &ItemId,
) -> Vec<(u32, &'a Finding)> {
    let mut found = std::collections::BTreeMap::new();
    for entry in fold.trail().iter().filter(|entry| entry.refused.is_none()) {
        if let Body::FindingRecorded { release: of, run: by, item: about, slot, finding } =
            &entry.event.envelope().body
            && (of, by, about) == (release, run, item)
        {
            found.insert(*slot, finding);
        }
    }
    found.into_iter().collect()
}
