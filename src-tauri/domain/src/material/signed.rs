//! What was signed, read again: where each item stood for those who signed it.

use chrono::{DateTime, Utc};

use super::{ItemMaterial, Material};
use crate::event::Verdict;
use crate::id::ItemId;
use crate::standing::{Standing, outcome_of, settle};
use crate::template::{Item, Section};

impl Material {
    /// The items that it covers.
    pub(crate) fn items(&self) -> impl Iterator<Item = &ItemId> {
        self.items.keys()
    }

    /// Where `item` stood by what was signed, with the exceptions that counted at `at`; none
    /// for an item that it does not cover. It holds verdicts without their age: what was too
    /// old to sign on could not be signed.
    pub(crate) fn standing(
        &self,
        section: &Section,
        item: &Item,
        at: DateTime<Utc>,
    ) -> Option<Standing> {
        let bare = self.items.get(&item.id)?.standing(item);
        let covered = self.exceptions.values().any(|exception| {
            exception.item == item.id
                && exception.decided == Some(Verdict::Approve)
                && at < exception.expires_at
        });
        let excepted = !bare.is_settled() && covered && item.may_be_excepted(section);
        Some(if excepted { Standing::Excepted } else { bare })
    }
}

impl ItemMaterial {
    fn standing(&self, item: &Item) -> Standing {
        let outcome = outcome_of(item, self.verdicts.values().map(|verdict| verdict.outcome));
        let tick = self.tick.as_ref().map(|(tick, note)| (*tick, note.as_str()));
        settle(item, outcome, false, tick)
    }
}
