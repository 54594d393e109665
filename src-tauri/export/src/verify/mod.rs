//! A bundle back to a verdict, offline. The verifier believes nothing in a bundle but the
//! signatures: it folds the signed events anew, builds every other member again, and
//! compares each byte.

mod chain;
mod claimed;
mod difference;
mod events;
mod rebuild;
mod requirements;
mod sums;

pub use requirements::{Age, Requirements};

use chrono::{DateTime, Utc};

use countersign_domain::fold::Fold;
use countersign_domain::id::{EventId, Fingerprint, ProjectId, ReleaseId};
use countersign_domain::member::Role;

use crate::archive::{self, Members};
use crate::record::{AuditRecord, KeyUse};
use crate::text::{utc, visible};
use events::Numbered;

/// What became of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds, and every requirement is met.
    Good,
    /// Everything holds, but these requirements are not met.
    Unmet(Vec<String>),
    /// The bundle is not what was exported; this is what broke.
    Broken(Vec<String>),
}

/// One step, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was checked.
    pub name: &'static str,
    /// Whether it holds.
    pub good: bool,
    /// What broke, or how much was checked.
    pub detail: String,
}

/// What a bundle is about, read from its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub project_name: String,
    /// The release.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// The environment's name.
    pub environment: String,
    /// The time of the last event.
    pub as_of: DateTime<Utc>,
    /// The program that exported, by its own word.
    pub program: String,
    /// How many events.
    pub events: u32,
    /// The events that no other builds on.
    pub heads: Vec<EventId>,
    /// The keys that signed events.
    pub keys: Vec<KeyUse>,
    /// Sign-offs that are current at `as_of`.
    pub signed: Vec<Signer>,
    /// `no-go`, `ready` or `go` at `as_of`.
    pub gate: &'static str,
    /// When the release went out.
    pub deployed_at: Option<DateTime<Utc>>,
}

/// A current sign-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// In which role.
    pub role: Role,
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// The key.
    pub fingerprint: Fingerprint,
    /// When.
    pub at: DateTime<Utc>,
}

/// The result of [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The verdict.
    pub verdict: Verdict,
    /// A few lines for people: the verdict, what it is about, and which keys signed.
    pub summary: String,
    /// Every step, in order.
    pub steps: Vec<Step>,
    /// What the bundle is about; none when its events do not hold.
    pub contents: Option<Contents>,
}

/// Most problems that one step tells in words.
const MAX_TOLD: usize = 20;

/// Steps as they are taken.
#[derive(Default)]
struct Report {
    steps: Vec<Step>,
    problems: Vec<String>,
}

impl Report {
    /// Puts the steps of another behind these.
    fn append(&mut self, later: Self) {
        self.steps.extend(later.steps);
        self.problems.extend(later.problems);
    }

    /// Notes a step; it is good when nothing is wrong.
    fn step(&mut self, name: &'static str, problems: Vec<String>, good: String) -> bool {
        let holds = problems.is_empty();
        let mut told: Vec<_> =
            problems.iter().take(MAX_TOLD).map(|one| visible(one).into_owned()).collect();
        if problems.len() > MAX_TOLD {
            told.push(format!("and {} more", problems.len() - MAX_TOLD));
        }
        let detail = if holds { good } else { told.join("; ") };
        self.steps.push(Step { name, good: holds, detail });
        self.problems.extend(told);
        holds
    }
}

/// Checks a bundle. Total: whatever the bytes are, it ends, within the limits of a bundle's
/// size, with a verdict that names what broke.
#[must_use]
pub fn verify(bytes: &[u8], requirements: &Requirements) -> Verification {
    let mut report = Report::default();
    let opened = match archive::read(bytes) {
        Ok(opened) => opened,
        Err(error) => {
            report.step("archive", vec![error.to_string()], String::new());
            return conclude(report, None, Vec::new());
        }
    };
    let members = opened.members;
    report.step("archive", opened.problems, format!("{} members", members.len()));
    let mut content = Report::default();
    let read = read(&mut content, &members);
    // Sums do not depend on what the members mean, so they are taken while the record is
    // built, much of which only one thread can do.
    let (sums, rebuilt) = rayon::join(
        || {
            let mut sums = Report::default();
            sums::check(&mut sums, &members);
            sums
        },
        || follow(&mut content, &members, read),
    );
    report.append(sums);
    report.append(content);
    let unmet = match &rebuilt {
        Some(record) if report.problems.is_empty() => {
            requirements::check(&mut report.steps, record, requirements)
        }
        _ => Vec::new(),
    };
    conclude(report, rebuilt.as_ref(), unmet)
}

