//! A check run as it goes on: each verdict on a line of its own as soon as the ledger holds
//! it, and on a terminal a bar below.

use std::io::IsTerminal as _;

use countersign_workflow::view::{OutcomeCode, ProgressView};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{Output, faint, plain, strong};
use crate::words;

/// Widest column of item ids.
const MOST_ID: usize = 40;

/// A bar on a terminal; elsewhere, and beside JSON, nothing.
pub(crate) fn bar(out: &Output) -> ProgressBar {
    let target = if !out.is_json() && std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("  {bar:32} {pos} of {len}  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Shows one run.
pub(crate) struct Progress<'a> {
    out: &'a mut Output,
    bar: ProgressBar,
    verbose: bool,
    width: usize,
}

impl<'a> Progress<'a> {
    /// `ids` are the items that may come, for the width of their column; `verbose` prints
    /// what commands say while they run.
    pub(crate) fn new<'b>(
        out: &'a mut Output,
        verbose: bool,
        ids: impl Iterator<Item = &'b str>,
    ) -> Self {
        let bar = bar(out);
        let width = ids.map(|id| id.chars().count()).max().unwrap_or(0).min(MOST_ID);
        Self { out, bar, verbose, width }
    }

    /// Takes the next step.
    pub(crate) fn tell(&mut self, step: ProgressView) {
        match step {
            ProgressView::Began { total, .. } => {
                self.bar.set_length(total.into());
                self.bar.enable_steady_tick(std::time::Duration::from_millis(200));
            }
            ProgressView::Started { item } => self.bar.set_message(crate::text::visible(&item)),
            ProgressView::Said { item, line } => self.said(&item, &line),
            ProgressView::Finished { item, probe, outcome, reason, summary, done, .. } => {
                self.verdict(&item, &probe, outcome, reason.as_deref(), &summary);
                self.bar.set_position(done.into());
            }
            ProgressView::Ended { .. } => self.bar.finish_and_clear(),
        }
    }

    fn said(&mut self, item: &str, line: &str) {
        let line = crate::text::visible(line);
        self.bar.set_message(format!("{}  {line}", crate::text::visible(item)));
        if self.verbose && !self.out.is_json() {
            let out = &mut *self.out;
            self.bar.suspend(|| out.line(&[faint(format!("  {item}  ")), plain(line)]));
        }
    }

    fn verdict(
        &mut self,
        item: &str,
        probe: &str,
        outcome: OutcomeCode,
        reason: Option<&str>,
        summary: &str,
    ) {
        if self.out.is_json() {
            return;
        }
        let (out, width) = (&mut *self.out, self.width);
        let mut verdict = words::outcome(outcome);
        verdict.1 = format!("{:<16}", verdict.1);
        let told = words::reasoned(reason, summary);
        self.bar.suspend(|| {
            out.line(&[
                plain("  "),
                verdict,
                plain("  "),
                strong(format!("{item:<width$}")),
                plain(format!("  {told}")),
                faint(format!("  {probe}")),
            ]);
        });
    }
}
