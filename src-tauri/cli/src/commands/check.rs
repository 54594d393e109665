//! `countersign check`: looks at the environment. Each verdict is in the ledger before it
//! is printed; Ctrl-C stops the run and keeps what was seen.

use std::path::{Path, PathBuf};

use clap::Args;
use countersign_domain::finding::Reason;
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_workflow::check::Selection;
use countersign_workflow::view::{CheckView, ItemResult, ItemRow, OutcomeCode, ReleaseView};
use countersign_workflow::{Home, UnlockedKey};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::interrupt::asked_to_stop;
use crate::output::{Output, faint, plain, strong};
use crate::progress::Progress;
use crate::session::Session;
use crate::words;

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Only this item; may be given several times [default: every item with a probe]
    #[arg(long = "item", value_name = "ID", conflicts_with = "failed")]
    items: Vec<String>,
    /// Only the items that failed or could not be told last time
    #[arg(long)]
    failed: bool,
    /// The items of the phases after the deployment, too
    #[arg(long)]
    after: bool,
    /// In production, too, run probes that load or change the target
    #[arg(long)]
    allow_active: bool,
    /// Show what commands print while they run
    #[arg(long, short)]
    verbose: bool,
    /// Write the run as JUnit XML, for a pipeline; doubt is an error there
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the run as SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
}

pub(crate) fn run(session: &Session, check: &Check, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let (project, release) = session.release()?;
    let view = home.release(&project, &release)?;
    let items = wanted(check, &view)?;
    if check.failed && items.is_empty() {
        out.remark("Nothing failed last time.");
        let nothing = CheckView { run: String::new(), cancelled: false, took_ms: 0, items: vec![] };
        out.show(&nothing, |_, _| {})?;
        return Ok(Exit::GOOD);
    }
    for file in [&check.junit, &check.sarif].into_iter().flatten() {
        empty(file)?;
    }
    let selection = Selection { items, allow_active: check.allow_active, after: check.after };
    let key = session.unlock()?;
    if key.needs_touch() {
        out.remark(
            "Every finding is signed, so the security key wants a touch for each. A sealed key, or \
             a plain one in ssh-agent, runs checks by itself.",
        );
    }
    let run = look(home, &key, (&project, &release), selection, check.verbose, out);
    let checked = session.wait(run)??;
    if check.junit.is_some() || check.sarif.is_some() {
        let report = home.check_report(&project, &release, &checked.run)?;
        for (file, text) in [(&check.junit, &report.junit), (&check.sarif, &report.sarif)] {
            if let Some(file) = file {
                std::fs::write(file, text).map_err(|error| Fault::file(file, error))?;
            }
        }
    }
    let exit = exit(&checked);
    out.show(&checked, summary)?;
    if left_out(&checked) {
        out.remark(
            "In production, looks that load the target or run commands must be allowed: --allow-active",
        );
    }
    Ok(exit)
}

/// Makes the file of a report empty before the run begins: the report of an earlier run must
/// not be taken for this one's, and a pipeline should not wait only to hear that there is no
/// such folder.
fn empty(file: &Path) -> Result<(), Fault> {
    std::fs::write(file, "").map_err(|error| Fault::file(file, error))
}

/// Whether a look was not taken because nobody allowed it.
fn left_out(checked: &CheckView) -> bool {
    let consent = Reason::NotAllowed.words();
    checked.items.iter().any(|item| item.reason.as_deref() == Some(consent))
}

/// Runs the check and shows each verdict as it comes.
pub(super) async fn look(
    home: &Home,
    key: &UnlockedKey,
    (project, release): (&ProjectId, &ReleaseId),
    selection: Selection,
    verbose: bool,
    out: &mut Output,
) -> Result<CheckView, Fault> {
    let view = home.release(project, release)?;
    let ids = probed(&view).map(|row| row.id.as_str());
    let mut progress = Progress::new(out, verbose, ids);
    let run = home.check(key, project, release, selection, |step| progress.tell(step));
    Ok(until_stopped(home, release, run).await?)
}

/// Cancels the run when somebody asks, and still waits for it: it has findings to store.
async fn until_stopped<T>(home: &Home, release: &ReleaseId, run: impl Future<Output = T>) -> T {
    let mut run = std::pin::pin!(run);
    loop {
        tokio::select! {
            done = &mut run => return done,
            () = asked_to_stop() => home.cancel_check(release),
        }
    }
}

fn probed(view: &ReleaseView) -> impl Iterator<Item = &ItemRow> {
    view.sections.iter().flat_map(|section| &section.items).filter(|row| !row.probes.is_empty())
}

