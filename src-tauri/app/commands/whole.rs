//! The whole ledger verified in the background, streamed: on a thread of its own, so that no
//! other command waits for it.

use countersign_workflow::Failure;
use countersign_workflow::view::{CheckedView, LedgerView};
use tauri::State;
use tauri::ipc::Channel;

use crate::error::Answer;
use crate::session::Session;

#[tauri::command]
pub(crate) async fn check_ledger(
    session: State<'_, Session>,
    progress: Channel<CheckedView>,
) -> Answer<LedgerView> {
    let (home, cancel) = (session.home.clone(), session.begin_verification());
    let check = move || {
        home.check_ledger(&cancel, &mut |now| {
            // A window that is gone needs no progress.
            let _gone = progress.send(now);
        })
    };
    let answer = tauri::async_runtime::spawn_blocking(check).await;
    // The thread is gone: then nothing was found out either.
    Ok(answer.map_err(|_| Failure::Running)??)
}

#[tauri::command(async)]
pub(crate) fn cancel_ledger_check(session: State<'_, Session>) {
    session.stop_verification();
}
