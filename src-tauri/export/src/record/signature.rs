//! Group G: one block for each role, with everything that 21 CFR 11.50 wants on the page,
//! and every earlier word of every role.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serialize;

use countersign_domain::event::{Decision, Signing, Verdict};
use countersign_domain::gate::{SignoffStanding, word_standing};
use countersign_domain::id::{Digest, EventId, ExceptionId, Fingerprint};
use countersign_domain::member::Role;
use countersign_domain::state::Signoff;

use super::facts::{Act, Facts};
use super::gate::DifferenceRecord;
use crate::names;

/// Every signature of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signatures {
    /// One block for each signature that the policy requires.
    pub required: Vec<RoleBlock>,
    /// Every word of every role, oldest first, those taken back included.
    pub history: Vec<SignatureRecord>,
    /// Whether duties were kept apart, rule by rule.
    pub separation: Vec<DutyCheck>,
}

/// A required signature of a role, and the word that counts for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleBlock {
    /// The role.
    pub role: Role,
    /// How many people must sign for the role.
    pub people: usize,
    /// `signed`, `stale`, `declined`, `revoked` or `missing`, at the record's time.
    pub standing: &'static str,
    /// The word that counts: of those who spoke last for the role, one block each.
    pub signature: Option<SignatureRecord>,
    /// The signature that was current when the release went out.
    pub at_deployment: Option<EventId>,
}

/// One signature, linked to what was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureRecord {
    /// The role.
    pub role: Role,
    /// Printed name, e-mail, UTC time, key, event.
    pub signer: Act,
    /// What was decided.
    pub decision: Decision,
    /// The sentence that was signed.
    pub meaning: String,
    /// In the signer's words.
    pub comment: String,
    /// The signer's own time, RFC 3339 with its distance from UTC, as their program told it.
    pub local_time: Option<String>,
    /// How the signer was authenticated, and whose word that is.
    pub authenticated: String,
    /// SHA-256 of the material state that the signature covers.
    pub state: Digest,
    /// Exceptions acknowledged, one by one.
    pub acknowledged: Vec<Acknowledged>,
    /// The signature algorithm, as the public key names it.
    pub algorithm: String,
    /// The public key in OpenSSH form.
    pub public_key: String,
    /// The member of the bundle that holds the signature's bytes.
    pub signature_file: String,
    /// Why it no longer counts, when something that was signed has changed.
    pub stale: Option<StaleRecord>,
}

/// An exception that a signer acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// The exception.
    pub exception: ExceptionId,
    /// The title of its item.
    pub item_title: String,
}

/// What made a signature stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleRecord {
    /// The event that did it.
    pub event: EventId,
    /// Its place in the ledger.
    pub sequence: u32,
    /// Its time.
    pub at: DateTime<Utc>,
    /// What it changed.
    pub changes: Vec<DifferenceRecord>,
}

/// One rule on who may not be the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyCheck {
    /// The rule.
    pub rule: &'static str,
    /// Whether it holds; none while there is nothing to compare.
    pub holds: Option<bool>,
    /// What was compared.
    pub detail: String,
}

pub(super) fn build(facts: &Facts<'_>) -> Signatures {
    let release = facts.release;
    let required = facts.project.policy.requirement().into_iter();
    Signatures {
        required: required.flat_map(|(role, people)| blocks(facts, role, people)).collect(),
        history: release.signoff_history.iter().map(|one| record(facts, one)).collect(),
        separation: vec![
            distinct_signers(facts),
            own_exceptions(facts),
            deployer_and_verifier(facts),
            approval_first(facts),
        ],
    }
}

