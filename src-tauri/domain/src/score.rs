//! One number for a headline, made of nothing but weights: settled weight over applicable
//! weight, in whole points rounded down. Doubt never scores.

use chrono::{DateTime, Utc};

use crate::standing::{Standing, standing, without_exception};
use crate::state::{Project, Release};
use crate::template::{Severity, Verify};

/// Version and text of the formula, as the audit record states it.
pub const FORMULA: &str = "score v1: 100 × settled weight ÷ applicable weight, rounded down; \
critical 5, high 3, recommended 1; items before the deployment only; \
items that do not apply are left out; computed lines carry no weight";

/// Three readings, each 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// With approved exceptions counted as settled.
    pub now: u8,
    /// Without any exception.
    pub without_exceptions: u8,
    /// Once every critical item is settled.
    pub projected: u8,
}

/// The score of `release` at `now`.
#[must_use]
pub fn score(project: &Project, release: &Release, now: DateTime<Utc>) -> Score {
    let (mut all, mut settled, mut bare, mut projected) = (0u32, 0u32, 0u32, 0u32);
    for (section, item) in release.template.items() {
        if !section.phase.gates_deployment() || item.verify == Verify::Computed {
            continue;
        }
        let stands = standing(project, release, section, item, now);
        if stands == Standing::NotApplicable {
            continue;
        }
        let severity = item.severity_in(section);
        let weight = severity.weight();
        all += weight;
        if stands.is_settled() {
            settled += weight;
        }
        if without_exception(project, release, item, now).is_settled() {
            bare += weight;
        }
        if stands.is_settled() || severity == Severity::Critical {
            projected += weight;
        }
    }
    let points = |part: u32| {
        let points = (100 * part).checked_div(all).unwrap_or(0);
        u8::try_from(points).unwrap_or(100)
    };
    Score { now: points(settled), without_exceptions: points(bare), projected: points(projected) }
}
