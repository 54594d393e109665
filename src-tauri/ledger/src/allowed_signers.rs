//! The roster as the file that `ssh-keygen -Y verify -f` wants, so anybody can check the
//! record with stock OpenSSH (ssh-keygen(1), ALLOWED SIGNERS).

use std::fmt::Write as _;

use countersign_domain::event::NAMESPACE;
use countersign_domain::member::Member;
use countersign_domain::sshsig;
use ssh_key::PublicKey;

/// A member who cannot stand in an allowed-signers file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSigner {
    /// The e-mail would be read as several principals, as a pattern, or not at all.
    #[error(
        "{email:?} cannot be a signer's e-mail: blanks, commas, quotes, '*', '?', '!' and '#' \
         have a meaning of their own in an allowed-signers file. Enrol the member with a plain \
         address such as name@example.org"
    )]
    Email {
        /// The address.
        email: String,
    },
    /// The key is not one line in OpenSSH form, or not the one the fingerprint names.
    #[error(
        "the public key of {email} is not the OpenSSH key with fingerprint {fingerprint}: enrol \
         the member again with the line from the key's .pub file"
    )]
    Key {
        /// The member.
        email: String,
        /// The fingerprint in the roster.
        fingerprint: String,
    },
}

/// One line per member: e-mail, the one namespace the key may sign in, the key. Comments are
/// left out.
///
/// # Errors
/// [`BadSigner`] for the first member who could make the file mean something else.
pub fn allowed_signers(members: &[Member]) -> Result<String, BadSigner> {
    let mut text = String::new();
    for member in members {
        let email = &member.email;
        if !is_principal(email) {
            return Err(BadSigner::Email { email: email.clone() });
        }
        let key = public_key(member).ok_or_else(|| BadSigner::Key {
            email: email.clone(),
            fingerprint: member.fingerprint.to_string(),
        })?;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{email} namespaces=\"{NAMESPACE}\" {key}");
    }
    Ok(text)
}

fn is_principal(email: &str) -> bool {
    let has_meaning = |c: char| c.is_whitespace() || c.is_control() || ",\"'*?!#\\".contains(c);
    !email.is_empty() && email.len() <= 254 && !email.contains(has_meaning)
}

/// The member's key, written anew so that nothing but the key can be in the line.
fn public_key(member: &Member) -> Option<String> {
    if sshsig::fingerprint(&member.public_key)? != member.fingerprint {
        return None;
    }
    let mut key = PublicKey::from_openssh(member.public_key.trim()).ok()?;
    key.set_comment("");
    Some(key.to_openssh().ok()?.trim_end().to_owned())
}
