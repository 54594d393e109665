//! Events about exceptions: asked for by one person, decided by another.

use super::{MAX_NAME, MAX_NOTE, needs, open_release, optional_text, text, works};
use crate::event::{Body, Verdict};
use crate::id::{ExceptionId, ReleaseId};
use crate::refusal::Refusal;
use crate::state::{Change, Exception, Project, Stamp};
use crate::template::Severity;

pub(super) fn request(project: &mut Project, stamp: &Stamp, body: &Body) -> Result<(), Refusal> {
    let Body::ExceptionRequested {
        release,
        exception,
        item,
        reason,
        compensating_control,
        owner,
        expires_at,
    } = body
    else {
        return Err(Refusal::NoProject);
    };
    works(&stamp.by)?;
    text("reason", reason, MAX_NOTE)?;
    text("compensating_control", compensating_control, MAX_NOTE)?;
    text("owner", owner, MAX_NAME)?;
    let release = open_release(project, release)?;
    let (section, known) =
        release.template.item(item).ok_or_else(|| Refusal::UnknownItem(item.clone()))?;
    if known.severity_in(section) == Severity::Critical {
        return Err(Refusal::CriticalException(item.clone()));
    }
    if !known.may_be_excepted(section) {
        return Err(Refusal::NoException(item.clone()));
    }
    if *expires_at <= stamp.at {
        return Err(Refusal::ExpiryPast);
    }
    if release.exceptions.contains_key(exception) {
        return Err(Refusal::ExceptionExists(exception.clone()));
    }
    let asked = Exception {
        id: exception.clone(),
        item: item.clone(),
        reason: reason.clone(),
        compensating_control: compensating_control.clone(),
        owner: owner.clone(),
        expires_at: *expires_at,
        requested: stamp.clone(),
        decided: None,
    };
    release.exceptions.insert(exception.clone(), asked);
    release.items.entry(item.clone()).or_default().history.push(Change {
        stamp: stamp.clone(),
        what: "exception",
        from: String::new(),
        to: "requested".into(),
        note: reason.clone(),
    });
    Ok(())
}

pub(super) fn decide(
    project: &mut Project,
    stamp: &Stamp,
    release: &ReleaseId,
    id: &ExceptionId,
    verdict: Verdict,
    note: &str,
) -> Result<(), Refusal> {
    needs(&stamp.by, &project.policy.exception_approvers)?;
    optional_text("note", note)?;
    let release = open_release(project, release)?;
    let exception =
        release.exceptions.get_mut(id).ok_or_else(|| Refusal::UnknownException(id.clone()))?;
    if exception.decided.is_some() {
        return Err(Refusal::Decided(id.clone()));
    }
    if exception.requested.by.is_same_person(&stamp.by) {
        return Err(Refusal::OwnException(stamp.by.name.clone()));
    }
    exception.decided = Some((stamp.clone(), verdict, note.to_owned()));
    let item = exception.item.clone();
    let to = match verdict {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
    };
    release.items.entry(item).or_default().history.push(Change {
        stamp: stamp.clone(),
        what: "exception",
        from: "requested".into(),
        to: to.into(),
        note: note.to_owned(),
    });
    Ok(())
}
