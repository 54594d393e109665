//! The trail in words, newest first.

use countersign_domain::event::{Body, Decision, Verdict};
use countersign_domain::id::ProjectId;
use countersign_domain::material::{outcome_words, tick_words};
use countersign_domain::state::TrailEntry;

use super::stamp;
use crate::error::Failure;
use crate::home::Home;
use crate::view::TimelineRow;

impl Home {
    /// Every event of a project in words, newest first.
    ///
    /// # Errors
    /// Ledger trouble.
    pub fn timeline(&self, project: &ProjectId) -> Result<Vec<TimelineRow>, Failure> {
        self.read(project, |fold| Ok(fold.trail().iter().rev().map(row).collect()))
    }
}

fn row(entry: &TrailEntry) -> TimelineRow {
    let envelope = entry.event.envelope();
    let roles = entry.by.as_ref().map(|member| &member.roles[..]).unwrap_or_default();
    TimelineRow {
        event: entry.event.id().to_string(),
        at: stamp(envelope.at),
        by: entry
            .by
            .as_ref()
            .map_or_else(|| envelope.author.to_string(), |member| member.name.clone()),
        roles: roles.iter().map(|role| role.code().to_owned()).collect(),
        kind: envelope.body.kind().to_owned(),
        text: words(&envelope.body),
        release: envelope.body.release().map(ToString::to_string),
        refused: entry.refused.as_ref().map(ToString::to_string),
    }
}

fn words(body: &Body) -> String {
    match body {
        Body::ProjectCreated { name, .. } => format!("Created the project {name}"),
        Body::EnvironmentsSet { environments } => {
            format!("Configured {} environment(s)", environments.len())
        }
        Body::PolicySet { policy } => {
            let roles: Vec<_> = policy.required_roles.iter().map(|role| role.code()).collect();
            format!("Set the policy: {} must sign", roles.join(", "))
        }
        Body::MemberEnrolled { member } => {
            let roles: Vec<_> = member.roles.iter().map(|role| role.code()).collect();
            format!("Enrolled {} <{}> as {}", member.name, member.email, roles.join(", "))
        }
        Body::MemberRemoved { member } => format!("Removed the key {member}"),
        Body::ReleaseOpened { version, environment, .. } => {
            format!("Opened release {version} for {environment}")
        }
        Body::SubjectSet { subject, .. } => format!(
            "Changed what goes out to {}",
            subject
                .commit
                .as_deref()
                .map_or("no commit", |commit| commit.get(..12).unwrap_or(commit))
        ),
        Body::CheckStarted { items, .. } => format!("Started a check of {} item(s)", items.len()),
        Body::FindingRecorded { item, finding, .. } => {
            format!("{item}: {} ({})", outcome_words(finding.outcome), finding.probe)
        }
        Body::CheckFinished { cancelled: true, .. } => "Stopped the check".into(),
        Body::CheckFinished { cancelled: false, .. } => "Finished the check".into(),
        Body::ItemAttested { item, tick, note, .. } => {
            with_note(format!("{item}: ticked {}", tick_words(*tick)), note)
        }
        Body::EvidenceAttached { item, evidence, .. } => {
            format!("{item}: attached {}", evidence.name)
        }
        Body::ExceptionRequested { item, reason, .. } => {
            with_note(format!("{item}: asked for an exception"), reason)
        }
        Body::ExceptionDecided { verdict: Verdict::Approve, note, .. } => {
            with_note("Approved an exception".into(), note)
        }
        Body::ExceptionDecided { verdict: Verdict::Reject, note, .. } => {
            with_note("Rejected an exception".into(), note)
        }
        Body::SignedOff { role, decision, comment, .. } => {
            let verb = match decision {
                Decision::Approve => "Signed",
                Decision::Decline => "Declined",
                Decision::Revoke => "Took back the sign-off",
            };
            with_note(format!("{verb} for {}", role.words()), comment)
        }
        Body::DeploymentRecorded { deployed_at, .. } => {
            format!("Recorded the deployment of {}", stamp(*deployed_at))
        }
        Body::DeploymentVerified { note, .. } => with_note("Verified the deployment".into(), note),
        Body::ReleaseClosed { note, .. } => with_note("Closed the release".into(), note),
        Body::AttemptRefused { action, reason, .. } => {
            format!("Tried {action} and was refused: {reason}")
        }
    }
}

fn with_note(text: String, note: &str) -> String {
    if note.is_empty() { text } else { format!("{text} — {note}") }
}
