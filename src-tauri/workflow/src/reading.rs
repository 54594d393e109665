//! A project's events out of the ledger into a fold, piece by piece: the next piece is read
//! while the signatures of this one are checked, and what is checked is folded meanwhile.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use countersign_domain::event::{BadEvent, Body, Event};
use countersign_domain::fold::Fold;
use countersign_domain::id::{EventId, ProjectId};
use countersign_domain::sshsig::{Checker, Checkers};
use countersign_domain::template::Loaded;
use countersign_ledger::{Ledger, LedgerError, Stored};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::error::Failure;
use crate::verified::{Head, Verified};

/// Events that are read at a time: some megabytes.
const PAGE: u32 = 4_096;

/// Events that one thread takes at a time.
const BLOCK: usize = 128;

/// Signatures that are worth a file, so that the next process need not check them.
const WORTH_KEEPING: u64 = 512;

/// A fold and how far into the ledger it reaches. It may be dropped at any time.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) fold: Fold,
    seq: i64,
    events: u64,
    digest: Sha256,
    /// Signatures that were checked since the head was last kept.
    checked: u64,
}

/// One event as it was read.
struct Row {
    seq: i64,
    event: Result<Arc<Event>, (EventId, BadEvent)>,
    signature: [u8; 32],
}

impl Reading {
    /// As far as was verified before; otherwise nothing yet.
    ///
    /// # Errors
    /// Trouble with the ledger's file.
    pub(crate) fn of(
        ledger: &Ledger,
        project: &ProjectId,
        verified: &Verified,
    ) -> Result<Self, Failure> {
        let Some(head) = verified.head(project) else { return Ok(Self::default()) };
        Ok(Self::vouched(ledger, project, &head)?.unwrap_or_default())
    }

    /// The events up to `head`, which were verified before and are read without checking a
    /// signature; nothing if they are no longer the same.
    ///
    /// # Errors
    /// Trouble with the ledger's file.
    fn vouched(ledger: &Ledger, project: &ProjectId, head: &Head) -> Result<Option<Self>, Failure> {
        let mut reading = Self::default();
        let read =
            reading.read(ledger, project, head.seq, |_, stored| Event::vouched(stored.bytes));
        match read {
            // An event that cannot be read is named by whoever verifies it anew.
            Err(Failure::Ledger(LedgerError::BadEvent { .. })) => return Ok(None),
            other => other?,
        };
        Ok((reading.head() == *head).then_some(reading))
    }

    /// Goes on to the end of the ledger and checks every signature on the way.
    ///
    /// # Errors
    /// [`LedgerError::BadEvent`] for the first event that does not hold, after which this
    /// reading is of no use; trouble with the ledger's file.
    pub(crate) fn go_on(&mut self, ledger: &Ledger, project: &ProjectId) -> Result<(), Failure> {
        let verify = |checker: &mut Checker, stored: &Stored<'_>| {
            Event::verified(stored.bytes, stored.signature, checker).map(|(event, _)| event)
        };
        self.checked += self.read(ledger, project, i64::MAX, verify)?;
        Ok(())
    }

    /// Sequence number of the last event that was read.
    pub(crate) fn seq(&self) -> i64 {
        self.seq
    }

    /// How far this reaches.
    pub(crate) fn head(&self) -> Head {
        let digest = hex::encode(self.digest.clone().finalize());
        Head { seq: self.seq, events: self.events, digest }
    }

    /// The head, when so many signatures were checked for it that it should be kept.
    pub(crate) fn worth_keeping(&mut self) -> Option<Head> {
        if self.checked < WORTH_KEEPING {
            return None;
        }
        self.checked = 0;
        Some(self.head())
    }

    /// Reads the events after this, none later than `last`; tells how many there were.
    fn read(
        &mut self,
        ledger: &Ledger,
        project: &ProjectId,
        last: i64,
        open: impl Fn(&mut Checker, &Stored<'_>) -> Result<Event, BadEvent> + Sync,
    ) -> Result<u64, Failure> {
        let before = self.events;
        let mut orderly = true;
        let checkers = Checkers::default();
        let page = |seq| ledger.page(project, (seq, last), PAGE);
        let mut here = page(self.seq)?;
        let mut checked = Vec::new();
        loop {
            let rows = here.stored();
            let Some(Stored { seq, .. }) = rows.last() else { break };
            let look = || rayon::join(|| page(*seq), || look_at(&rows, &open, &checkers));
            let ((next, found), taken) =
                rayon::join(look, || self.take_all(ledger, checked, &mut orderly));
            taken?;
            (here, checked) = (next?, found);
        }
        self.take_all(ledger, checked, &mut orderly)?;
        if !orderly {
            self.fold = self.fold.refolded();
        }
        Ok(self.events - before)
    }

    fn take_all(
        &mut self,
        ledger: &Ledger,
        rows: Vec<Row>,
        orderly: &mut bool,
    ) -> Result<(), Failure> {
        rows.into_iter().try_for_each(|row| self.take(ledger, row, orderly))
    }

    fn take(&mut self, ledger: &Ledger, row: Row, orderly: &mut bool) -> Result<(), Failure> {
        let event = row.event.map_err(|(id, source)| LedgerError::BadEvent { id, source })?;
        self.seq = row.seq;
        self.events += 1;
        self.digest.update(row.seq.to_be_bytes());
        self.digest.update(event.id().as_str());
        self.digest.update(row.signature);
        // What this process added itself is in the fold already.
        if self.fold.knows(event.id()) {
            return Ok(());
        }
        self.learn_template(ledger, &event.envelope().body)?;
        *orderly &= self.fold.is_next(&event);
        self.fold.push(event);
        Ok(())
    }

    /// A release pins a template that the ledger's store holds.
    fn learn_template(&mut self, ledger: &Ledger, body: &Body) -> Result<(), Failure> {
        let Body::ReleaseOpened { template, .. } = body else { return Ok(()) };
        let Some(bytes) = ledger.blob(template)? else { return Ok(()) };
        if let Ok(loaded) = Loaded::parse(&String::from_utf8_lossy(&bytes)) {
            self.fold.know(template.clone(), Arc::new(loaded.template));
        }
        Ok(())
    }
}

/// The rows as events, opened on every core, in the order of the rows.
fn look_at(
    rows: &[Stored<'_>],
    open: &(impl Fn(&mut Checker, &Stored<'_>) -> Result<Event, BadEvent> + Sync),
    checkers: &Checkers,
) -> Vec<Row> {
    let one = |checker: &mut Checker, stored: &Stored<'_>| Row {
        seq: stored.seq,
        event: open(checker, stored).map(Arc::new).map_err(|bad| (EventId::of(stored.bytes), bad)),
        signature: Sha256::digest(stored.signature).into(),
    };
    let blocks = rows.par_chunks(BLOCK).map(|block| {
        checkers.lend(|checker| block.iter().map(|row| one(checker, row)).collect::<Vec<_>>())
    });
    blocks.collect::<Vec<_>>().into_iter().flatten().collect()
}
