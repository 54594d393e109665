//! Packets and enrollment cards: how projects and people come from other machines.

use std::path::Path;

use countersign_domain::id::{Fingerprint, ProjectId};
use countersign_workflow::view::{CardView, MergeView, PacketLook, PacketView};
use countersign_workflow::{Card, Failure};
use tauri::{AppHandle, Runtime, State};

use super::changed;
use crate::error::Answer;
use crate::session::Session;

#[tauri::command(async)]
pub(crate) fn write_packet(session: State<'_, Session>, project: String) -> Answer<PacketView> {
    let project = ProjectId::parse(&project).map_err(Failure::from)?;
    Ok(session.home.write_packet(&project, &[], None)?)
}

#[tauri::command(async)]
pub(crate) fn look_at_packet(session: State<'_, Session>, path: String) -> Answer<PacketLook> {
    Ok(session.home.look_at_packet(Path::new(&path))?)
}

#[tauri::command(async)]
pub(crate) fn open_packet<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    path: String,
    trust: Option<String>,
    accept_fork: bool,
) -> Answer<MergeView> {
    let trust = trust.map(|key| Fingerprint::parse(&key)).transpose().map_err(Failure::from)?;
    let merged = session.home.open_packet(Path::new(&path), trust.as_ref(), accept_fork)?;
    changed(&app);
    Ok(merged)
}

#[tauri::command(async)]
pub(crate) fn write_card(session: State<'_, Session>) -> Answer<CardView> {
    Ok(session.home.write_card(&*session.key()?, None)?)
}

#[tauri::command]
pub(crate) fn read_card(text: String) -> Answer<CardView> {
    Ok(Card::read_text(&text)?)
}
