//! A release of the built-in checklist over one deployment, ready to be checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_tests::{MailAgent, Opened, open_release};
use countersign_workflow::check::Selection;
use countersign_workflow::view::{CheckView, ItemResult, OutcomeCode};
use countersign_workflow::{Home, UnlockedKey, World};

/// The section whose items run commands, which takes seconds each.
pub(crate) const TESTS: &str = "tests.";

/// An open release, and the home that keeps it.
pub(crate) struct Release {
    home: Home,
    key: UnlockedKey,
    project: ProjectId,
    release: ReleaseId,
    _folder: tempfile::TempDir,
}

impl Release {
    /// A release over the environment of `agent`.
    pub(crate) fn open(agent: &MailAgent) -> Result<Self> {
        Self::over(&agent.project(), agent.secrets.iter())
    }

    /// A release over the environment `staging` of a project file.
    pub(crate) fn over<'a>(
        project: &str,
        secrets: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let values: BTreeMap<String, String> =
            secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let world =
            World { variable: Arc::new(move |name| values.get(name).cloned()), ..World::real() };
        let home = Home::open(folder.path(), world)?;
        let Opened { key, release, .. } = open_release(&home, project, folder.path())?;
        let project = ProjectId::parse(&release.row.project)?;
        let release = ReleaseId::parse(&release.row.id)?;
        Ok(Self { home, key, project, release, _folder: folder })
    }

    /// Looks at the items that `wanted` takes, active ones and later phases included.
    pub(crate) async fn check(&self, wanted: impl Fn(&str) -> bool) -> Result<Run> {
        let items = probed(&wanted)?;
        let selection = Selection { items, allow_active: true, after: true };
        let view =
            self.home.check(&self.key, &self.project, &self.release, selection, |_| {}).await?;
        Ok(Run(view))
    }

    /// The folder with ledger and keys.
    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }
}

/// The items of the built-in checklist that a probe looks at.
fn probed(wanted: &impl Fn(&str) -> bool) -> Result<Vec<ItemId>> {
    let text = include_str!("../../../src-tauri/templates/production-security.toml");
    let template: toml::Table = text.parse()?;
    let list = |table: &toml::Table, name: &str| -> Vec<toml::Table> {
        let list = table.get(name).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|value| value.as_table().cloned()).collect()
    };
    let mut items = Vec::new();
    for item in list(&template, "section").iter().flat_map(|section| list(section, "item")) {
        let id = item.get("id").and_then(toml::Value::as_str).unwrap_or_default();
        if item.contains_key("probes") && wanted(id) {
            items.push(ItemId::parse(id)?);
        }
    }
    Ok(items)
}

/// What a check run found.
pub(crate) struct Run(CheckView);

impl Run {
    /// The items with this outcome.
    pub(crate) fn with(&self, outcome: OutcomeCode) -> BTreeSet<&str> {
        self.results(outcome).map(|result| result.id.as_str()).collect()
    }

    /// The items that were looked at and whose id starts so.
    pub(crate) fn about(&self, starts: &[&str]) -> impl Iterator<Item = &str> {
        let ids = self.0.items.iter().map(|result| result.id.as_str());
        ids.filter(|id| starts.iter().any(|start| id.starts_with(start)))
    }

    /// The items with this outcome and everything that a person would want to know, for a test's message.
    pub(crate) fn told(&self, outcome: OutcomeCode) -> String {
        let line = |r: &ItemResult| {
            let reason = r.reason.as_deref().unwrap_or_default();
            format!("  {}: {} [{reason}] ({})\n", r.id, r.summary, r.observed)
        };
        self.results(outcome).map(line).collect()
    }

    /// Holds that exactly these items fail, of those that a probe looked at, and that each
    /// says what was wanted and what was seen.
    pub(crate) fn fails_exactly(&self, case: &str, items: &[&str]) {
        let looked_at: BTreeSet<_> = self.0.items.iter().map(|r| r.id.as_str()).collect();
        let expected: BTreeSet<_> =
            items.iter().copied().filter(|id| looked_at.contains(id)).collect();
        let failed = self.with(OutcomeCode::Fail);
        assert_eq!(
            failed,
            expected,
            "{case}\nfailed:\n{}unclear:\n{}",
            self.told(OutcomeCode::Fail),
            self.told(OutcomeCode::Inconclusive)
        );
        for result in self.results(OutcomeCode::Fail) {
            assert!(!result.expected.is_empty() && !result.observed.is_empty(), "{}", result.id);
        }
    }

    fn results(&self, outcome: OutcomeCode) -> impl Iterator<Item = &ItemResult> {
        self.0.items.iter().filter(move |result| result.outcome == outcome)
    }
}