/// Oldest word first, and a block without one for each signature that is missing.
fn blocks(facts: &Facts<'_>, role: Role, people: usize) -> Vec<RoleBlock> {
    let mut words = facts.release.counting(role, people);
    words.reverse();
    let deployed = facts.release.deployment.as_ref();
    let covered = |word: &Signoff| {
        deployed?.signoffs.iter().map(|one| &one.stamp.event).find(|one| **one == word.stamp.event)
    };
    // The one who signed before the deployment may since have said something else.
    let then = |place: usize| {
        deployed?
            .signoffs
            .iter()
            .filter(|one| one.role == role)
            .nth(place)
            .map(|one| &one.stamp.event)
    };
    let block = |place: usize| {
        let word = words.get(place).copied();
        RoleBlock {
            role,
            people,
            standing: word.map_or("missing", |word| standing_code(word_standing(word))),
            signature: word.map(|word| record(facts, word)),
            at_deployment: word.and_then(covered).or_else(|| then(place)).cloned(),
        }
    };
    (0..people).map(block).collect()
}

fn standing_code(standing: SignoffStanding) -> &'static str {
    match standing {
        SignoffStanding::Missing => "missing",
        SignoffStanding::Signed => "signed",
        SignoffStanding::Stale => "stale",
        SignoffStanding::Declined => "declined",
        SignoffStanding::Revoked => "revoked",
    }
}

fn record(facts: &Facts<'_>, signoff: &Signoff) -> SignatureRecord {
    let key = &signoff.stamp.by.public_key;
    let signer = facts.act(&signoff.stamp);
    SignatureRecord {
        role: signoff.role,
        decision: signoff.decision,
        meaning: signoff.meaning.clone(),
        comment: signoff.comment.clone(),
        local_time: signoff.signing.as_ref().and_then(|told| local_time(signer.at, told)),
        authenticated: authenticated(key, signoff.signing.as_ref()),
        state: signoff.state.clone(),
        acknowledged: signoff
            .exceptions
            .iter()
            .map(|id| Acknowledged {
                exception: id.clone(),
                item_title: facts
                    .release
                    .exceptions
                    .get(id)
                    .map_or_else(String::new, |exception| facts.title(&exception.item)),
            })
            .collect(),
        algorithm: key.split_whitespace().next().unwrap_or_default().to_owned(),
        public_key: key.clone(),
        signature_file: names::signature(signer.sequence, &signer.event),
        stale: signoff.stale.as_ref().map(|stale| StaleRecord {
            event: stale.event.clone(),
            sequence: facts.sequence(&stale.event),
            at: stale.at,
            changes: stale.changes.iter().map(DifferenceRecord::from).collect(),
        }),
        signer,
    }
}

fn local_time(at: DateTime<Utc>, told: &Signing) -> Option<String> {
    let offset = FixedOffset::east_opt(told.utc_offset.checked_mul(60)?)?;
    Some(at.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Secs, false))
}

/// Touch is proved by a security key's signature; everything else only the signer's program
/// saw.
fn authenticated(key: &str, told: Option<&Signing>) -> String {
    let touched = key.starts_with("sk-");
    let held = if touched {
        "By a security key that was touched, as its signature proves"
    } else {
        "By the private key, as the signature proves"
    };
    let opened = match (told.map(|told| told.opened.as_str()), touched) {
        (None, _) => "how it was opened was not recorded".to_owned(),
        (Some(Signing::PASSPHRASE), _) => {
            "opened with its passphrase for this act, as the signer's program told".to_owned()
        }
        (Some(Signing::AGENT | Signing::AGENT_TOUCH), true) => {
            "ssh-agent passed it on, as the signer's program told".to_owned()
        }
        (Some(Signing::AGENT), false) => {
            "ssh-agent signed, as the signer's program told, and nothing shows that it asked \
             anybody"
                .to_owned()
        }
        (Some(Signing::AGENT_TOUCH), false) => {
            "the signer's program told of a touch, which nothing shows for a key of this type"
                .to_owned()
        }
        (Some(other), _) => format!("opened by {other}, as the signer's program told"),
    };
    format!("{held}; {opened}")
}

