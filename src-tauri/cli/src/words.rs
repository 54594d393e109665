//! Verdicts and states in a symbol and a word: readable without colour, and with
//! "could not tell" never to be taken for a pass.

use countersign_workflow::view::{
    ExceptionState, GateCode, ItemState, OutcomeCode, RoleState, SeverityCode, Stage,
};

use crate::output::{Look, Span};

fn span(look: Look, text: &str) -> Span {
    Span(look, text.to_owned())
}

/// A machine's verdict.
pub(crate) fn outcome(code: OutcomeCode) -> Span {
    match code {
        OutcomeCode::Pass => span(Look::Green, "✓ pass"),
        OutcomeCode::Fail => span(Look::Red, "✗ FAIL"),
        OutcomeCode::NotApplicable => span(Look::Faint, "– not applicable"),
        OutcomeCode::Inconclusive => span(Look::Yellow, "? could not tell"),
        OutcomeCode::NotRun => span(Look::Faint, "· not run"),
    }
}

/// Where an item stands.
pub(crate) fn item(state: ItemState) -> Span {
    match state {
        ItemState::Settled => span(Look::Green, "✓ settled"),
        ItemState::Excepted => span(Look::Yellow, "! excepted"),
        ItemState::Open => span(Look::Plain, "○ open"),
        ItemState::Failed => span(Look::Red, "✗ failed"),
    }
}

/// The gate's verdict.
pub(crate) fn gate(code: GateCode) -> Span {
    match code {
        GateCode::NoGo => span(Look::Red, "✗ NO-GO"),
        GateCode::Ready => span(Look::Yellow, "○ READY"),
        GateCode::Go => span(Look::Green, "✓ GO"),
    }
}

/// A role's signature.
pub(crate) fn role(state: RoleState) -> Span {
    match state {
        RoleState::Missing => span(Look::Plain, "○ missing"),
        RoleState::Signed => span(Look::Green, "✓ signed"),
        RoleState::Stale => span(Look::Red, "✗ stale"),
        RoleState::Declined => span(Look::Red, "✗ declined"),
        RoleState::Revoked => span(Look::Red, "✗ taken back"),
    }
}

/// An exception.
pub(crate) fn exception(state: ExceptionState) -> Span {
    match state {
        ExceptionState::Requested => span(Look::Yellow, "○ requested"),
        ExceptionState::Approved => span(Look::Green, "✓ approved"),
        ExceptionState::Rejected => span(Look::Red, "✗ rejected"),
        ExceptionState::Expired => span(Look::Red, "✗ expired"),
    }
}

/// How much it matters.
pub(crate) fn severity(code: SeverityCode) -> &'static str {
    match code {
        SeverityCode::Critical => "critical",
        SeverityCode::High => "high",
        SeverityCode::Recommended => "recommended",
    }
}

/// How far a release has come.
pub(crate) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Open => "open",
        Stage::Deployed => "deployed",
        Stage::Verified => "verified",
        Stage::Closed => "closed",
    }
}

/// A summary with the reason before it, unless it names the reason itself.
pub(crate) fn reasoned(reason: Option<&str>, summary: &str) -> String {
    match reason {
        Some(reason) if !summary.to_lowercase().contains(&reason.to_lowercase()) => {
            format!("{reason}: {summary}")
        }
        _ => summary.to_owned(),
    }
}

/// `1 item`, `2 items`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A time to the minute, as every shape carries it: RFC 3339 UTC.
pub(crate) fn time(stamp: &str) -> String {
    match (stamp.get(..16), stamp.ends_with('Z')) {
        (Some(start), true) => format!("{} UTC", start.replace('T', " ")),
        _ => stamp.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn could_not_tell_shares_neither_symbol_nor_word_with_a_pass() {
        let pass = outcome(OutcomeCode::Pass).1;
        for other in [OutcomeCode::Inconclusive, OutcomeCode::NotRun, OutcomeCode::Fail] {
            let text = outcome(other).1;
            assert_ne!(text.chars().next(), pass.chars().next(), "{text}");
            assert!(!text.contains("pass"), "{text}");
        }
    }

    #[test]
    fn times_are_cut_to_the_minute_and_others_left_alone() {
        assert_eq!(time("2026-01-31T12:34:56.789Z"), "2026-01-31 12:34 UTC");
        assert_eq!(time("soon"), "soon");
    }
}
