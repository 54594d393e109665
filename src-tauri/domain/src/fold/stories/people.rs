//! The cast. Real Ed25519 public keys, because the roster checks each against its
//! fingerprint; their private halves were thrown away.

use crate::member::{Member, Role};
use crate::sshsig;

/// Short name, printed name, e-mail, public key.
const CAST: [(&str, &str, &str, &str); 10] = [
    (
        "ada",
        "Ada Admin",
        "ada@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJIlGTyWUC+pIDKS4pxZ36amxM3OU13mPQPDzxKb6pG4",
    ),
    (
        "ana",
        "Ana Security",
        "ana@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINrKBDRk0FxeGV9Z6aIoojAum3XtsQACckMtC5TGFNbM",
    ),
    (
        "ana-laptop",
        "Ana Security",
        "Ana@Example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOF+QQhEYgMRpIq90Kz6De/zLNd3oms0ikr1AaF+RDUA",
    ),
    (
        "bob",
        "Bob Security",
        "bob@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/t9JLsbp/WL5ZcTwxEJvpM9rEUBGvhXemVEyMxhMkx",
    ),
    (
        "cleo",
        "Cleo DevOps",
        "cleo@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV1AD4fxtkMxUzXAjSfHE3gVVgqvKQmcJWt3MZfSuAN",
    ),
    (
        "dan",
        "Dan DevOps",
        "dan@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBrK4/s7wACLxSdA9GZBqhLEfskvSNO5QZckrqguarbJ",
    ),
    (
        "eve",
        "Eve Elsewhere",
        "eve@example.org",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL7rzG6X+TB8axvLKBIXwQu1eIHdY27TQvJThL2TG9+R",
    ),
    (
        "finn",
        "Finn Newcomer",
        "finn@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZE3UbAKTF7xZFBi8VPV3/PJ0A8iyDzjICY5/x/xikz",
    ),
    (
        "mia",
        "Mia Manager",
        "mia@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBOJqYGLaW/KcQIGR6wwPGiJputSkFnauUzSbEXg7myE",
    ),
    (
        "otto",
        "Otto Auditor",
        "otto@example.com",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJECN0s8id9xl9D7yCqQ7JzJmIbbECFcRrBS+ZAuEcs9",
    ),
];

/// Everybody who is on the roster when a story begins, after its founder Ada.
pub(super) const TEAM: [(&str, &[Role]); 6] = [
    ("ana", &[Role::Security, Role::Devops]),
    ("bob", &[Role::Security]),
    ("cleo", &[Role::Devops]),
    ("dan", &[Role::Devops]),
    ("mia", &[Role::Management]),
    ("otto", &[Role::Auditor]),
];

pub(super) fn member(short: &str, roles: &[Role]) -> Member {
    let (_, name, email, key) =
        CAST.into_iter().find(|(known, ..)| *known == short).expect("a name of the cast");
    Member {
        name: name.to_owned(),
        email: email.to_owned(),
        fingerprint: sshsig::fingerprint(key).expect("a public key in OpenSSH form"),
        public_key: key.to_owned(),
        roles: roles.to_vec(),
    }
}
