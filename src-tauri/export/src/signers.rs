//! Every key that was ever on the roster, as the file that `ssh-keygen -Y verify -f` reads
//! (ssh-keygen(1), ALLOWED SIGNERS), and such a file read back.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use countersign_domain::event::{Body, NAMESPACE};
use countersign_domain::fold::Fold;
use countersign_domain::id::Fingerprint;
use countersign_domain::member::Member;
use countersign_domain::sshsig;
use countersign_domain::state::Project;

/// One line for each key and name that the roster ever held, sorted.
pub(crate) fn allowed_signers(fold: &Fold) -> String {
    let lines: BTreeSet<String> = fold
        .trail()
        .iter()
        .filter(|entry| entry.refused.is_none())
        .filter_map(|entry| match &entry.event.envelope().body {
            Body::ProjectCreated { founder, .. } => Some(line(founder)),
            Body::MemberEnrolled { member } => Some(line(member)),
            Body::KeyRotated { key, public_key, .. } => {
                let old = Member::clone(entry.by.as_ref()?);
                let (fingerprint, public_key) = (key.clone(), public_key.clone());
                Some(line(&Member { fingerprint, public_key, ..old }))
            }
            _ => None,
        })
        .chain(fold.project().into_iter().flat_map(Project::entries_by_consent).map(line))
        .collect();
    lines.into_iter().collect()
}

fn line(member: &Member) -> String {
    // Blob and algorithm only: a comment could hold anything.
    let mut words = member.public_key.split_whitespace();
    let (algorithm, blob) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut line = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(line, "{} namespaces=\"{NAMESPACE}\" {algorithm} {blob}", principal(member));
    line
}

/// The e-mail, or the key's fingerprint where the e-mail would be read as a pattern.
fn principal(member: &Member) -> &str {
    let plain = |c: char| c.is_ascii_graphic() && !",\"'*?!#\\".contains(c);
    let email = member.email.as_str();
    if !email.is_empty() && email.chars().all(plain) { email } else { member.fingerprint.as_str() }
}

/// An allowed-signers file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the allowed-signers file holds no OpenSSH public key: expected a name, \
     options if any, and a key such as \"ssh-ed25519 AAAA…\""
)]
pub struct BadSigners {
    /// From 1.
    pub line: usize,
}

/// The fingerprints of all keys in an allowed-signers file, for
/// [`Requirements::roster`](crate::Requirements::roster).
///
/// # Errors
/// [`BadSigners`] for the first line that holds no key.
pub fn fingerprints(text: &str) -> Result<Vec<Fingerprint>, BadSigners> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let key = words
            .windows(2)
            .skip(1)
            .find_map(|pair| sshsig::fingerprint(&pair.join(" ")))
            .ok_or(BadSigners { line: number })?;
        found.push(key);
    }
    Ok(found)
}
