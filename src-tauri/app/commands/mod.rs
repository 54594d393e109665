//! The window's commands. Each takes its arguments apart, calls one verb of `workflow`, and
//! says that the ledger changed where it did.

mod act;
mod check;
mod packet;
mod person;
mod read;
mod record;
mod setup;
mod whole;

pub(crate) use act::*;
pub(crate) use check::*;
pub(crate) use packet::*;
pub(crate) use person::*;
pub(crate) use read::*;
pub(crate) use record::*;
pub(crate) use setup::*;
pub(crate) use whole::*;

use tauri::{AppHandle, Emitter as _, Runtime};

/// Tells the window to query again.
pub(crate) fn changed<R: Runtime>(app: &AppHandle<R>) {
    // A window that is gone needs no news.
    let _gone = app.emit("ledger-changed", ());
}