fn wanted(check: &Check, view: &ReleaseView) -> Result<Vec<ItemId>, Fault> {
    let undecided = |row: &&ItemRow| {
        let outcome = row.machine.as_ref().map(|machine| machine.outcome);
        matches!(outcome, Some(OutcomeCode::Fail | OutcomeCode::Inconclusive))
    };
    if check.failed {
        let ids = probed(view).filter(undecided).map(|row| ItemId::parse(&row.id));
        return Ok(ids.collect::<Result<_, _>>()?);
    }
    for id in &check.items {
        let known =
            view.sections.iter().flat_map(|section| &section.items).any(|row| row.id == *id);
        if known && !probed(view).any(|row| row.id == *id) {
            return Err(Fault::input(
                format!("no probe looks at {id}: only a person can settle it"),
                format!("Look at it yourself, then: countersign attest {id} --done --note …"),
            ));
        }
    }
    Ok(check.items.iter().map(|id| ItemId::parse(id)).collect::<Result<_, _>>()?)
}

fn exit(view: &CheckView) -> Exit {
    let any = |wanted: OutcomeCode| view.items.iter().any(|item| item.outcome == wanted);
    if view.cancelled {
        Exit::CANCELLED
    } else if any(OutcomeCode::Fail) {
        Exit::BAD
    } else if any(OutcomeCode::Inconclusive) || any(OutcomeCode::NotRun) {
        Exit::UNSURE
    } else {
        Exit::GOOD
    }
}

/// What to do about the verdicts that are no pass, then the counts.
pub(super) fn summary(out: &mut Output, view: &CheckView) {
    for outcome in [OutcomeCode::Fail, OutcomeCode::Inconclusive] {
        view.items.iter().filter(|item| item.outcome == outcome).for_each(|item| detail(out, item));
    }
    let number =
        |wanted: OutcomeCode| view.items.iter().filter(|item| item.outcome == wanted).count();
    out.line(&[]);
    let mut spans = vec![strong(words::count(view.items.len(), "item", "items")), plain(":")];
    let kinds = [
        OutcomeCode::Pass,
        OutcomeCode::Fail,
        OutcomeCode::Inconclusive,
        OutcomeCode::NotApplicable,
    ];
    for kind in kinds.into_iter().filter(|kind| number(*kind) > 0) {
        let mut span = words::outcome(kind);
        span.1 = format!("   {} {}", number(kind), span.1);
        spans.push(span);
    }
    let seconds = view.took_ms / 1000;
    spans.push(faint(format!("   in {seconds}.{} s", view.took_ms % 1000 / 100)));
    out.line(&spans);
    if view.items.is_empty() {
        out.say("No item here has a probe: what there is, people must settle.");
    }
    if view.cancelled {
        out.say("Stopped before the end. What had been seen is recorded.");
    }
}

fn detail(out: &mut Output, item: &ItemResult) {
    out.line(&[]);
    let mut verdict = words::outcome(item.outcome);
    verdict.1.push_str("  ");
    out.line(&[verdict, strong(&item.title), faint(format!("  {}  [{}]", item.severity, item.id))]);
    out.say(format!("  {}", words::reasoned(item.reason.as_deref(), &item.summary)));
    for (name, text) in [
        ("expected", Some(&item.expected)),
        ("observed", Some(&item.observed)),
        ("reproduce", item.reproduce.as_ref()),
    ] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            labelled(out, name, text);
        }
    }
    item.notes.iter().for_each(|note| labelled(out, "note", &note.text));
}

pub(super) fn labelled(out: &mut Output, name: &str, text: &str) {
    for (number, line) in text.lines().enumerate() {
        let label = if number == 0 { name } else { "" };
        out.line(&[faint(format!("  {label:<9}  ")), plain(line.replace('\t', "    "))]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(outcomes: &[OutcomeCode], cancelled: bool) -> CheckView {
        let item = |outcome: &OutcomeCode| ItemResult {
            id: "a".into(),
            title: "A".into(),
            severity: "high".into(),
            outcome: *outcome,
            reason: None,
            summary: String::new(),
            expected: String::new(),
            observed: String::new(),
            reproduce: None,
            notes: Vec::new(),
        };
        CheckView {
            run: "run".into(),
            cancelled,
            took_ms: 0,
            items: outcomes.iter().map(item).collect(),
        }
    }

    #[test]
    fn the_worst_verdict_decides_and_could_not_tell_is_no_pass() {
        use OutcomeCode::{Fail, Inconclusive, NotApplicable, NotRun, Pass};
        for (sentence, outcomes, cancelled, code) in [
            ("all pass", &[Pass, Pass][..], false, Exit::GOOD),
            ("one does not apply", &[Pass, NotApplicable], false, Exit::GOOD),
            ("one failed", &[Pass, Inconclusive, Fail], false, Exit::BAD),
            ("one could not be told", &[Pass, Inconclusive], false, Exit::UNSURE),
            ("one never ran", &[Pass, NotRun], false, Exit::UNSURE),
            ("stopped by the person", &[Pass, Fail], true, Exit::CANCELLED),
        ] {
            assert_eq!(exit(&view(outcomes, cancelled)), code, "{sentence}");
        }
    }
}