fn distinct_signers(facts: &Facts<'_>) -> DutyCheck {
    let required = facts.project.policy.requirement().into_iter();
    let approvals: Vec<_> = required
        .flat_map(|(role, people)| facts.release.counting(role, people))
        .filter(|word| word.decision == Decision::Approve)
        .collect();
    let twice = approvals.iter().enumerate().any(|(index, one)| {
        approvals.iter().skip(index + 1).any(|other| other.stamp.by.is_same_person(&one.stamp.by))
    });
    let names: Vec<_> = approvals
        .iter()
        .map(|one| format!("{}: {}", one.role.words(), one.stamp.by.name))
        .collect();
    DutyCheck {
        rule: "Each signature is by another person",
        holds: (approvals.len() > 1).then_some(!twice),
        detail: if names.is_empty() { "nobody has signed".into() } else { names.join("; ") },
    }
}

fn own_exceptions(facts: &Facts<'_>) -> DutyCheck {
    let approved: Vec<_> = facts
        .release
        .exceptions
        .values()
        .filter_map(|exception| match &exception.decided {
            Some((stamp, Verdict::Approve, _)) => Some((&exception.requested.by, &stamp.by)),
            _ => None,
        })
        .collect();
    let names: Vec<_> = approved
        .iter()
        .map(|(asked, decided)| format!("asked by {}, approved by {}", asked.name, decided.name))
        .collect();
    DutyCheck {
        rule: "Nobody approved an exception that they had asked for",
        holds: (!approved.is_empty())
            .then(|| approved.iter().all(|(asked, decided)| !asked.is_same_person(decided))),
        detail: if names.is_empty() {
            "no exception was approved".into()
        } else {
            names.join("; ")
        },
    }
}

fn deployer_and_verifier(facts: &Facts<'_>) -> DutyCheck {
    let rule = "Whoever deployed did not verify";
    let Some(deployment) = &facts.release.deployment else {
        return DutyCheck { rule, holds: None, detail: "not deployed".into() };
    };
    let (deployer, verifier): (&Fingerprint, _) =
        (&deployment.deployed_by.fingerprint, &deployment.verified_by);
    DutyCheck {
        rule,
        holds: Some(
            *deployer != verifier.fingerprint && !deployment.deployed_by.is_same_person(verifier),
        ),
        detail: format!(
            "deployed by {}, verified by {}",
            deployment.deployed_by.name, deployment.verified_by.name
        ),
    }
}

fn approval_first(facts: &Facts<'_>) -> DutyCheck {
    let rule = "Every approval that the gate asked for came before the deployment";
    let Some(deployment) = &facts.release.deployment else {
        return DutyCheck { rule, holds: None, detail: "not deployed".into() };
    };
    let last = deployment.signoffs.iter().map(|signoff| signoff.stamp.at).max();
    DutyCheck {
        rule,
        holds: last.map(|last| last <= deployment.deployed_at),
        detail: last.map_or_else(
            || "no approval was required".into(),
            |last| {
                let deployed = deployment.deployed_at;
                format!(
                    "last approval {}, deployed {}",
                    crate::text::utc(last),
                    crate::text::utc(deployed)
                )
            },
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_claims_of_a_signature_only_what_is_shown() {
        let (plain, security) = ("ssh-ed25519 AAAA", "sk-ssh-ed25519@openssh.com AAAA");
        for (key, opened, words, never) in [
            (plain, Some("passphrase"), "opened with its passphrase", "touch"),
            (plain, Some("agent"), "nothing shows that it asked anybody", "touch"),
            (plain, Some("agent-touch"), "which nothing shows", "was touched"),
            (plain, Some("a-newer-way"), "opened by a-newer-way", "touch"),
            (plain, None, "was not recorded", "touch"),
            (security, Some("agent-touch"), "that was touched, as its signature proves", "nothing"),
            (security, Some("agent"), "that was touched, as its signature proves", "nothing"),
        ] {
            let told = opened.map(|opened| Signing { utc_offset: 0, opened: opened.into() });
            let text = authenticated(key, told.as_ref());
            assert!(text.contains(words) && !text.contains(never), "{key} {opened:?}: {text}");
        }
    }
}
