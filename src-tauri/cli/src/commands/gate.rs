//! `countersign gate`: may it go out, and if not, what is the smallest step.

use countersign_workflow::view::{BlockerView, EmergencyView, GateCode, GateView, SignoffView};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

pub(crate) fn run(session: &Session, out: &mut Output) -> Result<Exit, Fault> {
    let (project, release) = session.release()?;
    let view = session.home()?.gate(&project, &release)?;
    let exit = exit(view.verdict);
    out.show(&view, print)?;
    Ok(exit)
}

fn exit(verdict: GateCode) -> Exit {
    match verdict {
        GateCode::Go => Exit::GOOD,
        GateCode::NoGo => Exit::BAD,
        GateCode::Ready => Exit::READY,
    }
}

/// The gate with its reasons.
pub(super) fn print(out: &mut Output, gate: &GateView) {
    out.line(&[words::gate(gate.verdict), plain(format!("  {}", gate.summary))]);
    let score = gate.score;
    out.line(&[
        faint("  score "),
        strong(format!("{} of 100", score.now)),
        faint(format!(
            "   without exceptions {}   once every critical item is settled {}",
            score.without_exceptions, score.projected
        )),
    ]);
    if !gate.blockers.is_empty() {
        out.heading(words::count(gate.blockers.len(), "thing is missing", "things are missing"));
        gate.blockers.iter().for_each(|known| blocker(out, known));
    }
    if let Some(known) = &gate.emergency {
        emergency(out, known);
    }
    out.heading("Sign-offs");
    let rows = gate.signoffs.iter().map(|signoff| {
        let by = signoff.by.clone().unwrap_or_default();
        let at = signoff.at.as_deref().map(words::time).unwrap_or_default();
        vec![plain(&signoff.title), words::role(signoff.state), plain(by), faint(at)]
    });
    out.table(&[], rows.collect());
    gate.signoffs.iter().for_each(|signoff| changes(out, signoff));
}

/// That fewer signatures suffice, and what is owed for it.
fn emergency(out: &mut Output, emergency: &EmergencyView) {
    out.line(&[
        strong("  emergency "),
        plain(&emergency.reason),
        faint(format!("  {}, {}", emergency.by, words::time(&emergency.at))),
    ]);
    if let Some(owed) = &emergency.owed {
        let late = if owed.overdue { ", OVERDUE" } else { "" };
        let (roles, due) = (owed.roles.join(", "), words::time(&owed.due));
        out.say(format!("  still owed: {roles}, by {due}{late}"));
    }
}

fn blocker(out: &mut Output, blocker: &BlockerView) {
    let minutes = blocker.minutes.map_or_else(String::new, |minutes| format!("  ~{minutes} min"));
    let about = blocker.item.as_deref().or(blocker.role.as_deref()).unwrap_or_default();
    out.line(&[plain("  • "), plain(&blocker.text), faint(format!("  [{about}]"))]);
    out.line(&[faint(format!("      {}{minutes}", blocker.cure))]);
}

/// What has changed since a role signed.
pub(super) fn changes(out: &mut Output, signoff: &SignoffView) {
    if signoff.changes.is_empty() {
        return;
    }
    out.say(format!("  Changed since {} signed:", signoff.title));
    for change in &signoff.changes {
        out.say(format!(
            "    {}: {} → {}",
            change.what,
            or_none(&change.from),
            or_none(&change.to)
        ));
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_has_the_exit_code_that_is_documented() {
        assert_eq!(exit(GateCode::Go), Exit::GOOD);
        assert_eq!(exit(GateCode::NoGo), Exit::BAD);
        assert_eq!(exit(GateCode::Ready), Exit::READY);
    }
}
