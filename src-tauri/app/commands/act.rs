//! What a person does to a release, or to the roster.

use countersign_workflow::view::{
    AttachEvidence, Attest, ChangeAnswer, CloseRelease, DecideChange, DecideException,
    DeclareEmergency, EnrollMember, ItemDetail, OpenRelease, ProjectView, RecordDeployment,
    ReleaseView, RequestException, SignOff, VerifyDeployment,
};
use tauri::{AppHandle, Runtime, State};
use zeroize::Zeroizing;

use super::changed;
use crate::error::Answer;
use crate::session::Session;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $answer:ty = $verb:ident;)*) => {$(
        $(#[$doc])*
        #[tauri::command(async)]
        pub(crate) fn $name<R: Runtime>(
            app: AppHandle<R>,
            session: State<'_, Session>,
            request: $request,
        ) -> Answer<$answer> {
            let answer = session.home.$verb(&*session.key()?, &request)?;
            changed(&app);
            Ok(answer)
        }
    )*};
}

acts! {
    enroll_member(EnrollMember) -> ChangeAnswer = enroll;
    decide_change(DecideChange) -> ProjectView = decide_change;
    open_release(OpenRelease) -> ReleaseView = open_release;
    attest(Attest) -> ItemDetail = attest;
    attach_evidence(AttachEvidence) -> ItemDetail = attach;
    request_exception(RequestException) -> ItemDetail = request_exception;
    decide_exception(DecideException) -> ReleaseView = decide_exception;
    record_deployment(RecordDeployment) -> ReleaseView = record_deployment;
    verify_deployment(VerifyDeployment) -> ReleaseView = verify_deployment;
    declare_emergency(DeclareEmergency) -> ReleaseView = declare_emergency;
    close_release(CloseRelease) -> ReleaseView = close_release;
}

/// Each signature opens the key anew with the passphrase; a key in ssh-agent is asked there,
/// and the request says that its owner confirmed the statement.
#[tauri::command(async)]
pub(crate) fn sign_off<R: Runtime>(
    app: AppHandle<R>,
    session: State<'_, Session>,
    mut request: SignOff,
) -> Answer<ReleaseView> {
    let passphrase = Zeroizing::new(std::mem::take(&mut request.passphrase));
    let wanted = session.key()?.fingerprint().to_string();
    let key = session.home.unlock(&wanted, &passphrase)?;
    let answer = session.home.sign_off(&key, &request);
    changed(&app);
    Ok(answer?)
}
