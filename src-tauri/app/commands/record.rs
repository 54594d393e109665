//! The audit record out as a file, and any bundle checked.

use std::path::Path;

use countersign_workflow::view::{BundleView, VerifyView};
use countersign_workflow::{Format, Requirements, verify_file};
use tauri::State;

use crate::error::Answer;
use crate::session::{Session, ids};

#[tauri::command(async)]
pub(crate) fn export_bundle(
    session: State<'_, Session>,
    project: String,
    release: String,
) -> Answer<BundleView> {
    let (project, release) = ids(&project, &release)?;
    Ok(session.home.export_bundle(&project, &release, None)?)
}

/// The record in a format of others: `pdf`, `oscal` or `hdf`.
#[tauri::command(async)]
pub(crate) fn export_as(
    session: State<'_, Session>,
    project: String,
    release: String,
    format: String,
) -> Answer<BundleView> {
    let (project, release) = ids(&project, &release)?;
    Ok(session.home.export_as(&project, &release, Format::unsigned(&format)?, None)?)
}

#[tauri::command(async)]
pub(crate) fn verify_bundle(path: String) -> Answer<VerifyView> {
    Ok(verify_file(Path::new(&path), &Requirements::default())?)
}
