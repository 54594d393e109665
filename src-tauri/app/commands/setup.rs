//! Projects, checklists, the demo, the secrets bench.

use countersign_domain::id::ProjectId;
use countersign_workflow::demo::PASSPHRASE;
use countersign_workflow::view::{ProjectView, StrengthView, TemplateView};
use countersign_workflow::{Failure, ProjectFile, role_of, template};
use serde::Serialize;
use tauri::{AppHandle, Runtime, State};
use zeroize::Zeroizing;

use super::changed;
use super::person::enter;
use crate::error::Answer;
use crate::session::Session;

/// Where the demo stands.
#[derive(Debug, Serialize)]
pub(crate) struct Started {
    project: String,
    release: String,
}

#[tauri::command]
pub(crate) async fn start_demo<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
) -> Answer<Started> {
    let demo = session.home.start_demo().await?;
    enter(&session, &demo.key.fingerprint, &Zeroizing::new(PASSPHRASE.to_owned()))?;
    changed(&app);
    Ok(Started { project: demo.project.to_string(), release: demo.release.to_string() })
}

#[tauri::command(async)]
pub(crate) fn set_demo_faults<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    faults: bool,
) -> Answer<()> {
    session.home.set_demo_faults(faults)?;
    changed(&app);
    Ok(())
}

#[tauri::command(async)]
pub(crate) fn create_project<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    toml: String,
    roles: Vec<String>,
) -> Answer<ProjectView> {
    let file = ProjectFile::parse(&toml, session.home.path())?;
    let roles: Vec<_> = roles.iter().map(|role| role_of(role)).collect::<Result<_, _>>()?;
    let project = session.home.create_project(&*session.key()?, file, &roles)?;
    changed(&app);
    Ok(project)
}

#[tauri::command(async)]
pub(crate) fn import_checklist(
    session: State<'_, Session>,
    name: String,
    markdown: String,
) -> Answer<TemplateView> {
    let imported = template::import(&name, &markdown)?;
    session.home.keep_template(&imported.loaded)?;
    Ok(template::template_view(&imported.loaded))
}

#[tauri::command(async)]
pub(crate) fn templates(session: State<'_, Session>) -> Answer<Vec<TemplateView>> {
    Ok(session.home.templates()?.iter().map(template::template_view).collect())
}

#[tauri::command]
pub(crate) fn generate_secret(session: State<'_, Session>, kind: String) -> Answer<String> {
    Ok(session.home.generate_secret(&kind)?.to_string())
}

#[tauri::command]
pub(crate) fn judge_secret(name: String, value: String) -> StrengthView {
    countersign_workflow::judge_secret(&name, &Zeroizing::new(value))
}

#[tauri::command(async)]
pub(crate) fn judge_referenced_secret(
    session: State<'_, Session>,
    project: String,
    environment: String,
    name: String,
) -> Answer<StrengthView> {
    let project = ProjectId::parse(&project).map_err(Failure::from)?;
    Ok(session.home.judge_referenced_secret(&project, &environment, &name)?)
}
