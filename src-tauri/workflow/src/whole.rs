//! The whole ledger, verified anew: every signature, link and stored file, from the file
//! itself and never from what was verified before. Long, so it says how far it is and can be
//! stopped; appends go on meanwhile.

use std::collections::BTreeMap;

use countersign_ledger::{Checked, Problem};

use crate::error::Failure;
use crate::home::{Cancel, Home};
use crate::query::stamp;
use crate::view::{CheckedView, DamageView, LedgerView};

impl Home {
    /// Verifies every event and stored file of the ledger. `tell` hears of each hundredth
    /// part, and of the end.
    ///
    /// # Errors
    /// [`Failure::Ledger`] when the file cannot be read at all, or `cancel` stopped it.
    pub fn check_ledger(
        &self,
        cancel: &Cancel,
        tell: &mut dyn FnMut(CheckedView),
    ) -> Result<LedgerView, Failure> {
        let mut total = 0;
        let problems = self.ledger.check_while(&mut |now| {
            total = now.total;
            if is_worth_telling(now) {
                tell(CheckedView { done: count(now.done), total: count(now.total) });
            }
            !cancel.is_cancelled()
        })?;
        let mut events = 0;
        for project in self.ledger.projects()? {
            events += self.ledger.count(&project)?;
        }
        Ok(LedgerView {
            path: self.ledger.path().display().to_string(),
            events: count(events),
            files: count(total.saturating_sub(events)),
            at: stamp(self.now()),
            damage: self.damage(&problems)?,
            problems: problems.iter().map(ToString::to_string).collect(),
        })
    }

    fn damage(&self, problems: &[Problem]) -> Result<Vec<DamageView>, Failure> {
        let mut homes = BTreeMap::new();
        if problems.iter().any(|problem| problem.event().is_some()) {
            for project in self.ledger.projects()? {
                // Where an id is no id any more, the problem stands without its project.
                for id in self.ledger.ids(&project).unwrap_or_default() {
                    homes.insert(id.to_string(), project.to_string());
                }
            }
        }
        let one = |problem: &Problem| DamageView {
            event: problem.event().map(str::to_owned),
            project: problem.event().and_then(|id| homes.get(id)).cloned(),
            problem: problem.to_string(),
            cure: problem.cure().to_owned(),
        };
        Ok(problems.iter().map(one).collect())
    }
}

fn is_worth_telling(now: Checked) -> bool {
    let step = (now.total / 100).max(1);
    now.done.is_multiple_of(step) || now.done == now.total
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
