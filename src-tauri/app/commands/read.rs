//! Queries: what the window shows is read anew from the fold each time.

use countersign_domain::id::{EventId, ItemId, ProjectId};
use countersign_workflow::role_of;
use countersign_workflow::view::{
    ApprovalView, Board, EventView, ItemDetail, ProjectView, ReleaseView, StatementView,
    StatusView, TimelineRow,
};
use tauri::State;

use crate::error::Answer;
use crate::session::{Session, ids};

#[tauri::command(async)]
pub(crate) fn status(session: State<'_, Session>) -> Answer<StatusView> {
    Ok(session.home.status(session.who())?)
}

#[tauri::command(async)]
pub(crate) fn board(session: State<'_, Session>) -> Answer<Board> {
    Ok(session.home.board()?)
}

#[tauri::command(async)]
pub(crate) fn project(session: State<'_, Session>, project: String) -> Answer<ProjectView> {
    let project = ProjectId::parse(&project).map_err(countersign_workflow::Failure::from)?;
    Ok(session.home.project(&project)?)
}

#[tauri::command(async)]
pub(crate) fn release(
    session: State<'_, Session>,
    project: String,
    release: String,
) -> Answer<ReleaseView> {
    let (project, release) = ids(&project, &release)?;
    Ok(session.home.release(&project, &release)?)
}

#[tauri::command(async)]
pub(crate) fn approval(
    session: State<'_, Session>,
    project: String,
    release: String,
) -> Answer<ApprovalView> {
    let (project, release) = ids(&project, &release)?;
    Ok(session.home.approval(&project, &release)?)
}

#[tauri::command(async)]
pub(crate) fn item(
    session: State<'_, Session>,
    project: String,
    release: String,
    item: String,
) -> Answer<ItemDetail> {
    let (project, release) = ids(&project, &release)?;
    let item = ItemId::parse(&item).map_err(countersign_workflow::Failure::from)?;
    Ok(session.home.item(&project, &release, &item)?)
}

#[tauri::command(async)]
pub(crate) fn timeline(session: State<'_, Session>, project: String) -> Answer<Vec<TimelineRow>> {
    let project = ProjectId::parse(&project).map_err(countersign_workflow::Failure::from)?;
    Ok(session.home.timeline(&project)?)
}

#[tauri::command(async)]
pub(crate) fn event(
    session: State<'_, Session>,
    project: String,
    event: String,
) -> Answer<EventView> {
    let project = ProjectId::parse(&project).map_err(countersign_workflow::Failure::from)?;
    let event = EventId::parse(&event).map_err(countersign_workflow::Failure::from)?;
    Ok(session.home.event(&project, &event)?)
}

#[tauri::command(async)]
pub(crate) fn statement(
    session: State<'_, Session>,
    project: String,
    release: String,
    role: String,
) -> Answer<StatementView> {
    let (project, release) = ids(&project, &release)?;
    let key = session.key()?;
    Ok(session.home.statement(&project, &release, role_of(&role)?, key.fingerprint())?)
}
