//! Check runs, streamed.

use countersign_domain::id::ItemId;
use countersign_workflow::Failure;
use countersign_workflow::check::Selection;
use countersign_workflow::view::{CheckView, ProgressView};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use super::changed;
use crate::error::Answer;
use crate::session::{Session, ids};

#[tauri::command]
pub(crate) async fn start_check<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    project: String,
    release: String,
    items: Vec<String>,
    allow_active: bool,
    progress: Channel<ProgressView>,
) -> Answer<CheckView> {
    let (project, release) = ids(&project, &release)?;
    let items: Result<_, Failure> =
        items.iter().map(|item| ItemId::parse(item).map_err(Failure::from)).collect();
    let selection = Selection { items: items?, allow_active, after: false };
    let key = session.key()?;
    let tell = |step| {
        if matches!(step, ProgressView::Finished { .. }) {
            changed(&app);
        }
        // A window that is gone does not stop the run.
        let _gone = progress.send(step);
    };
    let answer = session.home.check(&key, &project, &release, selection, tell).await;
    changed(&app);
    Ok(answer?)
}

#[tauri::command(async)]
pub(crate) fn cancel_check(
    session: State<'_, Session>,
    project: String,
    release: String,
) -> Answer<()> {
    let (_, release) = ids(&project, &release)?;
    session.home.cancel_check(&release);
    Ok(())
}