/// What was read of the members, each by itself.
struct Read {
    claims: Option<claimed::Claimed>,
    checklists: rebuild::Checklists,
    events: Vec<Numbered>,
    fold: Fold,
}

fn read(report: &mut Report, members: &Members) -> Read {
    let checklists = rebuild::checklists(members);
    let mut fold = Fold::new(checklists.templates.clone());
    let ((claims, mut told), (events, checked)) = rayon::join(
        || {
            let mut report = Report::default();
            (rebuild::claims(&mut report, members), report)
        },
        || {
            let mut report = Report::default();
            (events::check(&mut report, members, &mut fold), report)
        },
    );
    told.append(checked);
    report.append(told);
    Read { claims, checklists, events, fold }
}

/// Holds the fold against the events from the first to the heads, and builds from it what
/// the events give.
fn follow(report: &mut Report, members: &Members, read: Read) -> Option<AuditRecord> {
    let Read { claims, checklists, events, fold } = read;
    let whole = chain::check(report, &events, claims.as_ref());
    let count = events.len();
    drop(events);
    if let (true, Some(claims)) = (whole, claims) {
        return rebuild::check(report, members, (fold, count), checklists, &claims);
    }
    let told = "not built again, because what they are built from does not hold";
    report.step("record and reports", vec![told.to_owned()], String::new());
    None
}

fn conclude(report: Report, record: Option<&AuditRecord>, unmet: Vec<String>) -> Verification {
    let verdict = match (report.problems.is_empty(), unmet.is_empty()) {
        (false, _) => Verdict::Broken(report.problems),
        (true, false) => Verdict::Unmet(unmet),
        (true, true) => Verdict::Good,
    };
    let contents = record.map(contents);
    let summary = summary(&verdict, contents.as_ref());
    Verification { verdict, summary, steps: report.steps, contents }
}

fn contents(record: &AuditRecord) -> Contents {
    let id = &record.identity;
    Contents {
        project: id.project.clone(),
        project_name: id.project_name.clone(),
        release: id.release.clone(),
        version: id.version.clone(),
        environment: id.environment.clone(),
        as_of: record.as_of,
        program: record.program.clone(),
        events: record.integrity.event_count,
        heads: record.integrity.heads.clone(),
        keys: record.integrity.keys.clone(),
        signed: requirements::current(record)
            .map(|one| Signer {
                role: one.role,
                name: one.signer.name.clone(),
                email: one.signer.email.clone(),
                fingerprint: one.signer.fingerprint.clone(),
                at: one.signer.at,
            })
            .collect(),
        gate: record.gate.now.verdict,
        deployed_at: record.deployment.as_ref().map(|one| one.deployed_at),
    }
}

fn summary(verdict: &Verdict, contents: Option<&Contents>) -> String {
    let mut lines = vec![match verdict {
        Verdict::Good => "Good: the bundle is what its signed events say.".to_owned(),
        Verdict::Unmet(unmet) => {
            format!("Good, but {} requirement(s) are not met: {}", unmet.len(), unmet.join("; "))
        }
        Verdict::Broken(problems) => {
            let first = problems.first().map_or("", String::as_str);
            format!("Broken: {} thing(s) do not hold, first: {first}", problems.len())
        }
    }];
    if let Some(one) = contents {
        lines.push(format!(
            "{} {} to {}, {} events, as of {}.",
            one.project_name,
            one.version,
            one.environment,
            one.events,
            utc(one.as_of)
        ));
        for signer in &one.signed {
            lines.push(format!(
                "{}: {} <{}>, {}, key {}",
                signer.role.words(),
                signer.name,
                signer.email,
                utc(signer.at),
                signer.fingerprint
            ));
        }
        let keys: Vec<_> = one.keys.iter().map(|key| key.fingerprint.as_str()).collect();
        lines.push(format!("Keys that signed events: {}", keys.join(", ")));
        lines
            .push("The roster comes from the bundle: compare these keys with their owners.".into());
        let heads: Vec<_> = one.heads.iter().map(EventId::as_str).collect();
        lines.push(format!("Heads to compare with a copy kept elsewhere: {}", heads.join(", ")));
    }
    visible(&lines.join("\n")).into_owned()
}
