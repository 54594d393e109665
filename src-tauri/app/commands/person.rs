//! Who is signed in: keys are made, opened and forgotten here.

use countersign_workflow::view::{AgentKeyView, CreateKey, KeyView, UseAgentKey};
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

#[tauri::command(async)]
pub(crate) fn agent_keys(session: State<'_, Session>) -> Answer<Vec<AgentKeyView>> {
    Ok(session.home.agent_keys()?)
}

/// Only refers to the key: its owner then signs in with it.
#[tauri::command(async)]
pub(crate) fn use_agent_key(session: State<'_, Session>, request: UseAgentKey) -> Answer<KeyView> {
    Ok(session.home.use_agent_key(&request)?)
}

#[tauri::command]
pub(crate) fn lock(session: State<'_, Session>) {
    session.leave();
}

/// Signs a person in. A key in ssh-agent takes no passphrase; the agent has to sign a
/// challenge instead.
pub(super) fn enter(
    session: &Session,
    wanted: &str,
    passphrase: &Zeroizing<String>,
) -> Answer<KeyView> {
    let key = session.home.unlock(wanted, passphrase)?;
    session.home.prove(&key)?;
    let view = session.home.key_by(key.fingerprint())?;
    session.enter(view.clone(), key);
    Ok(view)
}
