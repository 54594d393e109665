//! Probes by themselves, for people who write a checklist: what there is, and one tried
//! against an environment, without a release, a key or a ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_domain::environment::Environment;
use countersign_domain::finding::Finding;
use countersign_domain::id::{ItemId, ProjectId};
use countersign_domain::template::ProbeUse;
use countersign_probes::context::Context;
use countersign_probes::probe::Definition;
use countersign_probes::registry;
use countersign_probes::run::{Limits, Progress, Task, run};
use countersign_probes::secrets::resolve::resolve;
use serde_json::{Map, Value};
use tokio::sync::mpsc::unbounded_channel;

use crate::error::Failure;
use crate::home::{Cancel, Home, World};
use crate::project::pick;
use crate::query;
use crate::view::{NoteView, ProbeTrial, ProbeView};

/// The item that a trial stands for; no checklist has it.
const TRIAL: &str = "trial";

/// Every probe, sorted by name.
#[must_use]
pub fn probes() -> Vec<ProbeView> {
    registry::all().iter().map(|probe| view(probe.definition())).collect()
}

/// The probe of that name.
///
/// # Errors
/// [`Failure::NotFound`].
pub fn probe(name: &str) -> Result<ProbeView, Failure> {
    registry::definition(name).map(view).ok_or_else(|| Failure::NotFound {
        what: "probe",
        name: name.chars().take(80).collect(),
        hint: "`countersign probe list` shows the probes",
    })
}

fn view(known: &Definition) -> ProbeView {
    ProbeView {
        name: known.name.to_owned(),
        rules: known.rules,
        claim: known.claim.to_owned(),
        why: known.why.to_owned(),
        how: known.how.to_owned(),
        blind: known.blind.to_owned(),
        remedy: known.remedy.to_owned(),
        active: known.active,
    }
}

/// A parameter from `key=value`. The value is read as TOML, so that numbers, lists and
/// tables are what they look like; what is no TOML is text.
///
/// # Errors
/// [`Failure::Input`] when there is no key.
pub fn parameter(text: &str) -> Result<(String, Value), Failure> {
    let (key, value) = text.split_once('=').unwrap_or_default();
    let key = key.trim();
    if key.is_empty() {
        return Err(Failure::Input {
            field: "param",
            problem: format!("{text:?} has no name"),
            hint: "Give it as name=value, such as min_days=30 or paths='[\"/\"]'",
        });
    }
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"));
    let value = parsed
        .ok()
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"))
        .and_then(|value| serde_json::to_value(value).ok())
        .unwrap_or_else(|| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

/// Which probe to try, and whether it may change anything.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its name.
    pub probe: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Whether a probe that loads or changes the target, or runs a command, may run.
    pub allow_active: bool,
}

/// Tries one probe. Paths that the environment leaves relative start at `base`.
///
/// # Errors
/// [`Failure::NotFound`] for the name, [`Failure::Input`] for the parameters.
pub async fn try_probe(
    world: &World,
    environment: Environment,
    base: &Path,
    trial: Trial,
    cancel: Cancel,
    mut hear: impl FnMut(&str) + Send,
) -> Result<ProbeTrial, Failure> {
    let known = probe(&trial.probe)?;
    let wanted = ProbeUse { name: trial.probe, params: trial.params };
    registry::check_use(&wanted).map_err(|problem| Failure::Input {
        field: "param",
        problem,
        hint: "See docs/probes.md, or `countersign probe show NAME`",
    })?;
    let name = environment.name.clone();
    let base = environment.targets.source.as_ref().map_or_else(|| base.to_owned(), PathBuf::from);
    let variable = world.variable.clone();
    let (secrets, _missing) = resolve(&environment, &base, &|name| variable(name));
    let context = Arc::new(Context::new(environment, secrets, world.now.clone(), base));
    let limits = Limits { allow_active: trial.allow_active, ..Limits::default() };
    let task = Task { item: ItemId::parse(TRIAL)?, slot: 0, probe: wanted };
    let (on, mut news) = unbounded_channel();
    let running = tokio::spawn(run(context, vec![task], limits, cancel, on));
    let mut found = None;
    while let Some(progress) = news.recv().await {
        match progress {
            Progress::Started { .. } => {}
            Progress::Said { line, .. } => hear(&line),
            Progress::Finished { finding, .. } => found = Some(*finding),
        }
    }
    let _ended = running.await;
    let finding = found.ok_or_else(|| Failure::NotFound {
        what: "verdict of",
        name: known.name.clone(),
        hint: "This is a mistake of this program: please report it",
    })?;
    Ok(trial_view(&known, name, finding))
}

fn trial_view(known: &ProbeView, environment: String, finding: Finding) -> ProbeTrial {
    let notes = finding.notes.into_iter();
    ProbeTrial {
        probe: finding.probe,
        rules: finding.rules,
        claim: known.claim.clone(),
        environment,
        target: finding.target,
        transcript: finding.transcript,
        reproduce: finding.reproduce,
        outcome: query::outcome_code(Some(finding.outcome)),
        reason: finding.outcome.reason().map(|reason| reason.words().to_owned()),
        summary: finding.summary,
        expected: finding.expected,
        observed: finding.observed,
        notes: notes.map(|note| NoteView { code: note.code, text: note.text }).collect(),
        took_ms: finding.took_ms,
    }
}

impl Home {
    /// An environment of a project in the ledger, by name or the only one.
    ///
    /// # Errors
    /// [`Failure::NotFound`] or [`Failure::Input`].
    pub fn environment(
        &self,
        project: &ProjectId,
        name: Option<&str>,
    ) -> Result<Environment, Failure> {
        let environments = self.read(project, |fold| {
            Ok(fold.project().map(|known| known.environments.clone()).unwrap_or_default())
        })?;
        pick(environments, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_parameter_is_what_it_looks_like() {
        for (text, key, value) in [
            ("min_days=30", "min_days", json!(30)),
            ("paths=[\"/\", \"/health\"]", "paths", json!(["/", "/health"])),
            ("path=/auth/me", "path", json!("/auth/me")),
            ("path=\"/a=b\"", "path", json!("/a=b")),
            ("flag=true", "flag", json!(true)),
            ("text=1\nother=2", "text", json!("1\nother=2")),
            ("text=", "text", json!("")),
        ] {
            let (found, parsed) = parameter(text).expect(text);
            assert_eq!((found.as_str(), &parsed), (key, &value), "{text}");
        }
        for text in ["", "=7", "min_days"] {
            assert!(parameter(text).is_err(), "{text}");
        }
    }
}
