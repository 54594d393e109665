//! An event in one sentence, for trails and timelines.

use countersign_domain::event::{Body, Decision, ProposedChange, Verdict};
use countersign_domain::material::{outcome_words, tick_words};
use countersign_domain::member::{Member, Policy, Role, role_words};

use crate::text::utc;

/// What happened, in words. The text may hold whatever people and servers wrote: whoever
/// shows it must escape it.
#[must_use]
pub fn describe(body: &Body) -> String {
    match body {
        Body::ProjectCreated { name, environments, policy, founder } => format!(
            "created the project {name} with {} environment(s); {}; founder {} <{}>, key {}",
            environments.len(),
            policy_words(policy),
            founder.name,
            founder.email,
            founder.fingerprint
        ),
        Body::EnvironmentsSet { environments } => {
            let names: Vec<_> = environments.iter().map(|one| one.name.as_str()).collect();
            format!("set the environments: {}", names.join(", "))
        }
        Body::PolicySet { policy } => format!("set the policy: {}", policy_words(policy)),
        Body::MemberEnrolled { member } => format!("enrolled {}", entry_words(member)),
        Body::MemberRemoved { member } => format!("removed the key {member} from the roster"),
        Body::ChangeProposed { change, note } => {
            let change = match change {
                ProposedChange::EnrollMember { member } => {
                    format!("to enroll {}", entry_words(member))
                }
                ProposedChange::RemoveMember { member } => {
                    format!("to remove the key {member} from the roster")
                }
                ProposedChange::SetPolicy { policy } => {
                    format!("to set the policy: {}", policy_words(policy))
                }
            };
            format!("proposed {change}{}", words(note))
        }
        Body::ChangeDecided { proposal, role, verdict, note } => {
            let decided = match verdict {
                Verdict::Approve => "consented to",
                Verdict::Reject if *role == Role::Admin => "took back",
                Verdict::Reject => "refused",
            };
            let proposal = proposal.short();
            format!(
                "{decided} the change proposed by {proposal}, as {}{}",
                role.words(),
                words(note)
            )
        }
        Body::KeyRotated { key, .. } => format!("replaced the own key by {key}"),
        Body::KeyRevoked { member, reason, since } => {
            let doubt = since.map(|at| format!(", in doubt since {}", utc(at))).unwrap_or_default();
            format!("revoked the key {member}{doubt}: {reason}")
        }
        Body::AttemptRefused { action, code, reason, .. } => {
            format!("attempt refused: {action} ({code}): {reason}")
        }
        _ => of_release(body),
    }
}

fn of_release(body: &Body) -> String {
    match body {
        Body::ReleaseOpened { version, environment, template, planned_for, .. } => {
            let planned =
                planned_for.map(|at| format!(", planned for {}", utc(at))).unwrap_or_default();
            format!(
                "opened version {version} for {environment}, checklist {}{planned}",
                template.short()
            )
        }
        Body::SubjectSet { subject, .. } => {
            let commit = subject.commit.as_deref().unwrap_or("no commit");
            let dirty = if subject.dirty { " with changes" } else { "" };
            format!("set what goes out: {commit}{dirty}, {} artifact(s)", subject.artifacts.len())
        }
        Body::CheckStarted { run, items, .. } => {
            format!("started check run {run} over {} item(s)", items.len())
        }
        Body::FindingRecorded { item, finding, .. } => {
            let verdict = outcome_words(finding.outcome);
            format!("{item}: {} found {verdict}: {}", finding.probe, finding.summary)
        }
        Body::CheckFinished { run, cancelled, .. } => {
            let how = if *cancelled { "stopped" } else { "finished" };
            format!("check run {run} {how}")
        }
        Body::ItemAttested { item, tick, note, .. } => {
            format!("{item}: said {}{}", tick_words(*tick), words(note))
        }
        Body::EvidenceAttached { item, evidence, .. } => format!(
            "{item}: attached {} ({} bytes, SHA-256 {})",
            evidence.name, evidence.size, evidence.sha256
        ),
        Body::ExceptionRequested { exception, item, reason, expires_at, .. } => {
            format!("{item}: asked for exception {exception} until {}: {reason}", utc(*expires_at))
        }
        Body::ExceptionDecided { exception, verdict, note, .. } => {
            let decided = match verdict {
                Verdict::Approve => "approved",
                Verdict::Reject => "rejected",
            };
            format!("{decided} exception {exception}{}", words(note))
        }
        Body::SignedOff { role, decision, comment, .. } => {
            let decided = match decision {
                Decision::Approve => "approved",
                Decision::Decline => "declined",
                Decision::Revoke => "took the approval back",
            };
            format!("{decided} as {}{}", role.words(), words(comment))
        }
        Body::EmergencyDeclared { reason, .. } => format!("declared an emergency: {reason}"),
        Body::EmergencyWithdrawn { reason, .. } => format!("withdrew the emergency: {reason}"),
        Body::DeploymentRecorded { deployed_at, deployed_by, verified_by, reference, .. } => {
            format!(
                "recorded the deployment at {} by key {deployed_by}, to be verified by key \
             {verified_by}{}",
                utc(*deployed_at),
                words(reference)
            )
        }
        Body::DeploymentVerified { note, .. } => format!("verified the deployment{}", words(note)),
        Body::ReleaseClosed { note, .. } => format!("closed the release{}", words(note)),
        other => other.kind().to_owned(),
    }
}

fn words(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}

fn entry_words(member: &Member) -> String {
    let Member { name, email, fingerprint, .. } = member;
    format!("{name} <{email}> as {}, key {fingerprint}", role_words(&member.roles))
}

fn policy_words(policy: &Policy) -> String {
    policy.rules().join("; ")
}
