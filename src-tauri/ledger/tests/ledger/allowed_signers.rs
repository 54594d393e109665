//! The roster as an allowed-signers file that cannot be talked into meaning something else.

use countersign_domain::member::{Member, Role};
use countersign_ledger::{BadSigner, allowed_signers};

use crate::support::{mara, new_key};

pub(crate) fn member(email: &str) -> Member {
    Member {
        name: "Mara Lind".to_owned(),
        email: email.to_owned(),
        fingerprint: mara().fingerprint().clone(),
        public_key: mara().public_key().to_owned(),
        roles: vec![Role::Security],
    }
}

#[test]
fn each_member_is_one_line_with_the_one_namespace_and_no_comment() {
    let mut commented = member("jo@example.org");
    commented.public_key.push_str(" a comment\n");
    let text = allowed_signers(&[member("mara@example.org"), commented]).expect("lines");
    let key = mara().public_key();
    assert_eq!(
        text,
        format!(
            "mara@example.org namespaces=\"countersign-event-v1\" {key}\n\
             jo@example.org namespaces=\"countersign-event-v1\" {key}\n"
        )
    );
    assert_eq!(allowed_signers(&[]).expect("empty"), "");
}

#[test]
fn an_email_that_ssh_keygen_would_read_otherwise_is_refused() {
    for email in [
        "",
        "mara lind@example.org",
        "mara@example.org,eve@example.org",
        "*@example.org",
        "mar?@example.org",
        "!mara@example.org",
        "#mara@example.org",
        "\"mara\"@example.org",
        "mara@example.org\neve@example.org",
        "mara@example.org\u{a0}x",
    ] {
        let error = allowed_signers(&[member(email)]).expect_err(email);
        assert_eq!(error, BadSigner::Email { email: email.to_owned() });
        assert!(error.to_string().contains(&format!("{email:?}")));
    }
}

#[test]
fn a_key_that_is_not_the_members_is_refused() {
    let mut swapped = member("mara@example.org");
    swapped.public_key = new_key("eve").public_key().to_owned();
    let mut broken = member("mara@example.org");
    broken.public_key = "ssh-ed25519 AAAA".to_owned();
    let mut two_lines = member("mara@example.org");
    two_lines.public_key.push_str("\neve@example.org ssh-ed25519 AAAA");
    for (story, case) in [("another key", swapped), ("half a key", broken)] {
        let error = allowed_signers(&[case]).expect_err(story);
        assert!(matches!(error, BadSigner::Key { .. }), "{story}: {error}");
    }
    let lines = allowed_signers(&[two_lines]).map(|text| text.lines().count());
    assert!(matches!(lines, Ok(1) | Err(BadSigner::Key { .. })), "no second line: {lines:?}");
}
