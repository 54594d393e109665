//! The record as RFC 8785 bytes. Its two parts that are as long as the project's life are
//! written at the same time, the trail on every core. What there are many of (trail rows,
//! changes, acts, and what holds them) has its fields in canonical order, so that nothing
//! long is sorted while it is written.

use countersign_domain::canonical::{self, NotCanonical};
use rayon::prelude::*;

use super::{AuditRecord, TrailRow};

/// Rows that one thread writes at a time.
const BLOCK: usize = 256;

/// The same bytes as [`canonical::bytes`] gives for the record.
pub(super) fn bytes(record: &AuditRecord) -> Result<Vec<u8>, NotCanonical> {
    // Taken apart by name, so that a new member cannot be forgotten here.
    let AuditRecord {
        format,
        program,
        as_of,
        identity,
        sections,
        runs,
        exceptions,
        gate,
        signatures,
        deployment,
        watch,
        rollback,
        trail,
        integrity,
        administration,
    } = record;
    let (sections, trail) = rayon::join(|| canonical::bytes(sections), || rows(trail));
    let mut members = [
        ("format", canonical::bytes(format)?),
        ("program", canonical::bytes(program)?),
        ("as_of", canonical::bytes(as_of)?),
        ("identity", canonical::bytes(identity)?),
        ("sections", sections?),
        ("runs", canonical::bytes(runs)?),
        ("exceptions", canonical::bytes(exceptions)?),
        ("gate", canonical::bytes(gate)?),
        ("signatures", canonical::bytes(signatures)?),
        ("deployment", canonical::bytes(deployment)?),
        ("watch", canonical::bytes(watch)?),
        ("rollback", canonical::bytes(rollback)?),
        ("trail", trail?),
        ("integrity", canonical::bytes(integrity)?),
        ("administration", canonical::bytes(administration)?),
    ];
    members.sort_unstable_by_key(|(name, _)| *name);
    let length = members.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    let mut out = Vec::with_capacity(length + 2);
    for (place, (name, value)) in members.into_iter().enumerate() {
        out.push(if place == 0 { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(&value);
    }
    out.push(b'}');
    Ok(out)
}

fn rows(trail: &[TrailRow]) -> Result<Vec<u8>, NotCanonical> {
    let blocks: Vec<_> = trail.par_chunks(BLOCK).map(|block| canonical::bytes(&block)).collect();
    let mut out = vec![b'['];
    for block in blocks {
        let block = block?;
        if out.len() > 1 {
            out.push(b',');
        }
        // Each block is an array of its own.
        out.extend_from_slice(block.get(1..block.len() - 1).unwrap_or_default());
    }
    out.push(b']');
    Ok(out)
}
