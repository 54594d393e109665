//! Who is signed in: keys are made, opened and forgotten here.

use countersign_workflow::view::{CreateKey, KeyView};
use tauri::State;
use zeroize::Zeroizing;

use crate::error::Answer;
use crate::session::Session;

#[tauri::command(async)]
pub(crate) fn create_key(session: State<'_, Session>, request: CreateKey) -> Answer<KeyView> {
    let passphrase = Zeroizing::new(request.passphrase);
    let view = session.home.create_key(None, &request.owner, &request.email, &passphrase)?;
    enter(&session, &view.fingerprint, &passphrase)
}

#[tauri::command(async)]
pub(crate) fn unlock(
    session: State<'_, Session>,
    key: String,
    passphrase: String,
) -> Answer<KeyView> {
    enter(&session, &key, &Zeroizing::new(passphrase))
}

#[tauri::command]
pub(crate) fn lock(session: State<'_, Session>) {
    session.leave();
}

pub(super) fn enter(
    session: &Session,
    wanted: &str,
    passphrase: &Zeroizing<String>,
) -> Answer<KeyView> {
    let key = session.home.unlock(wanted, passphrase)?;
    let view = session.home.key_by(key.fingerprint())?;
    session.enter(view.clone(), key);
    Ok(view)
}
