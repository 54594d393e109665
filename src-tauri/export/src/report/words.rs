//! Codes in the words of the page. Each status has a sign, a word and a tone, so that none
//! is told by colour alone.

use countersign_domain::event::{Decision, Tick, Verdict};
use countersign_domain::template::{Phase, Severity, Verify};

use serde::Serialize;

use crate::record::{ItemEntry, MachineRecord};

/// How a status is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// A sign that reads in black and white.
    pub(super) sign: &'static str,
    /// The word.
    pub(super) word: &'static str,
    /// `good`, `bad`, `warn` or `quiet`.
    pub(super) tone: &'static str,
}

const fn mark(sign: &'static str, word: &'static str, tone: &'static str) -> Mark {
    Mark { sign, word, tone }
}

pub(super) fn verdict(code: &str) -> Mark {
    match code {
        "go" => mark("✓", "Go", "good"),
        "ready" => mark("◔", "Ready to sign", "warn"),
        _ => mark("✗", "No-go", "bad"),
    }
}

pub(super) fn outcome(code: &str) -> Mark {
    match code {
        "pass" => mark("✓", "Pass", "good"),
        "fail" => mark("✗", "Fail", "bad"),
        "not-applicable" => mark("–", "Not applicable", "quiet"),
        "inconclusive" => mark("?", "Inconclusive", "warn"),
        _ => mark("○", "Not run", "warn"),
    }
}

/// The machine's column. A verdict that is too old says so, unless it was fresh enough when
/// the release went out on it.
pub(super) fn machine(item: &ItemEntry, machine: &MachineRecord) -> Mark {
    if is_too_old(item, machine) {
        mark("↻", "Too old", "warn")
    } else {
        outcome(machine.outcome)
    }
}

/// Whether the verdict's age still matters, and is too high.
pub(super) fn is_too_old(item: &ItemEntry, machine: &MachineRecord) -> bool {
    machine.stale && item.standing_at_deployment.is_none()
}

pub(super) fn tick(tick: Tick) -> Mark {
    match tick {
        Tick::Done => mark("✓", "Done", "good"),
        Tick::NotDone => mark("✗", "Not done", "bad"),
        Tick::NotApplicable => mark("–", "Not applicable", "quiet"),
    }
}

pub(super) fn standing(code: &str) -> Mark {
    match code {
        "settled" => mark("✓", "Settled", "good"),
        "excepted" => mark("△", "Excepted", "warn"),
        "not-applicable" => mark("–", "Not applicable", "quiet"),
        "failed" => mark("✗", "Failed", "bad"),
        _ => mark("○", "Open", "warn"),
    }
}

pub(super) fn signoff(code: &str) -> Mark {
    match code {
        "signed" => mark("✓", "Signed, current", "good"),
        "stale" => mark("↻", "Stale", "bad"),
        "declined" => mark("✗", "Declined", "bad"),
        "revoked" => mark("↩", "Taken back", "bad"),
        _ => mark("○", "Not signed", "warn"),
    }
}

pub(super) fn exception(code: &str) -> Mark {
    match code {
        "approved" => mark("△", "Approved", "warn"),
        "rejected" => mark("✗", "Rejected", "bad"),
        "expired" => mark("✗", "Expired", "bad"),
        _ => mark("○", "Waits for an approver", "warn"),
    }
}

pub(super) fn duty(holds: Option<bool>) -> Mark {
    match holds {
        Some(true) => mark("✓", "Holds", "good"),
        Some(false) => mark("✗", "Broken", "bad"),
        None => mark("–", "Nothing to compare", "quiet"),
    }
}

pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "Approved",
        Decision::Decline => "Declined",
        Decision::Revoke => "Took the approval back",
    }
}

pub(super) fn exception_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "Approved",
        Verdict::Reject => "Rejected",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Recommended => "Recommended",
    }
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before the deployment",
        Phase::Tests => "test results, before the deployment",
        Phase::SignOff => "final block, before the deployment",
        Phase::After => "right after the deployment",
        Phase::Watch => "during the watch",
    }
}

pub(super) fn verify(verify: Verify) -> &'static str {
    match verify {
        Verify::Probe => "by the machine",
        Verify::Person => "by a person",
        Verify::Both => "by the machine and a person",
        Verify::ProbeOrPerson => "by the machine, or by a person where it cannot tell",
        Verify::Computed => "computed from the rest",
    }
}

/// What stands in the human column when nobody said anything.
pub(super) fn no_word(item: &ItemEntry) -> &'static str {
    match item.verify {
        Verify::Computed => "computed",
        Verify::Probe => "not asked",
        Verify::Person | Verify::Both | Verify::ProbeOrPerson => "no word yet",
    }
}
